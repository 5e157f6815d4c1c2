package main

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"spnode/data/measure"
	"spnode/experiments/driver"
	"spnode/experiments/figure"
	"spnode/experiments/report"
	"spnode/model/train"
)

// figures draws the median and the worst trajectory with the data, the error over
// time, the latent trajectory, and the loss.
func (l *laboratory) figures(t *driver.Tested[*tested]) ([]report.Figure, error) {
	of := t.Test.Errors[0].Samples
	median := measure.MedianAt(of)
	each := "each component"
	if l.sets.held.Dim() > mostDrawn {
		each = fmt.Sprintf("%d of %d components, each", mostDrawn, l.sets.held.Dim())
	}
	return report.Draw(report.Drawing{
		Name: "trajectories", Caption: "The tested trajectories of median and of largest error, the data as lines and the model as rings; " + each + " over its largest value.",
		Draw: func() (*figure.Figure, error) {
			var panels []figure.Panel
			for _, at := range []struct {
				title  string
				sample int
			}{{"median", median}, {"worst", floats.MaxIdx(of)}} {
				p, err := l.panel(t, at.title, at.sample, of[at.sample])
				if err != nil {
					return nil, err
				}
				panels = append(panels, p)
			}
			return figure.New(figure.Layout{Cols: 1, Width: 640}, panels...)
		},
	}, report.Drawing{
		Name: "error", Caption: "Root mean square and largest error of all tested trajectories over time, relative to each component's largest value.",
		Draw: func() (*figure.Figure, error) { return l.errorFigure(t) },
	}, report.Drawing{
		Name: "latent", Caption: "The latent coordinates along the median trajectory.",
		Draw: func() (*figure.Figure, error) { return l.latentFigure(t, median) },
	}, driver.LossDrawing("Training loss by iteration.", []*driver.Tested[*tested]{t}, nil))
}

// axis is that of the times of a trajectory since its start, and from which index on
// it shows them: over many decades it is logarithmic.
func (l *laboratory) axis(times []float64) (a figure.Axis, since []float64, first int) {
	since = make([]float64, len(times))
	for k, t := range times {
		since[k] = t - times[0]
	}
	if l.sets.facts.Decades > 2 {
		return figure.Axis{Label: "time since the start", Log: true}, since, 1
	}
	return figure.Axis{Label: "time since the start"}, since, 0
}

// mostDrawn bounds the components in a panel, and dots the times of a prediction.
const (
	mostDrawn = 6
	dots      = 60
)

func (l *laboratory) panel(t *driver.Tested[*tested], title string, sample int, rms float64) (figure.Panel, error) {
	tr := l.sets.held.Trajectories[sample]
	x, since, first := l.axis(tr.Times)
	p := figure.Panel{Title: fmt.Sprintf("%s: rms %s", title, report.Format(rms)), X: x, Y: figure.Axis{Label: "component (scaled)"}}
	predicted, err := train.Predict(t.Model, l.sets.held.Batch(sample))
	if err != nil {
		return p, err
	}
	u := predicted.Trajectories[0].States
	n := l.sets.held.Dim()
	shown := min(n, mostDrawn)
	every := max(1, len(since)/dots)
	for i := range shown {
		j := i * n / shown
		scale := l.sets.facts.Scale[j]
		var truth, tx, px, py []float64
		for k := first; k < len(since); k++ {
			if v := tr.States[k][j]; !math.IsNaN(v) {
				tx, truth = append(tx, since[k]), append(truth, v/scale)
			}
			if (k-first)%every == 0 {
				px, py = append(px, since[k]), append(py, u[k][j]/scale)
			}
		}
		p.Series = append(p.Series, figure.Truth(1+i, l.sets.name(j), tx, truth), figure.Prediction(1+i, "model", px, py).Diverging())
	}
	return p, nil
}

// errorFigure is there for trajectories that share their times.
func (l *laboratory) errorFigure(t *driver.Tested[*tested]) (*figure.Figure, error) {
	held := l.sets.held
	times, shared := held.Grid()
	if !shared || held.Complete() != nil {
		return nil, nil
	}
	x, since, first := l.axis(times)
	want := held.States()
	predicted, err := train.Predict(t.Model, held)
	if err != nil {
		return nil, err
	}
	u := predicted.States()
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
	tr := l.sets.held.Trajectories[sample]
	x, since, first := l.axis(tr.Times)
	if c := t.Model.Config(); len(c.Parameters.Names)+len(c.Inputs.Names) > 0 {
		return nil, nil // of which PredictLatent knows nothing
	}
	u, err := t.Model.PredictLatent(tr.States[:1], tr.Times)
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
		p.Series = append(p.Series, figure.Truth(1+i, "", since[first:], y))
	}
	return figure.New(figure.Layout{}, p)
}
