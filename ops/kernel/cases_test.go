package kernel

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

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
	opstest.LoadCases(t, "../../expm/testdata/expmv.json", &file)
	var worst float64
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			if m, s := TaylorSteps(c.Norm, UnitRoundoff[float64](), MaxDegree); float64(m)*s > 1e6 {
				return // 1e13 products would take years; the cases of ops/expm have the form that is taken
			}
			k := NewExpmv[float64](c.N, 0, UnitRoundoff[float64]())
			k.form = matrixFree
			y := make([]float64, c.N)
			k.ForwardTo(y, slices.Concat(c.A...), []float64{c.T}, c.B)
			condition := 1 + c.Norm // of a normal matrix
			if c.Condition != nil {
				condition = *c.Condition
			}
			e := opstest.RelError(y, c.Expm) / (condition * UnitRoundoff[float64]())
			if !(e <= 100) {
				t.Errorf("error is %.3g·condition·2⁻⁵³ (condition %.3g), got %v, want %v", e, condition, y, c.Expm)
			}
			worst = max(worst, e)
		})
	}
	t.Logf("worst error %.3g·condition·2⁻⁵³", worst)
}

// θ_m as computed against the published table, to the digits of which more
// than the first term of the series takes part.
func TestThetaCases(t *testing.T) {
	f, err := os.Open(opstest.CasesFile("theta_m.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		cells := strings.Split(lines.Text(), ",")
		m, err := strconv.Atoi(cells[0])
		if err != nil {
			continue // header
		}
		for i, tol := range []float64{0x1p-53, 0x1p-24} {
			if len(cells) <= i+1 || cells[i+1] == "" {
				continue
			}
			t.Run(fmt.Sprintf("m=%d/tol=%g", m, tol), func(t *testing.T) {
				want, err := strconv.ParseFloat(cells[i+1], 64)
				if err != nil {
					t.Fatal(err)
				}
				if got := Theta(m, tol); math.Abs(got-want) > 1e-6*want {
					t.Errorf("θ_%d = %.10g, want %.10g", m, got, want)
				}
			})
		}
	}
}
