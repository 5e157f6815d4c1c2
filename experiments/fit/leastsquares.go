package main

import (
	"context"
	"math"
	"slices"
	"strconv"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"spnode/data"
	"spnode/data/ode"
)

// leastSquares is a field that least squares fit to the changes of the data in
// scaled coordinates z,
//
//	z(t+h) − z(t) = h C φ((z(t) + z(t+h))/2),
//
// with the features φ of degree 1 or 2. What is not fitted is, as a share of the
// changes, the residual.
type leastSquares struct {
	degree   int
	scale    []float64
	basis    [][]float64 // orthonormal rows: z = basis·(u/scale)
	c        *mat.Dense  // (features, coordinates), per unit of time
	residual float64
}

// newLinear is what is known as DMD, with a constant, where steps differ.
func newLinear(s *sets) (*leastSquares, error) { return newLeastSquares(s, 1, 60) }

// newQuadratic is operator inference.
func newQuadratic(s *sets) (*leastSquares, error) { return newLeastSquares(s, 2, 12) }

func newLeastSquares(s *sets, degree, most int) (*leastSquares, error) {
	l := &leastSquares{degree: degree, scale: s.facts.Scale}
	n := s.train.Dim()
	if n > most {
		l.basis = leading(s, most)
		n = most
	}
	rows, width := 0, len(l.features(make([]float64, n)))
	xx, xy := mat.NewSymDense(width, nil), mat.NewDense(width, n, nil)
	var yy float64
	each := func(visit func(x, y []float64)) {
		y := make([]float64, n)
		for _, tr := range s.train.Trajectories {
			for k := range len(tr.Times) - 1 {
				h := (tr.Times[k+1] - tr.Times[k]) / s.facts.Span
				a, b := l.coordinates(tr.States[k]), l.coordinates(tr.States[k+1])
				if floats.HasNaN(a) || floats.HasNaN(b) { // not measured
					continue
				}
				floats.SubTo(y, b, a)
				floats.Add(a, b)
				floats.Scale(0.5, a)
				x := l.features(a)
				floats.Scale(h, x)
				visit(x, y)
			}
		}
	}
	each(func(x, y []float64) {
		rows++
		xx.SymRankOne(xx, 1, mat.NewVecDense(width, x))
		xy.RankOne(xy, 1, mat.NewVecDense(width, x), mat.NewVecDense(n, y))
		yy += floats.Dot(y, y)
	})
	if rows < width || yy == 0 {
		return nil, errors.Wrapf(errNoBaseline, "%d changes for %d features", rows, width)
	}
	d := make([]float64, width) // columns of unit size, and a ridge of rounding
	for i := range d {
		d[i] = 1 / math.Sqrt(max(xx.At(i, i), 1e-300))
	}
	for i := range d {
		for j := i; j < width; j++ {
			xx.SetSym(i, j, xx.At(i, j)*d[i]*d[j])
		}
		xx.SetSym(i, i, xx.At(i, i)+1e-10)
		for j := range n {
			xy.Set(i, j, xy.At(i, j)*d[i])
		}
	}
	var chol mat.Cholesky
	if !chol.Factorize(xx) {
		return nil, errors.Wrap(errNoBaseline, "the normal equations are singular")
	}
	l.c = mat.NewDense(width, n, nil)
	var condition mat.Condition // which the ridge bounds
	if err := chol.SolveTo(l.c, xy); err != nil && !errors.As(err, &condition) {
		return nil, errors.Wrap(errNoBaseline, err.Error())
	}
	for i := range d {
		for j := range n {
			l.c.Set(i, j, l.c.At(i, j)*d[i])
		}
	}
	var left float64
	each(func(x, y []float64) {
		fit := mat.NewVecDense(n, nil)
		fit.MulVec(l.c.T(), mat.NewVecDense(width, x))
		for j, v := range y {
			left += (v - fit.AtVec(j)) * (v - fit.AtVec(j))
		}
	})
	l.residual = math.Sqrt(left / yy)
	l.c.Scale(1/s.facts.Span, l.c)
	return l, nil
}

// leading are the leading directions of the scaled states.
func leading(s *sets, k int) [][]float64 {
	n := s.train.Dim()
	var total int
	for _, tr := range s.train.Trajectories {
		total += len(tr.Times)
	}
	every, at := max(1, total/max(2000, 2*n)), 0
	gram := mat.NewSymDense(n, nil)
	for _, tr := range s.train.Trajectories {
		for _, u := range tr.States {
			if at++; at%every == 0 && !floats.HasNaN(u) {
				z := make([]float64, n)
				floats.DivTo(z, u, s.facts.Scale)
				gram.SymRankOne(gram, 1, mat.NewVecDense(n, z))
			}
		}
	}
	var e mat.EigenSym
	e.Factorize(gram, true)
	var v mat.Dense
	e.VectorsTo(&v)
	rows := make([][]float64, k)
	for i := range rows {
		rows[i] = mat.Col(nil, n-1-i, &v)
	}
	return rows
}

