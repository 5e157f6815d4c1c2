package model

import (
	"slices"
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
			return configError("a width of %d, want at most %d everywhere", w, mostWidth)
		}
	}
	if c.Substeps > mostSubsteps {
		return configError("substeps is %d, want at most %d", c.Substeps, mostSubsteps)
	}
	return nil
}

// elements is how many numbers parameters have, or an error if there are too many.
func elements(ds []Declaration) (int, error) {
	var sum float64
	for _, d := range ds {
		n := 1.
		for _, k := range d.Shape {
			n *= float64(k)
		}
		if sum += n; !(sum <= mostParameters) {
			return 0, configError("%g parameters with %s of shape %v, want at most %d", sum, d.Name, d.Shape, mostParameters)
		}
	}
	return int(sum), nil
}

// checkStart refuses parameters that are not finite at the start, as settings near
// the largest number make them.
func (p *Params) checkStart() error {
	for _, q := range p.List {
		if i := slices.IndexFunc(q.Data, func(v float64) bool { return !finite(v) }); i >= 0 {
			return configError("element %d of %s is %g at the start, want finite numbers; try smaller settings", i, q.Name, q.Data[i])
		}
	}
	return nil
}

// parts returns the parts of a model of a valid configuration, without parameters.
func (c Config) parts() (*Model, error) {
	n := c.LatentDim()
	g, err := c.form()
	if err != nil {
		return nil, err
	}
	m := &Model{
		cfg:     c,
		hurwitz: hurwitzMatrix{c.Linear, n},
		g:       g,
		ae:      autoencoder{c.Autoencoder, c.Width(), len(c.Invariants), c.parameters()},
		kept:    newInvariants(c),
	}
	return m, nil
}
