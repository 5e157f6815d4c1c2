package main

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"spnode/experiments/driver/drivertest"
)

// printed is what -print-config makes of arguments.
func printed(t *testing.T, args ...string) (text string, c Config) {
	t.Helper()
	text = transient.Succeed(t, append(args, "-print-config")...)
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	return text, c
}

func TestPrintConfigReproducesItself(t *testing.T) {
	seen := map[string]bool{}
	for _, args := range []string{
		"",
		"-quick",
		"-epsilon 1 -integrator etd2rk -seed 18446744073709551615",
		"-iterations 17 -lr 0.1 -dtype float32 -workers 3 -substeps 2 -batch 5",
		"-config tiny",
	} {
		t.Run(args, func(t *testing.T) {
			dir := t.TempDir()
			tiny := drivertest.Write(t, filepath.Join(dir, "tiny.json"), tinyConfig)
			first, _ := printed(t, strings.Fields(strings.Replace(args, "tiny", tiny, 1))...)
			if seen[first] {
				t.Error("prints what other flags print")
			}
			seen[first] = true
			again, _ := printed(t, "-config", drivertest.Write(t, filepath.Join(dir, "c.json"), first))
			if again != first {
				t.Errorf("got\n%s\nwant\n%s", again, first)
			}
		})
	}
	text, c := printed(t)
	if want := defaultConfig(); !reflect.DeepEqual(c, want) {
		t.Errorf("without flags it prints %s", text)
	}
}

// The default command has the paper's data, but for the tolerance; see DataConfig.
func TestDefaultConfig(t *testing.T) {
	c := defaultConfig()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	if c.Data.Samples != 1000 || c.Data.HeldOut != 200 || c.Data.Steps != 50 || c.Data.Tolerance != 1e-9 || c.Data.Grids != ownGrids || c.Data.TestTime != 10 {
		t.Errorf("data is %+v", c.Data)
	}
	var names []string
	for _, m := range c.Models {
		names = append(names, m.Name)
		times, seeds := []int{0, 50}, 1
		if m.Epsilon == 1 {
			times = []int{0, 10, 20, 30, 40, 50}
		}
		if m.Name == "eps0-etd1" {
			seeds = 5
		}
		if !reflect.DeepEqual(m.Times, times) || m.Seeds != seeds {
			t.Errorf("%s has times %v and %d seeds, want %v and %d", m.Name, m.Times, m.Seeds, times, seeds)
		}
		if method := m.Name[strings.Index(m.Name, "-")+1:]; m.Model.Integrator != method {
			t.Errorf("%s is integrated by %s", m.Name, m.Model.Integrator)
		}
	}
	if got := strings.Join(names, " "); got != "eps0-etd1 eps0-imex eps1-etd1 eps1-imex eps1-etdrk4" {
		t.Errorf("models are %s", got)
	}
}

