// Package leastsq fits what is linear in its coefficients by least squares, with no
// iteration over gradients: the polynomial p of the latent dynamics
//
//	du/dt = Au + p(u)
//
// from trajectories of u, and a polynomial map, such as a decoder, from pairs.
//
// Velocities are differences of the data, of a high order, since at one of 2 their
// error is what limits the fit where snapshots are far apart; or, with A given, the
// integral form
//
//	u(t+h) − e^{hA}u(t) = hφ₁(hA) p(u(t)),
//
// a step of ETD1, which is linear in the coefficients too. Corrections then take out
// the error of either: the fitted field is rolled out over each interval by ETDRK4,
// and what its end lacks is fitted by the change of the field along the path.
//
// It knows gonum and ops/kernel alone.
package leastsq
