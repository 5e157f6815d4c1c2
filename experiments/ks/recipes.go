package main

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"spnode/data"
	"spnode/data/ks"
	"spnode/experiments/driver"
	"spnode/model"
	"spnode/model/closedform"
	"spnode/model/dynamics"
	"spnode/model/latent"
	"spnode/model/optim"
	"spnode/model/param"
	"spnode/model/train"
)

// The kinds of autoencoder.
const (
	fourier    = "fourier"     // fixed: the leading Fourier pairs, in one common scale
	manifold   = "manifold"    // those, and back with a polynomial: a graph over them
	mlp        = "mlp"         // a network with one hidden layer each way, as the paper has
	fourierMLP = "fourier+mlp" // a network beside fixed Fourier pairs
	identity   = "none"
)

// byDefault are the models of a run that names none.
var byDefault = []string{"dmd20", "opinf20", "bilinear20", "manifold8", "field20", "latent8"}

// recipes are all models: those in closed form and those that are trained.
func recipes() (all []ModelConfig) {
	for _, f := range fits {
		all = append(all, f.model())
	}
	for _, n := range networks {
		all = append(all, n.model())
	}
	return all
}

func recipeNamed(name string) ModelConfig {
	all := recipes()
	return all[slices.IndexFunc(all, func(m ModelConfig) bool { return m.Name == name })]
}

// network is how a model is trained, beside what all have.
type network struct {
	name        string
	latent      int
	autoencoder string
	optimizer   string
	rate        float64
	iterations  int
	modes       int
	phases      []train.Phase
	integrator  string // empty: etd1, the paper's
}

// networks are how the models are trained. SOAP reaches in an eighth of the
// iterations what Adam reaches. Small batches, since many updates count for more
// than exact ones. Short windows first and long ones later: a model of 7 dimensions
// that has seen windows of 8 steps alone spends its time near periodic orbits, with
// right one-step errors and half of the Lyapunov exponent. In long windows some
// trajectories leave the truth for good; their errors saturate, and weigh less the
// later they are.
var networks = []network{
	{name: "latent20", latent: 20, autoencoder: fourier, optimizer: "soap", rate: 1e-2, iterations: 120000, modes: 12, phases: long20},
	{name: "latent7", latent: 7, autoencoder: fourierMLP, optimizer: "soap", rate: 6e-3, iterations: 110000, modes: 12, phases: long7},
	{name: "field20", latent: 20, autoencoder: fourier, optimizer: "soap", rate: 1e-2, iterations: 20000, modes: 12, phases: long20[:1], integrator: "etdrk4"},
	{name: "latent8", latent: 8, autoencoder: fourierMLP, optimizer: "soap", rate: 6e-3, iterations: 110000, modes: 12, phases: long7},
	{name: "mlp20", latent: 20, autoencoder: mlp, optimizer: "soap", rate: 5e-3, iterations: 30000, phases: long20},
	{name: "adam20", latent: 20, autoencoder: fourier, optimizer: "adam", rate: 7e-3, iterations: 110000, modes: 12, phases: long20},
	{name: "latent64", latent: 64, autoencoder: identity, optimizer: "soap", rate: 5e-3, iterations: 16500, phases: []train.Phase{{Window: 8, Batch: 100}}},
}

// long7 are the windows of a model with a network for its autoencoder.
var long7 = []train.Phase{
	{From: 0, Window: 8, Batch: 100, First: 2, Decay: 0.1},
	{From: 0.4, Window: 16, Batch: 80, First: 4, Decay: 0.1, Saturation: 0.7},
	{From: 0.55, Window: 24, Batch: 60, First: 3.6, Decay: 0.12, Saturation: 0.15},
}

// long20 are the windows that a model of 20 dimensions is trained in.
var long20 = []train.Phase{
	{From: 0, Window: 8, Batch: 100, Decay: 0.1, Saturation: 0.02},
	{From: 0.65, Window: 24, Batch: 60, First: 2, Decay: 0.1, Saturation: 0.02},
}

// model is the model with its training.
//
// μ is the largest growth rate q² − q⁴ of the equation's linear part, by Fourier
// analysis. A starts small and random, at rates about ½: from diag(q² − q⁴) what
// is learned is worse. Its parameters learn at a tenth of the rate, without which
// ‖A‖ grows without need.
func (r network) model() ModelConfig {
	equation := ks.DefaultEquation()
	m := ModelConfig{
		Recipe: driver.NewRecipe(r.name, equation.Components()),
		Modes:  r.modes, Autoencoder: r.autoencoder,
	}
	m.Model.Integrator = cmp.Or(r.integrator, "etd1")
	m.Model.Dtype = "float32" // as good here as float64, in two thirds of the time
	m.Model.Autoencoder = latent.AutoencoderConfig{Latent: r.latent}
	switch r.autoencoder {
	case identity:
		m.Model.Autoencoder.Latent = 0
	case mlp:
		m.Model.Autoencoder.Hidden = []int{200}
	case fourierMLP:
		m.Model.Autoencoder.Hidden = []int{200}
		m.Model.Autoencoder.LastScale = 0.3 // so that the pairs count for more at the start
	}
	m.Model.Linear = dynamics.LinearConfig{Shift: equation.MaxGrowth(), Spread: 0.01, SkewSpread: 0.1, Damping: 0.5}
	m.Model.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindLipschitz, Hidden: []int{200}, Lipschitz: 300, Start: param.Start{BiasDeviation: 0.5}}

	m.Train.LBFGS.Iterations = 0
	m.Train.Phases = slices.Clone(r.phases)
	m.Train.First.Iterations = r.iterations
	m.Train.First.LinearRate = 0.1
	m.Train.First.Optimizer = r.optimizer
	m.Train.First.Schedule = optim.Schedule{Kind: optim.ScheduleCosine, Rate: r.rate, Final: 1e-6, Warmup: 200}
	return m
}

