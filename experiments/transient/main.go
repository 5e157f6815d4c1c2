// Command transient learns example 5.1 of the paper, a system whose linear part
// lets states grow before they decay, from few snapshots: with ETD1 against
// IMEX Euler, as the paper does, and with ETDRK4.
package main

import (
	"context"
	"io"

	"spnode/data"
	"spnode/experiments/driver"
	"spnode/experiments/report"
	"spnode/model"
)

func main() { driver.Main("transient", run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := driver.NewFlags("transient", "learns example 5.1 of the paper: transient growth, ETD1 against IMEX")
	var epsilon, grids string
	f.Choice(&epsilon, "epsilon", "train only the models of ε = `E`, 0 or 1", "0", "1")
	f.Choice(&grids, "grids", "adaptive steps of the data: own, each trajectory's (the default), or shared, as `G`", ownGrids, sharedGrids)
	return driver.Experiment[Config, *Config]{
		Flags:   f,
		Default: defaultConfig,
		Choose:  func(c *Config) error { c.choose(f, epsilon, grids); return nil },
		Quick:   (*Config).quick,
		Learn:   learn,
	}.Run(ctx, args, stdout, stderr)
}

// trained is a model after its training and test.
type trained = driver.Studied[ModelConfig, *testReport]

// learn trains all models, tests them and shows the results.
func learn(s *driver.Session, c Config) (*report.Page, error) {
	models, err := driver.Each(s, c.Models, func(m ModelConfig) (driver.Study[*testReport], error) {
		t, err := c.truth(m)
		return driver.Study[*testReport]{
			Prepare: func(*model.Config) (*data.Dataset, error) { return t.training, nil },
			Test:    t.test,
		}, err
	})
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
