// Package kernel holds the arithmetic of spnode: products of matrices, layers and
// functions of elements on slices, without Gorgonia, without goroutines, and without
// allocation once their work space has grown to size. Packages funm, expmv and poly
// below it are made of them.
//
// Matrices are row-major and tight. A batch comes first: a state is a row, u
// has shape (batch, n), and a weight matrix has shape (in, out), which is the
// paper's W_i ∈ R^{n_i×n_{i+1}}. Every function is generic over Float, and a
// function that writes into its first argument ends in To.
//
// Products, tanh, Adam and sums of rows and columns are in assembly for
// processors with AVX2 and FMA or with AVX-512, and in portable Go for all others.
// That is chosen at the start of the program by what the processor has, the same on
// every start; the environment variable SPNODE_KERNEL overrides it with portable,
// avx2 or avx512. A value that the processor does not have ends the program with a
// panic. The two in assembly have the same bits; the portable path differs from
// them in its roundings.
//
// Sizes are trusted here: package ops checks them before it calls.
package kernel

// Float is the element type of a kernel.
type Float interface{ float32 | float64 }

// UnitRoundoff is the tolerance to which a T is computed unless told
// otherwise: 2^-53 or 2^-24.
func UnitRoundoff[T Float]() float64 {
	var z T
	if _, ok := any(z).(float32); ok {
		return 0x1p-24
	}
	return 0x1p-53
}
