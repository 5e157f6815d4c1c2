package problem

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"

	"spnode/data"
	"spnode/data/internal/stack"
	"spnode/data/ode"
)

// Robertson is the chemical reaction of section 5.2,
//
//	dy₁/dt = −0.04 y₁ + 10⁴ y₂ y₃
//	dy₂/dt =  0.04 y₁ − 10⁴ y₂ y₃ − 3·10⁷ y₂²
//	dy₃/dt =                          3·10⁷ y₂²,
//
// an autocatalysis with a slow, a fast and a very fast rate. It keeps the total
// mass y₁ + y₂ + y₃ and nonnegative concentrations nonnegative; y₂ stays below
// 4·10⁻⁵ of the mass, and everything ends in y₃.
//
// H. H. Robertson, The solution of a set of reaction rate equations, in Numerical
// Analysis: an Introduction, ed. J. Walsh, Academic Press (1966), 178–182; Hairer
// and Wanner, Solving Ordinary Differential Equations II, section IV.1.
type Robertson struct{}

// The rates of Robertson.
const (
	robertsonK1 = 0.04
	robertsonK2 = 1e4
	robertsonK3 = 3e7
)

// Name returns "robertson".
func (Robertson) Name() string { return "robertson" }

// Dim returns 3.
func (Robertson) Dim() int { return 3 }

// Components returns y1, y2, y3.
func (Robertson) Components() []string { return []string{"y1", "y2", "y3"} }

// RHS writes the rates of change into dst. Their sum is zero to a rounding of the
// second, where the reactions nearly balance, rather than of the reactions.
func (Robertson) RHS(dst, u []float64) {
	// The conversions keep a fused multiply-add from rounding a reaction in two ways.
	back := float64(robertsonK2*u[1]*u[2]) - float64(robertsonK1*u[0])
	out := float64(robertsonK3 * u[1] * u[1])
	dst[0] = back
	dst[1] = -back - out
	dst[2] = out
}

// Jacobian writes the derivatives of RHS into dst.
func (Robertson) Jacobian(dst *mat.Dense, u []float64) {
	by2, by3, out2 := robertsonK2*u[2], robertsonK2*u[1], 2*robertsonK3*u[1]
	for i, row := range [3][3]float64{
		{-robertsonK1, by2, by3},
		{robertsonK1, -by2 - out2, -by3},
		{0, out2, 0},
	} {
		dst.SetRow(i, row[:])
	}
}

// RobertsonTimes returns n ≥ 2 times, evenly spaced in log t from 4·10⁻⁶ to 4·10⁶:
// for 50, those of section 5.2. The paper's initial states are those at t = 0, and
// the data those at these times; see [ode.Radau.SolveFrom].
func RobertsonTimes(n int) []float64 {
	times, err := data.ParseTimes(fmt.Sprintf("log:4e-6:4e6:%d", n))
	if err != nil {
		panic(err)
	}
	return times
}

// RobertsonRadau returns the solver for [Robertson]: [ode.DefaultRadau] with an
// absolute tolerance that holds each component to the relative one, also y₃ when
// it has reached 10⁻¹² and y₂ when it has gone down to 10⁻⁹.
func RobertsonRadau() ode.Radau {
	m := ode.DefaultRadau()
	m.AbsTol = 1e-24
	return m
}

// RobertsonStates draws initial states around (1, 0, 0),
//
//	y(0) = m (1 − d₃ − 10⁻⁴ d₂, 10⁻⁴ d₂, d₃),  d₂, d₃ = Scale |N(0,1)|,
//
// of total mass m, uniform between MassMin and MassMax. The concentrations are
// not negative.
type RobertsonStates struct {
	Samples int     `json:"samples"`  // number of states
	Scale   float64 `json:"scale"`    // of the perturbation, 0 … 0.1
	MassMin float64 `json:"mass_min"` // least total mass, > 0; 0.95, say, for states that don't share one
	MassMax float64 `json:"mass_max"` // largest total mass; MassMin and MassMax are 1 by default
	Seed    uint64  `json:"seed"`     // training and held-out states should have different ones
}

// DefaultRobertsonStates returns n states of total mass 1 at a scale of 0.01.
func DefaultRobertsonStates(n int, seed uint64) RobertsonStates {
	return RobertsonStates{Samples: n, Scale: 0.01, MassMin: 1, MassMax: 1, Seed: seed}
}

// Validate returns an error for the first number that makes no sense.
func (r RobertsonStates) Validate() error { return errors.Wrap(r.check(), "problem: RobertsonStates") }

func (r RobertsonStates) check() error {
	switch {
	case r.Samples < 1:
		return errors.Errorf("Samples is %d, want at least 1", r.Samples)
	case !(r.Scale >= 0 && r.Scale <= 0.1): // ten deviations must not empty y1
		return errors.Errorf("Scale is %g, want 0 … 0.1", r.Scale)
	case !(r.MassMin > 0 && r.MassMin <= r.MassMax) || !stack.Finite(r.MassMax):
		return errors.Errorf("MassMin and MassMax are %g and %g, want 0 < MassMin ≤ MassMax", r.MassMin, r.MassMax)
	}
	return nil
}

// Draw returns the states, indexed [sample][component]. The same seed gives the
// same states, those for fewer samples are the first ones of those for more, and
// the masses do not change what is drawn beside them.
func (r RobertsonStates) Draw() ([][]float64, error) {
	if err := r.check(); err != nil {
		return nil, errors.Wrap(err, "problem: RobertsonStates.Draw")
	}
	rnd := rand.New(rand.NewPCG(r.Seed, 0))
	u := stack.New(r.Samples, 3)
	for _, y := range u {
		d2 := r.Scale * math.Abs(rnd.NormFloat64())
		d3 := r.Scale * math.Abs(rnd.NormFloat64())
		mass := r.MassMin + (r.MassMax-r.MassMin)*rnd.Float64()
		y[1], y[2] = 1e-4*d2, d3
		y[0] = 1 - y[2] - y[1]
		for j := range y {
			y[j] *= mass
		}
	}
	return u, nil
}
