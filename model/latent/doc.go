// Package latent is the way from the state of a system to the latent state u of a
// model and back,
//
//	u_0 = f_E(x_0),  x(t) = f_D(u(t)),  x = (T(U) − Offset)·Factor,
//
// with what stands around encoder and decoder: transforms T of components, scaling, a
// basis, and linear invariants that f_D conserves.
package latent
