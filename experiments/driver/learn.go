package driver

import (
	"fmt"
	"path/filepath"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/experiments/driver/command"
	"spnode/experiments/report"
	"spnode/model"
	"spnode/model/stability"
	"spnode/model/train"
)

// Tested is a model after its test, with the tests of its further seeds; T is
// what the report says of one.
type Tested[T any] struct {
	Fitted                         // the name alone if its training diverged
	Diverged  *train.DivergedError // nil unless it did
	Stability *stability.Report
	Test      T
	Seeds     []report.Seed[T] // the model's own is the first
}

// Learn trains the models of a configuration, each of which embeds a [Recipe], tests
// them, and puts them in the report, in their order. Prepare is that of
// [Session.Train]. Where a training may diverge, an evaluation leaves out the models of
// which there is no checkpoint.
func Learn[M, T any](s *Session, models []M, prepare func(M, *model.Config) (*data.Dataset, error), test func(M, Fitted) (T, error)) ([]*Tested[T], error) {
	var all []*Tested[T]
	for i := range models {
		m, r := models[i], base(&models[i])
		if s.MayDiverge && s.Missing(r.Name) {
			continue
		}
		fitted, err := s.Train(*r, func(c *model.Config) (*data.Dataset, error) { return prepare(m, c) })
		t := &Tested[T]{Fitted: Fitted{Name: r.Name}}
		if err == nil {
			t, err = Test(fitted, func(f Fitted) (T, error) { return test(m, f) })
		} else if s.MayDiverge && errors.As(err, &t.Diverged) {
			err = nil
		}
		if err != nil {
			return nil, errors.WithMessage(err, r.Name)
		}
		all = append(all, t)
		s.Report.Models = append(s.Report.Models, t.Report(s))
	}
	if len(all) == 0 {
		return nil, command.Usagef("run %s: it has no checkpoint of its models, want one of them at least", s.Dir)
	}
	return all, nil
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
	if d := t.Diverged; d != nil {
		return report.Model{Name: t.Name, Train: report.Train{Iterations: d.Iteration, Loss: d.Loss}, Extra: map[string]any{"diverged": d.Error()}}
	}
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
