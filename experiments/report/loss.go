package report

import (
	"math"
	"slices"
	"strings"

	"spnode/experiments/figure"
	"spnode/model/train"
)

// LossPanel is a panel of [LossFigure]: the trainings of models by their names.
type LossPanel struct {
	Title   string
	Names   []string
	Results []train.Result
}

// Add adds a model.
func (p *LossPanel) Add(name string, r train.Result) {
	p.Names, p.Results = append(p.Names, name), append(p.Results, r)
}

// LossFigure draws the loss of all models by iteration, that of L-BFGS dashed, with
// rings where phases begin. It is nil if none was trained.
func LossFigure(layout figure.Layout, panels ...LossPanel) (*figure.Figure, error) {
	var drawn []figure.Panel
	for _, p := range panels {
		d := figure.Panel{Title: p.Title, X: figure.Axis{Label: "iteration"}, Y: figure.Axis{Label: "loss", Log: true}}
		dashed, rings := "", ""
		for i, r := range p.Results {
			x, y, first := LossCurve(r.Log)
			label := p.Names[i]
			if first > 0 {
				d.Series = append(d.Series, figure.Line(figure.Color(1+i), label, x[:first], y[:first]))
				label = ""
			}
			for _, begin := range r.Phases {
				if k, _ := slices.BinarySearch(x[:first], float64(begin)); k < first {
					d.Series = append(d.Series, figure.Prediction(1+i, "", x[k:k+1], y[k:k+1]))
					rings = "rings: other windows or batches from here on"
				}
			}
			if first < len(x) {
				d.Series = append(d.Series, figure.Dashed(figure.Color(1+i), label, x[first:], y[first:]))
				dashed = "dashed: L-BFGS, over all samples at once"
			}
		}
		d.Note = strings.Join(slices.DeleteFunc([]string{rings, dashed}, func(s string) bool { return s == "" }), "; ")
		if len(d.Series) > 0 {
			drawn = append(drawn, d)
		}
	}
	if len(drawn) == 0 {
		return nil, nil
	}
	return figure.New(layout, drawn...)
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
