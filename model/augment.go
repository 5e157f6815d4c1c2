package model

import (
	"math/rand/v2"

	"github.com/pkg/errors"
)

// AugmentConfig has every iteration see each sample of its batch turned by a
// symmetry of the system, drawn anew, the same at all its times. The components
// of the state are values of a field at the points j = 0 … m−1 of a periodic
// grid; both symmetries are those of the Kuramoto–Sivashinsky equation, and
//
//	u_i ← σ u_{(σi+j) mod m},  j = 0 … m−1,  σ = ±1.
//
// The model's Offset and Factor must be the same for all components.
type AugmentConfig struct {
	// Shift draws j; otherwise it is 0.
	Shift bool `json:"shift,omitempty"`
	// Reflect draws σ = −1 with probability ½: u(x) ← −u(−x). Otherwise it is 1.
	Reflect bool `json:"reflect,omitempty"`
}

func (c AugmentConfig) active() bool { return c.Shift || c.Reflect }

// check refuses a scaling that the symmetries do not leave as it is.
func (c AugmentConfig) check(m Config) error {
	if !c.active() {
		return nil
	}
	if len(m.Basis) > 0 {
		return errors.Wrap(ErrConfig, "model: AugmentConfig: the model sees coordinates in a basis, want it to see the field itself")
	}
	for name, s := range map[string][]float64{"offset": m.Offset, "factor": m.Factor} {
		for i, v := range s {
			if v != s[0] {
				return errors.Wrapf(ErrConfig, "model: AugmentConfig: the model's %s of component %d is %g and of component 0 %g, want one for all", name, i, v, s[0])
			}
		}
	}
	return nil
}

// turn is what a sample is turned by.
type turn struct {
	shift   int
	reflect bool
}

// draw returns the turns of an iteration's batch for states of m components, a
// function of the seed and the iteration alone; nil for none.
func (c AugmentConfig) draw(seed uint64, iteration, batch, m int) []turn {
	if !c.active() {
		return nil
	}
	// A stream of its own beside those of the samples and of the grid.
	rng := rand.New(rand.NewPCG(seed, 1<<62|uint64(iteration)))
	turns := make([]turn, batch)
	for i := range turns {
		if c.Shift {
			turns[i].shift = rng.IntN(m)
		}
		if c.Reflect {
			turns[i].reflect = rng.IntN(2) == 1
		}
	}
	return turns
}

// apply writes the turned state x to dst, both scaled, where a physical value
// of 0 is zero.
func (t turn) apply(dst, x []float64, zero float64) {
	if !t.reflect {
		copy(dst[copy(dst, x[t.shift:]):], x)
		return
	}
	for i := range t.shift + 1 {
		dst[i] = 2*zero - x[t.shift-i]
	}
	for i := t.shift + 1; i < len(x); i++ {
		dst[i] = 2*zero - x[len(x)+t.shift-i]
	}
}
