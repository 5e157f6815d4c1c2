package step

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops/graph"
	"spnode/ops/internal/fault"
	"spnode/ops/kernel"
	"spnode/ops/kernel/funm"
)

// Ladder makes exponential steps in which every row of a batch has a step of its
// own: what Propagators and Propagate are for a grid that the batch shares.
//
// It is the node of the flows over h_0, 2h_0, 4h_0, … of one A, which serve all
// steps of a grid; a row passes through a Taylor polynomial and the flows that
// add up to its step. That takes some log₂‖hA‖ products of n×n matrices with
// the row, where Expmv takes several ‖hA‖ and propagators for each row as many
// products of matrices. See funm.Ladder.
type Ladder struct {
	stacks, a, steps *G.Node
	p                int
	f64              *funm.Ladder[float64] // one of the two
	f32              *funm.Ladder[float32]
}

// NewLadder returns the ladder of A (n, n) for steps h ≥ 0 of shape (intervals,
// batch) and φ_1, …, φ_p, p ≥ 1. It is differentiable by A and the steps.
func NewLadder(a, steps *G.Node, p int, tol Tolerance) (*Ladder, error) {
	as, ss := a.Shape(), steps.Shape()
	if as.Dims() != 2 || as[0] != as[1] || ss.Dims() != 2 || p < 1 {
		return nil, shapeError("NewLadder", "A is %v, the steps %v and p %d, want (n, n), (intervals, batch) and p ≥ 1", as, ss, p)
	}
	l := &Ladder{a: a, steps: steps, p: p}
	var err error
	l.stacks, err = graph.ByDtype("NewLadder", a,
		func() (*G.Node, error) {
			l.f64 = funm.NewLadder[float64](as[0], p, tolerance[float64](tol))
			return ladderStacks(l.f64, a, steps, p)
		},
		func() (*G.Node, error) {
			l.f32 = funm.NewLadder[float32](as[0], p, tolerance[float32](tol))
			return ladderStacks(l.f32, a, steps, p)
		})
	return l, err
}

// ladderStacks is the node of the powers and levels: their number depends on the
// values of A and the steps, so it has the size of as many as there can be, of which
// the others are 0.
func ladderStacks[T kernel.Float](k *funm.Ladder[T], a, steps *G.Node, p int) (*G.Node, error) {
	n := a.Shape()[0]
	var hs []float64
	return graph.Function[T]{
		Name:   "Ladder",
		Shape:  tensor.Shape{funm.StacksSize(p), n * n},
		Inputs: G.Nodes{a, steps},
		WRT:    []bool{true, false}, // the steps that it makes have a part in that
		Forward: func(out []T, in [][]T) error {
			hs = toFloat64(hs, in[1])
			if err := fault.Exponential("step: Ladder", in[0], hs); err != nil {
				return err
			}
			var top float64
			for i, h := range hs {
				if h < 0 {
					return errors.Errorf("step: Ladder: step %d is %v, want ≥ 0", i, h)
				}
				top = max(top, h)
			}
			if !k.Make(in[0], top) {
				norm, _ := kernel.Norm1(n, n, in[0])
				return fault.NotFinite("step: Ladder", "‖hA‖₁ is %.3g for the step %.3g, beyond the %d levels that there are; try shorter steps, or times in another unit", norm*top, top, funm.MaxLevels)
			}
			clear(out[copy(out, k.Stacks()):])
			return nil
		},
		Adjoint: func(d, in [][]T, out, dOut []T) error {
			clear(d[0])
			k.Backward(d[0], dOut)
			return nil
		},
	}.Node()
}

// Step is the node of one exponential step by interval k of the grid,
//
//	y = e^{chA}u + Σ_i (Σ_j c_ij P_j) g_i,  P_j = chφ_j(chA),
//
// for u and every g_i (batch, n): Propagate with a part 0 < c ≤ 1 of the step,
// for the stages of a method. A row whose step is 0 keeps its bits.
func (l *Ladder) Step(k int, c float64, u *G.Node, terms ...Term) (*G.Node, error) {
	us, as, ss := u.Shape(), l.a.Shape(), l.steps.Shape()
	if us.Dims() != 2 || us[1] != as[0] || ss[1] != 1 && ss[1] != us[0] || k < 0 || k >= ss[0] || !(c > 0 && c <= 1) {
		return nil, shapeError("Ladder.Step", "A is %v, the steps %v, u %v, the interval %d and the part %g of it, want (n, n), (intervals, batch), (batch, n) and 0 < part ≤ 1", as, ss, us, k, c)
	}
	for i, t := range terms {
		if !t.G.Shape().Eq(us) || len(t.Coef) > l.p {
			return nil, shapeError("Ladder.Step", "term %d is %v with %d coefficients, want %v as u and at most %d", i, t.G.Shape(), len(t.Coef), us, l.p)
		}
	}
	return graph.ByDtype("Ladder.Step", u,
		func() (*G.Node, error) { return ladderStep(l.f64, l, k, c, u, terms) },
		func() (*G.Node, error) { return ladderStep(l.f32, l, k, c, u, terms) })
}

func ladderStep[T kernel.Float](kern *funm.Ladder[T], l *Ladder, k int, c float64, u *G.Node, terms []Term) (*G.Node, error) {
	width := l.steps.Shape()[1]
	inputs := G.Nodes{l.stacks, l.steps, u}
	p := 0
	for _, t := range terms {
		inputs = append(inputs, t.G)
		p = max(p, len(t.Coef))
	}
	adds := make([]bool, len(inputs))
	adds[0], adds[1] = true, true // each step has a part of them
	const first = 3               // term among the inputs
	var h []float64
	var slopes, memory []T
	v, dv := make([][]T, p), make([][]T, p)
	load := func(in [][]T) {
		h = toFloat64(h, in[1][k*width:(k+1)*width])
		for i := range h {
			h[i] *= c
		}
		if len(terms) == 1 && p == 1 && terms[0].Coef[0] == 1 {
			v[0] = in[first]
			return
		}
		size := len(in[2])
		if memory == nil {
			memory = make([]T, p*size)
		}
		for j := range v {
			v[j] = memory[j*size : (j+1)*size]
			clear(v[j])
			for i, t := range terms {
				if j < len(t.Coef) && t.Coef[j] != 0 {
					kernel.AxpyTo(v[j], T(t.Coef[j]), in[first+i])
				}
			}
		}
	}
	return graph.Function[T]{
		Name:   "Ladder.Step",
		Shape:  u.Shape(),
		Inputs: inputs,
		Adds:   adds,
		Lean:   true,
		Forward: func(y []T, in [][]T) error {
			load(in)
			kern.StepTo(y, h, in[2], v...)
			return nil
		},
		Adjoint: func(d, in [][]T, y, dy []T) error {
			load(in)
			var dh []T
			if d[1] != nil {
				if slopes == nil {
					slopes = make([]T, width)
				}
				dh = slopes
				clear(dh)
			}
			for j := range dv {
				if dv[j] == nil {
					dv[j] = make([]T, len(dy))
				}
			}
			kern.StepBackward(d[2], dv, d[0], dh, h, in[2], v, dy)
			if d[1] != nil {
				kernel.AxpyTo(d[1][k*width:(k+1)*width], T(c), dh)
			}
			for i, t := range terms {
				di := d[first+i]
				if di == nil {
					continue
				}
				clear(di)
				for j, f := range t.Coef {
					if f != 0 {
						kernel.AxpyTo(di, T(f), dv[j])
					}
				}
			}
			return nil
		},
	}.Node()
}
