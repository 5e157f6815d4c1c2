// Package measure holds predictions against the truth.
//
// [Compare] has the errors over a whole prediction, and [Agree] those of each state.
// As chaos parts any two trajectories, a prediction of a chaotic system is held
// against the truth by how long it agrees at first and then by what remains of it:
// [RMS], [RMSChange], [Quantiles] and the leading exponent of [Lyapunov].
package measure
