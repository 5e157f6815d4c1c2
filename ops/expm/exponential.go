package expm

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"spnode/ops/internal/fault"
	"spnode/ops/kernel"
	"spnode/ops/kernel/expmv"
)

// Exponential is the action of e^{tA} for one A, prepared for many times and
// states: it holds A in the form in which its products are cheapest, and the
// work space, so that after the first call of ApplyTo of a size no other
// allocates. It serves one goroutine at a time.
type Exponential struct {
	n    int
	tol  float64
	norm float64 // ‖A‖₁, or a bound

	full     []float64 // one of the three
	sparse   *expmv.Sparse[float64]
	operator expmv.Operator[float64]

	work []*expmv.Expmv[float64] // by the number of w
	t    [1]float64
	y    []float64
	ws   [][]float64
}

// A matrix of at least sparseSize rows is kept by its non-zeros if these are
// at most a part of 1/sparsePart of all: a product is faster so by then, on
// the assembly for the full one and plain Go for the sparse.
const (
	sparseSize = 32
	sparsePart = 8
)

// NewExponential returns the exponential of A, which is n×n, and copied. See
// ExpmvTo for the matrices that are read by their non-zeros alone. The error
// is ErrShape if A is not square and ErrNotFinite if it is not finite.
func NewExponential(a mat.Matrix, tol float64) (*Exponential, error) {
	e := &Exponential{}
	if err := e.set("expm: NewExponential", a, tol); err != nil {
		return nil, err
	}
	e.full = append([]float64(nil), e.full...)
	return e, nil
}

// set prepares e for A, whose elements it may share, and keeps the work space
// if there is one of the right size.
func (e *Exponential) set(name string, a mat.Matrix, tol float64) error {
	n, c := a.Dims()
	if n != c || n == 0 {
		return fault.Shape(name, "A is %d×%d, want a square matrix of a row at least", n, c)
	}
	if t := tolerance(tol); n != e.n || t != e.tol {
		*e = Exponential{n: n, tol: t}
	}
	e.full, e.sparse = nil, nil
	few := n * n / sparsePart
	if nz, ok := a.(mat.NonZeroDoer); ok && n >= sparseSize {
		e.sparse = expmv.NewSparse(n, nz.DoNonZero)
		if e.sparse.NonZeros() > few {
			e.full, e.sparse = make([]float64, n*n), nil
			nz.DoNonZero(func(i, j int, v float64) { e.full[i*n+j] += v })
		}
	} else {
		e.full = rowMajor(a)
		if n >= sparseSize && countNonZeros(e.full, few) <= few {
			all := e.full
			e.sparse = expmv.NewSparse(n, func(add func(i, j int, v float64)) {
				for i := range n {
					for j, v := range all[i*n : (i+1)*n] {
						if v != 0 {
							add(i, j, v)
						}
					}
				}
			})
			e.full = nil
		}
	}
	if e.sparse != nil {
		e.norm = e.sparse.Norm1()
	} else {
		e.norm, _ = kernel.Norm1(n, n, e.full)
	}
	return fault.Norm(name, e.norm)
}

// countNonZeros counts the elements that are not 0 until there are more than
// few.
func countNonZeros(x []float64, few int) (count int) {
	for _, v := range x {
		if v != 0 {
			if count++; count > few {
				break
			}
		}
	}
	return count
}

// Operator is an n×n matrix A that is known by its products alone, such as a
// stencil or a convolution.
type Operator struct {
	N        int
	MulVecTo func(dst, x []float64) // writes Ax, of n elements
	Norm1    float64                // ‖A‖₁ or a bound: the number of products grows with t‖A‖₁
}

