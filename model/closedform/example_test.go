package closedform_test

import (
	"fmt"
	"log"
	"math"

	"spnode/model"
	"spnode/model/closedform"
	"spnode/model/dynamics"
	"spnode/model/leastsq"
	"spnode/model/param"
)

// A pendulum without friction, by its cubic: sixty snapshots of two swings give the
// field, and a rollout from a start that was not among them stays with the truth.
func Example() {
	swing := func(angle float64, times []float64) leastsq.Trajectory {
		d := leastsq.Trajectory{Times: times}
		x, v := angle, 0.
		for k := range times {
			d.States = append(d.States, []float64{x, v})
			if k+1 == len(times) {
				break
			}
			const steps = 1000 // of the leapfrog
			h := (times[k+1] - times[k]) / steps
			force := func() float64 { return -x + x*x*x/6 }
			for range steps {
				v += h / 2 * force()
				x += h * v
				v += h / 2 * force()
			}
		}
		return d
	}
	var times []float64
	for k := range 60 {
		times = append(times, 0.2*float64(k))
	}

	cfg := model.DefaultConfig(2)
	cfg.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindPolynomial, PolynomialConfig: param.PolynomialConfig{Degree: 3}}
	m, err := model.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	report, err := closedform.Fit(m, closedform.DefaultConfig(), []leastsq.Trajectory{swing(1, times), swing(0.4, times)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d states, %d coefficients, %d corrections\n", report.Dynamics.Rows, report.Dynamics.Coefficients, report.Dynamics.Kept)

	held := swing(0.7, times)
	u, err := m.Predict(held.States[:1], times)
	if err != nil {
		log.Fatal(err)
	}
	var worst float64
	for k := range times {
		worst = max(worst, math.Abs(u[k][0][0]-held.States[k][0]))
	}
	fmt.Printf("within 1e-4 of the truth: %v\n", worst < 1e-4)
	// Output:
	// 96 states, 20 coefficients, 3 corrections
	// within 1e-4 of the truth: true
}
