package recipe

import (
	"fmt"
	"math"
	"slices"
	"strings"

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
			c.infer("kept by the data to %.1e and so by the model: %s (-invariants none)", q.Drift, c.linear(q.Weights))
		}
	}
	for _, q := range found {
		var size float64
		for j, w := range q.Weights {
			size += math.Abs(w) * c.original.Scale[j]
		}
		c.Model.Invariants = append(c.Model.Invariants, latent.Invariant{
			Weights: q.Weights, Mean: q.Mean, Deviation: max(q.Deviation, 1e-3*math.Abs(q.Mean), 1e-9*size),
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

// linear writes w·u with the names of the components.
func (c *cook) linear(w []float64) string {
	var b strings.Builder
	for j, v := range w {
		if v == 0 {
			continue
		}
		name := fmt.Sprintf("u%d", 1+j)
		if len(c.data.Components) > 0 {
			name = c.data.Components[j]
		}
		switch {
		case b.Len() == 0 && v == 1:
		case b.Len() == 0:
			fmt.Fprintf(&b, "%.4g ", v)
		case math.Abs(math.Abs(v)-1) < 1e-4 && v > 0:
			b.WriteString(" + ")
		case math.Abs(math.Abs(v)-1) < 1e-4:
			b.WriteString(" − ")
		case v > 0:
			fmt.Fprintf(&b, " + %.4g ", v)
		default:
			fmt.Fprintf(&b, " − %.4g ", -v)
		}
		b.WriteString(name)
	}
	return b.String()
}
