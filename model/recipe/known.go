package recipe

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"spnode/model/dynamics"
)

// known has the model take what is known of the trajectories beside their states.
func (c *cook) known() {
	if p := c.data.Parameters; len(p) > 0 {
		var rows [][]float64
		for _, tr := range c.data.Trajectories {
			rows = append(rows, tr.Parameters)
		}
		c.Model.Parameters = dynamics.ParametersConfig{Known: scaled(p, rows), Time: true}
		c.infer("parameters %s are seen by the networks and scale time", over(c.Model.Parameters.Known))
	}
	if w := c.data.Inputs; len(w) > 0 {
		var rows [][]float64
		for _, tr := range c.data.Trajectories {
			rows = append(rows, tr.Input.Values...)
		}
		c.Model.Inputs = dynamics.InputsConfig{Known: scaled(w, rows)}
		c.infer("inputs %s drive the latent coordinates", over(c.Model.Inputs.Known))
	}
}

// scaled has values of those names be of mean 0 and deviation 1, and keeps their ranges.
func scaled(names []string, rows [][]float64) dynamics.Known {
	k := dynamics.Known{Names: names}
	for j := range names {
		var x []float64
		for _, row := range rows {
			x = append(x, row[j])
		}
		mean, deviation := stat.PopMeanStdDev(x, nil)
		if !(deviation > 1e-12*math.Abs(mean)) { // always the same
			deviation = 1
		}
		k.Offset, k.Factor = append(k.Offset, mean), append(k.Factor, 1/deviation)
		k.Ranges = append(k.Ranges, [2]float64{floats.Min(x), floats.Max(x)})
	}
	return k
}

// over are the names with the ranges over which the data have them.
func over(k dynamics.Known) string {
	var all []string
	for j, r := range k.Ranges {
		all = append(all, fmt.Sprintf("%s (%.4g to %.4g)", k.Names[j], r[0], r[1]))
	}
	return strings.Join(all, ", ")
}
