package main

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"spnode/data/problem"
	"spnode/experiments/figure"
	"spnode/experiments/report"
)

// figures draws figure 5 of the paper, the masses, the contrast of methods, the
// spectra and the loss.
func (l *laboratory) figures(models []*trained, deployed []deployment) ([]report.Figure, error) {
	return report.Draw(report.Drawing{
		Name: "fig5_robertson", Caption: "Figure 5 of the paper: from (1, 0, 0), truth as lines, the models at the paper's 50 times as dots; without an autoencoder above, with it below.",
		Draw: func() (*figure.Figure, error) { return l.trajectories(models) },
	}, report.Drawing{
		Name: "masses", Caption: "Initial states of total mass 0.95, 1 and 1.05: the model keeps the mass to rounding.",
		Draw: func() (*figure.Figure, error) { return l.masses(models) },
	}, report.Drawing{
		Name: "contrast", Caption: "The autoencoder model deployed by other methods at the paper's steps, up to 1.7e6 s: the largest error, which the saturating decoder bounds, and the largest latent component. A line that ends has passed 1e12.",
		Draw: func() (*figure.Figure, error) { return contrastFigure(deployed) },
	}, report.Drawing{
		Name: "spectrum", Caption: "Rates −Re λ of the problem's Jacobian along the trajectory from (1, 0, 0) as lines, and those of the learned A, which do not change, dashed.",
		Draw: func() (*figure.Figure, error) { return l.spectra(models) },
	}, report.Drawing{
		Name: "loss", Caption: "Training loss by iteration.",
		Draw: func() (*figure.Figure, error) {
			var p report.LossPanel
			for _, m := range models {
				if m.Diverged == nil {
					p.Add(m.Name, m.Result.Log)
				}
			}
			return report.LossFigure(figure.Layout{}, p)
		},
	})
}

// panels draw the scaled components of trajectories, truth and model, one a panel.
func (l *laboratory) panels(m *trained, u0 [][]float64, title func(sample int) string) ([]figure.Panel, error) {
	fine, coarse := l.fineTimes(), problem.RobertsonTimes(points)
	truth, err := l.from(fine, u0...)
	if err != nil {
		return nil, err
	}
	start, err := l.from(coarse, u0...)
	if err != nil {
		return nil, err
	}
	u, err := m.Model.Predict(start[0], coarse)
	if err != nil {
		return nil, err
	}
	var panels []figure.Panel
	for s := range u0 {
		panels = append(panels, figure.Panel{
			Title: title(s),
			X:     figure.Axis{Label: "time t (s)", Log: true},
			Y:     figure.Axis{Label: "concentration (scaled)"},
			Series: append(figure.Truths(fine, scaled(truth, s), 0, "truth y₁", "truth 10⁴y₂", "truth y₃"),
				figure.Predictions("model", coarse, scaled(u, s), 0)),
		})
	}
	return panels, nil
}

// scaled is one trajectory in the variables that the networks see.
func scaled(u [][][]float64, sample int) [][][]float64 {
	v := make([][][]float64, len(u))
	for k := range u {
		v[k] = [][]float64{floats.MulTo(make([]float64, len(scale)), u[k][sample], scale)}
	}
	return v
}

// trajectories is figure 5.
func (l *laboratory) trajectories(models []*trained) (*figure.Figure, error) {
	var panels []figure.Panel
	for _, c := range [][2]string{{"direct", "without an autoencoder"}, {"autoencoder", "with an autoencoder"}} {
		m := named(models, c[0])
		if m == nil {
			continue
		}
		p, err := l.panels(m, [][]float64{{1, 0, 0}}, func(int) string {
			return fmt.Sprintf("%s: largest error %s", c[1], report.Format(slices.Max(m.Test.MaxAbs)))
		})
		if err != nil {
			return nil, err
		}
		panels = append(panels, p...)
	}
	if len(panels) == 0 {
		return nil, nil
	}
	return figure.New(figure.Layout{Cols: 1, Width: 640}, panels...)
}

// masses shows the model that sees several masses.
func (l *laboratory) masses(models []*trained) (*figure.Figure, error) {
	m := named(models, "masses")
	if m == nil {
		return nil, nil
	}
	u0 := [][]float64{{0.95, 0, 0}, {1, 0, 0}, {1.05, 0, 0}}
	panels, err := l.panels(m, u0, func(s int) string { return fmt.Sprintf("mass %g", u0[s][0]) })
	if err != nil {
		return nil, err
	}
	return figure.New(figure.Layout{}, panels...)
}

// contrastFigure has the error and the size of the latent state over time; the
// decoder saturates, and hides a latent state that has run away.
func contrastFigure(deployed []deployment) (*figure.Figure, error) {
	if len(deployed) == 0 {
		return nil, nil
	}
	const largest = 1e12 // of what is drawn
	panels := []figure.Panel{{Y: figure.Axis{Label: "largest error", Log: true}}, {Y: figure.Axis{Label: "largest latent component", Log: true}}}
	times := problem.RobertsonTimes(points)
	for i := range panels {
		panels[i].X = figure.Axis{Label: "time t (s)", Log: true}
		for j, d := range deployed {
			values := [][]float64{d.Errors, d.Sizes}[i]
			var x, y []float64
			for k, v := range values {
				if v > 0 && v <= largest {
					x, y = append(x, times[k]), append(y, v)
				}
			}
			if len(x) > 0 {
				panels[i].Series = append(panels[i].Series, figure.Line(figure.Color(1+j), d.Integrator, x, y))
			}
		}
	}
	return figure.New(figure.Layout{}, panels...)
}

// spectra has the rates of the Jacobian over time beside those of the learned A.
func (l *laboratory) spectra(models []*trained) (*figure.Figure, error) {
	m := named(models, "autoencoder")
	if m == nil {
		return nil, nil
	}
	times := l.fineTimes()
	truth, err := l.from(times)
	if err != nil {
		return nil, err
	}
	rates := make([][2][]float64, 2) // the third eigenvalue is 0: mass
	jac := mat.NewDense(3, 3, nil)
	for k, t := range times {
		problem.Robertson{}.Jacobian(jac, truth[k][0])
		r, err := decay(jac)
		if err != nil {
			return nil, err
		}
		for i := range rates {
			if r[i] > 1e-12 {
				rates[i][0], rates[i][1] = append(rates[i][0], t), append(rates[i][1], r[i])
			}
		}
	}
	p := figure.Panel{X: figure.Axis{Label: "time t (s)", Log: true}, Y: figure.Axis{Label: "rate (1/s)", Log: true}}
	for i, r := range rates {
		if len(r[0]) > 0 {
			p.Series = append(p.Series, figure.Truth(1+i, fmt.Sprintf("Jacobian, rate %d", 1+i), r[0], r[1]))
		}
	}
	label := "learned A"
	for _, z := range m.Stability.Spectrum {
		if rate := -z[0]; rate > 0 {
			first, last := times[0], times[len(times)-1]
			p.Series = append(p.Series, figure.Dashed(figure.Black, label, []float64{first, last}, []float64{rate, rate}))
			label = ""
		}
	}
	return figure.New(figure.Layout{}, p)
}

// decay returns the rates −Re λ of a matrix, largest first.
func decay(a *mat.Dense) ([]float64, error) {
	var e mat.Eigen
	if !e.Factorize(a, mat.EigenNone) {
		return nil, errors.New("robertson: the eigenvalues of the Jacobian did not converge")
	}
	var r []float64
	for _, z := range e.Values(nil) {
		r = append(r, -real(z))
	}
	slices.SortFunc(r, func(x, y float64) int { return cmp.Compare(y, x) })
	return r, nil
}
