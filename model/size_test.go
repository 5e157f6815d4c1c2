package model_test

import (
	"encoding/json"
	"errors"
	"math"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"spnode/data/npz"
	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/folder"
	"spnode/model/latent"
	"spnode/model/modeltest"
	"spnode/model/param"
)

// What cannot be made is refused by Validate, and not by a panic of New.
func TestSizesRefused(t *testing.T) {
	for name, f := range map[string]func(c *model.Config){
		"dim":                      func(c *model.Config) { c.Dim = 1e9 },
		"dim that overflows":       func(c *model.Config) { c.Dim = 1 << 62 },
		"dim, squared":             func(c *model.Config) { c.Dim = 1 << 15 },
		"hidden":                   func(c *model.Config) { c.Nonlinear.Hidden = []int{1 << 62} },
		"hidden, multiplied":       func(c *model.Config) { c.Nonlinear.Hidden = []int{1 << 20, 1 << 20} },
		"hidden of an autoencoder": func(c *model.Config) { c.Autoencoder = latent.AutoencoderConfig{Latent: 2, Hidden: []int{1 << 61}} },
		"latent":                   func(c *model.Config) { c.Autoencoder.Latent = math.MaxInt },
		"rank": func(c *model.Config) {
			c.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindBilinear, Rank: 1 << 61}
		},
		"rank, multiplied": func(c *model.Config) {
			c.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindBilinear, Rank: 1 << 24}
			c.Dim = 1 << 10
		},
		"substeps": func(c *model.Config) { c.Substeps = math.MaxInt },
		"rotations, doubled": func(c *model.Config) {
			c.Linear.Rotations, c.Linear.Frequency = 1<<62, 1
		},
		"degree": func(c *model.Config) {
			c.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindPolynomial, PolynomialConfig: param.PolynomialConfig{Degree: 1 << 62}}
		},
	} {
		c := model.DefaultConfig(2)
		f(&c)
		if err := c.Validate(); !errors.Is(err, model.ErrConfig) {
			t.Errorf("%s: got error %v, want ErrConfig", name, err)
		}
		if _, err := model.New(c); !errors.Is(err, model.ErrConfig) {
			t.Errorf("%s: New returns %v, want ErrConfig", name, err)
		}
	}
	c := model.DefaultConfig(1000) // is of a size that can be
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
}

// Settings near the largest number make parameters that are none.
func TestInfiniteStart(t *testing.T) {
	for name, f := range map[string]func(c *model.Config){
		"spread":         func(c *model.Config) { c.Linear.Spread = 1e308 },
		"skew_spread":    func(c *model.Config) { c.Linear.SkewSpread = 1.7e308 },
		"damping":        func(c *model.Config) { c.Linear.Damping = 1.7e308 },
		"bias_spread":    func(c *model.Config) { c.Nonlinear.BiasSpread = 1.7e308 },
		"last_scale":     func(c *model.Config) { c.Nonlinear.LastScale = 1.7e308 },
		"bias_deviation": func(c *model.Config) { c.Nonlinear.BiasSpread, c.Nonlinear.BiasDeviation = 0, 1.7e308 },
		"first_scale": func(c *model.Config) {
			c.Autoencoder = latent.AutoencoderConfig{Latent: 1, Hidden: []int{9}, FirstScale: 1.7e308}
		},
	} {
		c := model.DefaultConfig(9)
		f(&c)
		m, err := model.New(c)
		if err != nil {
			if !errors.Is(err, model.ErrConfig) {
				t.Errorf("%s: got error %v, want ErrConfig", name, err)
			}
			continue
		}
		for _, p := range m.Params().List { // large, and numbers
			for _, v := range p.Data {
				if !param.Finite(v) {
					t.Errorf("%s: %s has %g", name, p.Name, v)
				}
			}
		}
	}
}

// A model whose parameters are not finite does not replace one that is good.
func TestSaveRefusesNotFinite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	m := modeltest.New(t, model.DefaultConfig(2))
	if err := m.Save(dir); err != nil {
		t.Fatal(err)
	}
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		bad := modeltest.New(t, model.DefaultConfig(2))
		bad.Params().Flat[3] = v
		if err := bad.Save(dir); !errors.Is(err, model.ErrNotFinite) || !strings.Contains(err.Error(), "linear/L") {
			t.Errorf("%g: got error %v, want ErrNotFinite with the name", v, err)
		}
		if _, err := model.Load(dir); err != nil {
			t.Errorf("%g: %v", v, err)
		}
	}
}

// A configuration of a few bytes does not take memory that its weights do not have.
func TestCheckpointBombs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	m := modeltest.New(t, model.DefaultConfig(2))
	files, err := m.Files()
	if err != nil {
		t.Fatal(err)
	}
	big := model.DefaultConfig(10000) // 2.0e8 parameters
	text, err := json.Marshal(map[string]any{"model": big})
	if err != nil {
		t.Fatal(err)
	}
	small, err := npz.Encode([]npz.Array{{Name: "linear/LG", Shape: []int{1}, Data: []float64{1}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, set := range map[string][]folder.File{
		"weights of another": {{Name: configFile, Data: text}, files[1]},
		"hardly weights":     {{Name: configFile, Data: text}, {Name: weightsFile, Data: small}},
		"no weights":         {{Name: configFile, Data: text}, {Name: weightsFile}},
	} {
		if err := folder.Write(dir, set); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := model.Load(dir)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, model.ErrCheckpoint) || !strings.Contains(err.Error(), weightsFile) {
			t.Errorf("%s: got error %v, want ErrCheckpoint about %s", name, err, weightsFile)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
			t.Errorf("%s: took %d bytes", name, took)
		}
	}
}

// What is shown in a notebook may be nothing.
func TestShowNothing(t *testing.T) {
	var none *model.Model
	for _, m := range []*model.Model{none, {}} {
		if got := m.String() + m.HTML(); got != "<nil>&lt;nil&gt;" {
			t.Errorf("got %q", got)
		}
	}
	if got := (model.Config{}).HTML(); !strings.Contains(got, "dim") {
		t.Errorf("got %q", got)
	}
}
