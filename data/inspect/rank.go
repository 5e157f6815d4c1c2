package inspect

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"spnode/data"
)

// sampled returns rows of the data, complete ones, as a matrix over the scale, at
// most so many, evenly chosen. make maps a trajectory and a time to a row, nil to
// leave it out.
func sampled(d *data.Dataset, most int, row func(tr data.Trajectory, k int) []float64) *mat.Dense {
	var total int
	for _, tr := range d.Trajectories {
		total += len(tr.Times)
	}
	every := (total + most - 1) / most
	var flat []float64
	n, at := d.Dim(), 0
	for _, tr := range d.Trajectories {
		for k := range tr.Times {
			if at++; at%every != 0 {
				continue
			}
			if x := row(tr, k); x != nil && !floats.HasNaN(x) {
				flat = append(flat, x...)
			}
		}
	}
	if len(flat) == 0 {
		return nil
	}
	return mat.NewDense(len(flat)/n, n, flat)
}

// mostRows bounds the rows of a decomposition, enough for any number of
// components that the rest can handle.
func mostRows(dim int) int { return max(2000, 8*dim) }

// rank fills in the energies.
func (f *Facts) rank(d *data.Dataset) {
	x := sampled(d, mostRows(d.Dim()), func(tr data.Trajectory, k int) []float64 {
		row := slices.Clone(tr.States[k])
		floats.Div(row, f.Scale)
		return row
	})
	if x == nil {
		return
	}
	rows, n := x.Dims()
	for j := range n {
		column := mat.Col(nil, j, x)
		floats.AddConst(-stat.Mean(column, nil), column)
		x.SetCol(j, column)
	}
	var svd mat.SVD
	if rows < n || !svd.Factorize(x, mat.SVDNone) {
		return
	}
	f.Energies = svd.Values(nil)
	if f.Energies[0] > 0 {
		floats.Scale(1/f.Energies[0], f.Energies)
	}
}

// The rules for an invariant: the quantity changes along trajectories by less than
// invariantTol of the largest change there is, and every other combination by
// invariantGap times more.
const (
	invariantTol = 1e-8
	invariantGap = 100
)

// invariants finds the linear quantities that the data conserve: right singular
// vectors of all changes from the initial states that belong to singular values
// of (nearly) 0, as combinations with as few components as there can be. A field
// whose states lie in a few dimensions has small singular values without a gap,
// and no invariant is told of it.
func invariants(d *data.Dataset, scale []float64) []Invariant {
	n := d.Dim()
	x := sampled(d, mostRows(n), func(tr data.Trajectory, k int) []float64 {
		if k == 0 {
			return nil
		}
		row := make([]float64, n)
		for j := range row {
			row[j] = (tr.States[k][j] - tr.States[0][j]) / scale[j]
		}
		return row
	})
	if x == nil {
		return nil
	}
	if rows, _ := x.Dims(); rows < 4*n { // too few to tell a law from a coincidence
		return nil
	}
	var svd mat.SVD
	if !svd.Factorize(x, mat.SVDThinV) {
		return nil
	}
	s := svd.Values(nil)
	first := n // of those that are conserved
	for first > 0 && s[first-1] <= invariantTol*s[0] {
		first--
	}
	if first == 0 || first == n || s[first-1] < invariantGap*s[first] || n-first > max(1, n/3) {
		return nil
	}
	var v mat.Dense
	svd.VTo(&v)
	w := mat.DenseCopyOf(v.Slice(0, n, first, n).T())
	reduce(w)
	var found []Invariant
	for i := range n - first {
		weights := mat.Row(nil, i, w)
		for j := range weights {
			if math.Abs(weights[j]) < 1e-6 { // roundings beside 1; the drift below tells if not
				weights[j] = 0
			}
			weights[j] /= scale[j]
		}
		if norm := floats.Norm(weights, math.Inf(1)); norm > 0 {
			floats.Scale(1/norm, weights)
		}
		if q, ok := measure(d, scale, weights); ok {
			found = append(found, q)
		}
	}
	return found
}

// reduce brings the rows to reduced row echelon form with complete pivoting by
// columns, so that each has a component of its own.
func reduce(w *mat.Dense) {
	rows, cols := w.Dims()
	for r := range rows {
		pivot := 0
		for c := range cols {
			if math.Abs(w.At(r, c)) > math.Abs(w.At(r, pivot)) {
				pivot = c
			}
		}
		p := w.At(r, pivot)
		for c := range cols {
			w.Set(r, c, w.At(r, c)/p)
		}
		for other := range rows {
			if other == r {
				continue
			}
			m := w.At(other, pivot)
			for c := range cols {
				w.Set(other, c, w.At(other, c)-m*w.At(r, c))
			}
		}
	}
}

// measure says what the values of w·u are, and whether it is conserved.
func measure(d *data.Dataset, scale, w []float64) (Invariant, bool) {
	q := Invariant{Weights: w}
	size := q.Size(scale)
	var at []float64
	for _, tr := range d.Trajectories {
		first := floats.Dot(w, tr.States[0])
		if math.IsNaN(first) {
			continue
		}
		at = append(at, first)
		for _, u := range tr.States {
			if v := floats.Dot(w, u); !math.IsNaN(v) {
				q.Drift = max(q.Drift, math.Abs(v-first)/size)
			}
		}
	}
	if len(at) == 0 {
		return q, false
	}
	q.Mean, q.Deviation = stat.PopMeanStdDev(at, nil)
	return q, q.Drift <= 1e-7 // ten times invariantTol: the largest where that is a mean
}
