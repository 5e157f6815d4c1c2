package sweep

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

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
	type points struct{ x, y []float64 }
	models := map[string]*points{}
	var names []string
	least, largest, positive := math.Inf(1), math.Inf(-1), true
	for _, x := range r.rows {
		if math.IsNaN(x.error) || math.IsInf(x.error, 0) {
			continue
		}
		name := x.ModelResult.Name
		if models[name] == nil {
			models[name] = &points{}
			names = append(names, name)
		}
		m := models[name]
		v := at[string(x.Settings[i].Value)]
		m.x, m.y = append(m.x, v), append(m.y, x.error)
		least, largest = min(least, v), max(largest, v)
		positive = positive && x.error > 0
	}
	p.Y.Log = positive
	seed := isSeed(r.Outcomes[0].Settings[i].Path)          // of which the order says nothing
	p.X.Log = note == "" && least > 0 && largest > 20*least // more than a decade
	for k, name := range names {
		m := models[name]
		p.Series = append(p.Series, figure.Dots(figure.Color(1+k), name, m.x, m.y))
		if x, y := medians(m.x, m.y); len(x) > 1 && len(x) < len(m.x) && !seed {
			p.Series = append(p.Series, figure.Line(figure.Color(1+k), "", x, y))
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
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(x[a], x[b]), cmp.Compare(y[a], y[b])) })
	for lo := 0; lo < len(order); {
		hi := lo
		for hi < len(order) && x[order[hi]] == x[order[lo]] {
			hi++
		}
		n := hi - lo
		at = append(at, x[order[lo]])
		median = append(median, (y[order[lo+(n-1)/2]]+y[order[lo+n/2]])/2)
		lo = hi
	}
	return at, median
}
