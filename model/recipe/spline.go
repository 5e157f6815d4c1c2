package recipe

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"

	"spnode/data"
)

// Spline replaces what was measured of each trajectory by a smoothing spline: of each
// component the z for which
//
//	Σ_k (y_k − z_k)² + λ Σ_k h_k (D³z)_k²
//
// is least, with third derivatives by divided differences over four times that lie 3h
// apart (Whittaker 1923, Reinsch 1967). Times are counted in their mean interval or, where
// steps grow over three decades, as those of ln(t + t_1) since the beginning. One λ for each
// component has the least generalised cross-validation over all trajectories but the tenth
// that is farthest off, since an outlier in one tells nothing of the others,
//
//	Σ (y − z)² / (Σ (1 − H_kk))²,  z = Hy
//
// (Craven and Wahba 1978), so that nothing need be known of the noise, and what has none
// stays as it is to a small part of what a parabola through neighbours is off by. What
// changes fast for a short while it takes for noise sooner than Smooth does, whose
// differences are what least squares want.
func Spline(d *data.Dataset) *data.Dataset {
	s := newSmoother(d)
	lambda := s.choose()
	out := d.CloneStates()
	for i, tr := range d.Trajectories {
		states := out.Trajectories[i].States
		for _, p := range s.pieces(tr) {
			for c, j := range p.components {
				z := p.solve(lambda[j], p.y.Slice(0, len(p.rows), c, c+1))
				for q, k := range p.rows {
					states[k][j] = z.At(q, 0)
				}
			}
		}
	}
	return out
}

// smoother knows in what times are counted.
type smoother struct {
	data  *data.Dataset
	first float64 // t_1, the median of the first intervals; 0: times as they are
}

func newSmoother(d *data.Dataset) *smoother {
	var first []float64
	largest := 0.
	for _, tr := range d.Trajectories {
		for k := range len(tr.Times) - 1 {
			h := tr.Times[k+1] - tr.Times[k]
			largest = max(largest, h)
			if k == 0 {
				first = append(first, h)
			}
		}
	}
	slices.Sort(first)
	s := &smoother{data: d}
	// Others, and a few of the first, may be short as two times are nearly the same.
	if n := len(first); n > 0 && largest > 1e3*first[n/2] {
		s.first = first[n/2]
	}
	return s
}

// piece are components of a trajectory that were measured at the same times.
type piece struct {
	rows, components []int
	y                *mat.Dense
	penalty          *mat.SymBandDense // Σ h c cᵀ, with c of third derivatives
}

// fewest are the times that can be told from a parabola and noise.
const fewest = 6

// pieces are those of a trajectory that have enough times.
func (s *smoother) pieces(tr data.Trajectory) (all []*piece) {
	same := map[string]*piece{}
	for j := range tr.States[0] {
		var rows []int
		mask := make([]byte, len(tr.States))
		for k, u := range tr.States {
			if !math.IsNaN(u[j]) {
				rows, mask[k] = append(rows, k), 1
			}
		}
		if len(rows) < fewest {
			continue
		}
		p := same[string(mask)]
		if p == nil {
			p = &piece{rows: rows}
			same[string(mask)], all = p, append(all, p)
		}
		p.components = append(p.components, j)
	}
	for _, p := range all {
		p.y = mat.NewDense(len(p.rows), len(p.components), nil)
		for q, k := range p.rows {
			for c, j := range p.components {
				p.y.Set(q, c, tr.States[k][j])
			}
		}
		p.penalty = roughness(s.places(tr, p.rows))
	}
	return all
}

// places are the times of some rows in mean intervals, none closer than a tenth to its
// neighbour, as the differences of closer ones are only noise.
func (s *smoother) places(tr data.Trajectory, rows []int) []float64 {
	at := make([]float64, len(rows))
	for q, k := range rows {
		if at[q] = tr.Times[k] - tr.Times[0]; s.first > 0 {
			at[q] = math.Log(at[q] + s.first)
		}
	}
	n := len(at)
	mean := (at[n-1] - at[0]) / float64(n-1)
	x := make([]float64, n)
	for q := 1; q < n; q++ {
		x[q] = x[q-1] + max(0.1, (at[q]-at[q-1])/mean)
	}
	return x
}

func roughness(x []float64) *mat.SymBandDense {
	p := mat.NewSymBandDense(len(x), 3, nil)
	for k := range len(x) - 3 {
		var c [4]float64
		for i := range c {
			c[i] = 6
			for j := range c {
				if j != i {
					c[i] /= x[k+i] - x[k+j]
				}
			}
		}
		for i := range c {
			for j := i; j < len(c); j++ {
				p.SetSymBand(k+i, k+j, p.At(k+i, k+j)+(x[k+3]-x[k])/3*c[i]*c[j])
			}
		}
	}
	return p
}

// solve returns (1 + λP)⁻¹ y. It can be done: no eigenvalue is below 1.
func (p *piece) solve(lambda float64, y mat.Matrix) *mat.Dense {
	n := len(p.rows)
	b := mat.NewSymBandDense(n, 3, nil)
	for i := range n {
		for j := i; j < min(i+4, n); j++ {
			v := lambda * p.penalty.At(i, j)
			if i == j {
				v++
			}
			b.SetSymBand(i, j, v)
		}
	}
	factor, _ := lapack64.Pbtrf(b.RawSymBand()) // mat's estimates the condition, by squares of n
	z := mat.DenseCopyOf(y)
	lapack64.Pbtrs(factor, z.RawMatrix())
	return z
}

// misfit is what a spline leaves of a trajectory: the norm of y − z and Σ (1 − H_kk).
type misfit struct{ off, free float64 }

// choose returns λ of each component.
func (s *smoother) choose() []float64 {
	const most = 50 // trajectories, which tell enough
	dim := len(s.data.Trajectories[0].States[0])
	lambda, least := make([]float64, dim), slices.Repeat([]float64{math.Inf(1)}, dim)
	var pieces []*piece
	for i := 0; i < len(s.data.Trajectories); i += (len(s.data.Trajectories) + most - 1) / most {
		pieces = append(pieces, s.pieces(s.data.Trajectories[i])...)
	}
	for power := -10.; power <= 8; power++ {
		l := math.Pow(10, power)
		all := make([][]misfit, dim)
		random := rand.New(rand.NewPCG(1, 1))
		for _, p := range pieces {
			n, columns := p.y.Dims()
			signs := make([]float64, n) // vᵀ(1 − H)v is its trace in the mean
			for q := range signs {
				signs[q] = float64(2*random.IntN(2) - 1)
			}
			var y mat.Dense
			y.Augment(p.y, mat.NewDense(n, 1, signs))
			z := p.solve(l, &y)
			trace := 0.
			for q, v := range signs {
				trace += v * (v - z.At(q, columns))
			}
			for c, j := range p.components {
				off := mat.Col(nil, c, z)
				floats.Sub(off, mat.Col(nil, c, p.y))
				all[j] = append(all[j], misfit{floats.Norm(off, 2), trace})
			}
		}
		for j, of := range all {
			slices.SortFunc(of, func(a, b misfit) int { return cmp.Compare(a.off, b.off) })
			var sum misfit
			for _, f := range of[:len(of)-len(of)/10] {
				sum.off, sum.free = math.Hypot(sum.off, f.off), sum.free+f.free
			}
			if score := sum.off / sum.free; score < least[j] {
				lambda[j], least[j] = l, score
			}
		}
	}
	return lambda
}