func (l *leastSquares) coordinates(u []float64) []float64 {
	z := make([]float64, len(u))
	floats.DivTo(z, u, l.scale)
	if l.basis == nil {
		return z
	}
	c := make([]float64, len(l.basis))
	for i, v := range l.basis {
		c[i] = floats.Dot(v, z)
	}
	return c
}

func (l *leastSquares) state(z []float64) []float64 {
	u := make([]float64, len(l.scale))
	if l.basis == nil {
		copy(u, z)
	} else {
		for i, v := range l.basis {
			floats.AddScaled(u, z[i], v)
		}
	}
	floats.Mul(u, l.scale)
	return u
}

// features are 1, z and, of degree 2, the products of z.
func (l *leastSquares) features(z []float64) []float64 {
	x := append([]float64{1}, z...)
	if l.degree == 2 {
		for i, a := range z {
			for _, b := range z[i:] {
				x = append(x, a*b)
			}
		}
	}
	return x
}

// Name implements ode.Problem.
func (l *leastSquares) Name() string { return "leastsquares" }

// Dim implements ode.Problem.
func (l *leastSquares) Dim() int { _, n := l.c.Dims(); return n }

// Components implements ode.Problem.
func (l *leastSquares) Components() []string { return nil }

// RHS implements ode.Problem.
func (l *leastSquares) RHS(dst, z []float64) {
	x := l.features(z)
	mat.NewVecDense(len(dst), dst).MulVec(l.c.T(), mat.NewVecDense(len(x), x))
}

// Jacobian implements ode.StiffProblem.
func (l *leastSquares) Jacobian(dst *mat.Dense, z []float64) {
	n := len(z)
	for j := range n {
		row := make([]float64, n)
		for i := range n {
			row[i] = l.c.At(1+i, j)
		}
		if l.degree == 2 {
			f := 1 + n
			for i, a := range z {
				for k := i; k < n; k++ {
					row[i] += l.c.At(f, j) * z[k]
					row[k] += l.c.At(f, j) * a
					f++
				}
			}
		}
		dst.SetRow(j, row)
	}
}

// predict rolls the field out; what runs away is NaN from there on.
func (l *leastSquares) predict(d *data.Dataset) (*data.Dataset, error) {
	solver := ode.Radau{RelTol: 1e-5, AbsTol: 1e-8, MaxSteps: 2000}
	exponentials := map[float64]*mat.Dense{}
	return eachOf(d, func(tr data.Trajectory) [][]float64 {
		z := l.coordinates(tr.States[0])
		var run [][]float64 // as far as it goes
		if l.degree == 1 {
			run = l.exponential(z, tr.Times, exponentials)
		} else if d, _, err := solver.SolveFrom(context.Background(), l, [][]float64{z}, tr.Times[0], tr.Times); err == nil {
			run = d.Trajectories[0].States
		}
		u := make([][]float64, len(tr.Times))
		u[0] = tr.States[0]
		for k := 1; k < len(u); k++ {
			if k < len(run) {
				u[k] = l.state(run[k])
				continue
			}
			u[k] = make([]float64, len(u[0]))
			for j := range u[k] {
				u[k][j] = math.NaN()
			}
		}
		return u
	}), nil
}

// exponential is the exact solution of a linear field, by the exponential of the
// matrix with the constant beside it, of which those of a step are kept.
func (l *leastSquares) exponential(z []float64, times []float64, kept map[float64]*mat.Dense) [][]float64 {
	n := len(z)
	run := [][]float64{z}
	w := mat.NewVecDense(n+1, append(slices.Clone(z), 1))
	for k := 1; k < len(times); k++ {
		// Of six digits, so that even steps are the same.
		h, _ := strconv.ParseFloat(strconv.FormatFloat(times[k]-times[k-1], 'g', 6, 64), 64)
		e := kept[h]
		if e == nil {
			a := mat.NewDense(n+1, n+1, nil)
			for i := range n {
				for j := range n {
					a.Set(i, j, h*l.c.At(1+j, i))
				}
				a.Set(i, n, h*l.c.At(0, i))
			}
			if !(mat.Norm(a, 1) < 1e12) {
				return run
			}
			e = new(mat.Dense)
			e.Exp(a)
			kept[h] = e
		}
		next := mat.NewVecDense(n+1, nil)
		next.MulVec(e, w)
		w = next
		if !(floats.Norm(w.RawVector().Data, math.Inf(1)) < 1e100) {
			return run
		}
		run = append(run, w.RawVector().Data[:n])
	}
	return run
}
