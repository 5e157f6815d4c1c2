package main

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"spnode/data"
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
				if m.diverged == nil {
					p.Add(m.Name, m.Result.Log)
				}
			}
			return report.LossFigure(figure.Layout{}, p)
		},
	})
}

// panel draws the scaled components of one trajectory, truth and model.
func panel(title string, fine, coarse *data.Dataset, u [][][]float64, sample int) figure.Panel {
	return figure.Panel{
		Title: title,
		X:     figure.Axis{Label: "time t (s)", Log: true},
		Y:     figure.Axis{Label: "concentration (scaled)"},
		Series: append(figure.Truths(fine.Times, scaled(fine.States, sample), 0, "truth y₁", "truth 10⁴y₂", "truth y₃"),
			figure.Predictions("model", coarse.Times, scaled(u, sample), 0)),
	}
}

// scaled is one trajectory in the variables that the networks see.
func scaled(u [][][]float64, sample int) [][][]float64 {
	v := make([][][]float64, len(u))
	for k := range u {
		v[k] = [][]float64{make([]float64, len(scale))}
		floats.MulTo(v[k][0], u[k][sample], scale)
	}
	return v
}

// trajectories is figure 5.
func (l *laboratory) trajectories(models []*trained) (*figure.Figure, error) {
	fine, err := l.reference(l.fineTimes())
	if err != nil {
		return nil, err
	}
	coarse, err := l.reference(logTimes(points))
	if err != nil {
		return nil, err
	}
	var panels []figure.Panel
	for _, name := range []string{"direct", "autoencoder"} {
		m := named(models, name)
		if m == nil {
			continue
		}
		u, err := m.Model.Predict(coarse.States[0], coarse.Times)
		if err != nil {
			return nil, err
		}
		title := map[string]string{"direct": "without an autoencoder", "autoencoder": "with an autoencoder"}[name]
		panels = append(panels, panel(fmt.Sprintf("%s: largest error %s", title, report.Format(slices.Max(m.Test.MaxAbs))), fine, coarse, u, 0))
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
	at := func(times []float64) (*data.Dataset, error) {
		d, _, err := data.RobertsonRadau().SolveFrom(l.Context, data.Robertson{}, u0, 0, times)
		return d, err
	}
	fine, err := at(l.fineTimes())
	if err != nil {
		return nil, err
	}
	coarse, err := at(logTimes(points))
	if err != nil {
		return nil, err
	}
	u, err := m.Model.Predict(coarse.States[0], coarse.Times)
	if err != nil {
		return nil, err
	}
	var panels []figure.Panel
	for s := range u0 {
		panels = append(panels, panel(fmt.Sprintf("mass %g", u0[s][0]), fine, coarse, u, s))
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
	times := logTimes(points)
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
	d, err := l.reference(l.fineTimes())
	if err != nil {
		return nil, err
	}
	rates := make([][2][]float64, 2) // the third eigenvalue is 0: mass
	jac := mat.NewDense(3, 3, nil)
	for k, t := range d.Times {
		data.Robertson{}.Jacobian(jac, d.States[k][0])
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
			first, last := d.Times[0], d.Times[len(d.Times)-1]
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
