package main

import (
	"cmp"
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/data"
	"spnode/data/ks"
	"spnode/data/measure"
	"spnode/model"
)

// quantiles of a number over the held-out starts.
type quantiles struct {
	Median float64 `json:"median"`
	P10    float64 `json:"p10"`
	P90    float64 `json:"p90"`
}

// between is the range of a number over the long rollouts. A mean would hide a
// rollout that freezes.
type between struct {
	Least   float64 `json:"least"`
	Largest float64 `json:"largest"`
}

// testReport is what report.json says of a model's test. Errors are relative,
// ‖error‖/‖truth‖ of a state; times are in the unit of the equation.
type testReport struct {
	Autoencoder float64 `json:"autoencoder_rel"` // decoded at once, over all starts
	Step1       float64 `json:"step1_rel"`
	Step8       float64 `json:"step8_rel"`

	// Agree is the first time at which a rollout's error passes a bound, the
	// horizon if it does not.
	Agree03 quantiles `json:"agree_0.3"`
	Agree05 quantiles `json:"agree_0.5"`
	Agree10 quantiles `json:"agree_1.0"`

	// TV is the total variation between the joint distributions of u_x and u_xx
	// over the long rollouts and over the truth; its floor that between two truths.
	TV      float64 `json:"pdf_tv"`
	TVFloor float64 `json:"pdf_tv_floor"`

	Bounded  int     `json:"long_bounded"` // of the long rollouts, those that stay below bound
	LongRuns int     `json:"long_runs"`
	LongRMS  float64 `json:"long_rms"` // over the last quarter of the long rollouts
	TrueRMS  float64 `json:"true_rms"`
	LongRate float64 `json:"long_rate"` // rms of the change in a unit of time, likewise
	TrueRate float64 `json:"true_rate"`
	// Each is that of each rollout.
	LongRMSEach  between `json:"long_rms_each"`
	LongRateEach between `json:"long_rate_each"`

	Lyapunov     float64 `json:"lyapunov"`
	TrueLyapunov float64 `json:"true_lyapunov"`
	LyapunovTime int     `json:"lyapunov_time"` // of each of the long runs' states, after the transient

	// The model deployed at steps that it was not trained at, 2, ½ and ¼.
	TwiceAgree05   quantiles `json:"dt_twice_agree_0.5"`
	HalfAgree05    quantiles `json:"dt_half_agree_0.5"`
	QuarterAgree05 quantiles `json:"dt_quarter_agree_0.5"`

	Ball *ballReport `json:"ball,omitempty"`
}

// bound is far above every state on the attractor, where the largest is 3.5.
const bound = 10

// drawn is a test with what the figures draw of it.
type drawn struct {
	test     *testReport
	short    *data.Dataset // from the held-out starts
	errors   [][]float64   // relative, by time and start
	agree    []float64     // at 0.5, of each start
	long     *data.Dataset
	spectrum []float64
	joint    *ks.JointHistogram
}

// evaluate tests a model. All rollouts of a kind are one prediction.
func (l *laboratory) evaluate(name string, m *model.Model) (*drawn, error) {
	r := &drawn{test: &testReport{LongRuns: l.Test.LongRuns, LyapunovTime: l.Test.Lyapunov}}
	parts := []func() error{
		func() error { return l.follow(r, m) },
		func() error { return l.skip(&r.test.TwiceAgree05, m) },
		func() error { return l.deploy(&r.test.HalfAgree05, m, 2) },
		func() error { return l.deploy(&r.test.QuarterAgree05, m, 4) },
		func() error { return l.live(r, m) },
		func() (err error) {
			r.test.TrueLyapunov = l.lyapunov
			r.test.Lyapunov, err = l.exponent(m)
			return err
		},
		func() (err error) {
			r.test.Ball, err = l.ball(m)
			return err
		},
	}
	stage := l.Progress.Stage(name+": test", len(parts))
	defer stage.Done()
	for i, part := range parts {
		if err := l.Context.Err(); err != nil {
			return nil, errors.Wrap(err, "test")
		}
		if err := part(); err != nil {
			return nil, err
		}
		stage.Update(i + 1)
	}
	return r, nil
}

// predict rolls the model out from the first states of a truth.
func predict(m *model.Model, truth *data.Dataset) (*data.Dataset, error) {
	times := truth.Trajectories[0].Times
	u, err := m.Predict(truth.States()[0], times)
	return data.Shared(times, u, truth.Components), err
}

