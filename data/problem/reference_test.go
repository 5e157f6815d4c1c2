package problem

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/mat"

	"spnode/data/ode"
)

// TestPublishedSolutions holds the problems against the reference solutions of
// the Test Set for IVP Solvers (F. Mazzia, C. Magherini, release 2.4), which are
// given to more digits than compared here.
func TestPublishedSolutions(t *testing.T) {
	for _, c := range []struct {
		problem ode.StiffProblem
		u0      []float64
		end     float64
		abs     float64 // the solver's absolute tolerance
		want    []float64
		tol     float64 // relative, what the solver's 1e-10 leaves after error growth
	}{
		{HIRES(), []float64{1, 0, 0, 0, 0, 0, 0, 0.0057}, HIRESTime, 1e-14, []float64{
			0.7371312573325668e-3, 0.1442485726316185e-3, 0.5888729740967575e-4, 0.1175651343283149e-2,
			0.2386356198831331e-2, 0.6238968252742796e-2, 0.2849998395185769e-2, 0.2850001604814231e-2}, 1e-7},
		{POLLU(), polluStart(), POLLUTime, 1e-20, []float64{
			0.5646255480022769e-1, 0.1342484130422339, 0.4139734331099427e-8, 0.5523140207484359e-2,
			0.2018977262302196e-6, 0.1464541863493966e-6, 0.7784249118997964e-1, 0.3245075353396018,
			0.7494013383880406e-2, 0.1622293157301561e-7, 0.1135863833257075e-7, 0.2230505975721359e-2,
			0.2087162882798630e-3, 0.1396921016840158e-4, 0.8964884856898295e-2, 0.4352846369330103e-17,
			0.6899219696263405e-2, 0.1007803037365946e-3, 0.1772146513969984e-5, 0.5682943292316392e-4}, 1e-7},
		// In the test set's time, t/μ, at 2 and for v in units of μ.
		{VanDerPol{Mu: 1000}, []float64{2, 0}, 2000, 1e-12, []float64{1.706167732170483, -0.8928097010247975e-3}, 1e-6},
		{Oregonator{}, []float64{1, 2, 3}, 360, 1e-10, []float64{1.000814870318523, 1228.178521549917, 132.0554942846706}, 1e-6},
	} {
		t.Run(c.problem.Name(), func(t *testing.T) {
			m := ode.DefaultRadau()
			m.AbsTol = c.abs
			d, _, err := m.Solve(c.problem, [][]float64{c.u0}, []float64{0, c.end})
			if err != nil {
				t.Fatal(err)
			}
			for i, got := range d.Trajectories[0].States[1] {
				if math.Abs(got-c.want[i]) > c.tol*math.Abs(c.want[i]) {
					t.Errorf("component %d: got %.16g, want %.16g", i+1, got, c.want[i])
				}
			}
		})
	}
}

func TestJacobians(t *testing.T) {
	for _, c := range []struct {
		problem ode.StiffProblem
		u       []float64
	}{
		{HIRES(), HIRESStates(1, 1)[0]},
		{POLLU(), POLLUStates(1, 1)[0]},
		{VanDerPol{Mu: 100}, []float64{1.3, -0.4}},
		{Oregonator{}, []float64{1.3, 2.4, 3.1}},
		{NewCollisional(6, 5), PopulationStates(1, 6, 1)[0]},
	} {
		n := c.problem.Dim()
		got, want := mat.NewDense(n, n, nil), mat.NewDense(n, n, nil)
		c.problem.Jacobian(got, c.u)
		fd.Jacobian(want, c.problem.RHS, c.u, &fd.JacobianSettings{Formula: fd.Central})
		// Central differences at fd's step of 6e-6 lose half of the digits of f.
		if scale := mat.Norm(got, math.Inf(1)); !mat.EqualApprox(got, want, 1e-8*scale) {
			t.Errorf("%s: got\n%v\nwant\n%v", c.problem.Name(), mat.Formatted(got), mat.Formatted(want))
		}
	}
}

// TestConserved checks what the problems' own stoichiometry says.
func TestConserved(t *testing.T) {
	c := NewCollisional(30, 5)
	for j := range 30 {
		var sum, size float64
		for i := range 30 {
			sum += c.M.At(i, j)
			size += math.Abs(c.M.At(i, j))
		}
		if math.Abs(sum) > 1e-14*size { // rounding of 30 additions
			t.Errorf("column %d sums to %g of %g, want 0", j, sum, size)
		}
	}
	dst := make([]float64, 8)
	HIRES().RHS(dst, HIRESStates(1, 2)[0])
	if math.Abs(dst[6]+dst[7]) > 1e-17 { // of terms of 1e-3
		t.Errorf("PfrX'E and E: their sum changes by %g, want 0", dst[6]+dst[7])
	}
	for _, p := range []struct {
		rhs func(dst, u []float64)
		u   []float64
	}{
		{DefaultBurgers().RHS, DefaultBurgers().States(1, 3)[0]},
	} {
		dst := make([]float64, len(p.u))
		p.rhs(dst, p.u)
		var sum float64
		for _, v := range dst {
			sum += v
		}
		if math.Abs(sum) > 1e-11 { // of 128 terms near 10
			t.Errorf("burgers: the mean changes by %g, want 0", sum)
		}
	}
}
