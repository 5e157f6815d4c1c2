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
	var own Config
	var epsilon string
	f.Choice(&epsilon, "epsilon", "train only the models of ε = `E`", "0", "1")
	f.Choice(&own.Data.Grids, "grids", "`WHOSE` the adaptive steps of the data are, each trajectory's own (the default) or shared", ownGrids, sharedGrids)
	return driver.Experiment[Config, *Config]{
		Flags:   f,
		Default: defaultConfig,
		Own:     &own,
		Choose:  func(c *Config) error { c.choose(f, epsilon); return nil },
		Quick:   (*Config).quick,
		Learn:   learn,
	}.Run(ctx, args, stdout, stderr)
}

// trained is a model after its training and test.
type trained = driver.Tested[*testReport]

// learn trains all models, tests them and shows the results.
func learn(s *driver.Session, c Config) (*report.Page, error) {
	truths := map[string]*truth{}
	for _, m := range c.Models {
		var err error
		if truths[m.Name], err = c.truth(m); err != nil {
			return nil, errors.WithMessage(err, m.Name)
		}
	}
	models, err := driver.Learn(s, c.Models,
		func(m ModelConfig, _ *model.Config) (*data.Dataset, error) { return truths[m.Name].training, nil },
		func(m ModelConfig, f driver.Fitted) (*testReport, error) { return truths[m.Name].test(f) })
	if err != nil {
		return nil, err
	}
	figures, err := figures(models)
	return &report.Page{
		Title:   "Transient growth",
		Summary: "Example 5.1: dx/dt = Ax + ε sin x, where A = [[−2, 10], [0, −2]] lets states grow before they decay. Learned from few snapshots, tested on held-out initial states; rel: ‖error‖/‖truth‖.",
		Tables:  []*report.Table{driver.Table("Errors over held-out initial states", columns, models), statements(models), driver.SeedTable(columns, models)},
		Figures: figures,
	}, err
}
