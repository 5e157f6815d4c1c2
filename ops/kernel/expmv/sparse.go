package expmv

import (
	"math"

	"spnode/ops/kernel"
)

// Sparse is an n×n matrix by its non-zeros, in compressed rows with the
// diagonal apart, so that a shift of it costs nothing.
type Sparse[T kernel.Float] struct {
	n     int
	diag  []T
	start []int // row i is start[i], …, start[i+1]−1 of the others
	col   []int32
	val   []T

	norm    float64 // ‖A‖₁
	mu      float64 // tr A/n
	centred float64 // ‖A − μI‖₁
}

// NewSparse returns the n×n matrix whose non-zeros each calls its argument
// with, in any order; those of one place add up.
func NewSparse[T kernel.Float](n int, each func(func(i, j int, v T))) *Sparse[T] {
	a := &Sparse[T]{n: n, diag: make([]T, n), start: make([]int, n+1)}
	sums := make([]float64, n)
	var row []int32
	sorted := true
	each(func(i, j int, v T) {
		if i == j {
			a.diag[i] += v
			return
		}
		sums[j] += math.Abs(float64(v))
		a.start[i+1]++
		sorted = sorted && (len(row) == 0 || row[len(row)-1] <= int32(i))
		row, a.col, a.val = append(row, int32(i)), append(a.col, int32(j)), append(a.val, v)
	})
	for i := range n {
		a.start[i+1] += a.start[i]
	}
	if !sorted {
		a.sort(row)
	}
	for j, v := range a.diag {
		sums[j] += math.Abs(float64(v))
		a.mu += float64(v) / float64(n)
	}
	a.norm, a.centred = columnNorms(sums, func(i int) float64 { return float64(a.diag[i]) }, a.mu)
	return a
}

// sort brings the elements into the order of their rows.
func (a *Sparse[T]) sort(row []int32) {
	next := append([]int(nil), a.start...)
	col, val := make([]int32, len(a.col)), make([]T, len(a.val))
	for k, i := range row {
		col[next[i]], val[next[i]] = a.col[k], a.val[k]
		next[i]++
	}
	a.col, a.val = col, val
}

// columnNorms returns ‖A‖₁ and ‖A − μI‖₁, given the sums of the columns of |A|
// and the diagonal of A.
func columnNorms(sums []float64, diag func(i int) float64, mu float64) (norm, centred float64) {
	for i, s := range sums {
		d := diag(i)
		norm = max(norm, s)
		centred = max(centred, s-math.Abs(d)+math.Abs(d-mu))
	}
	return norm, centred
}

// Norm1 returns ‖A‖₁.
func (a *Sparse[T]) Norm1() float64 { return a.norm }

// NonZeros returns how many elements A has beside its diagonal.
func (a *Sparse[T]) NonZeros() int { return len(a.val) }

// fullTo writes A to the n×n matrix d.
func (a *Sparse[T]) fullTo(d []T) {
	clear(d)
	for i, v := range a.diag {
		row := d[i*a.n : (i+1)*a.n]
		row[i] = v
		for k := a.start[i]; k < a.start[i+1]; k++ {
			row[a.col[k]] += a.val[k]
		}
	}
}

// shifted is the operator A − μI.
type shifted[T kernel.Float] struct {
	*Sparse[T]
	mu T
}

// MulTo takes four rows b at a time, for which it reads A once.
func (a *shifted[T]) MulTo(t, b []T, rows int) {
	n := a.n
	for ; rows >= 4; rows -= 4 {
		a.mulFour(t[:4*n], b[:4*n])
		t, b = t[4*n:], b[4*n:]
	}
	for ; rows > 0; rows-- {
		a.mulOne(t[:n], b[:n])
		t, b = t[n:], b[n:]
	}
}

// mulOne and mulFour run one index through all rows, which costs fewer checks
// of bounds than a slice for each.
func (a *shifted[T]) mulOne(t, b []T) {
	diag, mu := a.diag, a.mu
	n := len(diag)
	t, b, ends := t[:n], b[:n], a.start[1:n+1]
	col, val := a.col, a.val[:len(a.col)]
	k := 0
	for i, d := range diag {
		sum := (d - mu) * b[i]
		for end := ends[i]; k < end && k < len(col); k++ {
			sum += val[k] * b[col[k]]
		}
		t[i] = sum
	}
}

func (a *shifted[T]) mulFour(t, b []T) {
	diag, mu := a.diag, a.mu
	n := len(diag)
	b0, b1, b2, b3 := b[:n], b[n:2*n], b[2*n:3*n], b[3*n:4*n]
	t0, t1, t2, t3 := t[:n], t[n:2*n], t[2*n:3*n], t[3*n:4*n]
	ends, col, val := a.start[1:n+1], a.col, a.val[:len(a.col)]
	k := 0
	for i, d := range diag {
		d -= mu
		s0, s1, s2, s3 := d*b0[i], d*b1[i], d*b2[i], d*b3[i]
		for end := ends[i]; k < end && k < len(col); k++ {
			j, v := col[k], val[k]
			s0, s1, s2, s3 = s0+v*b0[j], s1+v*b1[j], s2+v*b2[j], s3+v*b3[j]
		}
		t0[i], t1[i], t2[i], t3[i] = s0, s1, s2, s3
	}
}
