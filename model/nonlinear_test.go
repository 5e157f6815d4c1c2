package model

import (
	"math"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"spnode/integrator"
	"spnode/ops"
)

// registered is g(u) = tanh(uW + ½), whose W starts within a setting.
func registered(c NonlinearConfig, n int) (Nonlinear, error) {
	bound := c.Settings["bound"]
	if bound <= 0 {
		return Nonlinear{}, errors.Errorf("bound is %g, want a number above 0", bound)
	}
	return Nonlinear{
		Parameters: []Declaration{{"g/w", []int{n, n}, Uniform(bound)}},
		Build: func(g *Graph) (integrator.Nonlinear, error) {
			w := g.Param("g/w")
			c := g.Constant("g/c", filled(n, 0.5), n)
			return func(u *G.Node) (*G.Node, error) { return ops.Dense(u, w, c, true) }, nil
		},
	}, nil
}

// A form from outside is trained, saved and loaded as those of the package are,
// in either element type.
func TestRegisterNonlinear(t *testing.T) {
	RegisterNonlinear("test", registered)
	defer unregister("test")
	gradients := map[string][]float64{}
	for _, dtype := range []string{"float64", "float32"} {
		p := smallProblem()
		p.model.Dtype = dtype
		p.model.Nonlinear = NonlinearConfig{Kind: "test", Settings: map[string]float64{"bound": 0.25}}
		m := mustNew(t, p.model)
		w, ok := m.params.Get("g/w")
		if !ok {
			t.Fatal("its parameter is not there")
		}
		for _, v := range w.Data {
			if v == 0 || math.Abs(v) > 0.25 {
				t.Errorf("the parameter starts as %v, want numbers within 0.25", w.Data)
			}
		}
		b, err := m.NewBatch(WeightTime, p.times, p.states)
		if err != nil {
			t.Fatal(err)
		}
		o, err := m.NewObjective(b.Rows, len(p.times), 0)
		if err != nil {
			t.Fatal(err)
		}
		grad := make([]float64, len(m.params.Flat))
		if _, err := o.Evaluate(b, grad); err != nil {
			t.Fatal(err)
		}
		gradients[dtype] = grad
		if dtype == "float64" {
			// Central differences, which are good to h² and 1e-16/h.
			at, h, none := m.params.offset("g/w"), 1e-5, make([]float64, len(grad))
			for i := range w.Data {
				x := w.Data[i]
				w.Data[i] = x + h
				above, _ := o.Evaluate(b, none)
				w.Data[i] = x - h
				below, _ := o.Evaluate(b, none)
				w.Data[i] = x
				if d := (above - below) / (2 * h); !(math.Abs(d-grad[at+i]) <= 1e-8) {
					t.Errorf("the derivative by element %d is %.12g, want %.12g", i, grad[at+i], d)
				}
			}
		}
		r, err := m.Stability()
		if err != nil {
			t.Fatal(err)
		}
		if !math.IsInf(r.Lipschitz, 1) || r.Certified {
			t.Errorf("nothing is known of its growth, but the report has L = %g and %v", r.Lipschitz, r.Certified)
		}
		dir := t.TempDir()
		if err := m.Save(dir); err != nil {
			t.Fatal(err)
		}
		again, err := Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		if !same(again.params.Flat, m.params.Flat) || again.String() != m.String() {
			t.Errorf("loaded %v, want %v", again, m)
		}
	}
	if e := relative(gradients["float32"], gradients["float64"]); !(e <= 1e-5) { // 100 roundings of 2⁻²⁴
		t.Errorf("the gradients of float32 and float64 differ by %.3g", e)
	}
}

func unregister(kind string) {
	nonlinears.Lock()
	defer nonlinears.Unlock()
	delete(nonlinears.by, kind)
}

func TestRegisterNonlinearRefuses(t *testing.T) {
	build := func(*Graph) (integrator.Nonlinear, error) { return nil, nil }
	parameter := func(name string, shape ...int) Nonlinear {
		return Nonlinear{Build: build, Parameters: []Declaration{{name, shape, nil}, {"g/twice", []int{1}, nil}}}
	}
	defer unregister("test")
	for _, c := range []struct {
		name  string
		g     Nonlinear
		err   error
		parts []string
	}{
		{"its own error", Nonlinear{}, errors.New("too many modes"), []string{"kind test", "too many modes"}},
		{"no Build", Nonlinear{}, nil, []string{"kind test has no Build"}},
		{"another's name", parameter("linear/LS", 2), nil, []string{`"linear/LS"`, "begin with g/"}},
		{"a name twice", parameter("g/twice", 2), nil, []string{`"g/twice"`}},
		{"an empty shape", parameter("g/w", 2, 0), nil, []string{"[2 0]", "at least 1"}},
	} {
		RegisterNonlinear("test", func(NonlinearConfig, int) (Nonlinear, error) { return c.g, c.err })
		cfg := DefaultConfig(2)
		cfg.Nonlinear = NonlinearConfig{Kind: "test"}
		_, err := New(cfg)
		wantError(t, c.name, err, ErrConfig, c.parts...)
	}
	unregister("test")
	cfg := DefaultConfig(2)
	cfg.Nonlinear = NonlinearConfig{Kind: "test"}
	_, err := New(cfg)
	wantError(t, "kind", err, ErrConfig, `nonlinear.kind is "test"`, "bilinear, lipschitz, none")

	for what, f := range map[string]func(){
		"a parameter that is not there": func() { newGraph(mustNew(t, DefaultConfig(2)).params, "float64").Param("g/x") },
		"a kind of the package's":       func() { RegisterNonlinear(KindBilinear, registered) },
		"no name":                       func() { RegisterNonlinear("", registered) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", what)
				}
			}()
			f()
		}()
	}
}