// follow measures how long the model stays with the truth.
func (l *laboratory) follow(r *drawn, m *model.Model) (err error) {
	if r.short, err = predict(m, l.starts); err != nil {
		return err
	}
	if r.errors, err = measure.RelativeErrors(r.short, l.starts); err != nil {
		return err
	}
	got, want := r.short.States(), l.starts.States()
	for k, rel := range map[int]*float64{0: &r.test.Autoencoder, 1: &r.test.Step1, 8: &r.test.Step8} {
		*rel = measure.Compare(got[k:k+1], want[k:k+1], nil).Relative
	}
	for limit, q := range map[float64]*quantiles{0.3: &r.test.Agree03, 0.5: &r.test.Agree05, 1: &r.test.Agree10} {
		times, err := l.agree(q, r.short, l.starts, limit)
		if err != nil {
			return err
		}
		if limit == 0.5 {
			r.agree = times
		}
	}
	return nil
}

// deploy measures the agreement at the same times, with a fraction of the step of
// the training.
func (l *laboratory) deploy(q *quantiles, m *model.Model, substeps int) error {
	c := m.Config()
	finer, err := m.WithIntegrator(c.Integrator, substeps*c.Substeps)
	if err != nil {
		return err
	}
	d, err := predict(finer, l.starts)
	if err != nil {
		return err
	}
	_, err = l.agree(q, d, l.starts, 0.5)
	return err
}

// skip is the agreement of the model at twice the step.
func (l *laboratory) skip(q *quantiles, m *model.Model) error {
	var even []int
	for k := 0; k <= l.Test.Horizon; k += 2 {
		even = append(even, k)
	}
	truth := l.starts.AtTimes(even...)
	d, err := predict(m, truth)
	if err != nil {
		return err
	}
	_, err = l.agree(q, d, truth, 0.5)
	return err
}

// agree returns the times until which rollouts agree with the truth, and sets
// their quantiles.
func (l *laboratory) agree(q *quantiles, d, truth *data.Dataset, limit float64) ([]float64, error) {
	times, err := measure.AgreementTimes(d, truth, limit)
	if err != nil {
		return nil, err
	}
	v, err := measure.Quantiles(times, 0.5, 0.1, 0.9)
	if err == nil {
		*q = quantiles{v[0], v[1], v[2]}
	}
	return times, err
}

// live measures what the model does in the long run.
func (l *laboratory) live(r *drawn, m *model.Model) (err error) {
	if r.long, err = predict(m, l.long); err != nil {
		return err
	}
	t, equation := r.test, l.Data.Solver.Problem
	for s := range r.long.Samples() {
		if bounded(r.long, s) {
			t.Bounded++
		}
	}
	n := len(r.long.Trajectories[0].Times)
	end := part(r.long, n-n/4, n/4)
	t.LongRMS, t.LongRMSEach = pooled(measure.RMS(end))
	t.LongRate, t.LongRateEach = pooled(measure.RMSChange(end))
	t.TrueRMS, _ = pooled(measure.RMS(l.held))
	t.TrueRate, _ = pooled(measure.RMSChange(l.held))
	if r.joint, err = equation.DerivativeHistogram(r.long); err != nil {
		return err
	}
	if t.TV, err = r.joint.TotalVariation(l.joint); err != nil {
		return err
	}
	if t.TVFloor, err = l.floorJoint.TotalVariation(l.joint); err != nil {
		return err
	}
	r.spectrum, err = equation.EnergySpectrum(r.long)
	return err
}

func bounded(d *data.Dataset, s int) bool {
	for _, u := range d.Trajectories[s].States {
		for _, v := range u {
			if !(math.Abs(v) < bound) {
				return false
			}
		}
	}
	return true
}

// pooled is the root mean square of those of the rollouts, and their range.
func pooled(x []float64) (rms float64, each between) {
	for _, v := range x {
		rms += v * v / float64(len(x))
	}
	return math.Sqrt(rms), between{floats.Min(x), floats.Max(x)}
}

// median is the start whose time of agreement is the middle one.
func (r *drawn) median() int {
	order := make([]int, len(r.agree))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(r.agree[a], r.agree[b]) })
	return order[(len(order)-1)/2]
}
