package cost

import (
	"context"
	"testing"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/model"
	"spnode/model/train"
)

func TestIteration(t *testing.T) {
	d := data.Shared([]float64{0, 1, 2}, [][][]float64{{{1, 0}}, {{0.5, 0}}, {{0.2, 0}}}, nil)
	m := model.DefaultConfig(2)
	m.TimeUnit = 1
	ms, err := Iteration(context.Background(), m, train.DefaultConfig(), d, 1e-3)
	if err != nil || !(ms > 0 && ms < 1e3) {
		t.Errorf("got %g ms, %v", ms, err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := Iteration(ctx, m, train.DefaultConfig(), d, 1e-3); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's", err)
	}
}

// The polynomial's degree is 19, the first m with 1/m! < 2⁻⁵³.
func TestMatrixFree(t *testing.T) {
	if got := MatrixFree(58.4); got != 19*59 {
		t.Errorf("got %g, want %d", got, 19*59)
	}
}
