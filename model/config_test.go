package model_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/latent"
	"spnode/model/modeltest"
	"spnode/model/param"
)

func TestConfigRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		f     func(c *model.Config)
		parts []string
	}{
		{"dim", func(c *model.Config) { c.Dim = 0 }, []string{"dim is 0"}},
		{"components", func(c *model.Config) { c.Components = []string{"x"} }, []string{"components are 1 names", "dim = 2"}},
		{"a name twice", func(c *model.Config) { c.Components = []string{"x", "x"} }, []string{`component 1 is named "x"`}},
		{"no name", func(c *model.Config) { c.Components = []string{"", "x"} }, []string{`component 0 is named ""`}},
		{"offset", func(c *model.Config) { c.Offset = []float64{1} }, []string{"offset has 1 elements", "want 2"}},
		{"factor", func(c *model.Config) { c.Factor = []float64{1, 0} }, []string{"factor of component 1 is 0"}},
		{"NaN factor", func(c *model.Config) { c.Factor = []float64{math.NaN(), 1} }, []string{"factor of component 0 is NaN"}},
		{"integrator", func(c *model.Config) { c.Integrator = "bdf" }, []string{`"bdf"`, "etd1", "imex"}},
		{"longest step", func(c *model.Config) { c.LongestStep = -1 }, []string{"longest_step is -1"}},
		{"substeps", func(c *model.Config) { c.Substeps = 0 }, []string{"substeps is 0"}},
		{"dtype", func(c *model.Config) { c.Dtype = "f32" }, []string{`"f32"`, "float32"}},
		{"latent", func(c *model.Config) { c.Autoencoder.Latent = -1 }, []string{"autoencoder.latent is -1"}},
		{"encoder's width", func(c *model.Config) { c.Autoencoder = latent.AutoencoderConfig{Latent: 2, Hidden: []int{3, 0}} }, []string{"width 0"}},
		{"shift", func(c *model.Config) { c.Linear.Shift = math.Inf(-1) }, []string{"linear.shift is -Inf"}},
		{"spread", func(c *model.Config) { c.Linear.Spread = -1 }, []string{"linear.spread is -1"}},
		{"skew spread", func(c *model.Config) { c.Linear.SkewSpread = math.NaN() }, []string{"linear.skew_spread is NaN"}},
		{"damping", func(c *model.Config) { c.Linear.Damping = -0.5 }, []string{"linear.damping is -0.5"}},
		{"deviation", func(c *model.Config) { c.Nonlinear.BiasDeviation = -2 }, []string{"nonlinear.bias_deviation is -2"}},
		{"two starts of biases", func(c *model.Config) { c.Nonlinear.BiasDeviation = 0.5 }, []string{"nonlinear.bias_deviation is 0.5 and bias_spread 1"}},
		{"encoder's biases", func(c *model.Config) {
			c.Autoencoder = latent.AutoencoderConfig{Latent: 2, Start: param.Start{BiasSpread: 3, BiasDeviation: 0.5}}
		}, []string{"autoencoder.bias_deviation is 0.5 and bias_spread 3"}},
		{"encoder's deviation", func(c *model.Config) {
			c.Autoencoder = latent.AutoencoderConfig{Latent: 2, Start: param.Start{BiasDeviation: math.Inf(1)}}
		}, []string{"autoencoder.bias_deviation is +Inf"}},
		{"kind", func(c *model.Config) { c.Nonlinear.Kind = "" }, []string{`nonlinear.kind is ""`, "bilinear"}},
		{"rank", func(c *model.Config) { c.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindBilinear} }, []string{"rank is 0"}},
		{"settings", func(c *model.Config) { c.Nonlinear.Settings = map[string]float64{"L": 3} }, []string{"nonlinear.settings are map[L:3]", "kind lipschitz"}},
		{"width of g", func(c *model.Config) { c.Nonlinear.Hidden = []int{-4} }, []string{"width -4"}},
		{"L", func(c *model.Config) { c.Nonlinear.Lipschitz = 0 }, []string{"lipschitz is 0"}},
		{"bias", func(c *model.Config) { c.Nonlinear.BiasSpread = math.NaN() }, []string{"bias_spread is NaN"}},
		{"a setting that nothing looks at", func(c *model.Config) {
			c.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindBilinear, Rank: 1, Lipschitz: math.Inf(1)}
		}, []string{"+Inf"}},
	} {
		cfg := model.DefaultConfig(2)
		c.f(&cfg)
		m, err := model.New(cfg)
		modeltest.WantError(t, c.name, err, model.ErrConfig, c.parts...)
		if m != nil {
			t.Errorf("%s: a model beside the error", c.name)
		}
	}
	if err := model.DefaultConfig(3).Validate(); err != nil {
		t.Error(err)
	}
}

