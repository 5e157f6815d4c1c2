package kernel

import "math"

// Norm1 returns ‖A‖₁, the largest absolute column sum of an r×c matrix, and
// the column that has it; normInf the largest absolute row sum and its row.
// A NaN among the elements makes the norm NaN.
func Norm1[T Float](r, c int, a []T) (norm float64, col int) {
	for j := range c {
		var s float64
		for i := range r {
			s += math.Abs(float64(a[i*c+j]))
		}
		if s > norm || s != s {
			norm, col = s, j
		}
	}
	return norm, col
}

// normInf returns ‖A‖_∞, see Norm1.
func normInf[T Float](r, c int, a []T) (norm float64, row int) {
	for i := range r {
		var s float64
		for _, v := range a[i*c : i*c+c] {
			s += math.Abs(float64(v))
		}
		if s > norm || s != s {
			norm, row = s, i
		}
	}
	return norm, row
}

// LipschitzScale returns the factor f that makes B = fW a matrix of 2-norm at
// most bound, by Hölder's inequality ‖W‖₂ ≤ √(‖W‖₁‖W‖_∞) = ν, eq. (8):
//
//	f = bound / max(1, ν)      if unit (the paper's form),
//	f = 1 / max(1, ν/bound)    otherwise (V = bound·W is what is trained).
//
// Both reach the same matrices. In the first B grows to the bound from the
// first step, however small the bound makes it at the start.
func LipschitzScale[T Float](r, c int, w []T, bound float64, unit bool) float64 {
	n1, _ := Norm1(r, c, w)
	ni, _ := normInf(r, c, w)
	return lipschitzFactor(math.Sqrt(n1*ni), bound, unit)
}

// lipschitzFactor is LipschitzScale for a known ν.
func lipschitzFactor(nu, bound float64, unit bool) float64 {
	if unit {
		return bound / max(1, nu)
	}
	return 1 / max(1, nu/bound)
}

// LipschitzScaleTo writes B = fW, see LipschitzScale.
func LipschitzScaleTo[T Float](b, w []T, r, c int, bound float64, unit bool) {
	f := T(LipschitzScale(r, c, w, bound, unit))
	for i, v := range w {
		b[i] = f * v
	}
}

// LipschitzScaleGrad adds to dw the gradient by w of a function whose gradient
// by B is db. Where two rows or columns tie for a norm, the first is taken.
func LipschitzScaleGrad[T Float](dw, w, db []T, r, c int, bound float64, unit bool) {
	n1, col := Norm1(r, c, w)
	ni, row := normInf(r, c, w)
	nu := math.Sqrt(n1 * ni)
	f := lipschitzFactor(nu, bound, unit)
	var dot float64
	for i, v := range db {
		dw[i] += T(f) * v
		dot += float64(v) * float64(w[i])
	}
	limit := 1.0
	if !unit {
		limit = bound
	}
	if nu <= limit {
		return
	}
	// f = bound/ν in both forms, so ∂f/∂ν = −f/ν, with ∂ν/∂‖W‖_∞ = ‖W‖₁/2ν
	// and ∂ν/∂‖W‖₁ = ‖W‖_∞/2ν.
	d := -dot * f / nu
	for j := range c {
		i := row*c + j
		dw[i] += T(d * n1 / (2 * nu) * sign(float64(w[i])))
	}
	for k := range r {
		i := k*c + col
		dw[i] += T(d * ni / (2 * nu) * sign(float64(w[i])))
	}
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}
