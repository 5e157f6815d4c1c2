package model

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestConfigRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		f     func(c *Config)
		parts []string
	}{
		{"dim", func(c *Config) { c.Dim = 0 }, []string{"dim is 0"}},
		{"offset", func(c *Config) { c.Offset = []float64{1} }, []string{"offset has 1 elements", "dim = 2"}},
		{"factor", func(c *Config) { c.Factor = []float64{1, 0} }, []string{"factor of component 1 is 0"}},
		{"NaN factor", func(c *Config) { c.Factor = []float64{math.NaN(), 1} }, []string{"factor of component 0 is NaN"}},
		{"integrator", func(c *Config) { c.Integrator = "bdf" }, []string{`"bdf"`, "etd1", "imex"}},
		{"substeps", func(c *Config) { c.Substeps = 0 }, []string{"substeps is 0"}},
		{"dtype", func(c *Config) { c.Dtype = "f32" }, []string{`"f32"`, "float32"}},
		{"latent", func(c *Config) { c.Autoencoder.Latent = -1 }, []string{"autoencoder.latent is -1"}},
		{"encoder's width", func(c *Config) { c.Autoencoder = AutoencoderConfig{Latent: 2, Hidden: []int{3, 0}} }, []string{"width 0"}},
		{"shift", func(c *Config) { c.Linear.Shift = math.Inf(-1) }, []string{"linear.shift is -Inf"}},
		{"spread", func(c *Config) { c.Linear.Spread = -1 }, []string{"linear.spread is -1"}},
		{"kind", func(c *Config) { c.Nonlinear.Kind = "" }, []string{`nonlinear.kind is ""`, "bilinear"}},
		{"rank", func(c *Config) { c.Nonlinear = NonlinearConfig{Kind: KindBilinear} }, []string{"rank is 0"}},
		{"width of g", func(c *Config) { c.Nonlinear.Hidden = []int{-4} }, []string{"width -4"}},
		{"L", func(c *Config) { c.Nonlinear.Lipschitz = 0 }, []string{"lipschitz is 0"}},
		{"bias", func(c *Config) { c.Nonlinear.BiasSpread = math.NaN() }, []string{"bias_spread is NaN"}},
		{"a setting that nothing looks at", func(c *Config) {
			c.Nonlinear = NonlinearConfig{Kind: KindBilinear, Rank: 1, Lipschitz: math.Inf(1)}
		}, []string{"+Inf"}},
	} {
		cfg := DefaultConfig(2)
		c.f(&cfg)
		m, err := New(cfg)
		wantError(t, c.name, err, ErrConfig, c.parts...)
		if m != nil {
			t.Errorf("%s: a model beside the error", c.name)
		}
	}
	if err := DefaultConfig(3).Validate(); err != nil {
		t.Error(err)
	}
	if err := DefaultTrainConfig().Validate(); err != nil {
		t.Error(err)
	}
}

// The start is of the seed alone, and a part's is its own.
func TestStart(t *testing.T) {
	cfg := DefaultConfig(3)
	m := mustNew(t, cfg)
	if !same(m.params.Flat, mustNew(t, cfg).params.Flat) {
		t.Error("two models of one seed differ")
	}
	other := cfg
	other.Seed++
	if same(m.params.Flat, mustNew(t, other).params.Flat) {
		t.Error("models of different seeds do not differ")
	}
	other = cfg
	other.Nonlinear.Hidden = []int{4, 5}
	o := mustNew(t, other)
	for _, name := range []string{"linear/LS", "linear/LG", "linear/Ls"} {
		a, _ := m.params.Get(name)
		b, _ := o.params.Get(name)
		if !same(a.Data, b.Data) {
			t.Errorf("another g has changed the start of %s", name)
		}
	}
	if _, ok := m.params.Get("g/7/W"); ok {
		t.Error("a parameter that is not there is found")
	}
	if p, _ := m.params.Get("g/0/W"); m.params.offset("g/0/W") != len(m.params.Flat)-len(p.Data)-30-30*3 || &m.params.Flat[m.params.offset("g/0/W")] != &p.Data[0] {
		t.Error("a parameter does not lie in Flat where offset says")
	}
	if n, want := len(m.params.Flat), (3*9+3)/2+3*30+30+30*3; n != want { // no last bias
		t.Errorf("%d parameters, want %d", n, want)
	}
	cfg.Linear.Spread = 0
	a := mustNew(t, cfg).Linear()
	for i := range 3 {
		for j := range 3 {
			if want := map[bool]float64{true: -1}[i == j]; a.At(i, j) != want {
				t.Errorf("with no spread A is %v, want −I", a.RawMatrix().Data)
			}
		}
	}
	s := m.String()
	for _, part := range []string{"R^3", "etdrk4", "[3 30 3]", "linear part removed"} {
		if !strings.Contains(s, part) {
			t.Errorf("String is %q, want %q in it", s, part)
		}
	}
}

// Arrays of either element type.
func TestArray(t *testing.T) {
	x := make([]float64, 5)
	normal(1)(rand.New(rand.NewPCG(1, 1)), x)
	for _, a := range []array{{f64: make([]float64, 6)}, {f32: make([]float32, 6)}} {
		a.set(1, x)
		got := make([]float64, 6)
		a.get(got)
		for i, v := range x {
			if math.Abs(got[i+1]-v) > 1e-7 || a.at(i+1) != got[i+1] || got[0] != 0 {
				t.Errorf("set %v, got %v", x, got)
			}
		}
	}
}
