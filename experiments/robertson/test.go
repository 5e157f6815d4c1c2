package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/data/measure"
	"spnode/data/ode"
	"spnode/data/problem"
	"spnode/experiments/driver"
	"spnode/model"
)

// heldOutSeed keeps the held-out states apart from the training's.
const heldOutSeed = 1 << 40

// laboratory makes the truth, and keeps what takes long to make.
type laboratory struct {
	Config
	*driver.Session
}

// solve integrates initial states at t = 0 and returns them at the times.
func (l *laboratory) solve(s problem.RobertsonStates, times []float64) (*data.Dataset, error) {
	key := struct {
		Problem string
		States  problem.RobertsonStates
		Times   []float64
		Solver  ode.Radau
	}{"robertson", s, times, problem.RobertsonRadau()}
	d, _, err := data.Cached(l.Cache, key, func() (*data.Dataset, error) {
		u0, err := s.Draw()
		if err != nil {
			return nil, err
		}
		stage := l.Progress.Stage(fmt.Sprintf("data: %d trajectories, %d times", s.Samples, len(times)), s.Samples)
		defer stage.Done()
		solver := problem.RobertsonRadau()
		solver.Progress = func(done, total int) { stage.Update(done) }
		d, _, err := solver.SolveFrom(l.Context, problem.Robertson{}, u0, 0, times)
		return d, err
	})
	return d, err
}

// reference is the trajectory from (1, 0, 0) at the times.
func (l *laboratory) reference(times []float64) (*data.Dataset, error) {
	d, _, err := problem.RobertsonRadau().SolveFrom(l.Context, problem.Robertson{}, [][]float64{{1, 0, 0}}, 0, times)
	return d, err
}

// testReport is what report.json says of a model's test. Errors are of the
// scaled components y₁, 10⁴y₂, y₃.
type testReport struct {
	MaxAbs     []float64 `json:"max_abs"` // from (1, 0, 0) at the paper's times, by component
	HeldOutMax float64   `json:"heldout_max_abs"`
	HeldOutRMS float64   `json:"heldout_rms"`
	Grid200    float64   `json:"grid200_max_abs"`
	Grid25     float64   `json:"grid25_max_abs"`
	Random     float64   `json:"random_max_abs"`
	Jump       float64   `json:"single_jump_max_abs"`
	MassDrift  float64   `json:"mass_drift"` // of the held-out states, |Σy(t) − Σy(t_0)|
}

// trained is a model after its training and test.
type trained struct {
	ModelConfig
	model     *model.Model
	result    model.Result
	diverged  *model.DivergedError // its training did; then there is nothing else
	stability *model.Stability
	test      *testReport
	seeds     []seedReport
}

// seedReport is one of several seeds of a model.
type seedReport struct {
	Seed         int         `json:"seed"`
	Iterations   int         `json:"iterations"`
	Seconds      float64     `json:"seconds"`
	Milliseconds float64     `json:"milliseconds_per_iteration"`
	Loss         float64     `json:"loss"`
	Test         *testReport `json:"test"`
}

// test takes a model and its further seeds from the session and tests them.
func (l *laboratory) test(m ModelConfig) (*trained, error) {
	t := &trained{ModelConfig: m}
	for k := range m.Seeds {
		fitted, result, err := l.Model(driver.SeedName(m.Name, k), func() (driver.Training, error) {
			d, err := l.solve(l.states(l.Data.Samples, 0, m.Masses), l.fineTimes())
			if err != nil {
				return driver.Training{}, err
			}
			c, train := driver.Seeded(m.Model, m.Train, l.Seed, k)
			if m.Standardize {
				standardize(&c, d)
			}
			return driver.Training{Model: c, Train: train, Data: d}, nil
		})
		if errors.As(err, &t.diverged) {
			return t, nil
		}
		if err != nil {
			return nil, err
		}
		r, err := l.evaluate(fitted, m.Masses)
		if err != nil {
			return nil, err
		}
		if k == 0 {
			t.model, t.result, t.test = fitted, result, r
			if t.stability, err = fitted.Stability(); err != nil {
				return nil, err
			}
		}
		t.seeds = append(t.seeds, seedReport{k, result.Iterations, result.Seconds, 1e3 * result.Seconds / float64(max(1, result.Iterations)), result.Loss, r})
	}
	return t, nil
}

