// Command robertson learns example 5.2 of the paper, Robertson's chemical
// reaction, whose time scales span twelve decades: with an autoencoder and
// without, with ETD1 and by other methods.
package main

import (
	"context"
	"io"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/experiments/driver"
	"spnode/experiments/report"
	"spnode/model"
	"spnode/model/train"
)

func main() { driver.Main("robertson", run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := driver.NewFlags("robertson", "learns example 5.2 of the paper: a stiff reaction over twelve decades")
	var o options
	f.Set.StringVar(&o.autoencoder, "autoencoder", "", "train only the models with an autoencoder, `on`, or without, off")
	f.Set.StringVar(&o.invariants, "invariants", "", "keep the total mass by construction, `on` (the default) or off")
	f.Set.StringVar(&o.weighting, "weighting", "", "weighting `W` of the loss in time: log-time, time (eq. (20)) or uniform")
	f.Set.StringVar(&o.grids, "grids", "", "times of the training: `shared` (the default), or own, 30 to 60 of each trajectory")
	return driver.Experiment[Config, *Config]{
		Flags:   f,
		Default: defaultConfig,
		Choose:  func(c *Config) error { return c.choose(f, o) },
		Quick:   (*Config).quick,
		Learn:   learn,
	}.Run(ctx, args, stdout, stderr)
}

// learn trains all models, tests them and shows the results. An evaluation has
// none of those whose training diverged.
func learn(s *driver.Session, c Config) (*report.Page, error) {
	l := &laboratory{Config: c, Session: s}
	var models []*trained
	for _, m := range c.Models {
		if s.Missing(m.Name) {
			continue
		}
		t := &trained{recipe: m}
		fitted, err := l.train(m)
		if err == nil {
			t.Tested, err = l.test(fitted, m)
		}
		if err != nil && !errors.As(err, &t.diverged) {
			return nil, errors.WithMessage(err, m.Name)
		}
		models = append(models, t)
	}
	return l.page(models)
}

// train trains a model, from each of its seeds.
func (l *laboratory) train(m ModelConfig) ([]driver.Fitted, error) {
	return l.Train(m.Recipe, func(c *model.Config) (*data.Dataset, error) {
		states := l.states(l.Data.Samples, 0, m.Masses)
		solve := l.solve
		if l.Data.Own[0] > 0 {
			solve = l.solveOwn
		}
		d, err := solve(states, l.fineTimes())
		if err == nil && m.Standardize {
			standardize(c, d)
		}
		return d, err
	})
}

// test tests a model and its further seeds.
func (l *laboratory) test(fitted []driver.Fitted, m ModelConfig) (*driver.Tested[*testReport], error) {
	return driver.Test(fitted, func(f driver.Fitted) (*testReport, error) { return l.evaluate(f.Model, m.Masses) })
}

// trained is a model after its training and test.
type trained struct {
	*driver.Tested[*testReport]                      // nil if its training diverged
	diverged                    *train.DivergedError // if it did
	recipe                      ModelConfig
}

// named returns the model of that name, nil if there is none with a result.
func named(models []*trained, name string) *trained {
	for _, m := range models {
		if m.recipe.Name == name && m.diverged == nil {
			return m
		}
	}
	return nil
}

// page shows the results, and puts them in the report.
func (l *laboratory) page(models []*trained) (*report.Page, error) {
	var deployed []deployment
	if m := named(models, "autoencoder"); m != nil {
		var err error
		if deployed, err = l.deploy(m.Model, "etd1", "imex", "euler", "rk4"); err != nil {
			return nil, err
		}
	}
	for _, m := range models {
		l.Report.Models = append(l.Report.Models, l.report(m, deployed))
	}
	figures, err := l.figures(models, deployed)
	return &report.Page{
		Title:   "Robertson's reaction",
		Summary: "Example 5.2: three concentrations over twelve decades of time, learned in coordinates in which the stiffness is linear. Errors are of y₁, 10⁴y₂ and y₃.",
		Tables:  []*report.Table{results(models), contrast(models, deployed), seeds(models)},
		Figures: figures,
	}, err
}

func (l *laboratory) report(t *trained, deployed []deployment) report.Model {
	if t.diverged != nil {
		return report.Model{Name: t.recipe.Name, Train: report.Train{Iterations: t.diverged.Iteration, Loss: t.diverged.Loss},
			Extra: map[string]any{"diverged": t.diverged.Error()}}
	}
	m := t.Report(l.Session)
	if len(t.Seeds) > 1 {
		m.Extra["median"] = median(t.Seeds)
	}
	if t.Name == "autoencoder" && len(deployed) > 0 {
		m.Extra["deployment"] = deployed
	}
	return m
}
