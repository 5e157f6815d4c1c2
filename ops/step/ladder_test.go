package step

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	G "gorgonia.org/gorgonia"

	"spnode/ops"
	"spnode/ops/graph"
	"spnode/ops/opstest"
)

// A grid that the batch shares gives the result of the propagators, to 1e-12 of
// its largest element, and so does one step for each row that is the same.
func TestLadderOnSharedGrid(t *testing.T) {
	var worst float64
	opstest.Sizes(func(rng *rand.Rand, n, batch int) {
		for _, dt := range stepSizes {
			h := steps(rng, dt, 2, 1)
			inputs := []opstest.Input{stable(rng, n), opstest.Normal(rng, "u", 1, batch, n), opstest.Normal(rng, "g", 1, batch, n), h}
			term := func(in G.Nodes) Term { return Term{[]float64{1, 0.7, -0.4}, in[2]} }
			want, err := opstest.Eval(func(in G.Nodes) (*G.Node, error) {
				p, err := Propagators(in[0], in[3], 3, 0)
				if err != nil {
					return nil, err
				}
				return Propagate(p, 1, in[1], term(in))
			}, inputs...)
			if err != nil {
				t.Fatal(err)
			}
			for _, width := range []int{1, batch} {
				own := opstest.Input{Name: "h", Shape: []int{2, width}}
				for _, v := range h.Data {
					for range width {
						own.Data = append(own.Data, v)
					}
				}
				inputs[3] = own
				got, err := opstest.Eval(func(in G.Nodes) (*G.Node, error) {
					l, err := NewLadder(in[0], in[3], 3, 0)
					if err != nil {
						return nil, err
					}
					return l.Step(1, 1, in[1], term(in))
				}, inputs...)
				if err != nil {
					t.Fatal(err)
				}
				var d, top float64
				for i, v := range want {
					d, top = max(d, math.Abs(got[i]-v)), max(top, math.Abs(v))
				}
				worst = max(worst, d/top)
				if !(d <= 1e-12*top) {
					t.Errorf("n = %d, batch %d, steps near %g: got %v, want %v", n, batch, dt, got, want)
				}
			}
		}
	})
	t.Logf("worst relative difference %.2g", worst)
}

func TestLadderErrors(t *testing.T) {
	step := func(a, h []float64, shape []int, k int, part float64, coefs int) error {
		g := G.NewGraph()
		in := G.Nodes{
			opstest.Input{Name: "A", Shape: []int{1, 1}, Data: a}.Node(g), opstest.Input{Name: "u", Shape: []int{2, 1}, Data: []float64{1, 2}}.Node(g),
			opstest.Input{Name: "h", Shape: shape, Data: h}.Node(g),
		}
		l, err := NewLadder(in[0], in[2], 2, 0)
		if err != nil {
			return err
		}
		y, err := l.Step(k, part, in[1], Term{make([]float64, coefs), in[1]})
		if err != nil {
			return err
		}
		p, err := graph.Compile(y)
		if err != nil {
			return err
		}
		return p.Run()
	}
	one := []float64{-1}
	for name, test := range map[string]struct {
		err  error
		want error
		text string
	}{
		"interval":     {step(one, []float64{1, 1}, []int{1, 2}, 1, 1, 1), ops.ErrShape, "Ladder.Step"},
		"part":         {step(one, []float64{1, 1}, []int{1, 2}, 0, 2, 1), ops.ErrShape, "part 2"},
		"coefficients": {step(one, []float64{1, 1}, []int{1, 2}, 0, 1, 3), ops.ErrShape, "at most 2"},
		"batch":        {step(one, []float64{1, 1, 1}, []int{1, 3}, 0, 1, 1), ops.ErrShape, "Ladder.Step"},
		"steps":        {step(one, []float64{1, 1}, []int{2}, 0, 1, 1), ops.ErrShape, "NewLadder"},
		"NaN":          {step(one, []float64{1, math.NaN()}, []int{1, 2}, 0, 1, 1), ops.ErrNotFinite, "step 1"},
		"infinite A":   {step([]float64{math.Inf(-1)}, []float64{1, 1}, []int{1, 2}, 0, 1, 1), ops.ErrNotFinite, "‖A‖₁"},
		"levels":       {step(one, []float64{1, 1e30}, []int{1, 2}, 0, 1, 1), ops.ErrNotFinite, "levels"},
		"negative":     {step(one, []float64{1, -1}, []int{1, 2}, 0, 1, 1), nil, "step 1 is -1, want ≥ 0"},
	} {
		if test.err == nil || test.want != nil && !errors.Is(test.err, test.want) || !strings.Contains(test.err.Error(), test.text) {
			t.Errorf("%s: error %v, want %v that has %q", name, test.err, test.want, test.text)
		}
	}
}

