package main

import (
	"encoding/json"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"spnode/data"
	"spnode/data/ks"
	"spnode/experiments/driver/drivertest"
	"spnode/model"
)

func printed(t *testing.T, args ...string) (text string, c Config) {
	t.Helper()
	text = kuramoto.Succeed(t, append([]string{"-print-config"}, args...)...)
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	return text, c
}

func TestPrintConfigReproducesItself(t *testing.T) {
	text, c := printed(t, "-seed", "5", "-iterations", "7", "-batch", "10", "-window", "3", "-seeds", "3", "-optimizer", "adam", "-cost=false", "-dtype", "float32")
	path := drivertest.Write(t, filepath.Join(t.TempDir(), "c.json"), text)
	if again, _ := printed(t, "-config", path, "-cost=false"); again != text {
		t.Errorf("the configuration does not reproduce itself:\n%s\n%s", text, again)
	}
	m := c.Models[5]
	if c.Seed != 5 || len(c.Cost.Batches) != 0 || m.Train.First.Iterations != 7 || m.LargestBatch() != 10 || len(m.Train.Phases) != 1 || m.Train.Phases[0].Window != 3 || m.Seeds != 3 ||
		m.Train.First.Optimizer != "adam" || m.Model.Dtype != "float32" {
		t.Errorf("got %+v", m)
	}
}

// What the issue asks of a run.
func TestDefaultConfig(t *testing.T) {
	c := defaultConfig()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	if c.Data.Runs != 20 || c.Test.Starts < 200 || c.Test.LongRuns != 20 || c.Test.LongTime != 2000 || len(c.Models) != len(byDefault) {
		t.Errorf("got %+v", c)
	}
	for i, m := range recipesNamed("latent20", "latent7") {
		latent := []int{20, 7}[i]
		// μ is the largest of q² − q⁴, q = 2πk/22, that of k = 2.
		if m.Model.LatentDim() != latent || m.Train.Phases[0].Window != 8 || math.Abs(m.Model.Linear.Shift-0.21982) > 1e-5 || m.Model.Integrator != "etd1" {
			t.Errorf("got %+v", m)
		}
	}
	c.quick()
	if err := c.Validate(); err != nil {
		t.Errorf("-quick: %v", err)
	}
	c = defaultConfig()
	for _, m := range allRecipes() {
		c.Models = []ModelConfig{m}
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", m.Name, err)
		}
	}
}

func TestFlagsChooseModels(t *testing.T) {
	for _, c := range []struct {
		args  []string
		names []string
		kind  string // autoencoder of the first
		by    string // its optimizer
	}{
		{nil, byDefault, fourier, "soap"},
		{[]string{"-latent", "20"}, []string{"latent20"}, fourier, "soap"},
		{[]string{"-latent", "8"}, []string{"latent8"}, fourierMLP, "soap"},
		{[]string{"-latent", "7"}, []string{"latent7"}, fourierMLP, "soap"},
		{[]string{"-latent", "64"}, []string{"latent64"}, identity, "soap"},
		{[]string{"-latent", "20", "-autoencoder", "mlp"}, []string{"mlp20"}, mlp, "soap"},
		{[]string{"-latent", "20", "-optimizer", "adam"}, []string{"adam20"}, fourier, "adam"},
		{[]string{"-latent", "20", "-autoencoder", "mlp", "-optimizer", "adam"}, []string{"mlp20"}, mlp, "adam"},
		{[]string{"-latent", "7", "-autoencoder", "fourier+mlp"}, []string{"latent7"}, fourierMLP, "soap"},
		{[]string{"-only", "adam20,latent20,mlp20"}, []string{"latent20", "mlp20", "adam20"}, fourier, "soap"},
		{[]string{"-only", "latent20,latent7", "-autoencoder", "mlp"}, []string{"latent20", "latent7"}, mlp, "soap"},
	} {
		_, cfg := printed(t, c.args...)
		var names []string
		for _, m := range cfg.Models {
			names = append(names, m.Name)
		}
		if !slices.Equal(names, c.names) || cfg.Models[0].Autoencoder != c.kind || cfg.Models[0].Train.First.Optimizer != c.by {
			t.Errorf("%v: got %v, the first with autoencoder %s and by %s, want %v, %s, %s", c.args, names, cfg.Models[0].Autoencoder, cfg.Models[0].Train.First.Optimizer, c.names, c.kind, c.by)
		}
	}
	// A file's models come before the recipes.
	text, _ := printed(t, "-latent", "7", "-iterations", "9")
	path := drivertest.Write(t, filepath.Join(t.TempDir(), "c.json"), text)
	if _, cfg := printed(t, "-config", path, "-latent", "7"); len(cfg.Models) != 1 || cfg.Models[0].Train.First.Iterations != 9 {
		t.Errorf("got %+v, want the file's", cfg.Models)
	}
	if _, cfg := printed(t, "-config", path); len(cfg.Models) != 1 {
		t.Errorf("got %d models, want the file's one", len(cfg.Models))
	}
}

