// Package problem has systems of equations to learn from, each with its source
// and initial states: those of the paper that have few equations, and those by
// which the field tests methods for stiff systems.
//
//	relaxation     HIRES, POLLU (both MassAction), Collisional (linear)
//	oscillation    VanDerPol, Oregonator
//	fields         Burgers, AllenCahn
//
// # Paper
//
//	eq. (21), the transient growth problem   Transient
//	eq. (23), its matrices                   ABump, ADecay
//	section 5.1, its initial states          UniformStates
//	section 5.2, the reaction of Robertson   Robertson, RobertsonStates
//	section 5.2, its times and solver        RobertsonTimes, RobertsonRadau
package problem
