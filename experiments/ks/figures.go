package main

import (
	"fmt"
	"image/color"
	"math"

	"spnode/data/ks"
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
		all = append(all, report.Drawing{
			Name:    name,
			Caption: fmt.Sprintf("Figure 6 of the paper, %s: truth, prediction and error from held-out start %d, the median of %d by the time at which the relative error passes 0.5, the dashed line.", m.Name, m.median(), l.Test.Starts),
			Draw:    func() (*figure.Figure, error) { return l.rollout(m) },
		})
	}
	for _, d := range []struct {
		name, caption string
		draw          func([]*trained) (*figure.Figure, error)
	}{
		{"error_over_time", "Relative error of the rollouts from the held-out starts: median, and the band from 10 % to 90 %; what is below 1e-4 or above 10 is drawn there.", l.errorFigure},
		{"fig7_joint_pdf", "Figure 7 of the paper: the joint distribution of u_x and u_xx over the long rollouts.", l.jointFigure},
		{"spectrum", "Energy of the Fourier modes over the long rollouts. Modes beyond those of a fixed linear decoder have none.", l.spectrumFigure},
		{"long_run", "The end of a long rollout, and the truth from the same start, with which it has long had nothing to do.", l.longFigure},
		{"loss", "Training loss, eq. (20), by iteration.", lossFigure},
	} {
		all = append(all, report.Drawing{Name: d.name, Caption: d.caption, Draw: func() (*figure.Figure, error) { return d.draw(models) }})
	}
	return report.Draw(all...)
}

// field is a map of u, and less v if there is one, over time and space.
func (l *laboratory) field(times []float64, from, to int, u, v [][]float64) *figure.Heat {
	p := l.Data.Solver.Problem
	h := &figure.Heat{X: times[from : to+1], Label: "u", Diverging: true, Min: -colorRange, Max: colorRange}
	for i := range p.Points {
		h.Y = append(h.Y, float64(i)*p.Length/float64(p.Points))
		row := make([]float64, 0, to-from+1)
		for k := from; k <= to; k++ {
			x := u[k][i]
			if v != nil {
				x -= v[k][i]
			}
			row = append(row, x)
		}
		h.Z = append(h.Z, row)
	}
	return h
}

// colorRange is that of u in all maps: the attractor's.
const colorRange = 3.2

// strip is a wide panel of a field.
func strip(title string, h *figure.Heat, series ...figure.Series) figure.Panel {
	return figure.Panel{Title: title, X: figure.Axis{Label: "time t"}, Y: figure.Axis{Label: "x"}, Heat: h, Series: series}
}

var strips = figure.Layout{Cols: 1, Width: 700, Height: 110}

// rollout is figure 6: the model's median start.
func (l *laboratory) rollout(m *trained) (*figure.Figure, error) {
	s, last := m.median(), min(shownTime, l.Test.Horizon)
	truth, u := l.starts.Trajectories[s], m.short.Trajectories[s].States
	p := l.Data.Solver.Problem
	end := figure.Dashed(figure.Black, "", []float64{m.agree[s], m.agree[s]}, []float64{0, p.Length * float64(p.Points-1) / float64(p.Points)})
	return figure.New(strips,
		strip("truth", l.field(truth.Times, 0, last, truth.States, nil)),
		strip(fmt.Sprintf("%s: relative error 0.5 at t = %g", m.Name, m.agree[s]), l.field(truth.Times, 0, last, u, nil), end),
		strip("error", l.field(truth.Times, 0, last, u, truth.States), end))
}

// longFigure is the end of the first long rollout of each model.
func (l *laboratory) longFigure(models []*trained) (*figure.Figure, error) {
	truth := l.long.Trajectories[0]
	last := len(truth.Times) - 1
	from := max(0, last-shownTime)
	panels := []figure.Panel{strip("truth", l.field(truth.Times, from, last, truth.States, nil))}
	for _, m := range models {
		if bounded(m.long, 0) { // else there is nothing to see
			panels = append(panels, strip(m.Name, l.field(truth.Times, from, last, m.long.Trajectories[0].States, nil)))
		}
	}
	return figure.New(strips, panels...)
}

// modelColor is a model's in all figures.
func modelColor(i int) color.Color { return figure.Color(1 + i) }

// errorFigure has the error over time of every model.
func (l *laboratory) errorFigure(models []*trained) (*figure.Figure, error) {
	p := figure.Panel{X: figure.Axis{Label: "time t"}, Y: figure.Axis{Label: "relative error", Log: true}}
	times := l.starts.Trajectories[0].Times
	for i, m := range models {
		// A logarithm shows no zero, and what ran away is as wrong as can be.
		series, err := report.Spread(i, m.Name, times, m.errors, 1e-4, 10)
		if err != nil {
			return nil, err
		}
		p.Series = append(p.Series, series...)
	}
	ends := []float64{0, times[l.Test.Horizon]}
	p.Series = append(p.Series, figure.Dashed(figure.Gray, "0.5", ends, []float64{0.5, 0.5}))
	return figure.New(figure.Layout{}, p)
}

// jointFigure is figure 7.
func (l *laboratory) jointFigure(models []*trained) (*figure.Figure, error) {
	panel := func(title string, h *ks.JointHistogram) figure.Panel {
		nx, ny := len(h.Mass), len(h.Mass[0])
		dx, dy := (h.X[1]-h.X[0])/float64(nx), (h.Y[1]-h.Y[0])/float64(ny)
		// The same scale in all of them: four decades, to what the truth has most of.
		heat := &figure.Heat{Label: "probability density", Log: true, Min: 1e-4, Max: 1}
		for i := range nx {
			heat.X = append(heat.X, h.X[0]+(float64(i)+0.5)*dx)
		}
		for j := range ny {
			heat.Y = append(heat.Y, h.Y[0]+(float64(j)+0.5)*dy)
			row := make([]float64, nx)
			for i := range nx {
				row[i] = h.Mass[i][j] / (dx * dy)
			}
			heat.Z = append(heat.Z, row)
		}
		return figure.Panel{Title: title, X: figure.Axis{Label: "u_x"}, Y: figure.Axis{Label: "u_xx"}, Heat: heat}
	}
	panels := []figure.Panel{panel("truth", l.joint)}
	for _, m := range models {
		panels = append(panels, panel(fmt.Sprintf("%s: %s", m.Name, report.Format(m.Test.TV)), m.joint))
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
	p := figure.Panel{X: figure.Axis{Label: "mode k"}, Y: figure.Axis{Label: "energy, mean of |û_k|²", Log: true}}
	k, e := modes(l.spectrum)
	p.Series = append(p.Series, figure.Line(figure.Gray, "truth", k, e))
	for i, m := range models {
		if k, e := modes(m.spectrum); len(k) > 0 {
			p.Series = append(p.Series, figure.Dots(modelColor(i), m.Name, k, e))
		}
	}
	return figure.New(figure.Layout{}, p)
}

// lossFigure has the loss of every model.
func lossFigure(models []*trained) (*figure.Figure, error) {
	var p report.LossPanel
	for _, m := range models {
		p.Add(m.Name, m.Result.Log)
	}
	return report.LossFigure(figure.Layout{}, p)
}
