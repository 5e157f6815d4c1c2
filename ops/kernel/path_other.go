//go:build !amd64

package kernel

// processorPaths returns none: other processors have the portable path.
func processorPaths() []path { return nil }
