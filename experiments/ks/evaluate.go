package main

import (
	"math"
	"slices"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/data/ks"
	"spnode/data/measure"
	"spnode/model"
	"spnode/model/stability"
	"spnode/model/train"
)

// testReport is what report.json says of a model's test. Errors are relative,
// ‖error‖/‖truth‖ of a state; times are in the unit of the equation.
type testReport struct {
	Autoencoder float64 `json:"autoencoder_rel"` // decoded at once, over all starts
	Step1       float64 `json:"step1_rel"`
	Step8       float64 `json:"step8_rel"`

	// Agree is the first time at which a rollout's error passes a bound, the
	// horizon if it does not.
	Agree03 measure.Spread `json:"agree_0.3"`
	Agree05 measure.Spread `json:"agree_0.5"`
	Agree10 measure.Spread `json:"agree_1.0"`
	// The model deployed at steps that it was not trained at, 2, ½ and ¼.
	TwiceAgree05   measure.Spread `json:"dt_twice_agree_0.5"`
	HalfAgree05    measure.Spread `json:"dt_half_agree_0.5"`
	QuarterAgree05 measure.Spread `json:"dt_quarter_agree_0.5"`

	// TV is the total variation between the joint distributions of u_x and u_xx
	// over the long rollouts and over all runs of the truth; its floor that of other
	// runs of the truth, as many and as long as the rollouts.
	TV      float64 `json:"pdf_tv"`
	TVFloor float64 `json:"pdf_tv_floor"`

	Bounded  int     `json:"long_bounded"` // of the long rollouts, those that stay below bound
	LongRuns int     `json:"long_runs"`
	LongRMS  float64 `json:"long_rms"` // over the last quarter of the long rollouts
	TrueRMS  float64 `json:"true_rms"`
	LongRate float64 `json:"long_rate"` // rms of the change in a unit of time, likewise
	TrueRate float64 `json:"true_rate"`
	// Each is that of each rollout. A mean would hide one that freezes.
	LongRMSEach  measure.Range `json:"long_rms_each"`
	LongRateEach measure.Range `json:"long_rate_each"`

	Lyapunov     float64 `json:"lyapunov"`
	TrueLyapunov float64 `json:"true_lyapunov"`
	LyapunovTime int     `json:"lyapunov_time"` // of each of the long runs' states, after the transient

	Ball *ballReport `json:"ball,omitempty"` // nil: nothing is proved

	*drawn // nil but of the first seed
}

// drawn is what the figures draw of a test.
type drawn struct {
	short     *data.Dataset // from the held-out starts
	agreement *measure.Agreement
	long      [][]float64 // the end of the first long rollout
	spectrum  []float64
	joint     *ks.JointHistogram
}

// ballReport is the ball that is proved for a model, in its latent state, and what
// rollouts from random states of any size do about it.
type ballReport struct {
	stability.Ball
	Data float64 `json:"data_radius"` // of the ball that holds the data, in which g is what was fitted; 0: everywhere
}

// bound is far above every state on the attractor, where the largest is 3.5.
const bound = 10

// test tests a model. All rollouts of a kind are one prediction.
func (l *laboratory) test(name string, m *model.Model) (*testReport, error) {
	r := &testReport{drawn: new(drawn)}
	parts := []func(*testReport, *model.Model) error{l.follow, l.deploy, l.live, l.ball}
	stage := l.Progress.Stage(name+": test", len(parts))
	for i, part := range parts {
		err := l.Context.Err()
		if err == nil {
			err = part(r, m)
		}
		if err != nil {
			stage.Done()
			return nil, errors.WithMessage(err, "test")
		}
		stage.Update(i + 1)
	}
	stage.Done()
	flow, err := m.Latent() // in float64, in which twins can be near
	if err != nil {
		return nil, err
	}
	start, err := m.PredictLatent(l.longStates(), []float64{0})
	if err != nil {
		return nil, err
	}
	u0 := slices.Collect(slices.Chunk(start[0], m.Config().LatentDim()))
	r.TrueLyapunov, r.LyapunovTime = l.lyapunov, l.Test.Lyapunov
	r.Lyapunov, err = l.exponent(name, u0, measure.Advance(l.Context, flow, data.EvenTimes(renormalise, 1)))
	return r, err
}

