package measure

import (
	"context"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/stat"

	"spnode/data/internal/stack"
	"spnode/data/ks"
)

// TestLyapunovLinear has a rotation that grows at the rate 0.3 beside a direction
// that grows at 0.1: the exponent is 0.3.
func TestLyapunovLinear(t *testing.T) {
	const dt = 0.5
	sin, cos := math.Sincos(dt)
	grow, slow := math.Exp(0.3*dt), math.Exp(0.1*dt)
	advance := func(u [][]float64) ([][]float64, error) {
		next := stack.New(len(u), 3)
		for s, x := range u {
			next[s][0], next[s][1], next[s][2] = grow*(cos*x[0]-sin*x[1]), grow*(sin*x[0]+cos*x[1]), slow*x[2]
		}
		return next, nil
	}
	l := Lyapunov{Interval: dt, Discard: 100, Advances: 50, Distance: 1e-6, Seed: 1}
	got, err := l.Exponents([][]float64{{0, 0, 0}, {1e-6, 0, 0}}, advance)
	if err != nil {
		t.Fatal(err)
	}
	for s, e := range got {
		// The slow part has decayed to e^−10 of the fast, and its square enters; the
		// trajectory that grows rounds its twin.
		if math.Abs(e-0.3) > 1e-5 {
			t.Errorf("sample %d: got %v, want 0.3", s, e)
		}
	}
}

// TestLyapunovKS has the known exponent of the equation at length 22, 0.048. Over
// 200 000 units 0.0484 ± 0.0004 is seen with steps of 0.1, 0.0491 ± 0.0004 with
// steps of 0.05.
func TestLyapunovKS(t *testing.T) {
	ctx := context.Background()
	m := ks.DefaultSolver()
	runs := 20
	if testing.Short() {
		runs = 4
	}
	start, err := m.Runs(ctx, runs, 1, 5)
	if err != nil {
		t.Fatal(err)
	}
	l := DefaultLyapunov()
	advance := func(u [][]float64) ([][]float64, error) {
		d, err := m.Solve(ctx, u, []float64{0, l.Interval})
		if err != nil {
			return nil, err
		}
		return d.States()[1], nil
	}
	exponents, err := l.Exponents(start.States()[0], advance)
	if err != nil {
		t.Fatal(err)
	}
	mean, deviation := stat.MeanStdDev(exponents, nil)
	t.Logf("exponent %.4f, deviation of a run %.4f", mean, deviation)
	// Runs of 1000 units deviate by 0.006; four standard errors of their mean.
	if tol := 4 * 0.006 / math.Sqrt(float64(runs)); math.Abs(mean-0.048) > tol {
		t.Errorf("got an exponent of %.4f, want 0.048 ± %.4f", mean, tol)
	}
}

// TestLyapunovWrong has a model that leaves the numbers for one sample, and one
// that maps all to one point for another; the third doubles.
func TestLyapunovWrong(t *testing.T) {
	l := Lyapunov{Interval: 1, Advances: 5, Distance: 1e-3, Seed: 2}
	u0 := [][]float64{{1}, {2}, {0}}
	got, err := l.Exponents(u0, func(u [][]float64) ([][]float64, error) {
		next := stack.New(len(u), 1)
		for s, x := range u {
			if math.IsNaN(x[0]) {
				t.Error("got a state that is not finite to advance")
			}
			switch s % 3 {
			case 0:
				next[s][0] = math.NaN()
			case 1:
				next[s][0] = 7
			case 2:
				next[s][0] = 2 * x[0]
			}
		}
		return next, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !math.IsNaN(got[0]) || !math.IsNaN(got[1]) || math.Abs(got[2]-math.Ln2) > 1e-12 { // roundings over δ
		t.Errorf("got %v, want NaN, NaN, %v", got, math.Ln2)
	}
	if !reflect.DeepEqual(u0, [][]float64{{1}, {2}, {0}}) {
		t.Errorf("u0 was changed to %v", u0)
	}
}

func TestLyapunovErrors(t *testing.T) {
	u0 := [][]float64{{1, 2}}
	same := func(u [][]float64) ([][]float64, error) { return u, nil }
	for name, c := range map[string]struct {
		change  func(l *Lyapunov)
		u0      [][]float64
		advance func(u [][]float64) ([][]float64, error)
		says    string
	}{
		"interval": {change: func(l *Lyapunov) { l.Interval = 0 }, says: "Interval is 0"},
		"discard":  {change: func(l *Lyapunov) { l.Discard = -1 }, says: "Discard is -1"},
		"advances": {change: func(l *Lyapunov) { l.Advances = 0 }, says: "Advances is 0"},
		"distance": {change: func(l *Lyapunov) { l.Distance = math.NaN() }, says: "Distance is NaN"},
		"none":     {u0: [][]float64{}, says: "there are no states"},
		"uneven":   {u0: [][]float64{{1, 2}, {1}}, says: "sample 1 has 1 components, want 2"},
		"advance":  {advance: func([][]float64) ([][]float64, error) { return nil, errors.New("no") }, says: "advance 0: no"},
		"states":   {advance: func(u [][]float64) ([][]float64, error) { return u[:1], nil }, says: "advance 0 has 1 states, want 2"},
		"shape":    {advance: func(u [][]float64) ([][]float64, error) { return stack.New(2, 1), nil }, says: "state 0 has 1 components, want 2"},
	} {
		l := DefaultLyapunov()
		if c.change != nil {
			c.change(&l)
		}
		if c.u0 == nil {
			c.u0 = u0
		}
		if c.advance == nil {
			c.advance = same
		}
		if _, err := l.Exponents(c.u0, c.advance); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %q", name, err, c.says)
		}
	}
}
