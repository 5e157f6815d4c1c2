package integrator

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"spnode/ops"
)

// Rollout unrolls the method over a grid and returns the states at its ends,
// u0 first. Every interval is divided into substeps equal steps.
func Rollout(m Method, s System, u0, steps *G.Node, substeps int) (G.Nodes, error) {
	as, us, ss := s.A.Shape(), u0.Shape(), steps.Shape()
	if as.Dims() != 2 || us.Dims() != 2 || as[0] != as[1] || us[1] != as[0] || ss.Dims() != 2 || ss[1] != 1 && ss[1] != us[0] || substeps < 1 {
		return nil, errors.Wrapf(ops.ErrShape, "integrator: Rollout: A is %v, u0 %v, the steps %v with %d substeps, want (n, n), (batch, n), (intervals, 1 or batch) and at least 1", as, us, ss, substeps)
	}
	g := s.G
	s.G = func(u *G.Node) (*G.Node, error) {
		y, err := g(u)
		if err == nil && !y.Shape().Eq(us) {
			err = errors.Wrapf(ops.ErrShape, "g(u) is %v, want %v as u", y.Shape(), us)
		}
		return y, err
	}
	intervals := steps.Shape()[0]
	var err error
	if substeps > 1 {
		if steps, err = ops.Scale(steps, 1/float64(substeps)); err != nil {
			return nil, err
		}
	}
	step, err := m.Plan(s, steps)
	if err != nil {
		return nil, errors.Wrapf(err, "integrator: %s", m.Name())
	}
	u := u0
	states := G.Nodes{u}
	for k := range intervals {
		if s.Enter != nil {
			if u, err = s.Enter(k, u); err != nil {
				return nil, errors.Wrapf(err, "integrator: Rollout: Enter: interval %d", k)
			}
		}
		for range substeps {
			if u, err = step(k, u); err != nil {
				return nil, errors.Wrapf(err, "integrator: %s: interval %d", m.Name(), k)
			}
		}
		states = append(states, u)
	}
	return states, nil
}
