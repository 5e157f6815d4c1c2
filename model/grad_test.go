package model_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/floats"

	"spnode/integrator"
	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/latent"
	"spnode/model/modeltest"
	"spnode/model/objective"
	"spnode/model/param"
	"spnode/ops/opstest"
)

// gradientCase is a model whose rates are about rate, and data over three
// intervals of about dt. A rate of 1/dt lets explicit methods see every dt, and
// no gradient vanish; tanh on the output is for a rate of 1 alone, as it bounds g.
type gradientCase struct {
	integrator      string
	substeps        int
	n, batch        int
	autoencoder     bool
	manifold        *latent.PolynomialDecoder // in place of the networks
	dt, rate, shift float64
	g               dynamics.NonlinearConfig
	workers         int

	parameters dynamics.ParametersConfig
	inputs     dynamics.InputsConfig

	params, elements int // how many are differenced, the elements of each parameter
}

// forms are the nonlinear parts that there are.
func forms() []dynamics.NonlinearConfig {
	gs := []dynamics.NonlinearConfig{{Kind: dynamics.KindNone}, {Kind: dynamics.KindBilinear, Rank: 2}}
	for k := range 8 {
		gs = append(gs, dynamics.NonlinearConfig{
			Kind: dynamics.KindLipschitz, Hidden: []int{4}, Lipschitz: 0.7, Start: param.Start{BiasSpread: 1},
			PaperForm: k&1 != 0, OutputActivation: k&2 != 0, SeparateLinear: k&4 != 0,
		})
	}
	return gs
}

// evaluation makes the case's model and its data.
func (c gradientCase) evaluation(rng *rand.Rand, dtype string) (*evaluation, error) {
	m, err := c.model(rng, dtype)
	if err != nil {
		return nil, err
	}
	times := []float64{0}
	for k := range 3 {
		times = append(times, times[k]+c.dt*(1+0.5*rng.Float64()))
	}
	// Uniform weights, for figures of the same size at every dt.
	return newEvaluation(m, c.workers, objective.WeightUniform, times, modeltest.NormalStates(rng, 0.5, 4, c.batch, m.Config().Dim))
}

// model makes the case's model, at parameters where no derivative vanishes.
func (c gradientCase) model(rng *rand.Rand, dtype string) (*model.Model, error) {
	cfg := model.Config{
		Dim: c.n, Linear: dynamics.LinearConfig{Shift: c.shift * c.rate, Spread: 0.3 / math.Sqrt(float64(c.n))}, Nonlinear: c.g,
		Integrator: c.integrator, Substeps: c.substeps, Dtype: dtype, Seed: rng.Uint64(),
		Parameters: c.parameters, Inputs: c.inputs,
	}
	cfg.Nonlinear.Lipschitz *= c.rate
	if c.autoencoder {
		cfg.Dim = c.n + 2
		cfg.Autoencoder = latent.AutoencoderConfig{Latent: c.n, Hidden: []int{c.n + 1}}
		if c.manifold != nil {
			cfg.Autoencoder = latent.AutoencoderConfig{Latent: c.n, Skip: plane(c.n, cfg.Dim), Polynomial: c.manifold}
		}
	}
	m, err := model.New(cfg)
	if err != nil {
		return nil, err
	}
	for _, p := range m.Params().List {
		switch p.Name {
		case "linear/LS":
			floats.Scale(math.Sqrt(c.rate), p.Data)
		case "input/K":
			param.Normal(0.5)(rng, p.Data)
		case "time/0/W", "time/1/W":
			param.Normal(0.5)(rng, p.Data)
		case "linear/LG", "linear/Ls":
		case "g/E", "decoder/C":
			param.Normal(0.3*c.rate)(rng, p.Data)
		case "g/C":
			if c.g.Kind == dynamics.KindPolynomial { // starts as 0
				param.Normal(0.3*c.rate/math.Sqrt(float64(len(p.Data)/c.n)))(rng, p.Data)
				break
			}
			floats.Scale(3*c.rate/math.Sqrt(float64(c.n)), p.Data)
		case "g/D":
			floats.Scale(3/math.Sqrt(float64(c.n)), p.Data)
		case "g/b", "g/1/b", "g/P":
			param.Normal(0.3*c.rate)(rng, p.Data)
		case "g/0/b":
			floats.Scale(min(1, math.Sqrt(c.rate)), p.Data)
		case "g/0/W", "g/1/W":
			if p.Name == "g/0/W" && c.g.PaperForm { // so that no tanh saturates
				floats.Scale(min(1, 1/math.Sqrt(c.rate)), p.Data)
			}
			bound := 1.
			if !c.g.PaperForm {
				bound = math.Sqrt(cfg.Nonlinear.Lipschitz)
			}
			awayFromKinks(p, bound)
		default:
			if len(p.Shape) == 1 {
				param.Normal(0.3)(rng, p.Data)
			}
		}
	}
	return m, nil
}

