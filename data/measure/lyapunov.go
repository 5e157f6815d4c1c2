package measure

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/data/internal/stack"
)

// Lyapunov measures the leading Lyapunov exponent by the method of Benettin: each
// trajectory has a twin nearby, and after every advance the difference d of the two
// is scaled back to the length δ√n it began with, n components of root mean square
// δ. The exponent is the mean over the advances that count,
//
//	λ = ⟨log(‖d‖₂ / (δ√n))⟩ / Interval.
//
// It asks for nothing but a way to advance states, and so serves a reference solver
// and a trained model alike. Benettin, Galgani, Giorgilli and Strelcyn, Meccanica
// 15 (1980) 9–20.
type Lyapunov struct {
	Interval float64 `json:"interval"` // time of an advance
	Discard  int     `json:"discard"`  // advances before those that count, in which the twins turn into the leading direction
	Advances int     `json:"advances"` // those that count
	Distance float64 `json:"distance"` // δ, in the unit of the states: small to the states, large to the rounding of an advance
	Seed     uint64  `json:"seed"`     // of the directions of the first twins
}

// DefaultLyapunov returns the method for states of order 1 and 1000 advances of 1
// in float64, after 100 that don't count.
func DefaultLyapunov() Lyapunov {
	return Lyapunov{Interval: 1, Discard: 100, Advances: 1000, Distance: 1e-6, Seed: 1}
}

// check returns an error for the first number that makes no sense.
func (l Lyapunov) check() error {
	switch {
	case !stack.Finite(l.Interval) || l.Interval <= 0:
		return errors.Errorf("Interval is %g, want a number > 0", l.Interval)
	case l.Discard < 0:
		return errors.Errorf("Discard is %d, want at least 0", l.Discard)
	case l.Advances < 1:
		return errors.Errorf("Advances is %d, want at least 1", l.Advances)
	case !stack.Finite(l.Distance) || l.Distance <= 0:
		return errors.Errorf("Distance is %g, want a number > 0", l.Distance)
	}
	return nil
}

// Exponents returns the exponent of the trajectory through each of the states u0,
// indexed [sample][component]; their mean is that of the system, and their spread
// tells how well it is known.
//
// advance returns the states of a stack after Interval, as rows of its own. It is
// given the S samples, and after them their S twins. A sample for which it gives a
// number that is not finite, or which meets its twin, has the exponent NaN, and is
// advanced from its state in u0 from there on. Its error ends the measurement.
func (l Lyapunov) Exponents(u0 [][]float64, advance func(u [][]float64) ([][]float64, error)) ([]float64, error) {
	exponents, err := l.exponents(u0, advance)
	return exponents, errors.Wrap(err, "measure: Lyapunov.Exponents")
}

func (l Lyapunov) exponents(u0 [][]float64, advance func(u [][]float64) ([][]float64, error)) ([]float64, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	if len(u0) == 0 {
		return nil, stack.Shapef("there are no states, want at least one")
	}
	samples, dim := len(u0), len(u0[0])
	if err := stack.Check(u0, dim); err != nil {
		return nil, err
	}
	length := l.Distance * math.Sqrt(float64(dim))
	u := stack.New(2*samples, dim)
	rnd := rand.New(rand.NewPCG(l.Seed, 0))
	diff := make([]float64, dim)
	// place puts the twin of sample s at the distance along diff, whose norm it has.
	place := func(s int, norm float64) {
		floats.AddScaledTo(u[samples+s], u[s], length/norm, diff)
	}
	for s := range u0 {
		copy(u[s], u0[s])
		for j := range diff {
			diff[j] = rnd.NormFloat64()
		}
		place(s, floats.Norm(diff, 2))
	}
	sum := make([]float64, samples)
	for i := range l.Discard + l.Advances {
		next, err := advance(u)
		if err != nil {
			return nil, errors.Wrapf(err, "advance %d", i)
		}
		if len(next) != len(u) {
			return nil, stack.Shapef("advance %d has %d states, want %d", i, len(next), len(u))
		}
		for s := range u {
			if len(next[s]) != dim {
				return nil, stack.Shapef("advance %d, state %d has %d components, want %d", i, s, len(next[s]), dim)
			}
			copy(u[s], next[s])
		}
		for s := range u0 {
			floats.SubTo(diff, u[samples+s], u[s])
			norm := floats.Norm(diff, 2)
			if !stack.Finite(norm) || norm == 0 || math.IsNaN(sum[s]) {
				sum[s] = math.NaN()
				copy(u[s], u0[s])
				copy(u[samples+s], u0[s])
				continue
			}
			if i >= l.Discard {
				sum[s] += math.Log(norm / length)
			}
			place(s, norm)
		}
	}
	floats.Scale(1/(float64(l.Advances)*l.Interval), sum)
	return sum, nil
}
