package opstest

import "testing"

// Thin reports whether a test that tries many cases should try a part of them:
// under -short, and under the race detector, which takes ten times as long and
// looks at the accesses of a case, not at its numbers.
func Thin() bool { return race || testing.Short() }
