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
	"spnode/experiments/report"
	"spnode/model"
)

func main() { driver.Main("transient", run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := driver.NewFlags("transient", "learns example 5.1 of the paper: transient growth, ETD1 against IMEX")
	epsilon := f.Set.String("epsilon", "", "train only the models of ε = `E`, 0 or 1")
	grids := f.Set.String("grids", ownGrids, "adaptive steps of the data: own, each trajectory's, or shared, as `G`")
	return driver.Experiment[Config, *Config]{
		Flags:   f,
		Default: defaultConfig,
		Choose:  func(c *Config) error { return c.choose(f, *epsilon, *grids) },
		Quick:   (*Config).quick,
		Learn:   learn,
	}.Run(ctx, args, stdout, stderr)
}

// laboratory is where the models are trained and tested.
type laboratory struct {
	Config
	*driver.Session
}

// learn trains all models, tests them and shows the results.
func learn(s *driver.Session, c Config) (*report.Page, error) {
	l := &laboratory{c, s}
	var models []*trained
	for _, m := range c.Models {
		truth, err := c.truth(m)
		if err != nil {
			return nil, err
		}
		fitted, err := l.train(m, truth)
		if err != nil {
			return nil, errors.WithMessage(err, m.Name)
		}
		t, err := l.test(fitted, m, truth)
		if err != nil {
			return nil, errors.WithMessage(err, m.Name)
		}
		models = append(models, t)
		s.Report.Models = append(s.Report.Models, t.report(s))
	}
	return page(models)
}

// train trains a model, from each of its seeds.
func (l *laboratory) train(m ModelConfig, t truth) ([]driver.Fitted, error) {
	return l.Train(m.Recipe, func(*model.Config) (*data.Dataset, error) { return t.training, nil })
}

// trained is a model after its training and test.
type trained struct {
	*driver.Tested[*testReport]
	recipe      ModelConfig
	truth       truth
	predictions map[string]*data.Dataset // of the model on the grids of the test
	floor       float64                  // of the error of A that the data allow, at ε = 0
}

// test tests a model and its further seeds.
func (l *laboratory) test(fitted []driver.Fitted, m ModelConfig, truth truth) (*trained, error) {
	t := &trained{recipe: m, truth: truth}
	if m.Epsilon == 0 {
		t.floor = floor(truth.training)
	}
	var err error
	t.Tested, err = driver.Test(fitted, func(f driver.Fitted) (*testReport, error) {
		r, predictions, err := evaluate(f.Model, m.Epsilon, truth)
		if f.Seed == 0 {
			t.predictions = predictions
		}
		return r, err
	})
	return t, err
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