// Every flag changes what it says, and nothing else.
func TestFlagsChangeTheConfiguration(t *testing.T) {
	each := func(change func(m *ModelConfig)) func(*Config) {
		return func(c *Config) {
			for i := range c.Models {
				change(&c.Models[i])
			}
		}
	}
	only := func(names ...string) func(*Config) {
		return func(c *Config) {
			all := c.Models
			c.Models = nil
			for _, name := range names {
				for _, m := range all {
					if m.Name == name {
						c.Models = append(c.Models, m)
					}
				}
			}
			if len(c.Models) != len(names) {
				t.Fatalf("%v are not all there", names)
			}
		}
	}
	for args, change := range map[string]func(*Config){
		"":         func(*Config) {},
		"-seed 7":  func(c *Config) { c.Seed = 7 },
		"-lr 0.25": each(func(m *ModelConfig) { m.Train.First.Schedule.Rate = 0.25 }),
		"-batch 9": each(func(m *ModelConfig) { m.Train.SetBatch(9); m.Train.LBFGS.Iterations = 0 }),
		// 300 of Adam and 500, 1000 or 3000 of L-BFGS, in the same proportions.
		"-iterations 39": each(func(m *ModelConfig) {
			m.Train.LBFGS.Iterations = map[int]int{500: 24, 1000: 30, 3000: 35}[m.Train.LBFGS.Iterations]
			m.Train.First.Iterations = 39 - m.Train.LBFGS.Iterations
		}),
		"-iterations 1": each(func(m *ModelConfig) { m.Train.First.Iterations, m.Train.LBFGS.Iterations = 1, 0 }),
		// As many as asked for, of the one stage that batches can have.
		"-iterations 39 -batch 9": each(func(m *ModelConfig) {
			m.Train.SetBatch(9)
			m.Train.First.Iterations, m.Train.LBFGS.Iterations = 39, 0
		}),
		"-dtype float32":                each(func(m *ModelConfig) { m.Model.Dtype = "float32" }),
		"-workers 3":                    each(func(m *ModelConfig) { m.Train.Workers = 3 }),
		"-substeps 4":                   each(func(m *ModelConfig) { m.Model.Substeps = 4 }),
		"-epsilon 0":                    only("eps0-etd1", "eps0-imex"),
		"-epsilon 1":                    only("eps1-etd1", "eps1-imex", "eps1-etdrk4"),
		"-integrator imex":              only("eps0-imex", "eps1-imex"),
		"-integrator etdrk4 -epsilon 1": only("eps1-etdrk4"),
		"-integrator etdrk4": func(c *Config) {
			c.Models = []ModelConfig{recipe(0, "etdrk4"), c.Models[4]}
		},
		"-integrator rk4 -epsilon 1 -substeps 8": func(c *Config) {
			c.Models = []ModelConfig{recipe(1, "rk4")}
			c.Models[0].Model.Integrator, c.Models[0].Model.Substeps = "rk4", 8
		},
		"-quick": func(c *Config) {
			c.Data.Samples, c.Data.HeldOut = 100, 50
			each(func(m *ModelConfig) {
				m.Seeds, m.Samples, m.Train.First.Iterations, m.Train.LBFGS.Iterations = 1, 0, 200, 200
				if m.Epsilon == 0 {
					m.Train.Restarts = 1
				}
			})(c)
		},
		// The flags that say how much are over -quick.
		"-quick -iterations 30 -batch 10": func(c *Config) {
			c.Data.Samples, c.Data.HeldOut = 100, 50
			each(func(m *ModelConfig) {
				m.Seeds, m.Samples = 1, 0
				m.Train.SetBatch(10)
				m.Train.First.Iterations, m.Train.LBFGS.Iterations = 30, 0
				m.Train.Restarts = min(m.Train.Restarts, 1)
			})(c)
		},
		// These change no result.
		"-run x -checkpoints y -quiet -debug": func(*Config) {},
	} {
		t.Run(args, func(t *testing.T) {
			want := defaultConfig()
			change(&want)
			text, got := printed(t, strings.Fields(args)...)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %s\nwant %+v", text, want)
			}
		})
	}
}

// Default < file < flag.
func TestConfigFile(t *testing.T) {
	dir := t.TempDir()
	file := drivertest.Write(t, filepath.Join(dir, "c.json"), `{"seed": 5, "data": {"samples": 300}}`)
	want := defaultConfig()
	want.Seed, want.Data.Samples = 5, 300
	if _, got := printed(t, "-config", file); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant the file over the default %+v", got, want)
	}
	want.Seed = 9
	if _, got := printed(t, "-config", file, "-seed", "9"); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant the flag over the file %+v", got, want)
	}
	// A flag of the default's value is over the file, too.
	want.Seed = 0
	if _, got := printed(t, "-config", file, "-seed", "0"); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant the flag over the file %+v", got, want)
	}

	// A file's models are all that there are; what they leave out is not the
	// recipe's of a model that happens to stand at their place.
	tiny := drivertest.Write(t, filepath.Join(dir, "tiny.json"), tinyConfig)
	var fromFile Config
	if err := json.Unmarshal([]byte(tinyConfig), &fromFile); err != nil {
		t.Fatal(err)
	}
	if _, got := printed(t, "-config", tiny); !reflect.DeepEqual(got, fromFile) {
		t.Errorf("got %+v\nwant %+v", got, fromFile)
	}
	// The file's own model of an integrator, not the recipe.
	fromFile.Models = fromFile.Models[1:]
	if _, got := printed(t, "-config", tiny, "-integrator", "etdrk4", "-epsilon", "1"); !reflect.DeepEqual(got, fromFile) {
		t.Errorf("got %+v\nwant %+v", got, fromFile)
	}
	// -quick makes nothing larger, and fits batches to the samples.
	batches := drivertest.Write(t, filepath.Join(dir, "b.json"), strings.NewReplacer(`"samples": 12`, `"samples": 500`, `"batch": 4`, `"batch": 300`).Replace(tinyConfig))
	if _, got := printed(t, "-config", batches, "-quick"); got.Data.Samples != 100 || got.Data.HeldOut != 5 || got.Models[1].LargestBatch() != 100 || got.Models[1].Train.First.Iterations != 10 || got.Models[0].LargestBatch() != 0 {
		t.Errorf("-quick makes %+v", got)
	}
}

