package ks

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/dsp/fourier"

	"spnode/data/internal/runs"
	"spnode/data/internal/stack"
)

// Equation is the equation (24) of section 5.3,
//
//	u_t = −u u_x − u_xx − u_xxxx,
//
// with period Length, on Points equidistant points x_i = i Length/Points. The
// second derivative feeds the long waves, the fourth damps the short ones, and
// u u_x carries energy from those to these: a wave number q = 2πk/Length grows at
// the rate q² − q⁴. The mean of u stays put. At Length 22 there is chaos on an
// attractor of some five dimensions.
//
// The points are treated spectrally: u u_x is ½ ∂x(u²), the derivatives are those
// of the trigonometric polynomial through the points, the odd ones without the
// mode k = Points/2, whose sine is not seen on the points.
//
// Cvitanović, Davidchack and Siminos, SIAM J. Appl. Dyn. Syst. 9 (2010) 1–33,
// describe the system of Length 22.
type Equation struct {
	Length float64 `json:"length"` // L, the period in x; the paper takes 22
	Points int     `json:"points"` // N, a power of two from 16; the paper takes 64
}

// DefaultEquation returns the equation of section 5.3: 64 points on a period of 22.
func DefaultEquation() Equation { return Equation{Length: 22, Points: 64} }

// Validate returns an error for the first number that makes no sense.
func (p Equation) Validate() error {
	return errors.Wrap(p.check(), "ks: Equation")
}

func (p Equation) check() error {
	switch {
	case !stack.Finite(p.Length) || p.Length <= 0:
		return errors.Errorf("Length is %g, want a number > 0", p.Length)
	case p.Points < 16 || p.Points&(p.Points-1) != 0:
		return errors.Errorf("Points is %d, want a power of two from 16", p.Points)
	}
	return nil
}

// Name returns "ks".
func (Equation) Name() string { return "ks" }

// Dim returns Points.
func (p Equation) Dim() int { return p.Points }

// Components returns u1, u2, …, the values at the points.
func (p Equation) Components() []string { return runs.Numbered("u", p.Points) }

// RHS writes the rates of change into dst. It prepares a transform in each call;
// [Solver], which is the solver for this equation, has one of its own.
func (p Equation) RHS(dst, u []float64) {
	n := float64(p.Points)
	fft := fourier.NewFFT(p.Points)
	v := fft.Coefficients(nil, u)
	for i, x := range u {
		dst[i] = x * x
	}
	square := fft.Coefficients(nil, dst)
	for k := range v {
		q := p.waveNumber(k)
		v[k] = mulReal(p.growth(k)/n, v[k])
		if k < p.Points/2 {
			v[k] += complex(0, -q/(2*n)) * square[k]
		}
	}
	fft.Sequence(dst, v)
}

// waveNumber returns q = 2πk/L.
func (p Equation) waveNumber(k int) float64 { return 2 * math.Pi * float64(k) / p.Length }

// growth returns q² − q⁴, the rate at which mode k grows in the linear equation.
func (p Equation) growth(k int) float64 {
	q2 := p.waveNumber(k) * p.waveNumber(k)
	return q2 * (1 - q2)
}

// GrowthRates returns q² − q⁴ with q = 2πk/L for the modes k = 1 … N/2: the
// eigenvalues of the linear part, each for a cosine and a sine, beside the 0 of
// the mean.
func (p Equation) GrowthRates() []float64 {
	rates := make([]float64, p.Points/2)
	for i := range rates {
		rates[i] = p.growth(i + 1)
	}
	return rates
}

// MaxGrowth returns the largest of the GrowthRates or 0, that of the mean, if all
// of them are negative: the bound μ of the spectrum of the linear part in eq. (2).
// It is 0.2198 at L = 22, that of k = 2, and at most ¼ for any L.
func (p Equation) MaxGrowth() float64 { return max(0, slices.Max(p.GrowthRates())) }

// FourierPairs returns 2K orthonormal rows of length N,
//
//	√(2/N) cos(2πki/N), √(2/N) sin(2πki/N),  k = 1 … K,
//
// in this order: cosine and sine of one k, then of the next. As the statistics of
// the equation do not change under shifts, the pairs are its modes of proper
// orthogonal decomposition. The error is that of a K outside 1 … N/2−1.
func (p Equation) FourierPairs(K int) ([][]float64, error) {
	if err := p.check(); err != nil {
		return nil, errors.Wrap(err, "ks: Equation.FourierPairs")
	}
	if K < 1 || K >= p.Points/2 {
		return nil, errors.Errorf("ks: Equation.FourierPairs: K is %d, want 1 … %d", K, p.Points/2-1)
	}
	pairs := stack.New(2*K, p.Points)
	norm := math.Sqrt(2 / float64(p.Points))
	for k := 1; k <= K; k++ {
		for i := range p.Points {
			// The remainder keeps the angle below 2π, and its rounding small.
			sin, cos := math.Sincos(2 * math.Pi * float64(k*i%p.Points) / float64(p.Points))
			pairs[2*k-2][i], pairs[2*k-1][i] = norm*cos, norm*sin
		}
	}
	return pairs, nil
}

// States returns n random states, indexed [sample][component],
//
//	u(x) = Σ_{k=1…4} a_k cos(2π(kx/L + φ_k)),  a_k ~ N(0,1), φ_k ~ U(0,1),
//
// which are smooth, have mean 0 and do not lie on the attractor. The same seed
// gives the same states, and the states for a smaller n are the first ones of
// those for a larger n. Training and held-out states should come from different
// seeds.
func (p Equation) States(n int, seed uint64) [][]float64 {
	rnd := rand.New(rand.NewPCG(seed, 0))
	u := stack.New(n, p.Points)
	for _, row := range u {
		for k := 1; k <= 4; k++ {
			a, phase := rnd.NormFloat64(), rnd.Float64()
			for i := range row {
				row[i] += a * math.Cos(2*math.Pi*(float64(k*i)/float64(p.Points)+phase))
			}
		}
	}
	return u
}

// mulReal returns a·c, without the products with the zero that complex(a, 0) has.
func mulReal(a float64, c complex128) complex128 { return complex(a*real(c), a*imag(c)) }
