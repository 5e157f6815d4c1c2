package report

import (
	"math"
	"slices"
	"strings"

	"spnode/experiments/figure"
	"spnode/model/train"
)

// Loss is the training of a model, to be drawn in the panel of a title.
type Loss struct {
	Panel, Model string
	train.Result
}

// LossFigure draws the loss of all models by iteration, that of L-BFGS dashed, with
// rings where phases begin. It is nil if none was trained.
func LossFigure(losses ...Loss) (*figure.Figure, error) {
	var panels []figure.Panel
	for _, of := range Group(losses, func(l Loss) string { return l.Panel }) {
		if p := lossPanel(of); len(p.Series) > 0 {
			panels = append(panels, p)
		}
	}
	if len(panels) == 0 {
		return nil, nil
	}
	return figure.New(figure.Layout{}, panels...)
}

func lossPanel(losses []Loss) figure.Panel {
	p := figure.Panel{Title: losses[0].Panel, X: figure.Axis{Label: "iteration"}, Y: figure.Axis{Label: "loss", Log: true}}
	dashed, rings := "", ""
	for i, l := range losses {
		x, y, first := LossCurve(l.Log)
		label := l.Model
		if first > 0 {
			p.Series = append(p.Series, figure.Line(figure.Color(1+i), label, x[:first], y[:first]))
			label = ""
		}
		for _, begin := range l.Phases {
			if k, _ := slices.BinarySearch(x[:first], float64(begin)); k < first {
				p.Series = append(p.Series, figure.Prediction(1+i, "", x[k:k+1], y[k:k+1]))
				rings = "rings: other windows or batches from here on"
			}
		}
		if first < len(x) {
			p.Series = append(p.Series, figure.Dashed(figure.Color(1+i), label, x[first:], y[first:]))
			dashed = "dashed: L-BFGS, over all samples at once"
		}
	}
	p.Note = strings.Join(slices.DeleteFunc([]string{rings, dashed}, func(s string) bool { return s == "" }), "; ")
	return p
}

// Group divides what is to be shown, such as models, by a title, in the order of both.
func Group[T any](all []T, title func(T) string) (groups [][]T) {
	for _, m := range all {
		i := slices.IndexFunc(groups, func(g []T) bool { return title(g[0]) == title(m) })
		if i < 0 {
			i, groups = len(groups), append(groups, nil)
		}
		groups[i] = append(groups[i], m)
	}
	return groups
}

// LossCurve is the loss by iteration of the attempt that was kept: of the first stage,
// which has so many points, and of L-BFGS after it.
func LossCurve(log []train.Metrics) (iterations, losses []float64, first int) {
	attempt, total := kept(log), 0
	for _, l := range log {
		if l.Attempt != attempt {
			continue
		}
		k := l.Iteration
		if l.Stage == train.StageLBFGS {
			k += total
		} else {
			total = l.Total
		}
		if l.Loss > 0 && !math.IsInf(l.Loss, 0) {
			iterations, losses = append(iterations, float64(k)), append(losses, l.Loss)
			if l.Stage != train.StageLBFGS {
				first++
			}
		}
	}
	return iterations, losses, first
}

// kept is the attempt that ended lowest, the first of several: the model has its
// parameters.
func kept(log []train.Metrics) int {
	var last []float64 // loss of each attempt
	for _, l := range log {
		for len(last) <= l.Attempt {
			last = append(last, math.Inf(1))
		}
		last[l.Attempt] = l.Loss
	}
	best := 0
	for i, loss := range last {
		if loss < last[best] {
			best = i
		}
	}
	return best
}
