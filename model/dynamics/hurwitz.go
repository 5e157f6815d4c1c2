package dynamics

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"spnode/model/param"
	"spnode/ops"
	"spnode/ops/graph"
)

// LinearConfig shapes A_L = A_H + μI.
type LinearConfig struct {
	// Shift is μ, which bounds the real parts of the spectrum.
	Shift float64 `json:"shift"`
	// Spread is the deviation of the parameters at the start: the triangles
	// L^S and L^G are I + Spread·N(0,1) and L_s is Spread·N(0,1), so that A_H
	// starts near −I. Default 0.1.
	Spread float64 `json:"spread"`
	// SkewSpread is the deviation of L_s at the start where it is another; 0
	// stands for Spread.
	SkewSpread float64 `json:"skew_spread,omitempty"`
	// Damping starts A_H near −diag(r) instead, with decay rates r uniform in
	// [½, 3/2]·Damping, or r times Rates: the diagonal of L^G is √r + Spread·N(0,1).
	// 0: −I.
	Damping float64 `json:"damping,omitempty"`
	// Rates, one for each latent component, start the decay rates of A, and
	// have their logarithms trained: L^S = diag(e^d)(I + N) with N strictly lower
	// and e^{2d} the rates, so that an optimizer's step in d is a relative change
	// of a rate, at every scale. The matrices that can be reached are the same.
	// For a stiff system spread them over the time scales of the data. Empty: the
	// paper's L^S.
	Rates []float64 `json:"rates,omitempty"`
	// Rotations has the first 2·Rotations latent components turn in pairs, which
	// neither grow nor decay nor mix with the others, at the frequencies ω, 2ω, 3ω,
	// …: what of the latent state is there stays on its circles for ever, as a limit
	// cycle wants, and is exactly periodic. The rest of A is as above; Rates are its.
	Rotations int `json:"rotations,omitempty"`
	// Frequency is ω at the start, in radians per unit of time.
	Frequency float64 `json:"frequency,omitempty"`
}

func (c LinearConfig) validate(n int) error {
	if c.Rotations != 0 || c.Frequency != 0 {
		if c.Rotations < 1 || c.Rotations > (n-1)/2 || !(c.Frequency > 0) || math.IsInf(c.Frequency, 0) || c.Shift < 0 {
			return param.ConfigError("linear.rotations is %d, frequency %g and shift %g, want at least one pair and fewer components in pairs than the %d there are, a finite frequency above 0, and a shift that is not negative", c.Rotations, c.Frequency, c.Shift, n)
		}
		n -= 2 * c.Rotations
	}
	if !param.Finite(c.Shift) {
		return param.ConfigError("linear.shift is %g, want a finite number", c.Shift)
	}
	for name, v := range map[string]float64{"spread": c.Spread, "skew_spread": c.SkewSpread, "damping": c.Damping} {
		if !(v >= 0) || math.IsInf(v, 0) {
			return param.ConfigError("linear.%s is %g, want a finite number that is not negative", name, v)
		}
	}
	if k := len(c.Rates); k != 0 && k != n {
		return param.ConfigError("linear.rates has %d elements, want %d as the latent state, or none", k, n)
	}
	for i, r := range c.Rates {
		if !(r > 0) || math.IsInf(r, 0) {
			return param.ConfigError("linear.rates: element %d is %g, want a finite number above 0", i, r)
		}
	}
	return nil
}

// Hurwitz is the linear part, eqs. (3)–(5),
//
//	A_L = (−L^G L^Gᵀ + L_s − L_sᵀ) L^S L^Sᵀ + μI,
//
// whose spectrum lies left of μ whatever the parameters are, Theorem 1. The
// triangles are packed row by row, (3n² + n)/2 parameters in all.
type Hurwitz struct {
	LinearConfig
	N int // components of the latent state
}

