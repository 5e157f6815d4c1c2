// Package integrator advances
//
//	du/dt = Au + g(u),  eq. (12),
//
// in a Gorgonia graph, so that a model is trained through its time stepping by
// the gradient of that very stepping.
//
// A Method is chosen by its literature name, planned once for a whole time
// grid, and unrolled by Rollout:
//
//	m, err := integrator.ByName("etd1")
//	states, err := integrator.Rollout(m, integrator.System{A: a, G: g}, u0, steps, 1)
//
// A batch comes first: u is (batch, n). The steps are a matrix with a row for
// each interval: (intervals, 1) if the batch shares them, (intervals, batch)
// if each trajectory has its own. They are an input of the graph, so one graph
// serves every grid with as many intervals. A step of 0 leaves a state as it is, bit
// for bit: short trajectories are padded by them.
//
// A shared grid takes the propagators of its intervals; steps of their own take a
// ladder, see step.Ladder, and for imex one Hessenberg form of A. Both cost a row
// of the batch no more than some products with n×n matrices.
//
//	etd1        exponential Euler, eq. (17): the paper's, order 1
//	etd2rk      Cox and Matthews, order 2
//	etdrk4      Cox and Matthews, order 4
//	imex        implicit in A, explicit in g: the paper's rival, order 1
//	euler, rk4  explicit, for comparison
//
// A g that depends on time is one of a state with the time as one more component,
// whose row of A is 0 and whose g is 1: every method takes the time of a stage
// exactly so, and is then what it is for g(u, t).
//
// Known functions of time enter as a part of the state, see step.Driven: a method takes
// them exactly where they are linear over a step, and none has to know of them.
// System.Enter sets them where an interval begins.
//
// # Adding a method
//
// A method is a file with one type, as etd2rk.go shows: its formula and source,
// Name, Order, and a Plan that makes what all steps of a grid share (a flow
// with as many φ_j as the formula has) and returns the formula of one step. It
// has a line where the methods are registered in integrator.go, one above, and
// its order in TestByName. The tests of order, gradients and batches then run it,
// and models take it by its name. Krogstad's method, ETD3RK and the Lawson methods
// are of this kind.
//
// What a method may use is a fixed A, with products, solves and exponentials of
// it, and values of g. Rosenbrock methods, such as EXPRB32, have no seat: they
// take the exponential of A + Dg(u) at every step and for each row, but a System
// has no Dg, and a flow takes one A for all.
package integrator
