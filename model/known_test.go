package model_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/latent"
	"spnode/model/modeltest"
	"spnode/model/objective"
	"spnode/model/param"
)

// knownConfig is a model of two components with two parameters, which scale time,
// and two inputs.
func knownConfig() model.Config {
	c := model.DefaultConfig(2)
	c.Seed = 5
	c.Nonlinear.Hidden, c.Nonlinear.Lipschitz = []int{4}, 1
	c.Parameters = dynamics.ParametersConfig{Known: dynamics.Known{Names: []string{"T", "p"}, Offset: []float64{300, 1}, Factor: []float64{0.01, 2}}, Time: true, TimeHidden: []int{3}}
	c.Inputs = dynamics.InputsConfig{Known: dynamics.Known{Names: []string{"v", "w"}, Offset: []float64{0, 1}, Factor: []float64{1, 0.5}}}
	return c
}

// knownModel is it with parameters of a size.
func knownModel(t *testing.T, c model.Config) *model.Model {
	m := modeltest.New(t, c)
	param.Normal(0.6)(rand.New(rand.NewPCG(91, 92)), m.Params().Flat)
	return m
}

// knownRuns have times, parameters and inputs of their own; half of the inputs are
// held, and some are given at other times than the states.
func knownRuns(count int) []model.Run {
	rng := rand.New(rand.NewPCG(93, 94))
	runs := make([]model.Run, count)
	for r := range runs {
		run := model.Run{State: []float64{rng.NormFloat64(), rng.NormFloat64()}, Times: []float64{rng.Float64()}, Parameters: []float64{300 + 50*rng.NormFloat64(), 1 + 0.3*rng.NormFloat64()}}
		for k := range 2 + r%3 {
			run.Times = append(run.Times, run.Times[k]+0.1+0.4*rng.Float64())
		}
		at := run.Times
		run.Input.Held = r%2 == 0
		if r%3 > 0 {
			at = []float64{run.Times[0] - 0.3}
			for at[len(at)-1] <= run.Times[len(run.Times)-1] {
				at = append(at, at[len(at)-1]+0.05+0.3*rng.Float64())
			}
			run.Input.Times = at
		}
		for range at {
			run.Input.Values = append(run.Input.Values, []float64{rng.NormFloat64(), 1 + rng.NormFloat64()})
		}
		runs[r] = run
	}
	return runs
}

// at is the signal at a time, from the left or the right, in plain Go.
func signalAt(s model.Signal, times []float64, t float64, left bool) []float64 {
	own := s.Times
	if own == nil {
		own = times
	}
	for k := len(own) - 1; k >= 0; k-- {
		if own[k] > t || left && own[k] == t && k > 0 {
			continue
		}
		if s.Held || k == len(own)-1 {
			return s.Values[k]
		}
		w := make([]float64, len(s.Values[k]))
		for i := range w {
			w[i] = s.Values[k][i] + (t-own[k])/(own[k+1]-own[k])*(s.Values[k+1][i]-s.Values[k][i])
		}
		return w
	}
	return s.Values[0]
}

