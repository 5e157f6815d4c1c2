package train

import (
	"encoding/json"
	"html"
	"math"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"spnode/model"
	"spnode/model/closedform"
	"spnode/model/objective"
	"spnode/model/optim"
	"spnode/model/train/sample"
	"spnode/model/train/state"
)

// Config is all that shapes a training; a checkpoint stores it.
type Config struct {
	// Workers divide a batch among them; 0 stands for the number of cores. The
	// result depends on it in the last bits, and a checkpoint keeps it.
	Workers int `json:"workers"`
	// Seed determines the order of the samples.
	Seed uint64 `json:"seed"`
	// Weighting of the loss in time: time (eq. (20)), log-time or uniform.
	Weighting string `json:"weighting"`
	// Sampler is the name of what chooses the samples of an iteration, see package
	// sample; empty: shuffled.
	Sampler string `json:"sampler,omitempty"`
	// Grid is what an iteration sees of the data's times.
	Grid sample.Grid `json:"grid,omitzero"`
	// Phases, in the order in which they begin, are the windows and batches of
	// the first stage; L-BFGS goes on with the last one. None stands for one
	// that sees all samples, whole, in every iteration.
	Phases []sample.Phase `json:"phases,omitempty"`

	// Shooting, if it is not nil, has the states with which samples begin be unknowns.
	Shooting *sample.Shooting `json:"shooting,omitempty"`
	// ClosedForm, if set, has a fit by least squares come before the stages, which then
	// begin from it; with no iterations of theirs it is the training.
	ClosedForm *closedform.Config `json:"closed_form,omitempty"`
	First      FirstStage         `json:"first"`
	LBFGS      LBFGSStage         `json:"lbfgs"`

	// Restart: a training whose final loss is above RestartAbove begins again
	// from other parameters, at most Restarts times, and ends with the
	// parameters of its best attempt. 0: it does not.
	RestartAbove float64 `json:"restart_above,omitempty"`
	Restarts     int     `json:"restarts,omitempty"`
	// Backoffs: an update after which the loss is not finite is taken back and
	// done at half the rate, at most so many times in a training.
	Backoffs int `json:"backoffs"`
}

// What other packages have of a training: a phase, the times and the starts that
// iterations see, and the numbers of an iteration.
type (
	Phase      = sample.Phase
	GridConfig = sample.Grid
	Shooting   = sample.Shooting
	Metrics    = state.Metrics
)

// FirstStage is the first stage: updates against the gradients of batches. In
// metrics and messages it has the name of its optimizer.
type FirstStage struct {
	// Optimizer is adam, soap or another name that package optim knows.
	Optimizer string `json:"optimizer"`
	// Settings are its numbers, by their names there; the others have their
	// defaults.
	Settings   optim.Settings `json:"settings,omitempty"`
	Iterations int            `json:"iterations"`
	Schedule   optim.Schedule `json:"schedule"`
	// LinearRate multiplies the learning rate of the parameters of A; 0 stands
	// for 1.
	LinearRate float64 `json:"linear_rate,omitempty"`
	// Clip bounds the Euclidean norm of the whole gradient; 0 does not.
	Clip float64 `json:"clip,omitempty"`
}

// LBFGSStage is the second stage, a full-batch finish.
type LBFGSStage struct {
	Iterations int `json:"iterations"`
	optim.LBFGSConfig
}

// StageLBFGS is the name of the second stage in metrics and messages.
const StageLBFGS = "lbfgs"

// DefaultConfig returns 300 iterations of Adam and up to 500 of L-BFGS on all
// samples at once, which suits small problems.
func DefaultConfig() Config {
	return Config{
		Weighting: objective.WeightTime,
		First: FirstStage{
			Optimizer:  "adam",
			Iterations: 300,
			Schedule:   optim.Schedule{Kind: optim.ScheduleConstant, Rate: 0.01},
		},
		LBFGS:    LBFGSStage{Iterations: 500, LBFGSConfig: optim.DefaultLBFGS()},
		Backoffs: 10,
	}
}

// SetBatch has every phase see batches of so many samples, 0 standing for all.
func (c *Config) SetBatch(n int) {
	c.Phases = c.phases() // a copy: phases may be shared by configurations
	for i := range c.Phases {
		c.Phases[i].Batch = n
	}
}

// phases are those of a training, at least one.
func (c Config) phases() []sample.Phase {
	if len(c.Phases) == 0 {
		return []sample.Phase{{}}
	}
	return slices.Clone(c.Phases)
}

// bad is the error of a setting.
func bad(format string, args ...any) error {
	return errors.Wrapf(model.ErrConfig, "train: Config: "+format, args...)
}

