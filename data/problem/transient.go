package problem

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Transient is the transient growth problem of section 5.1, eq. (21),
//
//	du/dt = A u + ε sin(u),  A = A_bump = [−2 10; 0 −2],
//
// with the sine taken of each component.
//
// Both eigenvalues of A are −2, so that every solution decays at ε = 0; but the
// numerical abscissa γ(A) = 3, eq. (22b), is positive, so that ‖u‖ may grow
// before it does:
//
//	exp(tA) = exp(−2t) [1 10t; 0 1].
//
// At ε = 1 the linearization A + I at the origin is still stable.
type Transient struct {
	Epsilon float64 `json:"epsilon"` // ε, the weight of the sine; the paper takes 0 and 1
}

// ABump returns the matrix A_bump of eq. (23), whose exponential grows before it
// decays.
func ABump() *mat.Dense { return mat.NewDense(2, 2, []float64{-2, 10, 0, -2}) }

// ADecay returns the matrix A_decay of eq. (23), which has the spectrum of
// A_bump and an exponential that decays from the start: γ(A_decay) = −3/2.
func ADecay() *mat.Dense { return mat.NewDense(2, 2, []float64{-2, 1, 0, -2}) }

// Name returns "transient".
func (Transient) Name() string { return "transient" }

// Dim returns 2.
func (Transient) Dim() int { return 2 }

// Components returns x1, x2.
func (Transient) Components() []string { return []string{"x1", "x2"} }

// RHS writes A_bump u + ε sin(u) into dst.
func (p Transient) RHS(dst, u []float64) {
	x1, x2 := u[0], u[1]
	dst[0] = -2*x1 + 10*x2
	dst[1] = -2 * x2
	if p.Epsilon != 0 { // the sines are most of the cost
		dst[0] += p.Epsilon * math.Sin(x1)
		dst[1] += p.Epsilon * math.Sin(x2)
	}
}
