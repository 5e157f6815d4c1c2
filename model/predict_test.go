package model_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"spnode/integrator"
	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/latent"
	"spnode/model/modeltest"
	"spnode/model/objective"
	"spnode/model/param"
	"spnode/ops"
	"spnode/ops/kernel"
)

// predict is Predict of a model that does not fail.
func predict(t *testing.T, m *model.Model, u0 [][]float64, times []float64) [][][]float64 {
	t.Helper()
	u, err := m.Predict(u0, times)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// A rollout is its steps one by one, to the bit where nothing is encoded or
// scaled, and restarts from any of its states.
func TestPredictComposes(t *testing.T) {
	times := []float64{-1, -0.5, 0.25, 4, 4.5}
	for _, name := range integrator.Names() {
		cfg := model.DefaultConfig(3)
		cfg.Integrator, cfg.Substeps = name, 2
		m := modeltest.New(t, cfg)
		u0 := modeltest.NormalStates(rand.New(rand.NewPCG(51, 52)), 0.5, 1, 4, 3)[0]
		whole := predict(t, m, u0, times)
		u := u0
		for k := 1; k < len(times); k++ {
			u = predict(t, m, u, times[k-1:k+1])[1]
			if !modeltest.Same(slices.Concat(u...), slices.Concat(whole[k]...)) {
				t.Errorf("%s: step %d gives %v, the rollout %v", name, k, u, whole[k])
			}
			rest := predict(t, m, whole[k], times[k:])
			if !modeltest.Same(flatten(rest), flatten(whole[k:])) {
				t.Errorf("%s: from step %d on the rollout is another", name, k)
			}
		}
	}
}

// Substeps are steps of a finer grid.
func TestPredictSubsteps(t *testing.T) {
	cfg := model.DefaultConfig(2)
	m := modeltest.New(t, cfg)
	u0 := [][]float64{{1, -0.5}}
	for _, name := range integrator.Names() {
		fine, err := m.WithIntegrator(name, 1)
		if err != nil {
			t.Fatal(err)
		}
		coarse, err := m.WithIntegrator(name, 4)
		if err != nil {
			t.Fatal(err)
		}
		if fine.Params() != m.Params() || m.Config().Integrator != "etdrk4" || coarse.Config().Substeps != 4 {
			t.Errorf("%s: WithIntegrator has changed the model, or copied its parameters", name)
		}
		want := predict(t, fine, u0, []float64{0, 0.25, 0.5, 0.75, 1})
		got := predict(t, coarse, u0, []float64{0, 1})
		if !modeltest.Same(got[1][0], want[4][0]) {
			t.Errorf("%s: got %v, want %v", name, got[1][0], want[4][0])
		}
	}
	// All methods approach the same solution; those of order 1 are the farthest
	// from it, by about the step.
	var reference []float64
	for _, name := range integrator.Names() {
		other, err := m.WithIntegrator(name, 50)
		if err != nil {
			t.Fatal(err)
		}
		u := predict(t, other, u0, []float64{0, 1})[1][0]
		if reference == nil {
			reference = u
		}
		if e := modeltest.Relative(u, reference); e > 0.02 {
			t.Errorf("%s: differs from the other methods by %.3g", name, e)
		}
	}
	_, err := m.WithIntegrator("leapfrog", 1)
	modeltest.WantError(t, "unknown", err, model.ErrConfig, "leapfrog", "etd1")
	other, err := m.WithIntegrator("etd1", 0)
	modeltest.WantError(t, "no substeps", err, model.ErrConfig, "substeps is 0")
	if other != nil {
		t.Error("a model beside the error")
	}
}

// A row does not depend on the others. Products of different sizes may add up
// in another order: they agree to rounding.
func TestPredictBatchSizes(t *testing.T) {
	var worst float64
	var exact, all int
	for name, cfg := range savedModels() {
		for _, method := range integrator.Names() {
			for _, n := range []int{0, 20} {
				if n > 0 && name != "lipschitz" {
					continue
				}
				if n > 0 {
					cfg.Dim = n
				}
				cfg.Integrator, cfg.Substeps = method, 1
				m := modeltest.New(t, cfg)
				u0 := modeltest.NormalStates(rand.New(rand.NewPCG(53, 54)), 0.5, 1, 33, cfg.Dim)[0]
				times := []float64{0, 0.1, 0.5}
				whole := predict(t, m, u0, times)
				for _, size := range []int{1, 2, 7, 32} {
					part := predict(t, m, u0[1:1+size], times)
					for k := range part {
						for r := range size {
							all++
							if modeltest.Same(part[k][r], whole[k][1+r]) {
								exact++
								continue
							}
							e := modeltest.Relative(part[k][r], whole[k][1+r])
							bound := 1e-14
							if cfg.Dtype == "float32" {
								bound = 1e-6
							}
							worst = max(worst, e)
							if !(e <= bound) {
								t.Errorf("%s, %s, %d rows: row %d at time %d differs by %.3g", name, method, size, r, k, e)
							}
						}
					}
				}
			}
		}
	}
	t.Logf("%d of %d rows have the same bits, the others differ by at most %.2g", exact, all, worst)
}

// However many cores there are, and whoever decodes what has been advanced, the states are
// the same: of one sample at many times, of a few, and of blocks of which the last is smaller.
func TestPredictOnCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, size := range []struct{ samples, times int }{{1, 1}, {1, 1000}, {5, 300}, {40, 20}, {300, 7}} {
		for _, dtype := range []string{"float64", "float32"} {
			cfg := model.DefaultConfig(3)
			cfg.Dtype = dtype
			cfg.Autoencoder = latent.AutoencoderConfig{Latent: 4, Hidden: []int{30}}
			cfg.Offset, cfg.Factor = []float64{1, 2, 3}, []float64{2, 3, 4}
			m := modeltest.New(t, cfg)
			u0 := modeltest.NormalStates(rand.New(rand.NewPCG(61, 62)), 0.5, 1, size.samples, 3)[0]
			times := make([]float64, size.times)
			for k := range times {
				times[k] = 0.25 * float64(k*k)
			}
			var want []float64
			bound := 1e-14
			if dtype == "float32" {
				bound = 1e-6
			}
			for _, cores := range []int{1, 2, 3, 8} {
				runtime.GOMAXPROCS(cores)
				got := flatten(predict(t, m, u0, times))
				if want == nil {
					want = got
				}
				if kernel.Path() != "portable" {
					bound = 0
				}
				if e := modeltest.Relative(got, want); !(e <= bound) {
					t.Errorf("%d samples at %d times, %s: %d cores give other states than one, by %g", size.samples, size.times, dtype, cores, e)
				}
			}
		}
	}
}

