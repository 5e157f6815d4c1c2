package model

import (
	"encoding/json"
	"errors"
	"math"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"spnode/data/npz"
	"spnode/model/folder"
)

// What cannot be made is refused by Validate, and not by a panic of New.
func TestSizesRefused(t *testing.T) {
	for name, f := range map[string]func(c *Config){
		"dim":                      func(c *Config) { c.Dim = 1e9 },
		"dim that overflows":       func(c *Config) { c.Dim = 1 << 62 },
		"dim, squared":             func(c *Config) { c.Dim = 1 << 15 },
		"hidden":                   func(c *Config) { c.Nonlinear.Hidden = []int{1 << 62} },
		"hidden, multiplied":       func(c *Config) { c.Nonlinear.Hidden = []int{1 << 20, 1 << 20} },
		"hidden of an autoencoder": func(c *Config) { c.Autoencoder = AutoencoderConfig{Latent: 2, Hidden: []int{1 << 61}} },
		"latent":                   func(c *Config) { c.Autoencoder.Latent = math.MaxInt },
		"rank":                     func(c *Config) { c.Nonlinear = NonlinearConfig{Kind: KindBilinear, Rank: 1 << 61} },
		"rank, multiplied":         func(c *Config) { c.Nonlinear = NonlinearConfig{Kind: KindBilinear, Rank: 1 << 24}; c.Dim = 1 << 10 },
		"substeps":                 func(c *Config) { c.Substeps = math.MaxInt },
	} {
		c := DefaultConfig(2)
		f(&c)
		if err := c.Validate(); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: got error %v, want ErrConfig", name, err)
		}
		if _, err := New(c); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: New returns %v, want ErrConfig", name, err)
		}
	}
	c := DefaultConfig(1000) // is of a size that can be
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
}

// Settings near the largest number make parameters that are none.
func TestInfiniteStart(t *testing.T) {
	for name, f := range map[string]func(c *Config){
		"spread":         func(c *Config) { c.Linear.Spread = 1e308 },
		"skew_spread":    func(c *Config) { c.Linear.SkewSpread = 1.7e308 },
		"damping":        func(c *Config) { c.Linear.Damping = 1.7e308 },
		"bias_spread":    func(c *Config) { c.Nonlinear.BiasSpread = 1.7e308 },
		"last_scale":     func(c *Config) { c.Nonlinear.LastScale = 1.7e308 },
		"bias_deviation": func(c *Config) { c.Nonlinear.BiasSpread, c.Nonlinear.BiasDeviation = 0, 1.7e308 },
		"first_scale":    func(c *Config) { c.Autoencoder = AutoencoderConfig{Latent: 1, Hidden: []int{9}, FirstScale: 1.7e308} },
	} {
		c := DefaultConfig(9)
		f(&c)
		m, err := New(c)
		if err != nil {
			if !errors.Is(err, ErrConfig) {
				t.Errorf("%s: got error %v, want ErrConfig", name, err)
			}
			continue
		}
		for _, p := range m.Params().List { // large, and numbers
			for _, v := range p.Data {
				if !finite(v) {
					t.Errorf("%s: %s has %g", name, p.Name, v)
				}
			}
		}
	}
}

// A model whose parameters are not finite does not replace one that is good.
func TestSaveRefusesNotFinite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	m := mustNew(t, DefaultConfig(2))
	if err := m.Save(dir); err != nil {
		t.Fatal(err)
	}
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		bad := mustNew(t, DefaultConfig(2))
		bad.Params().Flat[3] = v
		if err := bad.Save(dir); !errors.Is(err, ErrNotFinite) || !strings.Contains(err.Error(), "linear/L") {
			t.Errorf("%g: got error %v, want ErrNotFinite with the name", v, err)
		}
		if _, err := Load(dir); err != nil {
			t.Errorf("%g: %v", v, err)
		}
	}
}

// A configuration of a few bytes does not take memory that its weights do not have.
func TestCheckpointBombs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	m := mustNew(t, DefaultConfig(2))
	files, err := m.Files()
	if err != nil {
		t.Fatal(err)
	}
	big := DefaultConfig(10000) // 2.0e8 parameters
	text, err := json.Marshal(stored{Model: big})
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
		_, err := Load(dir)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), weightsFile) {
			t.Errorf("%s: got error %v, want ErrCheckpoint about %s", name, err, weightsFile)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
			t.Errorf("%s: took %d bytes", name, took)
		}
	}
}

// What is shown in a notebook may be nothing.
func TestShowNothing(t *testing.T) {
	var none *Model
	for _, m := range []*Model{none, {}} {
		if got := m.String() + m.HTML(); got != "<nil>&lt;nil&gt;" {
			t.Errorf("got %q", got)
		}
	}
	if got := (Config{}).HTML(); !strings.Contains(got, "dim") {
		t.Errorf("got %q", got)
	}
}
