// Package predict is prediction from the command line, by one model or by those of a
// sweep.
package predict

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/experiments/driver/command"
	"spnode/experiments/report"
	"spnode/experiments/sweep"
	"spnode/model"
	"spnode/model/folder"
	"spnode/model/latent"
	"spnode/model/train"
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
// A line on warnings tells of the states that are far from those that the model was
// trained to start from, see model.Model.Far, of each that is outside of the ball
// that holds the data of a bounded model, and of predictions that leave the range of the
// training's data.
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
	if err := o.warn(m, u0, warnings); err != nil {
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
	u0 := make([][]float64, d.Samples())
	for s, tr := range d.Trajectories {
		u0[s] = tr.States[0]
	}
	if err := o.warn(m, u0, warnings); err != nil {
		return nil, err
	}
	return train.Predict(m, d)
}

// components are their names.
func components(c model.Config) []string {
	names := slices.Clone(c.Components)
	for i := len(names); i < c.Dim; i++ {
		names = append(names, fmt.Sprint("u", i+1))
	}
	return names
}

// beyond is the part of its range by which a component may leave it unwarned: of as
// many states as trained, others are a little outside.
const beyond = 0.1

// off is how far a value is outside of a range, 0 where that is nothing to warn of.
func off(r [2]float64, v float64) float64 {
	if d := max(r[0]-v, v-r[1]); d > beyond*(r[1]-r[0]) {
		return d
	}
	return 0
}

// tellOfLeaving tells of predictions that begin in the range of the training's data and
// leave it.
func (o Options) tellOfLeaving(c model.Config, d *data.Dataset, warnings io.Writer) {
	for j, r := range c.Ranges {
		count, most, where := 0, 0.0, ""
		for s, tr := range d.Trajectories {
			farthest := 0
			for k, u := range tr.States {
				if off(r, u[j]) > off(r, tr.States[farthest][j]) {
					farthest = k
				}
			}
			if by := off(r, tr.States[farthest][j]); by > 0 && off(r, tr.States[0][j]) == 0 {
				count++
				if by > most {
					most, where = by, fmt.Sprintf("%.4g at t = %.4g of state %d", tr.States[farthest][j], tr.Times[farthest], s)
				}
			}
		}
		if count > 0 {
			fmt.Fprintf(warnings, "%s: %s of %d of %d predictions leaves what the model was trained on, %.4g to %.4g; it is %s\n",
				o.Command, components(c)[j], count, d.Samples(), r[0], r[1], where)
		}
	}
}

// warn tells of initial states that the model was not made for.
func (o Options) warn(m *model.Model, u0 [][]float64, warnings io.Writer) error {
	c := m.Config()
	names := components(c)
	told := make([]bool, len(u0))
	for j, r := range c.Ranges {
		worst, by, count := 0, 0.0, 0
		for i, u := range u0 {
			d := off(r, u[j])
			if d == 0 {
				continue
			}
			told[i] = true
			if count++; d > by {
				worst, by = i, d
			}
		}
		if count > 0 {
			fmt.Fprintf(warnings, "%s: %s of %d of %d states is outside of what the model was trained on, %.4g to %.4g; it is %.4g in state %d: the prediction may be wrong without another sign\n",
				o.Command, names[j], count, len(u0), r[0], r[1], u0[worst][j], worst)
		}
	}
	// Within the range of whole trajectories a state may still be far from their beginnings.
	far := slices.DeleteFunc(m.Far(u0), func(f latent.Far) bool { return told[f.State] })
	if len(far) > 0 {
		worst := slices.MaxFunc(far, func(a, b latent.Far) int { return cmp.Compare(a.Deviations, b.Deviations) })
		what := "a coordinate"
		if len(c.Basis) == 0 {
			what = names[worst.Component]
		}
		fmt.Fprintf(warnings, "%s: %d of %d states are far from those that the model was trained to start from; %s of state %d by %.0f deviations of them: its prediction may be wrong without another sign\n",
			o.Command, len(far), len(u0), what, worst.State, worst.Deviations)
	}
	outside, err := m.Outside(u0)
	if err != nil {
		return err
	}
	for _, i := range outside {
		fmt.Fprintf(warnings, "%s: state %d is outside of the ball of radius %.4g that holds the data: its prediction is bounded, and not learned\n",
			o.Command, i, c.Nonlinear.Radius)
	}
	return nil
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
