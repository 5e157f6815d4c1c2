// Command robertson learns example 5.2 of the paper, Robertson's chemical
// reaction, whose time scales span twelve decades: with an autoencoder and
// without, with ETD1 and by other methods.
package main

import (
	"context"
	"io"

	"spnode/data"
	"spnode/experiments/driver"
	"spnode/experiments/driver/command"
	"spnode/experiments/report"
	"spnode/model"
)

func main() { command.Main("robertson", run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := driver.NewFlags("robertson", "learns example 5.2 of the paper: a stiff reaction over twelve decades")
	var o options
	f.Choice(&o.autoencoder, "autoencoder", "train only the models `WITH` an autoencoder or without", "on", "off")
	f.Choice(&o.invariants, "invariants", "`KEEP` the total mass by construction (the default) or not", "on", "off")
	f.Choice(&o.weighting, "weighting", "weighting `W` of the loss in time, of which time is eq. (20)", model.WeightTime, model.WeightLogTime, model.WeightUniform)
	f.Choice(&o.grids, "grids", "`WHOSE` the times of the training are, shared (the default) or 30 to 60 of each trajectory's own", "own", "shared")
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
	s.MayDiverge = true
	models, err := driver.Learn(s, c.Models, l.prepare, func(m ModelConfig, f driver.Fitted) (*testReport, error) { return l.evaluate(f.Model, m.Masses) })
	if err != nil {
		return nil, err
	}
	return l.page(models)
}

// prepare makes the data of a model's training.
func (l *laboratory) prepare(m ModelConfig, c *model.Config) (*data.Dataset, error) {
	solve := l.solve
	if l.Data.Own[0] > 0 {
		solve = l.solveOwn
	}
	d, err := solve(l.states(l.Data.Samples, 0, m.Masses), l.fineTimes())
	if err == nil && m.Standardize {
		standardize(c, d)
	}
	return d, err
}

// trained is a model after its training, which may have diverged, and test.
type trained = driver.Tested[*testReport]

// named returns the model of that name, nil if there is none with a result.
func named(models []*trained, name string) *trained {
	for _, m := range models {
		if m.Name == name && m.Diverged == nil {
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
	for i, m := range models {
		extra := l.Report.Models[i].Extra
		if len(m.Seeds) > 1 {
			extra["median"] = median(m.Seeds)
		}
		if m.Name == "autoencoder" && len(deployed) > 0 {
			extra["deployment"] = deployed
		}
	}
	figures, err := l.figures(models, deployed)
	return &report.Page{
		Title:   "Robertson's reaction",
		Summary: "Example 5.2: three concentrations over twelve decades of time, learned in coordinates in which the stiffness is linear. Errors are of y₁, 10⁴y₂ and y₃.",
		Tables:  []*report.Table{results(models), contrast(models, deployed), seeds(models)},
		Figures: figures,
	}, err
}