// What a prediction leaves for the next is not what the parameters were.
func TestPredictAfterChange(t *testing.T) {
	for _, dtype := range []string{"float64", "float32"} {
		cfg := model.DefaultConfig(2)
		cfg.Dtype = dtype
		cfg.Autoencoder = latent.AutoencoderConfig{Latent: 3, Hidden: []int{5}}
		m := modeltest.New(t, cfg)
		u0, times := [][]float64{{0.3, -0.2}, {0.1, 0.5}}, []float64{0, 0.1, 0.5}
		runs := []model.Run{{State: u0[0], Times: times}, {State: u0[1], Times: times[:2]}}
		first := predict(t, m, u0, times)
		if _, err := m.PredictEach(runs); err != nil {
			t.Fatal(err)
		}
		m.Draw(cfg.Seed + 1)
		cfg.Seed++
		fresh := modeltest.New(t, cfg)
		got, want := flatten(predict(t, m, u0, times)), flatten(predict(t, fresh, u0, times))
		if !modeltest.Same(got, want) || modeltest.Same(got, flatten(first)) {
			t.Errorf("%s: got %v, want %v", dtype, got, want)
		}
		each, err := m.PredictEach(runs)
		if err != nil {
			t.Fatal(err)
		}
		of, err := fresh.PredictEach(runs)
		if err != nil {
			t.Fatal(err)
		}
		if !modeltest.Same(flatten(each), flatten(of)) {
			t.Errorf("%s: each: got %v, want %v", dtype, each, of)
		}
		// An interval that fails leaves nothing behind either.
		a := m.Params().Flat[0]
		m.Params().Flat[0] = 1e200
		if _, err := m.Predict(u0, times); err == nil {
			t.Error("the case shows nothing: no error")
		}
		m.Params().Flat[0] = a
		if got := flatten(predict(t, m, u0, times)); !modeltest.Same(got, want) {
			t.Errorf("%s: after an error: got %v, want %v", dtype, got, want)
		}
	}
}

