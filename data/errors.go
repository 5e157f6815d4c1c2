package data

import "github.com/pkg/errors"

// Sentinels, to be tested with errors.Is.
var (
	// ErrShape says that lengths or shapes disagree, or are empty.
	ErrShape = errors.New("shapes disagree")

	// ErrNotFinite says that a number is NaN or infinite.
	ErrNotFinite = errors.New("not finite")

	// ErrStep says that the step size control of a solver gave up.
	ErrStep = errors.New("step size control failed")
)