// awayFromKinks changes W so that over a difference no element changes its sign,
// the largest row and column sums, which (8) takes, stay the largest, and the
// root of their product stays on its side of bound.
func awayFromKinks(w param.Param, bound float64) {
	r, c := w.Shape[0], w.Shape[1]
	deviation := floats.Norm(w.Data, 2) / math.Sqrt(float64(len(w.Data)))
	sums := func() (s []float64, row, col int) {
		s = make([]float64, r+c)
		for i, v := range w.Data {
			s[i/c] += math.Abs(v)
			s[r+i%c] += math.Abs(v)
		}
		return s, floats.MaxIdx(s[:r]), floats.MaxIdx(s[r:])
	}
	for i, v := range w.Data {
		if math.Abs(v) < 0.2*deviation {
			w.Data[i] = math.Copysign(0.2*deviation, v)
		}
	}
	_, row, _ := sums()
	floats.Scale(1.5, w.Data[row*c:(row+1)*c])
	_, _, col := sums()
	for i := col; i < len(w.Data); i += c {
		w.Data[i] *= 1.5
	}
	s, row, col := sums()
	if ratio := math.Sqrt(s[row]*s[r+col]) / bound; ratio > 0.8 && ratio < 1.25 {
		floats.Scale(1.5, w.Data)
	}
}

// sixPoint is the formula of package opstest, whose truncation is near rounding.
var sixPoint = fd.Formula{
	Stencil: []fd.Point{
		{Loc: -3, Coeff: -1. / 60}, {Loc: -2, Coeff: 9. / 60}, {Loc: -1, Coeff: -45. / 60},
		{Loc: 1, Coeff: 45. / 60}, {Loc: 2, Coeff: -9. / 60}, {Loc: 3, Coeff: 1. / 60},
	},
	Derivative: 1,
}

// worst compares the gradient with central differences, along a random direction
// of each parameter and by a few of its elements. The figure is relative to the
// largest element of that parameter's gradient, or to what the rounding of the
// differences leaves of seven digits, as in package opstest.
func (c gradientCase) worst(rng *rand.Rand) (worst float64, where string, err error) {
	e, err := c.evaluation(rng, "float64")
	if err != nil {
		return 0, "", err
	}
	return e.worstGradient(rng, c.params, c.elements)
}

func (t *evaluation) worstGradient(rng *rand.Rand, params, elements int) (worst float64, where string, err error) {
	grad, scratch := make([]float64, len(t.Params().Flat)), make([]float64, len(t.Params().Flat))
	loss, err := t.evaluate(grad)
	if err != nil {
		return 0, "", err
	}
	for _, k := range rng.Perm(len(t.Params().List))[:min(params, len(t.Params().List))] {
		p := t.Params().List[k]
		g := grad[t.Params().Offset(p.Name):][:len(p.Data)]
		x := append([]float64(nil), p.Data...)
		formula := sixPoint
		formula.Step = 3e-3 * floats.Norm(x, 2) / math.Sqrt(float64(len(x)))
		if strings.HasPrefix(p.Name, "linear/") {
			formula.Step /= 3 // A is of the second order in them, and e^{hA} then follows
		}
		scale := max(floats.Norm(g, math.Inf(1)), 1e7*0x1p-47*loss/formula.Step)
		along := func(d []float64) {
			got := fd.Derivative(func(s float64) float64 {
				floats.AddScaledTo(p.Data, x, s, d)
				f, e := t.evaluate(scratch)
				if e != nil {
					err = e
				}
				return f
			}, 0, &fd.Settings{Formula: formula})
			copy(p.Data, x)
			if e := math.Abs(got-floats.Dot(d, g)) / scale; !(e <= worst) {
				worst, where = e, p.Name
			}
		}
		d := make([]float64, len(x))
		param.Normal(1/math.Sqrt(float64(len(x))))(rng, d)
		along(d)
		for _, i := range rng.Perm(len(x))[:min(elements, len(x))] {
			clear(d)
			d[i] = 1
			along(d)
		}
	}
	return worst, where, err
}

