package integrator

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"

	"spnode/ops"
	"spnode/ops/opstest"
)

// gradTol bounds the difference between a symbolic gradient and central
// differences, relative to the largest element; the differences themselves are
// good to about 1e-9.
const gradTol = 1e-7

// gradCase is a rollout of three steps of about dt, each divided into
// substeps, of a system whose rates are about rate, differenced by two of its
// six inputs.
type gradCase struct {
	n, batch, width, substeps int
	dt, rate                  float64
	nonlinear                 string
	by                        [2]int
}

// inputs are A, u0, the steps and the three parameters of g. A is a random matrix
// less a multiple of I that makes it Hurwitz.
func (c gradCase) inputs(rng *rand.Rand) []opstest.Input {
	n := c.n
	a := opstest.Normal(rng, "A", 0.3*c.rate/math.Sqrt(float64(n)), n, n)
	for i := range n {
		a.Data[i*n+i] -= 1.5 * c.rate
	}
	// The steps are differenced over a part of the time scale 1/rate.
	steps := opstest.Normal(rng, "steps", 0, 3, c.width)
	steps.Step = 1e-2 / (1 + c.dt*c.rate)
	for i := range steps.Data {
		steps.Data[i] = c.dt * (1 + 0.5*rng.Float64())
	}
	in := []opstest.Input{a, opstest.Normal(rng, "u0", 0.5, c.batch, n), steps}
	s := 1 / math.Sqrt(float64(n))
	if c.nonlinear == "bilinear" {
		return append(in, opstest.Normal(rng, "C", 0.3*c.rate*s, 2, n, n), opstest.Normal(rng, "D", 0.3*s, 2, n, n),
			opstest.Normal(rng, "b", 0.5*c.rate, n))
	}
	return append(in, opstest.Normal(rng, "W", s, n, n+1), opstest.Normal(rng, "b", 0.5, n+1),
		opstest.Normal(rng, "V", 0.5*c.rate/math.Sqrt(float64(n+1)), n+1, n))
}

func (c gradCase) worst(rng *rand.Rand, m Method) (float64, string, error) {
	inputs := c.inputs(rng)
	for i := range inputs {
		inputs[i].Const = i != c.by[0] && i != c.by[1]
	}
	return opstest.GradError(func(in G.Nodes) (*G.Node, error) {
		g := func(u *G.Node) (*G.Node, error) {
			if c.nonlinear == "bilinear" {
				return ops.Bilinear(u, in[3], in[4], in[5])
			}
			y, err := ops.Dense(u, in[3], in[4], true)
			if err != nil {
				return nil, err
			}
			return ops.Dense(y, in[5], nil, false)
		}
		states, err := Rollout(m, System{A: in[0], G: g}, in[1], in[2], c.substeps)
		if err != nil {
			return nil, err
		}
		return ops.Stack(states[1:]...)
	}, inputs...)
}

// gradCases are the cases of one method. The system has rates of 1 with steps
// up to 1e6 times that, for the methods that are stable there, or rates of
// 0.5/dt, so that the explicit ones see every dt too and no gradient vanishes.
// Every pair of inputs has its turn with every dt, all else that is no size is
// drawn, to keep this in seconds: the cost is in n = 20, which sees every other
// dt of a batch.
func gradCases(rng *rand.Rand, m Method) (cases []gradCase) {
	explicit := m == Euler || m == RK4
	for l, n := range []int{1, 2, 3, 7, 20} {
		for j, batch := range []int{1, 2, 5} {
			for i, dt := range []float64{1e-6, 1e-3, 0.3, 10, 1e3, 1e6} {
				if n == 20 && ((i+j)%2 == 1 || opstest.Thin()) {
					continue
				}
				c := gradCase{n: n, batch: batch, width: 1, substeps: 1 + rng.IntN(2), dt: dt, rate: 1, nonlinear: "tanh", by: [2]int{(i + j + l) % 3, 3 + (i+2*j+l)%3}}
				if rng.IntN(2) == 1 {
					c.width = batch
				}
				if rng.IntN(2) == 1 || explicit && dt > 1 {
					c.rate = 0.5 / dt
				}
				if rng.IntN(2) == 1 {
					c.nonlinear = "bilinear"
				}
				cases = append(cases, c)
			}
		}
	}
	return cases
}

// Every stepper through three steps, by A, u0, the steps and the parameters of
// g.
func TestStepperGradients(t *testing.T) {
	for k, name := range Names() {
		t.Run(name, func(t *testing.T) {
			m, err := ByName(name)
			if err != nil {
				t.Fatal(err)
			}
			rng := rand.New(rand.NewPCG(11, uint64(k)))
			var worst float64
			var where string
			cases := gradCases(rng, m)
			for _, c := range cases {
				e, by, err := c.worst(rng, m)
				if err != nil || !(e <= gradTol) {
					t.Errorf("%+v: gradient by %s differs from central differences by %.2g of its largest element, error %v", c, by, e, err)
				}
				if e > worst {
					worst, where = e, fmt.Sprintf("by %s in %+v", by, c)
				}
			}
			t.Logf("worst relative difference %.2g of %d cases, %s", worst, len(cases), where)
		})
	}
}
