package train

import (
	"math"
	"slices"
	"time"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/model/closedform"
	"spnode/model/leastsq"
	"spnode/model/train/state"
)

// StageClosedForm is the name of the stage before all others in metrics and
// messages, of a training that has one: see package closedform. Metrics of it go to
// hooks alone, with the relative residual for a loss, of the velocities and then of
// rollouts; its report is in the Result. It is one iteration, of which a checkpoint
// has all or nothing.
const StageClosedForm = "closed form"

// validateClosedForm checks what the stage needs of the rest.
func (c Config) validateClosedForm() error {
	if c.ClosedForm == nil {
		return nil
	}
	if err := c.ClosedForm.Validate(); err != nil {
		return bad("closed_form: %v", err)
	}
	if c.RestartAbove > 0 && c.Restarts > 0 {
		return bad("closed_form comes to the same from every start: restarts is %d, want 0", c.Restarts)
	}
	return nil
}

// complete are the states of a data set that were measured whole, for a fit in
// closed form, which gives all trajectories the same weight.
func complete(d *data.Dataset) ([]leastsq.Trajectory, error) {
	if k := len(d.Inputs) + len(d.Parameters); k > 0 {
		return nil, dataError("closed_form: the data have %d inputs and parameters, want none", k)
	}
	var all []leastsq.Trajectory
	for _, tr := range d.Trajectories {
		var c leastsq.Trajectory
		for k, u := range tr.States {
			if !slices.ContainsFunc(u, math.IsNaN) {
				c.Times, c.States = append(c.Times, tr.Times[k]), append(c.States, u)
			}
		}
		if len(c.Times) > 1 {
			all = append(all, c)
		}
	}
	return all, nil
}

// closedForm does the stage.
func (t *Trainer) closedForm() error {
	c, start := *t.cfg.ClosedForm, time.Now()
	c.Progress = func(done, total int, residual float64) {
		m := Metrics{Iteration: done, Loss: residual, Seconds: t.now.Seconds + time.Since(start).Seconds(), Stage: StageClosedForm, Total: total}
		for _, f := range t.hooks {
			f(m)
		}
	}
	report, err := closedform.Fit(t.Model, c, t.complete)
	if err != nil {
		return errors.Wrap(err, "train: Fit")
	}
	t.report = report
	t.now.Stage = state.First
	return nil
}
