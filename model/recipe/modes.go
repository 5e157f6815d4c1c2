package recipe

import (
	"math"
	"math/cmplx"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"spnode/data"
	"spnode/model"
)

// mode is an eigenvalue of A, with its real or complex eigenvector in one or two
// columns.
type mode struct {
	rate    complex128
	columns [][]float64
}

// startLinear sets A of a model without an autoencoder by the data, where these are
// a linear system's on one grid of times. The least-squares map of all initial
// states to those at a time t is e^{tA}, which shows a mode well where λt is about
// 1, while faster ones have gone and slower ones have not begun. So each mode is
// taken from the time that shows it best, over any number of decades.
func startLinear(m *model.Model, d *data.Dataset) error {
	n := d.Dim()
	times, shared := d.Grid()
	if len(d.Parameters)+len(d.Inputs) > 0 {
		return notFor("there is more than the state")
	}
	if !shared || d.Samples() < n {
		return notFor("%d trajectories of %d components on one grid are wanted, for modes by least squares", n, n)
	}
	for _, tr := range d.Trajectories {
		for _, u := range tr.States {
			if floats.HasNaN(u) {
				return notFor("some values were not measured")
			}
		}
	}
	x0 := stateMatrix(m, d, 0)
	var svd mat.SVD
	if !svd.Factorize(x0, mat.SVDThin) || svd.Cond() > 1e8 {
		return notFor("the initial states do not span the space")
	}
	since := make([]float64, len(times)) // in the model's unit
	shown := make([][]mode, len(times))
	for k := 1; k < len(times); k++ {
		var p mat.Dense // (n, n), transposed
		svd.SolveTo(&p, stateMatrix(m, d, k), n)
		since[k] = (times[k] - times[0]) / orOne(m.Config().TimeUnit)
		shown[k] = modesOf(&p, since[k])
	}
	// Each time has the modes between 1/t of it and of the next ones. A rate that is
	// at such a border by a rounding is seen twice or not at all: then the borders
	// are moved.
	err := notFor("no time shows a mode")
	for shift := 0.8; shift < 1.3 && err != nil; shift += 0.07 {
		var taken []mode
		count := 0
		for k := 1; k < len(times); k++ {
			low, high := 0., 5/since[1]
			if k > 1 {
				high = shift / math.Sqrt(since[k-1]*since[k])
			}
			if k < len(times)-1 {
				low = shift / math.Sqrt(since[k]*since[k+1])
			}
			for _, q := range shown[k] {
				if size := cmplx.Abs(q.rate); size > low && size <= high {
					taken = append(taken, q)
					count += len(q.columns)
				}
			}
		}
		if err = notFor("the data show %d of %d modes", count, n); count == n {
			err = setModes(m, taken)
		}
	}
	return err
}

func orOne(x float64) float64 {
	if x == 0 {
		return 1
	}
	return x
}

// stateMatrix has the scaled states at time k in its rows.
func stateMatrix(m *model.Model, d *data.Dataset, k int) *mat.Dense {
	var flat []float64
	for _, tr := range d.Trajectories {
		flat = append(flat, m.Scaled(tr.States[k])...)
	}
	return mat.NewDense(d.Samples(), len(flat)/d.Samples(), flat)
}

// modesOf are those of the transposed map over a time.
func modesOf(p *mat.Dense, t float64) (found []mode) {
	n, _ := p.Dims()
	// Of NaN the iteration for eigenvalues does not end.
	if norm := mat.Norm(p, 1); math.IsNaN(norm) || math.IsInf(norm, 0) {
		return nil
	}
	var e mat.Eigen
	if !e.Factorize(p.T(), mat.EigenRight) {
		return nil
	}
	var v mat.CDense
	e.VectorsTo(&v)
	for i, mu := range e.Values(nil) {
		l := cmplx.Log(mu)
		if imag(mu) < 0 || real(mu) <= 0 || real(l) > 1e-6 {
			continue
		}
		c := mode{rate: l / complex(t, 0), columns: [][]float64{make([]float64, n)}}
		if imag(mu) > 0 {
			c.columns = append(c.columns, make([]float64, n))
		}
		for j := range n {
			c.columns[0][j] = real(v.At(j, i))
			if imag(mu) > 0 {
				c.columns[1][j] = imag(v.At(j, i))
			}
		}
		found = append(found, c)
	}
	return found
}

// setModes brings A = RΛR⁻¹ into the form (3)–(5): with S⁻¹ = R|Λ|⁻¹Rᵀ
//
//	A S⁻¹ = R Λ|Λ|⁻¹ Rᵀ,
//
// whose symmetric part is −L^G L^Gᵀ, not positive as Re Λ is not.
func setModes(m *model.Model, modes []mode) error {
	n := m.Config().Dim
	r, symmetric, skew, scale := mat.NewDense(n, n, nil), mat.NewDense(n, n, nil), mat.NewDense(n, n, nil), make([]float64, n)
	at := 0
	for _, q := range modes {
		size := max(cmplx.Abs(q.rate), 1e-6) // in spans of the data: what does not change in a million
		for i, x := range q.columns {
			r.SetCol(at+i, x)
			scale[at+i] = size
			symmetric.Set(at+i, at+i, max(-real(q.rate)/size, 1e-10))
		}
		if len(q.columns) == 2 {
			skew.Set(at, at+1, imag(q.rate)/size)
			skew.Set(at+1, at, -imag(q.rate)/size)
		}
		at += len(q.columns)
	}
	around := func(x *mat.Dense) *mat.Dense {
		var y mat.Dense
		y.Mul(r, x)
		y.Mul(&y, r.T())
		return &y
	}
	var inverse mat.Dense
	if err := inverse.Inverse(r); err != nil {
		var condition mat.Condition
		if !errors.As(err, &condition) || float64(condition) > 1e10 {
			return notFor("the modes are not independent: %v", err)
		}
	}
	var s mat.Dense
	s.Mul(mat.NewDiagDense(n, scale), &inverse)
	s.Mul(inverse.T(), &s)
	ls, err := cholesky(&s)
	if err != nil {
		return err
	}
	lg, err := cholesky(around(symmetric))
	if err != nil {
		return err
	}
	u := around(skew)
	set := func(name string, x []float64) {
		if p, ok := m.Params().Get(name); ok {
			copy(p.Data, x)
		}
	}
	var logs, strict, triangle, lower []float64
	for i := range n {
		logs = append(logs, math.Log(ls.At(i, i)))
		for j := range i {
			strict = append(strict, ls.At(i, j)/ls.At(i, i))
			lower = append(lower, (u.At(i, j)-u.At(j, i))/2)
		}
		for j := range i + 1 {
			triangle = append(triangle, lg.At(i, j))
		}
	}
	set("linear/d", logs)
	set("linear/N", strict)
	set("linear/LG", triangle)
	set("linear/Ls", lower)
	return nil
}

// cholesky returns the lower triangle L of LLᵀ = the symmetric part of x.
func cholesky(x *mat.Dense) (*mat.TriDense, error) {
	n, _ := x.Dims()
	sym := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			sym.SetSym(i, j, (x.At(i, j)+x.At(j, i))/2)
		}
	}
	var c mat.Cholesky
	if !c.Factorize(sym) {
		return nil, notFor("the modes are too nearly dependent")
	}
	l := mat.NewTriDense(n, mat.Lower, nil)
	c.LTo(l)
	return l, nil
}
