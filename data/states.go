package data

import (
	"github.com/pkg/errors"

	"spnode/data/internal/form"
	"spnode/data/internal/runs"
)

// ReadStates returns the initial states in a file, indexed [sample][component]; it
// is [ReadInitial] with the names of the components, if any, for the states alone.
func ReadStates(path string, components ...string) ([][]float64, error) {
	d, err := readInitial(path, ReadOptions{Components: components})
	if err != nil {
		return nil, errors.Wrapf(err, "data: ReadStates: %s", path)
	}
	u := make([][]float64, d.Samples())
	for s, tr := range d.Trajectories {
		u[s] = tr.States[0]
	}
	return u, nil
}

// ReadInitial returns initial states, each of them a trajectory of one time, with
// the parameters and inputs that the options name.
//
// A table, in the forms that [ReadWith] takes, has a state in each row, or, where
// there are columns of times and of trajectories, or inputs, the state at the first
// time of each trajectory. Where a header names the columns, and the options the
// components, these are found by name: a header without one of them is refused, and
// so is one with other columns of no meaning. Without a header the columns are the
// components in their order. A .npy file is an array of shape (samples, components),
// or (components) for a single state. Of .npz and .mat files the states at the first
// times are taken.
//
// The error, ErrShape or ErrNotFinite where one of them applies, names the file
// and the place in it.
func ReadInitial(path string, o ReadOptions) (*Dataset, error) {
	d, err := readInitial(path, o)
	return d, errors.Wrapf(err, "data: ReadInitial: %s", path)
}

func readInitial(path string, o ReadOptions) (*Dataset, error) {
	d, err := dataset(form.Initial(path, runs.Options(o)))
	if err != nil {
		return nil, err
	}
	return d, d.check()
}
