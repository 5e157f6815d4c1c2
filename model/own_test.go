package model_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"spnode/integrator"
	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/latent"
	"spnode/model/modeltest"
	"spnode/model/objective"
	"spnode/model/param"
	"spnode/ops/opstest"
)

// ownBatch has steps of about dt that each row has its own, rows of several lengths
// and, in one of two batches, states of which components are missing.
func (c gradientCase) ownBatch(rng *rand.Rand, m *model.Model) (b objective.Batch, times int) {
	width, rows := m.Config().Width(), c.batch
	times = 4
	b = objective.Batch{Rows: rows, Steps: make([]float64, (times-1)*rows)}
	gaps := rng.IntN(2) == 0
	states := modeltest.NormalStates(rng, 0.5, times, rows, width)
	for k := range times {
		for r := range rows {
			for i := range width {
				w := (0.5 + rng.Float64()) / float64(rows)
				if k > 0 && k > times-1-r%times || gaps && k > 0 && rng.IntN(4) == 0 {
					w, states[k][r][i] = 0, math.NaN()
				}
				if gaps || i == 0 {
					b.Weights = append(b.Weights, w)
				}
			}
			if k > 0 && k <= times-1-r%times {
				b.Steps[(k-1)*rows+r] = c.dt * (0.2 + 1.3*rng.Float64())
			}
		}
	}
	b.State = func(row, time int) []float64 { return states[time][row] }
	if n := len(m.Config().Parameters.Names); n > 0 {
		p := modeltest.NormalStates(rng, 1, 1, rows, n)[0]
		b.Parameters = func(row int) []float64 { return p[row] }
	}
	if q := len(m.Config().Inputs.Names); q > 0 {
		w, dw := modeltest.NormalStates(rng, 1, times-1, rows, q), modeltest.NormalStates(rng, 1, times-1, rows, q)
		b.Inputs = func(row, interval int) (begin, change []float64) { return w[interval][row], dw[interval][row] }
	}
	return b, times
}

// drawn is a random configuration.
func drawn(rng *rand.Rand) gradientCase {
	gs := forms()
	const inside, outside = 1e3, 1e-3 // of the ball are all states: differences across the sphere are none
	for _, radius := range []float64{0, inside, outside} {
		gs = append(gs, dynamics.NonlinearConfig{Kind: dynamics.KindBilinear, Rank: 2, Radius: radius},
			dynamics.NonlinearConfig{Kind: dynamics.KindPolynomial, PolynomialConfig: param.PolynomialConfig{Degree: 3}, Radius: radius})
	}
	name := integrator.Names()[rng.IntN(len(integrator.Names()))]
	explicit := name == "euler" || name == "rk4"
	c := gradientCase{
		integrator: name, substeps: 1 + rng.IntN(2), n: []int{1, 2, 3, 5}[rng.IntN(4)], batch: 1 + rng.IntN(5), autoencoder: rng.IntN(3) == 0,
		dt: math.Pow(10, 10*rng.Float64()-5), rate: 1, shift: []float64{0, -0.3, 0.1}[rng.IntN(3)],
		g: gs[rng.IntN(len(gs))], workers: 1, params: 3,
	}
	names := []string{"a", "b"}
	if n := rng.IntN(3); n > 0 {
		c.parameters = dynamics.ParametersConfig{Known: dynamics.Known{Names: names[:n], Offset: []float64{0.1, -0.2}[:n], Factor: []float64{0.8, 1.2}[:n]}, Time: rng.IntN(2) == 0}
		if c.parameters.Time {
			c.parameters.TimeHidden = [][]int{nil, {3}}[rng.IntN(2)]
			c.parameters.TimeOnly = rng.IntN(2) == 0
		}
	}
	if q := rng.IntN(3); q > 0 {
		c.inputs = dynamics.InputsConfig{Known: dynamics.Known{Names: names[:q], Offset: []float64{0.1, -0.2}[:q], Factor: []float64{0.8, 1.2}[:q]}, LinearOnly: rng.IntN(2) == 0}
	}
	if rng.IntN(2) == 1 || explicit && c.dt > 1 {
		c.rate, c.g.OutputActivation = 1/c.dt, false
	}
	if explicit {
		c.rate = min(c.rate, 0.2/c.dt) // stable for the largest rates drawn
	}
	if c.dt*c.rate > 1 {
		c.shift = min(c.shift, 0) // what grows would overflow
	}
	return c
}

// The whole model over trajectories of steps, lengths and gaps of their own.
func TestOwnGradient(t *testing.T) {
	rng := rand.New(rand.NewPCG(81, 82))
	configurations := 500
	if opstest.Thin() {
		configurations = 60
	}
	var worst float64
	var where string
	for i := range configurations {
		c := drawn(rng)
		m, err := c.model(rng, "float64")
		if err != nil {
			t.Fatal(err)
		}
		b, times := c.ownBatch(rng, m)
		var half float64
		if rng.IntN(4) == 0 {
			half = 0.7
		}
		if i%3 == 0 {
			b.Consistency = 0.4
		}
		o, err := objective.New(m, b.Rows, times, half)
		if err != nil {
			t.Fatal(err)
		}
		e := &evaluation{m, []*objective.Objective{o}, []objective.Batch{b}}
		off, by, err := e.worstGradient(rng, c.params, c.elements)
		if err != nil || !(off <= 1e-7) {
			t.Errorf("%+v: gradient by %s differs from central differences by %.2g of its largest element, error %v", c, by, off, err)
		}
		if off > worst {
			worst, where = off, fmt.Sprintf("by %s in %+v", by, c)
		}
	}
	t.Logf("worst relative difference %.2g of %d models, %s", worst, configurations, where)
}

