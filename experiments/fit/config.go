package main

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/experiments/driver"
	"spnode/experiments/driver/command"
	"spnode/experiments/driver/runs"
	"spnode/experiments/driver/settings"
	"spnode/experiments/driver/terminal"
	"spnode/model/recipe"
)

// Config is all that shapes a run. Models are what the data were found to suit,
// with all settings: a file of -print-config can be changed and given to -config.
type Config struct {
	Data string `json:"data"` // the file or folder
	// Columns say what is what in the data, where names do not.
	Columns data.ReadOptions `json:"columns,omitzero"`
	HoldOut string           `json:"hold_out"` // the share of the trajectories that only test, or a second file
	// Minutes of one processor that the trainings are to take, by a model of costs; 0:
	// by the amount of data.
	Minutes    float64 `json:"minutes"`
	Recipe     string  `json:"recipe"` // auto, or the name of one
	Latent     int     `json:"latent,omitempty"`
	Invariants string  `json:"invariants"` // auto or none
	Starts     string  `json:"starts"`     // anywhere or beginnings
	// Transform has NAME=log or logit of components that are learned so; or auto or none.
	Transform string `json:"transform"`
	// Members are trained from seeds of their own; they predict with a band.
	Members int `json:"members"`
	// Trial is the share of the iterations by which each of several models is tried.
	Trial float64 `json:"trial"`
	// Seen is what the data were seen to be.
	Seen []string `json:"seen,omitempty"`
	driver.Common[ModelConfig]
}

// ModelConfig is a model that may suit the data.
type ModelConfig struct {
	driver.Recipe
	For      string   `json:"for"`
	Inferred []string `json:"inferred,omitempty"`
	recipe.Smoothing
}

func (m *ModelConfig) iterations() int { return m.Train.First.Iterations + m.Train.LBFGS.Iterations }

const auto = "auto"

func defaultConfig() Config {
	return Config{HoldOut: "0.2", Recipe: auto, Invariants: auto, Starts: "anywhere", Transform: auto, Members: 1, Trial: 0.05}
}

// flags has the command's own flags set a configuration.
func (o *Config) flags(f *driver.Flags) {
	f.Set.StringVar(&o.Data, "data", "", "trajectories in `FILE`, a table, .npz or .mat, or a folder of them")
	f.Set.StringVar(&o.Columns.Time, "time", "", "`NAME` of the column of the times (default t, time, …)")
	f.Set.StringVar(&o.Columns.Trajectory, "trajectory", "", "`NAME` of the column that tells trajectories apart (default sample, trajectory, run, …)")
	f.List(&o.Columns.Components, "components", "`NAMES` of the components, separated by commas (default all other columns)")
	f.List(&o.Columns.Inputs, "inputs", "`NAMES` of the inputs")
	f.List(&o.Columns.Parameters, "parameters", "`NAMES` of the parameters")
	f.Set.StringVar(&o.HoldOut, "hold-out", "", "`SHARE` of the trajectories to test on, or a second file of them (default 0.2)")
	f.Number(&o.Minutes, "minutes", "`M` minutes of one processor for the trainings (default 0.7 to 6, by the data)", false)
	f.Choice(&o.Recipe, "recipe", "`NAME` of the recipe (default auto)", append([]string{auto}, recipe.Names()...)...)
	f.Set.Func("latent", "`N` latent coordinates (default auto)", func(s string) (err error) {
		if o.Latent, err = strconv.Atoi(s); s != auto && (err != nil || o.Latent < 1) {
			return errors.New("want a whole number of at least 1, or auto")
		}
		return nil
	})
	f.Choice(&o.Invariants, "invariants", "`WHICH` linear quantities of those that the data keep the model keeps (default auto)", auto, "none")
	f.Set.StringVar(&o.Transform, "transform", "", "`NAME=log,…`: components that are learned by their logarithm, or by logit, between 0 and 1; or none (default auto)")
	f.Choice(&o.Starts, "starts", "`WHERE` trainings start, in all states (the default) or in the first of each trajectory", "anywhere", "beginnings")
	f.Count(&o.Members, "members", "train `K` models from seeds of their own and predict with a band (default 1)")
}

