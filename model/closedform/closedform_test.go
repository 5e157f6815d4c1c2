package closedform

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"

	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/leastsq"
	"spnode/model/param"
)

// truth is a model with a known field: a spiral that grows, held by cubic terms, and
// a component that follows at the rate 5.
func truth(t *testing.T) *model.Model {
	t.Helper()
	c := model.DefaultConfig(3)
	c.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindPolynomial, PolynomialConfig: param.PolynomialConfig{Degree: 3}}
	c.Linear.Shift = 0.6
	c.Substeps = 16
	m, err := model.New(c)
	if err != nil {
		t.Fatal(err)
	}
	a := []float64{0.5, -2, 0, 2, 0.5, 0, 0, 0, -5}
	h, err := Factor(a, 3, 0.6)
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string][]float64{"linear/LS": h.LS, "linear/LG": h.LG, "linear/Ls": h.Skew} {
		p, _ := m.Params().Get(name)
		copy(p.Data, x)
	}
	p, err := c.Nonlinear.Polynomial(c.LatentDim())
	if err != nil {
		t.Fatal(err)
	}
	q, _ := m.Params().Get("g/C")
	set := func(output int, v float64, factors ...int) {
		for i := range p.Groups()[0].Features {
			vs := p.Factors(0, i)
			same := len(vs) == len(factors)
			for j := range factors {
				same = same && vs[j] == factors[j]
			}
			if same {
				q.Data[i*3+output] = v
			}
		}
	}
	set(0, -0.5, 0, 0, 0) // −(x² + y²)x/2
	set(0, -0.5, 0, 1, 1)
	set(1, -0.5, 0, 0, 1)
	set(1, -0.5, 1, 1, 1)
	set(2, 4, 0, 1)
	set(2, 0.3)
	return m
}

func trajectories(t *testing.T, m *model.Model, n int) (d []leastsq.Trajectory) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	var times []float64
	for k := range 80 {
		times = append(times, 0.1*float64(k))
	}
	var u0 [][]float64
	for range n {
		u := make([]float64, m.Config().Dim)
		for i := range u {
			u[i] = rng.NormFloat64()
		}
		u0 = append(u0, u)
	}
	out, err := m.Predict(u0, times)
	if err != nil {
		t.Fatal(err)
	}
	for s := range n {
		tr := leastsq.Trajectory{Times: times}
		for k := range times {
			tr.States = append(tr.States, out[k][s])
		}
		d = append(d, tr)
	}
	return d
}

// apart is the largest difference of two models' predictions from states that neither
// has seen, over the size of the states.
func apart(t *testing.T, m, want *model.Model) float64 {
	t.Helper()
	u0, times := [][]float64{{1.5, -0.3, 0.2}, {0.1, 0.1, -1}}, []float64{0, 0.5, 2, 3.3, 6}
	got, err := m.Predict(u0, times)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := want.Predict(u0, times)
	if err != nil {
		t.Fatal(err)
	}
	var d float64
	for k := range ref {
		for s := range ref[k] {
			d = max(d, floats.Distance(got[k][s], ref[k][s], math.Inf(1)))
		}
	}
	return d
}

