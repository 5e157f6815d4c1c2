// Package graph makes Gorgonia nodes of functions on slices and runs graphs of them.
//
// Gorgonia holds the graph and the chain rule: it finds which gradients a cost
// needs and how they join. Each Function brings its forward function and its
// adjoint; Node makes a Gorgonia op of the two, and Gorgonia derives nothing inside
// them. An op of your own is such a Function, and needs nothing else.
//
// Compile makes a Program of a graph and its gradients, the list of these functions,
// and Program.Run calls them one after the other: Gorgonia's machine does not run in
// it, though it can run the same graph, and gives the same but for the order in which
// gradients are added. Nodes of Gorgonia's own, such as G.Tanh, work in both; Gorgonia
// evaluates them.
//
// An op owns its output and serves one node of one graph: make graphs of your own
// for programs that run at the same time. The value of a node of a Program is a
// Buffer.
package graph
