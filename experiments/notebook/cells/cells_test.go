package cells

import (
	"strings"
	"testing"
	"time"

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
		{"undeclared", "y + 1", "not declared"},
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

// prepared is an interpreter with something to ask about.
func prepared(t *testing.T) *Interpreter {
	t.Helper()
	i := interpreter(t)
	for _, s := range []string{
		"import (\"context\"; \"time\"; \"spnode/model\"; \"spnode/model/train\"; \"spnode/data\")",
		"c := model.DefaultConfig(2)\nm, err := model.New(c)\ntype mine struct{ inner int }\nvar own mine\n_ = time.Second",
	} {
		if _, err := i.Eval(s); err != nil {
			t.Fatal(err)
		}
	}
	return i
}

// A typo reads as one.
func TestTypo(t *testing.T) {
	i := prepared(t)
	for source, want := range map[string]string{
		`model.Nwe(c)`:             "model has no Nwe; is it New?",
		"\nm.Predct(nil, nil)":     "line 2, column 1: model.Model has no Predct; is it Predict?",
		`c.Linaer.Shift = 3`:       "model.Config has no Linaer; is it Linear?",
		`model.Config{Dims: 2}`:    "model.Config has no Dims; is it Dim?",
		`modle.New(c)`:             "modle is not declared; is it model?",
		`train.DefaultConfg()`:     "train has no DefaultConfg; is it DefaultConfig?",
		`nothing.like(it)`:         "nothing is not declared (what",
		`min(1, 2)`:                "min is not declared (what",
		`model.DefaultConfig("2")`: `cannot use "2" (untyped string constant) as int value`,
		`import "spnode/modle"`:    "there is no package spnode/modle here; is it spnode/model?",
		`data.Read("nowhere.csv")`: "",
	} {
		_, err := i.Eval(source)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", source, err, want)
		}
	}
}

// Tab shows what a cell may use, and Shift+Tab its declaration and comment.
func TestHelp(t *testing.T) {
	ir := prepared(t).ir
	for source, want := range map[string]string{
		"x := m.Pre": "Predict PredictEach PredictLatent",
		"c.cont":     "",
		"c.Auto":     "Autoencoder",
		"own.in":     "inner",
		"err":        "err error",
		"m.":         "+Stability",
	} {
		words, begin := Complete(ir, source, len(source))
		got := strings.Join(words, " ")
		if more, ok := strings.CutPrefix(want, "+"); ok && strings.Contains(got, more) {
			want = got
		}
		if got != want || want != "" && begin != strings.LastIndexAny(source, ". ")+1 {
			t.Errorf("%s: got %s from %d on, want %s", source, got, begin, want)
		}
		for _, w := range words {
			if strings.HasPrefix(source, "m.") && strings.ToUpper(w[:1]) != w[:1] {
				t.Errorf("%s: %s cannot be used", source, w)
			}
		}
	}
	for source, want := range map[string][]string{ // | is the cursor
		"model.Ne|w(c)":                 {"func New(", "Config"},
		"θ := m.Predict|(x)":            {"func (m *Model) Predict("},
		"m.Predict(u0, f(1), |":         {"func (m *Model) Predict("},
		"c.Integrator|":                 {"Integrator string", "is the name of a method"},
		"c|":                            {"c spnode/model.Config", "type Config struct"},
		"mod|el":                        {"package model"},
		"model.Config|":                 {"type Config struct"},
		"train.DefaultConfig().Phases|": {},
		"|":                             {},
		"nothing|":                      {},
	} {
		got := Inspect(ir, strings.Replace(source, "|", "", 1), strings.Index(source, "|"))
		if (got == "") != (len(want) == 0) {
			t.Errorf("%s: got %q", source, got)
		}
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: got %q, want %q", source, got, w)
			}
		}
	}
}

// An interrupt ends what waits for the context that a cell has given, and a loop of its own.
func TestInterrupt(t *testing.T) {
	i := prepared(t)
	for source, want := range map[string]string{
		"<-context.Background().Done()\n7":                                                        "",
		"ctx, stop := context.WithCancel(context.TODO())\n<-ctx.Done()\nstop()\n7":                "",
		"for n := 0; ; n++ {}":                                                                    "interrupted",
		"if err := context.Background().Err(); err != nil { panic(err) }\nfor {}":                 "interrupted",
		"time.Sleep(time.Millisecond)\nfor { if context.Background().Err() != nil { break } }\n7": "",
	} {
		done := make(chan struct{})
		go func() {
			for {
				select {
				case <-done:
					return
				case <-time.After(50 * time.Millisecond):
					Interrupt(i.ir)
				}
			}
		}()
		_, err := i.Eval(source)
		close(done)
		if (err == nil) != (want == "") || err != nil && err.Error() != want {
			t.Errorf("%s: got %v, want %q", source, err, want)
		}
	}
}
