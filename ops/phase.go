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

// Harmonics is the node of u, (rows, n), with powers of z = u_1 + i u_2,
//
//	(Re z, Im z, ½ Re z², ½ Im z², …, Re z^k/k, Im z^k/k, u_3, …, u_n),
//
// in place of z: of a point of the unit circle at θ the harmonics cos jθ, sin jθ, all
// as steep.
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
					y[2*j], y[2*j+1] = re/T(j+1), im/T(j+1)
					re, im = re*x[0]-im*x[1], re*x[1]+im*x[0]
				}
				copy(y[2*k:], x[2:])
			}
			return nil
		},
		// Of z^j/j the derivative is z^{j−1}.
		Adjoint: func(d, in [][]T, out, dOut []T) error {
			for r := range rows {
				x, dx, dy := in[0][r*n:][:n], d[0][r*n:][:n], dOut[r*width:][:width]
				dx[0], dx[1] = 0, 0
				re, im := T(1), T(0)
				for j := 0; j < 2*k; j += 2 {
					dx[0] += re*dy[j] + im*dy[j+1]
					dx[1] += re*dy[j+1] - im*dy[j]
					re, im = re*x[0]-im*x[1], re*x[1]+im*x[0]
				}
				copy(dx[2:], dy[2*k:])
			}
			return nil
		},
	}.Node()
}
