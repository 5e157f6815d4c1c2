// Command transient learns example 5.1 of the paper, a system whose linear part
// lets states grow before they decay, from few snapshots: with ETD1 against
// IMEX Euler, as the paper does, and with ETDRK4.
package main

import (
	"context"
	"io"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/experiments/driver"
	"spnode/experiments/driver/command"
	"spnode/experiments/report"
	"spnode/model"
)

func main() { command.Main("transient", run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := driver.NewFlags("transient", "learns example 5.1 of the paper: transient growth, ETD1 against IMEX")
	var epsilon, grids string
	f.Choice(&epsilon, "epsilon", "train only the models of ε = `E`", "0", "1")
	f.Choice(&grids, "grids", "`WHOSE` the adaptive steps of the data are, each trajectory's own (the default) or shared", ownGrids, sharedGrids)
	return driver.Experiment[Config, *Config]{
		Flags:   f,
		Default: defaultConfig,
		Choose:  func(c *Config) error { return c.choose(f, epsilon, grids) },
		Quick:   (*Config).quick,
		Learn:   learn,
	}.Run(ctx, args, stdout, stderr)
}

// trained is a model after its training and test.
type trained struct {
	*driver.Tested[*testReport]
	recipe      ModelConfig
	truth       truth
	predictions map[string]*data.Dataset // of the model on the grids of the test
	floor       float64                  // of the error of A that the data allow, at ε = 0
}

// learn trains all models, tests them and shows the results.
func learn(s *driver.Session, c Config) (*report.Page, error) {
	models := make([]*trained, len(c.Models))
	by := map[string]*trained{}
	for i, m := range c.Models {
		t, err := c.truth(m)
		if err != nil {
			return nil, errors.WithMessage(err, m.Name)
		}
		models[i] = &trained{recipe: m, truth: t}
		by[m.Name] = models[i]
	}
	tested, err := driver.Learn(s, c.Models, func(m ModelConfig, _ *model.Config) (*data.Dataset, error) { return by[m.Name].truth.training, nil },
		func(m ModelConfig, f driver.Fitted) (*testReport, error) {
			r, predictions, err := evaluate(f.Model, m.Epsilon, by[m.Name].truth)
			if f.Seed == 0 {
				by[m.Name].predictions = predictions
			}
			return r, err
		})
	if err != nil {
		return nil, err
	}
	for i, t := range models {
		if t.Tested = tested[i]; t.recipe.Epsilon == 0 {
			t.floor = floor(t.truth.training)
			s.Report.Models[i].Extra["data_floor_of_A"] = t.floor
		}
	}
	return page(models)
}

// page shows the results.
func page(models []*trained) (*report.Page, error) {
	figures, err := figures(models)
	return &report.Page{
		Title:   "Transient growth",
		Summary: "Example 5.1: dx/dt = Ax + ε sin x, where A = [[−2, 10], [0, −2]] lets states grow before they decay. Learned from few snapshots, tested on held-out initial states.",
		Tables:  []*report.Table{results(models), statements(models), seeds(models)},
		Figures: figures,
	}, err
}
