package measure

import "context"

// Predictor predicts states from initial ones, indexed [sample][component], at
// times of which the first is theirs: a trained model does, and so may a solver. The
// result is indexed [time][sample][component].
type Predictor interface {
	Predict(u0 [][]float64, times []float64) ([][][]float64, error)
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
