package main

import (
	"fmt"
	"slices"

	"spnode/experiments/driver"
)

// methods are the integrators that the deployment is compared over.
var methods = []string{"etd1", "imex", "euler", "rk4"}

// page shows the results, and puts them in the report.
func (l *laboratory) page(models []*trained) (*driver.Page, error) {
	var deployed []deployment
	if m := named(models, "autoencoder"); m != nil {
		var err error
		if deployed, err = l.deploy(m.model, methods...); err != nil {
			return nil, err
		}
	}
	for _, m := range models {
		l.Report.Models = append(l.Report.Models, l.report(m, deployed))
	}
	tables := []*driver.Table{results(models)}
	if len(deployed) > 0 {
		tables = append(tables, contrast(models, deployed))
	}
	if t := seeds(models); t != nil {
		tables = append(tables, t)
	}
	figures, err := l.figures(models, deployed)
	if err != nil {
		return nil, err
	}
	return &driver.Page{
		Title:   "Robertson's reaction",
		Summary: "Example 5.2: three concentrations over twelve decades of time, learned in coordinates in which the stiffness is linear. Errors are of y₁, 10⁴y₂ and y₃.",
		Tables:  tables,
		Figures: figures,
	}, nil
}

func (l *laboratory) report(t *trained, deployed []deployment) driver.ModelReport {
	if t.diverged != nil {
		return driver.ModelReport{Name: t.Name, Train: driver.TrainReport{Iterations: t.diverged.Iteration, Loss: t.diverged.Loss},
			Extra: map[string]any{"diverged": t.diverged.Error()}}
	}
	m := l.NewModelReport(t.Name, t.model, t.result)
	m.Stability, m.Test = t.stability, t.test
	extra := map[string]any{}
	if len(t.seeds) > 1 {
		extra["seeds"] = t.seeds
		extra["median"] = median(t.seeds)
	}
	if t.Name == "autoencoder" && len(deployed) > 0 {
		extra["deployment"] = deployed
	}
	if len(extra) > 0 {
		m.Extra = extra
	}
	return m
}

// columns are those of an error table.
var columns = []string{"y₁", "10⁴y₂", "y₃", "held-out max", "held-out rms", "200 times", "25", "61 random", "one jump", "mass drift"}

func cells(r *testReport) []any {
	return []any{r.MaxAbs[0], r.MaxAbs[1], r.MaxAbs[2], r.HeldOutMax, r.HeldOutRMS, r.Grid200, r.Grid25, r.Random, r.Jump, r.MassDrift}
}

// results is the table of all models.
func results(models []*trained) *driver.Table {
	t := driver.NewTable("Largest errors from (1, 0, 0) at the paper's 50 times, over held-out states, and on other grids",
		append(append([]string{"model"}, columns...), "loss", "seconds")...)
	for _, m := range models {
		if m.diverged != nil {
			t.Add(m.Name, "diverges", fmt.Sprintf("at iteration %d", m.diverged.Iteration+1))
			continue
		}
		t.Add(append(append([]any{m.Name}, cells(m.test)...), m.result.Loss, m.result.Seconds)...)
	}
	return t
}

// contrast is the paper's point: training and deployment by ETD1 and by others.
func contrast(models []*trained, deployed []deployment) *driver.Table {
	t := driver.NewTable("Training and deployment by other methods (steps of 3e-6 to 1.7e6)", "method", "trained by it: max error", "autoencoder model deployed by it: max error", "latent state above 1e6")
	for _, d := range deployed {
		train := any(nil)
		for _, m := range models {
			if m.Name == "trained-"+d.Integrator || m.Name == "autoencoder" && d.Integrator == "etd1" {
				if m.diverged != nil {
					train = fmt.Sprintf("diverges at iteration %d", m.diverged.Iteration+1)
				} else {
					train = driver.Format(slices.Max(m.test.MaxAbs))
				}
			}
		}
		when := "never"
		if d.DivergesAt > 0 {
			when = fmt.Sprintf("from step %d, t = %s", d.DivergesAt, driver.Format(d.Time))
		}
		t.Add(d.Integrator, train, driver.Format(d.MaxAbs), when)
	}
	return t
}

// seeds is the table of the models with several, nil if there are none.
func seeds(models []*trained) *driver.Table {
	var t *driver.Table
	for _, m := range models {
		if len(m.seeds) < 2 {
			continue
		}
		if t == nil {
			t = driver.NewTable("Seeds", append(append([]string{"model", "seed"}, columns...), "iterations", "seconds", "ms")...)
		}
		for _, s := range m.seeds {
			t.Add(append(append([]any{m.Name, fmt.Sprint(s.Seed)}, cells(s.Test)...), s.Iterations, s.Seconds, s.Milliseconds)...)
		}
		t.Add(append([]any{m.Name, "median"}, cells(median(m.seeds))...)...)
	}
	return t
}

// median is that of every number over the seeds.
func median(all []seedReport) *testReport {
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
