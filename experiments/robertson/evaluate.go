package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"

	"spnode/data/measure"
	"spnode/data/problem"
	"spnode/experiments/driver"
	"spnode/experiments/report"
	"spnode/model"
	"spnode/model/train"
)

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
	// Restarted is of the held-out states from a quarter, half and three quarters of the
	// times on.
	Restarted float64 `json:"restarted_max_abs"`
	MassDrift float64 `json:"mass_drift"` // of the held-out states, |Σy(t) − Σy(t_0)|
}

// test tests a model on every grid.
func (l *laboratory) test(recipe ModelConfig, f driver.Fitted) (*testReport, error) {
	r, m, paper := new(testReport), f.Model, problem.RobertsonTimes(points)
	held, err := l.solve(l.states(l.Data.HeldOut, l.TestSeed(), recipe.Masses), paper)
	if err != nil {
		return nil, err
	}
	u, err := train.Predict(m, held)
	if err != nil {
		return nil, err
	}
	off := measure.Compare(u, held, scale)
	r.HeldOutMax, r.HeldOutRMS = off.MaxAbs, off.RMS
	r.MassDrift = measure.Drift(u, held, []float64{1, 1, 1})
	at := make([]int, points)
	for k := range at {
		at[k] = k
	}
	for _, k := range []int{points / 4, points / 2, 3 * points / 4} {
		rest := held.AtTimes(at[k:]...)
		if u, err = train.Predict(m, rest); err != nil {
			return nil, err
		}
		r.Restarted = max(r.Restarted, measure.Compare(u, rest, scale).MaxAbs)
	}
	if off, err = l.fromReference(m, paper); err != nil {
		return nil, err
	}
	r.MaxAbs = off.Each
	fine, random := l.fineTimes(), []float64{}
	for _, k := range some(rand.New(rand.NewPCG(7, 7)), len(fine), 61) {
		random = append(random, fine[k])
	}
	grids := map[*float64][][]float64{&r.Grid200: {problem.RobertsonTimes(200)}, &r.Grid25: {problem.RobertsonTimes(25)}, &r.Random: {random}}
	for k := 1; k < points; k += 3 {
		grids[&r.Jump] = append(grids[&r.Jump], []float64{paper[0], paper[k]})
	}
	for most, all := range grids {
		for _, times := range all {
			off, err := l.fromReference(m, times)
			if err != nil {
				return nil, err
			}
			*most = max(*most, off.MaxAbs)
		}
	}
	return r, nil
}

// fromReference returns the errors over a grid, from (1, 0, 0).
func (l *laboratory) fromReference(m *model.Model, times []float64) (off measure.Errors, err error) {
	want, err := l.from(times)
	if err != nil {
		return off, err
	}
	u, err := train.Predict(m, want)
	if err != nil {
		return off, err
	}
	return measure.Compare(u, want, scale), nil
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
	times := problem.RobertsonTimes(points)
	want, err := l.from(times)
	if err != nil {
		return nil, err
	}
	var all []deployment
	for _, name := range methods {
		other, err := m.WithIntegrator(name, 1)
		if err != nil {
			return nil, err
		}
		u, err := train.Predict(other, want)
		if err != nil {
			return nil, err
		}
		latent, err := other.PredictLatent(want.States()[0], times)
		if err != nil {
			return nil, err
		}
		p := deployment{Integrator: name}
		for k := range times {
			p.Errors = append(p.Errors, measure.Compare(u.AtTimes(k), want.AtTimes(k), scale).MaxAbs)
			size := floats.Norm(latent[k], math.Inf(1))
			p.Sizes = append(p.Sizes, size)
			if p.DivergesAt == 0 && !(size <= 1e6) {
				p.DivergesAt, p.Time = k, times[k]
			}
		}
		p.MaxAbs = slices.Max(p.Errors)
		all = append(all, p)
	}
	return all, nil
}

// columns are those of the tables.
var columns = driver.Columns[*testReport]{
	Names: []string{"y₁", "10⁴y₂", "y₃", "held-out max", "held-out rms", "200 times", "25 times", "61 random", "one jump", "restarted", "mass drift"},
	Cells: func(r *testReport) []any {
		return []any{r.MaxAbs[0], r.MaxAbs[1], r.MaxAbs[2], r.HeldOutMax, r.HeldOutRMS, r.Grid200, r.Grid25, r.Random, r.Jump, r.Restarted, r.MassDrift}
	},
}

// contrast is the paper's point: training and deployment by ETD1 and by others.
func contrast(models []*trained, deployed []deployment) *report.Table {
	t := report.NewTable("Training and deployment by other methods (steps of 3e-6 to 1.7e6)", "method", "trained by it: max error", "autoencoder model deployed by it: max error", "latent state above 1e6")
	for _, d := range deployed {
		var train any
		for _, m := range models {
			switch name := m.Name; {
			case name != "trained-"+d.Integrator && (name != "autoencoder" || d.Integrator != "etd1"):
			case m.Diverged != nil:
				train = fmt.Sprintf("diverges at iteration %d", m.Diverged.Iteration+1)
			default:
				train = report.Format(slices.Max(m.Test.MaxAbs))
			}
		}
		when := "never"
		if d.DivergesAt > 0 {
			when = fmt.Sprintf("from step %d, t = %s", d.DivergesAt, report.Format(d.Time))
		}
		t.Add(d.Integrator, train, report.Format(d.MaxAbs), when)
	}
	return t
}
