package expmv

import (
	"slices"
	"testing"

	"spnode/ops/kernel"
	"spnode/ops/kernel/funm"
	"spnode/ops/opstest"
)

// The matrix-free form also where it would not be chosen, up to a million
// products.
func TestExpmvMatrixFreeCases(t *testing.T) {
	var file struct {
		Cases []struct {
			Name      string
			N         int
			T         float64
			Norm      float64  `json:"norm1_tA"`
			Condition *float64 `json:"condition_number"`
			A         [][]float64
			B         []float64
			Expm      []float64 `json:"expm_b"`
		}
	}
	opstest.LoadCases(t, "../../../expm/testdata/expmv.json", &file)
	var worst float64
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			if m, s := funm.TaylorSteps(c.Norm, kernel.UnitRoundoff[float64](), funm.MaxDegree); float64(m)*s > 1e6 {
				return // 1e13 products would take years; the cases of ops/expm have the form that is taken
			}
			k := New[float64](c.N, 0, kernel.UnitRoundoff[float64]())
			k.form = matrixFree
			y := make([]float64, c.N)
			k.ForwardTo(y, slices.Concat(c.A...), []float64{c.T}, c.B)
			condition := 1 + c.Norm // of a normal matrix
			if c.Condition != nil {
				condition = *c.Condition
			}
			e := opstest.RelError(y, c.Expm) / (condition * kernel.UnitRoundoff[float64]())
			if !(e <= 100) {
				t.Errorf("error is %.3g·condition·2⁻⁵³ (condition %.3g), got %v, want %v", e, condition, y, c.Expm)
			}
			worst = max(worst, e)
		})
	}
	t.Logf("worst error %.3g·condition·2⁻⁵³", worst)
}
