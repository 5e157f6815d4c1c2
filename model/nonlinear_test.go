package model_test

import (
	"math"
	"slices"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"spnode/integrator"
	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/modeltest"
	"spnode/model/objective"
	"spnode/model/param"
	"spnode/ops"
)

// registered is g(u) = tanh(uW + ½), whose W starts within a setting.
func registered(c dynamics.NonlinearConfig, n int) (dynamics.Nonlinear, error) {
	bound := c.Settings["bound"]
	if bound <= 0 {
		return dynamics.Nonlinear{}, errors.Errorf("bound is %g, want a number above 0", bound)
	}
	return dynamics.Nonlinear{
		Parameters: []param.Declaration{{Name: "g/w", Shape: []int{n, n}, Start: param.Uniform(bound)}},
		Build: func(g *param.Graph) (integrator.Nonlinear, error) {
			w := g.Param("g/w")
			c := g.Constant("g/c", slices.Repeat([]float64{0.5}, n), n)
			return func(u *G.Node) (*G.Node, error) { return ops.Dense(u, w, c, true) }, nil
		},
	}, nil
}

// A form from outside is trained, saved and loaded as those of the package are,
// in either element type.
func TestRegisterNonlinear(t *testing.T) {
	dynamics.RegisterNonlinear("test", registered)
	gradients := map[string][]float64{}
	for _, dtype := range []string{"float64", "float32"} {
		p := smallProblem()
		p.model.Dtype = dtype
		p.model.Nonlinear = dynamics.NonlinearConfig{Kind: "test", Settings: map[string]float64{"bound": 0.25}}
		m := modeltest.New(t, p.model)
		w, ok := m.Params().Get("g/w")
		if !ok {
			t.Fatal("its parameter is not there")
		}
		for _, v := range w.Data {
			if v == 0 || math.Abs(v) > 0.25 {
				t.Errorf("the parameter starts as %v, want numbers within 0.25", w.Data)
			}
		}
		b, err := objective.NewBatch(m, objective.WeightTime, p.times, p.states)
		if err != nil {
			t.Fatal(err)
		}
		o, err := objective.New(m, b.Rows, len(p.times), 0)
		if err != nil {
			t.Fatal(err)
		}
		grad := make([]float64, len(m.Params().Flat))
		if _, err := o.Evaluate(b, grad); err != nil {
			t.Fatal(err)
		}
		gradients[dtype] = grad
		if dtype == "float64" {
			// Central differences, which are good to h² and 1e-16/h.
			at, h, none := m.Params().Offset("g/w"), 1e-5, make([]float64, len(grad))
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
		again, err := model.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		if !modeltest.Same(again.Params().Flat, m.Params().Flat) || again.String() != m.String() {
			t.Errorf("loaded %v, want %v", again, m)
		}
	}
	if e := modeltest.Relative(gradients["float32"], gradients["float64"]); !(e <= 1e-5) { // 100 roundings of 2⁻²⁴
		t.Errorf("the gradients of float32 and float64 differ by %.3g", e)
	}
}

func TestRegisterNonlinearRefuses(t *testing.T) {
	build := func(*param.Graph) (integrator.Nonlinear, error) { return nil, nil }
	parameter := func(name string, shape ...int) dynamics.Nonlinear {
		return dynamics.Nonlinear{Build: build, Parameters: []param.Declaration{{Name: name, Shape: shape}, {Name: "g/twice", Shape: []int{1}}}}
	}
	for _, c := range []struct {
		name  string
		g     dynamics.Nonlinear
		err   error
		parts []string
	}{
		{"its own error", dynamics.Nonlinear{}, errors.New("too many modes"), []string{"kind test", "too many modes"}},
		{"no Build", dynamics.Nonlinear{}, nil, []string{"kind test has no Build"}},
		{"another's name", parameter("linear/LS", 2), nil, []string{`"linear/LS"`, "begin with g/"}},
		{"a name twice", parameter("g/twice", 2), nil, []string{`"g/twice"`}},
		{"an empty shape", parameter("g/w", 2, 0), nil, []string{"[2 0]", "at least 1"}},
	} {
		dynamics.RegisterNonlinear("test", func(dynamics.NonlinearConfig, int) (dynamics.Nonlinear, error) { return c.g, c.err })
		cfg := model.DefaultConfig(2)
		cfg.Nonlinear = dynamics.NonlinearConfig{Kind: "test"}
		_, err := model.New(cfg)
		modeltest.WantError(t, c.name, err, model.ErrConfig, c.parts...)
	}
	cfg := model.DefaultConfig(2)
	cfg.Nonlinear = dynamics.NonlinearConfig{Kind: "nobody's"}
	_, err := model.New(cfg)
	modeltest.WantError(t, "kind", err, model.ErrConfig, `nonlinear.kind is "nobody's"`, "bilinear, lipschitz, none")

	for what, f := range map[string]func(){
		"a parameter that is not there": func() { modeltest.New(t, model.DefaultConfig(2)).Graph().Param("g/x") },
		"a kind of the package's":       func() { dynamics.RegisterNonlinear(dynamics.KindBilinear, registered) },
		"no name":                       func() { dynamics.RegisterNonlinear("", registered) },
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
