package step

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops/graph"
	"spnode/ops/internal/fault"
	"spnode/ops/kernel"
	"spnode/ops/kernel/funm"
)

// Propagators is the node of all matrices that exponential steps over a whole
// time grid need: for every element h of the steps, of shape (steps, 1) or
// (steps, batch),
//
//	E = e^{hA}  and  P_j = hφ_j(hA),  j = 1, …, p,
//
// as a tensor of shape (steps, width, 1+p, n²), width 1 or batch. Equal steps
// are evaluated once. By doublings the cost is O((m + (1+p) log₂‖hA‖) n³), the only feasible
// form where ‖hA‖ is large. It is differentiable by A and the steps.
func Propagators(a, steps *G.Node, p int, tol Tolerance) (*G.Node, error) {
	as, ss := a.Shape(), steps.Shape()
	if as.Dims() != 2 || as[0] != as[1] || as[0] == 0 || ss.Dims() != 2 || p < 1 {
		return nil, shapeError("Propagators", "A is %v, the steps %v and p %d, want (n, n), (steps, 1 or batch) and p ≥ 1", as, ss, p)
	}
	return graph.ByDtype("Propagators", a,
		func() (*G.Node, error) { return propagators[float64](a, steps, p, tol) },
		func() (*G.Node, error) { return propagators[float32](a, steps, p, tol) })
}

func propagators[T kernel.Float](a, steps *G.Node, p int, tol Tolerance) (*G.Node, error) {
	n, count := a.Shape()[0], steps.Shape().TotalSize()
	size := (1 + p) * n * n
	var phis []*funm.Phi[T] // one for each distinct step
	var hs []float64
	at := make([]int, count) // index into phis
	seen := map[float64]int{}
	d, sum := make([][]T, 1+p), make([][]T, 1+p)
	for j := range sum {
		sum[j] = make([]T, n*n)
	}
	evaluate := func(in [][]T) error {
		hs = toFloat64(hs, in[1])
		if err := fault.Exponential("step: Propagators", in[0], hs); err != nil {
			return err
		}
		clear(seen)
		for i, h := range hs {
			k, ok := seen[h]
			if !ok {
				k = len(seen)
				seen[h] = k
				if k == len(phis) {
					phis = append(phis, funm.NewPhi[T](n, p, tolerance[T](tol)))
				}
				phis[k].Forward(in[0], h)
			}
			at[i] = k
		}
		return nil
	}
	return graph.Function[T]{
		Name:   "Propagators",
		Lean:   true,
		Shape:  tensor.Shape{steps.Shape()[0], steps.Shape()[1], 1 + p, n * n},
		Inputs: G.Nodes{a, steps},
		Forward: func(out []T, in [][]T) error {
			if err := evaluate(in); err != nil {
				return err
			}
			for i := range count {
				o := out[i*size:]
				copy(o, phis[at[i]].E())
				for j := 1; j <= p; j++ {
					copy(o[j*n*n:], phis[at[i]].P(j))
				}
			}
			return nil
		},
		// The intermediates of forward are still there: both are closures of
		// one node, and a run goes forward before it goes back.
		Adjoint: func(dIn, in [][]T, out, dOut []T) error {
			clear(dIn[0])
			for k := range len(seen) {
				for j := range sum {
					clear(sum[j])
				}
				for i := range count {
					if at[i] != k {
						continue
					}
					for j := range sum {
						d[j] = dOut[i*size+j*n*n:][:n*n]
						kernel.AxpyTo(sum[j], 1, d[j])
					}
					if dIn[1] != nil {
						dIn[1][i] = T(phis[k].StepGrad(d))
					}
				}
				phis[k].Backward(dIn[0], sum)
			}
			return nil
		},
	}.Node()
}

// Term is a term of an exponential step: Σ_j c_j P_j applied to G, where
// Coef[j−1] is c_j.
type Term struct {
	Coef []float64
	G    *G.Node
}

