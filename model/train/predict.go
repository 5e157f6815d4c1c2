package train

import (
	"github.com/pkg/errors"

	"spnode/data"
	"spnode/model"
	"spnode/model/train/sample"
)

// Predict returns what m predicts for the trajectories of a data set, from their
// first states on, at the times of each and with its parameters and inputs: a Dataset
// like d to compare with it. The error is model.ErrData.
func Predict(m *model.Model, d *data.Dataset) (*data.Dataset, error) {
	runs, err := sample.Runs(m, d)
	if err != nil {
		return nil, errors.WithMessage(err, "train: Predict")
	}
	u, err := m.PredictEach(runs)
	if err != nil {
		return nil, errors.WithMessage(err, "train: Predict")
	}
	out := *d
	out.Trajectories = make([]data.Trajectory, len(u))
	for s := range u {
		out.Trajectories[s] = d.Trajectories[s]
		out.Trajectories[s].States = u[s]
	}
	return &out, nil
}
