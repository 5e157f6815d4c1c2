package leastsq

import (
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"

	"spnode/ops/kernel"
)

// bandRows is how many rows of a Gram matrix one goroutine adds to at a time.
const bandRows = 96

// system are the normal equations G c = B of some columns of the coefficients of one
// group of a polynomial: G is the Gram matrix of the features, B their products with
// the targets, both summed over all rows of the data.
type system struct {
	features int
	at, outs int   // of the group, in all coefficients
	columns  []int // of the group
	outputs  []int // the components of the image that these are
	rate     float64

	// gram has the rows of G in bands, from the diagonal on: of row i the elements
	// j ≥ begin of its band. The features of a block of rows wait in x, (features,
	// rows), and their targets in y, (rows, columns).
	gram   [][]float64
	rhs    []float64
	square float64 // of the targets
	rows   int
}

// systems divides the coefficients of p. With rates, one for each component of its
// image, only components of like rates share a system.
func systems(p *kernel.Polynomial, rates []float64) (all []*system) {
	for _, g := range p.Groups() {
		var parts [][]int
		switch {
		case p.Periodic() || rates == nil:
			whole := make([]int, g.Outs)
			for i := range whole {
				whole[i] = i
			}
			parts = [][]int{whole}
		default:
			parts = alike(rates)
		}
		for _, columns := range parts {
			s := &system{features: g.Features, at: g.At, outs: g.Outs, columns: columns, outputs: g.Outputs}
			if !p.Periodic() {
				s.outputs = columns
			}
			if rates != nil {
				for _, o := range s.outputs {
					s.rate += rates[o] / float64(len(s.outputs))
				}
			}
			for i := 0; i < s.features; i += bandRows {
				s.gram = append(s.gram, make([]float64, min(bandRows, s.features-i)*(s.features-i)))
			}
			s.rhs = make([]float64, s.features*len(columns))
			all = append(all, s)
		}
	}
	return all
}

// alike divides components so that the rates of a part, times the length of the
// step, differ by at most a third of one more than their size: over a step the
// weights of a path then are the same but for some percent.
func alike(rates []float64) (parts [][]int) {
	order := make([]int, len(rates))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch {
		case rates[i] > rates[j]:
			return -1
		case rates[i] < rates[j]:
			return 1
		}
		return 0
	})
	for _, i := range order {
		if n := len(parts); n > 0 {
			first := rates[parts[n-1][0]]
			if first-rates[i] <= (1+math.Abs(first))/3 {
				parts[n-1] = append(parts[n-1], i)
				continue
			}
		}
		parts = append(parts, []int{i})
	}
	for _, p := range parts {
		slices.Sort(p)
	}
	return parts
}

// block is a part of the data as the systems take it: the features x[i] of system i,
// (features, l), and its targets y[i], (l, columns).
type block struct {
	l    int
	x, y [][]float64
}

func newBlock(all []*system, l int) *block {
	b := &block{l: l}
	for _, s := range all {
		b.x = append(b.x, make([]float64, s.features*l))
		b.y = append(b.y, make([]float64, len(s.columns)*l))
	}
	return b
}

// add adds blocks to the systems, in their order whatever the number of cores.
func add(all []*system, blocks []*block) {
	type task struct{ s, band int }
	var tasks []task
	for i, s := range all {
		for j := range s.gram {
			tasks = append(tasks, task{i, j})
		}
	}
	parallel(len(tasks), func(scratch *[]float64, k int) {
		s := all[tasks[k].s]
		begin := tasks[k].band * bandRows
		g := s.gram[tasks[k].band]
		n := s.features - begin
		m := len(g) / n
		cols := len(s.columns)
		for _, b := range blocks {
			x := b.x[tasks[k].s][begin*b.l:]
			kernel.Gemm(false, true, m, n, b.l, 1, x, x, 1, g, scratch)
			kernel.Gemm(false, false, m, cols, b.l, 1, x, b.y[tasks[k].s], 1, s.rhs[begin*cols:(begin+m)*cols], scratch)
		}
	})
	for i, s := range all {
		for _, b := range blocks {
			s.square += kernel.Dot(b.y[i], b.y[i])
			s.rows += b.l
		}
	}
}

// parallel calls f for k = 0 … n−1 on all cores.
func parallel(n int, f func(scratch *[]float64, k int)) {
	var wait sync.WaitGroup
	var mu sync.Mutex
	next := 0
	for range min(n, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			var scratch []float64
			for {
				mu.Lock()
				k := next
				next++
				mu.Unlock()
				if k >= n {
					return
				}
				f(&scratch, k)
			}
		})
	}
	wait.Wait()
}

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
