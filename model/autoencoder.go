package model

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"

	"spnode/ops"
)

// Autoencoder is the pair of networks f_E: R^m → R^n and f_D: R^n → R^m of
// section 2.4: affine layers with tanh between them and none at the end. The
// decoder's hidden widths are the encoder's in reverse. With a latent
// dimension of 0 both are the identity.
type Autoencoder struct {
	Dim int // m
	AutoencoderConfig
}

func (a Autoencoder) identity() bool { return a.Latent == 0 }

// widths of the encoder, both ends included; the decoder's are the reverse.
func (a Autoencoder) widths() []int {
	return append(append([]int{a.Dim}, a.Hidden...), a.Latent)
}

func (a Autoencoder) declare() (ds []declaration) {
	if a.identity() {
		return nil
	}
	w := a.widths()
	for _, part := range []string{"encoder", "decoder"} {
		for i := range len(w) - 1 {
			ds = append(ds,
				declaration{fmt.Sprintf("%s/%d/W", part, i), []int{w[i], w[i+1]}, weights(w[i], 1)},
				declaration{fmt.Sprintf("%s/%d/b", part, i), []int{w[i+1]}, nil})
		}
		slices.Reverse(w)
	}
	return ds
}

// Encode is the node of f_E(x), x (batch, m).
func (a Autoencoder) encode(g *graph, x *G.Node) (*G.Node, error) { return a.apply(g, "encoder", x) }

// Decode is the node of f_D(u), u (batch, n).
func (a Autoencoder) decode(g *graph, u *G.Node) (*G.Node, error) { return a.apply(g, "decoder", u) }

func (a Autoencoder) apply(g *graph, part string, x *G.Node) (*G.Node, error) {
	if a.identity() {
		return x, nil
	}
	layers := len(a.Hidden) + 1
	var err error
	for i := 0; i < layers && err == nil; i++ {
		x, err = ops.Dense(x, g.param(fmt.Sprintf("%s/%d/W", part, i)), g.param(fmt.Sprintf("%s/%d/b", part, i)), i < layers-1)
	}
	return x, err
}
