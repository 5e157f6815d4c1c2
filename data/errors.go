package data

import "spnode/data/internal/stack"

// Sentinels, to be tested with errors.Is.
var (
	// ErrShape says that lengths or shapes disagree, or are empty.
	ErrShape = stack.ErrShape

	// ErrNotFinite says that a number is NaN or infinite.
	ErrNotFinite = stack.ErrNotFinite
)
