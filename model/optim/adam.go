package optim

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/data/npz"
	"spnode/model/internal/crew"
	"spnode/ops/kernel"
)

// AdamConfig are the settings of Adam.
type AdamConfig struct {
	Beta1   float64 // decay of the mean of the gradient, in [0, 1); default 0.9
	Beta2   float64 // decay of the mean of its square, in [0, 1); default 0.999
	Epsilon float64 // added to the root of the latter, > 0; default 1e-8
}

// DefaultAdam returns the values proposed by Kingma and Ba, which are also
// Optax's, the library that the paper trains with.
func DefaultAdam() AdamConfig {
	return AdamConfig{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8}
}

func (c *AdamConfig) places() map[string]*float64 {
	return map[string]*float64{"beta1": &c.Beta1, "beta2": &c.Beta2, "epsilon": &c.Epsilon}
}

// Validate reports the first setting that is out of its range.
func (c AdamConfig) Validate() error {
	switch {
	case !(0 <= c.Beta1 && c.Beta1 < 1):
		return errors.Errorf("optim: AdamConfig: beta1: got %g, want 0 ≤ beta1 < 1", c.Beta1)
	case !(0 <= c.Beta2 && c.Beta2 < 1):
		return errors.Errorf("optim: AdamConfig: beta2: got %g, want 0 ≤ beta2 < 1", c.Beta2)
	case !(c.Epsilon > 0) || math.IsInf(c.Epsilon, 1):
		return errors.Errorf("optim: AdamConfig: epsilon: got %g, want a finite number > 0", c.Epsilon)
	}
	return nil
}

// Adam minimises by steps that each component of the gradient scales for itself,
//
//	m ← β₁ m + (1−β₁) g        m̂ = m / (1−β₁ᵗ)
//	v ← β₂ v + (1−β₂) g²       v̂ = v / (1−β₂ᵗ)
//	w ← w − rate · m̂ / (√v̂ + ε),      t = 1, 2, …
//
// A Rate of a parameter multiplies the rate of its components.
//
// See Kingma and Ba, Adam: A Method for Stochastic Optimization, ICLR 2015,
// algorithm 1.
type Adam struct {
	AdamConfig
	Moments           // m and v
	rates   []float64 // of each component, or nil for 1
	step    []float64 // t, updates done so far
	workers int
}

// NewAdam returns Adam at its start. The settings must be valid.
func NewAdam(c AdamConfig, parameters []Parameter) *Adam {
	a := &Adam{AdamConfig: c, Moments: NewMoments(parameters, "mean", "variance"), step: make([]float64, 1)}
	if !slices.ContainsFunc(parameters, func(p Parameter) bool { return p.Rate != 0 && p.Rate != 1 }) {
		return a
	}
	for _, p := range parameters {
		rate := p.Rate
		if rate == 0 {
			rate = 1
		}
		a.rates = append(a.rates, slices.Repeat([]float64{rate}, p.size())...)
	}
	return a
}

// updatePart is how many components at least a part of an update has, which are done at
// the same time.
const updatePart = 1 << 14

// Update moves w, see Optimizer. Its first call allocates; of later ones those of many
// components alone.
func (a *Adam) Update(rate float64, w, g []float64) {
	against, n := a.begin(w, g), len(w)
	parts := min(a.workers, n/updatePart)
	if parts <= 1 {
		a.move(rate, w, against, 0, n)
		return
	}
	crew.Do(parts, func(i int) { a.move(rate, w, against, i*n/parts, (i+1)*n/parts) })
}

// TakeBack undoes the last Update, see Optimizer.
func (a *Adam) TakeBack(w []float64) {
	a.Moments.TakeBack(w)
	a.step[0]--
}

// State is t and that of the moments.
func (a *Adam) State() []npz.Array { return a.vectors().Arrays() }

// Restore sets what State returned, see Optimizer.
func (a *Adam) Restore(state []npz.Array) error { return a.restore(a.vectors(), state) }

func (a *Adam) vectors() Vectors {
	return append(Vectors{{"step", &a.step, 1, false}}, a.Moments.vectors()...)
}

// restore checks what no list of vectors can.
func (a *Adam) restore(vs Vectors, state []npz.Array) error {
	if err := a.Moments.restore(vs, state); err != nil {
		return err
	}
	n, err := count("step", a.step[0])
	if err == nil && n == 0 && len(a.last[0]) > 0 {
		err = errInPart
	}
	return err
}

// begin counts a step, after the checks of Update, and returns the gradient to move
// against.
func (a *Adam) begin(w, g []float64) []float64 {
	a.Moments.begin(w, g)
	a.step[0]++
	return bounded(g)
}

// largest is what a gradient's elements are scaled down to, 3e144: the squares of a
// thousand million of them have a finite sum.
const largest = 1 << 240 * (1 << 240)

// bounded is g or, where it has elements above largest, their direction: a copy, scaled
// so that none is, in which NaN is 0.
func bounded(g []float64) []float64 {
	if floats.Dot(g, g) <= float64(largest)*largest {
		return g
	}
	var most float64 // of the finite ones
	all := true
	for _, v := range g {
		if x := math.Abs(v); x <= math.MaxFloat64 {
			most = max(most, x)
		} else {
			all = false
		}
	}
	if all && most <= largest {
		return g
	}
	b, scale := make([]float64, len(g)), min(1, largest/most)
	for i, v := range g {
		switch {
		case math.IsInf(v, 0):
			b[i] = math.Copysign(largest, v)
		case !math.IsNaN(v):
			b[i] = scale * v
		}
	}
	return b
}

// move is the step of the components from begin to end, in runs of one rate. It keeps w.
func (a *Adam) move(rate float64, w, g []float64, begin, end int) {
	for i := begin; i < end; {
		j, r := end, rate
		if a.rates != nil {
			for j = i + 1; j < end && a.rates[j] == a.rates[i]; j++ {
			}
			r *= a.rates[i]
		}
		a.moveTo(w[i:j], a.last[0][i:j], g[i:j], i, r)
		i = j
	}
}

// moveTo moves components, w, whose moments begin at an element, and keeps them in w0
// unless it is w.
func (a *Adam) moveTo(w, w0, g []float64, at int, rate float64) {
	of := func(x []float64) []float64 { return x[at:][:len(g)] }
	kernel.AdamTo(w, of(a.now[0]), of(a.now[1]), w0, of(a.last[1]), of(a.last[2]), g, rate, a.Beta1, a.Beta2, a.Epsilon, int(a.step[0]))
}
