package graph_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	G "gorgonia.org/gorgonia"

	"spnode/ops"
	"spnode/ops/graph"
	"spnode/ops/opstest"
	"spnode/ops/step"
)

// shared is a model of which parts depend on no state: A of its parameters and its
// propagators, a weight that is scaled, and what the network has at 0. The rates d
// enter A and every step, W the network at 0 and at every state, and E a node of
// Gorgonia's own.
func shared(in G.Nodes) (cost, y *G.Node, err error) {
	u, d, s, w, v, e, steps, target, weight := in[0], in[1], in[2], in[3], in[4], in[5], in[6], in[7], in[8]
	l, err := ops.LogTril(d, s, 3)
	if err != nil {
		return nil, nil, err
	}
	skew, err := ops.Tril(s, 3, true)
	if err != nil {
		return nil, nil, err
	}
	a, err := ops.Hurwitz(l, l, skew, 0)
	if err != nil {
		return nil, nil, err
	}
	p, err := step.Propagators(a, steps, 1, 0)
	if err != nil {
		return nil, nil, err
	}
	b, err := ops.LipschitzScale(w, 0.9, false)
	if err != nil {
		return nil, nil, err
	}
	if v, err = ops.Weights(v); err != nil {
		return nil, nil, err
	}
	net := func(u *G.Node) (*G.Node, error) {
		h, err := ops.Dense(u, b, nil, true)
		if err != nil {
			return nil, err
		}
		if h, err = ops.Dense(h, v, nil, false); err != nil {
			return nil, err
		}
		return ops.ScaleExp(h, d, 2)
	}
	zero, err := net(target) // a constant of the test
	if err != nil {
		return nil, nil, err
	}
	bias, err := ops.Row(zero, 0)
	if err != nil {
		return nil, nil, err
	}
	et := G.Must(G.Transpose(e))
	us := G.Nodes{}
	for k := range 2 {
		g, err := net(u)
		if err != nil {
			return nil, nil, err
		}
		if g, err = ops.Dense(g, et, bias, false); err != nil {
			return nil, nil, err
		}
		if u, err = step.Propagate(p, k, u, step.Term{Coef: []float64{1}, G: g}); err != nil {
			return nil, nil, err
		}
		us = append(us, u)
	}
	if y, err = ops.Stack(us...); err != nil {
		return nil, nil, err
	}
	cost, err = ops.SquaredError(y, target, weight, 0)
	return cost, y, err
}

// A cost that is summed over states has the gradient, by all that they share, that
// comes of its parts one by one, to the rounding of their sums; by the states
// themselves and where there is one of them, each has the bits of a program.
func TestSplit(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	inputs := []opstest.Input{
		opstest.Normal(rng, "u", 1, 2, 3), opstest.Normal(rng, "d", 0.5, 3), opstest.Normal(rng, "s", 0.5, 3),
		opstest.Normal(rng, "W", 0.7, 3, 4), opstest.Normal(rng, "V", 0.5, 4, 3), opstest.Normal(rng, "E", 0.5, 3, 3),
		opstest.Normal(rng, "steps", 0.1, 2, 1), opstest.Normal(rng, "target", 1, 4, 3), opstest.Normal(rng, "weights", 0.1, 2),
	}
	states := [][]float64{opstest.Normals[float64](rng, 6), opstest.Normals[float64](rng, 6), opstest.Normals[float64](rng, 6)}
	build := func() (nodes, wrt, outputs G.Nodes) {
		g := G.NewGraph()
		for _, in := range inputs {
			nodes = append(nodes, in.Node(g))
		}
		cost, _, err := shared(nodes)
		if err != nil {
			t.Fatal(err)
		}
		wrt = nodes[:7]
		grads, err := G.Grad(cost, wrt...)
		if err != nil {
			t.Fatal(err)
		}
		return nodes, wrt, append(G.Nodes{cost}, grads...)
	}
	_, wrt, outputs := build()
	p, err := graph.Compile(outputs...)
	if err != nil {
		t.Fatal(err)
	}
	nodes, _, split := build()
	s, err := graph.CompileSplit(nodes[:1], split...)
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= len(states); n++ {
		want := make([][]float64, len(outputs))
		got := make([][]float64, len(outputs))
		add := func(to []float64, x []float64) []float64 {
			if to == nil {
				return x
			}
			floats.Add(to, x)
			return to
		}
		run := func(p *graph.Program) {
			t.Helper()
			if err := p.Run(); err != nil {
				t.Fatal(err)
			}
		}
		run(s.Before)
		for _, u := range states[:n] {
			copy(inputs[0].Data, u)
			run(p)
			run(s.Each)
			for i := range outputs {
				want[i] = add(want[i], values(p, outputs[i]))
				if !s.Total(split[i]) {
					got[i] = add(got[i], values(s.Each, split[i]))
				}
			}
		}
		run(s.After)
		for i := range outputs {
			name := "the cost"
			if i > 0 {
				name = "the gradient by " + wrt[i-1].Name()
			}
			if s.Total(split[i]) {
				got[i] = values(s.Each, split[i])
			}
			// Ten or so roundings of numbers of the size of the sum's terms.
			bound := 100 * 0x1p-53 * (1 + floats.Norm(want[i], math.Inf(1)))
			for j := range want[i] {
				if !(math.Abs(got[i][j]-want[i][j]) <= bound) {
					t.Errorf("%d states: %s is %v, want %v", n, name, got[i], want[i])
					break
				}
			}
		}
	}
	for i, total := range map[int]bool{0: false, 1: false, 2: true, 3: true, 4: true, 5: true, 6: false, 7: true} {
		if s.Total(split[i]) != total {
			t.Errorf("output %d is a total: got %v, want %v", i, !total, total)
		}
	}
	if b, e, a := len(s.Before.Calls()), len(s.Each.Calls()), len(s.After.Calls()); b == 0 || a == 0 || e >= len(p.Calls()) {
		t.Errorf("%d calls before, %d in each run, %d after, of %d", b, e, a, len(p.Calls()))
	}
}

