// Package state is where a training stands between two iterations, as arrays of a
// file, and the log of its iterations.
package state

import (
	"math"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"spnode/data/npz"
	"spnode/model/optim"
)

// The stages of a training.
const (
	First = iota
	LBFGS
	Done
	ClosedForm // before all; files have these numbers
)

// Progress is how far a training has come.
type Progress struct {
	Stage, Iteration int // in it, iterations done
	Iterations       int // done in all stages of the attempt
	Attempt          int
	Backoffs         int     // updates taken back in the attempt
	Undo             int     // 1: the last update can be taken back
	Loss             float64 // at the end of the last stage that has ended
	BestLoss         float64 // of the best attempt so far
	Seconds          float64 // of earlier calls of Fit
}

// Limits are what a configuration lets a training come to.
type Limits struct {
	First, LBFGS       int // iterations
	Restarts, Backoffs int
	ClosedForm, Starts bool // whether there is that stage, and starts
}

// number is one of a progress: an integer, up to what the configuration lets it
// come to and fitting float64 exactly, or else a real one.
type number struct {
	name    string
	integer *int
	most    int
	real    *float64
}

func (p *Progress) numbers(l Limits) []number {
	total, last := l.First, Done
	if l.ClosedForm {
		last = ClosedForm
	}
	switch p.Stage {
	case LBFGS, Done:
		total = l.LBFGS
	case ClosedForm:
		total = 0
	}
	return []number{
		{"stage", &p.Stage, last, nil}, {"iteration", &p.Iteration, total, nil},
		{"iterations", &p.Iterations, l.First + l.LBFGS, nil},
		{"attempt", &p.Attempt, l.Restarts, nil}, {"backoffs", &p.Backoffs, l.Backoffs, nil}, {"undo", &p.Undo, 1, nil},
		{"loss", nil, 0, &p.Loss}, {"best_loss", nil, 0, &p.BestLoss}, {"seconds", nil, 0, &p.Seconds},
	}
}

// Training is what a checkpoint stores of a training beside the parameters and the
// log: optimizer.npz.
type Training struct {
	Progress
	Best      []float64 // parameters, or none
	Starts    []float64 // of a shooting, or none
	Low       Lowest
	Optimizer []npz.Array // of the optimizer of the first stage, or none
	LBFGS     []npz.Array // of the second, or none
}

// What the names of the arrays of the optimizers begin with.
const (
	firstPrefix = "first/"
	lbfgsPrefix = "lbfgs/"
)

// Encode lays the state out as arrays.
func (s *Training) Encode(l Limits) []npz.Array {
	var as []npz.Array
	vector := func(name string, x ...float64) {
		as = append(as, npz.Array{Name: name, Shape: []int{len(x)}, Data: x})
	}
	for _, n := range s.numbers(l) {
		if n.real != nil {
			vector(n.name, *n.real)
		} else {
			vector(n.name, float64(*n.integer))
		}
	}
	vector("best", s.Best...)
	if len(s.Starts) > 0 {
		vector("starts", s.Starts...)
	}
	as = append(as, s.Low.vectors(0).Arrays()...)
	prefixed := func(prefix string, arrays []npz.Array) {
		for _, a := range arrays {
			a.Name = prefix + a.Name
			as = append(as, a)
		}
	}
	prefixed(firstPrefix, s.Optimizer)
	prefixed(lbfgsPrefix, s.LBFGS)
	return as
}

// Decode is the inverse of Encode for a training of so many parameters.
// It refuses what no training can have left, but for what the optimizers are to
// refuse.
func Decode(arrays []npz.Array, l Limits, size int) (*Training, error) {
	s := &Training{}
	var own []npz.Array
	for _, a := range arrays {
		if name, ok := strings.CutPrefix(a.Name, firstPrefix); ok {
			a.Name = name
			s.Optimizer = append(s.Optimizer, a)
		} else if name, ok := strings.CutPrefix(a.Name, lbfgsPrefix); ok {
			a.Name = name
			s.LBFGS = append(s.LBFGS, a)
		} else {
			own = append(own, a)
		}
	}
	numbers := s.numbers(l)
	values := make([][]float64, len(numbers))
	starts := slices.IndexFunc(own, func(a npz.Array) bool { return a.Name == "starts" })
	if (starts >= 0) != l.Starts {
		return nil, errors.Errorf("starts are there: %v, want %v by the configuration", starts >= 0, l.Starts)
	}
	var free int // unknowns beside the parameters
	if starts >= 0 {
		free = len(own[starts].Data)
		size += free
	}
	vectors := optim.Vectors{{Name: "best", Data: &s.Best, Size: size, Optional: true}}
	for _, v := range s.Low.vectors(size) {
		// Without them are checkpoints of before there was a lowest loss.
		if i := slices.IndexFunc(own, func(a npz.Array) bool { return a.Name == v.Name }); i >= 0 {
			if v.Name == "recent" {
				v.Size = min(len(own[i].Data), Recent)
			}
			vectors = append(vectors, v)
		}
	}
	if free > 0 {
		vectors = append(vectors, optim.Vector{Name: "starts", Data: &s.Starts, Size: free})
	}
	for i, n := range numbers {
		vectors = append(vectors, optim.Vector{Name: n.name, Data: &values[i], Size: 1})
	}
	if err := vectors.Restore(own); err != nil {
		return nil, err
	}
	for i, n := range numbers {
		switch x := values[i][0]; {
		case n.real != nil:
			*n.real = x
		case x != math.Trunc(x) || !(x >= 0 && x <= 1<<53):
			return nil, errors.Errorf("%s is %g, want an integer that is not negative", n.name, x)
		default:
			*n.integer = int(x)
		}
	}
	for _, n := range s.numbers(l) { // now that the stage is known
		if n.real == nil && *n.integer > n.most {
			return nil, errors.Errorf("%s is %d, want at most %d", n.name, *n.integer, n.most)
		}
	}
	if len(s.Best) == 0 {
		s.Best = nil
	}
	switch {
	case s.Stage == First && s.Iterations != s.Iteration:
		return nil, errors.Errorf("iteration is %d and iterations %d, want the same in the first stage", s.Iteration, s.Iterations)
	case (s.Stage == First) != (s.Optimizer != nil):
		return nil, errors.Errorf("stage is %d and the state of the first optimizer has %d arrays, want some in stage %d alone", s.Stage, len(s.Optimizer), First)
	case (s.Stage == LBFGS) != (s.LBFGS != nil):
		return nil, errors.Errorf("stage is %d and the state of L-BFGS has %d arrays, want some in stage %d alone", s.Stage, len(s.LBFGS), LBFGS)
	case s.Undo > s.Iteration:
		return nil, errors.Errorf("undo is %d after %d iterations, want 0", s.Undo, s.Iteration)
	case (len(s.Low.Loss) == 0) != (len(s.Low.W) == 0) || (len(s.Low.Loss) == 0) != (len(s.Low.Recent) == 0):
		return nil, errors.New("the lowest loss is there in part")
	case s.Best == nil && s.Attempt > 0 && s.Stage != Done:
		return nil, errors.New("the parameters of the best attempt are missing")
	}
	return s, nil
}
