package driver

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/experiments/report"
	"spnode/model"
	"spnode/model/train"
)

// Study is what an experiment does with a model: its data, and its test.
type Study[T any] struct {
	// Prepare returns what it is trained on, and may complete its configuration by it.
	Prepare func(*model.Config) (*data.Dataset, error)
	Test    func(Fitted) (T, error)
}

// Studied is a model of a configuration after its training and test, or what has
// become of it.
type Studied[M, T any] struct {
	*Tested[T]                      // nil if its training diverged
	Diverged   *train.DivergedError // if it did
	Recipe     M
}

// Each trains and tests models, one after the other, each with its seeds, and adds them
// to the session's report. A training that diverges is a result; an evaluation, which
// lacks it, goes without.
func Each[M, T any](s *Session, models []M, study func(M) (Study[T], error)) ([]*Studied[M, T], error) {
	var all []*Studied[M, T]
	for i := range models {
		r := any(&models[i]).(interface{ Base() *Recipe }).Base()
		if s.Missing(r.Name) {
			continue
		}
		m := &Studied[M, T]{Recipe: models[i]}
		part, err := m.study(s, r, study)
		if err != nil {
			return nil, errors.WithMessage(err, r.Name)
		}
		all = append(all, m)
		s.Report.Models = append(s.Report.Models, part)
	}
	return all, nil
}

func (m *Studied[M, T]) study(s *Session, r *Recipe, study func(M) (Study[T], error)) (part report.Model, err error) {
	how, err := study(m.Recipe)
	if err != nil {
		return part, err
	}
	fitted, err := s.Train(*r, how.Prepare)
	if errors.As(err, &m.Diverged) {
		return report.Model{Name: r.Name, Train: report.Train{Iterations: m.Diverged.Iteration, Loss: m.Diverged.Loss},
			Extra: map[string]any{"diverged": m.Diverged.Error()}}, nil
	}
	if err == nil {
		m.Tested, err = Test(fitted, how.Test)
	}
	if err != nil {
		return part, err
	}
	return m.Report(s), nil
}

// Named is the model of that name, nil if there is none with a result.
func Named[M, T any](models []*Studied[M, T], name string) *Studied[M, T] {
	i := slices.IndexFunc(models, func(m *Studied[M, T]) bool { return m.Tested != nil && m.Name == name })
	if i < 0 {
		return nil
	}
	return models[i]
}

// Columns are the columns of an experiment's tables and, for a test, their cells.
type Columns[T any] struct {
	Names []string
	Cells func(T) []any
}

// Table has a row for each model: its cells, loss and seconds.
func Table[M, T any](title string, c Columns[T], models []*Studied[M, T]) *report.Table {
	t := report.NewTable(title, slices.Concat([]string{"model"}, c.Names, []string{"loss", "seconds"})...)
	for i := range models {
		if m := models[i]; m.Diverged != nil {
			t.Add(any(&m.Recipe).(interface{ Base() *Recipe }).Base().Name, "diverges", fmt.Sprintf("at iteration %d", m.Diverged.Iteration+1))
		} else {
			t.Add(slices.Concat([]any{m.Name}, c.Cells(m.Test), []any{m.Result.Loss, m.Result.Seconds})...)
		}
	}
	return t
}

// SeedTable has a row for each seed of the models with several and, after them, the
// median, the least and the largest of each number.
func SeedTable[M, T any](c Columns[T], models []*Studied[M, T]) *report.Table {
	t := report.NewTable("Seeds", slices.Concat([]string{"model", "seed"}, c.Names, []string{"loss", "starts", "seconds", "ms/iteration"})...)
	for _, m := range models {
		if m.Tested == nil || len(m.Seeds) < 2 {
			continue
		}
		var rows [][]any
		m.SeedRows(t, func(s report.Seed[T]) []any {
			rows = append(rows, append(c.Cells(s.Test), s.Loss))
			return append(slices.Clone(rows[len(rows)-1]), s.Starts, s.Seconds, s.MillisecondsPerIteration)
		})
		for i, name := range []string{"median", "least", "largest"} {
			cells := []any{m.Name, name}
			for j := range rows[0] {
				cells = append(cells, spread(rows, j)[i])
			}
			t.Add(cells...)
		}
	}
	return t
}

// spread is the median, the least and the largest of a column of numbers; NaN, of a
// rollout that ran away, is the largest.
func spread(rows [][]any, column int) (of [3]any) {
	var x []float64
	for _, row := range rows {
		v, ok := row[column].(float64)
		if !ok {
			return of
		}
		if math.IsNaN(v) {
			v = math.Inf(1)
		}
		x = append(x, v)
	}
	slices.Sort(x)
	n := len(x)
	return [3]any{(x[(n-1)/2] + x[n/2]) / 2, x[0], x[n-1]}
}

// Choice adds a flag that takes one of some words.
func (f *Flags) Choice(p *string, name, usage string, allowed ...string) {
	f.Set.Func(name, usage, func(s string) error {
		if *p = s; !slices.Contains(allowed, s) {
			return errors.Errorf("want one of %s", strings.Join(allowed, ", "))
		}
		return nil
	})
}

// Cached returns a data set that takes long to make: the one that was kept under the
// key, or a new one, with progress.
func (s *Session) Cached(title string, total int, key any, make func(progress func(done, total int)) (*data.Dataset, error)) (*data.Dataset, error) {
	d, _, err := data.Cached(s.Cache, key, func() (*data.Dataset, error) {
		stage := s.Progress.Stage("data: "+title, total)
		defer stage.Done()
		return make(func(done, _ int) { stage.Update(done) })
	})
	return d, err
}
