package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/pkg/errors"
)

// UsageError is a mistake of the user's: a bad flag, file or value. Its text is
// one line that says what was wrong with which value and what is allowed.
type UsageError struct{ Err error }

// Error implements error.
func (e *UsageError) Error() string { return e.Err.Error() }

// Unwrap gives the cause to errors.Is and errors.As.
func (e *UsageError) Unwrap() error { return e.Err }

// Format prints the cause's stack under %+v.
func (e *UsageError) Format(s fmt.State, verb rune) {
	if f, ok := e.Err.(fmt.Formatter); ok {
		f.Format(s, verb)
		return
	}
	io.WriteString(s, e.Error())
}

// Usagef makes a UsageError with a text.
func Usagef(format string, args ...any) error {
	return &UsageError{errors.Errorf(format, args...)}
}

// AsUsage marks an error as the user's mistake; nil stays nil. A command wraps
// what its configuration's Validate says.
func AsUsage(err error) error {
	if err == nil {
		return nil
	}
	return &UsageError{err}
}

// InterruptedError is a run that a signal stopped, with its state saved.
type InterruptedError struct {
	Resume string // the command that goes on with it
	Cause  error
}

// Error implements error.
func (e *InterruptedError) Error() string {
	return "interrupted, the state is saved; go on with: " + e.Resume
}

// Unwrap gives the cause, context.Canceled as a rule.
func (e *InterruptedError) Unwrap() error { return e.Cause }

// OneOf is a UsageError unless the value is among those allowed.
func OneOf(flagName, value string, allowed ...string) error {
	for _, a := range allowed {
		if value == a {
			return nil
		}
	}
	return Usagef("flag -%s: got %q, want one of %s", flagName, value, strings.Join(allowed, ", "))
}
