package ode

// Stats counts the work of a solver.
type Stats struct {
	Accepted, Rejected int // steps
	Evaluations        int // of the right-hand side, for the whole stack
}

// StiffStats counts the work of a stiff solver, all samples together.
type StiffStats struct {
	Accepted       int `json:"accepted"`        // steps
	Rejected       int `json:"rejected"`        // steps whose error was too large
	NewtonFailures int `json:"newton_failures"` // steps whose Newton iteration did not converge
	Evaluations    int `json:"evaluations"`     // of the right-hand side
	Jacobians      int `json:"jacobians"`       // evaluated
	Decompositions int `json:"decompositions"`  // of the matrix of all stages, and as many of the estimate's
}

func (s *StiffStats) add(o StiffStats) {
	s.Accepted += o.Accepted
	s.Rejected += o.Rejected
	s.NewtonFailures += o.NewtonFailures
	s.Evaluations += o.Evaluations
	s.Jacobians += o.Jacobians
	s.Decompositions += o.Decompositions
}
