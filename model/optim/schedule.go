package optim

import (
	"math"

	"github.com/pkg/errors"
)

// The kinds of Schedule.
const (
	ScheduleConstant         = "constant"
	ScheduleExponential      = "exponential"
	ScheduleExponentialEpoch = "exponential-epoch"
	ScheduleCosine           = "cosine"
)

// Schedule is the learning rate as a function of the step k = 0, 1, … of T:
//
//	constant           Rate
//	exponential        Rate · Decayᵏ
//	exponential-epoch  Rate · Decayᵉ,  e = ⌊k / steps per epoch⌋
//	cosine             Rate · (k+1)/(Warmup+1)                       for k < Warmup,
//	                   Final + (Rate−Final)(1 + cos πx)/2,  x = (k−Warmup)/(T−Warmup),  after
//
// Every kind but a warmed-up cosine starts at Rate. The cosine is at Rate at
// k = Warmup and would be at Final at k = T, where it then stays; its warm-up
// starts above zero, so that no step is idle. Section 5.2 of the paper decays by
// 0.99 once "after each epoch" and once "at each step": both are here. A field
// that the kind doesn't use is not looked at.
type Schedule struct {
	Kind   string  `json:"kind"`             // one of the above
	Rate   float64 `json:"rate"`             // the highest rate, > 0
	Final  float64 `json:"final,omitempty"`  // cosine: the last rate, from 0 to Rate
	Decay  float64 `json:"decay,omitempty"`  // exponential: the factor, in (0, 1]
	Warmup int     `json:"warmup,omitempty"` // cosine: steps of linear growth, ≥ 0
}

// Validate reports the first field that is out of its range.
func (s Schedule) Validate() error {
	if !(s.Rate > 0) || math.IsInf(s.Rate, 1) {
		return errors.Errorf("optim: Schedule: rate: got %g, want a finite number > 0", s.Rate)
	}
	switch s.Kind {
	case ScheduleConstant:
	case ScheduleExponential, ScheduleExponentialEpoch:
		if !(0 < s.Decay && s.Decay <= 1) {
			return errors.Errorf("optim: Schedule: decay: got %g, want 0 < decay ≤ 1", s.Decay)
		}
	case ScheduleCosine:
		if !(0 <= s.Final && s.Final <= s.Rate) {
			return errors.Errorf("optim: Schedule: final: got %g, want 0 ≤ final ≤ rate = %g", s.Final, s.Rate)
		}
		if s.Warmup < 0 {
			return errors.Errorf("optim: Schedule: warmup: got %d, want ≥ 0", s.Warmup)
		}
	default:
		return errors.Errorf("optim: Schedule: kind: got %q, want %s, %s, %s or %s", s.Kind,
			ScheduleConstant, ScheduleExponential, ScheduleExponentialEpoch, ScheduleCosine)
	}
	return nil
}

// At returns the rate of a step, counted from 0, in a run of total steps. It is
// a function of its arguments alone, so a resumed run needs no state of it.
// stepsPerEpoch below 1 counts as 1. The schedule must be valid.
func (s Schedule) At(step, total, stepsPerEpoch int) float64 {
	switch s.Kind {
	case ScheduleExponential:
		return s.Rate * math.Pow(s.Decay, float64(step))
	case ScheduleExponentialEpoch:
		return s.Rate * math.Pow(s.Decay, float64(step/max(stepsPerEpoch, 1)))
	case ScheduleCosine:
		switch {
		case step >= total:
			return s.Final
		case step < s.Warmup:
			return s.Rate * float64(step+1) / (float64(s.Warmup) + 1)
		}
		x := float64(step-s.Warmup) / float64(total-s.Warmup)
		return s.Final + (s.Rate-s.Final)*(1+math.Cos(math.Pi*x))/2
	}
	return s.Rate
}
