package recipe

import (
	"math"
	"math/rand/v2"
	"testing"

	"spnode/data"
)

// Spline leaves what has no noise, takes most of the noise from what has some, on times of
// any distance, and invents nothing where there was no measurement.
func TestSpline(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	const decades = 7.
	places := map[string]func(k, n int) float64{
		"even":        func(k, n int) float64 { return float64(k) / float64(n) },
		"uneven":      func(k, n int) float64 { return (float64(k) + 0.9*rnd.Float64()) / float64(n) },
		"logarithmic": func(k, n int) float64 { return math.Pow(10, decades*(float64(k)/float64(n)-1)) },
	}
	for _, name := range []string{"even", "uneven", "logarithmic"} { // in one order, as the noise is drawn
		at := places[name]
		const n, noise = 200, 0.01
		d := &data.Dataset{}
		var clean [][]float64 // of trajectories in turn: without noise, with
		for range 20 {
			a, tr := rnd.Float64(), data.Trajectory{}
			for k := range n {
				tau := at(k, n)
				tr.Times = append(tr.Times, tau)
				x := tau
				if name == "logarithmic" {
					x = 1 + math.Log10(tau)/decades
				}
				u := []float64{a + 2*x - x*x, math.Sin(3*x + a), a + 2*x - x*x, math.Sin(3*x + a)}
				clean = append(clean, u)
				tr.States = append(tr.States, []float64{u[0], u[1], u[2] + noise*rnd.NormFloat64(), u[3] + noise*rnd.NormFloat64()})
			}
			tr.States[70][3] = math.NaN() // not measured
			d.Trajectories = append(d.Trajectories, tr)
		}
		var off [4]float64
		for i, tr := range Spline(d).Trajectories {
			for k, u := range tr.States {
				for j, v := range u {
					if k == 70 && j == 3 {
						if !math.IsNaN(v) {
							t.Errorf("%s: what was not measured has the value %g", name, v)
						}
						continue
					}
					e := v - clean[i*n+k][j]
					off[j] += e * e / float64(20*n)
				}
			}
		}
		for j, square := range off {
			most := 1e-7 // of the largest value
			if j >= 2 {
				most = noise / 3 // eight of 200 numbers are left to a curve: a fifth of the noise
			}
			if rms := math.Sqrt(square); rms > most {
				t.Errorf("%s, component %d: off by %.2g (rms), want at most %.2g", name, j, rms, most)
			} else {
				t.Logf("%s, component %d: off by %.2g (rms)", name, j, rms)
			}
		}
		if d.Trajectories[0].States[5][2] == Spline(d).Trajectories[0].States[5][2] {
			t.Errorf("%s: what was given has been changed", name)
		}
	}

	few := &data.Dataset{Trajectories: []data.Trajectory{{Times: []float64{0, 1, 2}, States: [][]float64{{1}, {5}, {2}}}}}
	if got := Spline(few).Trajectories[0].States[1][0]; got != 5 {
		t.Errorf("of three times: got %g, want 5 as it was", got)
	}
}

// An outlier in one trajectory leaves the others as they would be without, and so do times
// that are nearly the same, any unit, a trajectory that does without a component, and some in
// which it is always the same.
func TestSplineOutlier(t *testing.T) {
	const n, noise = 60, 0.01
	for _, c := range []struct {
		outlier, apart, unit float64
		constant             int     // trajectories
		first                float64 // interval of one of them
	}{{0, 1, 1, 0, 1}, {10, 1, 1, 0, 1}, {0, 1e-9, 1, 0, 1}, {0, 1, 1e-200, 0, 1}, {0, 1, 1e200, 0, 1}, {0, 1, 1, 10, 1}, {0, 1, 1, 0, 1e-9}} {
		rnd := rand.New(rand.NewPCG(3, 4))
		d := &data.Dataset{}
		var clean [][]float64
		for i := range 20 {
			tr, a, values := data.Trajectory{}, rnd.Float64(), []float64(nil)
			for k := range n {
				tau := float64(k)
				if k > 1 && k%2 == 1 {
					tau += c.apart - 1
				}
				if i == 7 && k == 1 {
					tau = c.first
				}
				v := math.Sin(6*tau/n + a)
				tr.Times, values = append(tr.Times, tau), append(values, v)
				tr.States = append(tr.States, []float64{(v + noise*rnd.NormFloat64()) * c.unit})
			}
			if i == 5 {
				tr.States[20][0] += c.outlier
			}
			if i == 6 || i >= 20-c.constant {
				for k := range n {
					values[k] = min(1, float64(i-6))
					tr.States[k][0] = values[k] * c.unit
				}
			}
			d.Trajectories, clean = append(d.Trajectories, tr), append(clean, values)
		}
		sum := 0.
		for i, tr := range Spline(d).Trajectories {
			for k, u := range tr.States {
				if i != 5 {
					e := u[0]/c.unit - clean[i][k]
					sum += e * e / float64((18-c.constant)*n)
				}
			}
		}
		most := 0.55 // ten of 60 numbers are left to a curve: 0.4 of the noise
		if c.first < 1 {
			most = 0.5 // as without, and not as in the logarithm of time
		}
		if rms := math.Sqrt(sum); !(rms <= most*noise) {
			t.Errorf("%+v: off by %.2g (rms), want at most %g of the noise", c, rms, most)
		} else {
			t.Logf("%+v: off by %.2g (rms)", c, rms)
		}
	}
}
