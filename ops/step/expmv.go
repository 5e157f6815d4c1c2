package step

import (
	G "gorgonia.org/gorgonia"

	"spnode/ops/graph"
	"spnode/ops/internal/fault"
	"spnode/ops/kernel"
	"spnode/ops/kernel/expmv"
)

// Tolerance is the relative tolerance to which exponentials are evaluated. The
// zero value stands for the unit roundoff of the element type, 2⁻⁵³ or 2⁻²⁴.
type Tolerance float64

func tolerance[T kernel.Float](t Tolerance) float64 {
	if t > 0 {
		return float64(t)
	}
	return kernel.UnitRoundoff[T]()
}

// Expmv is the node of the ETD1 step, eq. (17), matrix-free,
//
//	y = e^{hA}u + hφ_1(hA)g,
//
// for A (n, n), u and g (batch, n), and h (1) or (batch): a step for all or
// one for each row. It is differentiable by all four. See expm.ExpmvTo for how it
// is evaluated; the adjoint is that of the same polynomial, with one more term
// where ‖hA‖ is small, which it evaluates again block by block, so that nothing
// is kept between the two.
func Expmv(a, u, g, h *G.Node, tol Tolerance) (*G.Node, error) {
	if err := checkStep("Expmv", a, u, h); err != nil {
		return nil, err
	}
	if !g.Shape().Eq(u.Shape()) {
		return nil, shapeError("Expmv", "g is %v, want %v as u", g.Shape(), u.Shape())
	}
	return graph.ByDtype("Expmv", u,
		func() (*G.Node, error) { return etd1[float64](a, u, g, h, tol) },
		func() (*G.Node, error) { return etd1[float32](a, u, g, h, tol) })
}

func etd1[T kernel.Float](a, u, g, h *G.Node, tol Tolerance) (*G.Node, error) {
	k := expmv.New[T](a.Shape()[0], 1, tolerance[T](tol))
	var hs []float64
	return graph.Function[T]{
		Name:   "Expmv",
		Shape:  u.Shape(),
		Inputs: G.Nodes{a, u, g, h},
		Forward: func(y []T, in [][]T) error {
			hs = toFloat64(hs, in[3])
			if err := fault.Exponential("step: Expmv", in[0], hs); err != nil {
				return err
			}
			k.ForwardTo(y, in[0], hs, in[1], in[2])
			return nil
		},
		Adjoint: func(d, in [][]T, y, dy []T) error {
			hs = toFloat64(hs, in[3])
			clear(d[0])
			clear(d[3])
			k.BackwardTo(d[1], d[2], d[0], d[3], in[0], hs, in[1], in[2], dy)
			return nil
		},
	}.Node()
}

// shapeError is an ErrShape that says what was got and what was wanted.
func shapeError(name, format string, args ...any) error {
	return fault.Shape("step: "+name, format, args...)
}

// checkStep is the check that every step function shares.
func checkStep(name string, a, u, h *G.Node) error {
	as, us, hs := a.Shape(), u.Shape(), h.Shape()
	if as.Dims() != 2 || as[0] != as[1] || us.Dims() != 2 || us[1] != as[0] || us.TotalSize() == 0 {
		return shapeError(name, "A is %v and u %v, want (n, n) and (batch, n)", as, us)
	}
	if hs.Dims() != 1 || hs[0] != 1 && hs[0] != us[0] {
		return shapeError(name, "h is %v, want (1) or (%d), the batch", hs, us[0])
	}
	return nil
}

func toFloat64[T kernel.Float](dst []float64, x []T) []float64 {
	dst = dst[:0]
	for _, v := range x {
		dst = append(dst, float64(v))
	}
	return dst
}