// A cost that is a sum over parts goes back from each before the next is evaluated, in the
// memory that the one before has left. Its gradients are those of one part with all rows.
func TestParts(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 5))
	x, target := opstest.Normal(rng, "x", 1, 6, 3), opstest.Normal(rng, "target", 1, 6, 2)
	w, v, weight := opstest.Normal(rng, "W", 0.7, 3, 4), opstest.Normal(rng, "V", 0.7, 4, 2), opstest.Input{Name: "weight", Shape: []int{1}, Data: []float64{0.3}}
	run := func(parts int) (got [][]float64, s *graph.Split, hidden G.Nodes) {
		g := G.NewGraph()
		rows := 6 / parts
		part := func(in opstest.Input, i int) *G.Node {
			width := in.Shape[1]
			return opstest.Input{Name: fmt.Sprint(in.Name, i), Shape: []int{rows, width}, Data: in.Data[i*rows*width:][:rows*width]}.Node(g)
		}
		wn, vn, weight := w.Node(g), v.Node(g), weight.Node(g)
		shared, varying, cost := G.Must(ops.Weights(vn)), G.Nodes{}, (*G.Node)(nil)
		for i := range parts {
			xi, ti := part(x, i), part(target, i)
			varying = append(varying, xi, ti)
			h := G.Must(ops.Dense(xi, wn, nil, true))
			of := G.Must(ops.SquaredError(G.Must(ops.Dense(h, shared, nil, false)), ti, weight, 0))
			if cost != nil {
				of = G.Must(G.Add(cost, of))
			}
			cost, hidden = of, append(hidden, h)
		}
		grads, err := G.Grad(cost, wn, vn)
		if err != nil {
			t.Fatal(err)
		}
		outputs := append(G.Nodes{cost}, grads...)
		if s, err = graph.CompileSplit(varying, outputs...); err != nil {
			t.Fatal(err)
		}
		for range 2 { // also where memory is not new
			for _, p := range []*graph.Program{s.Before, s.Each, s.Each, s.After} { // a total is that of two runs
				if err := p.Run(); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, n := range outputs {
			got = append(got, values(s.Each, n))
		}
		return got, s, hidden
	}
	want, _, _ := run(1)
	got, s, hidden := run(6)
	for i := range want {
		for j, v := range want[i] {
			if !(math.Abs(got[i][j]-v) <= 20*0x1p-53*(1+floats.Norm(want[i], math.Inf(1)))) {
				t.Errorf("output %d: got %v in parts, want %v", i, got[i], want[i])
				break
			}
		}
	}
	calls := s.Each.Calls()
	for i, h := range hidden[1:] {
		var back int // of the part before: its adjoints
		for _, n := range calls[:slices.Index(calls, h)] {
			if strings.HasSuffix(n.Op().String(), "/adjoint") {
				back++
			}
		}
		if back < 3*(i+1) {
			t.Errorf("part %d begins after %d adjoints, want 3 for each part before it", i+1, back)
		}
	}
	// A hidden state and the gradient by it are there at a time.
	if n := graph.Memories(s.Each, hidden); n > 2 {
		t.Errorf("the %d parts have hidden states in %d memories, want 2", len(hidden), n)
	}
}
