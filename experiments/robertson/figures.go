package main

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"spnode/data"
	"spnode/data/measure"
	"spnode/data/problem"
	"spnode/experiments/driver"
	"spnode/experiments/figure"
	"spnode/experiments/report"
	"spnode/model/train"
)

// figures draws figure 5 of the paper, the masses, the contrast of methods, the
// spectra and the loss.
func (l *laboratory) figures(models []*trained, deployed []deployment) ([]report.Figure, error) {
	return report.Draw(report.Drawing{
		Name: "fig5_robertson", Caption: "Figure 5 of the paper: from (1, 0, 0), truth as lines, the models at the paper's 50 times as rings; without an autoencoder above, with it below.",
		Draw: func() (*figure.Figure, error) {
			return l.rollouts(models, figure.Layout{Cols: 1, Width: 640},
				rollout{"direct", 1, "without an autoencoder"}, rollout{"autoencoder", 1, "with an autoencoder"})
		},
	}, report.Drawing{
		Name: "masses", Caption: "Initial states of total mass 0.95, 1 and 1.05: the model keeps the mass to rounding.",
		Draw: func() (*figure.Figure, error) {
			return l.rollouts(models, figure.Layout{}, rollout{"masses", 0.95, "mass 0.95"}, rollout{"masses", 1, "mass 1"}, rollout{"masses", 1.05, "mass 1.05"})
		},
	}, report.Drawing{
		Name: "contrast", Caption: "The autoencoder model deployed by other methods at the paper's steps, up to 1.7e6 s: the largest error, which the saturating decoder bounds, and the largest latent component.",
		Draw: func() (*figure.Figure, error) { return contrastFigure(deployed) },
	}, report.Drawing{
		Name: "spectrum", Caption: "Rates −Re λ of the problem's Jacobian along the trajectory from (1, 0, 0) as lines, and those of the learned A, which do not change, dashed.",
		Draw: func() (*figure.Figure, error) { return l.spectra(models) },
	}, driver.LossDrawing("Training loss by iteration.", models, nil))
}

// rollout is a panel: a model from (mass, 0, 0).
type rollout struct {
	model string
	mass  float64
	title string
}

// rollouts draw the scaled components of truth and models.
func (l *laboratory) rollouts(models []*trained, layout figure.Layout, all ...rollout) (*figure.Figure, error) {
	fine, coarse := l.fineTimes(), problem.RobertsonTimes(points)
	var panels []figure.Panel
	for _, r := range all {
		m := driver.Named(models, r.model)
		if m == nil {
			continue
		}
		u0 := []float64{r.mass, 0, 0}
		truth, err := l.from(fine, u0)
		if err != nil {
			return nil, err
		}
		want, err := l.from(coarse, u0)
		if err != nil {
			return nil, err
		}
		u, err := train.Predict(m.Model, want)
		if err != nil {
			return nil, err
		}
		panels = append(panels, figure.Panel{
			Title: fmt.Sprintf("%s: largest error %s", r.title, report.Format(measure.Compare(u, want, scale).MaxAbs)),
			X:     figure.Axis{Label: "time t (s)", Log: true},
			Y:     figure.Axis{Label: "concentration (scaled)"},
			Series: append(figure.Truths(fine, scaled(truth), 0, "truth y₁", "truth 10⁴y₂", "truth y₃"),
				figure.Predictions("model", coarse, scaled(u), 0)...),
		})
	}
	if len(panels) == 0 {
		return nil, nil
	}
	return figure.New(layout, panels...)
}

// scaled is the first trajectory in the variables that the networks see.
func scaled(d *data.Dataset) (v [][][]float64) {
	for _, u := range d.Trajectories[0].States {
		v = append(v, [][]float64{floats.MulTo(make([]float64, len(scale)), u, scale)})
	}
	return v
}

// contrastFigure has the error and the size of the latent state over time; the
// decoder saturates, and hides a latent state that has run away.
func contrastFigure(deployed []deployment) (*figure.Figure, error) {
	if len(deployed) == 0 {
		return nil, nil
	}
	time := figure.Axis{Label: "time t (s)", Log: true}
	panels := []figure.Panel{{X: time, Y: figure.Axis{Label: "largest error", Log: true}}, {X: time, Y: figure.Axis{Label: "largest latent component", Log: true}}}
	times := problem.RobertsonTimes(points)[1:]
	for j, d := range deployed {
		for i, values := range [][]float64{d.Errors[1:], d.Sizes[1:]} {
			s := figure.Line(figure.Color(1+j), d.Integrator, times, values)
			if d.DivergesAt > 0 {
				s = s.Diverging()
			}
			panels[i].Series = append(panels[i].Series, s)
		}
	}
	return figure.New(figure.Layout{}, panels...)
}

// spectra has the rates of the Jacobian over time beside those of the learned A.
func (l *laboratory) spectra(models []*trained) (*figure.Figure, error) {
	m := driver.Named(models, "autoencoder")
	if m == nil {
		return nil, nil
	}
	times := l.fineTimes()
	truth, err := l.from(times)
	if err != nil {
		return nil, err
	}
	var rates [3][]float64
	jac := mat.NewDense(3, 3, nil)
	for k := range times {
		problem.Robertson{}.Jacobian(jac, truth.Trajectories[0].States[k])
		var e mat.Eigen
		if !e.Factorize(jac, mat.EigenNone) {
			return nil, errors.New("robertson: the eigenvalues of the Jacobian did not converge")
		}
		z := e.Values(nil)
		slices.SortFunc(z, func(x, y complex128) int { return cmp.Compare(real(x), real(y)) })
		for i := range rates {
			rates[i] = append(rates[i], -real(z[i]))
		}
	}
	p := figure.Panel{X: figure.Axis{Label: "time t (s)", Log: true}, Y: figure.Axis{Label: "rate (1/s)", Log: true}}
	for i, r := range rates[:2] { // the third is 0: mass
		p.Series = append(p.Series, figure.Truth(1+i, fmt.Sprintf("Jacobian, rate %d", 1+i), times, r))
	}
	label := "learned A"
	for _, z := range m.Stability.Spectrum {
		if rate := -z[0]; rate > 0 {
			p.Series = append(p.Series, figure.Dashed(figure.Black, label, []float64{times[0], times[len(times)-1]}, []float64{rate, rate}))
			label = ""
		}
	}
	return figure.New(figure.Layout{}, p)
}
