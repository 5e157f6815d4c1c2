package ode

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"

	"spnode/data/internal/stack"
)

// stage solves for the stages z of a step h and returns the number of Newton
// iterations, or 0 and the factor by which to change the step if they do not
// converge.
func (r *radauRun) stage(h float64) (iterations int, factor float64) {
	if !r.factorize(h) {
		return 0, 0.5
	}
	r.guess(h)
	rate := math.Pow(max(r.rate, 0x1p-53), 0.8)
	before, thetaBefore := 0., 0.
	for k := 1; k <= radauIterations; k++ {
		size := r.iterate(h)
		if !stack.Finite(size) {
			return 0, 0.5
		}
		if k > 1 && size > 0 {
			ratio := size / before
			theta := ratio
			if k > 2 {
				theta = math.Sqrt(ratio * thetaBefore)
			}
			thetaBefore = ratio
			if theta >= 0.99 {
				return 0, 0.5
			}
			rate = theta / (1 - theta)
			// What the iterations left will reach at this rate.
			rest := radauIterations - k
			if reach := rate * size * math.Pow(theta, float64(rest)) / r.newton; reach >= 1 {
				return 0, 0.8 * math.Pow(min(20, reach), -1/float64(4+rest))
			}
		}
		before = size
		if rate*size <= r.newton {
			r.rate = rate
			return k, 1
		}
	}
	return 0, 0.5
}

// factorize returns false for a singular matrix.
func (r *radauRun) factorize(h float64) bool {
	r.stats.Decompositions++
	n, jac := r.n, r.jac.RawMatrix()
	for i := range n {
		row := jac.Data[i*jac.Stride : i*jac.Stride+n]
		single := r.single.Data[i*n : (i+1)*n]
		for k, v := range row {
			single[k] = -h * radauGamma * v
		}
		single[i]++
		for s := range 3 {
			stage := r.stages.Data[(s*n+i)*3*n : (s*n+i+1)*3*n]
			for q, a := range radauA[s] {
				for k, v := range row {
					stage[q*n+k] = -h * a * v
				}
			}
			stage[s*n+i]++
		}
	}
	return lapack64.Getrf(r.stages, r.pivots) && lapack64.Getrf(r.single, r.pivot)
}

// guess continues the collocation polynomial of the last step.
func (r *radauRun) guess(h float64) {
	clear(r.z)
	w := h / r.lastH
	if r.lastH == 0 || w > 1/radauGrow {
		return // nothing to continue, or too far
	}
	n := r.n
	end := r.last[2*n:]
	for s, c := range radauC {
		z := r.z[s*n : (s+1)*n]
		x := 1 + c*w
		for q, cq := range radauC {
			l := x / cq // Lagrange's polynomials of the nodes 0 and radauC
			for p, cp := range radauC {
				if p != q {
					l *= (x - cp) / (cq - cp)
				}
			}
			for i, v := range r.last[q*n : (q+1)*n] {
				z[i] += l * v
			}
		}
		for i, v := range end {
			z[i] -= v
		}
	}
}

// iterate makes one Newton correction of z and returns its size.
func (r *radauRun) iterate(h float64) float64 {
	n := r.n
	for s := range 3 {
		for i, v := range r.y {
			r.tmp[i] = v + (r.z[s*n+i] + r.lo[i])
		}
		r.rhs(r.fz[s*n:(s+1)*n:(s+1)*n], r.tmp)
	}
	for s, a := range radauA {
		for i := range n {
			k := s*n + i
			r.dz[k] = h*(a[0]*r.fz[i]+a[1]*r.fz[n+i]+a[2]*r.fz[2*n+i]) - r.z[k]
		}
	}
	lapack64.Getrs(blas.NoTrans, r.stages, column(r.dz), r.pivots)
	size := 0.
	for k, v := range r.dz {
		r.z[k] += v
		q := math.Abs(v) / r.scale[k%n]
		if !stack.Finite(q) {
			return q
		}
		size = max(size, q)
	}
	return size
}

// estimate returns the largest scaled error of the step and its component.
// Where asked, an error that is too large is estimated again from f(y + e), which
// is right for stiff components where the first estimate is far too large.
func (r *radauRun) estimate(h float64, again bool) (size float64, worst int) {
	size, worst = r.filter(h, r.f)
	if again && size >= 1 {
		for i, v := range r.y {
			r.tmp[i] = v + r.e[i]
		}
		r.rhs(r.e, r.tmp)
		size, worst = r.filter(h, r.e)
	}
	return size, worst
}

// filter computes e = (I − hγJ)⁻¹ (hγ f + γ Σ e_i z_i); f may be r.e.
func (r *radauRun) filter(h float64, f []float64) (size float64, worst int) {
	n := r.n
	for i, v := range f {
		sum := radauE[0]*r.z[i] + radauE[1]*r.z[n+i] + radauE[2]*r.z[2*n+i]
		r.e[i] = radauGamma * (h*v + sum)
	}
	lapack64.Getrs(blas.NoTrans, r.single, column(r.e), r.pivot)
	for i, v := range r.e {
		q := math.Abs(v) / r.scale[i]
		if !stack.Finite(q) {
			return math.Inf(1), i
		}
		if q > size {
			size, worst = q, i
		}
	}
	return max(size, 1e-10), worst // 0 would make a step of any size
}

func column(v []float64) blas64.General {
	return blas64.General{Rows: len(v), Cols: 1, Stride: 1, Data: v}
}
