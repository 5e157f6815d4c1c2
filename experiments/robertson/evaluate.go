package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"spnode/data/measure"
	"spnode/data/problem"
	"spnode/experiments/report"
	"spnode/model"
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
	MassDrift  float64   `json:"mass_drift"` // of the held-out states, |Σy(t) − Σy(t_0)|
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
	for _, i := range rand.New(rand.NewPCG(7, 7)).Perm(len(fine) - 1)[:min(60, len(fine)-1)] {
		random = append(random, fine[1+i])
	}
	slices.Sort(random)
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

func mass(y []float64) float64 { return y[0] + y[1] + y[2] }

// fromReference returns the largest errors of the components over a grid, from
// (1, 0, 0).
func (l *laboratory) fromReference(m *model.Model, times []float64) ([]float64, error) {
	want, err := l.from(times)
	if err != nil {
		return nil, err
	}
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

// columns are those of an error table.
var columns = []string{"y₁", "10⁴y₂", "y₃", "held-out max", "held-out rms", "200 times", "25", "61 random", "one jump", "mass drift"}

func cells(r *testReport) []any {
	return []any{r.MaxAbs[0], r.MaxAbs[1], r.MaxAbs[2], r.HeldOutMax, r.HeldOutRMS, r.Grid200, r.Grid25, r.Random, r.Jump, r.MassDrift}
}

// results is the table of all models.
func results(models []*trained) *report.Table {
	t := report.NewTable("Largest errors from (1, 0, 0) at the paper's 50 times, over held-out states, and on other grids",
		append(append([]string{"model"}, columns...), "loss", "seconds")...)
	for _, m := range models {
		if m.Diverged != nil {
			t.Add(m.Name, "diverges", fmt.Sprintf("at iteration %d", m.Diverged.Iteration+1))
			continue
		}
		t.Add(append(append([]any{m.Name}, cells(m.Test)...), m.Result.Loss, m.Result.Seconds)...)
	}
	return t
}

// contrast is the paper's point: training and deployment by ETD1 and by others.
func contrast(models []*trained, deployed []deployment) *report.Table {
	t := report.NewTable("Training and deployment by other methods (steps of 3e-6 to 1.7e6)", "method", "trained by it: max error", "autoencoder model deployed by it: max error", "latent state above 1e6")
	for _, d := range deployed {
		train := any(nil)
		for _, m := range models {
			if name := m.Name; name == "trained-"+d.Integrator || name == "autoencoder" && d.Integrator == "etd1" {
				if m.Diverged != nil {
					train = fmt.Sprintf("diverges at iteration %d", m.Diverged.Iteration+1)
				} else {
					train = report.Format(slices.Max(m.Test.MaxAbs))
				}
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

// seeds is the table of the models with several.
func seeds(models []*trained) *report.Table {
	t := report.NewTable("Seeds", append(append([]string{"model", "seed"}, columns...), "iterations", "seconds", "ms")...)
	for _, m := range models {
		if len(m.Seeds) < 2 {
			continue
		}
		m.SeedRows(t, func(s report.Seed[*testReport]) []any {
			return append(cells(s.Test), s.Iterations, s.Seconds, s.MillisecondsPerIteration)
		})
		t.Add(append([]any{m.Name, "median"}, cells(median(m.Seeds))...)...)
	}
	return t
}

// median is that of every number over the seeds.
func median(all []report.Seed[*testReport]) *testReport {
	of := func(get func(r *testReport) float64) float64 {
		var x []float64
		for _, s := range all {
			x = append(x, get(s.Test))
		}
		slices.Sort(x)
		n := len(x)
		return (x[(n-1)/2] + x[n/2]) / 2
	}
	r := &testReport{
		HeldOutMax: of(func(r *testReport) float64 { return r.HeldOutMax }),
		HeldOutRMS: of(func(r *testReport) float64 { return r.HeldOutRMS }),
		Grid200:    of(func(r *testReport) float64 { return r.Grid200 }),
		Grid25:     of(func(r *testReport) float64 { return r.Grid25 }),
		Random:     of(func(r *testReport) float64 { return r.Random }),
		Jump:       of(func(r *testReport) float64 { return r.Jump }),
		MassDrift:  of(func(r *testReport) float64 { return r.MassDrift }),
	}
	for j := range scale {
		r.MaxAbs = append(r.MaxAbs, of(func(r *testReport) float64 { return r.MaxAbs[j] }))
	}
	return r
}
