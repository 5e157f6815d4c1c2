package main

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/experiments/driver"
	"spnode/experiments/driver/command"
	"spnode/experiments/report"
	"spnode/model"
	"spnode/model/recipe"
	"spnode/model/train"
)

// modelName is the name of the chosen model's folder, the only one directly in
// that of the run, so that -predict RUN finds it.
const modelName = "model"

// learn tries the models, trains the best, tests it, and shows the results.
func learn(s *driver.Session, c Config) (*report.Page, error) {
	sets, err := c.read()
	if err != nil {
		return nil, err
	}
	l := &laboratory{Config: c, Session: s, sets: sets}
	for _, w := range sets.warnings {
		fmt.Fprintf(s.Stdout, "warning: %s\n", w)
	}
	best, err := l.choose()
	if err != nil {
		return nil, err
	}
	r := best.Recipe
	r.Name, r.Seeds, r.Resample = modelName, c.Members, best.iterations() == 0
	if err := l.start(&r, best.Name); err != nil {
		return nil, err
	}
	fitted, err := l.Train(r, l.prepare(best))
	if err != nil {
		return nil, errors.WithMessage(err, best.Name)
	}
	return l.page(best, fitted)
}

// laboratory is a run with its data.
type laboratory struct {
	Config
	*driver.Session
	sets   *sets
	trials []trial
}

// prepare are the data that a model sees.
func (l *laboratory) prepare(m *ModelConfig) func(*model.Config) (*data.Dataset, error) {
	return func(*model.Config) (*data.Dataset, error) { return m.Smoothed(l.sets.train), nil }
}

// start has a model begin where its recipe says, if that is not at random; then
// little is left to be trained, and nothing that a trial has found to be exact.
func (l *laboratory) start(r *driver.Recipe, name string) error {
	l.Start = nil
	known, err := recipe.ByName(name)
	if err != nil { // a configuration's own
		return nil
	}
	m, err := model.New(r.Model)
	if err != nil {
		return command.AsUsage(err)
	}
	switch err := known.Start(m, l.sets.train); {
	case errors.Is(err, recipe.ErrNotFor):
		return nil
	case err != nil:
		return err
	}
	l.Start = func(m *model.Model) error { return known.Start(m, l.sets.train) }
	r.Train.First.Iterations, r.Train.LBFGS.Iterations = 0, min(r.Train.LBFGS.Iterations, 5)
	if n := len(l.trials); n > 0 && l.trials[n-1].score < exact {
		r.Train.LBFGS.Iterations = 0
	}
	return nil
}

// trial is what a model came to in a share of the iterations.
type trial struct {
	name  string
	score float64 // on trajectories for choosing, see score
	err   error   // its training diverged
}

// exact is an error that nothing else need try to go below: of data by a solver at its
// usual tolerances.
const exact = 1e-6

// choose tries all models and returns the best of them.
func (l *laboratory) choose() (*ModelConfig, error) {
	if len(l.Models) == 1 {
		return &l.Models[0], nil
	}
	best := -1
	for i, m := range l.Models {
		r := m.Recipe
		r.Name, r.Seeds = filepath.Join("trials", m.Name), 1
		r.Train = shorter(r.Train, l.Trial)
		t := trial{name: m.Name, score: math.Inf(1)}
		if err := l.start(&r, m.Name); err != nil {
			return nil, err
		}
		if l.Start != nil { // the start itself is tried
			r.Train.LBFGS.Iterations = 0
		}
		fitted, err := l.Train(r, l.prepare(&m))
		var diverged *train.DivergedError
		switch {
		case errors.As(err, &diverged):
			t.err = err
		case err != nil:
			return nil, errors.WithMessage(err, m.Name)
		default:
			if t.score, err = l.score(of(fitted[0].Model)); err != nil {
				return nil, err
			}
		}
		seen := "not seen"
		if l.sets.validation == l.sets.train {
			seen = "seen"
		}
		fmt.Fprintf(l.Stdout, "tried %s: error %s on trajectories that it has %s\n", m.Name, report.Format(t.score), seen)
		l.trials = append(l.trials, t)
		if !math.IsInf(t.score, 1) && (best < 0 || t.score < l.trials[best].score) {
			best = i
		}
		if t.score < exact {
			break
		}
	}
	if best < 0 {
		return nil, errors.Errorf("all of %d models ran away; try other -latent, -recipe network, or more and closer times", len(l.trials))
	}
	fmt.Fprintf(l.Stdout, "chosen: %s, %s\n", l.Models[best].Name, l.Models[best].For)
	return &l.Models[best], nil
}

// shorter is a training of a share of the iterations.
func shorter(t train.Config, share float64) train.Config {
	less := func(n int) int { return min(n, max(int(share*float64(n)), min(n, 200))) }
	t.First.Iterations = less(t.First.Iterations)
	t.First.Schedule.Warmup = min(t.First.Schedule.Warmup, t.First.Iterations/10)
	t.LBFGS.Iterations = less(t.LBFGS.Iterations)
	t.Phases = slices.Clone(t.Phases)
	return t
}

// score is the mean of the errors of rollouts on the trajectories for choosing, on
// their grid, from their middle and in one jump, see recipe.Score.
func (l *laboratory) score(p predictor) (float64, error) {
	var sum, within float64
	for _, g := range []ground{onGrid, restarted, oneJump} {
		e, err := l.sets.test(p, l.sets.validation, g)
		if err != nil {
			return 0, err
		}
		if g == onGrid {
			within = e.Within
		}
		sum += e.RMS / 3
	}
	return recipe.Score(sum, within), nil
}

// inferred are the lines on what was inferred, of the data and for the model.
func (l *laboratory) inferred(m *ModelConfig) []string {
	return slices.Concat(l.Seen, []string{fmt.Sprintf("recipe %s: %s (-recipe %s)", m.Name, m.For, strings.Join(names(l.Models), "|"))}, m.Inferred)
}

func names(models []ModelConfig) (all []string) {
	for _, m := range models {
		all = append(all, m.Name)
	}
	return all
}
