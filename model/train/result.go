package train

import (
	"fmt"

	"spnode/model/closedform"
	"spnode/model/train/state"
)

// Result is what a training has come to.
type Result struct {
	Iterations int     // in all stages of the last attempt
	Attempts   int     // 1 without a restart
	Seconds    float64 // in all
	Loss       float64 // at the end: of the best attempt, whose parameters the model has
	Done       bool    // false: it was stopped, or diverged
	Log        []Metrics
	Phases     []int // where those after the first begin: iterations, from 1
	// ClosedForm is the report of that stage. Nil: there was none.
	ClosedForm *closedform.Report
}

// Result returns what the training has come to so far.
func (t *Trainer) Result() Result { return result(t.cfg, t.now, t.log, t.report) }

func result(c Config, p state.Progress, log []Metrics, closed *closedform.Report) Result {
	var begin []int
	for _, phase := range c.phases()[1:] {
		begin = append(begin, c.begin(phase)+1)
	}
	return Result{Iterations: p.Iterations, Attempts: p.Attempt + 1, Seconds: p.Seconds, Loss: p.Loss, Done: p.Stage == state.Done, Log: log, Phases: begin, ClosedForm: closed}
}

// String says what a training has come to, in a line.
func (r Result) String() string {
	loss := r.Loss
	if n := len(r.Log); loss == 0 && n > 0 { // it was stopped
		loss = r.Log[n-1].Loss
	}
	s := fmt.Sprintf("%d iterations in %.3g s, loss %.3g", r.Iterations, r.Seconds, loss)
	if r.ClosedForm != nil {
		s = fmt.Sprintf("%v; then %s", r.ClosedForm, s)
	}
	if r.Attempts > 1 {
		s += fmt.Sprintf(", the best of %d attempts", r.Attempts)
	}
	return s
}
