// Package funm evaluates functions of a matrix hA, on slices and with their adjoints:
// e^{hA} and hφ_j(hA) as matrices (Phi), for the rows of a batch whose steps are their
// own (Ladder), and the solves with I − hA (Shifted). It shares the conventions of
// package kernel, and has its tables of Taylor degrees.
package funm