// Validate reports the first setting that cannot be used. The error is
// model.ErrConfig.
func (c Config) Validate() error {
	first, lbfgs := c.First, c.LBFGS
	switch {
	case c.Workers < 0:
		return bad("workers is %d, want at least 1, or 0 for one for each core", c.Workers)
	case first.Iterations < 0 || lbfgs.Iterations < 0:
		return bad("iterations are %d of the first stage and %d of L-BFGS, want numbers that are not negative", first.Iterations, lbfgs.Iterations)
	case !(first.Clip >= 0) || math.IsInf(first.Clip, 0):
		return bad("first.clip is %g, want a finite number above 0, or 0 for none", first.Clip)
	case !(first.LinearRate >= 0) || math.IsInf(first.LinearRate, 0):
		return bad("first.linear_rate is %g, want a finite number above 0, or 0 for 1", first.LinearRate)
	case lbfgs.Iterations > 0 && c.Grid.Points > 0:
		return bad("L-BFGS needs the same times in every iteration: grid.points is %d, want 0", c.Grid.Points)
	case c.Grid.Jumps > 0 && (c.sampler() != sample.Anywhere || c.Weighting != objective.WeightUniform):
		return bad("grid.jumps is %g with the sampler %s and the weighting %s, want 0, or %s and %s", c.Grid.Jumps, c.sampler(), c.Weighting, sample.Anywhere, objective.WeightUniform)
	case !slices.Contains(sample.Names(), c.sampler()):
		return bad("sampler is %q, want %s", c.Sampler, strings.Join(sample.Names(), " or "))
	case c.Restarts < 0 || c.Backoffs < 0 || !(c.RestartAbove >= 0):
		return bad("restarts is %d, restart_above %g and backoffs %d, want numbers that are not negative", c.Restarts, c.RestartAbove, c.Backoffs)
	}
	if _, err := optim.New(first.Optimizer, first.Settings, nil, 1); err != nil {
		return bad("first.optimizer: %v", err)
	}
	if first.Iterations > 0 {
		if err := first.Schedule.Validate(); err != nil {
			return bad("%v", err)
		}
	}
	if lbfgs.Iterations > 0 {
		if err := lbfgs.LBFGSConfig.Validate(); err != nil {
			return bad("%v", err)
		}
	}
	from := 0.
	for i, p := range c.phases() {
		if err := p.Validate(i, from); err != nil {
			return err
		}
		if lbfgs.Iterations > 0 && p.Batch > 0 {
			return bad("L-BFGS needs the whole data set as its batch: batch of phase %d is %d, want 0", i, p.Batch)
		}
		from = p.From
	}
	if err := c.validateShooting(); err != nil {
		return err
	}
	if err := c.validateClosedForm(); err != nil {
		return err
	}
	if err := c.Grid.Validate(); err != nil {
		return err
	}
	if _, err := objective.Weights(c.Weighting, []float64{1, 2}); err != nil {
		return err
	}
	if _, err := json.Marshal(c); err != nil {
		return bad("%v, want finite numbers", err)
	}
	return nil
}

// limits are what a training can come to.
func (c Config) limits() state.Limits {
	return state.Limits{
		First: c.First.Iterations, LBFGS: c.LBFGS.Iterations, Restarts: c.Restarts, Backoffs: c.Backoffs,
		ClosedForm: c.ClosedForm != nil, Starts: c.Shooting != nil,
	}
}

func (c Config) validateShooting() error {
	s := c.Shooting
	switch phases := c.phases(); {
	case s == nil:
		return nil
	case !(s.Penalty >= 0) || math.IsInf(s.Penalty, 0):
		return bad("shooting.penalty is %g, want a finite number that is not negative", s.Penalty)
	case c.ClosedForm != nil:
		return bad("shooting and closed_form: got both, want one of them, as a closed form starts from what was measured")
	case c.sampler() != sample.Shuffled || c.Grid.Points > 0 || len(phases) > 1 || phases[0].Saturation > 0 || phases[0].Consistency > 0 || phases[0].Velocities > 0:
		return bad("shooting has one start for each sample: sampler is %s, grid.points %d, with %d phases, saturation %g, consistency %g and velocities %d, want %s, 0, 1, 0, 0 and 0",
			c.sampler(), c.Grid.Points, len(phases), phases[0].Saturation, phases[0].Consistency, phases[0].Velocities, sample.Shuffled)
	}
	return nil
}

// at is the index of the phase of an iteration.
func (c Config) at(iteration int) int {
	now := 0
	for i, p := range c.Phases {
		if float64(iteration) >= p.From*float64(c.First.Iterations) {
			now = i
		}
	}
	return now
}

// begin is the first iteration of a phase.
func (c Config) begin(p sample.Phase) int {
	return int(math.Ceil(p.From * float64(c.First.Iterations)))
}

func (c Config) sampler() string {
	if c.Sampler == "" {
		return sample.Shuffled
	}
	return c.Sampler
}

// fromBeginnings reports whether all that the model is trained on begins where the
// trajectories do.
func (c Config) fromBeginnings() bool {
	return c.ClosedForm == nil && c.sampler() == sample.Shuffled && !slices.ContainsFunc(c.phases(), func(p sample.Phase) bool {
		return p.Window > 0 || p.Span > 0 || p.Velocities > 0
	})
}

// HTML is the configuration in the form of train.json, by which a notebook shows
// it.
func (c Config) HTML() string {
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil { // NaN or Inf, which Validate refuses too
		return html.EscapeString(err.Error())
	}
	return "<pre>" + html.EscapeString(string(b)) + "</pre>"
}
