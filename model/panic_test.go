package model_test

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	G "gorgonia.org/gorgonia"

	"spnode/integrator"
	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/internal/crew"
	"spnode/model/modeltest"
	"spnode/model/param"
	"spnode/ops/graph"
)

// built returns a model with a registered g = 0 whose Build and evaluation do as they are told.
func built(t *testing.T, build, evaluate func()) *model.Model {
	dynamics.RegisterNonlinear("told", func(_ dynamics.NonlinearConfig, n int) (dynamics.Nonlinear, error) {
		return dynamics.Nonlinear{Build: func(*param.Graph) (integrator.Nonlinear, error) {
			build()
			return func(u *G.Node) (*G.Node, error) {
				return graph.Function[float64]{
					Name: "told", Shape: u.Shape(), Inputs: G.Nodes{u},
					Forward: func(out []float64, _ [][]float64) error {
						evaluate()
						clear(out)
						return nil
					},
				}.Node()
			}, nil
		}}, nil
	})
	cfg := model.DefaultConfig(1)
	cfg.Nonlinear = dynamics.NonlinearConfig{Kind: "told"}
	return modeltest.New(t, cfg)
}

// predictions are of one block that is decoded on all cores, of several, and of steps of their own.
func predictions(m *model.Model) map[string]func() error {
	grid := make([]float64, 1000)
	for k := range grid {
		grid[k] = float64(k)
	}
	many := make([][]float64, 1000)
	runs := make([]model.Run, len(many))
	for s := range many {
		many[s] = []float64{1}
		runs[s] = model.Run{State: many[s], Times: grid[:2+s%2]}
	}
	return map[string]func() error{
		"one":  func() error { _, err := m.Predict(many[:1], grid); return err },
		"many": func() error { _, err := m.Predict(many, grid[:2]); return err },
		"each": func() error { _, err := m.PredictEach(runs); return err },
	}
}

// The Build of a registered g is called by who predicts, once at a time, so that what it
// does need not be safe on several cores, and a panic of it can be recovered.
func TestBuildWherePredicted(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	var calls, now, most atomic.Int64
	for name, run := range predictions(built(t, func() {
		calls.Add(1)
		most.Store(max(most.Load(), now.Add(1)))
		time.Sleep(time.Millisecond)
		now.Add(-1)
	}, func() {})) {
		if err := run(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if calls.Load() < 2 || most.Load() != 1 {
		t.Errorf("Build was called %d times, up to %d at once, want several, one after the other", calls.Load(), most.Load())
	}
	for name, run := range predictions(built(t, func() { panic("Build") }, func() {})) {
		if p := recovered(run); p != "Build" {
			t.Errorf("%s: recovered %v, want the panic of Build", name, p)
		}
	}
}

// A panic of g, in whatever goroutine, comes to who predicts and leaves nobody waiting for
// parts of a block, and the next prediction is a good one.
func TestPanicWhilePredicting(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	var bad atomic.Bool
	m := built(t, func() {}, func() {
		if bad.Load() {
			panic("evaluation")
		}
	})
	want := flatten(predict(t, m, [][]float64{{1}}, []float64{0, 1}))
	before := runtime.NumGoroutine()
	bad.Store(true)
	for name, run := range predictions(m) {
		for range 20 {
			p := recovered(run)
			if of, ok := p.(*crew.Panic); ok {
				p = of.Value
			}
			if p != "evaluation" {
				t.Fatalf("%s: recovered %v, want the panic of the evaluation", name, p)
			}
		}
	}
	bad.Store(false)
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, want the %d before", runtime.NumGoroutine(), before)
		}
	}
	if got := flatten(predict(t, m, [][]float64{{1}}, []float64{0, 1})); !modeltest.Same(got, want) {
		t.Errorf("after panics: got %v, want %v", got, want)
	}
}

func recovered(run func() error) (p any) {
	defer func() { p = recover() }()
	return run()
}
