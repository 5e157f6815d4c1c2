package leastsq

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
)

// scaled returns G with rows and columns scaled to a unit diagonal, and the scales.
func (s *system) scaled() (*mat.SymDense, []float64) {
	n := s.features
	d := make([]float64, n)
	for band, g := range s.gram {
		begin := band * bandRows
		w := n - begin
		for i := range len(g) / w {
			d[begin+i] = math.Sqrt(g[i*w+i])
			if d[begin+i] == 0 {
				d[begin+i] = 1
			}
		}
	}
	m := mat.NewSymDense(n, nil)
	for band, g := range s.gram {
		begin := band * bandRows
		w := n - begin
		for i := range len(g) / w {
			for j := i; j < w; j++ {
				m.SetSym(begin+i, begin+j, g[i*w+j]/(d[begin+i]*d[begin+j]))
			}
		}
	}
	return m, d
}

// solution is the result of a system.
type solution struct {
	c         *mat.Dense // (features, columns)
	residual  float64    // Σ of the squares
	condition float64    // of the scaled features, ridge included
	open      []Direction
}

// solve returns the solution of (G + ridge·diag G) c = B by Cholesky's factors. The
// condition of G is the square of that of the features, which a ridge of 1e-9 keeps
// below 10⁵; an orthogonal factorisation of all rows, for ten times the work, would be
// for ridges of 1e-14. A correction, which fits what is left, refines the solution as well.
func (s *system) solve(ridge float64) (*solution, error) {
	if s.features == 0 { // none of the degree enters such outputs
		return &solution{c: new(mat.Dense), residual: s.square, condition: 1}, nil
	}
	g, d := s.scaled()
	n, m := s.features, len(s.columns)
	for i := range n {
		g.SetSym(i, i, g.At(i, i)+ridge)
	}
	rhs := mat.NewDense(n, m, nil)
	for i := range n {
		for j := range m {
			rhs.Set(i, j, s.rhs[i*m+j]/d[i])
		}
	}
	var ch mat.Cholesky
	if !ch.Factorize(g) || ch.Cond()*float64(n)*0x1p-52 > 1 {
		return nil, errors.Errorf("leastsq: the Gram matrix of %d features over %d rows, with the ridge %g, is not positive to rounding; try a larger ridge, a lower degree or more data", n, s.rows, ridge)
	}
	r := &solution{c: new(mat.Dense), condition: math.Sqrt(ch.Cond())}
	if err := ch.SolveTo(r.c, rhs); err != nil {
		if _, ok := err.(mat.Condition); !ok {
			return nil, errors.Wrap(err, "leastsq")
		}
	}
	// ‖y − Xc‖² = yᵀy − 2cᵀb + cᵀGc, and Gc = b − ridge c.
	r.residual = s.square
	for i := range n {
		for j := range m {
			c := r.c.At(i, j)
			r.residual -= c*rhs.At(i, j) + ridge*c*c
		}
	}
	r.residual = max(0, r.residual)
	r.open = weakest(&ch, ridge, n)
	for i := range n {
		for j := range m {
			r.c.Set(i, j, r.c.At(i, j)/d[i])
		}
	}
	return r, nil
}

// Direction is a combination of features that the data hardly excite: with features
// of unit mean square, and coefficients of unit norm, its mean square is Size², and
// what the fit has along it the ridge has decided, or rounding.
type Direction struct {
	Size     float64   `json:"size"`
	Outputs  []int     `json:"outputs"`  // the components of the image for which it is open
	Features []int     `json:"features"` // those of its largest coefficients
	Weights  []float64 `json:"weights"`  // these coefficients
}

// weakDirections is how many directions of the least size are looked at.
const weakDirections = 3

// weakest returns the directions in which the ridge is more than a tenth of the
// Gram matrix with it, up to weakDirections, by iterations of the inverse in a subspace.
func weakest(ch *mat.Cholesky, ridge float64, n int) (open []Direction) {
	k := min(weakDirections, n)
	v := mat.NewDense(n, k, nil)
	for i := range n {
		for j := range k {
			// Any start that is orthogonal to nothing will do.
			v.Set(i, j, math.Sin(float64((i+1)*(2*j+3))))
		}
	}
	for range 12 {
		var qr mat.QR
		var w mat.Dense
		_ = ch.SolveTo(&w, v) // an ill condition is what is looked for
		qr.Factorize(&w)
		var q mat.Dense
		qr.QTo(&q)
		v.Copy(q.Slice(0, n, 0, k))
	}
	for j := range k {
		x := mat.Col(nil, j, v)
		var y mat.VecDense
		_ = ch.SolveVecTo(&y, mat.NewVecDense(n, slices.Clone(x)))
		value := 1 / mat.Dot(&y, mat.NewVecDense(n, x)) // of G + ridge
		if !(value < 10*max(ridge, float64(n)*0x1p-52)) {
			continue
		}
		order := make([]int, n)
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int {
			switch p, q := math.Abs(x[a]), math.Abs(x[b]); {
			case p > q:
				return -1
			case p < q:
				return 1
			}
			return 0
		})
		d := Direction{Size: math.Sqrt(max(0, value-ridge))}
		for _, i := range order[:min(4, n)] {
			d.Features, d.Weights = append(d.Features, i), append(d.Weights, x[i])
		}
		open = append(open, d)
	}
	return open
}
