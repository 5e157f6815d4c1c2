package sweep

import (
	"math"
	"slices"

	"github.com/pkg/errors"

	"spnode/data/measure"
	"spnode/experiments/figure"
	"spnode/experiments/report"
)

// The edges of an ensemble's band, as shares of its members.
const lower, upper = 0.1, 0.9

// Ensemble is what several models predict of the same states: mean and band, each
// indexed [time][sample][component].
type Ensemble struct {
	Times        []float64
	Components   []string
	Mean, Lo, Hi [][][]float64
}

// NewEnsemble joins the predictions of members, each indexed [time][sample]
// [component]. The edges of the band are the 10th and the 90th percentile, by linear
// interpolation between the members in order.
func NewEnsemble(times []float64, components []string, members [][][][]float64) (*Ensemble, error) {
	if len(members) < 2 {
		return nil, errors.Errorf("sweep: NewEnsemble: got %d members, want at least 2", len(members))
	}
	e := &Ensemble{Times: times, Components: components}
	values := make([]float64, len(members))
	for k, states := range members[0] {
		var mean, lo, hi [][]float64
		for s, u := range states {
			m, l, h := make([]float64, len(u)), make([]float64, len(u)), make([]float64, len(u))
			for c := range u {
				for i := range members {
					values[i] = members[i][k][s][c]
					m[c] += values[i] / float64(len(members))
				}
				q := measure.Quantiles(values, lower, upper)
				l[c], h[c] = q[0], q[1]
			}
			mean, lo, hi = append(mean, m), append(lo, l), append(hi, h)
		}
		e.Mean, e.Lo, e.Hi = append(e.Mean, mean), append(e.Lo, lo), append(e.Hi, hi)
	}
	return e, nil
}

// Columns are the states with the band beside them: the components' means, then the
// lower edges and the upper ones, named x_p10 and x_p90 for a component x.
func (e *Ensemble) Columns() (states [][][]float64, names []string) {
	for k := range e.Mean {
		var all [][]float64
		for s := range e.Mean[k] {
			all = append(all, slices.Concat(e.Mean[k][s], e.Lo[k][s], e.Hi[k][s]))
		}
		states = append(states, all)
	}
	for _, suffix := range []string{"", "_p10", "_p90"} {
		for _, c := range e.Components {
			names = append(names, c+suffix)
		}
	}
	return states, names
}

// Figure draws mean and band of some components of a sample. The axis of time is
// logarithmic where it spans more than two decades.
func (e *Ensemble) Figure(title string, sample, most int) (*figure.Figure, error) {
	first := 0
	if e.Times[0] <= 0 {
		first = 1
	}
	last := e.Times[len(e.Times)-1]
	x := figure.Axis{Label: "time"}
	times := e.Times
	if first < len(times)-1 && last > 100*times[first] && logarithmic(times[first:]) {
		x.Log, times = true, times[first:]
	} else {
		first = 0
	}
	var panels []figure.Panel
	for c, name := range e.Components[:min(most, len(e.Components))] {
		of := func(u [][][]float64) []float64 {
			var y []float64
			for _, states := range u[first:] {
				y = append(y, states[sample][c])
			}
			return y
		}
		lo, hi := of(e.Lo), of(e.Hi)
		widest := 0.0
		for i := range lo {
			widest = max(widest, hi[i]-lo[i])
		}
		panels = append(panels, figure.Panel{
			X: x, Y: figure.Axis{Label: name}, Note: "band at most " + report.Format(widest) + " wide",
			Series: []figure.Series{
				figure.Band(figure.Color(1), "10–90 % of the members", times, lo, hi),
				figure.Line(figure.Color(1), "mean", times, of(e.Mean)),
			},
		})
	}
	return figure.New(figure.Layout{Title: title}, panels...)
}

// logarithmic reports whether times are spread over decades: half of them lie below
// a tenth of the last.
func logarithmic(times []float64) bool {
	return times[len(times)/2] < times[len(times)-1]/10 && !math.IsInf(times[len(times)-1], 0)
}
