package problem

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// VanDerPol is Van der Pol's oscillator,
//
//	x' = v,  v' = μ(1 − x²)v − x,
//
// for large μ a relaxation oscillation: long stretches along x² > 1, jumps
// between them that last 1/μ, and a period near (3 − 2 ln 2)μ.
//
// B. van der Pol, On relaxation oscillations, Phil. Mag. 2 (1926), 978–992.
type VanDerPol struct {
	Mu float64 `json:"mu"` // μ
}

// Name returns "vanderpol".
func (VanDerPol) Name() string { return "vanderpol" }

// Dim returns 2.
func (VanDerPol) Dim() int { return 2 }

// Components returns x, v.
func (VanDerPol) Components() []string { return []string{"x", "v"} }

// RHS writes (v, μ(1−x²)v − x) into dst.
func (p VanDerPol) RHS(dst, u []float64) {
	x, v := u[0], u[1]
	dst[0] = v
	dst[1] = p.Mu*(1-x*x)*v - x
}

// Jacobian writes the derivatives of RHS into dst.
func (p VanDerPol) Jacobian(dst *mat.Dense, u []float64) {
	x, v := u[0], u[1]
	dst.SetRow(0, []float64{0, 1})
	dst.SetRow(1, []float64{-2*p.Mu*x*v - 1, p.Mu * (1 - x*x)})
}

// VanDerPolStates draws n states at rest, 1.2 ≤ |x| < 2.2 on either side.
func VanDerPolStates(n int, seed uint64) [][]float64 {
	rnd := rand.New(rand.NewPCG(seed, 0))
	u := make([][]float64, n)
	for i := range u {
		x := 1.2 + rnd.Float64()
		if rnd.Float64() < 0.5 {
			x = -x
		}
		u[i] = []float64{x, 0}
	}
	return u
}

// Oregonator is the model of the Belousov–Zhabotinskii reaction, whose limit
// cycle has a period near 303,
//
//	x' = 77.27 (y + x (1 − 8.375·10⁻⁶ x − y))
//	y' = (z − (1 + x) y)/77.27
//	z' = 0.161 (x − z).
//
// R. J. Field, R. M. Noyes, Oscillations in chemical systems IV, J. Chem. Phys.
// 60 (1974), 1877–1884; Hairer and Wanner, section IV.10. The published solution
// starts at (1, 2, 3).
type Oregonator struct{}

// Name returns "oregonator".
func (Oregonator) Name() string { return "oregonator" }

// Dim returns 3.
func (Oregonator) Dim() int { return 3 }

// Components returns x, y, z.
func (Oregonator) Components() []string { return []string{"x", "y", "z"} }

// RHS writes the rates of change into dst.
func (Oregonator) RHS(dst, u []float64) {
	x, y, z := u[0], u[1], u[2]
	dst[0] = 77.27 * (y + x*(1-8.375e-6*x-y))
	dst[1] = (z - (1+x)*y) / 77.27
	dst[2] = 0.161 * (x - z)
}

// Jacobian writes the derivatives of RHS into dst.
func (Oregonator) Jacobian(dst *mat.Dense, u []float64) {
	x, y := u[0], u[1]
	dst.SetRow(0, []float64{77.27 * (1 - 2*8.375e-6*x - y), 77.27 * (1 - x), 0})
	dst.SetRow(1, []float64{-y / 77.27, -(1 + x) / 77.27, 1 / 77.27})
	dst.SetRow(2, []float64{0.161, 0, -0.161})
}

// OregonatorStates draws n states within 50 % of (1, 2, 3), component by component.
func OregonatorStates(n int, seed uint64) [][]float64 {
	rnd := rand.New(rand.NewPCG(seed, 0))
	u := make([][]float64, n)
	for i := range u {
		u[i] = []float64{within(rnd, 0.5), 2 * within(rnd, 0.5), 3 * within(rnd, 0.5)}
	}
	return u
}
