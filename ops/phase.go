package ops

import (
	"math"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops/graph"
	"spnode/ops/kernel"
)

// Circle is the node of u, (rows, n), with the first two columns (a, b) on the unit
// circle, (a, b)/√(a² + b²). Where both are 0 it is (1, 0), which has no gradient.
func Circle(u *G.Node) (*G.Node, error) {
	if s := u.Shape(); s.Dims() != 2 || s[1] < 2 {
		return nil, shapeError("Circle", "u is %v, want a matrix of at least two columns", s)
	}
	return graph.ByDtype("Circle", u,
		func() (*G.Node, error) { return circle[float64](u) },
		func() (*G.Node, error) { return circle[float32](u) })
}

func circle[T kernel.Float](u *G.Node) (*G.Node, error) {
	rows, n := u.Shape()[0], u.Shape()[1]
	radius := func(u []T) T { return T(math.Hypot(float64(u[0]), float64(u[1]))) }
	return graph.Function[T]{
		Name:   "Circle",
		Shape:  u.Shape(),
		Inputs: G.Nodes{u},
		Forward: func(out []T, in [][]T) error {
			copy(out, in[0])
			for r := range rows {
				if y, size := out[r*n:][:2], radius(in[0][r*n:]); size > 0 {
					y[0], y[1] = y[0]/size, y[1]/size
				} else {
					y[0], y[1] = 1, 0
				}
			}
			return nil
		},
		// With the angle θ of (a, b): dθ = (a db − b da)/(a² + b²).
		Adjoint: func(d, in [][]T, out, dOut []T) error {
			copy(d[0], dOut)
			for r := range rows {
				dx, y, dy := d[0][r*n:][:2], out[r*n:][:2], dOut[r*n:][:2]
				turn := y[0]*dy[1] - y[1]*dy[0]
				if size := radius(in[0][r*n:]); size > 0 {
					turn /= size
				} else {
					turn = 0
				}
				dx[0], dx[1] = -y[1]*turn, y[0]*turn
			}
			return nil
		},
	}.Node()
}

// Harmonics is the node of u, (rows, n), with powers of z = u_1 + i u_2, each the square
// of the one before,
//
//	(Re z, Im z, ½ Re z², ½ Im z², ¼ Re z⁴, …, 2^(1−k) Im z^(2^(k−1)), u_3, …, u_n),
//
// in place of z: of a point of the unit circle at θ the harmonics cos 2^j θ, sin 2^j θ,
// all as steep. They are the Fourier features of Mildenhall and others (2020, NeRF).
func Harmonics(u *G.Node, k int) (*G.Node, error) {
	if s := u.Shape(); s.Dims() != 2 || s[1] < 2 || k < 1 {
		return nil, shapeError("Harmonics", "u is %v and k = %d, want a matrix of at least two columns and k at least 1", s, k)
	}
	return graph.ByDtype("Harmonics", u,
		func() (*G.Node, error) { return harmonics[float64](u, k) },
		func() (*G.Node, error) { return harmonics[float32](u, k) })
}

func harmonics[T kernel.Float](u *G.Node, k int) (*G.Node, error) {
	rows, n := u.Shape()[0], u.Shape()[1]
	width := n + 2*(k-1)
	return graph.Function[T]{
		Name:   "Harmonics",
		Shape:  tensor.Shape{rows, width},
		Inputs: G.Nodes{u},
		Forward: func(out []T, in [][]T) error {
			for r := range rows {
				x, y := in[0][r*n:][:n], out[r*width:][:width]
				re, im := x[0], x[1]
				for j := range k {
					size := T(math.Ldexp(1, -j))
					y[2*j], y[2*j+1] = re*size, im*size
					re, im = re*re-im*im, 2*re*im
				}
				copy(y[2*k:], x[2:])
			}
			return nil
		},
		// Backwards from the last power: of z² the derivative is 2z.
		Adjoint: func(d, in [][]T, out, dOut []T) error {
			for r := range rows {
				dx, y, dy := d[0][r*n:][:n], out[r*width:][:width], dOut[r*width:][:width]
				var dre, dim T
				for j := k - 1; j >= 0; j-- {
					size := T(math.Ldexp(1, -j))
					re, im := 2*y[2*j]/size, 2*y[2*j+1]/size
					dre, dim = re*dre+im*dim+size*dy[2*j], re*dim-im*dre+size*dy[2*j+1]
				}
				dx[0], dx[1] = dre, dim
				copy(dx[2:], dy[2*k:])
			}
			return nil
		},
	}.Node()
}
