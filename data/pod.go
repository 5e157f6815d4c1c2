package data

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// POD returns the n leading modes of the proper orthogonal decomposition of d:
// the orthonormal rows v_i, (n, C), on which the projections of all states, over
// all times and samples, have the largest mean square, and the roots of these
// mean squares in falling order. No mean is removed, so that the projection
// Σ_i (v_i·u) v_i is the best linear map of rank n.
//
// The modes are the eigenvectors of the second moments of the components, each
// with its largest element positive. Modes of nearly equal size are determined
// by the data but for a rotation among them. The errors are those of Validate
// and that of an n outside of 1 … C.
func POD(d *Dataset, n int) (v [][]float64, rms []float64, err error) {
	if err := d.check(); err != nil {
		return nil, nil, errors.Wrap(err, "data: POD")
	}
	c := d.Dim()
	if n < 1 || n > c {
		return nil, nil, errors.Errorf("data: POD: modes, got %d, want 1 … %d, the components", n, c)
	}
	moments := mat.NewSymDense(c, nil)
	all := make([]float64, d.Samples()*c)
	for _, u := range d.States {
		for s, row := range u {
			copy(all[s*c:], row)
		}
		x := mat.NewDense(d.Samples(), c, all)
		moments.SymRankK(moments, 1/float64(len(d.States)*d.Samples()), x.T())
	}
	var e mat.EigenSym
	if !e.Factorize(moments, true) {
		return nil, nil, errors.New("data: POD: the eigenvalues of the second moments did not converge")
	}
	var vectors mat.Dense
	e.VectorsTo(&vectors)
	values := e.Values(nil)
	for i := range n {
		k := c - 1 - i // in rising order
		mode := mat.Col(nil, k, &vectors)
		largest := 0
		for j, x := range mode {
			if math.Abs(x) > math.Abs(mode[largest]) {
				largest = j
			}
		}
		if mode[largest] < 0 {
			floats.Scale(-1, mode)
		}
		v = append(v, mode)
		rms = append(rms, math.Sqrt(max(0, values[k])))
	}
	return v, rms, nil
}
