package driver

import (
	"io"
	"path/filepath"
	"strings"

	"spnode/data"
	"spnode/integrator"
	"spnode/model"
)

// Prediction does what -predict asks for: it reads the model, the initial
// states and the times, and writes the predicted states in physical, unscaled
// variables to -out, or as CSV to stdout for "-". Nothing of the training is
// needed.
func (f *Flags) Prediction(components []string, stdout io.Writer) error {
	switch ext := strings.ToLower(filepath.Ext(f.Out)); {
	case f.Out == "-", ext == ".csv", ext == ".npy", ext == ".npz":
	default:
		return Usagef("flag -out: got %q, want a .csv, .npy or .npz file, or - for standard output", f.Out)
	}
	if f.Given("integrator") {
		if err := OneOf("integrator", f.Integrator, integrator.Names()...); err != nil {
			return err
		}
	}
	m, err := LoadModel(f.Predict)
	if err != nil {
		return err
	}
	if m, err = f.deploy(m); err != nil {
		return AsUsage(err)
	}
	u0, err := data.ReadStates(f.Initial)
	if err != nil {
		return AsUsage(err)
	}
	times, err := data.ParseTimes(f.Times)
	if err != nil {
		return AsUsage(err)
	}
	u, err := m.Predict(u0, times)
	if err != nil {
		return AsUsage(err)
	}
	d := &data.Dataset{Times: times, States: u, Components: components}
	if f.Out == "-" {
		return d.WriteCSV(stdout)
	}
	return d.Write(f.Out)
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
