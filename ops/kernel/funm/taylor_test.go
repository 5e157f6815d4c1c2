package funm

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"spnode/ops/opstest"
)

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
				if got := theta(m, tol); math.Abs(got-want) > 1e-6*want {
					t.Errorf("θ_%d = %.10g, want %.10g", m, got, want)
				}
			})
		}
	}
}
