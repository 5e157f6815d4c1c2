package driver

import (
	"fmt"
	"path/filepath"

	"spnode/experiments/report"
	"spnode/model/stability"
)

// Tested is a model after its test, with the tests of its further seeds; T is
// what the report says of one.
type Tested[T any] struct {
	Fitted
	Stability *stability.Report
	Test      T
	Seeds     []report.Seed[T] // the model's own is the first
}

// Test tests what [Session.Train] returned.
func Test[T any](fitted []Fitted, test func(Fitted) (T, error)) (*Tested[T], error) {
	t := &Tested[T]{Fitted: fitted[0]}
	for _, f := range fitted {
		result, err := test(f)
		if err != nil {
			return nil, err
		}
		t.Seeds = append(t.Seeds, report.Seed[T]{Seed: f.Seed, Train: f.report(), Starts: f.Result.Attempts, Test: result})
	}
	t.Test = t.Seeds[0].Test
	var err error
	t.Stability, err = t.Model.Stability()
	return t, err
}

func (f Fitted) report() report.Train {
	return report.NewTrain(f.Result.Iterations, f.Result.Seconds, f.Result.Loss)
}

// Report is the model's part of the report of a session.
func (t *Tested[T]) Report(s *Session) report.Model {
	m := report.Model{
		Name:       t.Name,
		Checkpoint: filepath.Join(s.Dir, t.Name),
		Parameters: len(t.Fitted.Model.Params().Flat),
		Train:      t.Fitted.report(),
		Stability:  t.Stability,
		Test:       t.Test,
		Extra:      map[string]any{},
	}
	if len(t.Seeds) > 1 {
		m.Extra["seeds"] = t.Seeds
	}
	if c := t.Result.ClosedForm; c != nil {
		m.Extra["closed_form"] = c
	}
	return m
}

// SeedRows adds the model's seeds to a table, if there are several: name, number
// and what cells returns.
func (t *Tested[T]) SeedRows(table *report.Table, cells func(report.Seed[T]) []any) {
	if len(t.Seeds) < 2 {
		return
	}
	for _, s := range t.Seeds {
		table.Add(append([]any{t.Name, fmt.Sprint(s.Seed)}, cells(s)...)...)
	}
}