// The physical variables go in and come out, whatever their scales: the model
// that is scaled has the trajectories of the one that is not.
func TestPredictUnscales(t *testing.T) {
	plain := modeltest.New(t, model.DefaultConfig(3))
	cfg := model.DefaultConfig(3)
	cfg.Offset, cfg.Factor = []float64{0.1, -3e4, 7}, []float64{1e4, 3e-5, -0.3}
	scaled := modeltest.New(t, cfg)
	if !modeltest.Same(plain.Params().Flat, scaled.Params().Flat) {
		t.Fatal("the scaling has changed the start of the parameters")
	}
	v0 := modeltest.NormalStates(rand.New(rand.NewPCG(55, 56)), 0.5, 1, 5, 3)[0] // as the model sees it
	physical := func(v []float64) []float64 {
		u := make([]float64, 3)
		for i := range u {
			u[i] = v[i]/cfg.Factor[i] + cfg.Offset[i]
		}
		return u
	}
	var u0 [][]float64
	for _, v := range v0 {
		u0 = append(u0, physical(v))
	}
	times := []float64{0, 0.3, 2}
	want, got := predict(t, plain, v0, times), predict(t, scaled, u0, times)
	for k := range times {
		for s := range u0 {
			if e := modeltest.Relative(got[k][s], physical(want[k][s])); !(e <= 1e-14) {
				t.Errorf("time %d, sample %d: got %v, want %v", k, s, got[k][s], physical(want[k][s]))
			}
		}
	}
	x := slices.Concat(u0...)
	y := scaled.Scaled(x)
	scaled.UnscaledTo(y, y)
	if e := modeltest.Relative(y, x); !(e <= 4*0x1p-53) {
		t.Errorf("scaled and back differs by %.3g", e)
	}
}

// Without an autoencoder the first states are those given, to the bit, and not
// the caller's memory.
func TestPredictFirstState(t *testing.T) {
	for _, dtype := range []string{"float64", "float32"} {
		cfg := model.DefaultConfig(2)
		cfg.Dtype = dtype
		cfg.Offset, cfg.Factor = []float64{0.1, 1e5}, []float64{3, 1e-7}
		u0 := [][]float64{{math.Pi, 1 / 3.}, {1e-300, -7}}
		u := predict(t, modeltest.New(t, cfg), u0, []float64{5})
		if len(u) != 1 || !modeltest.Same(flatten(u), slices.Concat(u0...)) {
			t.Errorf("%s: got %v, want %v", dtype, u, u0)
		}
		u[0][0][0] = 0
		if u0[0][0] != math.Pi {
			t.Errorf("%s: the prediction is in the caller's memory", dtype)
		}
	}
}

// The predicted states have the loss that the training has.
func TestPredictIsWhatIsTrained(t *testing.T) {
	for name, cfg := range savedModels() {
		if cfg.Dtype == "float32" {
			continue
		}
		p := smallProblem()
		p.states = modeltest.NormalStates(rand.New(rand.NewPCG(57, 58)), 1, 3, 5, cfg.Dim)
		m := modeltest.New(t, cfg)
		e, err := newEvaluation(m, 2, objective.WeightTime, p.times, p.states)
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.evaluate(make([]float64, len(m.Params().Flat)))
		if err != nil {
			t.Fatal(err)
		}
		weights, err := objective.Weights(objective.WeightTime, p.times)
		if err != nil {
			t.Fatal(err)
		}
		var want float64
		u := predict(t, m, p.states[0], p.times)
		for k := range u {
			for s := range u[k] {
				for i := range u[k][s] {
					e := u[k][s][i] - p.states[k][s][i]
					if len(cfg.Factor) > 0 {
						e *= cfg.Factor[i]
					}
					want += weights[k] * e * e / 5
				}
			}
		}
		if !(math.Abs(got-want) <= 1e-12*want) {
			t.Errorf("%s: loss %.17g, that of the prediction %.17g", name, got, want)
		}
	}
}

func TestPredictRefuses(t *testing.T) {
	m := modeltest.New(t, model.DefaultConfig(2))
	ok := [][]float64{{1, 2}, {3, 4}}
	for _, c := range []struct {
		name  string
		u0    [][]float64
		times []float64
		parts []string
	}{
		{"no times", ok, nil, []string{"times", "got 0"}},
		{"times", ok, []float64{0, 1, 1}, []string{"element 2, 1,", "strictly increasing"}},
		{"infinite time", ok, []float64{0, math.Inf(1)}, []string{"element 1 is +Inf"}},
		{"no states", nil, []float64{0}, []string{"initial states", "none"}},
		{"ragged", [][]float64{{1, 2}, {3}}, []float64{0}, []string{"row 1 has 1 components, want 2"}},
		{"NaN", [][]float64{{1, 2}, {3, math.NaN()}}, []float64{0, 1}, []string{"initial states", "row 1, column 1 is NaN"}},
	} {
		_, err := m.Predict(c.u0, c.times)
		modeltest.WantError(t, c.name, err, model.ErrData, c.parts...)
	}
	// What leaves the finite numbers is no error.
	e, err := m.WithIntegrator("euler", 1)
	if err != nil {
		t.Fatal(err)
	}
	var times []float64
	for k := range 400 {
		times = append(times, 100*float64(k))
	}
	if u := predict(t, e, ok, times); param.Finite(u[399][0][0]) {
		t.Errorf("the case shows nothing: the state is %g", u[399][0][0])
	}
	// What has no step at all is.
	m.Params().Flat[0] = 1e200
	_, err = m.Predict(ok, []float64{0, 1})
	modeltest.WantError(t, "A overflows", err, ops.ErrNotFinite, "step 1, t = 0")
}

