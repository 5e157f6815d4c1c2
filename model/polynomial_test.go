package model_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"

	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/latent"
	"spnode/model/modeltest"
	"spnode/model/param"
	"spnode/model/stability"
)

// plane is the fixed pair of the first n of m coordinates.
func plane(n, m int) *latent.LinearPair {
	v := make([][]float64, n)
	for i := range v {
		v[i] = make([]float64, m)
		v[i][i] = 1
	}
	p, err := latent.NewLinearPair(v, 1)
	if err != nil {
		panic(err)
	}
	p.Only = true
	return p
}

// lift has the columns of the coordinates that plane leaves out.
func lift(n, m int) [][]float64 {
	l := make([][]float64, m)
	for i := range l {
		l[i] = make([]float64, m-n)
		if i >= n {
			l[i][i-n] = 1
		}
	}
	return l
}

// Models with polynomials, within a ball and not, and as a manifold.
func TestPolynomialModelGradient(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	cubic := param.PolynomialConfig{Degree: 3}
	periodic := param.PolynomialConfig{Degree: 3, Periodic: true}
	const inside = 0.05 // all states, of size 1, lie outside: differences across the sphere are none
	for _, g := range []dynamics.NonlinearConfig{
		{Kind: dynamics.KindPolynomial, PolynomialConfig: cubic},
		{Kind: dynamics.KindPolynomial, PolynomialConfig: cubic, Radius: inside},
		{Kind: dynamics.KindPolynomial, PolynomialConfig: periodic},
		{Kind: dynamics.KindPolynomial, PolynomialConfig: periodic, Radius: inside},
		{Kind: dynamics.KindBilinear, Rank: 2, Radius: inside},
		{Kind: dynamics.KindNone},
	} {
		for i, manifold := range []*latent.PolynomialDecoder{
			nil, {PolynomialConfig: cubic}, {PolynomialConfig: cubic, Lift: lift(4, 6)}, {PolynomialConfig: periodic, Lift: lift(4, 6)},
		} {
			for _, method := range []string{"etd1", "etdrk4"} {
				c := gradientCase{
					integrator: method, substeps: 1, n: 4, batch: 3, autoencoder: manifold != nil, manifold: manifold,
					dt: 0.3, rate: 1, shift: -0.3, g: g, workers: 1, params: 99, elements: 2,
				}
				// As TestModelGradient.
				if e, by, err := c.worst(rng); err != nil || !(e <= 1e-7) {
					t.Errorf("%+v, %s, decoder %d: gradient by %s is off by %.2g, error %v", g, method, i, by, e, err)
				}
			}
		}
	}
}

// Within its ball a model is the one without, to the bit; and from wherever it starts
// it ends in the ball that the report proves, by steps of any size.
func TestBallBounds(t *testing.T) {
	rng := rand.New(rand.NewPCG(33, 34))
	const n, radius = 3, 1.5
	for i, g := range []dynamics.NonlinearConfig{
		{Kind: dynamics.KindPolynomial, PolynomialConfig: param.PolynomialConfig{Degree: 4}, Radius: radius},
		{Kind: dynamics.KindBilinear, Rank: 2, Radius: radius},
		{Kind: dynamics.KindPolynomial, PolynomialConfig: param.PolynomialConfig{Degree: 2}, Radius: radius},
		{Kind: dynamics.KindPolynomial, PolynomialConfig: param.PolynomialConfig{Degree: 4}, Radius: radius},
	} {
		method := []string{"etd1", "etdrk4", "imex", "etd2rk"}[i]
		cfg := model.Config{Dim: n, Linear: dynamics.LinearConfig{Shift: -0.5, Spread: 0.3}, Nonlinear: g, Integrator: method, Substeps: 1, Dtype: "float64"}
		if i >= 2 { // of which g sees any, and the factor of time is any
			cfg.Parameters = dynamics.ParametersConfig{Known: dynamics.Known{Names: []string{"p"}}, Time: true}
		}
		m, err := model.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range m.Params().List {
			if strings.HasPrefix(p.Name, "g/") {
				param.Normal(1)(rng, p.Data)
			}
		}
		r, err := m.Stability()
		if err != nil {
			t.Fatal(err)
		}
		if math.IsInf(r.BoundRadius, 0) || !(r.BoundRadius > 0) {
			t.Fatalf("%s: the radius is %g, want a finite one", g.Kind, r.BoundRadius)
		}
		ball := r.BoundRadius
		if method == "etdrk4" {
			ball *= stability.ETDRK4Factor
		}
		_, s, _ := dynamics.Hurwitz{LinearConfig: cfg.Linear, N: n}.Matrices(m.Params())
		norm := func(u []float64) float64 {
			var v float64
			for i := range u {
				v += u[i] * floats.Dot(s.RawRowView(i), u)
			}
			return math.Sqrt(v)
		}
		var largest float64
		for range 100 {
			u := make([]float64, n)
			for i := range u {
				u[i] = rng.NormFloat64() * math.Exp(8*rng.Float64()-2)
			}
			times := []float64{0}
			for len(times) < 60 {
				times = append(times, times[len(times)-1]+math.Exp(6*rng.Float64()-3))
			}
			run := model.Run{State: u, Times: times}
			if i >= 2 {
				run.Parameters = []float64{rng.NormFloat64() * math.Exp(4*rng.Float64())}
			}
			runs, err := m.PredictEach([]model.Run{run})
			if err != nil {
				t.Fatal(err)
			}
			out := runs[0]
			bound := max(norm(u), ball)
			for k := range out {
				if v := norm(out[k]); !(v <= bound*(1+1e-12)) {
					t.Fatalf("%s: time %d: the norm is %g, above %g", g.Kind, k, v, bound)
				}
			}
			largest = max(largest, norm(out[59]))
		}
		t.Logf("%s, %s: radius %.3g, the farthest in the end %.3g", g.Kind, method, r.BoundRadius, largest)

		// L is a Lipschitz constant of a step's g: checked on the polynomials themselves
		// in package kernel; here that it is finite.
		if math.IsInf(r.Lipschitz, 0) {
			t.Errorf("%s: no Lipschitz constant", g.Kind)
		}
	}
}

