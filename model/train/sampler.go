package train

import (
	"maps"
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

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
	Grid      GridConfig
	Weighting string
	// Seed is that of the configuration, and Stream another number for each
	// phase: a generator that is seeded by both is the phase's own.
	Seed, Stream uint64
}

// Trajectory is a trajectory of the data as the networks see it, in the scaled
// variables of model.Model.Scaled.
type Trajectory struct {
	Name   string // by which errors name it
	Times  []float64
	States [][]float64 // by time; NaN where they were not measured
	Weight float64     // in the loss
	// Parameters are its constants, in the model's order, before they are scaled. Of
	// inputs it has the samples' times among its own, and there no states.
	Parameters []float64
	inputs     []input // over its steps

	gaps bool      // there is a NaN
	flat []float64 // the states in one piece
}

// input is what the inputs are at the beginning of a step and by how much they change
// over it.
type input struct{ begin, change []float64 }

// Whole reports whether all of the state at time k was measured. A model can start
// from no other.
func (t *Trajectory) Whole(k int) bool { return !slices.ContainsFunc(t.States[k], math.IsNaN) }

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

// shared reports whether all trajectories are on one grid, without gaps and of the
// weight 1.
func (s Sampling) shared() bool {
	first := s.Trajectories[0]
	return !slices.ContainsFunc(s.Trajectories, func(t Trajectory) bool {
		return t.gaps || t.Weight != 1 || !sameTimes(t.Times, first.Times)
	})
}

func sameTimes(a, b []float64) bool {
	return len(a) == len(b) && (&a[0] == &b[0] || slices.Equal(a, b))
}

// SamplerMaker makes the sampler of a phase. An error for a Sampling that it has
// no batches of should be model.ErrData.
type SamplerMaker func(Sampling) (Sampler, error)

const shuffledName = "shuffled"

var samplers = map[string]SamplerMaker{shuffledName: newShuffled}

// RegisterSampler gives a sampler a name. It is to be called by an init function:
// it panics if the name is taken, and is not safe beside other calls.
func RegisterSampler(name string, m SamplerMaker) {
	if _, taken := samplers[name]; taken || name == "" {
		panic(errors.Errorf("train: RegisterSampler: got the name %q, want one that is not taken", name))
	}
	samplers[name] = m
}

// Samplers are the names that a configuration can have.
func Samplers() []string { return slices.Sorted(maps.Keys(samplers)) }

// Steps are the lengths of the intervals between times.
func Steps(times []float64) []float64 {
	steps := make([]float64, len(times)-1)
	return floats.SubTo(steps, times[1:], times[:len(steps)])
}
