package optim

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"spnode/data/npz"
)

func TestNew(t *testing.T) {
	if got := Names(); !slices.Equal(got, []string{"adam", "momentum", "soap"}) { // one is of the example
		t.Errorf("got names %q", got)
	}
	for _, c := range []struct {
		name     string
		settings Settings
		want     []string
	}{
		{"sgd", nil, []string{`"sgd"`, "adam or momentum or soap"}},
		{"adam", Settings{"beta": 1}, []string{`"beta"`, "beta1, beta2, epsilon"}},
		{"adam", Settings{"beta2": 1.5}, []string{"beta2", "1.5"}},
		{"soap", Settings{"period": 0.5}, []string{"period", "0.5"}},
	} {
		_, err := New(c.name, c.settings, nil, 1)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s %v: got error %v, want %s in it", c.name, c.settings, err, want)
			}
		}
	}
	o, err := New("adam", Settings{"beta2": 0.95}, flat(2), 1)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := o.(*Adam).AdamConfig, (AdamConfig{0.9, 0.95, 1e-8}); got != want {
		t.Errorf("got settings %v, want %v", got, want)
	}
	defer func() {
		if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "soap") {
			t.Errorf("a name that is taken: got panic %v", r)
		}
	}()
	Register("soap", nil)
}

// TestRestoreRefuses has states that no optimizer can have left.
func TestRestoreRefuses(t *testing.T) {
	p := []Parameter{{Name: "b", Shape: []int{2}}, {Name: "W", Shape: []int{2, 2}}}
	soap := NewSOAP(DefaultSOAP(), p, 1)
	soap.Update(0.1, make([]float64, 6), []float64{1, 2, 3, 4, 5, 6})
	l := &LBFGS{LBFGSConfig: DefaultLBFGS(), X: []float64{-1.2, 1}}
	for range 3 {
		if _, _, err := l.Iterate(rosenbrock); err != nil {
			t.Fatal(err)
		}
	}
	restoreSOAP := func(a []npz.Array) error { return NewSOAP(DefaultSOAP(), p, 1).Restore(a) }
	restoreLBFGS := func(a []npz.Array) error { return (&LBFGS{LBFGSConfig: LBFGSConfig{Memory: 3}}).Restore(a, 2) }
	for _, c := range []struct {
		what    string
		state   []npz.Array
		restore func([]npz.Array) error
		name    string
		change  func(a *npz.Array)
		part    string // of the error; empty: none
	}{
		{"unchanged", soap.State(), restoreSOAP, "step", func(*npz.Array) {}, ""},
		{"no factor", soap.State(), restoreSOAP, "W/right/factor", func(a *npz.Array) { a.Data = nil }, "0 elements, want 4"},
		{"no pending gradient", soap.State(), restoreSOAP, "pending", func(a *npz.Array) { a.Data = nil }, "in part"},
		{"an undo in part", soap.State(), restoreSOAP, "last/mean", func(a *npz.Array) { a.Data = nil }, "in part"},
		{"an undo of nothing", soap.State(), restoreSOAP, "step", func(a *npz.Array) { a.Data = []float64{0} }, "in part"},
		{"another size", soap.State(), restoreSOAP, "W/left/basis", func(a *npz.Array) { a.Data = a.Data[:3] }, "3 elements, want 4"},
		{"NaN", soap.State(), restoreSOAP, "W/left/basis", func(a *npz.Array) { a.Data[1] = math.NaN() }, "NaN"},
		{"another matrix", soap.State(), restoreSOAP, "W/left/basis", func(a *npz.Array) { a.Name = "V/left/basis" }, "W/left/basis is missing"},
		{"half a step", soap.State(), restoreSOAP, "step", func(a *npz.Array) { a.Data = []float64{0.5} }, "step is 0.5"},
		{"unchanged", l.State(), restoreLBFGS, "x", func(*npz.Array) {}, ""},
		{"no iterate", l.State(), restoreLBFGS, "x", func(a *npz.Array) { a.Data = nil }, "0 elements"},
		{"no gradient", l.State(), restoreLBFGS, "g", func(a *npz.Array) { a.Data = nil }, "gradient is missing"},
		{"a pair in part", l.State(), restoreLBFGS, "y/0", func(a *npz.Array) { a.Name = "y/7" }, "y/0 is missing"},
		{"a pair more", l.State(), restoreLBFGS, "y/0", func(a *npz.Array) { a.Name = "s/7" }, "memory of 3"},
		{"a negative number", l.State(), restoreLBFGS, "progress", func(a *npz.Array) { a.Data[1] = -1 }, "evaluations is -1"},
	} {
		state := slices.Clone(c.state)
		i := slices.IndexFunc(state, func(a npz.Array) bool { return a.Name == c.name })
		if i < 0 {
			t.Fatalf("%s: no array %s", c.what, c.name)
		}
		state[i].Data = slices.Clone(state[i].Data)
		c.change(&state[i])
		if err := c.restore(state); c.part == "" && err != nil || c.part != "" && (err == nil || !strings.Contains(err.Error(), c.part)) {
			t.Errorf("%s: got error %v, want %q in it", c.what, err, c.part)
		}
	}
	plain := NewAdam(DefaultAdam(), p)
	if err := plain.Restore(soap.State()); err == nil || !strings.Contains(err.Error(), "not of this state") {
		t.Errorf("Adam takes the state of SOAP: %v", err)
	}
}

// A gradient whose squares overflow has its direction, and the next ones move the
// parameters on: the minimum of 1e200·‖x − 1‖² is found as that of 1e140·‖x − 1‖², whose
// squares do not; what is not finite does no harm that lasts.
func TestLargeGradient(t *testing.T) {
	shape := []Parameter{{Name: "w", Shape: []int{3, 2}}}
	for _, name := range []string{"adam", "soap"} {
		for _, scale := range []float64{1e140, 1e200, 1e300} {
			o, err := New(name, Settings{"beta2": 0.9}, shape, 1)
			if err != nil {
				t.Fatal(err)
			}
			w, g := []float64{0, 3, -1, 2, 1.5, 0.2}, make([]float64, 6)
			far := func() (d float64) {
				for _, x := range w {
					d = max(d, math.Abs(x-1))
				}
				return d
			}
			for k := range 400 {
				if k == 5 {
					before := slices.Clone(w)
					g[0], g[3] = math.Inf(1), math.NaN()
					o.Update(0.02, w, g)
					o.TakeBack(w)
					if !slices.Equal(w, before) {
						t.Fatalf("%s, %g: taken back it is at %v, want %v", name, scale, w, before)
					}
				}
				for i, x := range w {
					g[i] = 2 * scale * (x - 1)
				}
				o.Update(0.05*math.Pow(0.98, float64(k)), w, g)
			}
			for _, a := range o.State() {
				for _, v := range a.Data {
					if !finite(v) {
						t.Fatalf("%s, %g: %s has %g", name, scale, a.Name, v)
					}
				}
			}
			// The rates sum to 2.5; the last steps are of 2e-5.
			if d := far(); !(d <= 0.02) {
				t.Errorf("%s, %g: off by %.3g after 400 updates, at %v", name, scale, d, w)
			}
		}
	}
}
