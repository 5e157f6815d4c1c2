package main

import (
	"cmp"
	"slices"

	"spnode/data/ks"
	"spnode/experiments/driver"
	"spnode/model"
	"spnode/model/optim"
	"spnode/model/train"
)

// recipe is how a model is trained, beside what all have.
type recipe struct {
	name        string
	latent      int
	autoencoder string
	optimizer   string
	rate        float64
	iterations  int
	modes       int
	phases      []train.Phase
	byDefault   bool
	integrator  string // empty: etd1, the paper's
}

// recipes are how the models are trained. The first ones are those of a run; the
// others are the paper's own choices, and are trained if they are asked for.
//
// SOAP reaches in an eighth of the iterations what Adam reaches. Small batches,
// since many updates count for more than exact ones. Short windows first and long
// ones later: a model of 7 dimensions that has seen windows of 8 steps alone spends
// its time near periodic orbits, with right one-step errors and half of the
// Lyapunov exponent. In long windows some trajectories leave the truth for good;
// their errors saturate, and weigh less the later they are.
var recipes = []recipe{
	{name: "latent20", latent: 20, autoencoder: fourier, optimizer: "soap", rate: 1e-2, iterations: 120000, modes: 12, phases: long20},
	{name: "latent7", latent: 7, autoencoder: fourierMLP, optimizer: "soap", rate: 6e-3, iterations: 110000, modes: 12, phases: long7},
	{name: "field20", latent: 20, autoencoder: fourier, optimizer: "soap", rate: 1e-2, iterations: 20000, modes: 12, phases: long20[:1], byDefault: true, integrator: "etdrk4"},
	{name: "latent8", latent: 8, autoencoder: fourierMLP, optimizer: "soap", rate: 6e-3, iterations: 110000, modes: 12, phases: long7, byDefault: true},
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
func (r recipe) model() ModelConfig {
	equation := ks.DefaultEquation()
	m := ModelConfig{
		Recipe: driver.Recipe{Name: r.name, Seeds: 1, Model: model.DefaultConfig(equation.Points), Train: train.DefaultConfig()},
		Modes:  r.modes,
	}
	m.Model.Components = equation.Components()
	m.Model.TimeUnit = 1
	m.Model.Integrator = cmp.Or(r.integrator, "etd1")
	m.Model.Dtype = "float32" // as good here as float64, in two thirds of the time
	m.Model.Autoencoder.Latent = r.latent
	m.Model.Linear = model.LinearConfig{Shift: equation.MaxGrowth(), Spread: 0.01, SkewSpread: 0.1, Damping: 0.5}
	m.Model.Nonlinear = model.NonlinearConfig{Kind: model.KindLipschitz, Hidden: []int{200}, Lipschitz: 300, Start: model.Start{BiasDeviation: 0.5}}

	m.Train.LBFGS.Iterations = 0
	m.Train.Phases = slices.Clone(r.phases)
	m.Train.First.Iterations = r.iterations
	m.Train.First.LinearRate = 0.1
	m.Train.First.Optimizer = r.optimizer
	m.Train.First.Schedule = optim.Schedule{Kind: optim.ScheduleCosine, Rate: r.rate, Final: 1e-6, Warmup: 200}
	m.setAutoencoder(r.autoencoder)
	return m
}

// setAutoencoder gives the model another kind of autoencoder. The Fourier pairs
// are the training's to find, for their scale is that of the data.
func (m *ModelConfig) setAutoencoder(kind string) {
	m.Autoencoder = kind
	a := model.AutoencoderConfig{Latent: m.Model.Autoencoder.Latent}
	switch kind {
	case identity:
		a.Latent = 0
	case mlp:
		a.Hidden = []int{200}
	case fourierMLP:
		a.Hidden = []int{200}
		a.LastScale = 0.3 // so that the pairs count for more at the start
	}
	m.Model.Autoencoder = a
}
