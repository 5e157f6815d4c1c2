package model

import (
	"slices"

	"gonum.org/v1/gonum/floats"
	G "gorgonia.org/gorgonia"

	"spnode/ops"
)

// affine maps each component of a state, x = (u − offset)·factor; nil stands for
// offsets of 0 and factors of 1.
type affine struct{ offset, factor []float64 }

// apply maps states, row by row, in place.
func (a affine) apply(u []float64) {
	for k, o := range a.offset {
		for i := k; i < len(u); i += len(a.offset) {
			u[i] -= o
		}
	}
	for k, f := range a.factor {
		for i := k; i < len(u); i += len(a.factor) {
			u[i] *= f
		}
	}
}

// undo is the inverse of apply.
func (a affine) undo(x []float64) {
	for k, f := range a.factor {
		for i := k; i < len(x); i += len(a.factor) {
			x[i] /= f
		}
	}
	for k, o := range a.offset {
		for i := k; i < len(x); i += len(a.offset) {
			x[i] += o
		}
	}
}

// functional returns v and d with w·u − c = v·x − d.
func (a affine) functional(w []float64, c float64) (v []float64, d float64) {
	v, d = slices.Clone(w), c
	for i, o := range a.offset {
		d -= w[i] * o
	}
	for i, f := range a.factor {
		v[i] /= f
	}
	return v, d
}

// node is apply in a graph.
func (a affine) node(u *G.Node) (*G.Node, error) {
	if len(a.factor) == 0 {
		return u, nil
	}
	c := make([]float64, len(a.factor))
	for i, f := range a.factor {
		c[i] = -a.offset[i] * f
	}
	return ops.Affine(u, a.factor, c)
}

func (a affine) validate(part string, m int) error {
	for name, s := range map[string][]float64{"offset": a.offset, "factor": a.factor} {
		if len(s) != 0 && len(s) != m {
			return configError("%s%s has %d elements, want %d or none", part, name, len(s), m)
		}
		for i, v := range s {
			if !finite(v) || name == "factor" && v == 0 {
				return configError("%s%s of component %d is %g, want a finite number, for a factor not 0", part, name, i, v)
			}
		}
	}
	return nil
}

func (c Config) scaling() affine            { return affine{c.Offset, c.Factor} }
func (c AutoencoderConfig) scaling() affine { return affine{c.Offset, c.Factor} }

// Scaled returns what the networks see of states, row by row: (U − Offset)·Factor,
// with U transformed if there are Transforms, or, if there is a Basis, its
// coordinates. See CheckStates for states that can't be transformed.
func (m *Model) Scaled(states []float64) []float64 {
	x := slices.Clone(states)
	transforms(m.cfg.Transforms).apply(x)
	m.cfg.scaling().apply(x)
	if len(m.cfg.Basis) == 0 {
		return x
	}
	var c []float64
	for _, row := range rows(x, m.cfg.Dim) {
		for _, v := range m.cfg.Basis {
			c = append(c, floats.Dot(v, row))
		}
	}
	return c
}

// Unscaled returns the states of which the networks see x, row by row: what Scaled
// undoes, but for what lies outside of a Basis.
func (m *Model) Unscaled(x []float64) []float64 {
	u := make([]float64, len(x)/m.cfg.Width()*m.cfg.Dim)
	m.unscaled(u, x)
	return u
}

// unscaled writes the states of which the networks see x to dst.
func (m *Model) unscaled(dst, x []float64) {
	if k := len(m.cfg.Basis); k == 0 {
		copy(dst, x)
	} else {
		clear(dst)
		for i, c := range x {
			floats.AddScaled(dst[i/k*m.cfg.Dim:][:m.cfg.Dim], c, m.cfg.Basis[i%k])
		}
	}
	m.cfg.scaling().undo(dst)
	transforms(m.cfg.Transforms).undo(dst)
}
