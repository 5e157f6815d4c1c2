package integrator

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"

	"spnode/ops"
	"spnode/ops/graph"
	"spnode/ops/opstest"
)

// Trajectories of several lengths in one batch, the short ones padded by steps of
// 0: a padded state keeps its bits, those of −0 too, and the gradients by A,
// the initial states and a weight of g are those of the trajectories without
// padding, to 1e-13 of the largest element.
func TestPadding(t *testing.T) {
	const n, batch, intervals = 3, 4, 5
	lengths := [batch]int{5, 1, 0, 3}
	rng := rand.New(rand.NewPCG(21, 21))
	a := opstest.Normal(rng, "A", 0.4, n, n)
	for i := range n {
		a.Data[i*n+i] -= math.Pow(30, float64(i))
	}
	u0, w := opstest.Normal(rng, "u0", 1, batch, n), opstest.Normal(rng, "W", 1, n, n)
	u0.Data[2*n] = math.Copysign(0, -1)
	steps := opstest.Normal(rng, "steps", 0, intervals, batch)
	for k := range intervals {
		for r, length := range lengths {
			if k < length {
				steps.Data[k*batch+r] = 0.02 + 0.02*rng.Float64()
			}
		}
	}
	weights := normal(rng, batch*n)
	eachMethod(t, func(t *testing.T, m Method) {
		states, grads := rolloutGradients(t, m, a, u0, steps, w, weights)
		sum := make([]float64, n*n)
		sumW := make([]float64, n*n)
		for r, length := range lengths {
			row := func(x []float64) []float64 { return x[r*n : (r+1)*n] }
			for k := length; k < intervals; k++ {
				if !sameBits(row(states[k+1]), row(states[k])) {
					t.Errorf("trajectory %d of %d steps: state %d is %v after padding, %v before", r, length, k, row(states[k+1]), row(states[k]))
				}
			}
			want := row(weights)
			if length > 0 {
				h := opstest.Input{Name: "steps", Shape: []int{length, 1}}
				for k := range length {
					h.Data = append(h.Data, steps.Data[k*batch+r])
				}
				alone := opstest.Input{Name: "u0", Shape: []int{1, n}, Data: slices.Clone(row(u0.Data))}
				_, g := rolloutGradients(t, m, a, alone, h, w, row(weights))
				for i := range sum {
					sum[i] += g[0][i]
					sumW[i] += g[2][i]
				}
				want = g[1]
			}
			if got := row(grads[1]); !(distance(got, want) <= 1e-13*maxNorm(want)) {
				t.Errorf("trajectory %d of %d steps: gradient by u0 is %v, want %v", r, length, got, want)
			}
		}
		for name, x := range map[string][2][]float64{"A": {grads[0], sum}, "W": {grads[2], sumW}} {
			if !(distance(x[0], x[1]) <= 1e-13*maxNorm(x[1])) {
				t.Errorf("gradient by %s is %v, want %v", name, x[0], x[1])
			}
		}
	})
}

func normal(rng *rand.Rand, n int) []float64 { return opstest.Normal(rng, "", 1, n).Data }

func sameBits(x, y []float64) bool {
	return slices.EqualFunc(x, y, func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) })
}

// rolloutGradients returns the states of a rollout with g(u) = tanh(uW), and the
// gradients by A, u0 and W of the weighted sum of the last.
func rolloutGradients(t *testing.T, m Method, a, u0, steps, w opstest.Input, weights []float64) (states, grads [][]float64) {
	t.Helper()
	g := G.NewGraph()
	an, un, wn := a.Node(g), u0.Node(g), w.Node(g)
	s := System{A: an, G: func(u *G.Node) (*G.Node, error) { return ops.Dense(u, wn, nil, true) }}
	nodes, err := Rollout(m, s, un, steps.Node(g), 1)
	if err != nil {
		t.Fatal(err)
	}
	last := nodes[len(nodes)-1]
	c := opstest.Input{Name: "weights", Shape: u0.Shape, Data: weights}.Node(g)
	d, err := G.Grad(G.Must(G.Sum(G.Must(G.HadamardProd(last, c)))), an, un, wn)
	if err != nil {
		t.Fatal(err)
	}
	p, err := graph.Compile(append(slices.Clone(nodes[1:]), d...)...)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second run finds the work space of the first
		if err := p.Run(); err != nil {
			t.Fatal(err)
		}
	}
	values := func(nodes G.Nodes) (all [][]float64) {
		for _, n := range nodes {
			x := make([]float64, n.Shape().TotalSize())
			p.Data(n).Get(x)
			all = append(all, x)
		}
		return all
	}
	return append([][]float64{u0.Data}, values(nodes[1:])...), values(d)
}
