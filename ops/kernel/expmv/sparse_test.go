package expmv

import (
	"math"
	"math/rand/v2"
	"testing"

	"spnode/ops/kernel"
	"spnode/ops/opstest"
)

// A sparse matrix given in any order, with a place given twice, is the full
// one: its norms, its products for one to nine rows, its copy in full.
func TestSparse(t *testing.T) {
	const n = 11
	rng := rand.New(rand.NewPCG(6, 6))
	all := make([]float64, n*n)
	type element struct {
		i, j int
		v    float64
	}
	var elements []element
	for range 40 {
		e := element{rng.IntN(n), rng.IntN(n), math.Abs(rng.NormFloat64())} // no sum of two cancels
		elements = append(elements, e)
		all[e.i*n+e.j] += e.v
	}
	a := NewSparse(n, func(add func(i, j int, v float64)) {
		for _, e := range elements {
			add(e.i, e.j, e.v)
		}
	})
	full := make([]float64, n*n)
	a.fullTo(full)
	for i, v := range full {
		if v != all[i] {
			t.Fatalf("element %d is %v, want %v", i, v, all[i])
		}
	}
	w := New[float64](n, 0, kernel.UnitRoundoff[float64]())
	norm, mu, centred := w.norms(all)
	for _, c := range [][3]float64{
		{norm, a.norm}, {mu, a.mu}, {centred, a.centred},
		{norm, norm1(n, all, 0)}, {centred, norm1(n, all, mu)},
	} {
		if math.Abs(c[0]-c[1]) > 1e-14*norm { // sums of n elements in two orders
			t.Errorf("of norm, mean and norm of A − μI one is %v, want %v", c[1], c[0])
		}
	}
	for rows := 1; rows <= 9; rows++ {
		b, got, want := opstest.Normals[float64](rng, rows*n), make([]float64, rows*n), make([]float64, rows*n)
		copy(want, b)
		(&shifted[float64]{a, mu}).MulTo(got, b, rows)
		kernel.Gemm(false, true, rows, n, n, 1, b, all, -mu, want, nil)
		for i, v := range got {
			if math.Abs(v-want[i]) > 1e-13 { // n products of about 1
				t.Fatalf("%d rows: element %d of the product is %v, want %v", rows, i, v, want[i])
			}
		}
	}
}

// norm1 is ‖A − μI‖₁ by its definition.
func norm1(n int, a []float64, mu float64) float64 {
	b := append([]float64(nil), a...)
	for i := range n {
		b[i*n+i] -= mu
	}
	norm, _ := kernel.Norm1(n, n, b)
	return norm
}

// A batch of more rows than a block, with steps of their own, is what its rows
// are one by one, in both forms and also by a sparse A.
func TestExpmvBatch(t *testing.T) {
	const n, rows = 5, blockRows + 6
	rng := rand.New(rand.NewPCG(7, 7))
	a := opstest.Normals[float64](rng, n*n)
	for i := range n {
		a[i*n+i] -= 4
	}
	sparse := NewSparse(n, func(add func(i, j int, v float64)) {
		for i, v := range a {
			add(i/n, i%n, v)
		}
	})
	h := make([]float64, rows)
	for r := range h {
		h[r] = 2 * rng.Float64()
	}
	for p := range 4 {
		u, y, got := opstest.Normals[float64](rng, rows*n), make([]float64, rows*n), make([]float64, rows*n)
		var ws [][]float64
		for range p {
			ws = append(ws, opstest.Normals[float64](rng, rows*n))
		}
		one := New[float64](n, p, kernel.UnitRoundoff[float64]())
		one.form = propagators
		for r := range rows {
			var w1 [][]float64
			for _, w := range ws {
				w1 = append(w1, w[r*n:(r+1)*n])
			}
			one.ForwardTo(y[r*n:(r+1)*n], a, h[r:r+1], u[r*n:(r+1)*n], w1...)
		}
		all := New[float64](n, p, kernel.UnitRoundoff[float64]())
		check := func(what string) {
			t.Helper()
			for i, v := range got {
				if !(math.Abs(v-y[i]) <= 1e-13) { // ‖hA‖ ≤ 30 roundings of elements up to 10
					t.Fatalf("p = %d, %s: element %d is %v, want %v", p, what, i, v, y[i])
				}
			}
		}
		for _, f := range []form{cheaper, matrixFree, propagators} {
			all.form = f
			all.ForwardTo(got, a, h, u, ws...)
			check("full")
			all.ForwardSparseTo(got, sparse, h, u, ws...)
			check("sparse")
		}
	}
}
