package graph_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops"
	"spnode/ops/graph"
	"spnode/ops/opstest"
	"spnode/ops/step"
)

// rollout is a small model: three steps with one network, of which every weight
// is used again, in both kinds of node, and a loss.
func rollout(in G.Nodes) (*G.Node, error) {
	u, a, w, b, v, steps, target, weight := in[0], in[1], in[2], in[3], in[4], in[5], in[6], in[7]
	p, err := step.Propagators(a, steps, 1, 0)
	if err != nil {
		return nil, err
	}
	us := G.Nodes{u}
	for k := range 3 {
		h, err := ops.Dense(u, w, b, true)
		if err != nil {
			return nil, err
		}
		g, err := ops.Dense(h, v, nil, false)
		if err != nil {
			return nil, err
		}
		g = G.Must(G.Tanh(g)) // of Gorgonia's own
		if u, err = step.Propagate(p, k, u, step.Term{Coef: []float64{1}, G: g}); err != nil {
			return nil, err
		}
		us = append(us, u)
	}
	y, err := ops.Stack(us...)
	if err != nil {
		return nil, err
	}
	return ops.SquaredError(y, target, weight, 0)
}

func rolloutInputs() []opstest.Input {
	rng := rand.New(rand.NewPCG(3, 5))
	in := []opstest.Input{
		opstest.Normal(rng, "u", 1, 5, 3), opstest.Normal(rng, "A", 0.5, 3, 3), opstest.Normal(rng, "W", 0.7, 3, 4),
		opstest.Normal(rng, "b", 0.5, 4), opstest.Normal(rng, "V", 0.5, 4, 3), opstest.Normal(rng, "steps", 0.1, 3, 1),
		opstest.Normal(rng, "target", 1, 20, 3), opstest.Normal(rng, "weights", 0.1, 4),
	}
	in[6].Const, in[7].Const = true, true
	return in
}

func values(p *graph.Program, n *G.Node) []float64 {
	x := make([]float64, max(1, n.Shape().TotalSize()))
	p.Data(n).Get(x)
	return x
}

// A program gives what the tape machine gives, but for the order in which
// gradients are added, and gives it again for other values of the inputs.
func TestProgramIsTheTapeMachine(t *testing.T) {
	g := G.NewGraph()
	var nodes, wrt G.Nodes
	inputs := rolloutInputs()
	for _, in := range inputs {
		n := in.Node(g)
		nodes = append(nodes, n)
		if !in.Const {
			wrt = append(wrt, n)
		}
	}
	cost := G.Must(rollout(nodes))
	grads, err := G.Grad(cost, wrt...)
	if err != nil {
		t.Fatal(err)
	}
	p, err := graph.Compile(append(G.Nodes{cost}, grads...)...)
	if err != nil {
		t.Fatal(err)
	}
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	for round := range 3 {
		if err := p.Run(); err != nil {
			t.Fatal(err)
		}
		got := values(p, cost)
		for _, d := range grads {
			got = append(got, values(p, d)...)
		}
		vm.Reset()
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		want := []float64{cost.Value().Data().(float64)}
		if got[0] != want[0] {
			t.Errorf("round %d: the loss is %.17g, want %.17g", round, got[0], want[0])
		}
		for _, d := range grads {
			want = append(want, d.Value().Data().([]float64)...)
		}
		// Three additions in another order, of terms of the size of the sum.
		for i := range want {
			if math.Abs(got[i]-want[i]) > 10*0x1p-53*floats.Norm(want, math.Inf(1)) {
				t.Errorf("round %d: number %d is %.17g, want %.17g", round, i, got[i], want[i])
			}
		}
		for i := range inputs[2].Data { // W
			inputs[2].Data[i] *= 1.1
		}
	}
}

// Gorgonia joins the gradients of a node that is used again by sums, which isSum
// knows by how they print. Were they to print in another way, gradients would
// stay right, but each would be written apart and added by Gorgonia.
func TestGradientSumsAreRecognised(t *testing.T) {
	g := G.NewGraph()
	var nodes G.Nodes
	for _, in := range rolloutInputs() {
		nodes = append(nodes, in.Node(g))
	}
	cost := G.Must(rollout(nodes))
	forward := map[*G.Node]bool{}
	for _, n := range g.AllNodes() {
		forward[n] = true
	}
	w, b := nodes[2], nodes[3] // each in all three steps
	grads, err := G.Grad(cost, w, b)
	if err != nil {
		t.Fatal(err)
	}
	p, err := graph.Compile(append(G.Nodes{cost}, grads...)...)
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range grads {
		if !graph.IsSum(d) {
			t.Errorf("gradient %d is by %v, want a sum", i, d.Op())
		}
	}
	// Three terms are two sums, of which a program has the outer one alone, and of
	// that one call, which clears it: the adjoints of the layers add to it.
	of := map[*G.Node]int{}
	for _, c := range p.Calls() {
		of[c]++
	}
	var sums int
	for _, n := range g.AllNodes() {
		if graph.IsFunction(n) || forward[n] || len(graph.Operands(n)) != 2 || !n.Shape().Eq(w.Shape()) && !n.Shape().Eq(b.Shape()) {
			continue
		}
		sums++
		want := 0
		if n == grads[0] || n == grads[1] {
			want = 1
		}
		if !graph.IsSum(n) || of[n] != want {
			t.Errorf("%v of %v has %d calls, want a sum with %d", n.Op(), n.Shape(), of[n], want)
		}
	}
	if sums != 4 {
		t.Errorf("got %d sums, want 2 for each of W and b", sums)
	}
}

// The part of a program after an input is enough where nothing else changes,
// and is not the whole.
func TestProgramAfter(t *testing.T) {
	g := G.NewGraph()
	var nodes G.Nodes
	inputs := rolloutInputs()
	for _, in := range inputs {
		nodes = append(nodes, in.Node(g))
	}
	cost := G.Must(rollout(nodes))
	p, err := graph.Compile(cost)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(); err != nil {
		t.Fatal(err)
	}
	part := p.After(nodes[0])
	if len(part.Calls()) != len(p.Calls())-1 { // all but the propagators
		t.Errorf("got %d of %d calls, want all but one", len(part.Calls()), len(p.Calls()))
	}
	inputs[0].Data[0] += 0.5
	if err := part.Run(); err != nil {
		t.Fatal(err)
	}
	got := p.Data(cost).At(0)
	if err := p.Run(); err != nil {
		t.Fatal(err)
	}
	if want := p.Data(cost).At(0); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if n := len(p.After(nodes[6]).Calls()); n != 1 {
		t.Errorf("after the target: got %d calls, want the loss alone", n)
	}
}

// An input without a value, and an element type that programs do not have.
func TestCompileErrors(t *testing.T) {
	if _, err := graph.Compile(); err == nil {
		t.Error("no nodes: got no error")
	}
	g := G.NewGraph()
	x := G.NewMatrix(g, tensor.Float64, G.WithShape(2, 2), G.WithName("x"))
	if _, err := graph.Compile(G.Must(ops.Scale(x, 2))); err == nil {
		t.Error("an input without a value: got no error")
	}
	i := G.NewMatrix(g, tensor.Int, G.WithShape(2, 2), G.WithName("i"), G.WithValue(tensor.New(tensor.WithShape(2, 2), tensor.Of(tensor.Int))))
	if _, err := graph.Compile(i); err == nil {
		t.Error("whole numbers: got no error")
	}
}