// follow measures how long the model stays with the truth.
func (l *laboratory) follow(r *testReport, m *model.Model) (err error) {
	if r.short, err = train.Predict(m, l.starts); err != nil {
		return err
	}
	if r.agreement, err = measure.Agree(r.short, l.starts); err != nil {
		return err
	}
	for k, rel := range map[int]*float64{0: &r.Autoencoder, 1: &r.Step1, 8: &r.Step8} {
		*rel = measure.Compare(r.short.AtTimes(k), l.starts.AtTimes(k), nil).Relative
	}
	r.Agree03, r.Agree05, r.Agree10 = r.agreement.Spread(0.3), r.agreement.Spread(0.5), r.agreement.Spread(1)
	return nil
}

// deploy measures the agreement at other steps: at twice the step, at every second
// time, and at fractions of it, at the same times.
func (l *laboratory) deploy(r *testReport, m *model.Model) error {
	var even []int
	for k := 0; k <= l.Test.Horizon; k += 2 {
		even = append(even, k)
	}
	for _, at := range []struct {
		to       *measure.Spread
		truth    *data.Dataset
		substeps int
	}{{&r.TwiceAgree05, l.starts.AtTimes(even...), 1}, {&r.HalfAgree05, l.starts, 2}, {&r.QuarterAgree05, l.starts, 4}} {
		other, err := m.WithIntegrator(m.Config().Integrator, at.substeps*m.Config().Substeps)
		if err != nil {
			return err
		}
		d, err := train.Predict(other, at.truth)
		if err != nil {
			return err
		}
		a, err := measure.Agree(d, at.truth)
		if err != nil {
			return err
		}
		*at.to = a.Spread(0.5)
	}
	return nil
}

// live measures what the model does in the long run.
func (l *laboratory) live(r *testReport, m *model.Model) error {
	times := data.EvenTimes(l.Test.LongTime, 1)
	u, err := m.Predict(l.longStates(), times)
	if err != nil {
		return err
	}
	long := data.Shared(times, u, l.held.Components)
	equation, n := l.Data.Solver.Problem, len(times)
	r.Bounded, r.LongRuns = measure.Bounded(long, bound), l.Test.LongRuns
	for _, v := range long.Trajectories[0].States[max(0, n-1-shownTime):] {
		r.long = append(r.long, slices.Clone(v)) // the rest goes
	}
	end := long.Part(n-n/4, n/4)
	r.LongRMS, r.LongRMSEach = measure.Pooled(measure.RMS(end))
	r.LongRate, r.LongRateEach = measure.Pooled(measure.RMSChange(end))
	r.TrueRMS, _ = measure.Pooled(measure.RMS(l.held))
	r.TrueRate, _ = measure.Pooled(measure.RMSChange(l.held))
	if r.joint, err = equation.DerivativeHistogram(long); err != nil {
		return err
	}
	if r.TV, err = r.joint.TotalVariation(l.joint); err != nil {
		return err
	}
	if r.TVFloor, err = l.floor.TotalVariation(l.joint); err != nil {
		return err
	}
	r.spectrum, err = equation.EnergySpectrum(long)
	return err
}

// settled is when rollouts from far away have been drawn into their ball, at the
// rates of the fits, 0.4 and more.
const settled = 40

// ball tries the ball of a model of which one is proved.
func (l *laboratory) ball(r *testReport, m *model.Model) error {
	s, err := m.Stability()
	if err != nil || math.IsInf(s.BoundRadius, 0) {
		return err
	}
	flow, err := m.Latent()
	if err != nil {
		return err
	}
	b, err := s.Try(m.Config().Integrator, l.Test.Ball, data.EvenTimes(settled, 1), l.Seed, flow.Predict)
	r.Ball = &ballReport{b, m.Config().Nonlinear.Radius}
	return err
}