func TestFitRecoversModel(t *testing.T) {
	want := truth(t)
	d := trajectories(t, want, 12)
	for name, c := range map[string]func(c *model.Config){
		"cubic":              func(*model.Config) {},
		"degree 4":           func(c *model.Config) { c.Nonlinear.Degree = 4 },
		"cubic, within ball": func(c *model.Config) { c.Nonlinear.Radius = 1 },
		"float32":            func(c *model.Config) { c.Dtype = "float32" },
		"unit of time":       func(c *model.Config) { c.TimeUnit = 7 },
		"rates":              func(c *model.Config) { c.Linear.Rates = []float64{1, 2, 3} },
	} {
		cfg := want.Config()
		cfg.Linear.Shift = 0
		c(&cfg)
		m, err := model.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		fit := DefaultConfig()
		fit.Order, fit.Corrections, fit.Ridge = 8, 6, 1e-12
		r, err := Fit(m, fit, d)
		if err != nil {
			t.Fatal(err)
		}
		e := apart(t, m, want)
		t.Logf("%s: off by %.2g, μ = %.3g, steps %.2g", name, e, r.Shift, r.Dynamics.Steps)
		// Steps of ETDRK4 of 0.1 in four, with the rate 5, err by some 1e-5 in the fit.
		if !(e < 1e-3) {
			t.Errorf("%s: predictions are off by %g, want at most 1e-3", name, e)
		}
		s, err := m.Stability()
		if err != nil {
			t.Fatal(err)
		}
		if bounded := cfg.Nonlinear.Radius > 0; bounded != !math.IsInf(s.BoundRadius, 0) || bounded != (m.Config().Linear.Shift < 0) {
			t.Errorf("%s: the radius is %g and the shift %g", name, s.BoundRadius, m.Config().Linear.Shift)
		}
		if cfg.Nonlinear.Radius > 0 && math.Abs(m.Config().Nonlinear.Radius-1.1*r.Largest) > 1e-12 {
			t.Errorf("%s: the ball has the radius %g, want 1.1 of %g", name, m.Config().Nonlinear.Radius, r.Largest)
		}
	}
}

func TestFitShift(t *testing.T) {
	want := truth(t)
	cfg := want.Config()
	cfg.Linear.Shift = 0.1
	m, err := model.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	fit := DefaultConfig()
	fit.AutoShift = false
	_, err = Fit(m, fit, trajectories(t, want, 6))
	var shift *ShiftError
	if !errors.As(err, &shift) || !(shift.Needed > 0.5 && shift.Needed < 0.6) { // A grows at 0.5
		t.Fatalf("got %v, want a shift of a little more than 0.5", err)
	}
	if m.Config().Linear.Shift != 0.1 {
		t.Error("a fit that fails has changed the model")
	}
}

func TestFitRefuses(t *testing.T) {
	d := trajectories(t, truth(t), 2)
	m, err := model.New(model.DefaultConfig(3))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Fit(m, DefaultConfig(), d); !errors.Is(err, model.ErrConfig) || !strings.Contains(err.Error(), "lipschitz") {
		t.Errorf("a network: got %v", err)
	}
	c := model.DefaultConfig(3)
	c.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindBilinear, Rank: 1}
	c.Parameters.Names = []string{"p"}
	if m, err = model.New(c); err != nil {
		t.Fatal(err)
	}
	if _, err := Fit(m, DefaultConfig(), d); !errors.Is(err, model.ErrConfig) || !strings.Contains(err.Error(), "1 inputs and parameters") {
		t.Errorf("a parameter: got %v", err)
	}
}

// A linear system comes back with g none, from steps of all lengths too: the paper's
// linear case in one solve.
func TestFitLinear(t *testing.T) {
	c := model.DefaultConfig(2)
	c.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindNone}
	c.Linear.Shift = 0.1
	want, err := model.New(c)
	if err != nil {
		t.Fatal(err)
	}
	var d []leastsq.Trajectory
	rng := rand.New(rand.NewPCG(3, 4))
	for range 6 {
		times := []float64{0}
		for len(times) < 40 {
			times = append(times, times[len(times)-1]+0.05+0.1*rng.Float64())
		}
		out, err := want.Predict([][]float64{{rng.NormFloat64(), rng.NormFloat64()}}, times)
		if err != nil {
			t.Fatal(err)
		}
		tr := leastsq.Trajectory{Times: times}
		for k := range times {
			tr.States = append(tr.States, out[k][0])
		}
		d = append(d, tr)
	}
	m, err := model.New(c)
	if err != nil {
		t.Fatal(err)
	}
	fit := DefaultConfig()
	fit.Order, fit.Ends, fit.Ridge, fit.Corrections = 6, true, 0, 3
	r, err := Fit(m, fit, d)
	if err != nil {
		t.Fatal(err)
	}
	got, ref := m.Linear(), want.Linear()
	for i := range 2 {
		for j := range 2 {
			if e := math.Abs(got.At(i, j) - ref.At(i, j)); e > 1e-10 { // corrections end at roundings of the data
				t.Errorf("A(%d, %d) is off by %g; steps %.2g", i, j, e, r.Dynamics.Steps)
			}
		}
	}
}