// Mistakes in the configuration are told before anything is made.
func TestConfigMistakes(t *testing.T) {
	dir := t.TempDir()
	runs := filepath.Join(dir, "runs")
	for _, c := range []struct {
		name     string
		replace  [2]string // in tinyConfig
		args     string
		says     []string
		original bool // replace nothing
	}{
		{"no samples", [2]string{`"samples": 12`, `"samples": 0`}, "", []string{"data", "Samples:0", "positive"}, false},
		{"tolerance", [2]string{`"tolerance": 1e-8`, `"tolerance": -1`}, "", []string{"Tolerance:-1"}, false},
		{"unknown field", [2]string{`"held_out": 5`, `"heldout": 5`}, "", []string{`"data.heldout"`, "held_out"}, false},
		{"of the wrong type", [2]string{`"seeds": 2`, `"seeds": "two"`}, "", []string{"seeds", "string", "whole number"}, false},
		{"no seeds", [2]string{`"seeds": 2`, `"seeds": 0`}, "", []string{`"eps0-etd1"`, "0 seeds"}, false},
		{"no name", [2]string{`"name": "eps0-etd1"`, `"name": ""`}, "", []string{`model ""`, "name"}, false},
		{"the same name", [2]string{`"name": "eps0-etd1"`, `"name": "eps1-etdrk4"`}, "", []string{"eps1-etdrk4", "of its own"}, false},
		{"the name of the figures", [2]string{`"name": "eps0-etd1"`, `"name": "figures"`}, "", []string{`"figures"`}, false},
		{"the name of the seeds", [2]string{`"name": "eps0-etd1"`, `"name": "seeds"`}, "", []string{`"seeds"`}, false},
		{"the name of the report", [2]string{`"name": "eps0-etd1"`, `"name": "report.json"`}, "", []string{`"report.json"`}, false},
		{"a name that leaves the run", [2]string{`"name": "eps0-etd1"`, `"name": "../../x"`}, "", []string{`"../../x"`, "folder"}, false},
		{"one time", [2]string{`"times": [0, 20]`, `"times": [0]`}, "", []string{"times", "[0]"}, false},
		{"times that repeat", [2]string{`"times": [0, 20]`, `"times": [0, 20, 20]`}, "", []string{"[0 20 20]", "increasing"}, false},
		{"times that go back", [2]string{`"times": [0, 20]`, `"times": [20, 0]`}, "", []string{"[20 0]", "increasing"}, false},
		{"times beyond the data", [2]string{`"times": [0, 20]`, `"times": [0, 21]`}, "", []string{"[0 21]", "0 to 20"}, false},
		{"dimension", [2]string{`"dim": 2`, `"dim": 3`}, "", []string{"dim 3"}, false},
		{"integrator", [2]string{`"integrator": "etd1"`, `"integrator": "rk5"`}, "", []string{"rk5", "etdrk4"}, false},
		{"weighting", [2]string{`"weighting": "time"`, `"weighting": "speed"`}, "", []string{"speed"}, false},
		{"batch", [2]string{`"batch": 4`, `"batch": 13`}, "", []string{"eps1-etdrk4", "batch 13"}, false},
		{"batch as a flag", [2]string{}, "-batch 13", []string{"batch 13"}, true},
		{"integrator as a flag", [2]string{}, "-integrator rk5", []string{"flag -integrator", "rk5", "imex"}, true},
		{"epsilon as a flag", [2]string{}, "-epsilon 2", []string{"flag -epsilon", `"2"`, "0, 1"}, true},
		{"dtype as a flag", [2]string{}, "-dtype float16", []string{"float16"}, true},
		{"a name as a flag", [2]string{}, "-run ../x", []string{"../x"}, true},
		{"no such flag", [2]string{}, "-episodes 3", []string{"-episodes"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := tinyConfig
			if !c.original {
				text = strings.Replace(text, c.replace[0], c.replace[1], 1)
				if text == tinyConfig {
					t.Fatal("nothing was replaced")
				}
			}
			file := drivertest.Write(t, filepath.Join(t.TempDir(), "c.json"), text)
			transient.Refused(t, append([]string{"-config", file, "-checkpoints", runs}, strings.Fields(c.args)...), c.says...)
		})
	}
	transient.Refused(t, []string{"-config", drivertest.Write(t, filepath.Join(dir, "none.json"), `{"models": []}`), "-checkpoints", runs}, "at least one")
	transient.Refused(t, []string{"-config", filepath.Join(dir, "nowhere.json"), "-checkpoints", runs}, "nowhere.json")
	only0 := drivertest.Write(t, filepath.Join(dir, "only0.json"), strings.Replace(tinyConfig, `"epsilon": 1, "times"`, `"epsilon": 0, "times"`, 1))
	transient.Refused(t, []string{"-config", only0, "-epsilon", "1", "-checkpoints", runs}, "models")
	if found, err := filepath.Glob(runs + "*"); err != nil || len(found) > 0 {
		t.Errorf("%v was made, %v", found, err)
	}
}
