package model

import (
	"math"
	"math/bits"
)

// Windows: with TrainConfig.Window = k a sample is k+1 consecutive snapshots of
// a trajectory, from any start. Sample s begins at time s mod starts of
// trajectory s/starts.
// They lie where the trajectories do, each in one piece, and are not copied.

// evaluatedBatches bounds how many batches of windows make the loss at the end
// of Adam.
const evaluatedBatches = 20

// cut makes windows the samples, and their times, from 0, those of a sample.
func (t *Trainer) cut() error {
	t.starts, t.samples, t.times = 1, len(t.x), t.all
	k := t.now.Window
	if k == 0 {
		return nil
	}
	steps := len(t.all) - 1
	if k > steps {
		return dataError("window is %d steps, want at most the %d that a trajectory has", k, steps)
	}
	dt := (t.times[steps] - t.times[0]) / float64(steps)
	for i := range steps {
		if got := t.times[i+1] - t.times[i]; !(math.Abs(got-dt) <= 1e-6*dt) {
			return dataError("windows need a uniform grid of times: step %d from %g to %g, got %g, want %g; or set window to 0", i, t.times[i], t.times[i+1], got, dt)
		}
	}
	t.starts = steps + 1 - k
	t.samples *= t.starts
	// To so many bits that the times are exact and their steps the same: then
	// ops.Propagators forms one for all.
	fraction, exponent := math.Frexp(dt)
	digits := 53 - bits.Len(uint(k))
	dt = math.Ldexp(math.Round(math.Ldexp(fraction, digits)), exponent-digits)
	t.times = make([]float64, k+1)
	for i := range t.times {
		t.times[i] = float64(i) * dt
	}
	return nil
}

// evaluated are the samples whose batches make the loss at the end of Adam: as
// many as fill batches, in their order; of windows, which overlap, at most
// evaluatedBatches, evenly spaced.
func (t *Trainer) evaluated() []int {
	batches := t.perEpoch()
	if t.now.Window > 0 {
		batches = min(batches, evaluatedBatches)
	}
	samples := make([]int, batches*t.batch())
	for i := range samples {
		samples[i] = i
		if t.now.Window > 0 {
			samples[i] = i * t.samples / len(samples)
		}
	}
	return samples
}
