package main

import (
	"fmt"
	"math"

	"spnode/experiments/driver"
)

// page shows the results.
func page(models []*trained) (*driver.Page, error) {
	tables := []*driver.Table{results(models), statements(models)}
	if t := seeds(models); t != nil {
		tables = append(tables, t)
	}
	figures, err := figures(models)
	if err != nil {
		return nil, err
	}
	return &driver.Page{
		Title:   "Transient growth",
		Summary: "Example 5.1: dx/dt = Ax + ε sin x, where A = [[−2, 10], [0, −2]] lets states grow before they decay. Learned from few snapshots, tested on held-out initial states.",
		Tables:  tables,
		Figures: figures,
	}, nil
}

func (t *trained) report(s *driver.Session) driver.ModelReport {
	m := s.NewModelReport(t.Name, t.model, t.result)
	m.Stability, m.Test = t.stability, t.test
	extra := map[string]any{}
	if len(t.seeds) > 1 {
		extra["seeds"] = t.seeds
	}
	if t.Epsilon == 0 {
		extra["data_floor_of_A"] = t.floor
	}
	if len(extra) > 0 {
		m.Extra = extra
	}
	return m
}

// results is the table of all models.
func results(models []*trained) *driver.Table {
	t := driver.NewTable("Errors over held-out initial states (rel: ‖error‖/‖truth‖)",
		"model", "steps", "rel, training grid", "rel, Δt 0.2", "rel, Δt 0.02", "max, Δt 0.2", "max error of A", "loss", "seconds")
	for _, m := range models {
		m.row(t)
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
			t = driver.NewTable("Seeds", "model", "seed", "starts", "loss", "max error of A", "max, Δt 0.2", "max, Δt 0.02", "seconds")
		}
		for _, s := range m.seeds {
			t.Add(m.Name, s.Seed, s.Starts, s.Loss, s.Test.Linear.MaxAbsError, s.Test.Coarse.MaxAbs, s.Test.Fine.MaxAbs, s.Seconds)
		}
	}
	return t
}

// less orders errors: NaN, of a rollout that ran away, is the largest.
func less(a, b float64) bool { return a < b || math.IsNaN(b) && !math.IsNaN(a) }

// statements holds what the paper says of the example against the numbers.
func statements(models []*trained) *driver.Table {
	by := map[string]*trained{}
	for _, m := range models {
		by[m.Name] = m
	}
	t := driver.NewTable("What the paper says, and what was measured", "statement", "holds", "measured")
	say := func(text string, holds bool, format string, args ...any) {
		t.Add(text, map[bool]string{true: "yes", false: "no"}[holds], fmt.Sprintf(format, args...))
	}
	f := driver.Format
	e0, i0, e1, i1 := by["eps0-etd1"], by["eps0-imex"], by["eps1-etd1"], by["eps1-imex"]
	if e0 != nil {
		say("ε = 0: ETD1 learns the dynamics from a single step", e0.test.Coarse.Rel < 1e-3,
			"rel %s at Δt 0.2, A off by %s where the data allow %s", f(e0.test.Coarse.Rel), f(e0.test.Linear.MaxAbsError), f(e0.floor))
	}
	if i0 != nil {
		say("ε = 0: IMEX is unable to capture them", !(i0.test.Coarse.Rel <= 0.05),
			"loss %s, yet rel %s at Δt 0.2, A off by %s", f(i0.result.Loss), f(i0.test.Coarse.Rel), f(i0.test.Linear.MaxAbsError))
	}
	if e1 != nil && i1 != nil {
		say("ε = 1: ETD1 is more accurate than IMEX at Δt 0.2", less(e1.test.Coarse.Rel, i1.test.Coarse.Rel),
			"rel %s against %s", f(e1.test.Coarse.Rel), f(i1.test.Coarse.Rel))
	}
	if e0 != nil && i0 != nil && e1 != nil && i1 != nil {
		a, b := i0.test.Coarse.Rel/e0.test.Coarse.Rel, i1.test.Coarse.Rel/e1.test.Coarse.Rel
		say("the difference is more pronounced at ε = 1", less(a, b), "IMEX/ETD1: %s at ε = 1, %s at ε = 0", f(b), f(a))
	}
	for _, m := range models {
		if m.Epsilon == 1 {
			grid, worst := m.test.TrainGrid.Rel, max(m.test.Coarse.Rel, m.test.Fine.Rel)
			say(fmt.Sprintf("%s deploys at other steps than it was trained on", m.Name), worst < 3*grid,
				"rel %s on the training grid, %s and %s at Δt 0.2 and 0.02", f(grid), f(m.test.Coarse.Rel), f(m.test.Fine.Rel))
		}
	}
	return t
}
