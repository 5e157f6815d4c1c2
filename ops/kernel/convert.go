package kernel

// Narrow writes x to y, rounded.
func Narrow(y []float32, x []float64) {
	y = y[:len(x)]
	n := wholes(len(x))
	if n > 0 {
		active.convert.narrow(n, &y[0], &x[0])
	}
	for i, v := range x[n:] {
		y[n+i] = float32(v)
	}
}

// Widen writes x to y.
func Widen(y []float64, x []float32) {
	y = y[:len(x)]
	n := wholes(len(x))
	if n > 0 {
		active.convert.widen(n, &y[0], &x[0])
	}
	for i, v := range x[n:] {
		y[n+i] = float64(v)
	}
}

// AddWide adds x to y.
func AddWide(y []float64, x []float32) {
	y = y[:len(x)]
	n := wholes(len(x))
	if n > 0 {
		active.convert.addWide(n, &y[0], &x[0])
	}
	for i, v := range x[n:] {
		y[n+i] += float64(v)
	}
}

// wholes is how many of n elements the kernels convert, if there are any.
func wholes(n int) int {
	if active.convert == nil {
		return 0
	}
	return n &^ 7
}