// What a model with parameters and inputs predicts is the solution of
//
//	du/dt = e^{s(p)} (A (u − K w) + g(u, w, p)),
//
// here by a Runge–Kutta method of small steps between all jumps and kinks, with
// the terms by their definitions in plain Go. A linear model has no error of its
// own at any step: what is left is that of the reference, and of the rounding.
func TestKnownSolution(t *testing.T) {
	for _, c := range []struct {
		kind     string
		tol      float64
		substeps int
	}{{dynamics.KindNone, 1e-10, 1}, {dynamics.KindLipschitz, 1e-8, 64}, {dynamics.KindBilinear, 1e-8, 64}, {dynamics.KindPolynomial, 1e-8, 64}} {
		cfg := knownConfig()
		cfg.Nonlinear.Kind, cfg.Substeps = c.kind, c.substeps
		cfg.Nonlinear.SeparateLinear, cfg.Nonlinear.Rank, cfg.Nonlinear.Degree = false, 2, 2
		m := knownModel(t, cfg)
		for _, name := range []string{"g/C", "g/D"} { // so that no quadratic grows without bounds
			if p, ok := m.Params().Get(name); ok {
				floats.Scale(0.2, p.Data)
			}
		}
		runs := knownRuns(9)
		got, err := m.PredictEach(runs)
		if err != nil {
			t.Fatal(err)
		}
		array := func(name string) []float64 { p, _ := m.Params().Get(name); return p.Data }
		dense := func(x []float64, part string, i int, activate bool) []float64 {
			w, _ := m.Params().Get(param.WeightOf(part, i))
			b, _ := m.Params().Get(param.BiasOf(part, i))
			y := make([]float64, w.Shape[1])
			for j := range y {
				if b.Data != nil {
					y[j] = b.Data[j]
				}
				for k := range x {
					y[j] += x[k] * w.Data[k*len(y)+j]
				}
				if activate {
					y[j] = math.Tanh(y[j])
				}
			}
			return y
		}
		g, err := cfg.Nonlinear.Form(2)
		if err != nil {
			t.Fatal(err)
		}
		a := m.Linear()
		for r, run := range runs {
			p := []float64{(run.Parameters[0] - 300) * 0.01, (run.Parameters[1] - 1) * 2}
			factor := math.Exp(dense(dense(p, "time", 0, true), "time", 1, false)[0])
			slope := func(u, w []float64) []float64 {
				w = []float64{w[0], (w[1] - 1) * 0.5}
				f := make([]float64, 2)
				if c.kind == dynamics.KindLipschitz {
					x := append(append(append([]float64(nil), u...), w...), p...)
					for i, b := range g.Bounds(m.Params()).Layers {
						rows, cols := b.Dims()
						y := make([]float64, cols)
						bias, _ := m.Params().Get(param.BiasOf("g", i))
						copy(y, bias.Data)
						for j := range y {
							for k := range rows {
								y[j] += x[k] * b.At(k, j)
							}
							if i == 0 {
								y[j] = math.Tanh(y[j])
							}
						}
						x = y
					}
					copy(f, x)
				}
				z := slices.Concat(u, w, p)
				switch c.kind {
				case dynamics.KindBilinear:
					for i := range f {
						f[i] = array("g/b")[i]
						for r := range 2 {
							row := (2*r + i) * len(z)
							f[i] += floats.Dot(array("g/C")[row:row+len(z)], z) * floats.Dot(array("g/D")[row:row+len(z)], z)
						}
					}
				case dynamics.KindPolynomial:
					features := []float64{1} // and the products of two, the first of them slowest
					for a := range z {
						for b := a; b < len(z); b++ {
							features = append(features, z[a]*z[b])
						}
					}
					for k, v := range features {
						for i := range f {
							f[i] += array("g/C")[2*k+i] * v
						}
					}
				}
				if c.kind == dynamics.KindBilinear || c.kind == dynamics.KindPolynomial {
					for i := range f {
						f[i] += floats.Dot(p, []float64{array("g/P")[i], array("g/P")[2+i]})
					}
				}
				for i := range f {
					for j := range 2 {
						f[i] += a.At(i, j) * (u[j] - array("input/K")[2*j]*w[0] - array("input/K")[2*j+1]*w[1])
					}
					f[i] *= factor
				}
				return f
			}
			u := append([]float64(nil), run.State...)
			all, at, _, _ := run.Input.Over(run.Times)
			next := 1
			for k := range len(all) - 1 {
				const steps = 200
				h := (all[k+1] - all[k]) / steps
				for i := range steps {
					t0 := all[k] + float64(i)*h
					w0 := signalAt(run.Input, run.Times, t0, false)
					wm, w1 := signalAt(run.Input, run.Times, t0+h/2, false), signalAt(run.Input, run.Times, t0+h, true)
					if i == steps-1 {
						w1 = signalAt(run.Input, run.Times, all[k+1], true)
					}
					step := func(k []float64, h float64) []float64 { return floats.AddScaledTo(make([]float64, 2), u, h, k) }
					k1 := slope(u, w0)
					k2 := slope(step(k1, h/2), wm)
					k3 := slope(step(k2, h/2), wm)
					k4 := slope(step(k3, h), w1)
					for j := range u {
						u[j] += h / 6 * (k1[j] + 2*k2[j] + 2*k3[j] + k4[j])
					}
				}
				if next < len(at) && at[next] == k+1 {
					if e := modeltest.Relative(got[r][next], u); !(e <= c.tol) {
						t.Errorf("%s: run %d, time %d: got %v, want %v, off by %.2g", c.kind, r, next, got[r][next], u, e)
					}
					next++
				}
			}
		}
	}
}

