package ops

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"

	"spnode/ops/kernel/poly"
	"spnode/ops/opstest"
)

func TestPolynomialGradients(t *testing.T) {
	cases := map[string]*poly.Polynomial{
		"constant":         poly.New(3, 2, 0, true),
		"affine":           poly.New(3, 2, 1, true),
		"quadratic":        poly.New(4, 3, 2, false),
		"quintic":          poly.New(3, 4, 5, true),
		"one variable":     poly.New(1, 1, 4, true),
		"periodic":         poly.NewPeriodic(3, 1, 3, 4, true),
		"periodic decoder": poly.NewPeriodic(2, 3, 5, 3, false),
	}
	for name, p := range cases {
		for _, batch := range []int{1, 5} {
			t.Run(fmt.Sprintf("%s/%d", name, batch), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(1, 2))
				worst, where, err := opstest.GradError(func(in G.Nodes) (*G.Node, error) { return Polynomial(in[0], in[1], p) },
					opstest.Normal(rng, "u", 1, batch, p.In()), opstest.Normal(rng, "c", 1, p.Coefficients()))
				if err != nil {
					t.Fatal(err)
				}
				// Differences of six points are good to some 1e-9 here.
				if !(worst <= 1e-7) {
					t.Errorf("gradient by %s is off by %g, want at most 1e-7", where, worst)
				}
			})
		}
	}
}

func TestBall(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	u := opstest.Normal(rng, "u", 1, 6, 3)
	for i := range 9 {
		u.Data[i] *= 0.2 // three rows inside, three outside
	}
	for r := 3; r < 6; r++ {
		u.Data[3*r] += 3
	}
	worst, where, err := opstest.GradError(func(in G.Nodes) (*G.Node, error) { return Ball(in[0], 1.5) }, u)
	if err != nil {
		t.Fatal(err)
	}
	if !(worst <= 1e-7) { // as above
		t.Errorf("gradient by %s is off by %g, want at most 1e-7", where, worst)
	}
	g := G.NewGraph()
	y, err := Ball(u.Node(g), 1.5)
	if err != nil {
		t.Fatal(err)
	}
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	got := y.Value().Data().([]float64)
	for r := range 6 {
		norm := math.Hypot(math.Hypot(got[3*r], got[3*r+1]), got[3*r+2])
		for i := range 3 {
			if r < 3 && got[3*r+i] != u.Data[3*r+i] {
				t.Errorf("row %d lies inside and was moved", r)
			}
		}
		if r >= 3 && math.Abs(norm-1.5) > 1e-15 {
			t.Errorf("row %d: norm is %v, want 1.5", r, norm)
		}
	}
}
