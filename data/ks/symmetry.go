package ks

// Shift writes the periodic field u, shifted by j points, into dst: dst_i =
// u_{i+j}, the index modulo the length. j may be negative. dst and u have the
// same length and do not overlap.
//
// A shifted solution of [Equation] is a solution.
func Shift(dst, u []float64, j int) {
	n := len(u)
	j = ((j % n) + n) % n
	copy(dst, u[j:])
	copy(dst[n-j:], u[:j])
}

// Reflect writes the reflection x → −x, u → −u of the periodic field u into dst:
// dst_i = −u_{N−i}, the index modulo N. dst and u have the same length and do not
// overlap.
//
// A reflected solution of [Equation] is a solution.
func Reflect(dst, u []float64) {
	dst[0] = -u[0]
	for i := 1; i < len(u); i++ {
		dst[i] = -u[len(u)-i]
	}
}