// fit is a model in closed form: a field in Fourier pairs whose g is linear in its
// parameters.
type fit struct {
	name               string
	latent             int
	kind               string
	degree             int // of a polynomial g
	substeps           int
	order, corrections int
	samples            int
	manifold           int  // degree of the decoder over the latent pairs
	free               bool // not within a ball
}

// fits are the models in closed form. The first two are what a reader would try first.
// One step of ETDRK4 a unit caps a field at 74 units of agreement and two at 105:
// so those of 20 dimensions have four.
var fits = []fit{
	{name: "dmd20", latent: 20, kind: dynamics.KindNone, substeps: 1, order: 12, corrections: 8, free: true},
	{name: "opinf20", latent: 20, kind: dynamics.KindPolynomial, degree: 2, substeps: 4, order: 1, free: true},
	{name: "bilinear20", latent: 20, kind: dynamics.KindBilinear, substeps: 4, order: 12, corrections: 8, samples: 12000, manifold: 2},
	{name: "bilinear20-free", latent: 20, kind: dynamics.KindBilinear, substeps: 4, order: 12, corrections: 8, samples: 12000, free: true},
	{name: "manifold8", latent: 8, kind: dynamics.KindPolynomial, degree: 5, substeps: 2, order: 12, corrections: 3, samples: 24000, manifold: 5},
	{name: "manifold8-free", latent: 8, kind: dynamics.KindPolynomial, degree: 5, substeps: 2, order: 12, corrections: 3, samples: 24000, manifold: 5, free: true},
	{name: "manifold8-7", latent: 8, kind: dynamics.KindPolynomial, degree: 7, substeps: 2, order: 12, corrections: 3, samples: 24000, manifold: 7},
}

// model is the model with its fit.
func (f fit) model() ModelConfig {
	m := network{name: f.name, latent: f.latent, autoencoder: fourier, optimizer: "soap", rate: 1e-3, integrator: "etdrk4",
		phases: []train.Phase{{Window: 8, Batch: 100}}}.model()
	c := closedform.DefaultConfig()
	c.Order, c.Corrections, c.Samples, c.Substeps = f.order, f.corrections, f.samples, 4
	m.Train.ClosedForm = &c
	m.Model.Substeps = f.substeps
	g := &m.Model.Nonlinear
	*g = dynamics.NonlinearConfig{Kind: f.kind}
	switch f.kind {
	case dynamics.KindBilinear:
		g.Rank = f.latent // of which the form of a full quadratic one is
	case dynamics.KindPolynomial:
		g.PolynomialConfig = param.PolynomialConfig{Degree: f.degree, Periodic: f.manifold > 0}
	}
	if f.manifold > 0 {
		m.Modes, m.Autoencoder, m.Manifold = 12, manifold, f.manifold
	}
	if !f.free {
		g.Radius = 1 // of which the fit makes the data's
	}
	return m
}

// setPairs sets the part of the model's configuration that the data fix. The
// networks see the field by its first Modes Fourier pairs; the first pairs are
// also the autoencoder, or stand beside it. The unit of their coordinates is the
// largest deviation that one of them has over the data.
func (m ModelConfig) setPairs(c *model.Config, p ks.Equation, d *data.Dataset) error {
	n := c.Autoencoder.Latent
	fixed := m.Autoencoder == fourier || m.Autoencoder == fourierMLP || m.Autoencoder == manifold
	if !fixed && m.Modes == 0 {
		return nil
	}
	pairs, err := p.FourierPairs(max(m.Modes, (n+1)/2))
	if err != nil {
		return err
	}
	scale := largestDeviation(d, pairs)
	if m.Modes > 0 {
		c.Basis = pairs
		c.Factor = slices.Repeat([]float64{1 / scale}, p.Points)
		scale = 1
		unit := make([][]float64, len(pairs))
		for i := range unit {
			unit[i] = make([]float64, len(pairs))
			unit[i][i] = 1
		}
		pairs = unit
	}
	if fixed {
		// Of an odd number the last pair's cosine alone.
		if c.Autoencoder.Skip, err = latent.NewLinearPair(pairs[:n], scale); err != nil {
			return err
		}
		c.Autoencoder.Skip.Only = m.Autoencoder != fourierMLP
	}
	if m.Autoencoder == manifold {
		// The pairs that follow are functions of the latent ones.
		p := &latent.PolynomialDecoder{PolynomialConfig: param.PolynomialConfig{Degree: m.Manifold, Periodic: true}}
		for _, row := range pairs {
			p.Lift = append(p.Lift, row[n:])
		}
		c.Autoencoder.Polynomial = p
	}
	return nil
}

// largestDeviation returns the largest standard deviation that the states have
// along one of the rows.
func largestDeviation(d *data.Dataset, rows [][]float64) (largest float64) {
	states := d.States()
	for _, row := range rows {
		var c []float64
		for _, u := range states {
			for _, x := range u {
				c = append(c, floats.Dot(row, x))
			}
		}
		largest = math.Max(largest, stat.StdDev(c, nil))
	}
	return largest
}
