// Command robertson learns example 5.2 of the paper, Robertson's chemical
// reaction, whose time scales span twelve decades: with an autoencoder and
// without, with ETD1 and by other methods.
package main

import (
	"context"
	"io"

	"spnode/data"
	"spnode/experiments/driver"
	"spnode/experiments/report"
	"spnode/model"
)

func main() { driver.Main("robertson", run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := driver.NewFlags("robertson", "learns example 5.2 of the paper: a stiff reaction over twelve decades")
	var o options
	f.Choice(&o.autoencoder, "autoencoder", "train only the models with an autoencoder, `on`, or without, off", "on", "off")
	f.Choice(&o.invariants, "invariants", "keep the total mass by construction, `on` (the default) or off", "on", "off")
	f.Choice(&o.weighting, "weighting", "weighting `W` of the loss in time: log-time, time (eq. (20)) or uniform", model.WeightTime, model.WeightLogTime, model.WeightUniform)
	f.Choice(&o.grids, "grids", "times of the training: `shared` (the default), or own, 30 to 60 of each trajectory", "own", "shared")
	return driver.Experiment[Config, *Config]{
		Flags:   f,
		Default: defaultConfig,
		Choose:  func(c *Config) error { c.choose(f, o); return nil },
		Quick:   (*Config).quick,
		Learn:   learn,
	}.Run(ctx, args, stdout, stderr)
}

// trained is a model after its training and test.
type trained = driver.Studied[ModelConfig, *testReport]

// learn trains all models, tests them and shows the results.
func learn(s *driver.Session, c Config) (*report.Page, error) {
	l := &laboratory{c, s}
	models, err := driver.Each(s, c.Models, func(m ModelConfig) (driver.Study[*testReport], error) {
		return driver.Study[*testReport]{
			Prepare: func(c *model.Config) (*data.Dataset, error) { return l.prepare(m, c) },
			Test:    func(f driver.Fitted) (*testReport, error) { return l.test(f.Model, m.Masses) },
		}, nil
	})
	if err != nil {
		return nil, err
	}
	var deployed []deployment
	for i, m := range models {
		if m.Recipe.Name != "autoencoder" || m.Tested == nil {
			continue
		}
		if deployed, err = l.deploy(m.Model, "etd1", "imex", "euler", "rk4"); err != nil {
			return nil, err
		}
		s.Report.Models[i].Extra["deployment"] = deployed
	}
	figures, err := l.figures(models, deployed)
	return &report.Page{
		Title:   "Robertson's reaction",
		Summary: "Example 5.2: three concentrations over twelve decades of time, learned in coordinates in which the stiffness is linear. Errors are of y₁, 10⁴y₂ and y₃.",
		Tables: []*report.Table{
			driver.Table("Largest errors from (1, 0, 0) at the paper's 50 times, over held-out states, and on other grids", columns, models),
			contrast(models, deployed), driver.SeedTable(columns, models)},
		Figures: figures,
	}, err
}
