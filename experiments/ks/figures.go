package main

import (
	"fmt"
	"math"

	"spnode/data"
	"spnode/data/ks"
	"spnode/data/measure"
	"spnode/experiments/driver"
	"spnode/experiments/figure"
	"spnode/experiments/report"
)

// shownTime is to where figures 6 and 7 show a rollout, as the paper does.
const shownTime = 200

// figures draws figures 6 and 7 of the paper, and what it has no figures of.
func (l *laboratory) figures(models []*trained) ([]report.Figure, error) {
	var all []report.Drawing
	for _, m := range models {
		name := map[string]string{"latent20": "fig6_ks20", "latent7": "fig6_ks7"}[m.Name]
		if name == "" {
			name = "fig6_" + m.Name
		}
		start := measure.MedianAt(m.Test.agreement.Until(0.5))
		all = append(all, report.Drawing{
			Name:    name,
			Caption: fmt.Sprintf("Figure 6 of the paper, %s: truth, prediction and error from held-out start %d, the median of %d by the time at which the relative error passes 0.5, the dashed line.", m.Name, start, l.Test.Starts),
			Draw:    func() (*figure.Figure, error) { return l.rollout(m, start) },
		})
	}
	for _, d := range []struct {
		name, caption string
		draw          func([]*trained) (*figure.Figure, error)
	}{
		{"error_over_time", "Relative error of the rollouts from the held-out starts: median, and the band from 10 % to 90 %; what is below 1e-4 or above 10 is drawn there.", l.errorFigure},
		{"fig7_joint_pdf", "Figure 7 of the paper: the joint distribution of u_x and u_xx over the long rollouts, with its total variation from the truth's.", l.jointFigure},
		{"spectrum", "Energy of the Fourier modes over the long rollouts. Modes beyond those of a fixed linear decoder have none.", l.spectrumFigure},
		{"long_run", "The end of a long rollout, and of a run of the truth, with which it has long had nothing to do.", l.longFigure},
	} {
		all = append(all, report.Drawing{Name: d.name, Caption: d.caption, Draw: func() (*figure.Figure, error) { return d.draw(models) }})
	}
	return report.Draw(append(all, driver.LossDrawing("Training loss, eq. (20), by iteration.", models, nil))...)
}

// strip is a wide panel of u, and less v if there is one, over time and space.
func (l *laboratory) strip(title string, times []float64, u, v [][]float64, series ...figure.Series) figure.Panel {
	p, label, note := l.Data.Solver.Problem, "u", ""
	if v != nil {
		label, note = "û − u", "beyond ±3.2, the range of u, colours stay at their ends"
	}
	h := &figure.Heat{X: times, Label: label, Diverging: true, Min: -3.2, Max: 3.2}
	for i := range p.Points {
		h.Y = append(h.Y, float64(i)*p.Length/float64(p.Points))
		row := make([]float64, len(times))
		for k := range times {
			row[k] = u[k][i]
			if v != nil {
				row[k] -= v[k][i]
			}
		}
		h.Z = append(h.Z, row)
	}
	return figure.Panel{Title: title, Note: note, X: figure.Axis{Label: "time t"}, Y: figure.Axis{Label: "x"}, Heat: h, Series: series}
}

var strips = figure.Layout{Cols: 1, Width: 700, Height: 110}

// rollout is figure 6: the model from a start.
func (l *laboratory) rollout(m *trained, start int) (*figure.Figure, error) {
	n := min(shownTime, l.Test.Horizon) + 1
	truth, u := l.starts.Trajectories[start], m.Test.short.Trajectories[start].States
	p, times := l.Data.Solver.Problem, truth.Times[:n]
	until := m.Test.agreement.Until(0.5)[start]
	end := figure.Dashed(figure.Black, "", []float64{until, until}, []float64{0, p.Length * float64(p.Points-1) / float64(p.Points)})
	return figure.New(strips,
		l.strip("truth", times, truth.States, nil),
		l.strip(fmt.Sprintf("%s: relative error 0.5 at t = %g", m.Name, until), times, u, nil, end),
		l.strip("error", times, u, truth.States, end))
}

// longFigure is the end of the first long rollout of each model.
func (l *laboratory) longFigure(models []*trained) (*figure.Figure, error) {
	truth := l.held.Trajectories[0].States
	times := data.EvenTimes(min(shownTime, l.Test.LongTime, len(truth)-1), 1)
	last := func(u [][]float64) [][]float64 { return u[len(u)-len(times):] }
	panels := []figure.Panel{l.strip("truth", times, last(truth), nil)}
	for _, m := range models {
		if m.Test.Bounded == m.Test.LongRuns { // else there may be nothing to see
			panels = append(panels, l.strip(m.Name, times, last(m.Test.long), nil))
		}
	}
	return figure.New(strips, panels...)
}

// errorFigure has the error over time of every model.
func (l *laboratory) errorFigure(models []*trained) (*figure.Figure, error) {
	p := figure.Panel{Note: report.SpreadNote, X: figure.Axis{Label: "time t"}, Y: figure.Axis{Label: "relative error", Log: true}}
	times := l.starts.Trajectories[0].Times
	for i, m := range models {
		// A logarithm shows no zero, and what ran away is as wrong as can be.
		p.Series = append(p.Series, report.Spread(i, m.Name, times, m.Test.agreement.Errors, 1e-4, 10)...)
	}
	ends := []float64{0, times[l.Test.Horizon]}
	p.Series = append(p.Series, figure.Dashed(figure.Gray, "0.5", ends, []float64{0.5, 0.5}))
	return figure.New(figure.Layout{}, p)
}

// jointFigure is figure 7.
func (l *laboratory) jointFigure(models []*trained) (*figure.Figure, error) {
	panel := func(title string, h *ks.JointHistogram) figure.Panel {
		// The same scale in all of them: four decades, to what the truth has most of.
		heat := &figure.Heat{Label: "probability density", Log: true, Min: 1e-4, Max: 1}
		heat.X, heat.Y, heat.Z = h.Density()
		return figure.Panel{Title: title, X: figure.Axis{Label: "∂u/∂x"}, Y: figure.Axis{Label: "∂²u/∂x²"}, Heat: heat}
	}
	panels := []figure.Panel{panel("truth", l.joint)}
	for _, m := range models {
		panels = append(panels, panel(fmt.Sprintf("%s: total variation %s", m.Name, report.Format(m.Test.TV)), m.Test.joint))
	}
	return figure.New(figure.Layout{}, panels...)
}

// spectrumFigure has the energy of each mode.
func (l *laboratory) spectrumFigure(models []*trained) (*figure.Figure, error) {
	const least = 1e-14 // of what is drawn
	modes := func(e []float64) (k, energy []float64) {
		for i := 1; i < len(e); i++ {
			if e[i] > least && !math.IsInf(e[i], 0) {
				k, energy = append(k, float64(i)), append(energy, e[i])
			}
		}
		return k, energy
	}
	p := figure.Panel{X: figure.Axis{Label: "mode k"}, Y: figure.Axis{Label: "energy of the mode", Log: true}}
	k, e := modes(l.spectrum)
	p.Series = append(p.Series, figure.Line(figure.Gray, "truth", k, e))
	for i, m := range models {
		if k, e := modes(m.Test.spectrum); len(k) > 0 {
			s := figure.Prediction(1+i, m.Name, k, e)
			s.Size = float64(4 + 2*i) // around each other where models agree
			p.Series = append(p.Series, s)
		}
	}
	return figure.New(figure.Layout{}, p)
}
