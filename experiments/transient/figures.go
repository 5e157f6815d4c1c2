package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"spnode/data/problem"
	"spnode/experiments/driver"
	"spnode/experiments/figure"
	"spnode/experiments/report"
	"spnode/ops/expm"
)

// figures draws figures 2 to 4 of the paper, and the loss and the error over
// time.
func figures(models []*trained) ([]report.Figure, error) {
	all := []report.Drawing{{
		Name: "fig2_growth", Caption: "Figure 2 of the paper: γ > 0 lets ‖e^{tA}‖ grow before it decays, γ < 0 does not.", Draw: growthFigure,
	}}
	for _, own := range report.Group(models, title) {
		t := own[0].Test.truth
		all = append(all, report.Drawing{
			Name: fmt.Sprintf("fig%g_eps%g", 3+t.epsilon, t.epsilon),
			Caption: fmt.Sprintf("Figure %g of the paper, ε = %g: a held-out initial state, truth as lines, the models at Δt = 0.2 as rings. Steps of their training: %d, of about %.2g.",
				3+t.epsilon, t.epsilon, t.steps(), t.grids[trainGrid].Trajectories[0].Times[1]),
			Draw: func() (*figure.Figure, error) { return rolloutFigure(own) },
		})
	}
	return report.Draw(append(all, driver.LossDrawing("Training loss, eq. (20), of the attempt that was kept: Adam, then L-BFGS.", models, title), report.Drawing{
		Name: "error_over_time", Caption: "Error of the held-out rollouts at Δt = 0.2: median, and the band from 10 % to 90 %.",
		Draw: func() (*figure.Figure, error) { return errorFigure(models) },
	})...)
}

// title is that of the panel of a model: those of an ε have one.
func title(m *trained) string { return fmt.Sprintf("ε = %g", m.Test.truth.epsilon) }

// growthFigure is figure 2: ‖e^{tA}‖₂ for the two matrices of (23).
func growthFigure() (*figure.Figure, error) {
	p := figure.Panel{X: figure.Axis{Label: "time t (dimensionless)"}, Y: figure.Axis{Label: "‖exp(tA)‖₂"}}
	for i, c := range []struct {
		name string
		a    *mat.Dense
	}{{"A_bump, γ = 3", problem.ABump()}, {"A_decay, γ = −1.5", problem.ADecay()}} {
		var x, y []float64
		for t := 0.0; t <= 5.001; t += 0.02 {
			phi, err := expm.Phi(c.a, t, 1, 0)
			if err != nil {
				return nil, err
			}
			norm := math.NaN()
			if svd := new(mat.SVD); svd.Factorize(phi[0], mat.SVDNone) {
				norm = svd.Values(nil)[0]
			}
			x, y = append(x, t), append(y, norm)
		}
		p.Series = append(p.Series, figure.Line(figure.Color(1+i), c.name, x, y))
	}
	return figure.New(figure.Layout{}, p)
}

// rolloutFigure is figure 3 or 4: a panel for each model, from the first of the
// held-out states whose truth has the bump.
func rolloutFigure(models []*trained) (*figure.Figure, error) {
	var panels []figure.Panel
	for _, m := range models {
		d, t := m.Test.truth.grids[coarse], m.Test.truth.grids[fine]
		s := max(0, slices.IndexFunc(d.States()[0], func(x []float64) bool { return math.Abs(x[1]) > 0.6 && x[0]*x[1] < 0 }))
		panels = append(panels, figure.Panel{
			Title: strings.ToUpper(m.Model.Config().Integrator),
			Note:  fmt.Sprintf("relative error over all held-out states: %s", report.Format(m.Test.Coarse.Relative)),
			X:     figure.Axis{Label: "time t (dimensionless)"},
			Y:     figure.Axis{Label: "x₁, x₂"},
			Series: append(figure.Truths(t.Trajectories[s].Times, t.States(), s, "truth x₁", "truth x₂"),
				figure.Predictions("model, Δt = 0.2", d.Trajectories[s].Times, m.Test.predictions[coarse].States(), s)...),
		})
	}
	return figure.New(figure.Layout{}, panels...)
}

// errorFigure has a panel for each ε with the error over time of every model.
func errorFigure(models []*trained) (*figure.Figure, error) {
	var panels []figure.Panel
	for _, own := range report.Group(models, title) {
		p := figure.Panel{
			Title: title(own[0]),
			Note:  report.SpreadNote,
			X:     figure.Axis{Label: "time t (dimensionless)"},
			Y:     figure.Axis{Label: "‖error‖₂", Log: true},
		}
		for i, m := range own {
			d, got := m.Test.truth.grids[coarse], m.Test.predictions[coarse].States()
			times, _ := d.Grid()
			errors := make([][]float64, len(times))
			for k, states := range d.States() {
				for s, u := range states {
					errors[k] = append(errors[k], floats.Distance(got[k][s], u, 2))
				}
			}
			// A logarithm shows no zero, and nothing below 1e-16 is meant.
			p.Series = append(p.Series, report.Spread(i, m.Name, times[1:], errors[1:], 1e-16, math.Inf(1))...)
		}
		panels = append(panels, p)
	}
	return figure.New(figure.Layout{Cols: 2}, panels...)
}
