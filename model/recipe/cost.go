package recipe

import (
	"math"
)

// A training of fewer iterations ends nowhere, and one of more gains nothing.
const (
	leastIterations = 200
	mostIterations  = 60000
)

// roundTo rounds to two digits.
func roundTo(x float64) int {
	digit := math.Pow(10, math.Floor(math.Log10(x))-1)
	return int(math.Round(x/digit) * digit)
}

// iterationSeconds is what an iteration takes of one processor, by the products
// that it has: those of the networks over all states of a batch, the exponentials
// of the steps, and the rotations of SOAP.
func (c *cook) iterationSeconds() float64 {
	n, width := float64(c.Model.LatentDim()), float64(c.Model.Width())
	points := float64(c.Train.Grid.Points)
	if points == 0 {
		points = float64(len(c.data.Trajectories[0].Times))
	}
	rows, passes := float64(c.data.Samples()), points // of the networks
	if len(c.Train.Phases) > 0 {
		p := c.Train.Phases[0]
		if p.Batch > 0 {
			rows = float64(p.Batch)
		}
		if p.Consistency > 0 { // a state is encoded once more, by products that are small
			passes += 2
		}
	}
	var weights, soap float64
	dense := func(widths []float64) {
		for i := range len(widths) - 1 {
			a, b := widths[i], widths[i+1]
			weights += a * b
			soap += 4*a*b*(a+b) + (a*a*a+b*b*b)/2
		}
	}
	if hidden := c.Model.Autoencoder.Hidden; len(hidden) > 0 {
		w := []float64{width}
		for _, h := range hidden {
			w = append(w, float64(h))
		}
		dense(append(w, n))
		weights += float64(2*max(c.Model.Autoencoder.Harmonics-1, 0)) * w[len(w)-1] // the decoder's
	}
	if hidden := c.Model.Nonlinear.Hidden; len(hidden) > 0 {
		w := []float64{n}
		for _, h := range hidden {
			w = append(w, float64(h))
		}
		dense(append(w, n))
	}
	const ( // seconds, measured on one core of a Xeon
		product     = 6e-11 // a multiplication and addition of a large product
		exponential = 5e-10 // of one of small matrices
		overhead    = 3e-4
	)
	doublings := 12.
	if !c.facts.Uniform {
		doublings += c.facts.Decades * 1.5
	}
	if len(c.Model.Nonlinear.Hidden) > 0 { // at every stage of every step, for few rows at a time
		stages := 1.
		if c.Model.Integrator == "etdrk4" {
			stages = 4
		}
		hidden := float64(c.Model.Nonlinear.Hidden[0])
		weights += 4 * stages * 2 * n * hidden
		doublings *= stages
	}
	// Each row takes products with the doublings of the exponential, which each step makes.
	steps := doublings * n * n * (rows + n) * points * exponential
	return overhead + 3*rows*passes*weights*product + 2*soap*product + steps
}