// The fixed autoencoder is the projection on the leading pairs, in which the
// largest coefficient has deviation 1.
func TestSetPairs(t *testing.T) {
	equation := ks.DefaultEquation()
	u0 := equation.States(50, 3)
	d := data.Shared([]float64{0}, [][][]float64{u0}, nil)
	for latent, modes := range map[int]int{20: 10, 8: 4, 7: 4} {
		m := recipesNamed("latent20")[0]
		m.Model.Dtype = "float64"
		m.Model.Autoencoder.Latent = latent
		m.setAutoencoder(fourier)
		c := m.Model
		if err := m.setPairs(&c, equation, d); err != nil {
			t.Fatal(err)
		}
		if err := c.Validate(); err != nil {
			t.Fatal(err)
		}
		fitted, err := model.New(c)
		if err != nil {
			t.Fatal(err)
		}
		u, err := fitted.Predict(u0, []float64{0})
		if err != nil {
			t.Fatal(err)
		}
		latentStates, err := fitted.PredictLatent(u0, []float64{0})
		if err != nil {
			t.Fatal(err)
		}
		// The states have modes 1 to 4, of which 7 dimensions lack a sine.
		worst, lost := 0.0, 0
		for s, x := range u[0] {
			e := floats.Distance(x, u0[s], 2) / floats.Norm(x, 2)
			if latent == 7 {
				if e > 1e-3 {
					lost++
				}
			} else {
				worst = max(worst, e)
			}
		}
		if worst > 1e-13 || latent == 7 && lost < 40 { // roundings of 64 products
			t.Errorf("latent %d, %d modes: error %g, %d states lost a part", latent, modes, worst, lost)
		}
		largest := 0.0
		for j := range latent {
			var x []float64
			for s := range d.Samples() {
				x = append(x, latentStates[0][s*latent+j])
			}
			mean := floats.Sum(x) / float64(len(x))
			floats.AddConst(-mean, x)
			largest = max(largest, floats.Norm(x, 2)/math.Sqrt(float64(len(x)-1)))
		}
		if math.Abs(largest-1) > 1e-12 {
			t.Errorf("latent %d: the largest deviation is %g", latent, largest)
		}
	}
}

// Finer runs go through the same states as those a unit apart, to the solver's error
// of 3e-6 a unit.
func TestFinerRuns(t *testing.T) {
	l := bench(t)
	l.Data.Interval = 0.25
	d, err := l.finerRuns()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(d.Trajectories[0].Times); n != 4*(l.Data.Train-1)+1 {
		t.Fatalf("got %d snapshots", n)
	}
	for s, run := range d.Trajectories {
		want := l.training.Trajectories[s].States
		for k := range 3 {
			if e := floats.Distance(run.States[4*k], want[k], 2) / floats.Norm(want[k], 2); e > 2e-5 {
				t.Errorf("run %d is off by %g at t = %d", s, e, k)
			}
		}
	}
}
