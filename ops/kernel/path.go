package kernel

import (
	"fmt"
	"os"
	"strings"
)

// pathVariable is the environment variable that names the path to take. The
// program panics at its start if it names none that the processor has: a run on
// another path than the one asked for would go unnoticed.
const pathVariable = "SPNODE_KERNEL"

// A path is a way to do the arithmetic on one kind of processor. The portable
// one has no simd kernels: it is plain Go, with gonum's products.
type path struct {
	name    string
	byName  bool // it is taken only where pathVariable names it
	float64 *simd[float64]
	float32 *simd[float32]
	convert *conversions
}

// conversions are the kernels that take n elements, a multiple of eight, of one type to
// the other: Narrow, Widen and AddWide.
type conversions struct {
	narrow         func(n int, y *float32, x *float64)
	widen, addWide func(n int, y *float64, x *float32)
}

// simd are the kernels of an instruction set, in assembly. Those of any two have
// the same bits: what is an element's in one vector is so in a wider one.
type simd[T Float] struct {
	lanes int // elements of a vector

	// half are the kernels with vectors half as wide, or nil. They take products
	// whose columns fill no more than half of one; in others, where that is so
	// of the last vector of a panel, see tail, gemm takes half of it.
	half *simd[T]

	// gemm computes C = αAB + βD for m rows of A and a panel of n columns of
	// B, n ≤ panelVectors·lanes or, if m is less than four, wideVectors[m]·lanes; k ≥ 1.
	// Element (i, p) of A is a[i·rs+p·ps], row p of the panel starts at b[p·ldb]
	// and its last vector at element last of it, and D is not read if β is 0.
	// The sum of one element of C, Σ_p fma(a, b, ·), has the order of p,
	// whatever is computed beside it.
	gemm func(m, n, k int, alpha T, a *T, rs, ps int, b *T, ldb, last int, beta T, d *T, ldd int, c *T, ldc int)

	// transpose writes the transpose of square rows of n elements, ld apart, as
	// n rows of square elements, ldt apart.
	square    int
	transpose func(n int, t *T, ldt int, b *T, ld int)

	// dots computes C = αABᵀ + βD for m ≤ dotRows rows of A and a multiple n of
	// square of rows of B, where element (i, p) of A is a[i·rs+p·ps] and row j of
	// B starts at b[j·ld], with the sums of gemm.
	dots func(m, n, k int, alpha T, a *T, rs, ps int, b *T, ld int, beta T, d *T, ldd int, c *T, ldc int)

	// tanh computes y = tanh(x) for n elements; y may be x.
	tanh func(n int, y, x *T)

	// distance computes SquaredDistance of n elements, a multiple of eight.
	//
	// The others are AxpyTo, ResidualTo, TanhGradTo, AddColumnSumsTo and AdamTo.
	axpy       func(n int, alpha T, x, y *T)
	residual   func(n int, z *T, alpha T, x, y *T)
	distance   func(n int, x, y *T) float64
	tanhGrad   func(n int, dz, dy, y *T)
	columnSums func(rows, n int, s, x *T)
	adam       func(n int, w, m, v, w0, m0, v0, g *T, beta1, rest1, beta2, rest2, rate, scale, epsilon T)
}

var (
	paths  = append([]path{{name: "portable"}}, processorPaths()...) // the best last
	active = choosePath(os.Getenv(pathVariable))
)

// Path names the way in which the arithmetic of this process is done: portable, or an
// instruction set.
func Path() string { return active.name }

// choosePath returns the path of that name, or the best for no name.
func choosePath(name string) path {
	if name == "" {
		for i := len(paths) - 1; ; i-- { // portable ends it
			if !paths[i].byName {
				return paths[i]
			}
		}
	}
	var names []string
	for _, p := range paths {
		if p.name == name {
			return p
		}
		names = append(names, p.name)
	}
	panic(fmt.Sprintf("kernel: %s is %q, want one of %s, which this processor has", pathVariable, name, strings.Join(names, ", ")))
}

// activeSIMD returns the kernels of the active path, nil if it is portable.
func activeSIMD[T Float]() *simd[T] {
	var s *simd[T]
	switch s := any(&s).(type) {
	case **simd[float64]:
		*s = active.float64
	case **simd[float32]:
		*s = active.float32
	}
	return s
}
