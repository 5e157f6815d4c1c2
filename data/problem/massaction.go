package problem

import (
	"slices"

	"gonum.org/v1/gonum/mat"
)

// MassAction is a network of reactions by the law of mass action,
//
//	du_i/dt = Σ_r c_ri v_r,  v_r = k_r Π_{j ∈ reactants of r} u_j,
//
// with the stoichiometry c. A reaction with no reactants is a constant source.
type MassAction struct {
	Title     string // what Name returns
	Species   []string
	Reactions []Reaction
}

// Reaction is one reaction of a MassAction network.
type Reaction struct {
	Rate      float64         // k, in the units of the concentrations and of time
	Reactants []int           // at most two species, by their index; twice the same: its square
	Change    map[int]float64 // what the reaction adds to each species
}

// Name returns the network's title.
func (m MassAction) Name() string { return m.Title }

// Dim returns the number of species.
func (m MassAction) Dim() int { return len(m.Species) }

// Components returns the names of the species.
func (m MassAction) Components() []string { return slices.Clone(m.Species) }

// RHS writes the rates of change into dst.
func (m MassAction) RHS(dst, u []float64) {
	clear(dst)
	for _, r := range m.Reactions {
		v := r.Rate
		for _, j := range r.Reactants {
			v *= u[j]
		}
		for i, c := range r.Change { // of distinct species: the order does not matter
			dst[i] += float64(c * v)
		}
	}
}

// Jacobian writes the derivatives of RHS into dst.
func (m MassAction) Jacobian(dst *mat.Dense, u []float64) {
	dst.Zero()
	for _, r := range m.Reactions {
		for k, j := range r.Reactants { // the product rule, a factor at a time
			d := r.Rate
			for l, other := range r.Reactants {
				if l != k {
					d *= u[other]
				}
			}
			for i, c := range r.Change {
				dst.Set(i, j, dst.At(i, j)+float64(c*d))
			}
		}
	}
}
