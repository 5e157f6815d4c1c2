package leastsq

import (
	"math"

	"github.com/pkg/errors"
)

// Weights returns the weights w for which Σ_i w_i f(nodes_i) is the derivative of a
// given order ≥ 0 at x of the polynomial of the lowest degree through the points
// (nodes_i, f(nodes_i)). With m nodes it is exact for polynomials of degree below m.
//
// Fornberg, Generation of finite difference formulas on arbitrarily spaced grids,
// Math. Comp. 51 (1988) 699–706.
func Weights(x float64, nodes []float64, order int) []float64 {
	// c[i][k] is the weight of node i for derivative k, over the nodes so far.
	m := len(nodes)
	c := make([][]float64, m)
	for i := range c {
		c[i] = make([]float64, order+1)
	}
	c[0][0] = 1
	c1, c4 := 1., nodes[0]-x
	for i := 1; i < m; i++ {
		c2, c5 := 1., c4
		c4 = nodes[i] - x
		for j := range i {
			c3 := nodes[i] - nodes[j]
			c2 *= c3
			if j == i-1 {
				for k := min(i, order); k > 0; k-- {
					c[i][k] = c1 * (float64(k)*c[i-1][k-1] - c5*c[i-1][k]) / c2
				}
				c[i][0] = -c1 * c5 * c[i-1][0] / c2
			}
			for k := min(i, order); k > 0; k-- {
				c[j][k] = (c4*c[j][k] - float64(k)*c[j][k-1]) / c3
			}
			c[j][0] = c4 * c[j][0] / c3
		}
		c1 = c2
	}
	w := make([]float64, m)
	for i := range w {
		w[i] = c[i][order]
	}
	return w
}

// stencil is a difference formula for the time of one index.
type stencil struct {
	first   int // index of its first node
	weights []float64
}

// stencils returns one for each of the times, of the order+1 times that lie most
// evenly around it. At the ends these are one-sided; without ends there are none
// there, and their weights are nil.
func stencils(times []float64, order int, ends bool) ([]stencil, error) {
	if order < 1 || order >= len(times) {
		return nil, errors.Errorf("leastsq: differences of order %d want at least %d times, got %d; try a lower order", order, order+1, len(times))
	}
	s := make([]stencil, len(times))
	var last []float64 // nodes of the formula that was made last, relative to its time
	var weights []float64
	for k, t := range times {
		first := k - order/2
		if first < 0 || first+order >= len(times) {
			if !ends {
				continue
			}
			first = min(max(first, 0), len(times)-1-order)
		}
		nodes := make([]float64, order+1)
		for i := range nodes {
			nodes[i] = times[first+i] - t
		}
		if !sameNodes(nodes, last) {
			last, weights = nodes, Weights(0, nodes, 1)
		}
		s[k] = stencil{first, weights}
	}
	return s, nil
}

// sameNodes reports whether two sets of nodes agree to what rounding makes of the
// times of a uniform grid.
func sameNodes(x, y []float64) bool {
	if len(x) != len(y) {
		return false
	}
	width := x[len(x)-1] - x[0]
	for i, v := range x {
		if math.Abs(v-y[i]) > 1e-10*width {
			return false
		}
	}
	return true
}

// at writes the derivative of the states to dst.
func (s stencil) at(dst []float64, states [][]float64) {
	clear(dst)
	for i, w := range s.weights {
		for j, v := range states[s.first+i] {
			dst[j] += w * v
		}
	}
}
