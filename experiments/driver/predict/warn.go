package predict

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"spnode/data"
	"spnode/model"
	"spnode/model/latent"
)

// components are their names.
func components(c model.Config) []string {
	names := slices.Clone(c.Components)
	for i := len(names); i < c.Dim; i++ {
		names = append(names, fmt.Sprint("u", i+1))
	}
	return names
}

// tellOfLeaving tells of predictions that begin in the range of the training's data and
// leave it.
func (o Options) tellOfLeaving(c model.Config, d *data.Dataset, warnings io.Writer) {
	for j, r := range c.Ranges {
		count, most, where := 0, 0.0, ""
		for s, tr := range d.Trajectories {
			farthest := 0
			for k, u := range tr.States {
				if model.OutOf(r, u[j]) > model.OutOf(r, tr.States[farthest][j]) {
					farthest = k
				}
			}
			if by := model.OutOf(r, tr.States[farthest][j]); by > 0 && model.OutOf(r, tr.States[0][j]) == 0 {
				count++
				if by > most {
					most, where = by, fmt.Sprintf("%.4g at t = %.4g of state %d", tr.States[farthest][j], tr.Times[farthest], s)
				}
			}
		}
		if count > 0 {
			fmt.Fprintf(warnings, "%s: %s of %d of %d predictions leaves what the model was trained on, %.4g to %.4g; it is %s\n",
				o.Command, components(c)[j], count, d.Samples(), r[0], r[1], where)
		}
	}
}

// Strange says what of so many runs is outside of what a model was trained on, a line for
// each component, parameter and input.
func Strange(c model.Config, runs int, all []model.Beyond) (lines []string) {
	for len(all) > 0 {
		worst, count := all[0], 0
		for ; count < len(all) && all[count].Kind == worst.Kind && all[count].Index == worst.Index; count++ {
			if b := all[count]; model.OutOf(b.Range, b.Value) > model.OutOf(worst.Range, worst.Value) {
				worst = b
			}
		}
		all = all[count:]
		what, of, one, trained := "", "trajectories", "trajectory", "what the model was trained on"
		switch worst.Kind {
		case model.KindComponent:
			what, of, one = components(c)[worst.Index], "states", "state"
		case model.KindStart:
			what, of, one, trained = components(c)[worst.Index], "states", "state", "what samples of the training begin with"
		case model.KindParameter:
			what = "parameter " + c.Parameters.Names[worst.Index]
		case model.KindInput:
			what = "input " + c.Inputs.Names[worst.Index]
		}
		lines = append(lines, fmt.Sprintf("%s of %d of %d %s is outside of %s, %.4g to %.4g; it is %.4g in %s %d",
			what, count, runs, of, trained, worst.Range[0], worst.Range[1], worst.Value, one, worst.Run))
	}
	return lines
}

// warn tells of runs that the model was not made for.
func (o Options) warn(m *model.Model, runs []model.Run, warnings io.Writer) error {
	c, beyond := m.Config(), m.Beyond(runs)
	for _, line := range Strange(c, len(runs), beyond) {
		fmt.Fprintf(warnings, "%s: %s: the prediction may be wrong without another sign\n", o.Command, line)
	}
	told, u0 := make([]bool, len(runs)), make([][]float64, len(runs))
	for i, r := range runs {
		u0[i] = r.State
	}
	for _, b := range beyond {
		told[b.Run] = told[b.Run] || b.Kind == model.KindComponent || b.Kind == model.KindStart
	}
	// Within the range of whole trajectories a state may still be far from their beginnings.
	far := slices.DeleteFunc(m.Far(u0), func(f latent.Far) bool { return told[f.State] })
	if len(far) > 0 {
		worst := slices.MaxFunc(far, func(a, b latent.Far) int { return cmp.Compare(a.Deviations, b.Deviations) })
		what := "a coordinate"
		if len(c.Basis) == 0 {
			what = components(c)[worst.Component]
		}
		fmt.Fprintf(warnings, "%s: %d of %d states are far from those that the model was trained to start from; %s of state %d by %.0f deviations of them: its prediction may be wrong without another sign\n",
			o.Command, len(far), len(u0), what, worst.State, worst.Deviations)
	}
	outside, err := m.Outside(u0)
	if err != nil {
		return err
	}
	for _, i := range outside {
		fmt.Fprintf(warnings, "%s: state %d is outside of the ball of radius %.4g that holds the data: its prediction is bounded, and not learned\n",
			o.Command, i, c.Nonlinear.Radius)
	}
	return nil
}
