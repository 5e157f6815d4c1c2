package train

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"spnode/model/objective"
)

// Shooting has the state with which every sample begins be an unknown of the
// training, beside the parameters of the model, in place of what was measured there:
// multiple shooting. It may then be missing in part, and noise of a single state does
// not run through a whole trajectory. Windows then follow one another, and the end of
// one and the start of the next should be one state: the square of the jump between
// them, in scaled variables, is added to the loss with Penalty times the mean weight
// of the components over all times of the window. H. G. Bock and K. J. Plitt, IFAC
// Proceedings Volumes 17 (1984).
type Shooting struct {
	// Penalty is at least 0; without windows there are no jumps.
	Penalty float64 `json:"penalty"`
}

func (s *Shooting) validate(c Config) error {
	switch phases := c.phases(); {
	case s == nil:
		return nil
	case !(s.Penalty >= 0) || math.IsInf(s.Penalty, 0):
		return bad("shooting.penalty is %g, want a finite number that is not negative", s.Penalty)
	case c.ClosedForm != nil:
		return bad("shooting and closed_form: got both, want one of them, as a closed form starts from what was measured")
	case c.sampler() != shuffledName || c.Grid.Points > 0 || len(phases) > 1 || phases[0].Saturation > 0:
		return bad("shooting has one start for each sample: sampler is %s, grid.points %d, with %d phases and saturation %g, want %s, 0, 1 and 0",
			c.sampler(), c.Grid.Points, len(phases), phases[0].Saturation, shuffledName)
	}
	return nil
}

// shoot has the starts of the samples.
type shoot struct {
	*shuffled
	width       int
	x, dx, dEnd []float64 // of a batch
}

func newShoot(sh *shuffled) *shoot {
	s := &shoot{shuffled: sh, width: len(sh.Trajectories[0].States[0])}
	for _, x := range []*[]float64{&s.x, &s.dx, &s.dEnd} {
		*x = make([]float64, sh.batch*s.width)
	}
	return s
}

// guess writes the starts at the start of the training: what was measured there, or
// nearest to it in time, or 0.
func (s *shoot) guess(starts []float64) {
	for j, p := range s.samples {
		t := &s.Trajectories[p.Trajectory]
		for i := range s.width {
			x, least := 0., math.Inf(1)
			for k, state := range t.States {
				if d := math.Abs(t.Times[k] - t.Times[p.Times[0]]); d < least && !math.IsNaN(state[i]) {
					x, least = state[i], d
				}
			}
			starts[j*s.width+i] = x
		}
	}
}

// join makes a batch of samples, nil for all, whose last time, after a step of 0, is
// where the next one begins.
func (s *shoot) join(samples []int) (objective.Batch, error) {
	if samples == nil {
		for i := range s.batch {
			samples = append(samples, i)
		}
	}
	b, err := s.Join(s.pieces(samples, nil), s.longest+1)
	if err != nil {
		return b, err
	}
	b.Samples = samples
	each := len(b.Weights) / (s.longest + 1) // of a time
	of := each / b.Rows                      // of a row
	for r, i := range samples {
		if !s.jumps(i) {
			continue
		}
		var sum float64
		for k := range s.longest {
			sum += floats.Sum(b.Weights[k*each+r*of:][:of])
		}
		for j := range of {
			b.Weights[s.longest*each+r*of+j] = s.Shooting.Penalty * sum / float64(of)
		}
	}
	return b, nil
}

// jumps reports whether the sample after sample i begins where that one ends.
func (s *shoot) jumps(i int) bool {
	return i+1 < len(s.samples) && s.samples[i].Trajectory == s.samples[i+1].Trajectory
}

// of is a batch with its starts, and those of the next samples as last states.
func (s *shoot) of(b objective.Batch, starts []float64) objective.Batch {
	at := func(i int) []float64 { return starts[i*s.width:][:s.width] }
	for r, i := range b.Samples {
		copy(s.x[r*s.width:], at(i))
	}
	b.Starts, b.StartGrad, b.EndGrad = s.x, s.dx, s.dEnd
	state := b.State
	b.State = func(row, time int) []float64 {
		if time < s.longest {
			return state(row, time)
		}
		return at(min(b.Samples[row]+1, len(s.samples)-1))
	}
	return b
}

// gather adds to the gradient by the starts that of a batch.
func (s *shoot) gather(grad []float64, b objective.Batch) {
	for r, i := range b.Samples {
		floats.Add(grad[i*s.width:][:s.width], b.StartGrad[r*s.width:][:s.width])
		if s.jumps(i) {
			floats.Add(grad[(i+1)*s.width:][:s.width], b.EndGrad[r*s.width:][:s.width])
		}
	}
}

// begin has the unknowns of the training be those of its start.
func (t *Trainer) begin() {
	flat := t.Model.Params().Flat
	if t.w = flat; t.cfg.Shooting == nil {
		return
	}
	t.shoot = t.samplers[0].(*shuffled).shoot
	t.w = append(slices.Clone(flat), make([]float64, len(t.shoot.samples)*t.shoot.width)...)
	t.grad = make([]float64, len(t.w))
	t.shoot.guess(t.starts())
}

// starts are the unknowns beside the parameters of the model.
func (t *Trainer) starts() []float64 { return t.w[len(t.Model.Params().Flat):] }

// sync brings the model's parameters up to date with the unknowns.
func (t *Trainer) sync() { copy(t.Model.Params().Flat, t.w) }

// Initial returns the states with which the trajectories of the data begin, in the
// physical variables: what a training with Shooting has estimated, else what was
// measured.
func (t *Trainer) Initial() [][]float64 {
	var states [][]float64
	for i := range t.data {
		x := t.data[i].States[0]
		if t.shoot != nil {
			first := slices.IndexFunc(t.shoot.samples, func(p Piece) bool { return p.Trajectory == i })
			x = t.starts()[first*t.shoot.width:][:t.shoot.width]
		}
		states = append(states, t.Model.Unscaled(x))
	}
	return states
}
