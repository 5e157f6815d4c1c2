// Command transient learns example 5.1 of the paper, a system whose linear part
// lets states grow before they decay, from few snapshots: with ETD1 against
// IMEX Euler, as the paper does, and with ETDRK4.
package main

import (
	"context"
	"io"

	"github.com/pkg/errors"

	"spnode/data/problem"
	"spnode/experiments/driver"
	"spnode/model"
)

func main() { driver.Main("transient", run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := driver.NewFlags("transient", "learns example 5.1 of the paper: transient growth, ETD1 against IMEX")
	epsilon := f.Set.String("epsilon", "", "train only the models of ε = `E`, 0 or 1")
	e := driver.Experiment[Config]{
		Flags:      f,
		Components: problem.Transient{}.Components(),
		Configure:  func() (Config, error) { return configure(f, *epsilon) },
		Test:       testAll,
	}
	return e.Run(ctx, args, stdout, stderr)
}

// testAll takes all models from the session and tests them.
func testAll(s *driver.Session, cfg Config) (*driver.Page, error) {
	var models []*trained
	for _, m := range cfg.Models {
		t, err := test(s, cfg, m)
		if err != nil {
			return nil, errors.WithMessage(err, m.Name)
		}
		models = append(models, t)
		s.Report.Models = append(s.Report.Models, t.report(s))
	}
	return page(models)
}

// test takes a model and its further seeds from the session and tests them.
func test(s *driver.Session, cfg Config, m ModelConfig) (*trained, error) {
	all, err := cfg.trainingData(m.Epsilon)
	if err != nil {
		return nil, err
	}
	t := &trained{ModelConfig: m}
	if t.truth, err = cfg.heldOut(m, all); err != nil {
		return nil, err
	}
	d := m.dataset(all)
	if m.Epsilon == 0 {
		t.floor = floor(d)
	}
	for k := range m.Seeds {
		fitted, result, err := s.Model(driver.SeedName(m.Name, k), func() (driver.Training, error) {
			c, train := driver.Seeded(m.Model, m.Train, cfg.Seed, k)
			return driver.Training{Model: c, Train: train, Data: d}, nil
		})
		if err != nil {
			return nil, err
		}
		if err := t.add(k, fitted, result); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// add tests a trained model; the first of several seeds is the one that counts.
func (t *trained) add(k int, m *model.Model, result model.Result) error {
	test, predictions, err := evaluate(m, t.Epsilon, t.truth)
	if err != nil {
		return err
	}
	if k == 0 {
		t.model, t.result, t.test, t.predictions = m, result, test, predictions
		if t.stability, err = m.Stability(); err != nil {
			return err
		}
	}
	t.seeds = append(t.seeds, seedReport{k, result.Loss, result.Attempts, result.Seconds, test})
	return nil
}
