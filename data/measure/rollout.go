package measure

import (
	"context"

	"spnode/data"
)

// Predictor predicts states from initial ones, indexed [sample][component], at
// times of which the first is theirs: a trained model does. The result is indexed
// [time][sample][component].
type Predictor interface {
	Predict(u0 [][]float64, times []float64) ([][][]float64, error)
}

// Rollout is what p predicts from the first states of a truth whose trajectories
// share their times.
func Rollout(p Predictor, truth *data.Dataset) (*data.Dataset, error) {
	times := truth.Trajectories[0].Times
	u, err := p.Predict(truth.States()[0], times)
	if err != nil {
		return nil, err
	}
	return data.Shared(times, u, truth.Components), nil
}

// Advance advances states by the last of the times, of which the first is 0, for
// [Lyapunov.Exponents]. Its error is that of ctx, or of p.
func Advance(ctx context.Context, p Predictor, times []float64) func(u [][]float64) ([][]float64, error) {
	return func(u [][]float64) ([][]float64, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		v, err := p.Predict(u, times)
		if err != nil {
			return nil, err
		}
		return v[len(times)-1], nil
	}
}
