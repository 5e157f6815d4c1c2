package recipe

import (
	"math"
	"slices"

	"spnode/data/inspect"
	"spnode/model/latent"
)

// invariants keeps the linear quantities that the data do.
func (c *cook) invariants() {
	if c.options.NoInvariants {
		return
	}
	found := c.options.Invariants
	if found == nil {
		found = slices.DeleteFunc(slices.Clone(c.original.Invariants), func(q inspect.Invariant) bool { return c.transforms(q.Weights) })
		for _, q := range found {
			c.infer("kept by the data to %.1e and so by the model: %s (-invariants none)", q.Drift, q.Text(c.data.Names()))
		}
	}
	for _, q := range found {
		c.Model.Invariants = append(c.Model.Invariants, latent.Invariant{
			Weights: q.Weights, Mean: q.Mean, Deviation: max(q.Deviation, 1e-3*math.Abs(q.Mean), 1e-9*q.Size(c.original.Scale)),
		})
	}
}

// transforms reports whether a component is transformed that has a weight.
func (c *cook) transforms(weights []float64) bool {
	for j, t := range c.options.Transforms {
		if weights[j] != 0 && t.Kind != "" {
			return true
		}
	}
	return false
}