// The objective with parameters and inputs is that of what PredictEach predicts, with
// every method, an autoencoder and several blocks.
func TestKnownObjective(t *testing.T) {
	for _, name := range []string{"etd1", "etdrk4", "imex", "rk4"} {
		cfg := knownConfig()
		cfg.Integrator, cfg.Substeps = name, 2
		cfg.Autoencoder = latent.AutoencoderConfig{Latent: 3, Hidden: []int{4}}
		m := knownModel(t, cfg)
		const rows, times = 126, 3 // two blocks
		runs := knownRuns(rows)
		for r := range runs { // as many times and no others
			runs[r].Times, runs[r].Input.Times = runs[r].Times[:times], nil
			for len(runs[r].Input.Values) < times {
				runs[r].Input.Values = append(runs[r].Input.Values, []float64{0, 1})
			}
			runs[r].Input.Values = runs[r].Input.Values[:times]
		}
		predicted, err := m.PredictEach(runs)
		if err != nil {
			t.Fatal(err)
		}
		targets := modeltest.NormalStates(rand.New(rand.NewPCG(95, 96)), 1, times, rows, 2)
		b := objective.Batch{Rows: rows, Weights: []float64{0.5, 1, 0.25}, Steps: make([]float64, (times-1)*rows)}
		var want float64
		for r := range runs {
			targets[0][r] = runs[r].State
			for k := range times {
				d := floats.Distance(targets[k][r], predicted[r][k], 2)
				want += b.Weights[k] * d * d
				if k > 0 {
					b.Steps[(k-1)*rows+r] = runs[r].Times[k] - runs[r].Times[k-1]
				}
			}
		}
		b.State = func(row, time int) []float64 { return targets[time][row] }
		b.Parameters = func(row int) []float64 { return runs[row].Parameters }
		b.Inputs = func(row, interval int) (begin, change []float64) {
			_, _, w, dw := runs[row].Input.Over(runs[row].Times)
			return w[interval], dw[interval]
		}
		o, err := objective.New(m, rows, times, 0)
		if err != nil {
			t.Fatal(err)
		}
		grad := make([]float64, len(m.Params().Flat))
		got, err := o.Evaluate(b, grad)
		if err != nil || !(math.Abs(got-want) <= 1e-12*want) { // substeps in another order
			t.Errorf("%s: the loss is %.17g, %v, want %.17g", name, got, err, want)
		}
		for what, f := range map[string]func(b *objective.Batch){
			"parameters false and inputs true": func(b *objective.Batch) { b.Parameters = nil },
			"parameters true and inputs false": func(b *objective.Batch) { b.Inputs = nil },
			"row 0 has 1 parameters":           func(b *objective.Batch) { b.Parameters = func(int) []float64 { return []float64{1} } },
			"row 0 has 1 inputs":               func(b *objective.Batch) { b.Inputs = func(int, int) (w, dw []float64) { return []float64{1}, nil } },
		} {
			bad := b
			f(&bad)
			_, err := o.Evaluate(bad, grad)
			modeltest.WantError(t, what, err, model.ErrData, what)
		}
	}
}

// A factor of time is another clock: parameters that nothing else sees move along
// the same path, and what is proved of it holds on every clock.
func TestScaledTime(t *testing.T) {
	cfg := model.DefaultConfig(2)
	cfg.Linear.Rates = []float64{3, 0.5}
	cfg.Parameters = dynamics.ParametersConfig{Known: dynamics.Known{Names: []string{"s"}}, Time: true, TimeOnly: true}
	m := modeltest.New(t, cfg)
	w, _ := m.Params().Get("time/0/W")
	w.Data[0] = 1
	times := []float64{0, 0.5, 2}
	u0 := []float64{1, -0.5}
	var runs []model.Run
	for _, s := range []float64{0, -3, 5} { // of seven decades of e^s, three
		run := model.Run{State: u0, Parameters: []float64{s}}
		for _, t := range times {
			run.Times = append(run.Times, t*math.Exp(-s))
		}
		runs = append(runs, run)
	}
	u, err := m.PredictEach(runs)
	if err != nil {
		t.Fatal(err)
	}
	for r := range runs[1:] {
		for k := range times {
			if e := modeltest.Relative(u[1+r][k], u[0][k]); !(e <= 1e-13) { // the rounding of e^s and of the times
				t.Errorf("at s = %g, time %d is off by %.2g", runs[1+r].Parameters[0], k, e)
			}
		}
	}
	report, err := m.Stability()
	if err != nil || !report.ScaledTime || report.Driven {
		t.Errorf("the report is %+v, %v, want one of scaled time", report, err)
	}
	// A decay by the spectral abscissa of u = A-eigenvector, in scaled time.
	if rate := math.Log(floats.Norm(u[2][2], 2)/floats.Norm(u[2][1], 2)) / 1.5; !(rate <= report.NumericalAbscissa+report.Lipschitz) {
		t.Errorf("the state grows at %g per unit of scaled time, want at most %g", rate, report.NumericalAbscissa+report.Lipschitz)
	}
}

