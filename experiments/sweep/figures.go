package sweep

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"spnode/data/measure"
	"spnode/experiments/figure"
	"spnode/experiments/report"
)

// tree is the sweep as JSON shows it.
func (s *Sweep) tree() any { return json.RawMessage(s.text) }

// figures draws the error against each setting.
func (r *Results) figures() ([]report.Figure, error) {
	return report.Draw(report.Drawing{
		Name:    "settings",
		Caption: "The error of each task against each setting; the line goes through the medians.",
		Draw: func() (*figure.Figure, error) {
			var panels []figure.Panel
			for i, label := range r.Sweep.Labels() {
				if p := r.panel(i, label); len(p.Series) > 0 {
					panels = append(panels, p)
				}
			}
			if len(panels) == 0 {
				return nil, nil
			}
			return figure.New(figure.Layout{}, panels...)
		},
	})
}

// panel has the error against setting i. Values that are no numbers stand in the
// order of the tasks, at 0, 1, ….
func (r *Results) panel(i int, label string) figure.Panel {
	p := figure.Panel{X: figure.Axis{Label: label}, Y: figure.Axis{Label: r.Error}}
	at, note := r.places(i)
	if note != "" {
		p.X.Label, p.Note = label+" (by number)", note
	}
	rows := slices.DeleteFunc(slices.Clone(r.rows), func(x row) bool { return math.IsNaN(x.error) || math.IsInf(x.error, 0) })
	place := func(x row) float64 { return at[string(x.Settings[i].Value)] }
	least, largest, positive := math.Inf(1), math.Inf(-1), true
	for _, x := range rows {
		least, largest = min(least, place(x)), max(largest, place(x))
		positive = positive && x.error > 0
	}
	p.Y.Log = positive
	seed := isSeed(r.Outcomes[0].Settings[i].Path)          // of which the order says nothing
	p.X.Log = note == "" && least > 0 && largest > 20*least // more than a decade
	for k, of := range report.Group(rows, func(x row) string { return x.ModelResult.Name }) {
		var x, y []float64
		for _, r := range of {
			x, y = append(x, place(r)), append(y, r.error)
		}
		p.Series = append(p.Series, figure.Dots(figure.Color(1+k), of[0].ModelResult.Name, x, y))
		if at, median := medians(x, y); len(at) > 1 && len(at) < len(x) && !seed {
			p.Series = append(p.Series, figure.Line(figure.Color(1+k), "", at, median))
		}
	}
	return p
}

// places gives every value of a setting its place on the axis, with a note that
// explains the places where values are no numbers.
func (r *Results) places(i int) (at map[string]float64, note string) {
	at = map[string]float64{}
	var values []Setting
	numeric := true
	for _, o := range r.Outcomes {
		s := o.Settings[i]
		if _, there := at[string(s.Value)]; there {
			continue
		}
		v, ok := s.Number()
		numeric = numeric && ok
		at[string(s.Value)] = v
		values = append(values, s)
	}
	if numeric {
		return at, ""
	}
	var names []string
	for k, s := range values {
		at[string(s.Value)] = float64(k)
		if k < 8 { // what a line holds
			names = append(names, fmt.Sprintf("%d: %s", k, s.Text()))
		}
	}
	return at, strings.Join(names, ", ")
}

// medians are those of y for each x, in increasing x.
func medians(x, y []float64) (at, median []float64) {
	of := map[float64][]float64{}
	for i, v := range x {
		of[v] = append(of[v], y[i])
	}
	at = slices.Sorted(maps.Keys(of))
	for _, v := range at {
		median = append(median, measure.Quantiles(of[v], 0.5)...)
	}
	return at, median
}
