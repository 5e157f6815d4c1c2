package kernel

import (
	"math"
	"sync"
	"unsafe"
)

// AxpyTo adds alpha x to y.
func AxpyTo[T Float](y []T, alpha T, x []T) {
	y = y[:len(x)]
	if s := activeSIMD[T](); s != nil && len(x) > 0 {
		s.axpy(len(x), alpha, &x[0], &y[0])
		return
	}
	for i, v := range x {
		y[i] += alpha * v
	}
}

// ResidualTo writes z = alpha (x − y).
func ResidualTo[T Float](z []T, alpha T, x, y []T) {
	z, y = z[:len(x)], y[:len(x)]
	if s := activeSIMD[T](); s != nil && len(x) > 0 {
		s.residual(len(x), &z[0], alpha, &x[0], &y[0])
		return
	}
	for i, v := range x {
		z[i] = alpha * (v - y[i])
	}
}

// SquaredDistance returns Σ(x − y)², in float64 for both element types.
func SquaredDistance[T Float](x, y []T) (sum float64) {
	y = y[:len(x)]
	n := 0
	if s := activeSIMD[T](); s != nil && len(x) >= 8 {
		n = len(x) &^ 7
		sum = s.distance(n, &x[0], &y[0])
	}
	for i, v := range x[n:] {
		d := float64(v) - float64(y[n+i])
		sum += d * d
	}
	return sum
}

// TanhTo writes tanh(x) to y, which may be x, within two units in the last
// place. An element has the same bits wherever in x it lies.
func TanhTo[T Float](y, x []T) {
	y = y[:len(x)]
	if s := activeSIMD[T](); s != nil && len(x) > 0 {
		s.tanh(len(x), &y[0], &x[0])
		return
	}
	for i, v := range x {
		y[i] = T(math.Tanh(float64(v)))
	}
}

// TanhGradTo writes the gradient dz = dy(1 − y²) by z of a function of
// y = tanh(z). dz may be dy or y.
func TanhGradTo[T Float](dz, dy, y []T) {
	dz, dy = dz[:len(y)], dy[:len(y)]
	if s := activeSIMD[T](); s != nil && len(y) > 0 {
		s.tanhGrad(len(y), &dz[0], &dy[0], &y[0])
		return
	}
	for i, v := range y {
		dz[i] = dy[i] * (1 - v*v)
	}
}

// sumWidth is how many columns AddColumnSumsTo brings together where there are
// fewer: as many as the kernels add at once.
const sumWidth = 64

// sums are for AddColumnSumsTo. A local array would be allocated for each call,
// since the kernel that fills it is called through a variable.
var sums = sync.Pool{New: func() any { return new([sumWidth]float64) }}

// AddColumnSumsTo adds to s, of n elements, the sums of the columns of x, of
// shape (rows, n). The gradient by a bias is such a sum.
//
// Narrow rows fill no vector, so several are taken as one wide row and the
// sums of its columns are added up at the end.
func AddColumnSumsTo[T Float](s, x []T) {
	n := len(s)
	if n == 0 || len(x) == 0 {
		return
	}
	k := activeSIMD[T]()
	if k == nil {
		for ; len(x) >= n; x = x[n:] {
			AxpyTo(s, 1, x[:n])
		}
		return
	}
	rows := len(x) / n
	if together := sumWidth / n; together > 1 && rows >= 2*together {
		buffer := sums.Get().(*[sumWidth]float64)
		defer sums.Put(buffer)
		wide := (*[sumWidth]T)(unsafe.Pointer(buffer))
		clear(wide[:])
		m := together * n
		k.columnSums(rows/together, m, &wide[0], &x[0])
		for i, v := range wide[:m] {
			s[i%n] += v
		}
		x, rows = x[rows/together*m:], rows%together
	}
	if rows > 0 {
		k.columnSums(rows, n, &s[0], &x[0])
	}
}

// AdamTo moves the weights w by step t = 1, 2, … of Adam against the gradient g,
//
//	m = β₁ m₀ + (1−β₁) g        m̂ = m / (1−β₁ᵗ)
//	v = β₂ v₀ + (1−β₂) g²       v̂ = v / (1−β₂ᵗ)
//	w ← w − rate · m̂ / (√v̂ + ε),
//
// in one pass, where m and v are the moments, which may lie where m₀ and v₀ do, and w₀ is to
// keep what w was, unless it is w. Instead of the quotients of every
// element it takes rate/(1−β₁ᵗ) and 1/(1−β₂ᵗ) once, so it agrees with the
// formula to rounding. See Kingma and Ba, Adam: A Method for Stochastic
// Optimization, ICLR 2015, algorithm 1.
func AdamTo[T Float](w, m, v, w0, m0, v0, g []T, rate, beta1, beta2, epsilon float64, t int) {
	n := len(g)
	w, m, v, w0, m0, v0 = w[:n], m[:n], v[:n], w0[:n], m0[:n], v0[:n]
	c := [7]T{
		T(beta1), T(1 - beta1), T(beta2), T(1 - beta2),
		T(rate / (1 - math.Pow(beta1, float64(t)))), T(1 / (1 - math.Pow(beta2, float64(t)))), T(epsilon),
	}
	if s := activeSIMD[T](); s != nil && n > 0 {
		s.adam(n, &w[0], &m[0], &v[0], &w0[0], &m0[0], &v0[0], &g[0], c[0], c[1], c[2], c[3], c[4], c[5], c[6])
		return
	}
	for i, gi := range g {
		w0[i] = w[i]
		m[i] = c[0]*m0[i] + c[1]*gi
		v[i] = c[2]*v0[i] + c[3]*gi*gi
		w[i] -= c[4] * m[i] / (T(math.Sqrt(float64(c[5]*v[i]))) + c[6])
	}
}

// Dot returns the inner product of x and y.
func Dot[T Float](x, y []T) T {
	var s T
	y = y[:len(x)]
	for i, v := range x {
		s += v * y[i]
	}
	return s
}

// Scale multiplies x by alpha.
func Scale[T Float](alpha T, x []T) {
	for i := range x {
		x[i] *= alpha
	}
}
