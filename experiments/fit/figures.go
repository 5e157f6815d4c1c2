package main

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"spnode/experiments/driver"
	"spnode/experiments/figure"
	"spnode/experiments/report"
)

// figures draws the median and the worst trajectory with the data, the error over
// time, the latent trajectory, and the loss.
func (l *laboratory) figures(t *driver.Tested[*tested]) ([]report.Figure, error) {
	held := l.sets.held
	order := make([]int, held.Samples())
	for i := range order {
		order[i] = i
	}
	of := t.Test.Errors[0].Samples
	slices.SortStableFunc(order, func(a, b int) int { return compare(of[a], of[b]) })
	median, worst := order[len(order)/2], order[len(order)-1]
	times, _ := held.Grid()
	u, err := t.Model.Predict(held.States()[0], times)
	if err != nil {
		return nil, err
	}
	return report.Draw(report.Drawing{
		Name: "trajectories", Caption: "The held-out trajectories of median and of largest error, the data as lines and the model as dots, each component over its largest value.",
		Draw: func() (*figure.Figure, error) {
			return figure.New(figure.Layout{Cols: 1, Width: 640},
				l.panel("median", u, median, of[median]), l.panel("worst", u, worst, of[worst]))
		},
	}, report.Drawing{
		Name: "error", Caption: "Root mean square and largest error of all held-out trajectories over time, relative to each component's largest value.",
		Draw: func() (*figure.Figure, error) { return l.errorFigure(u) },
	}, report.Drawing{
		Name: "latent", Caption: "The latent coordinates along the median trajectory.",
		Draw: func() (*figure.Figure, error) { return l.latentFigure(t, median) },
	}, report.Drawing{
		Name: "loss", Caption: "Training loss by iteration.",
		Draw: func() (*figure.Figure, error) {
			var p report.LossPanel
			p.Add(t.Name, t.Result.Log)
			return report.LossFigure(figure.Layout{}, p)
		},
	})
}

// axis is that of the times, and from which index on it shows them: over many
// decades it is logarithmic, in the time since the start.
func (l *laboratory) axis() (a figure.Axis, since []float64, first int) {
	times, _ := l.sets.held.Grid()
	since = make([]float64, len(times))
	for k, t := range times {
		since[k] = t - times[0]
	}
	a = figure.Axis{Label: "time"}
	if l.sets.facts.Decades > 2 {
		a, first = figure.Axis{Label: "time since the start", Log: true}, 1
	}
	return a, since, first
}

// mostDrawn bounds the components in a panel, and dots the times of a prediction.
const (
	mostDrawn = 6
	dots      = 60
)

func (l *laboratory) panel(title string, u [][][]float64, sample int, rms float64) figure.Panel {
	x, since, first := l.axis()
	p := figure.Panel{Title: fmt.Sprintf("%s: rms %s", title, report.Format(rms)), X: x, Y: figure.Axis{Label: "component (scaled)"}}
	want := l.sets.held.States()
	n := l.sets.held.Dim()
	shown := min(n, mostDrawn)
	every := max(1, len(since)/dots)
	label := "model"
	for i := range shown {
		j := i * n / shown
		var truth, tx, px, py []float64
		for k := first; k < len(since); k++ {
			tx, truth = append(tx, since[k]), append(truth, want[k][sample][j]/l.sets.facts.Scale[j])
			if (k-first)%every == 0 {
				px, py = append(px, since[k]), append(py, u[k][sample][j]/l.sets.facts.Scale[j])
			}
		}
		p.Series = append(p.Series, figure.Truth(1+i, l.sets.name(j), tx, truth), figure.Prediction(label, px, py).Diverging())
		label = ""
	}
	return p
}

func (l *laboratory) errorFigure(u [][][]float64) (*figure.Figure, error) {
	x, since, first := l.axis()
	want := l.sets.held.States()
	var tx, rms, largest []float64
	for k := max(first, 1); k < len(since); k++ {
		var sum, most float64
		for s := range u[k] {
			for j, v := range u[k][s] {
				e := math.Abs(v-want[k][s][j]) / l.sets.facts.Scale[j]
				sum += e * e
				most = max(most, e)
			}
		}
		if sum = math.Sqrt(sum / float64(len(u[k])*len(u[k][0]))); !(sum > 0 && most < 1e100) {
			continue
		}
		tx, rms, largest = append(tx, since[k]), append(rms, sum), append(largest, most)
	}
	if len(tx) == 0 {
		return nil, nil
	}
	return figure.New(figure.Layout{}, figure.Panel{X: x, Y: figure.Axis{Label: "relative error", Log: true},
		Series: []figure.Series{figure.Line(figure.Color(1), "rms", tx, rms), figure.Line(figure.Color(4), "largest", tx, largest)}})
}

func (l *laboratory) latentFigure(t *driver.Tested[*tested], sample int) (*figure.Figure, error) {
	x, since, first := l.axis()
	times, _ := l.sets.held.Grid()
	u, err := t.Model.PredictLatent(l.sets.held.States()[0][sample:sample+1], times)
	if err != nil {
		return nil, err
	}
	p := figure.Panel{X: x, Y: figure.Axis{Label: "latent coordinate"}}
	for i := range u[0] {
		var y []float64
		for k := first; k < len(since); k++ {
			y = append(y, u[k][i])
		}
		if floats.HasNaN(y) || math.IsInf(floats.Norm(y, math.Inf(1)), 0) {
			return nil, nil // what ran away is seen elsewhere
		}
		p.Series = append(p.Series, figure.Line(figure.Color(1+i), "", since[first:], y))
	}
	return figure.New(figure.Layout{}, p)
}