// The start is of the seed alone, and a part's is its own.
func TestStart(t *testing.T) {
	cfg := model.DefaultConfig(3)
	m := modeltest.New(t, cfg)
	if !modeltest.Same(m.Params().Flat, modeltest.New(t, cfg).Params().Flat) {
		t.Error("two models of one seed differ")
	}
	other := cfg
	other.Seed++
	if modeltest.Same(m.Params().Flat, modeltest.New(t, other).Params().Flat) {
		t.Error("models of different seeds do not differ")
	}
	other = cfg
	other.Nonlinear.Hidden = []int{4, 5}
	o := modeltest.New(t, other)
	for _, name := range []string{"linear/LS", "linear/LG", "linear/Ls"} {
		a, _ := m.Params().Get(name)
		b, _ := o.Params().Get(name)
		if !modeltest.Same(a.Data, b.Data) {
			t.Errorf("another g has changed the start of %s", name)
		}
	}
	if _, ok := m.Params().Get("g/7/W"); ok {
		t.Error("a parameter that is not there is found")
	}
	if p, _ := m.Params().Get("g/0/W"); m.Params().Offset("g/0/W") != len(m.Params().Flat)-len(p.Data)-30-30*3 || &m.Params().Flat[m.Params().Offset("g/0/W")] != &p.Data[0] {
		t.Error("a parameter does not lie in Flat where offset says")
	}
	if n, want := len(m.Params().Flat), (3*9+3)/2+3*30+30+30*3; n != want { // no last bias
		t.Errorf("%d parameters, want %d", n, want)
	}
	cfg.Linear.Spread = 0
	a := modeltest.New(t, cfg).Linear()
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

// A part's own deviations, around the same draws as without them.
func TestStartOfA(t *testing.T) {
	cfg := model.DefaultConfig(8)
	cfg.Linear.Spread = 0.01
	get := func(cfg model.Config, name string) []float64 {
		p, ok := modeltest.New(t, cfg).Params().Get(name)
		if !ok {
			t.Fatalf("no parameter %s", name)
		}
		return p.Data
	}
	damped := cfg
	damped.Linear.Damping, damped.Linear.SkewSpread = 0.5, 0.1
	ls, ls2 := get(cfg, "linear/Ls"), get(damped, "linear/Ls")
	for i, v := range ls {
		if math.Abs(ls2[i]-10*v) > 1e-15 { // a rounding of some tenths
			t.Errorf("L_s is %g where it was %g, want ten times that", ls2[i], v)
		}
	}
	if !modeltest.Same(get(cfg, "linear/LS"), get(damped, "linear/LS")) {
		t.Error("damping has changed L^S")
	}
	lg, lg2 := get(cfg, "linear/LG"), get(damped, "linear/LG")
	for i, k := 0, 0; i < 8; i++ {
		for j := range i + 1 {
			if i != j && lg2[k] != lg[k] {
				t.Errorf("element (%d, %d) of L^G is %g, want %g", i, j, lg2[k], lg[k])
			}
			k++
		}
	}
	damped.Linear.Spread, damped.Linear.SkewSpread = 0, 0
	var rates []float64
	a := modeltest.New(t, damped).Linear()
	for i := range 8 {
		for j := range 8 {
			if i != j && a.At(i, j) != 0 {
				t.Errorf("with no spread A has the element %g beside its diagonal", a.At(i, j))
			}
		}
		rates = append(rates, -a.At(i, i))
	}
	// Eight draws from [1/4, 3/4] that all lie in one half have the chance 1/128.
	if least, most := slices.Min(rates), slices.Max(rates); !(least >= 0.25 && most <= 0.75+1e-15 && least < 0.5 && most > 0.5) {
		t.Errorf("rates %v, want them spread over 1/4 … 3/4", rates)
	}
}

// Biases of all hidden layers and of them alone, the decoder's first with its
// scale.
func TestStartOfBiases(t *testing.T) {
	cfg := model.DefaultConfig(5)
	cfg.Nonlinear.BiasSpread, cfg.Nonlinear.BiasDeviation = 0, 0.5
	cfg.Nonlinear.Hidden, cfg.Nonlinear.SeparateLinear = []int{400, 300}, false
	cfg.Autoencoder = latent.AutoencoderConfig{Latent: 3, Hidden: []int{500, 400}, Start: param.Start{BiasDeviation: 0.2}, FirstScale: 3}
	m := modeltest.New(t, cfg)
	for name, want := range map[string]float64{
		"g/0/b": 0.5, "g/1/b": 0.5, "g/2/b": 0,
		"encoder/0/b": 0.2, "encoder/1/b": 0.2, "encoder/2/b": 0,
		"decoder/0/b": 0.6, "decoder/1/b": 0.2, "decoder/2/b": 0,
	} {
		p, ok := m.Params().Get(name)
		if !ok {
			t.Fatalf("no parameter %s", name)
		}
		mean, deviation := stat.PopMeanStdDev(p.Data, nil)
		// Of 300 draws: deviations of 6 % and 4 %.
		if !(math.Abs(mean) <= 0.2*want && math.Abs(deviation-want) <= 0.15*want) {
			t.Errorf("%s has the mean %.3g and the deviation %.3g, want 0 and %g", name, mean, deviation, want)
		}
	}
}
