package sample

import (
	"maps"
	"slices"
	"strings"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/model"
	"spnode/model/objective"
)

// Sampler chooses what the iterations of a phase see. What it returns is a
// function of its Sampling and the arguments alone, so that no generator has a
// state to be saved, and valid until the next call.
type Sampler interface {
	// Shape is that of every batch: rows and times.
	Shape() (rows, times int)
	// Batch is what an iteration sees, counted from 0 in its phase.
	Batch(iteration int) objective.Batch
	// Whole are the batches whose mean loss is that of the training. L-BFGS, if
	// it follows, minimises the loss of the first one.
	Whole() []objective.Batch
	// Epoch is the number of iterations in which the data are seen once, for a
	// Schedule that goes by it.
	Epoch() int
}

// Sampling is what a Sampler is made from.
type Sampling struct {
	// Trajectories are the data.
	Trajectories []Trajectory
	// Phase has the window, the batch and the weights that are asked for.
	Phase Phase
	// Shooting is that of the configuration. A sample may then begin anywhere.
	Shooting *Shooting
	// Grid and Weighting are those of the configuration.
	Grid      Grid
	Weighting string
	// Seed is that of the configuration, and Stream another number for each
	// phase: a generator that is seeded by both is the phase's own.
	Seed, Stream uint64
}

// Weights are those of the times of a batch of so many rows in the mean loss,
// by the weighting of the configuration and those of the phase.
func (s Sampling) Weights(times []float64, rows int) ([]float64, error) {
	w, err := objective.Weights(s.Weighting, times)
	if err != nil {
		return nil, err
	}
	floats.Scale(1/float64(rows), w)
	s.Phase.weigh(w, times)
	return w, nil
}

// Maker makes the sampler of a phase. An error for a Sampling that it has no batches
// of should be model.ErrData.
type Maker func(Sampling) (Sampler, error)

// The names of the samplers of this package.
const (
	Shuffled = "shuffled"
	Anywhere = "anywhere"
)

var makers = map[string]Maker{Shuffled: newShuffled, Anywhere: newAnywhere}

// Register gives a sampler a name. It is to be called by an init function: it panics
// if the name is taken, and is not safe beside other calls.
func Register(name string, m Maker) {
	if _, taken := makers[name]; taken || name == "" {
		panic(errors.Errorf("sample: Register: got the name %q, want one that is not taken", name))
	}
	makers[name] = m
}

// Names are those that New knows.
func Names() []string { return slices.Sorted(maps.Keys(makers)) }

// New makes the sampler of a name. The error is model.ErrConfig or model.ErrData.
func New(name string, s Sampling) (Sampler, error) {
	m, ok := makers[name]
	if !ok {
		return nil, bad("sampler is %q, want %s", name, strings.Join(Names(), " or "))
	}
	return m(s)
}

// Steps are the lengths of the intervals between times.
func Steps(times []float64) []float64 {
	steps := make([]float64, len(times)-1)
	return floats.SubTo(steps, times[1:], times[:len(steps)])
}

// bad is the error of a setting.
func bad(format string, args ...any) error {
	return errors.Wrapf(model.ErrConfig, "sample: "+format, args...)
}

func dataError(format string, args ...any) error {
	return errors.Wrapf(model.ErrData, "sample: "+format, args...)
}
