package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"spnode/ops/opstest"
)

// A layer and its gradients are their formulas, evaluated in float64, whatever
// the blocks, and the gradients by W and b of two calls add up.
func TestDense(t *testing.T) { forEachFloat(t, testDense[float64], testDense[float32]) }

func testDense[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(30, 1))
	for _, s := range [][3]int{{1, 5, 7}, {3, 2, 2}, {20, 20, 200}, {61, 64, 200}, {700, 3, 30}, {450, 30, 3}, {200, 1, 256}, {0, 3, 4}} {
		for _, activate := range []bool{false, true} {
			compareDense[T](t, rng, s[0], s[1], s[2], activate)
		}
	}
}

func compareDense[T Float](t *testing.T, rng *rand.Rand, rows, in, out int, activate bool) {
	t.Helper()
	x, w, b := opstest.Normals[T](rng, rows*in), opstest.Normals[T](rng, in*out), opstest.Normals[T](rng, out)
	dy, dw, db := opstest.Normals[T](rng, rows*out), opstest.Normals[T](rng, in*out), opstest.Normals[T](rng, out)
	wantDW, wantDB, wantDX := make([]float64, in*out), make([]float64, out), make([]float64, rows*in)
	for i := range w {
		w[i] /= T(in)
	}
	for i, v := range dw {
		wantDW[i] = float64(v)
	}
	for i, v := range db {
		wantDB[i] = float64(v)
	}
	wantY := make([]float64, rows*out)
	for r := range rows {
		for j := range out {
			z := float64(b[j])
			for i := range in {
				z += float64(x[r*in+i]) * float64(w[i*out+j])
			}
			dz := float64(dy[r*out+j])
			if activate {
				z = math.Tanh(z)
				dz *= 1 - z*z
			}
			wantY[r*out+j] = z
			wantDB[j] += 2 * dz
			for i := range in {
				wantDW[i*out+j] += 2 * dz * float64(x[r*in+i])
				wantDX[r*in+i] += dz * float64(w[i*out+j])
			}
		}
	}
	// An element is a sum of terms of the size of 1, each of a few roundings and
	// added with one of the sum's size.
	compare := func(what string, got []T, want []float64, terms int) {
		t.Helper()
		for i, v := range got {
			if !near(v, want[i], 1+math.Abs(want[i]), 4*float64(terms+8)) {
				t.Fatalf("%d rows, %d to %d, tanh %v: %s[%d] is %v, want %v", rows, in, out, activate, what, i, v, want[i])
			}
		}
	}
	var l Dense[T]
	y, dx := make([]T, rows*out), make([]T, rows*in)
	l.Pack(w, in, out)
	l.ForwardTo(y, x, b, rows, activate)
	compare("y", y, wantY, in)
	for r := 0; r < rows && active.float64 != nil; r += 1 + rows/3 { // gonum's products depend on the shape
		one := make([]T, out)
		l.ForwardTo(one, x[r*in:(r+1)*in], b, 1, activate)
		for j, v := range one {
			if v != y[r*out+j] {
				t.Fatalf("%d rows, %d to %d: y[%d] of row %d is %v, alone %v", rows, in, out, j, r, y[r*out+j], v)
			}
		}
	}
	l.AddBackward(dx, dw, db, x, y, dy, rows, activate)
	l.AddBackward(nil, dw, db, x, y, dy, rows, activate)
	compare("dx", dx, wantDX, out)
	compare("dw", dw, wantDW, 2*rows)
	compare("db", db, wantDB, 2*rows)
}

// Once their work space has grown, a layer, its weights packed anew, Adam and
// sums of columns allocate nothing.
func TestDenseAllocates(t *testing.T) {
	const rows, in, out = 300, 70, 3
	x, w, b, y := make([]float64, rows*in), make([]float64, in*out), make([]float64, out), make([]float64, rows*out)
	dx, dw, db, m := make([]float64, rows*in), make([]float64, in*out), make([]float64, out), make([]float64, in*out)
	var l Dense[float64]
	for _, p := range paths[1:] { // gonum allocates
		restore := setPath(p.name)
		got := testing.AllocsPerRun(10, func() {
			l.Pack(w, in, out)
			l.ForwardTo(y, x, b, rows, true)
			l.AddBackward(dx, dw, db, x, y, y, rows, true)
			AdamTo(w, m, m, w, m, m, dw, 1e-3, 0.9, 0.999, 1e-8, 1)
		})
		restore()
		if got > 0.5 { // the pool for sums may be emptied by a collection
			t.Errorf("%s: %v allocations", p.name, got)
		}
	}
}

// BenchmarkDense runs the layers of an autoencoder of 20 components.
func BenchmarkDense(b *testing.B) {
	rng := rand.New(rand.NewPCG(30, 2))
	for _, s := range [][3]int{{20, 20, 200}, {2000, 20, 200}, {20, 200, 200}, {2000, 200, 200}, {2000, 200, 20}} {
		rows, in, out := s[0], s[1], s[2]
		x, w, bias, dy := opstest.Normals[float64](rng, rows*in), opstest.Normals[float64](rng, in*out), opstest.Normals[float64](rng, out), opstest.Normals[float64](rng, rows*out)
		y, dx, dw, db := make([]float64, rows*out), make([]float64, rows*in), make([]float64, in*out), make([]float64, out)
		var l Dense[float64]
		l.Pack(w, in, out)
		run := func(name string, products float64, f func()) {
			b.Run(fmt.Sprintf("%dx%dx%d/%s", rows, in, out, name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					f()
				}
				b.ReportMetric(products*2*float64(rows*in*out)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
		run("ForwardTo", 1, func() { l.ForwardTo(y, x, bias, rows, true) })
		run("AddBackward", 2, func() { l.AddBackward(dx, dw, db, x, y, dy, rows, true) })
	}
}
