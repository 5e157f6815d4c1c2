package sample

import "math"

// Phase is a part of the first stage that sees samples of its own. What a model
// of a chaotic system is to learn is in short windows first, and in long ones
// once it follows those: a trajectory that soon leaves the truth has gradients
// that lead nowhere.
type Phase struct {
	// From is the share of the stage's iterations before it, in [0, 1); that of
	// the first phase is 0.
	From float64 `json:"from"`
	// Window, if not 0, has a sample be so many steps of a trajectory, Window+1
	// consecutive states, where every start is one at which the whole state was
	// measured: of T times (T − Window) samples. A shorter trajectory is one sample,
	// whole. The system must be autonomous. On a grid that all trajectories share,
	// uniform to a millionth of its step, all windows have the same times, from 0;
	// on others their own. The loss at the end of the stage is then that of at most
	// 20 batches of evenly spaced windows.
	Window int `json:"window,omitempty"`
	// Span, if not 0, has a sample reach so far in time instead, in the unit of the
	// data's times, from every start at which the trajectory goes on for so long.
	Span float64 `json:"span,omitempty"`
	// Velocities, if not 0, has the model see how fast the state moves and no more: a
	// sample is one step of an eighth of the interval from a time of the data on, whose
	// end lies on the polynomial of this degree through the times around it. Iterations
	// are as short as can be, and a field is found that windows may begin with; where windows
	// of eight steps train from the start, as on Kuramoto–Sivashinsky, they end no better.
	Velocities int `json:"velocities,omitempty"`
	// Batch is the number of samples in an iteration; 0 takes all of them every
	// time.
	Batch int `json:"batch,omitempty"`
	// First multiplies the weight of the initial states in the loss, which long
	// windows would have the autoencoder neglect; 0 stands for 1.
	First float64 `json:"first,omitempty"`
	// Decay, per unit of the data's time, multiplies the weight of time t of a sample by exp(−Decay·t): errors
	// that chaos has made large say little.
	Decay float64 `json:"decay,omitempty"`
	// Saturation, if not 0, is the squared error of a state, as a share of the
	// data's mean square, that counts for half: see ops.SquaredError. Errors
	// that chaos has made large then do not govern the gradient.
	Saturation float64 `json:"saturation,omitempty"`
	// Consistency weighs, in the loss, how far the latent state at the second time of a
	// sample is from that which the encoder makes of it, see objective.Batch; 0: not at
	// all. A model that starts anywhere wants some of it.
	Consistency float64 `json:"consistency,omitempty"`
}

// Validate checks phase i, which is to begin at the share from or later.
func (p Phase) Validate(i int, from float64) error {
	switch {
	case i == 0 && p.From != 0:
		return bad("phase 0: from is %g, want 0", p.From)
	case !(p.From >= from && p.From < 1):
		return bad("phase %d: from is %g, want at least %g as the one before it, and less than 1", i, p.From, from)
	case p.Window < 0:
		return bad("phase %d: window is %d, want at least 1 step, or 0 for whole trajectories", i, p.Window)
	case !(p.Span >= 0) || math.IsInf(p.Span, 0) || p.Span > 0 && p.Window > 0:
		return bad("phase %d: span is %g and window %d, want a finite number above 0 of one of them, or 0 for whole trajectories", i, p.Span, p.Window)
	case p.Velocities < 0 || p.Velocities > 0 && p.windows():
		return bad("phase %d: velocities is %d, want a degree of at least 1, without window and span, or 0", i, p.Velocities)
	case p.Batch < 0:
		return bad("phase %d: batch is %d, want at least 1, or 0 for all samples", i, p.Batch)
	case !(p.First >= 0) || math.IsInf(p.First, 0) || !(p.Decay >= 0) || math.IsInf(p.Decay, 0):
		return bad("phase %d: first is %g and decay %g, want finite numbers that are not negative", i, p.First, p.Decay)
	case !(p.Saturation >= 0) || math.IsInf(p.Saturation, 0):
		return bad("phase %d: saturation is %g, want a finite number that is not negative", i, p.Saturation)
	case !(p.Consistency >= 0) || math.IsInf(p.Consistency, 0):
		return bad("phase %d: consistency is %g, want a finite number that is not negative", i, p.Consistency)
	}
	return nil
}

// windows reports whether samples are parts of trajectories.
func (p Phase) windows() bool { return p.Window > 0 || p.Span > 0 }

// end returns the index of the last time of the sample that begins at time first of
// a trajectory; first itself: there is none.
func (p Phase) end(times []float64, first int) int {
	last := len(times) - 1
	switch {
	case p.Window > 0 && p.Window <= last-first:
		return first + p.Window
	case p.Span > 0 && times[last]-times[first] >= p.Span*(1-spanRounding):
		for times[last]-times[first] > p.Span*(1+spanRounding) {
			last--
		}
		return last
	case first == 0: // all of a short one
		return last
	}
	return first
}

// spanRounding is by how much of a span times may miss its end for their rounding.
const spanRounding = 1e-9

// weigh multiplies the weights of the loss at some times by those of the phase.
func (p Phase) weigh(weights, times []float64) {
	for k := range weights {
		if p.Decay != 0 {
			weights[k] *= math.Exp(-p.Decay * (times[k] - times[0]))
		}
	}
	if p.First != 0 {
		weights[0] *= p.First
	}
}
