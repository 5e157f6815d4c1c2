package measure

import (
	"context"
	"math"
	"testing"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/data"
)

func TestSpread(t *testing.T) {
	x := []float64{9, 2, 5, 30, 4}
	if s := MedianAt(x); s != 2 {
		t.Errorf("the median is at %d, want 2", s)
	}
	if s := MedianAt(x[:4]); s != 2 { // of an even number the lower
		t.Errorf("the median is at %d, want 2", s)
	}
	times := floats.Span(make([]float64, 11), 0, 10)
	a := &Agreement{Times: times, Errors: make([][]float64, 11)}
	for k := range times {
		a.Errors[k] = make([]float64, 11)
		a.Errors[k][k] = 1 // sample k parts at time k
	}
	if s := a.Spread(0.5); s != (Spread{5, 1, 9}) || s.String() != "5 (1–9)" {
		t.Errorf("got %v", s)
	}
	if rms, each := Pooled([]float64{3, 4}); math.Abs(rms-math.Sqrt(12.5)) > 1e-15 || each != (Range{3, 4}) || each.String() != "3–4" {
		t.Errorf("got %g and %v", rms, each)
	}
}

func TestBounded(t *testing.T) {
	d := data.Shared([]float64{0, 1}, [][][]float64{{{1}, {1}, {1}, {1}}, {{9}, {-11}, {math.NaN()}, {math.Inf(-1)}}}, nil)
	if n := Bounded(d, 10); n != 1 {
		t.Errorf("%d are bounded, want the first", n)
	}
}

// grow adds the time that passes to every component.
type grow struct{}

func (grow) Predict(u0 [][]float64, times []float64) ([][][]float64, error) {
	var u [][][]float64
	for _, t := range times {
		var at [][]float64
		for _, x := range u0 {
			at = append(at, []float64{x[0] + t - times[0]})
		}
		u = append(u, at)
	}
	return u, nil
}

func TestAdvance(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	advance := Advance(ctx, grow{}, []float64{0, 1, 2})
	if u, err := advance([][]float64{{5}}); err != nil || u[0][0] != 7 {
		t.Errorf("got %v, %v", u, err)
	}
	stop()
	if _, err := advance(nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's", err)
	}
}
