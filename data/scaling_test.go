package data

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"spnode/data/internal/stack"
)

// spread has components of very different sizes, a constant one, one that is
// constant but for rounding, and one that is zero.
func spread() *Dataset {
	states, rnd := make([][][]float64, 4), rand.New(rand.NewPCG(1, 2))
	for i := range states {
		states[i] = stack.New(25, 5)
		for s, row := range states[i] {
			row[0] = 1e-5 * (2*rnd.Float64() + 2)
			row[1] = 1e6 * (2*rnd.Float64() - 1)
			row[2] = 7.1
			row[3] = 1 + float64(s%2)*0x1p-52
			row[4] = 0
		}
	}
	return Shared([]float64{0, 1, 2, 3}, states, nil)
}

func TestMaxAbs(t *testing.T) {
	d := spread()
	s, err := MaxAbs(d)
	if err != nil {
		t.Fatal(err)
	}
	for j := range d.Dim() {
		largest := 0.
		for _, u := range d.States() {
			scaled, err := s.Apply(u)
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range scaled {
				largest = max(largest, math.Abs(row[j]))
			}
		}
		// u·(1/u) is 1 to a rounding.
		if want := []float64{1, 1, 1, 1, 0}[j]; math.Abs(largest-want) > 1e-15 || s.Offset[j] != 0 {
			t.Errorf("component %d: got largest %g and offset %g, want %g and 0", j, largest, s.Offset[j], want)
		}
	}
}

func TestScalingIdentityAndJSON(t *testing.T) {
	s := &Scaling{Offset: []float64{0, 0}, Factor: []float64{1, 1e4}}
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"offset":[0,0],"factor":[1,10000]}`; string(b) != want {
		t.Errorf("got %s, want %s", b, want)
	}
	u := [][]float64{{0.1, 0.5}}
	v, err := s.Apply(u)
	if err != nil || !reflect.DeepEqual(v, [][]float64{{0.1, 5000}}) {
		t.Errorf("got %v, %v", v, err)
	}
	if u[0][1] != 0.5 {
		t.Errorf("Apply changed its argument to %v", u)
	}
}

func TestScalingErrors(t *testing.T) {
	ok := &Scaling{Offset: []float64{0, 0}, Factor: []float64{1, 1}}
	_, err := ok.Apply([][]float64{{1, 2}, {1}})
	if !errors.Is(err, ErrShape) || !strings.Contains(err.Error(), "sample 1 has 1 components, want 2") {
		t.Errorf("ragged states: got %v", err)
	}
	if _, err := MaxAbs(&Dataset{}); !errors.Is(err, ErrShape) {
		t.Errorf("empty: got %v", err)
	}
	for _, s := range []*Scaling{
		{Offset: []float64{0}, Factor: []float64{1, 1}},
		{Offset: []float64{0}, Factor: []float64{0}},
		{Offset: []float64{0}, Factor: []float64{math.NaN()}},
		{Offset: []float64{math.Inf(1)}, Factor: []float64{1}},
	} {
		if _, err := s.Apply([][]float64{{1}}); err == nil {
			t.Errorf("%v: got no error", s)
		}
	}
}
