package closedform

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"

	"spnode/ops/kernel/poly"
)

// Bilinear writes a full polynomial of degree 2 without linear part, R^n → R^n, with
// the coefficients c, as the bilinear form (6),
//
//	g(u) = Σ_r (C^{(r)}u) ⊙ (D^{(r)}u) + b,
//
// with C and D of shape (rank, n, n). The quadratic form of each component is taken
// apart by its eigenvectors: pairs of one positive and one negative eigenvalue,
// αx² − βy² = (√αx − √βy)(√αx + √βy), the largest first, then what is left by itself.
// Of rank n it is exact; lost is what a lower one leaves out, relative, in the
// Frobenius norm.
func Bilinear(p *poly.Polynomial, c []float64, rank int) (C, D, b []float64, lost float64, err error) {
	n := p.In()
	if p.Periodic() || p.Linear() || p.Degree() != 2 || p.Out() != n || len(c) != p.Coefficients() {
		return nil, nil, nil, 0, errors.New("closedform: Bilinear: want a full polynomial of degree 2 without linear part, R^n to R^n, and its coefficients")
	}
	if rank < 1 {
		return nil, nil, nil, 0, errors.Errorf("closedform: Bilinear: rank is %d, want at least 1", rank)
	}
	C, D = make([]float64, rank*n*n), make([]float64, rank*n*n)
	var out, all float64
	for i := range n {
		h := mat.NewSymDense(n, nil)
		for f := range p.Groups()[0].Features {
			switch vs := p.Factors(0, f); {
			case len(vs) == 0:
				b = append(b, c[f*n+i])
			case vs[0] == vs[1]:
				h.SetSym(vs[0], vs[0], c[f*n+i])
			default:
				h.SetSym(vs[0], vs[1], c[f*n+i]/2)
			}
		}
		var e mat.EigenSym
		if !e.Factorize(h, true) {
			return nil, nil, nil, 0, errors.Errorf("closedform: Bilinear: eigenvalues of component %d did not converge", i)
		}
		var q mat.Dense
		e.VectorsTo(&q)
		values := e.Values(nil)
		order := make([]int, n) // by size
		for k := range order {
			order[k] = k
			all += values[k] * values[k]
		}
		slices.SortStableFunc(order, func(x, y int) int {
			switch p, q := math.Abs(values[x]), math.Abs(values[y]); {
			case p > q:
				return -1
			case p < q:
				return 1
			}
			return 0
		})
		var plus, minus []int
		for _, k := range order {
			if values[k] >= 0 {
				plus = append(plus, k)
			} else {
				minus = append(minus, k)
			}
		}
		for r := range max(len(plus), len(minus)) {
			root := func(of []int, j int) float64 {
				if r >= len(of) {
					return 0
				}
				return math.Sqrt(math.Abs(values[of[r]])) * q.At(j, of[r])
			}
			if r >= rank {
				for _, of := range [][]int{plus, minus} {
					if r < len(of) {
						out += values[of[r]] * values[of[r]]
					}
				}
				continue
			}
			for j := range n {
				x, y := root(plus, j), root(minus, j)
				C[(r*n+i)*n+j], D[(r*n+i)*n+j] = x-y, x+y
			}
		}
	}
	if all > 0 {
		lost = math.Sqrt(out / all)
	}
	return C, D, b, lost, nil
}
