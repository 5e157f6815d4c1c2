package model

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/ops/kernel"
)

// AdamConfig are the settings of Adam: what a configuration stores. Its state
// lives in Adam.
type AdamConfig struct {
	Beta1   float64 `json:"beta1"`   // decay of the mean of the gradient, in [0, 1); default 0.9
	Beta2   float64 `json:"beta2"`   // decay of the mean of its square, in [0, 1); default 0.999
	Epsilon float64 `json:"epsilon"` // added to the root of the latter, > 0; default 1e-8
}

// DefaultAdam returns the values proposed by Kingma and Ba, which are also
// Optax's, the library that the paper trains with.
func DefaultAdam() AdamConfig {
	return AdamConfig{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8}
}

// Validate reports the first setting that is out of its range.
func (c AdamConfig) Validate() error {
	switch {
	case !(0 <= c.Beta1 && c.Beta1 < 1):
		return errors.Errorf("model: AdamConfig: beta1, got %g, want 0 ≤ beta1 < 1", c.Beta1)
	case !(0 <= c.Beta2 && c.Beta2 < 1):
		return errors.Errorf("model: AdamConfig: beta2, got %g, want 0 ≤ beta2 < 1", c.Beta2)
	case !(c.Epsilon > 0) || math.IsInf(c.Epsilon, 1):
		return errors.Errorf("model: AdamConfig: epsilon, got %g, want a finite number > 0", c.Epsilon)
	}
	return nil
}

// Adam minimises by steps that each component of the gradient scales for itself,
//
//	m ← β₁ m + (1−β₁) g        m̂ = m / (1−β₁ᵗ)
//	v ← β₂ v + (1−β₂) g²       v̂ = v / (1−β₂ᵗ)
//	w ← w − rate · m̂ / (√v̂ + ε),      t = 1, 2, …
//
// Step, Mean and Variance (t, m, v) are the whole state and open to be saved:
// an Adam made of copies of them goes on with the same bits. Their zero values
// are the start. Scale, a setting, multiplies the rate of each component.
//
// See Kingma and Ba, Adam: A Method for Stochastic Optimization, ICLR 2015,
// algorithm 1.
type Adam struct {
	AdamConfig
	Scale    []float64 // of the length of w, or nil for 1
	Step     int       // updates done so far
	Mean     []float64 // m, of the length of w
	Variance []float64 // v, likewise
}

// Update moves w in place by one step against the gradient g. The first call
// allocates the moments; later calls do not allocate. It panics if w, g and the
// moments differ in length.
func (a *Adam) Update(rate float64, w, g []float64) {
	a.advance(w, g)
	a.move(rate, w, g, 0, len(w))
}

// advance counts a step after the checks of Update.
func (a *Adam) advance(w, g []float64) {
	if a.Mean == nil && a.Variance == nil {
		a.Mean = make([]float64, len(w))
		a.Variance = make([]float64, len(w))
	}
	if m, v := a.Mean, a.Variance; len(g) != len(w) || len(m) != len(w) || len(v) != len(w) || a.Scale != nil && len(a.Scale) != len(w) {
		panic(errors.Errorf("model: Adam.Update: lengths of gradient, moments and scale, got %d, %d, %d, %d, want %d and for the scale that or 0", len(g), len(m), len(v), len(a.Scale), len(w)))
	}
	a.Step++
}

// move is the step of the components from begin to end, in runs of one rate.
func (a *Adam) move(rate float64, w, g []float64, begin, end int) {
	for i := begin; i < end; {
		j, r := end, rate
		if a.Scale != nil {
			for j = i + 1; j < end && a.Scale[j] == a.Scale[i]; j++ {
			}
			r *= a.Scale[i]
		}
		kernel.AdamTo(w[i:j], a.Mean[i:j], a.Variance[i:j], g[i:j], r, a.Beta1, a.Beta2, a.Epsilon, a.Step)
		i = j
	}
}

// clipByGlobalNorm scales g in place to the Euclidean norm limit if it is longer
// and returns the norm that it had. A limit of 0 clips nothing. A norm that is
// not finite is returned with g as it was: no scaling makes it a direction.
func clipByGlobalNorm(g []float64, limit float64) (norm float64) {
	norm = floats.Norm(g, 2)
	if limit > 0 && norm > limit && !math.IsInf(norm, 1) {
		floats.Scale(limit/norm, g)
	}
	return norm
}