func TestPolynomialConfigRefused(t *testing.T) {
	for want, change := range map[string]func(c *model.Config){
		"nonlinear.degree is 0":    func(c *model.Config) { c.Nonlinear.Degree = 0 },
		"nonlinear.degree is 40":   func(c *model.Config) { c.Nonlinear.Degree = 40 },
		"nonlinear.radius is -1":   func(c *model.Config) { c.Nonlinear.Radius = -1 },
		"nonlinear.periodic wants": func(c *model.Config) { c.Nonlinear.Periodic = true },
		"polynomial stands beside a f": func(c *model.Config) {
			c.Autoencoder = latent.AutoencoderConfig{Latent: 2, Polynomial: &latent.PolynomialDecoder{}}
		},
		"polynomial.lift has 1 rows": func(c *model.Config) {
			c.Autoencoder = latent.AutoencoderConfig{Latent: 2, Skip: plane(2, 5), Polynomial: &latent.PolynomialDecoder{Lift: [][]float64{{1}}}}
		},
	} {
		c := model.DefaultConfig(5)
		c.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindPolynomial, PolynomialConfig: param.PolynomialConfig{Degree: 2}}
		change(&c)
		_, err := model.New(c)
		modeltest.WantError(t, want, err, model.ErrConfig, want)
	}
}

// A manifold is kept by its checkpoint, and its configuration by its text.
func TestPolynomialCheckpoint(t *testing.T) {
	c := model.DefaultConfig(6)
	c.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindPolynomial, PolynomialConfig: param.PolynomialConfig{Degree: 2, Periodic: true}, Radius: 2}
	c.Autoencoder = latent.AutoencoderConfig{Latent: 4, Skip: plane(4, 6), Polynomial: &latent.PolynomialDecoder{PolynomialConfig: param.PolynomialConfig{Degree: 3, Periodic: true}, Lift: lift(4, 6)}}
	m, err := model.New(c)
	if err != nil {
		t.Fatal(err)
	}
	for i := range m.Params().Flat {
		m.Params().Flat[i] += 0.01 * float64(i%7)
	}
	dir := t.TempDir()
	if err := m.Save(dir); err != nil {
		t.Fatal(err)
	}
	again, err := model.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(m.Config())
	b, _ := json.Marshal(again.Config())
	u0 := [][]float64{{1, 0, 0.5, 0, 0, 0.2}}
	if string(a) != string(b) || fmt.Sprint(predict(t, m, u0, []float64{0, 1})) != fmt.Sprint(predict(t, again, u0, []float64{0, 1})) {
		t.Errorf("the checkpoint gives another model: %s, %s", a, b)
	}
	for _, part := range []string{"equivariant", "ball of radius 2", "with a polynomial of degree 3"} {
		if !strings.Contains(m.String(), part) {
			t.Errorf("the text lacks %q: %s", part, m)
		}
	}
}

// A start outside of the ball of the data is told, by the norm of its latent state.
func TestOutside(t *testing.T) {
	c := model.DefaultConfig(2)
	c.Factor, c.Offset = []float64{10, 10}, []float64{0, 0}
	c.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindPolynomial, PolynomialConfig: param.PolynomialConfig{Degree: 2}, Radius: 1}
	m, err := model.New(c)
	if err != nil {
		t.Fatal(err)
	}
	states := [][]float64{{0.05, 0}, {0.2, 0}, {0.08, 0.08}}
	if at, err := m.Outside(states); err != nil || len(at) != 2 || at[0] != 1 || at[1] != 2 {
		t.Errorf("got %v, %v, want 1 and 2", at, err)
	}
	c.Nonlinear.Radius = 0
	if m, err = model.New(c); err != nil {
		t.Fatal(err)
	}
	if at, err := m.Outside(states); err != nil || at != nil {
		t.Errorf("without a ball: got %v, %v", at, err)
	}
}