// Propagate is the node of one exponential step by the propagators of one
// grid, made by Propagators,
//
//	y = E u + Σ_i (Σ_j c_ij P_j) g_i,
//
// for u and every g_i (batch, n), with the matrices of step k. Where the grid
// has a step for each trajectory, every row has matrices of its own.
func Propagate(p *G.Node, k int, u *G.Node, terms ...Term) (*G.Node, error) {
	ps, us := p.Shape(), u.Shape()
	if ps.Dims() != 4 || us.Dims() != 2 || us[1]*us[1] != ps[3] || ps[1] != 1 && ps[1] != us[0] || k < 0 || k >= ps[0] {
		return nil, shapeError("Propagate", "the propagators are %v, u %v and the step %d, want (steps, 1 or batch, 1+p, n²) and (batch, n)", ps, us, k)
	}
	for i, t := range terms {
		if !t.G.Shape().Eq(us) || len(t.Coef) > ps[2]-1 {
			return nil, shapeError("Propagate", "term %d is %v with %d coefficients, want %v as u and at most %d", i, t.G.Shape(), len(t.Coef), us, ps[2]-1)
		}
	}
	return graph.ByDtype("Propagate", u,
		func() (*G.Node, error) { return propagate[float64](p, k, u, terms) },
		func() (*G.Node, error) { return propagate[float32](p, k, u, terms) })
}

func propagate[T kernel.Float](p *G.Node, k int, u *G.Node, terms []Term) (*G.Node, error) {
	ps := p.Shape()
	batch, n := u.Shape()[0], u.Shape()[1]
	nn, width := n*n, ps[1]
	size := ps[2] * nn
	rows := batch / width // that share the matrices of one entry of the grid
	inputs := G.Nodes{p, u}
	for _, t := range terms {
		inputs = append(inputs, t.G)
	}
	adds := make([]bool, len(inputs))
	adds[0] = true // each step has a part of them
	sum, dc := make([]T, nn), make([]T, nn)
	var tmp []T
	combine := func(ms []T, t Term) []T {
		if len(t.Coef) == 1 && t.Coef[0] == 1 {
			return ms[nn:][:nn]
		}
		clear(sum)
		for j, f := range t.Coef {
			kernel.AxpyTo(sum, T(f), ms[(1+j)*nn:][:nn])
		}
		return sum
	}
	return graph.Function[T]{
		Name:   "Propagate",
		Shape:  u.Shape(),
		Inputs: inputs,
		Adds:   adds,
		Forward: func(y []T, in [][]T) error {
			for w := range width {
				ms := in[0][(k*width+w)*size:][:size]
				lo, hi := w*rows*n, (w+1)*rows*n
				kernel.Gemm(false, true, rows, n, n, 1, in[1][lo:hi], ms[:nn], 0, y[lo:hi], &tmp)
				for i, t := range terms {
					kernel.Gemm(false, true, rows, n, n, 1, in[2+i][lo:hi], combine(ms, t), 1, y[lo:hi], &tmp)
				}
			}
			return nil
		},
		Adjoint: func(d, in [][]T, y, dy []T) error {
			for w := range width {
				ms, dms := in[0][(k*width+w)*size:][:size], d[0][(k*width+w)*size:][:size]
				lo, hi := w*rows*n, (w+1)*rows*n
				kernel.Gemm(false, false, rows, n, n, 1, dy[lo:hi], ms[:nn], 0, d[1][lo:hi], &tmp)
				kernel.Gemm(true, false, n, n, rows, 1, dy[lo:hi], in[1][lo:hi], 1, dms[:nn], &tmp)
				for i, t := range terms {
					kernel.Gemm(false, false, rows, n, n, 1, dy[lo:hi], combine(ms, t), 0, d[2+i][lo:hi], &tmp)
					kernel.Gemm(true, false, n, n, rows, 1, dy[lo:hi], in[2+i][lo:hi], 0, dc, &tmp)
					for j, f := range t.Coef {
						kernel.AxpyTo(dms[(1+j)*nn:][:nn], T(f), dc)
					}
				}
			}
			return nil
		},
	}.Node()
}
