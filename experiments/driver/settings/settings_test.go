package settings

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"spnode/experiments/driver/command"
)

type testConfig struct {
	Seed  uint64  `json:"seed"`
	Rate  float64 `json:"rate"`
	Model struct {
		Latent int       `json:"latent"`
		Layers []int     `json:"layers"`
		Parts  []subPart `json:"parts"`
	} `json:"model"`
	embedded
}

type embedded struct {
	Name string `json:"name"`
}

type subPart struct {
	Width int `json:"width"`
}

func TestLoad(t *testing.T) {
	write := func(text string) string {
		path := filepath.Join(t.TempDir(), "c.json")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var c testConfig
	c.Rate, c.Model.Latent = 0.5, 3
	if err := Load(write(`{"seed": 4, "name": "n", "model": {"layers": [1, 2]}}`), &c); err != nil {
		t.Fatal(err)
	}
	if c.Seed != 4 || c.Rate != 0.5 || c.Model.Latent != 3 || len(c.Model.Layers) != 2 || c.Name != "n" {
		t.Errorf("got %+v, want the file over the defaults", c)
	}
	for text, want := range map[string]string{
		`{"sed": 4}`:                           `unknown field "sed", want one of seed, rate, model, name`,
		`{"model": {"lattent": 4}}`:            `unknown field "model.lattent", want one of latent, layers, parts`,
		`{"model": {"parts": [{}, {"w": 1}]}}`: `unknown field "model.parts[1].w", want one of width`,
		`{"rate": "fast"}`:                     `field "rate": got a string, want a number`,
		`{"seed": -1}`:                         `field "seed": got a number -1, want a whole number of at least 0`,
		"{\n\"model\": {\"latent\": 2.5}}":     `line 2: field "model.latent": got a number 2.5, want a whole number`,
		"{\n\"seed\": 4,\n}":                   "line 3",
		`{"seed": 4`:                           "the end of the file",
		`{} {}`:                                "more after the end",
		``:                                     "empty file",
		`[]`:                                   "want an object",
	} {
		t.Run(text, func(t *testing.T) {
			path := write(text)
			err := Load(path, &testConfig{})
			var usage *command.UsageError
			if !errors.As(err, &usage) {
				t.Fatalf("got %v, want a UsageError", err)
			}
			if s := err.Error(); !strings.Contains(s, want) || !strings.Contains(s, path) {
				t.Errorf("got %q, want %q and the file", s, want)
			}
		})
	}
	if err := Load(filepath.Join(t.TempDir(), "none.json"), &c); err == nil || !strings.Contains(err.Error(), "none.json") {
		t.Errorf("a missing file: got %v", err)
	}
}

func TestOverlay(t *testing.T) {
	type inner struct {
		A, B int
		C    []string
	}
	to := struct{ In inner }{inner{A: 1, B: 2, C: []string{"x"}}}
	from := to
	from.In = inner{B: 3}
	Overlay(&to, from)
	if want := (inner{1, 3, []string{"x"}}); !reflect.DeepEqual(to.In, want) {
		t.Errorf("got %+v, want %+v", to.In, want)
	}
}