// evaluate tests a model on every grid.
func (l *laboratory) evaluate(m *model.Model, masses bool) (*testReport, error) {
	r := new(testReport)
	paper := problem.RobertsonTimes(points)
	held, err := l.solve(l.states(l.Data.HeldOut, heldOutSeed, masses), paper)
	if err != nil {
		return nil, err
	}
	want := held.States()
	u, err := m.Predict(want[0], paper)
	if err != nil {
		return nil, err
	}
	off := measure.Compare(u, want, scale)
	r.HeldOutMax, r.HeldOutRMS = slices.Max(off.MaxAbs), off.RMS
	for k := range u {
		for s := range u[k] {
			r.MassDrift = max(r.MassDrift, math.Abs(mass(u[k][s])-mass(want[0][s])))
		}
	}

	if r.MaxAbs, err = l.fromReference(m, paper); err != nil {
		return nil, err
	}
	// 60 random times after the first, evenly distributed in log t.
	fine := l.fineTimes()
	random := fine[:1:1]
	for _, i := range sorted(rand.New(rand.NewPCG(7, 7)).Perm(len(fine) - 1)[:min(60, len(fine)-1)]) {
		random = append(random, fine[1+i])
	}
	for _, g := range []struct {
		times []float64
		e     *float64
	}{{problem.RobertsonTimes(200), &r.Grid200}, {problem.RobertsonTimes(25), &r.Grid25}, {random, &r.Random}} {
		each, err := l.fromReference(m, g.times)
		if err != nil {
			return nil, err
		}
		*g.e = slices.Max(each)
	}
	for k := 1; k < points; k += 3 {
		each, err := l.fromReference(m, []float64{paper[0], paper[k]})
		if err != nil {
			return nil, err
		}
		r.Jump = max(r.Jump, slices.Max(each))
	}
	return r, nil
}

func sorted(x []int) []int { slices.Sort(x); return x }

func mass(y []float64) float64 { return y[0] + y[1] + y[2] }

// fromReference returns the largest errors of the components over a grid, from
// (1, 0, 0).
func (l *laboratory) fromReference(m *model.Model, times []float64) ([]float64, error) {
	d, err := l.reference(times)
	if err != nil {
		return nil, err
	}
	want := d.States()
	u, err := m.Predict(want[0], times)
	if err != nil {
		return nil, err
	}
	return measure.Compare(u, want, scale).MaxAbs, nil
}

// deployment is the model rolled out by another method.
type deployment struct {
	Integrator string  `json:"integrator"`
	MaxAbs     float64 `json:"max_abs"`
	// DivergesAt is the first step after which a latent component, which is about
	// 1 at the start, is larger than 1e6 or no number; 0: none. The decoder
	// saturates and does not show it.
	DivergesAt int       `json:"diverges_at_step"`
	Time       float64   `json:"at_time,omitempty"`
	Errors     []float64 `json:"-"` // over the paper's times
	Sizes      []float64 `json:"-"` // of the largest latent component
}

// deploy rolls a model out from (1, 0, 0) by other methods.
func (l *laboratory) deploy(m *model.Model, methods ...string) ([]deployment, error) {
	d, err := l.reference(problem.RobertsonTimes(points))
	if err != nil {
		return nil, err
	}
	want, times := d.States(), d.Trajectories[0].Times
	var all []deployment
	for _, name := range methods {
		other, err := m.WithIntegrator(name, 1)
		if err != nil {
			return nil, err
		}
		u, err := other.Predict(want[0], times)
		if err != nil {
			return nil, err
		}
		latent, err := other.PredictLatent(want[0], times)
		if err != nil {
			return nil, err
		}
		p := deployment{Integrator: name}
		for k := range u {
			e := slices.Max(measure.Compare(u[k:k+1], want[k:k+1], scale).MaxAbs)
			p.MaxAbs = max(p.MaxAbs, e)
			p.Errors = append(p.Errors, e)
			size := 0.0
			for _, v := range latent[k] {
				size = max(size, math.Abs(v))
			}
			p.Sizes = append(p.Sizes, size)
			if p.DivergesAt == 0 && !(size <= 1e6) {
				p.DivergesAt, p.Time = k, times[k]
			}
		}
		all = append(all, p)
	}
	return all, nil
}
