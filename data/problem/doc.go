// Package problem has the problems of the paper that are systems of few equations,
// and their initial states.
//
// # Paper
//
//	eq. (21), the transient growth problem   Transient
//	eq. (23), its matrices                   ABump, ADecay
//	section 5.1, its initial states          UniformStates
//	section 5.2, the reaction of Robertson   Robertson, RobertsonStates
//	section 5.2, its times and solver        RobertsonTimes, RobertsonRadau
package problem
