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
	text, c := printed(t, "-seed", "5", "-iterations", "7", "-batch", "10", "-noise", "0.01", "-seeds", "3", "-cost=false", "-dtype", "float32")
	path := drivertest.Write(t, filepath.Join(t.TempDir(), "c.json"), text)
	if again, _ := printed(t, "-config", path, "-cost=false"); again != text {
		t.Errorf("the configuration does not reproduce itself:\n%s\n%s", text, again)
	}
	m := c.Models[5]
	if c.Seed != 5 || len(c.Cost.Batches) != 0 || m.Train.First.Iterations != 7 || m.LargestBatch() != 10 || m.Noise != 0.01 || m.Seeds != 3 || m.Model.Dtype != "float32" {
		t.Errorf("got %+v", m)
	}
}

// What the issue asks of a run.
func TestDefaultConfig(t *testing.T) {
	c := defaultConfig()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	if c.Data.Runs != 20 || c.Test.Starts < 200 || c.Test.LongRuns != 20 || c.Test.LongTime < 2000 || len(c.Models) != len(byDefault) {
		t.Errorf("got %+v", c)
	}
	for name, latent := range map[string]int{"latent20": 20, "latent7": 7} {
		m := recipeNamed(name)
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
	for _, m := range recipes() {
		c.Models = []ModelConfig{m}
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", m.Name, err)
		}
	}
}

func TestFlagsChooseModels(t *testing.T) {
	names := func(c Config) (all []string) {
		for _, m := range c.Models {
			all = append(all, m.Name)
		}
		return all
	}
	if _, c := printed(t); !slices.Equal(names(c), byDefault) {
		t.Errorf("got %v, want %v", names(c), byDefault)
	}
	// Those that are not among the default ones can be named, and a file's come before
	// the recipes.
	text, c := printed(t, "-only", "adam20,latent8", "-iterations", "9")
	if !slices.Equal(names(c), []string{"latent8", "adam20"}) || c.Models[1].Train.First.Optimizer != "adam" {
		t.Errorf("got %v", names(c))
	}
	path := drivertest.Write(t, filepath.Join(t.TempDir(), "c.json"), text)
	if _, c := printed(t, "-config", path, "-only", "adam20"); len(c.Models) != 1 || c.Models[0].Train.First.Iterations != 9 {
		t.Errorf("got %+v, want the file's", c.Models)
	}
	if _, c := printed(t, "-config", path); len(c.Models) != 2 {
		t.Errorf("got %v, want the file's two", names(c))
	}
}

// The fixed autoencoder is the projection on the leading pairs, in which the
// largest coefficient has deviation 1.
func TestSetPairs(t *testing.T) {
	equation := ks.DefaultEquation()
	u0 := equation.States(50, 3)
	d := data.Shared([]float64{0}, [][][]float64{u0}, nil)
	for latent, modes := range map[int]int{20: 10, 8: 4, 7: 4} {
		m := recipeNamed("latent20")
		m.Model.Dtype = "float64"
		m.Model.Autoencoder.Latent = latent
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