// Parameters are what it trains.
func (h Hurwitz) Parameters() []param.Declaration {
	// A diagonal and noise, which is drawn first.
	near := func(diagonal func(rng *rand.Rand) float64) param.Fill {
		return func(rng *rand.Rand, x []float64) {
			param.Normal(h.Spread)(rng, x)
			for i, k := 0, 0; i < h.decaying(); i++ {
				k += i
				x[k] += diagonal(rng)
				k++
			}
		}
	}
	nearIdentity := near(func(*rand.Rand) float64 { return 1 })
	damping := nearIdentity
	if h.Damping > 0 {
		damping = near(func(rng *rand.Rand) float64 { return math.Sqrt(h.Damping * (0.5 + rng.Float64())) })
	}
	d := []param.Declaration{{Name: "linear/LG", Shape: []int{ops.TrilSize(h.decaying(), false)}, Start: damping}}
	if len(h.Rates) == 0 {
		d = append(d, param.Declaration{Name: "linear/LS", Shape: []int{ops.TrilSize(h.decaying(), false)}, Start: nearIdentity})
	} else {
		d = append(d, param.Declaration{Name: "linear/d", Shape: []int{h.decaying()}, Start: func(_ *rand.Rand, x []float64) {
			for i, r := range h.Rates {
				x[i] = math.Log(r) / 2
			}
		}})
		if h.decaying() > 1 {
			d = append(d, param.Declaration{Name: "linear/N", Shape: []int{ops.TrilSize(h.decaying(), true)}, Start: param.Normal(h.Spread)})
		}
	}
	if h.decaying() > 1 {
		skew := h.Spread
		if h.SkewSpread > 0 {
			skew = h.SkewSpread
		}
		d = append(d, param.Declaration{Name: "linear/Ls", Shape: []int{ops.TrilSize(h.decaying(), true)}, Start: param.Normal(skew)})
	}
	if h.Rotations > 0 {
		d = append(d, param.Declaration{Name: "linear/frequency", Shape: []int{1}, Start: func(_ *rand.Rand, x []float64) { x[0] = ops.LogFrequency(h.Frequency) }})
	}
	return d
}

// decaying are the components that do not turn in pairs.
func (h Hurwitz) decaying() int { return h.N - 2*h.Rotations }

// node is A_L in a graph, with its parts L^S and L^G.
func (h Hurwitz) node(g *param.Graph) (a, ls, lg *G.Node, err error) {
	if len(h.Rates) == 0 {
		ls, err = ops.Tril(g.Param("linear/LS"), h.decaying(), false)
	} else {
		var strict *G.Node
		if h.decaying() > 1 {
			strict = g.Param("linear/N")
		}
		ls, err = ops.LogTril(g.Param("linear/d"), strict, h.decaying())
	}
	if err != nil {
		return nil, nil, nil, err
	}
	if lg, err = ops.Tril(g.Param("linear/LG"), h.decaying(), false); err != nil {
		return nil, nil, nil, err
	}
	var skew *G.Node
	if h.decaying() > 1 {
		if skew, err = ops.Tril(g.Param("linear/Ls"), h.decaying(), true); err != nil {
			return nil, nil, nil, err
		}
	}
	if a, err = ops.Hurwitz(ls, lg, skew, h.Shift); err == nil && h.Rotations > 0 {
		a, err = ops.Rotations(g.Param("linear/frequency"), h.Rotations, a)
	}
	return a, ls, lg, err
}

// Matrices returns A_L, S = L^S L^Sᵀ and G_s = −L^G L^Gᵀ, as the graph has them.
func (h Hurwitz) Matrices(p *param.Params) (a, s, gs *mat.Dense) {
	node, ls, lg, err := h.node(param.New(p, "float64"))
	var program *graph.Program
	if err == nil {
		program, err = graph.Compile(node)
	}
	if err == nil {
		err = program.Run()
	}
	if err != nil { // the shapes are our own, and the products of any numbers there are
		panic(errors.Wrap(err, "model: Linear"))
	}
	value := func(n *G.Node, size int) *mat.Dense {
		m := mat.NewDense(size, size, nil)
		program.Data(n).Get(m.RawMatrix().Data)
		return m
	}
	k, m := 2*h.Rotations, h.decaying()
	square := func(sign float64, l *mat.Dense) *mat.Dense {
		s := mat.NewDense(h.N, h.N, nil)
		part := s.Slice(k, h.N, k, h.N).(*mat.Dense)
		part.Mul(l, l.T())
		part.Scale(sign, part)
		return s
	}
	s = square(1, value(ls, m))
	for i := range k {
		s.Set(i, i, 1) // of what turns, with G_s = 0
	}
	return value(node, h.N), s, square(-1, value(lg, m))
}
