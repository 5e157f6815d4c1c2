package leastsq

import (
	"math"
	"runtime"
	"slices"

	"spnode/model/internal/crew"
	"spnode/ops/kernel"
	"spnode/ops/kernel/poly"
)

// bandRows is how many rows of a Gram matrix one goroutine adds to at a time.
const bandRows = 96

// system are the normal equations G c = B of some columns of the coefficients of one
// group of a polynomial: G is the Gram matrix of the features, B their products with
// the targets, both summed over all rows of the data.
type system struct {
	features           int
	at, outs           int   // of the group, in all coefficients
	before, outsBefore int   // features and columns of the groups before
	columns            []int // of the group
	outputs            []int // the components of the image that these are
	rate               float64

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
func systems(p *poly.Polynomial, rates []float64) (all []*system) {
	before, outsBefore := 0, 0
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
			s := &system{before: before, outsBefore: outsBefore, features: g.Features, at: g.At, outs: g.Outs, columns: columns, outputs: g.Outputs}
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
		before, outsBefore = before+g.Features, outsBefore+g.Outs
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

// add adds the features of its states, of shape (features, l) and those of each group
// after the last one's, weighted for each system.
func (b *block) add(all []*system, phi []float64, weight func(i int) float64) {
	for i, s := range all {
		kernel.AxpyTo(b.x[i], weight(i), phi[s.before*b.l:][:s.features*b.l])
	}
}

// aim sets the targets, of shape (l, outs) for each group, weighted.
func (b *block) aim(all []*system, y []float64, weight func(i int) float64) {
	for i, s := range all {
		w, own := weight(i), y[s.outsBefore*b.l:]
		for r := range b.l {
			for j, col := range s.columns {
				b.y[i][r*len(s.columns)+j] = w * own[r*s.outs+col]
			}
		}
	}
}

// clearRow leaves a row out of the features.
func (b *block) clearRow(r, rows int) {
	for _, x := range b.x {
		for i := r; i < len(x); i += rows {
			x[i] = 0
		}
	}
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
	queue := crew.NewQueue(n)
	crew.Do(min(n, runtime.GOMAXPROCS(0)), func(int) {
		var scratch []float64
		for k := range queue.Left {
			f(&scratch, k)
		}
	})
}