// Trajectories under the same inputs meet if the report has the model certified.
func TestDrivenCertificate(t *testing.T) {
	cfg := knownConfig()
	cfg.Nonlinear.Lipschitz, cfg.Nonlinear.SeparateLinear = 0.05, false
	cfg.Linear = dynamics.LinearConfig{Rates: []float64{3, 1}}
	m := modeltest.New(t, cfg)
	k, _ := m.Params().Get("input/K")
	param.Normal(2)(rand.New(rand.NewPCG(97, 98)), k.Data)
	report, err := m.Stability()
	if err != nil || !report.Certified || !report.Driven || !math.IsInf(report.BoundRadius, 1) {
		t.Fatalf("the report is %+v, %v, want a certificate, and no radius", report, err)
	}
	runs := knownRuns(1)
	runs[0].Times, runs[0].Input = []float64{0, 10, 20, 40}, model.Signal{Times: []float64{0, 7, 13, 40}, Values: [][]float64{{3, 1}, {-2, 5}, {4, -4}, {1, 1}}}
	other := runs[0]
	other.State = []float64{20, -30}
	u, err := m.PredictEach([]model.Run{runs[0], other})
	if err != nil {
		t.Fatal(err)
	}
	before, after := floats.Distance(runs[0].State, other.State, 2), floats.Distance(u[0][3], u[1][3], 2)
	if !(after <= 1e-6*before) || floats.Norm(u[0][3], 2) < 1e-3 {
		t.Errorf("states %v and %v after 40 units, %g apart before and %g after", u[0][3], u[1][3], before, after)
	}
}

// A checkpoint has them, and a model says what it takes.
func TestKnownCheckpoint(t *testing.T) {
	m := knownModel(t, knownConfig())
	dir := t.TempDir() + "/m"
	if err := m.Save(dir); err != nil {
		t.Fatal(err)
	}
	again, err := model.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	runs := knownRuns(4)
	want, err := m.PredictEach(runs)
	if err != nil {
		t.Fatal(err)
	}
	got, err := again.PredictEach(runs)
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("loaded it predicts %v, %v, want %v", got, err, want)
	}
	_, err = m.Predict([][]float64{{1, 2}}, []float64{0, 1})
	modeltest.WantError(t, "Predict", err, model.ErrData, "[T p]", "[v w]", "PredictEach")
	for what, f := range map[string]func(r *model.Run){
		"parameters: got 1":          func(r *model.Run) { r.Parameters = r.Parameters[:1] },
		"parameters: element 1":      func(r *model.Run) { r.Parameters[1] = math.NaN() },
		"values at 1 times, want 4":  func(r *model.Run) { r.Input = model.Signal{Values: [][]float64{{1, 2}}} },
		"row 0 has 1 components":     func(r *model.Run) { r.Input = model.Signal{Held: true, Times: r.Times[:1], Values: [][]float64{{1}}} },
		"want them over the traject": func(r *model.Run) { r.Input = model.Signal{Times: r.Times[:2], Values: [][]float64{{1, 1}, {2, 2}}} },
	} {
		bad := knownRuns(3)[2]
		bad.Times = append([]float64{bad.Times[0] - 1}, bad.Times...)[:4]
		bad.Input = model.Signal{Values: [][]float64{{1, 1}, {1, 1}, {1, 1}, {1, 1}}}
		f(&bad)
		_, err := m.PredictEach([]model.Run{bad})
		modeltest.WantError(t, what, err, model.ErrData, what)
	}
}

func TestKnownConfigRefused(t *testing.T) {
	for what, f := range map[string]func(c *model.Config){
		`name 1 is "T"`:               func(c *model.Config) { c.Parameters.Names[1] = "T" },
		`inputs: name 0 is ""`:        func(c *model.Config) { c.Inputs.Names[0] = "" },
		"parameters.factor of compon": func(c *model.Config) { c.Parameters.Factor[0] = 0 },
		"has 1 elements, want 2":      func(c *model.Config) { c.Inputs.Offset, c.Inputs.Factor = []float64{1}, []float64{1} },
		"but time true":               func(c *model.Config) { c.Parameters = dynamics.ParametersConfig{Time: true} },
		"time_only true":              func(c *model.Config) { c.Parameters.Time, c.Parameters.TimeOnly = false, true },
		"there are no inputs":         func(c *model.Config) { c.Inputs = dynamics.InputsConfig{LinearOnly: true} },
		"a layer has width 0":         func(c *model.Config) { c.Parameters.TimeHidden = []int{0} },
		"sees no inputs and parameters": func(c *model.Config) {
			c.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindPolynomial, PolynomialConfig: param.PolynomialConfig{Degree: 2, Periodic: true}}
		},
	} {
		c := knownConfig()
		f(&c)
		modeltest.WantError(t, what, c.Validate(), model.ErrConfig, what)
	}
}
