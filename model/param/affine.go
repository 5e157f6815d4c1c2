package param

import (
	"slices"

	G "gorgonia.org/gorgonia"

	"spnode/ops"
)

// Affine maps each component of a state, x = (u − offset)·factor; nil stands for
// offsets of 0 and factors of 1.
type Affine struct{ Offset, Factor []float64 }

// Apply maps states, row by row, in place.
func (a Affine) Apply(u []float64) {
	for k, o := range a.Offset {
		for i := k; i < len(u); i += len(a.Offset) {
			u[i] -= o
		}
	}
	for k, f := range a.Factor {
		for i := k; i < len(u); i += len(a.Factor) {
			u[i] *= f
		}
	}
}

// Undo is the inverse of Apply.
func (a Affine) Undo(x []float64) {
	for k, f := range a.Factor {
		for i := k; i < len(x); i += len(a.Factor) {
			x[i] /= f
		}
	}
	for k, o := range a.Offset {
		for i := k; i < len(x); i += len(a.Offset) {
			x[i] += o
		}
	}
}

// Functional returns v and d with w·u − c = v·x − d.
func (a Affine) Functional(w []float64, c float64) (v []float64, d float64) {
	v, d = slices.Clone(w), c
	for i, o := range a.Offset {
		d -= w[i] * o
	}
	for i, f := range a.Factor {
		v[i] /= f
	}
	return v, d
}

// Node is Apply in a graph.
func (a Affine) Node(u *G.Node) (*G.Node, error) {
	if len(a.Factor) == 0 {
		return u, nil
	}
	c := make([]float64, len(a.Factor))
	for i, f := range a.Factor {
		c[i] = -a.Offset[i] * f
	}
	return ops.Affine(u, a.Factor, c)
}

// Validate refuses what does not scale m components: what part, a prefix, has.
func (a Affine) Validate(part string, m int) error {
	for name, s := range map[string][]float64{"offset": a.Offset, "factor": a.Factor} {
		if len(s) != 0 && len(s) != m {
			return ConfigError("%s%s has %d elements, want %d or none", part, name, len(s), m)
		}
		for i, v := range s {
			if !Finite(v) || name == "factor" && v == 0 {
				return ConfigError("%s%s of component %d is %g, want a finite number, for a factor not 0", part, name, i, v)
			}
		}
	}
	return nil
}
