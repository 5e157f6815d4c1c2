// Package predict is prediction from the command line, by one model or by those of a
// sweep.
package predict

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/experiments/driver/command"
	"spnode/experiments/report"
	"spnode/experiments/sweep"
	"spnode/model"
	"spnode/model/folder"
	"spnode/model/train"
	"spnode/model/train/sample"
)

// Options say what to predict, in the words of the flags; what a flag was not given
// for is empty.
type Options struct {
	Command string // its name, which warnings begin with
	Dir     string // of a checkpoint, of a run of one model, or of a sweep

	// Initial states and times, or trajectories that have both.
	Initial, Times, Trajectories string

	Only       string // the model of each of a sweep's runs
	Integrator string
	Substeps   int
	Out        string // .csv, .npy or .npz, or - for CSV on standard output
}

// Predict reads the model, the initial states and the times, and writes the predicted
// states in physical, unscaled variables. Nothing of the training is needed, and the
// model may be of any experiment.
//
// The components are named as the checkpoint does, else u1, u2, …. The models of a
// sweep's folder predict together, see [sweep.Ensemble].
//
// A line on warnings tells of each component of the states, parameter and input that is
// outside of what the model was trained on, see model.Model.Beyond, of the states that are
// far from those that it was trained to start from, see model.Model.Far, of each that is
// outside of the ball that holds the data of a bounded model, and of predictions that
// leave the range of the training's data.
func (o Options) Predict(stdout, warnings io.Writer) error {
	if err := o.checkOut(); err != nil {
		return err
	}
	home, err := sweep.Open(o.Dir)
	if err == nil {
		return o.ensemble(home, stdout, warnings)
	}
	if !errors.Is(err, os.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
		return command.AsUsage(err)
	}
	if o.Only != "" {
		return command.Usagef("flag -only: got it with -predict of one model, want a sweep's folder; leave it out")
	}
	m, err := Load(o.Dir)
	if err != nil {
		return err
	}
	if m, err = o.deploy(m); err != nil {
		return command.AsUsage(err)
	}
	predicted := o.fromStates
	if o.Trajectories != "" {
		predicted = o.trajectories
	}
	d, err := predicted(m, warnings)
	if err != nil {
		return command.AsUsage(err)
	}
	o.tellOfLeaving(m.Config(), d, warnings)
	return o.write(d, components(m.Config()), stdout)
}

// start reads the initial states of a model and the times.
func (o Options) start(m *model.Model) (u0 [][]float64, times []float64, err error) {
	if u0, err = data.ReadStates(o.Initial, m.Config().Components...); err == nil {
		times, err = data.ParseTimes(o.Times)
	}
	return u0, times, command.AsUsage(err)
}

func (o Options) write(d *data.Dataset, names []string, stdout io.Writer) (err error) {
	if err = d.Complete(); err != nil {
		// NaN is no gap here; told below
	} else if o.Out == "-" {
		err = d.WriteCSV(stdout)
	} else if err = d.Write(o.Out); err == nil {
		times := "times of their own"
		if t, shared := d.Grid(); shared {
			times = fmt.Sprintf("%s from %.4g to %.4g", report.Count(len(t), "time"), t[0], t[len(t)-1])
		}
		fmt.Fprintf(stdout, "%s: %s at %s, %s\n", o.Out, report.Count(d.Samples(), "trajectory"), times, strings.Join(names, ", "))
	}
	if errors.Is(err, data.ErrNotFinite) {
		err = errors.WithMessage(err, "the prediction runs away and is not written; try more -substeps or another -integrator")
	}
	return err
}

// fromStates predicts from the states of -initial at the times of -times.
func (o Options) fromStates(m *model.Model, warnings io.Writer) (*data.Dataset, error) {
	if c := m.Config(); len(c.Parameters.Names)+len(c.Inputs.Names) > 0 {
		return nil, command.Usagef("flag -initial: the model has parameters %v and inputs %v, which states do not tell; try -trajectories FILE in place of -initial and -times", c.Parameters.Names, c.Inputs.Names)
	}
	u0, times, err := o.start(m)
	if err != nil {
		return nil, err
	}
	if err := o.warn(m, runsFrom(u0, times), warnings); err != nil {
		return nil, err
	}
	u, err := m.Predict(u0, times)
	if err != nil {
		return nil, err
	}
	return data.Shared(times, u, m.Config().Components), nil
}

// trajectories predicts those of -trajectories.
func (o Options) trajectories(m *model.Model, warnings io.Writer) (*data.Dataset, error) {
	d, err := data.ReadWith(o.Trajectories, data.ReadOptions{Components: m.Config().Components})
	if err != nil {
		return nil, err
	}
	runs, err := sample.Runs(m, d)
	if err != nil {
		return nil, err
	}
	if err := o.warn(m, runs, warnings); err != nil {
		return nil, err
	}
	return train.Predict(m, d)
}

// runsFrom are those from states at the same times.
func runsFrom(u0 [][]float64, times []float64) (runs []model.Run) {
	for _, u := range u0 {
		runs = append(runs, model.Run{State: u, Times: times})
	}
	return runs
}

// checkOut refuses, before anything is worked out, a file that could not be
// written or that is there.
func (o Options) checkOut() error {
	switch ext := strings.ToLower(filepath.Ext(o.Out)); {
	case o.Out == "-":
		return nil
	case ext != ".csv" && ext != ".npy" && ext != ".npz":
		return command.Usagef("flag -out: got %q, want a .csv, .npy or .npz file, or - for standard output", o.Out)
	}
	if _, err := os.Lstat(o.Out); err == nil {
		return command.Usagef("flag -out: %s exists and is never overwritten; choose another name", o.Out)
	}
	if info, err := os.Stat(filepath.Dir(o.Out)); err != nil || !info.IsDir() {
		return command.Usagef("flag -out: got %s, want a file in a folder that exists", o.Out)
	}
	return nil
}

// deploy returns the model with the integrator and the substeps of the flags.
func (o Options) deploy(m *model.Model) (*model.Model, error) {
	c := m.Config()
	if o.Integrator != "" {
		c.Integrator = o.Integrator
	}
	if o.Substeps > 0 {
		c.Substeps = o.Substeps
	}
	return m.WithIntegrator(c.Integrator, c.Substeps)
}

// Load reads a model from its checkpoint's folder, or from the folder of
// a run that has one model.
func Load(dir string) (*model.Model, error) {
	if !folder.Exists(dir) {
		names := modelsIn(dir)
		if len(names) > 1 {
			return nil, command.Usagef("checkpoint %s: it holds several models; name the folder of one of %s", dir, strings.Join(names, ", "))
		}
		if len(names) == 1 {
			dir = filepath.Join(dir, names[0])
		}
	}
	m, err := model.Load(dir)
	return m, command.AsUsage(err)
}

// modelsIn lists the checkpoints in a run's folder.
func modelsIn(dir string) (names []string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // which model.Load reports
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") { // what a killed writer has left
			continue
		}
		if folder.Exists(filepath.Join(dir, e.Name())) {
			names = append(names, e.Name())
		}
	}
	return names
}
