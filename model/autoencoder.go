package model

import (
	"fmt"
	"math/rand/v2"
	"slices"

	G "gorgonia.org/gorgonia"

	"spnode/ops"
)

// Autoencoder is the pair of networks f_E: R^m → R^n and f_D: R^n → R^m of
// section 2.4: affine layers with tanh between them and none at the end. The
// decoder's hidden widths are the encoder's in reverse. A LinearPair may stand
// beside them. With a latent dimension of 0 both are the identity.
type Autoencoder struct {
	Dim int // m
	AutoencoderConfig
	conserved int // invariants, of which the decoder is told the values
}

func (a Autoencoder) identity() bool { return a.Latent == 0 }

// networks reports whether there are any.
func (a Autoencoder) networks() bool {
	return !a.identity() && (a.Skip == nil || !a.Skip.Only)
}

// widths of the encoder, both ends included.
func (a Autoencoder) widths() []int {
	return append(append([]int{a.Dim}, a.Hidden...), a.Latent)
}

// decoderWidths are those of the encoder in reverse, with the invariants.
func (a Autoencoder) decoderWidths() []int {
	w := a.widths()
	slices.Reverse(w)
	w[0] += a.conserved
	return w
}

func (a Autoencoder) declare() []declaration {
	if !a.networks() {
		return nil
	}
	return append(a.layers("encoder", a.widths(), 1), a.layers("decoder", a.decoderWidths(), a.FirstScale)...)
}

// layers declares one network whose first layer is scaled at the start.
func (a Autoencoder) layers(part string, w []int, first float64) (ds []declaration) {
	orOne := func(x float64) float64 {
		if x == 0 {
			return 1
		}
		return x
	}
	for i := range len(w) - 1 {
		scale := 1.0
		var bias start
		switch i {
		case 0:
			scale = orOne(first)
			bias = func(rng *rand.Rand, x []float64) { uniform(a.BiasSpread*scale)(rng, x) }
		case len(w) - 2:
			scale = orOne(a.LastScale)
		}
		if i < len(w)-2 && a.BiasDeviation > 0 {
			bias = normal(a.BiasDeviation * scale)
		}
		ds = append(ds,
			declaration{fmt.Sprintf("%s/%d/W", part, i), []int{w[i], w[i+1]}, weights(w[i], scale)},
			declaration{fmt.Sprintf("%s/%d/b", part, i), []int{w[i+1]}, bias})
	}
	return ds
}

// encode is the node of the latent state of x, (batch, m).
func (a Autoencoder) encode(g *graph, x *G.Node) (*G.Node, error) {
	if a.identity() {
		return x, nil
	}
	if !a.networks() {
		return ops.Linear(x, a.Skip.Encode, nil)
	}
	z := x
	var err error
	if len(a.Factor) > 0 {
		offset := make([]float64, a.Dim)
		for i, f := range a.Factor {
			offset[i] = -a.Offset[i] * f
		}
		if z, err = ops.Affine(x, a.Factor, offset); err != nil {
			return nil, err
		}
	}
	u, err := a.apply(g, "encoder", z)
	switch {
	case err != nil:
		return nil, err
	case a.Skip != nil:
		return ops.Linear(x, a.Skip.Encode, u)
	case a.UnitStart:
		return ops.Affine(u, filled(a.Latent, 1), filled(a.Latent, 1))
	}
	return u, nil
}

// decode is the node of the physical states of u, (times·batch, n), where
// invariants is nil or holds those of the batch, (batch, conserved).
func (a Autoencoder) decode(g *graph, u, invariants *G.Node) (*G.Node, error) {
	if a.identity() {
		return u, nil
	}
	if !a.networks() {
		return ops.Linear(u, a.Skip.Decode, nil)
	}
	z := u
	var err error
	if a.UnitStart {
		if z, err = ops.Affine(u, filled(a.Latent, 2), filled(a.Latent, -1)); err != nil {
			return nil, err
		}
	}
	if invariants != nil {
		if z, err = ops.AppendColumns(z, invariants); err != nil {
			return nil, err
		}
	}
	y, err := a.apply(g, "decoder", z)
	if err != nil || a.Skip == nil {
		return y, err
	}
	return ops.Linear(u, a.Skip.Decode, y)
}

func (a Autoencoder) apply(g *graph, part string, x *G.Node) (*G.Node, error) {
	layers := len(a.Hidden) + 1
	var err error
	for i := 0; i < layers && err == nil; i++ {
		x, err = ops.Dense(x, g.param(fmt.Sprintf("%s/%d/W", part, i)), g.param(fmt.Sprintf("%s/%d/b", part, i)), i < layers-1)
	}
	return x, err
}

func filled(n int, v float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = v
	}
	return x
}
