package train

import (
	"math"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"spnode/data/npz"
	"spnode/model/closedform"
	"spnode/model/optim"
)

// progress is where a training stands between two iterations.
type progress struct {
	stage, iteration int // in it, iterations done
	iterations       int // done in all stages of the attempt
	attempt          int
	backoffs         int     // updates taken back in the attempt
	undo             int     // 1: the last update can be taken back
	loss             float64 // at the end of the last stage that has ended
	bestLoss         float64 // of the best attempt so far
	seconds          float64 // of earlier Fits
}

func (p progress) result(log []Metrics, closed *closedform.Report) Result {
	return Result{Iterations: p.iterations, Attempts: p.attempt + 1, Seconds: p.seconds, Loss: p.loss, Log: log, ClosedForm: closed}
}

// number is one of a progress: an integer, up to what the configuration lets it
// come to and fitting float64 exactly, or else a real one.
type number struct {
	name    string
	integer *int
	most    int
	real    *float64
}

func (p *progress) numbers(c Config) []number {
	total, last := c.First.Iterations, stageDone
	if c.ClosedForm != nil {
		last = stageClosedForm
	}
	switch p.stage {
	case stageLBFGS, stageDone:
		total = c.LBFGS.Iterations
	case stageClosedForm:
		total = 0
	}
	return []number{
		{"stage", &p.stage, last, nil}, {"iteration", &p.iteration, total, nil},
		{"iterations", &p.iterations, c.First.Iterations + c.LBFGS.Iterations, nil},
		{"attempt", &p.attempt, c.Restarts, nil}, {"backoffs", &p.backoffs, c.Backoffs, nil}, {"undo", &p.undo, 1, nil},
		{"loss", nil, 0, &p.loss}, {"best_loss", nil, 0, &p.bestLoss}, {"seconds", nil, 0, &p.seconds},
	}
}

// state is what a checkpoint stores of a training beside the parameters and the
// log: optimizer.npz.
type state struct {
	progress
	best      []float64 // parameters, or none
	starts    []float64 // of a shooting, or none
	low       lowest
	optimizer []npz.Array // of the optimizer of the first stage, or none
	lbfgs     []npz.Array // of the second, or none
}

// What the names of the arrays of the optimizers begin with.
const (
	firstPrefix = "first/"
	lbfgsPrefix = "lbfgs/"
)

// encode lays the state out as arrays.
func (s *state) encode(c Config) []npz.Array {
	var as []npz.Array
	vector := func(name string, x ...float64) {
		as = append(as, npz.Array{Name: name, Shape: []int{len(x)}, Data: x})
	}
	for _, n := range s.numbers(c) {
		if n.real != nil {
			vector(n.name, *n.real)
		} else {
			vector(n.name, float64(*n.integer))
		}
	}
	vector("best", s.best...)
	if len(s.starts) > 0 {
		vector("starts", s.starts...)
	}
	as = append(as, s.low.vectors(0).Arrays()...)
	prefixed := func(prefix string, arrays []npz.Array) {
		for _, a := range arrays {
			a.Name = prefix + a.Name
			as = append(as, a)
		}
	}
	prefixed(firstPrefix, s.optimizer)
	prefixed(lbfgsPrefix, s.lbfgs)
	return as
}

