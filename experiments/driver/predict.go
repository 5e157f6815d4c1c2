package driver

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
	"spnode/experiments/sweep"
	"spnode/model"
	"spnode/model/folder"
	"spnode/model/latent"
	"spnode/model/train"
)

// Prediction does what -predict asks for: it reads the model, the initial
// states and the times, or trajectories that have both, and writes the predicted states in physical, unscaled
// variables to -out, or as CSV to stdout for "-". Nothing of the training is
// needed, and the model may be of any experiment.
//
// The components are named as the checkpoint does, else u1, u2, …. The models of a
// sweep's folder predict together, see [sweep.Ensemble].
//
// A line on warnings tells of the states that are far from those that the model was
// trained to start from, see model.Model.Far, and of each that is outside of the ball
// that holds the data of a bounded model.
func (f *Flags) Prediction(stdout, warnings io.Writer) error {
	if err := f.checkOut(); err != nil {
		return err
	}
	home, err := sweep.Open(f.Predict)
	if err == nil {
		return f.ensemble(home, stdout, warnings)
	}
	if !errors.Is(err, os.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
		return AsUsage(err)
	}
	if f.Given("only") {
		return Usagef("flag -only: got it with -predict of one model, want a sweep's folder; leave it out")
	}
	m, err := LoadModel(f.Predict)
	if err != nil {
		return err
	}
	if m, err = f.deploy(m); err != nil {
		return AsUsage(err)
	}
	predicted := f.fromStates
	if f.Given("trajectories") {
		predicted = f.trajectories
	}
	d, err := predicted(m, warnings)
	if err != nil {
		return AsUsage(err)
	}
	return f.writePrediction(d, stdout)
}

// start reads the initial states of a model and the times.
func (f *Flags) start(m *model.Model) (u0 [][]float64, times []float64, err error) {
	if u0, err = data.ReadStates(f.Initial, m.Config().Components...); err == nil {
		times, err = data.ParseTimes(f.Times)
	}
	return u0, times, AsUsage(err)
}

func (f *Flags) writePrediction(d *data.Dataset, stdout io.Writer) (err error) {
	if err = d.Complete(); err != nil {
		// NaN is no gap here; told below
	} else if f.Out == "-" {
		err = d.WriteCSV(stdout)
	} else {
		err = d.Write(f.Out)
	}
	if errors.Is(err, data.ErrNotFinite) {
		err = errors.WithMessage(err, "the prediction runs away and is not written; try more -substeps or another -integrator")
	}
	return err
}

// fromStates predicts from the states of -initial at the times of -times.
func (f *Flags) fromStates(m *model.Model, warnings io.Writer) (*data.Dataset, error) {
	u0, times, err := f.start(m)
	if err != nil {
		return nil, err
	}
	if err := f.warn(m, u0, warnings); err != nil {
		return nil, err
	}
	u, err := m.Predict(u0, times)
	if err != nil {
		return nil, err
	}
	return data.Shared(times, u, m.Config().Components), nil
}

// trajectories predicts those of -trajectories.
func (f *Flags) trajectories(m *model.Model, warnings io.Writer) (*data.Dataset, error) {
	d, err := data.ReadWith(f.Trajectories, data.ReadOptions{Components: m.Config().Components})
	if err != nil {
		return nil, err
	}
	u0 := make([][]float64, d.Samples())
	for s, tr := range d.Trajectories {
		u0[s] = tr.States[0]
	}
	if err := f.warn(m, u0, warnings); err != nil {
		return nil, err
	}
	return train.Predict(m, d)
}

// warn tells of initial states that the model was not made for.
func (f *Flags) warn(m *model.Model, u0 [][]float64, warnings io.Writer) error {
	if far := m.Far(u0); len(far) > 0 {
		worst := slices.MaxFunc(far, func(a, b latent.Far) int { return cmp.Compare(a.Deviations, b.Deviations) })
		fmt.Fprintf(warnings, "%s: %d of %d states are far from those that the model was trained to start from; state %d by %.0f deviations of them: its prediction may be wrong without another sign\n",
			f.Set.Name(), len(far), len(u0), worst.State, worst.Deviations)
	}
	outside, err := m.Outside(u0)
	if err != nil {
		return err
	}
	for _, i := range outside {
		fmt.Fprintf(warnings, "%s: state %d is outside of the ball of radius %.4g that holds the data: its prediction is bounded, and not learned\n",
			f.Set.Name(), i, m.Config().Nonlinear.Radius)
	}
	return nil
}

// checkOut refuses, before anything is worked out, a file that could not be
// written or that is there.
func (f *Flags) checkOut() error {
	switch ext := strings.ToLower(filepath.Ext(f.Out)); {
	case f.Out == "-":
		return nil
	case ext != ".csv" && ext != ".npy" && ext != ".npz":
		return Usagef("flag -out: got %q, want a .csv, .npy or .npz file, or - for standard output", f.Out)
	}
	if _, err := os.Lstat(f.Out); err == nil {
		return Usagef("flag -out: %s exists and is never overwritten; choose another name", f.Out)
	}
	if info, err := os.Stat(filepath.Dir(f.Out)); err != nil || !info.IsDir() {
		return Usagef("flag -out: got %s, want a file in a folder that exists", f.Out)
	}
	return nil
}

// deploy returns the model with the integrator and the substeps of the flags.
func (f *Flags) deploy(m *model.Model) (*model.Model, error) {
	c := m.Config()
	if f.Given("integrator") {
		c.Integrator = f.Integrator
	}
	if f.Given("substeps") {
		c.Substeps = f.Substeps
	}
	return m.WithIntegrator(c.Integrator, c.Substeps)
}

// LoadModel reads a model from its checkpoint's folder, or from the folder of
// a run that has one model.
func LoadModel(dir string) (*model.Model, error) {
	if !folder.Exists(dir) {
		names := modelsIn(dir)
		if len(names) > 1 {
			return nil, Usagef("checkpoint %s: it holds several models; name the folder of one of %s", dir, strings.Join(names, ", "))
		}
		if len(names) == 1 {
			dir = filepath.Join(dir, names[0])
		}
	}
	m, err := model.Load(dir)
	return m, AsUsage(err)
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