// A short row that is padded to more times keeps the loss of one that is not, to the
// bit, whatever its padded states are, and the gradient: with a decoder, whose
// products then add up their rows in other groups, to the last bits of a sum of 20.
func TestPaddedBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(83, 84))
	for range 20 {
		c := drawn(rng)
		m, err := c.model(rng, "float64")
		if err != nil {
			t.Fatal(err)
		}
		b, times := c.ownBatch(rng, m)
		of := len(b.Weights) / times
		long := b
		long.Steps = append(append([]float64(nil), b.Steps...), make([]float64, 2*b.Rows)...)
		long.Weights = append(append([]float64(nil), b.Weights...), make([]float64, 2*of)...)
		long.State = func(row, time int) []float64 {
			if time < times {
				return b.State(row, time)
			}
			return b.State(row, 0)
		}
		if of := b.Inputs; of != nil {
			long.Inputs = func(row, interval int) (begin, change []float64) { return of(row, min(interval, times-2)) }
		}
		var losses [2]float64
		var grads [2][]float64
		for i, b := range []objective.Batch{b, long} {
			o, err := objective.New(m, b.Rows, times+2*i, 0)
			if err != nil {
				t.Fatal(err)
			}
			grads[i] = make([]float64, len(m.Params().Flat))
			if losses[i], err = o.Evaluate(b, grads[i]); err != nil {
				t.Fatal(err)
			}
		}
		if b.Rows == 1 { // which has a grid that is shared until it is padded
			continue
		}
		ok := modeltest.Same(grads[0], grads[1]) || c.autoencoder && modeltest.Relative(grads[1], grads[0]) <= 1e-15
		if losses[0] != losses[1] || !ok {
			t.Errorf("%+v: loss %.17g with padding, %.17g without, gradients differ by %.2g", c, losses[1], losses[0], modeltest.Relative(grads[1], grads[0]))
		}
	}
}

// Runs on times of their own are those that Predict gives each alone, and on one
// grid its bits; the objective with own times is that of these predictions.
func TestPredictEach(t *testing.T) {
	p := smallProblem()
	for _, c := range []struct {
		integrator  string
		substeps    int
		autoencoder bool
	}{{"etd1", 1, false}, {"etdrk4", 2, true}, {"imex", 1, true}, {"rk4", 3, false}} {
		p.model.Integrator, p.model.Substeps = c.integrator, c.substeps
		p.model.Autoencoder = latent.AutoencoderConfig{}
		if c.autoencoder {
			p.model.Autoencoder = latent.AutoencoderConfig{Latent: 3, Hidden: []int{4}}
		}
		m := modeltest.New(t, p.model)
		rng := rand.New(rand.NewPCG(85, 86))
		const count = 150 // more than a block
		states := modeltest.NormalStates(rng, 0.5, 1, count, 2)[0]
		runs := make([]model.Run, count)
		for r := range runs {
			runs[r] = model.Run{State: states[r], Times: []float64{rng.Float64()}}
			for k := range rng.IntN(5) {
				runs[r].Times = append(runs[r].Times, runs[r].Times[k]+0.1+rng.Float64())
			}
		}
		got, err := m.PredictEach(runs)
		if err != nil {
			t.Fatal(err)
		}
		for r, run := range runs {
			want, err := m.Predict([][]float64{run.State}, run.Times)
			if err != nil {
				t.Fatal(err)
			}
			for k := range want {
				if e := modeltest.Relative(got[r][k], want[k][0]); !(e <= 1e-12) { // propagators and the ladder, four steps of two forms
					t.Fatalf("%+v: run %d at time %d differs by %.2g from the one alone", c, r, k, e)
				}
			}
			if k := len(run.Times); len(got[r]) != k {
				t.Fatalf("run %d has %d states, want %d", r, len(got[r]), k)
			}
			runs[r].Times = p.times
		}
		if got, err = m.PredictEach(runs); err != nil {
			t.Fatal(err)
		}
		want, err := m.Predict(states, p.times)
		if err != nil {
			t.Fatal(err)
		}
		for r := range runs {
			for k := range p.times {
				if !modeltest.Same(got[r][k], want[k][r]) {
					t.Fatalf("%+v: run %d at time %d of a shared grid is %v, want %v", c, r, k, got[r][k], want[k][r])
				}
			}
		}
	}
	m := modeltest.New(t, p.model)
	for what, runs := range map[string][]model.Run{
		"at least one":             nil,
		"strictly increasing":      {{State: []float64{0, 0}, Times: []float64{0}}, {State: []float64{0, 0}, Times: []float64{1, 1}}},
		"row 1 has 1 components":   {{State: []float64{0, 0}, Times: []float64{0}}, {State: []float64{0}, Times: []float64{1}}},
		"row 0, column 1 is NaN":   {{State: []float64{0, math.NaN()}, Times: []float64{0}}, {State: []float64{0, 0}, Times: []float64{1}}},
		"run 1: model: times: got": {{State: []float64{0, 0}, Times: []float64{0}}, {State: []float64{0, 0}, Times: nil}},
	} {
		_, err := m.PredictEach(runs)
		modeltest.WantError(t, what, err, model.ErrData, what)
	}
}
