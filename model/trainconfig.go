package model

import (
	"math"
	"runtime"

	"github.com/pkg/errors"
)

// TrainConfig is all that shapes a training; a checkpoint stores it.
type TrainConfig struct {
	// Batch is the number of samples in an iteration, drawn by seeded
	// permutations; 0 takes all of them every time.
	Batch int `json:"batch"`
	// Workers divide a batch among them; 0 stands for the number of cores. The
	// result depends on it in the last bits, and a checkpoint keeps it.
	Workers int `json:"workers"`
	// Seed determines the order of the samples.
	Seed uint64 `json:"seed"`
	// Weighting of the loss in time: time (eq. (20)), log-time or uniform.
	Weighting string `json:"weighting"`
	// Grid is what an iteration sees of the data's times.
	Grid GridConfig `json:"grid,omitzero"`
	// Window, if not 0, has a sample be so many steps of a trajectory, Window+1
	// consecutive snapshots, where every start is one: of the whole data, with
	// T times each, (T − Window) samples a trajectory. Their times are from 0,
	// so the system must be autonomous, and the data's grid uniform to a
	// millionth of its step. The loss at the end of Adam is then that of at most
	// 20 batches of evenly spaced windows.
	Window int `json:"window,omitempty"`
	// Phases, in the order in which they begin, have the first stage go on with
	// other windows and batches than the two above.
	Phases []Phase `json:"phases,omitempty"`

	Adam  AdamStage  `json:"adam"`
	LBFGS LBFGSStage `json:"lbfgs"`

	// Restart: a training whose final loss is above RestartAbove begins again
	// from other parameters, at most Restarts times, and ends with the
	// parameters of its best attempt. 0: it does not.
	RestartAbove float64 `json:"restart_above,omitempty"`
	Restarts     int     `json:"restarts,omitempty"`
	// Backoffs: an update after which the loss is not finite is taken back and
	// done at half the rate, at most so many times in a training.
	Backoffs int `json:"backoffs"`
}

// The optimizers of the first stage.
const (
	OptimizerAdam = "adam"
	OptimizerSOAP = "soap"
)

// AdamStage is the first stage.
type AdamStage struct {
	Iterations int `json:"iterations"`
	// Optimizer is adam or soap; empty: adam. SOAP is Adam, with the settings of
	// it, in bases of their own for the weight matrices of the networks, which
	// takes far fewer iterations where these are wide.
	Optimizer string `json:"optimizer,omitempty"`
	AdamConfig
	SOAP     SOAPConfig `json:"soap,omitzero"`
	Schedule Schedule   `json:"schedule"`
	// LinearRate multiplies the learning rate of the parameters of A; 0 stands
	// for 1.
	LinearRate float64 `json:"linear_rate,omitempty"`
	// Clip bounds the Euclidean norm of the whole gradient; 0 does not.
	Clip float64 `json:"clip,omitempty"`
}

// LBFGSStage is the second stage, a full-batch finish.
type LBFGSStage struct {
	Iterations int `json:"iterations"`
	LBFGSConfig
}

// DefaultTrainConfig returns 300 iterations of Adam and up to 500 of L-BFGS on
// all samples at once, which suits small problems.
func DefaultTrainConfig() TrainConfig {
	return TrainConfig{
		Weighting: WeightTime,
		Adam: AdamStage{
			Iterations: 300,
			AdamConfig: DefaultAdam(),
			Schedule:   Schedule{Kind: ScheduleConstant, Rate: 0.01},
		},
		LBFGS:    LBFGSStage{Iterations: 500, LBFGSConfig: DefaultLBFGS()},
		Backoffs: 10,
	}
}

// Validate reports the first setting that cannot be used. The error is
// ErrConfig.
func (c TrainConfig) Validate() error {
	bad := func(format string, args ...any) error {
		return errors.Wrapf(ErrConfig, "model: TrainConfig: "+format, args...)
	}
	switch {
	case c.Batch < 0:
		return bad("batch is %d, want at least 1, or 0 for all samples", c.Batch)
	case c.Workers < 0:
		return bad("workers is %d, want at least 1, or 0 for one for each core", c.Workers)
	case c.Adam.Iterations < 0 || c.LBFGS.Iterations < 0:
		return bad("iterations are %d of Adam and %d of L-BFGS, want numbers that are not negative", c.Adam.Iterations, c.LBFGS.Iterations)
	case !(c.Adam.Clip >= 0) || math.IsInf(c.Adam.Clip, 0):
		return bad("adam.clip is %g, want a finite number above 0, or 0 for none", c.Adam.Clip)
	case c.Adam.Optimizer != "" && c.Adam.Optimizer != OptimizerAdam && c.Adam.Optimizer != OptimizerSOAP:
		return bad("adam.optimizer is %q, want %s or %s", c.Adam.Optimizer, OptimizerAdam, OptimizerSOAP)
	case !(c.Adam.LinearRate >= 0) || math.IsInf(c.Adam.LinearRate, 0):
		return bad("adam.linear_rate is %g, want a finite number above 0, or 0 for 1", c.Adam.LinearRate)
	case c.LBFGS.Iterations > 0 && c.Grid.Points > 0:
		return bad("L-BFGS needs the same times in every iteration: grid.points is %d, want 0", c.Grid.Points)
	case c.Window < 0:
		return bad("window is %d, want at least 1 step, or 0 for whole trajectories", c.Window)
	case c.LBFGS.Iterations > 0 && c.Batch > 0:
		return bad("L-BFGS needs the whole data set as its batch: batch is %d, want 0", c.Batch)
	case c.Restarts < 0 || c.Backoffs < 0 || !(c.RestartAbove >= 0):
		return bad("restarts is %d, restart_above %g and backoffs %d, want numbers that are not negative", c.Restarts, c.RestartAbove, c.Backoffs)
	}
	if c.Adam.Iterations > 0 {
		if err := c.Adam.AdamConfig.Validate(); err != nil {
			return bad("%v", err)
		}
		if err := c.Adam.SOAP.Validate(); err != nil {
			return bad("%v", err)
		}
		if err := c.Adam.Schedule.Validate(); err != nil {
			return bad("%v", err)
		}
	}
	if c.LBFGS.Iterations > 0 {
		if err := c.LBFGS.LBFGSConfig.Validate(); err != nil {
			return bad("%v", err)
		}
	}
	if err := c.validatePhases(); err != nil {
		return err
	}
	if err := c.Grid.validate(); err != nil {
		return err
	}
	if _, err := LossWeights(c.Weighting, []float64{1, 2}); err != nil {
		return err
	}
	return storable("TrainConfig", c)
}

func defaultWorkers(n int) int {
	if n > 0 {
		return n
	}
	return runtime.NumCPU()
}
