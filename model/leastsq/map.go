package leastsq

import (
	"github.com/pkg/errors"

	"spnode/ops/kernel"
	"spnode/ops/kernel/poly"
)

// Map fits p to pairs: the coefficients c for which p(x_i) is nearest to y_i. Of the
// settings those of differences and corrections have no meaning.
func Map(p *poly.Polynomial, x, y [][]float64, c Config) ([]float64, *Report, error) {
	if err := c.Validate(); err != nil {
		return nil, nil, err
	}
	if len(x) != len(y) || len(x) == 0 {
		return nil, nil, errors.Errorf("leastsq: Map: got %d arguments and %d images, want as many of both", len(x), len(y))
	}
	f := &fit{Config: c, p: p, c: make([]float64, p.Coefficients())}
	var square float64
	for i, u := range x {
		if len(u) != p.In() || len(y[i]) != p.Out() {
			return nil, nil, errors.Errorf("leastsq: Map: pair %d has %d and %d components, want %d and %d", i, len(u), len(y[i]), p.In(), p.Out())
		}
		if allFinite(u) && allFinite(y[i]) {
			f.samples = append(f.samples, sample{u: u, velocity: y[i]})
			square += kernel.Dot(u, u)
		}
	}
	if len(f.samples) == 0 {
		return nil, nil, errors.New("leastsq: Map: no pair is finite")
	}
	f.draw(square)
	f.Form = Differences
	if err := f.velocities(); err != nil {
		return nil, nil, err
	}
	return f.c, &f.report, nil
}
