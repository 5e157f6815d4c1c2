package driver

import (
	"fmt"
	"slices"

	"spnode/data/measure"
	"spnode/experiments/figure"
	"spnode/experiments/report"
)

// Named is the model of that name, nil if there is none with a result.
func Named[T any](models []*Tested[T], name string) *Tested[T] {
	i := slices.IndexFunc(models, func(m *Tested[T]) bool { return m.Diverged == nil && m.Name == name })
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
func Table[T any](title string, c Columns[T], models []*Tested[T]) *report.Table {
	t := report.NewTable(title, slices.Concat([]string{"model"}, c.Names, []string{"loss", "seconds"})...)
	for _, m := range models {
		if m.Diverged != nil {
			t.Span(fmt.Sprintf("diverges at iteration %d", m.Diverged.Iteration+1), m.Name)
		} else {
			t.Add(slices.Concat([]any{m.Name}, c.Cells(m.Test), []any{m.Result.Loss, m.Result.Seconds})...)
		}
	}
	return t
}

// SeedTable has a row for each seed of the models with several and, after them, the
// median, the least and the largest of each number.
func SeedTable[T any](c Columns[T], models []*Tested[T]) *report.Table {
	t := report.NewTable("Seeds", slices.Concat([]string{"model", "seed"}, c.Names, []string{"loss", "starts", "seconds"})...)
	for _, m := range models {
		if len(m.Seeds) < 2 {
			continue
		}
		var rows [][]any
		m.SeedRows(t, func(s report.Seed[T]) []any {
			rows = append(rows, append(c.Cells(s.Test), s.Loss))
			return append(slices.Clone(rows[len(rows)-1]), s.Starts, s.Seconds)
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

// spread is the median, the least and the largest of a column of numbers.
func spread(rows [][]any, column int) (of [3]any) {
	var x []float64
	for _, row := range rows {
		v, ok := row[column].(float64)
		if !ok {
			return of
		}
		x = append(x, v)
	}
	for i, q := range measure.Quantiles(x, 0.5, 0, 1) {
		of[i] = q
	}
	return of
}

// LossDrawing is of the losses of all models, in one panel or in those of their titles.
func LossDrawing[T any](caption string, models []*Tested[T], title func(*Tested[T]) string) report.Drawing {
	return report.Drawing{Name: "loss", Caption: caption, Draw: func() (*figure.Figure, error) {
		var all []report.Loss
		for _, m := range models {
			l := report.Loss{Model: m.Name, Result: m.Result}
			if title != nil {
				l.Panel = title(m)
			}
			if m.Diverged == nil {
				all = append(all, l)
			}
		}
		return report.LossFigure(all...)
	}}
}
