// Command ks learns example 5.3 of the paper, the chaos of the
// Kuramoto–Sivashinsky equation on a period of 22, in 20 and in 8 dimensions.
package main

import (
	"context"
	"fmt"
	"io"

	"spnode/data"
	"spnode/experiments/driver"
	"spnode/experiments/driver/command"
	"spnode/experiments/report"
	"spnode/model"
)

func main() { command.Main("ks", run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := driver.NewFlags("ks", "learns example 5.3 of the paper: the chaos of the Kuramoto–Sivashinsky equation")
	var own Config
	cost := f.Set.Bool("cost", true, "measure what an iteration costs at latent dimensions 64, 20 and 7")
	f.Number(&own.Data.Interval, "interval", "`TIME` between the snapshots to train on: 1 (the default), 0.5 or 0.25", false)
	f.Count(&own.Test.Ball, "ball", "`N` rollouts from random states of any size, to see that none leaves the ball that is proved (1000)")
	return driver.Experiment[Config, *Config]{
		Flags:   f,
		Default: defaultConfig,
		Own:     &own,
		Choose:  func(c *Config) error { c.choose(f, *cost); return nil },
		Quick:   (*Config).quick,
		Learn:   learn,
	}.Run(ctx, args, stdout, stderr)
}

// learn trains all models, tests them and shows the results.
func learn(s *driver.Session, c Config) (*report.Page, error) {
	l := &laboratory{Config: c, Session: s}
	if err := l.makeTruth(); err != nil {
		return nil, err
	}
	models, err := driver.Learn(s, c.Models, l.prepare, func(_ ModelConfig, f driver.Fitted) (*testReport, error) {
		r, err := l.test(f.Name, f.Model)
		if err == nil && f.Seed > 0 {
			r.drawn = nil // is large
		}
		return r, err
	})
	if err != nil {
		return nil, err
	}
	costs, err := l.costs()
	if err != nil {
		return nil, err
	}
	return l.page(models, costs)
}

// prepare makes the data of a model's training.
func (l *laboratory) prepare(m ModelConfig, c *model.Config) (*data.Dataset, error) {
	return l.finer, m.setPairs(c, l.Data.Solver.Problem, l.finer)
}

// trained is a model after its training and test.
type trained = driver.Tested[*testReport]

// page shows the results.
func (l *laboratory) page(models []*trained, costs []iteration) (*report.Page, error) {
	if len(costs) > 0 {
		l.Report.Extra = map[string]any{"cost": costs}
	}
	figures, err := l.figures(models)
	return &report.Page{
		Title: "Kuramoto–Sivashinsky",
		Summary: fmt.Sprintf("Example 5.3: u_t = −u u_x − u_xx − u_xxxx, chaotic on a period of %g, learned from snapshots. "+
			"Tested on %d held-out states, and on %d rollouts to t = %d.", l.Data.Solver.Problem.Length, l.Test.Starts, l.Test.LongRuns, l.Test.LongTime),
		Tables: []*report.Table{
			driver.Table(fmt.Sprintf("Relative error, and the time at which it passes 0.3, 0.5 and 1: median (10 %% to 90 %%) of %d held-out starts", l.Test.Starts), columns, models),
			l.lifeTable(models), driver.SeedTable(seedColumns, models), costTable(costs)},
		Figures: figures,
	}, err
}