// gradientCases are all forms of g with every method, with and without an
// autoencoder, and a random part of all sizes and steps with the other choices
// drawn.
func gradientCases(rng *rand.Rand) (cases []gradientCase) {
	explicit := func(name string) bool { return name == "euler" || name == "rk4" }
	shifts := []float64{0, -0.3, 0.1}
	for i, g := range forms() {
		for j, name := range integrator.Names() {
			for k := range 2 {
				cases = append(cases, gradientCase{
					integrator: name, substeps: 1 + (i+j)%2, n: 3, batch: 2, autoencoder: k == 1,
					dt: 0.3, rate: 1, shift: shifts[(i+j+k)%3], g: g, workers: 1, params: 99, elements: 1 - k,
				})
			}
		}
	}
	for _, n := range []int{1, 2, 3, 7, 20} {
		for _, batch := range []int{1, 2, 5} {
			for _, name := range integrator.Names() {
				for _, dt := range []float64{1e-6, 1e-3, 0.3, 10, 1e3, 1e6} {
					if rng.IntN(5) > 1 || n == 20 && rng.IntN(2) == 1 {
						continue // for the time it takes
					}
					g, rate := forms()[rng.IntN(10)], 1.
					if rng.IntN(2) == 1 || explicit(name) && dt > 1 {
						rate, g.OutputActivation = 1/dt, false
					}
					if explicit(name) {
						rate = min(rate, 0.2/dt) // stable for the largest rates drawn
					}
					shift := shifts[rng.IntN(3)]
					if dt*rate > 1 {
						shift = min(shift, 0) // what grows would overflow
					}
					cases = append(cases, gradientCase{
						integrator: name, substeps: 1 + rng.IntN(2), n: n, batch: batch, autoencoder: rng.IntN(2) == 1,
						dt: dt, rate: rate, shift: shift, g: g, workers: 1 + rng.IntN(2), params: 4,
					})
				}
			}
		}
	}
	return cases
}

// The whole model: encoder, A_L, g, time stepping, decoder and loss.
func TestModelGradient(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	cases := gradientCases(rng)
	if opstest.Thin() {
		rng.Shuffle(len(cases), func(i, j int) { cases[i], cases[j] = cases[j], cases[i] })
		cases = cases[:40]
	}
	var worst float64
	var where string
	for _, c := range cases {
		e, by, err := c.worst(rng)
		if err != nil || !(e <= 1e-7) {
			t.Errorf("%+v: gradient by %s differs from central differences by %.2g of its largest element, error %v", c, by, e, err)
		}
		if e > worst {
			worst, where = e, fmt.Sprintf("by %s in %+v", by, c)
		}
	}
	t.Logf("worst relative difference %.2g of %d models, %s", worst, len(cases), where)
}

// In float32 the gradient by each parameter is that of float64 to a thousand
// roundings, relative in the 2-norm of the whole gradient.
func TestModelGradientFloat32(t *testing.T) {
	const bound = 1000 * 0x1p-24
	rng := rand.New(rand.NewPCG(23, 24))
	var worst float64
	var where string
	for i, g := range forms() {
		for j, name := range integrator.Names() {
			for _, n := range []int{1, 3, 7} {
				if (i+j+n)%3 > 0 && (opstest.Thin() || n == 7) {
					continue // for the time it takes
				}
				c := gradientCase{integrator: name, substeps: 1, n: n, batch: 5, autoencoder: rng.IntN(2) == 1, dt: 0.3, rate: 1, shift: -0.3, g: g, workers: 2}
				seed := rng.Uint64()
				var grads [2][]float64
				var losses [2]float64
				for i, dtype := range []string{"float64", "float32"} {
					ev, err := c.evaluation(rand.New(rand.NewPCG(seed, 0)), dtype)
					if err != nil {
						t.Fatal(err)
					}
					grads[i] = make([]float64, len(ev.Params().Flat))
					if losses[i], err = ev.evaluate(grads[i]); err != nil {
						t.Fatal(err)
					}
				}
				e := max(modeltest.Relative(grads[1], grads[0]), math.Abs(losses[1]-losses[0])/losses[0])
				if !(e <= bound) {
					t.Errorf("%+v: float32 differs by %.2g, want ≤ %.2g", c, e, bound)
				}
				if e > worst {
					worst, where = e, fmt.Sprintf("%+v", c)
				}
			}
		}
	}
	t.Logf("worst relative difference %.2g = %.3g·2⁻²⁴, in %s", worst, worst*0x1p24, where)
}
