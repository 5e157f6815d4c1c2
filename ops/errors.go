package ops

import (
	"fmt"

	"github.com/pkg/errors"
)

// Errors that callers may test for with errors.Is.
var (
	ErrShape     = errors.New("shapes do not agree")
	ErrNotFinite = errors.New("value is not finite")
	ErrSingular  = errors.New("matrix is singular")
)

func notFinite(name, format string, args ...any) error {
	return errors.Wrapf(ErrNotFinite, "ops: %s: %s", name, fmt.Sprintf(format, args...))
}

func errSingular(name, format string, args ...any) error {
	return errors.Wrapf(ErrSingular, "ops: %s: %s", name, fmt.Sprintf(format, args...))
}
