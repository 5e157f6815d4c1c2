package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"spnode/integrator"
	"spnode/ops"
)

// bilinear is the low-rank bilinear form, eq. (6),
//
//	g(u) = Σ_r (C^{(r)}u) ⊙ (D^{(r)}u) + b.
//
// Its derivative at 0 vanishes, so A is the linear part and nothing else is.
// It has no Lipschitz constant on the whole space.
func bilinear(cfg NonlinearConfig, n int) (Nonlinear, error) {
	if cfg.Rank < 1 {
		return Nonlinear{}, configError("nonlinear.rank is %d, want at least 1", cfg.Rank)
	}
	if cfg.Seen() > 0 {
		return Nonlinear{}, configError("nonlinear.kind %s sees no inputs and parameters; want kind %s, or parameters.time_only and inputs.linear_only", KindBilinear, KindLipschitz)
	}
	return Nonlinear{
		Text: fmt.Sprintf("bilinear form of rank %d", cfg.Rank),
		Parameters: []Declaration{
			{"g/C", []int{cfg.Rank, n, n}, Normal(0.1)},
			{"g/D", []int{cfg.Rank, n, n}, Normal(0.1)},
			{"g/b", []int{n}, nil},
		},
		Build: func(g *Graph) (integrator.Nonlinear, error) {
			c, d, b := g.Param("g/C"), g.Param("g/D"), g.Param("g/b")
			return func(u *G.Node) (*G.Node, error) { return ops.Bilinear(u, c, d, b) }, nil
		},
	}, nil
}
