// Command robertson learns example 5.2 of the paper, Robertson's chemical
// reaction, whose time scales span twelve decades: with an autoencoder and
// without, with ETD1 and by other methods.
package main

import (
	"context"
	"io"
	"strconv"

	"github.com/pkg/errors"

	"spnode/data/problem"
	"spnode/experiments/driver"
)

func main() { driver.Main("robertson", run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := driver.NewFlags("robertson", "learns example 5.2 of the paper: a stiff reaction over twelve decades")
	var o options
	f.Set.StringVar(&o.autoencoder, "autoencoder", "", "train only the models with an autoencoder, `on`, or without, off")
	f.Set.StringVar(&o.invariants, "invariants", "", "keep the total mass by construction, `on` (the default) or off")
	f.Set.StringVar(&o.only, "only", "", "train only the models `NAMES`, separated by commas")
	f.Set.StringVar(&o.weighting, "weighting", "", "weighting `W` of the loss in time: log-time, time (eq. (20)) or uniform")
	f.Set.Func("seeds", "train the models autoencoder and masses from `N` seeds and report each", func(s string) (err error) {
		if o.seeds, err = strconv.Atoi(s); err != nil || o.seeds < 1 {
			return errors.New("want a whole number of at least 1")
		}
		return nil
	})
	e := driver.Experiment[Config]{
		Flags:      f,
		Components: problem.Robertson{}.Components(),
		Configure:  func() (Config, error) { return configure(f, o) },
		Test:       testAll,
	}
	return e.Run(ctx, args, stdout, stderr)
}

// testAll takes all models from the session and tests them. An evaluation has
// none of those whose training diverged.
func testAll(s *driver.Session, cfg Config) (*driver.Page, error) {
	l := &laboratory{Config: cfg, Session: s}
	var models []*trained
	for _, m := range l.Models {
		if s.Missing(m.Name) {
			continue
		}
		t, err := l.test(m)
		if err != nil {
			return nil, errors.WithMessage(err, m.Name)
		}
		models = append(models, t)
	}
	return l.page(models)
}

// named returns the model of that name, nil if there is none with a result.
func named(models []*trained, name string) *trained {
	for _, m := range models {
		if m.Name == name && m.model != nil {
			return m
		}
	}
	return nil
}
