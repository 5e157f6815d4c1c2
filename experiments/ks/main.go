// Command ks learns example 5.3 of the paper, the chaos of the
// Kuramoto–Sivashinsky equation on a period of 22, in 20 and in 7 dimensions.
package main

import (
	"context"
	"io"
	"strconv"

	"github.com/pkg/errors"

	"spnode/data/ks"
	"spnode/experiments/driver"
)

func main() { driver.Main("ks", run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := driver.NewFlags("ks", "learns example 5.3 of the paper: the chaos of the Kuramoto–Sivashinsky equation")
	var o options
	f.Set.StringVar(&o.only, "only", "", "train only the models `NAMES`, separated by commas; plain20 and adam20 are trained only so")
	f.Set.StringVar(&o.latent, "latent", "", "train only the model of latent dimension `D`, 20, 7 or, without an autoencoder, 64")
	f.Set.StringVar(&o.autoencoder, "autoencoder", "", "autoencoder `KIND` of the models: pod (fixed Fourier pairs), plain (networks) or pod+mlp (both)")
	f.Set.StringVar(&o.optimizer, "optimizer", "", "`NAME` of the optimizer, soap or adam, the paper's")
	f.Set.BoolVar(&o.cost, "cost", true, "measure what an iteration costs at latent dimensions 64, 20 and 7")
	count := func(p *int, name, usage string) {
		f.Set.Func(name, usage, func(s string) (err error) {
			if *p, err = strconv.Atoi(s); err != nil || *p < 1 {
				return errors.New("want a whole number of at least 1")
			}
			return nil
		})
	}
	count(&o.window, "window", "train on windows of `N` time steps")
	count(&o.seeds, "seeds", "train every model from `N` seeds and report each")
	e := driver.Experiment[Config]{
		Flags:      f,
		Components: ks.DefaultEquation().Components(),
		Configure:  func() (Config, error) { return configure(f, o) },
		Test:       testAll,
	}
	return e.Run(ctx, args, stdout, stderr)
}

// testAll takes all models from the session and tests them.
func testAll(s *driver.Session, cfg Config) (*driver.Page, error) {
	l := &laboratory{Config: cfg, Session: s}
	if err := l.makeTruth(); err != nil {
		return nil, err
	}
	var models []*trained
	for _, m := range cfg.Models {
		t, err := l.examine(m)
		if err != nil {
			return nil, errors.WithMessage(err, m.Name)
		}
		models = append(models, t)
	}
	costs, err := l.measure()
	if err != nil {
		return nil, err
	}
	return l.page(models, costs)
}
