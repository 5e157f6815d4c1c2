// Package poly holds polynomial maps of the rows of a batch: their monomials, their
// values and gradients on slices, and bounds of them. It shares the conventions of
// package kernel.
package poly
