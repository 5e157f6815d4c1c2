// Command robertson learns example 5.2 of the paper, Robertson's chemical
// reaction, whose time scales span twelve decades: with an autoencoder and
// without, with ETD1 and by other methods.
package main

import (
	"context"
	"io"
	"slices"

	"spnode/experiments/driver"
	"spnode/experiments/driver/command"
	"spnode/experiments/report"
	"spnode/model/objective"
)

func main() { command.Main("robertson", run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := driver.NewFlags("robertson", "learns example 5.2 of the paper: a stiff reaction over twelve decades")
	var o options
	f.Choice(&o.autoencoder, "autoencoder", "train only the models `WITH` an autoencoder or without", "on", "off")
	f.Choice(&o.invariants, "invariants", "`KEEP` the total mass by construction (the default) or not", "on", "off")
	f.Choice(&o.weighting, "weighting", "weighting `W` of the loss in time, of which time is eq. (20)", objective.WeightTime, objective.WeightLogTime, objective.WeightUniform)
	f.Choice(&o.grids, "grids", "`WHOSE` the times of the training are, shared (the default) or 30 to 60 of each trajectory's own", "own", "shared")
	return driver.Experiment[Config, *Config]{
		Flags:   f,
		Default: defaultConfig,
		Choose:  func(c *Config) error { c.choose(f, o); return nil },
		Quick:   (*Config).quick,
		Learn:   learn,
	}.Run(ctx, args, stdout, stderr)
}

// trained is a model after its training, which may have diverged, and test.
type trained = driver.Tested[*testReport]

// learn trains all models, tests them and shows the results.
func learn(s *driver.Session, c Config) (*report.Page, error) {
	l := &laboratory{c, s}
	s.MayDiverge = true
	models, err := driver.Learn(s, c.Models, l.prepare, l.test)
	if err != nil {
		return nil, err
	}
	var deployed []deployment
	if i := slices.IndexFunc(models, func(m *trained) bool { return m.Name == "autoencoder" && m.Diverged == nil }); i >= 0 {
		if deployed, err = l.deploy(models[i].Model, "etd1", "imex", "euler", "rk4"); err != nil {
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