// choose plans models by the data, unless a file has given them.
func (c *Config) choose(f *driver.Flags, own Config) error {
	if dir := filepath.Join(f.Checkpoints, f.Run); f.Resume && runs.Begun(dir) && len(c.Models) == 0 {
		err := settings.Load(filepath.Join(dir, runs.ConfigName), c) // has all but the flags
		settings.Overlay(c, own)
		return err
	}
	if f.Quick && !f.Given("minutes") {
		c.Minutes = 0.3
	}
	if c.Data == "" {
		return command.Usagef("flag -data: got none, want a file of trajectories, such as -data experiments/fit/hires.csv")
	}
	if len(c.Models) > 0 { // of the configuration's file
		return nil
	}
	return c.plan()
}

// plan makes a model of each recipe that suits the data.
func (c *Config) plan() error {
	s, err := c.read()
	if err != nil {
		return err
	}
	c.Seen = s.seen()
	if c.Minutes == 0 {
		c.Minutes = s.minutes()
	}
	transforms, err := c.transforms(s)
	if err != nil {
		return err
	}
	names := recipe.Names()
	if c.Recipe != auto {
		names = []string{c.Recipe}
	}
	options := recipe.Options{Seconds: 60 * c.Minutes / float64(c.Members), Latent: c.Latent, NoInvariants: c.Invariants == "none", FromBeginnings: c.Starts == "beginnings", Transforms: transforms}
	var why []string
	plan := func(name string) (*ModelConfig, error) {
		r, err := recipe.ByName(name)
		if err != nil {
			return nil, command.AsUsage(err)
		}
		var p *recipe.Plan
		if err = r.Suits(s.facts); err != nil && c.Recipe != auto {
			c.Seen = append(c.Seen, "asked for all the same: "+err.Error())
			err = nil
		}
		if err == nil {
			p, err = r.Plan(s.train, s.facts, options)
		}
		if errors.Is(err, recipe.ErrNotFor) {
			why = append(why, err.Error())
			return nil, nil
		}
		if err != nil {
			return nil, command.AsUsage(err)
		}
		return &ModelConfig{driver.Recipe{Name: name, Seeds: 1, Model: p.Model, Train: p.Train}, r.For, p.Inferred, p.Smoothing}, nil
	}
	trained := 0 // models that take time
	for _, name := range names {
		if name == "linear" && c.Recipe == auto && !s.linear() {
			why = append(why, "linear: least squares of a linear field are off by more than a hundredth")
			continue
		}
		m, err := plan(name)
		if err != nil {
			return err
		}
		if m != nil {
			c.Models = append(c.Models, *m)
			trained += min(m.iterations(), 1)
		}
	}
	if trained > 0 && len(c.Models) > 1 { // the time is divided
		options.Seconds /= 1 + float64(trained)*c.Trial/float64(c.Members)
		for i, m := range c.Models {
			if m.iterations() == 0 {
				continue
			}
			again, err := plan(m.Name)
			if err != nil {
				return err
			}
			c.Models[i] = *again
		}
	}
	for _, w := range why {
		c.Seen = append(c.Seen, "not tried: "+w)
	}
	if len(c.Models) == 0 {
		return command.Usagef("flag -recipe: none suits the data: %s", strings.Join(why, "; "))
	}
	return nil
}

// Validate implements driver.Config.
func (c *Config) Validate() error {
	switch {
	case c.Data == "":
		return errors.New("data: got no file, want one")
	case !(c.Trial > 0 && c.Trial <= 1):
		return errors.Errorf("trial: got %g, want a share above 0 and at most 1", c.Trial)
	case c.Members < 1:
		return errors.Errorf("members: got %d, want at least 1", c.Members)
	case len(c.Models) == 0:
		return errors.New("models: got none, want at least one")
	}
	return driver.Validate(c.Recipes(), c.Models[0].Model.Dim)
}

// Describe implements driver.Config.
func (c *Config) Describe() string {
	text := fmt.Sprintf("%s, about %s of a processor\n", c.Data, terminal.Duration(60*c.Minutes))
	for _, line := range c.Seen {
		text += "  " + line + "\n"
	}
	return text
}
