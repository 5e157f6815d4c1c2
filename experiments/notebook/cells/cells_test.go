package cells

import (
	"strings"
	"testing"

	"spnode/experiments/figure"
)

func interpreter(t *testing.T) *Interpreter {
	t.Helper()
	i, err := NewInterpreter()
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// A cell that does not compile, panics, or imports what is not there is an error,
// and the interpreter goes on.
func TestEvalError(t *testing.T) {
	i := interpreter(t)
	for _, c := range []struct{ name, source, want string }{
		{"syntax", "x := ", "expected"},
		{"undeclared", "y + 1", "undefined"},
		{"unknown field", "import \"spnode/model\"\nmodel.Config{Dims: 2}", "Dims"},
		{"panic", "panic(\"out of order\")", "out of order"},
		{"nil", "var m *model.Model\nm.Config()", "nil pointer"},
		{"no such package", "import \"spnode/nothing\"", "spnode/nothing"},
	} {
		if _, err := i.Eval(c.source); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want one with %q", c.name, err, c.want)
		}
	}
	out, err := i.Eval("import \"fmt\"\nfmt.Print(\"still \")\n1 + 2")
	if err != nil || out.Printed != "still " || len(out.Values) != 1 || out.Values[0] != 3 {
		t.Errorf("afterwards: got %+v, %v, want what was printed and 3", out, err)
	}
}

// What a notebook takes from the project works in the interpreter: a function
// with two results, options, a closure that compiled code calls, a type of the
// notebook's own where an interface is asked for, files.
func TestEval(t *testing.T) {
	i := interpreter(t)
	for _, source := range []string{
		`import (
			"context"
			"os"
			"os/signal"
			"spnode/data/ode"
			"spnode/experiments/figure"
			"gorgonia.org/gorgonia"
			"spnode/integrator"
			"spnode/model"
	"spnode/model/param"
	"spnode/model/dynamics"
			"spnode/model/train"
		)`,
		`check := func(err error) { if err != nil { panic(err) } }`,
		`type Decay struct{ Rate float64 }
		func (Decay) Name() string { return "decay" }
		func (Decay) Dim() int { return 1 }
		func (Decay) Components() []string { return []string{"x"} }
		func (d Decay) RHS(dst, u []float64) { dst[0] = -d.Rate * u[0] }`,
		`d, _, err := ode.DefaultRKF45().Solve(Decay{2}, [][]float64{{1}, {2}}, []float64{0, 0.5, 1})
		check(err)`,
		`c := model.DefaultConfig(1)
		c.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindNone}
		m, err := model.New(c)
		check(err)
		seen := 0
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		tc := train.DefaultConfig()
		tc.First.Iterations, tc.LBFGS.Iterations = 3, 2
		t, err := train.New(m, tc, d, train.WithHook(func(train.Metrics) { seen++ }))
		check(err)
		check(t.Fit(ctx))
		stop()
		if seen < 4 { panic("the hook was not called") }`,
		`dynamics.RegisterNonlinear("quadratic", func(c dynamics.NonlinearConfig, n int) (dynamics.Nonlinear, error) {
			spread := c.Settings["spread"] // gomacro does not pass it on as it is
			return dynamics.Nonlinear{
				Parameters: []param.Declaration{{Name: "g/q", Shape: []int{1, n}, Start: param.Normal(spread)}},
				Build: func(g *param.Graph) (integrator.Nonlinear, error) {
					q := g.Param("g/q")
					return func(u *gorgonia.Node) (*gorgonia.Node, error) {
						square, err := gorgonia.Square(u)
						if err != nil { return nil, err }
						return gorgonia.BroadcastHadamardProd(square, q, nil, []byte{0})
					}, nil
				},
			}, nil
		})
		c.Nonlinear = dynamics.NonlinearConfig{Kind: "quadratic", Settings: map[string]float64{"spread": 0.1}}
		m, err = model.New(c)
		check(err)
		t, err = train.New(m, tc, d)
		check(err)
		check(t.Fit(context.Background()))`,
	} {
		if out, err := i.Eval(source); err != nil {
			t.Fatalf("%s\n%s%v", source, out.Printed, err)
		}
	}
	out, err := i.Eval(`figure.New(figure.Layout{}, figure.Panel{Series: []figure.Series{figure.Line(figure.Black, "", d.Trajectories[0].Times, d.Trajectories[0].Times)}})`)
	if err != nil || len(out.Values) != 2 || out.Values[1] != nil {
		t.Fatalf("got %v, %v, want a figure and no error", out.Values, err)
	}
	if _, ok := out.Values[0].(*figure.Figure); !ok {
		t.Fatalf("got a %T, want a figure", out.Values[0])
	}
}
