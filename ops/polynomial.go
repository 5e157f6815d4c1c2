package ops

import (
	"math"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops/graph"
	"spnode/ops/kernel"
	"spnode/ops/kernel/poly"
)

// Polynomial is the node of a polynomial map of rows, p(u), for u (batch, n) and
// its coefficients c: see poly.Polynomial for their order. c is a vector of them
// or, of a full polynomial, may be (features, m).
func Polynomial(u, c *G.Node, p *poly.Polynomial) (*G.Node, error) {
	us := u.Shape()
	if us.Dims() != 2 || us[1] != p.In() || c.Shape().TotalSize() != p.Coefficients() {
		return nil, shapeError("Polynomial", "u is %v and c %v, want (batch, %d) and %d coefficients", us, c.Shape(), p.In(), p.Coefficients())
	}
	return graph.ByDtype("Polynomial", u,
		func() (*G.Node, error) { return polynomial[float64](u, c, p) },
		func() (*G.Node, error) { return polynomial[float32](u, c, p) })
}

func polynomial[T kernel.Float](u, c *G.Node, p *poly.Polynomial) (*G.Node, error) {
	batch := u.Shape()[0]
	w := poly.NewWork[T](p)
	return graph.Function[T]{
		Name:   "Polynomial",
		Shape:  tensor.Shape{batch, p.Out()},
		Inputs: G.Nodes{u, c},
		Adds:   []bool{false, true},
		Lean:   true,
		Forward: func(y []T, in [][]T) error {
			w.ForwardTo(y, in[0], in[1], batch)
			return nil
		},
		Adjoint: func(d, in [][]T, y, dy []T) error {
			w.AddBackward(d[0], d[1], in[0], in[1], dy, batch)
			return nil
		},
	}.Node()
}

// Ball is the node of the projection of the rows of u, (batch, n), on the ball of a
// radius R around 0,
//
//	Π_R(u) = u min(1, R/‖u‖),
//
// which has the Lipschitz constant 1, and leaves what lies inside as it is to the
// bit. Its derivative on the sphere itself is taken as that inside.
func Ball(u *G.Node, radius float64) (*G.Node, error) {
	if u.Shape().Dims() != 2 || !(radius > 0) || math.IsInf(radius, 0) {
		return nil, shapeError("Ball", "u is %v and the radius %g, want (batch, n) and a finite number above 0", u.Shape(), radius)
	}
	return graph.ByDtype("Ball", u,
		func() (*G.Node, error) { return ball[float64](u, radius) },
		func() (*G.Node, error) { return ball[float32](u, radius) })
}

func ball[T kernel.Float](u *G.Node, radius float64) (*G.Node, error) {
	n := u.Shape()[1]
	return graph.Function[T]{
		Name:   "Ball",
		Shape:  u.Shape(),
		Inputs: G.Nodes{u},
		Forward: func(y []T, in [][]T) error {
			copy(y, in[0])
			for ; len(y) > 0; y = y[n:] {
				if s := overshoot(y[:n], radius); s > 1 {
					for i, v := range y[:n] {
						y[i] = T(float64(v) / s)
					}
				}
			}
			return nil
		},
		Adjoint: func(d, in [][]T, y, dy []T) error {
			for r := 0; r < len(dy); r += n {
				u, dy, du := in[0][r:r+n], dy[r:r+n], d[0][r:r+n]
				s := overshoot(u, radius)
				if !(s > 1) {
					copy(du, dy)
					continue
				}
				// (R/‖u‖)(dy − e(e·dy)) for e = u/‖u‖, of norm R s.
				var along float64
				for i, v := range dy {
					along += float64(v) * float64(u[i])
				}
				along /= s * radius * s * radius
				for i, v := range dy {
					du[i] = T((float64(v) - along*float64(u[i])) / s)
				}
			}
			return nil
		},
	}.Node()
}

// overshoot is ‖u‖/R.
func overshoot[T kernel.Float](u []T, radius float64) float64 {
	var s float64
	for _, v := range u {
		x := float64(v) / radius
		s += x * x
	}
	return math.Sqrt(s)
}