// BenchmarkOwnSteps is a rollout of ETD1 and its gradient, n = 20 and a batch of
// 100, with steps of their own for the rows and ‖hA‖ from 1 to 1e4, in ms a step: by
// the ladder over 49 steps, and by propagators for each row over 4, whose
// memory is 0.1 GB. The least of some runs counts, which take turns.
func BenchmarkOwnSteps(b *testing.B) {
	const n, batch = 20, 100
	build := func(intervals int, step func(a, steps *G.Node) (func(k int, u, g *G.Node) (*G.Node, error), error)) *graph.Program {
		rng := rand.New(rand.NewPCG(1, 1))
		g := G.NewGraph()
		a, h := stable(rng, n), opstest.Input{Name: "h", Shape: []int{intervals, batch}}
		for range intervals * batch {
			h.Data = append(h.Data, math.Pow(1e4, rng.Float64())/6) // ‖A‖₁ is about 6
		}
		an, hn, wn := a.Node(g), h.Node(g), opstest.Normal(rng, "W", 1/math.Sqrt(n), n, n).Node(g)
		u := opstest.Normal(rng, "u", 1, batch, n).Node(g)
		f, err := step(an, hn)
		if err != nil {
			b.Fatal(err)
		}
		for k := range intervals {
			if u, err = f(k, u, G.Must(ops.Dense(u, wn, nil, true))); err != nil {
				b.Fatal(err)
			}
		}
		grads, err := G.Grad(G.Must(G.Sum(u)), an, wn)
		if err != nil {
			b.Fatal(err)
		}
		p, err := graph.Compile(grads...)
		if err != nil {
			b.Fatal(err)
		}
		return p
	}
	programs := map[string]*graph.Program{
		"ladder": build(49, func(a, steps *G.Node) (func(k int, u, g *G.Node) (*G.Node, error), error) {
			l, err := NewLadder(a, steps, 1, 0)
			return func(k int, u, g *G.Node) (*G.Node, error) { return l.Step(k, 1, u, Term{[]float64{1}, g}) }, err
		}),
		"propagators": build(4, func(a, steps *G.Node) (func(k int, u, g *G.Node) (*G.Node, error), error) {
			p, err := Propagators(a, steps, 1, 0)
			return func(k int, u, g *G.Node) (*G.Node, error) { return Propagate(p, k, u, Term{[]float64{1}, g}) }, err
		}),
	}
	least := map[string]float64{"ladder": math.Inf(1), "propagators": math.Inf(1)}
	for b.Loop() {
		for name, steps := range map[string]int{"ladder": 49, "propagators": 4} {
			start := time.Now()
			if err := programs[name].Run(); err != nil {
				b.Fatal(err)
			}
			least[name] = min(least[name], 1e3*time.Since(start).Seconds()/float64(steps))
		}
	}
	b.ReportMetric(0, "ns/op")
	for name, ms := range least {
		b.ReportMetric(ms, fmt.Sprintf("%s-ms/step", name))
	}
	b.ReportMetric(least["propagators"]/least["ladder"], "propagators/ladder")
}