// NewOperatorExponential returns the exponential of an operator, which is
// evaluated in the matrix-free form alone. Of A − μI with the mean eigenvalue
// μ, which has about half the norm where all eigenvalues are negative, it
// takes fewer products: e^{tA} = e^{μt}e^{t(A−μI)}. A matrix is shifted so by
// itself. The error is ErrShape if there is no size or product, and
// ErrNotFinite if the norm is not finite. The number of products is about 16‖tA‖₁;
// above ‖tA‖₁ = 1e6, more than 2²⁰ substeps, ApplyTo returns ErrSubsteps.
func NewOperatorExponential(a Operator, tol float64) (*Exponential, error) {
	if a.N < 1 || a.MulVecTo == nil || a.Norm1 < 0 {
		return nil, fault.Shape("expm: NewOperatorExponential", "N is %d and Norm1 %v, with a MulVecTo: %t, want N ≥ 1, Norm1 ≥ 0 and true", a.N, a.Norm1, a.MulVecTo != nil)
	}
	if err := fault.Norm("expm: NewOperatorExponential", a.Norm1); err != nil {
		return nil, err
	}
	return &Exponential{n: a.N, tol: tolerance(tol), norm: a.Norm1, operator: rowOperator(a)}, nil
}

// rowOperator is an Operator by rows.
type rowOperator Operator

func (o rowOperator) MulTo(t, b []float64, rows int) {
	for r := range rows {
		o.MulVecTo(t[r*o.N:(r+1)*o.N], b[r*o.N:(r+1)*o.N])
	}
}

// ApplyTo is ExpmvTo for the A of e.
func (e *Exponential) ApplyTo(dst *mat.Dense, t float64, u mat.Matrix, w ...mat.Matrix) error {
	return e.applyTo("expm: Exponential.ApplyTo", dst, t, u, w)
}

func (e *Exponential) applyTo(name string, dst *mat.Dense, t float64, u mat.Matrix, w []mat.Matrix) error {
	rows, c := u.Dims()
	if c != e.n || rows == 0 {
		return fault.Shape(name, "A is %d×%d and u %d×%d, want n×n and batch×n of a row at least", e.n, e.n, rows, c)
	}
	e.ws = e.ws[:0]
	for j, wj := range w {
		if r, c := wj.Dims(); r != rows || c != e.n {
			return fault.Shape(name, "w_%d is %d×%d, want %d×%d as u", j+1, r, c, rows, e.n)
		}
		e.ws = append(e.ws, rowMajor(wj))
	}
	if err := fault.Steps(name, e.norm, []float64{t}); err != nil {
		return err
	}
	for len(e.work) <= len(w) {
		e.work = append(e.work, nil)
	}
	k := e.work[len(w)]
	if k == nil {
		k = expmv.New[float64](e.n, len(w), e.tol)
		e.work[len(w)] = k
	}
	if cap(e.y) < rows*e.n {
		e.y = make([]float64, rows*e.n)
	}
	e.t[0] = t
	y, us, ok := e.y[:rows*e.n], rowMajor(u), true // dst may be u
	switch {
	case e.operator != nil:
		ok = k.ForwardOperatorTo(y, e.operator, e.norm, e.t[:], us, e.ws...)
	case e.sparse != nil:
		ok = k.ForwardSparseTo(y, e.sparse, e.t[:], us, e.ws...)
	default:
		k.ForwardTo(y, e.full, e.t[:], us, e.ws...)
	}
	if !ok {
		return fault.Substeps(name, math.Abs(t)*e.norm)
	}
	if r, c := dst.Dims(); r != rows || c != e.n {
		dst.Reset()
		dst.ReuseAs(rows, e.n)
	}
	for r := range rows {
		copy(dst.RawRowView(r), y[r*e.n:(r+1)*e.n])
	}
	return nil
}

// rowMajor returns the elements of m row by row, those of m itself where
// they lie so.
func rowMajor(m mat.Matrix) []float64 {
	if d, ok := m.(*mat.Dense); ok {
		if raw := d.RawMatrix(); raw.Stride == raw.Cols {
			return raw.Data[:raw.Rows*raw.Cols]
		}
	}
	return mat.DenseCopyOf(m).RawMatrix().Data
}
