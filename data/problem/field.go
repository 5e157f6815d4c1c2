package problem

import (
	"math"
	"math/rand/v2"

	"spnode/data/internal/runs"
)

// Burgers is the viscous Burgers equation on a period of 2π,
//
//	u_t = −(u²/2)_x + ν u_xx,
//
// by central differences of second order on evenly spaced points.
type Burgers struct {
	Points    int     `json:"points"`
	Viscosity float64 `json:"viscosity"` // ν
}

// DefaultBurgers has 128 points and ν = 0.05: fronts of a few points.
func DefaultBurgers() Burgers { return Burgers{Points: 128, Viscosity: 0.05} }

// Name returns "burgers".
func (Burgers) Name() string { return "burgers" }

// Dim returns the number of points.
func (p Burgers) Dim() int { return p.Points }

// Components returns u1, u2, …, the values at the points.
func (p Burgers) Components() []string { return runs.Numbered("u", p.Points) }

// RHS writes the rates of change into dst.
func (p Burgers) RHS(dst, u []float64) {
	n := len(u)
	h := 2 * math.Pi / float64(n)
	for i, v := range u {
		left, right := u[(i+n-1)%n], u[(i+1)%n]
		dst[i] = p.Viscosity*(right-2*v+left)/(h*h) - (right*right-left*left)/(4*h)
	}
}

// States draws n fields a sin x + b sin 2x + c cos x, ½ ≤ a < 3/2, |b|, |c| < ½.
func (p Burgers) States(n int, seed uint64) [][]float64 {
	rnd := rand.New(rand.NewPCG(seed, 0))
	u := make([][]float64, n)
	for i := range u {
		a, b, c := 0.5+rnd.Float64(), rnd.Float64()-0.5, rnd.Float64()-0.5
		u[i] = make([]float64, p.Points)
		for j := range u[i] {
			x := 2 * math.Pi * float64(j) / float64(p.Points)
			u[i][j] = a*math.Sin(x) + b*math.Sin(2*x) + c*math.Cos(x)
		}
	}
	return u
}

// AllenCahn is the Allen–Cahn equation on [0, 1] with no flux at the ends,
//
//	u_t = D u_xx + u − u³,
//
// by central differences on evenly spaced cells: two stable states, ±1, and
// fronts between them that move exponentially slowly.
//
// S. M. Allen, J. W. Cahn, A microscopic theory for antiphase boundary motion,
// Acta Metall. 27 (1979), 1085–1095.
type AllenCahn struct {
	Points    int     `json:"points"`
	Diffusion float64 `json:"diffusion"` // D
}

// DefaultAllenCahn has 64 points and D = 0.002.
func DefaultAllenCahn() AllenCahn { return AllenCahn{Points: 64, Diffusion: 0.002} }

// Name returns "allencahn".
func (AllenCahn) Name() string { return "allencahn" }

// Dim returns the number of points.
func (p AllenCahn) Dim() int { return p.Points }

// Components returns u1, u2, …, the values at the points.
func (p AllenCahn) Components() []string { return runs.Numbered("u", p.Points) }

// RHS writes the rates of change into dst.
func (p AllenCahn) RHS(dst, u []float64) {
	n := len(u)
	d := p.Diffusion * float64(n*n)
	for i, v := range u {
		left, right := u[max(i-1, 0)], u[min(i+1, n-1)]
		dst[i] = d*(right-2*v+left) + v - v*v*v
	}
}

// States draws n fields Σ_k a_k cos kπx, k = 0 … 3, with coefficients uniform
// within ±0.4, 0.6, 0.4 and 0.3.
func (p AllenCahn) States(n int, seed uint64) [][]float64 {
	rnd := rand.New(rand.NewPCG(seed, 0))
	u := make([][]float64, n)
	for i := range u {
		u[i] = make([]float64, p.Points)
		for k, size := range []float64{0.4, 0.6, 0.4, 0.3} {
			a := size * (2*rnd.Float64() - 1)
			for j := range u[i] {
				u[i][j] += a * math.Cos(float64(k)*math.Pi*(float64(j)+0.5)/float64(p.Points))
			}
		}
	}
	return u
}
