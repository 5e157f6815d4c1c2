// Package cost measures what an iteration of a training takes.
package cost

import (
	"context"
	"math"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/model"
	"spnode/model/train"
)

// Iteration returns the milliseconds of an iteration of the first stage of a
// training, the mean over those of at least so many seconds, and 3. A few before them, which
// allocate, don't count. It trains a model of its own.
func Iteration(ctx context.Context, m model.Config, how train.Config, d *data.Dataset, seconds float64) (float64, error) {
	how.First.Iterations = math.MaxInt32
	fresh, err := model.New(m)
	if err != nil {
		return 0, err
	}
	inner, stop := context.WithCancel(ctx)
	defer stop()
	const warm = 3
	var first, last, n float64
	t, err := train.New(fresh, how, d, train.WithHook(func(k train.Metrics) {
		if k.Iteration == warm {
			first = k.Seconds
		}
		if last, n = k.Seconds-first, float64(k.Iteration-warm); n >= 3 && last > seconds {
			stop()
		}
	}))
	if err != nil {
		return 0, err
	}
	if err := t.Fit(inner); ctx.Err() != nil || !errors.Is(err, context.Canceled) {
		return 0, err
	}
	return 1e3 * last / n, nil
}

// MatrixFree returns the products of A with a batch in a step of a matrix-free
// exponential, eqs. (18)–(19): s = ⌈‖hA‖⌉ substeps of the Taylor polynomial of the
// lowest degree whose remainder at norm 1 is below rounding.
func MatrixFree(norm float64) float64 {
	degree, term := 0, 1.0
	for term > 0x1p-53 {
		degree++
		term /= float64(degree)
	}
	return math.Ceil(norm) * float64(degree)
}
