package sample

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

// Starts are the states with which the samples of a training with Shooting begin.
type Starts struct {
	of          *shuffled
	width       int
	x, dx, dEnd []float64 // of a batch
}

// StartsOf are those of a sampler of this package; nil: it has none.
func StartsOf(s Sampler) *Starts {
	if sh, ok := s.(*shuffled); ok {
		return sh.starts
	}
	return nil
}

func newStarts(sh *shuffled) *Starts {
	s := &Starts{of: sh, width: len(sh.Trajectories[0].States[0])}
	for _, x := range []*[]float64{&s.x, &s.dx, &s.dEnd} {
		*x = make([]float64, sh.batch*s.width)
	}
	return s
}

// Guess are the starts at the start of the training, (samples, components): what was
// measured there, or nearest to it in time, or 0.
func (s *Starts) Guess() []float64 {
	starts := make([]float64, len(s.of.samples)*s.width)
	for j, p := range s.of.samples {
		t := &s.of.Trajectories[p.Trajectory]
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
	return starts
}

// Shape is that of the starts: samples and components.
func (s *Starts) Shape() []int { return []int{len(s.of.samples), s.width} }

// First are the starts with which trajectory i begins.
func (s *Starts) First(starts []float64, i int) []float64 {
	first := slices.IndexFunc(s.of.samples, func(p Piece) bool { return p.Trajectory == i })
	return starts[first*s.width:][:s.width]
}

// join makes a batch of samples, nil for all, whose last time, after a step of 0, is
// where the next one begins.
func (s *Starts) join(samples []int) (objective.Batch, error) {
	if samples == nil {
		for i := range s.of.batch {
			samples = append(samples, i)
		}
	}
	b, err := s.of.Join(s.of.pieces(samples), s.of.longest+1)
	if err != nil {
		return b, err
	}
	b.Samples = samples
	each := len(b.Weights) / (s.of.longest + 1) // of a time
	of := each / b.Rows                         // of a row
	for r, i := range samples {
		if !s.jumps(i) {
			continue
		}
		var sum float64
		for k := range s.of.longest {
			sum += floats.Sum(b.Weights[k*each+r*of:][:of])
		}
		for j := range of {
			b.Weights[s.of.longest*each+r*of+j] = s.of.Shooting.Penalty * sum / float64(of)
		}
	}
	return b, nil
}

// jumps reports whether the sample after sample i begins where that one ends.
func (s *Starts) jumps(i int) bool {
	return i+1 < len(s.of.samples) && s.of.samples[i].Trajectory == s.of.samples[i+1].Trajectory
}

// Of is a batch with its starts, and those of the next samples as last states.
func (s *Starts) Of(b objective.Batch, starts []float64) objective.Batch {
	at := func(i int) []float64 { return starts[i*s.width:][:s.width] }
	for r, i := range b.Samples {
		copy(s.x[r*s.width:], at(i))
	}
	b.Starts, b.StartGrad, b.EndGrad = s.x, s.dx, s.dEnd
	state := b.State
	b.State = func(row, time int) []float64 {
		if time < s.of.longest {
			return state(row, time)
		}
		return at(min(b.Samples[row]+1, len(s.of.samples)-1))
	}
	return b
}

// Gather adds to the gradient by the starts that of a batch.
func (s *Starts) Gather(grad []float64, b objective.Batch) {
	for r, i := range b.Samples {
		floats.Add(grad[i*s.width:][:s.width], b.StartGrad[r*s.width:][:s.width])
		if s.jumps(i) {
			floats.Add(grad[(i+1)*s.width:][:s.width], b.EndGrad[r*s.width:][:s.width])
		}
	}
}
