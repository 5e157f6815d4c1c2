package model

import (
	"slices"
	"sync"

	"spnode/model/dynamics"
	"spnode/model/latent"
	"spnode/model/param"
)

const (
	// mostWidth bounds every dimension of a configuration, so that the products of
	// two are integers.
	mostWidth = 1 << 24
	// mostParameters, of float64, are 2 GiB: with gradient and optimizer a training
	// has five to eight times as much.
	mostParameters = 1 << 28
	// mostSubsteps: the graph of a training has a part for each of them.
	mostSubsteps = 1 << 16
)

// validateSizes refuses a model of more parameters than can be, before anything of
// their size is made.
func (c Config) validateSizes() error {
	widths := slices.Concat([]int{c.Dim, c.Autoencoder.Latent, c.Nonlinear.Rank}, c.Autoencoder.Hidden, c.Nonlinear.Hidden, c.Parameters.TimeHidden)
	for _, w := range widths {
		if w > mostWidth {
			return param.ConfigError("a width of %d, want at most %d everywhere", w, mostWidth)
		}
	}
	if c.Substeps > mostSubsteps {
		return param.ConfigError("substeps is %d, want at most %d", c.Substeps, mostSubsteps)
	}
	return nil
}

// elements is how many numbers parameters have, or an error if there are too many.
func elements(ds []param.Declaration) (int, error) {
	var sum float64
	for _, d := range ds {
		n := 1.
		for _, k := range d.Shape {
			n *= float64(k)
		}
		if sum += n; !(sum <= mostParameters) {
			return 0, param.ConfigError("%g parameters with %s of shape %v, want at most %d", sum, d.Name, d.Shape, mostParameters)
		}
	}
	return int(sum), nil
}

// checkStart refuses parameters that are not finite at the start, as settings near
// the largest number make them.
func checkStart(p *param.Params) error {
	for _, q := range p.List {
		if i := slices.IndexFunc(q.Data, func(v float64) bool { return !param.Finite(v) }); i >= 0 {
			return param.ConfigError("element %d of %s is %g at the start, want finite numbers; try smaller settings", i, q.Name, q.Data[i])
		}
	}
	return nil
}

// parts returns the parts of a model, without parameters. The error is ErrConfig.
func (c Config) parts() (*Model, error) {
	space, err := latent.New(c.latent())
	if err != nil {
		return nil, err
	}
	system, err := dynamics.New(dynamics.Config{
		Latent: c.LatentDim(), Linear: c.Linear, Nonlinear: c.Nonlinear, Parameters: c.Parameters, Inputs: c.Inputs,
		Integrator: c.Integrator, Substeps: c.Substeps,
	})
	if err != nil {
		return nil, err
	}
	return &Model{Space: space, cfg: c, system: system, spaces: new(sync.Pool)}, nil
}