// decodeState is the inverse of encode for a training by c of so many parameters.
// It refuses what no training can have left, but for what the optimizers are to
// refuse.
func decodeState(arrays []npz.Array, c Config, size int) (*state, error) {
	s := &state{}
	var own []npz.Array
	for _, a := range arrays {
		if name, ok := strings.CutPrefix(a.Name, firstPrefix); ok {
			a.Name = name
			s.optimizer = append(s.optimizer, a)
		} else if name, ok := strings.CutPrefix(a.Name, lbfgsPrefix); ok {
			a.Name = name
			s.lbfgs = append(s.lbfgs, a)
		} else {
			own = append(own, a)
		}
	}
	numbers := s.numbers(c)
	values := make([][]float64, len(numbers))
	starts := slices.IndexFunc(own, func(a npz.Array) bool { return a.Name == "starts" })
	if (starts >= 0) != (c.Shooting != nil) {
		return nil, errors.Errorf("starts are there: %v, want %v by the configuration", starts >= 0, c.Shooting != nil)
	}
	var free int // unknowns beside the parameters
	if starts >= 0 {
		free = len(own[starts].Data)
		size += free
	}
	vectors := optim.Vectors{{Name: "best", Data: &s.best, Size: size, Optional: true}}
	for _, v := range s.low.vectors(size) {
		// Without them are checkpoints of before there was a lowest loss.
		if i := slices.IndexFunc(own, func(a npz.Array) bool { return a.Name == v.Name }); i >= 0 {
			if v.Name == "recent" {
				v.Size = min(len(own[i].Data), recentLosses)
			}
			vectors = append(vectors, v)
		}
	}
	if free > 0 {
		vectors = append(vectors, optim.Vector{Name: "starts", Data: &s.starts, Size: free})
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
	for _, n := range s.numbers(c) { // now that the stage is known
		if n.real == nil && *n.integer > n.most {
			return nil, errors.Errorf("%s is %d, want at most %d", n.name, *n.integer, n.most)
		}
	}
	if len(s.best) == 0 {
		s.best = nil
	}
	switch {
	case s.stage == stageFirst && s.iterations != s.iteration:
		return nil, errors.Errorf("iteration is %d and iterations %d, want the same in the first stage", s.iteration, s.iterations)
	case (s.stage == stageFirst) != (s.optimizer != nil):
		return nil, errors.Errorf("stage is %d and the state of the first optimizer has %d arrays, want some in stage %d alone", s.stage, len(s.optimizer), stageFirst)
	case (s.stage == stageLBFGS) != (s.lbfgs != nil):
		return nil, errors.Errorf("stage is %d and the state of L-BFGS has %d arrays, want some in stage %d alone", s.stage, len(s.lbfgs), stageLBFGS)
	case s.undo > s.iteration:
		return nil, errors.Errorf("undo is %d after %d iterations, want 0", s.undo, s.iteration)
	case (len(s.low.loss) == 0) != (len(s.low.w) == 0) || (len(s.low.loss) == 0) != (len(s.low.recent) == 0):
		return nil, errors.New("the lowest loss is there in part")
	case s.best == nil && s.attempt > 0 && s.stage != stageDone:
		return nil, errors.New("the parameters of the best attempt are missing")
	}
	return s, nil
}

// state is where the training stands.
func (t *Trainer) state() *state {
	s := &state{progress: t.progress, best: t.best, low: t.low, starts: t.starts()}
	switch t.stage {
	case stageFirst:
		s.optimizer = t.optimizer.State()
	case stageLBFGS:
		s.lbfgs = t.lbfgs.State()
	}
	return s
}

// setState goes on from a state.
func (t *Trainer) setState(s *state) error {
	if len(s.starts) != len(t.starts()) {
		return errors.Errorf("starts are %d numbers, want %d of the data", len(s.starts), len(t.starts()))
	}
	copy(t.starts(), s.starts)
	t.progress, t.best, t.low = s.progress, s.best, s.low
	switch t.stage {
	case stageFirst:
		if err := t.optimizer.Restore(s.optimizer); err != nil {
			return err
		}
		return t.restoreBefore(s.optimizer)
	case stageLBFGS:
		t.optimizer = nil
		t.lbfgs = optim.LBFGS{LBFGSConfig: t.cfg.LBFGS.LBFGSConfig}
		return t.lbfgs.Restore(s.lbfgs, len(t.w))
	case stageClosedForm: // the optimizer is at its start
		return nil
	}
	t.optimizer = nil
	return nil
}