// The model against plain loops and gonum's exponential of the augmented
// matrix, of which no line is shared with the graph.
func TestPredictPlainETD1(t *testing.T) {
	rng := rand.New(rand.NewPCG(59, 60))
	times := []float64{0, 0.1, 0.7, 3}
	var worst float64
	for i, g := range forms() {
		if g.SeparateLinear {
			continue // the linear part comes from the gradient tests
		}
		for _, encoded := range []bool{false, true} {
			c := gradientCase{integrator: "etd1", substeps: 1, n: 3, batch: 2, autoencoder: encoded, dt: 1, rate: 1, shift: -0.2, g: g, workers: 1}
			ev, err := c.evaluation(rng, "float64")
			if err != nil {
				t.Fatal(err)
			}
			m := ev.Model
			u0 := modeltest.NormalStates(rng, 1, 1, 2, m.Config().Dim)[0]
			got := predict(t, m, u0, times)
			for s := range u0 {
				want := plainETD1(m, u0[s], times)
				for k := range times {
					e := modeltest.Relative(got[k][s], want[k])
					worst = max(worst, e)
					if !(e <= 1e-13) {
						t.Errorf("form %d, autoencoder %v, sample %d, time %d: got %v, want %v", i, encoded, s, k, got[k][s], want[k])
					}
				}
			}
		}
	}
	t.Logf("worst relative difference %.2g", worst)
}

func plainETD1(m *model.Model, x []float64, times []float64) (out [][]float64) {
	affine := func(prefix string, x []float64, scale float64, activate bool) []float64 {
		w, _ := m.Params().Get(prefix + "/W")
		b, _ := m.Params().Get(prefix + "/b")
		y := make([]float64, w.Shape[1])
		for j := range y {
			for i, v := range x {
				y[j] += scale * w.Data[i*len(y)+j] * v
			}
			y[j] += b.Data[j]
			if activate {
				y[j] = math.Tanh(y[j])
			}
		}
		return y
	}
	coder := func(part string, x []float64) []float64 {
		if m.EncoderIsIdentity() {
			return x
		}
		return affine(part+"/1", affine(part+"/0", x, 1, true), 1, false)
	}
	c, n := m.Config().Nonlinear, m.Config().LatentDim()
	g := func(u []float64) []float64 {
		y := make([]float64, n)
		switch c.Kind {
		case dynamics.KindBilinear:
			cs, _ := m.Params().Get("g/C")
			ds, _ := m.Params().Get("g/D")
			b, _ := m.Params().Get("g/b")
			copy(y, b.Data)
			for r := range c.Rank {
				for i := range n {
					row := (r*n + i) * n
					y[i] += floats.Dot(cs.Data[row:row+n], u) * floats.Dot(ds.Data[row:row+n], u)
				}
			}
		case dynamics.KindLipschitz:
			y = u
			for i := range 2 {
				w, _ := m.Params().Get(fmt.Sprintf("g/%d/W", i))
				d := mat.NewDense(w.Shape[0], w.Shape[1], w.Data)
				norm := math.Sqrt(mat.Norm(d, 1) * mat.Norm(d, math.Inf(1)))
				bound := math.Sqrt(c.Lipschitz)
				scale := bound / max(1, norm)
				if !c.PaperForm {
					scale = 1 / max(1, norm/bound)
				}
				y = affine(fmt.Sprintf("g/%d", i), y, scale, i == 0 || c.OutputActivation)
			}
		}
		return y
	}
	u := coder("encoder", x)
	out = append(out, coder("decoder", u))
	for k := 1; k < len(times); k++ {
		h := times[k] - times[k-1]
		aug := mat.NewDense(n+1, n+1, nil)
		a := m.Linear()
		gu := g(u)
		for i := range n {
			for j := range n {
				aug.Set(i, j, h*a.At(i, j))
			}
			aug.Set(i, n, h*gu[i])
		}
		var e mat.Dense
		e.Exp(aug)
		next := make([]float64, n)
		for i := range n {
			next[i] = floats.Dot(e.RawRowView(i)[:n], u) + e.At(i, n)
		}
		u = next
		out = append(out, coder("decoder", u))
	}
	return out
}
