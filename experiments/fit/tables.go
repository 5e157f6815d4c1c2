package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"spnode/experiments/driver"
	"spnode/experiments/report"
)

// tables are what is read after the verdict.
func (l *laboratory) tables(chosen *ModelConfig, t *driver.Tested[*tested]) []*report.Table {
	errs := report.NewTable(fmt.Sprintf("Errors on %s, %s, relative to each component's largest value", report.Count(t.Test.Trajectories, "trajectory"), l.sets.apart()), "model", "tested", "largest", "rms", "within half until", "leave the range")
	for _, e := range t.Test.Errors {
		errs.Add(chosen.Name, string(e.Ground), e.Largest, e.RMS, e.agrees(), fmt.Sprintf("%.0f %%", 100*e.Away))
	}
	all := t.Test.Baselines
	if t.Test.Modes != nil {
		all = append(slices.Clone(all), *t.Test.Modes)
	}
	for _, b := range all {
		errs.Add(b.Name, string(b.Ground), b.Largest, b.RMS, b.agrees(), fmt.Sprintf("%.0f %%", 100*b.Away))
	}
	parts := report.NewTable("By component, on the data's times", "component", "largest value", "largest error", "rms error")
	components := slices.Clone(t.Test.Components)
	if most := 30; len(components) > most { // of which a table shows the worst
		slices.SortStableFunc(components, func(a, b component) int { return cmp.Compare(b.RMS, a.RMS) })
		components = components[:most]
	}
	for _, c := range components {
		parts.Add(c.Name, c.Scale, c.Largest, c.RMS)
	}
	kept := report.NewTable("What the data keep", "quantity", "changes in the data", "in the predictions")
	for _, q := range t.Test.Invariants {
		kept.Add(q.Quantity, q.Data, q.Model)
	}
	cycle := report.NewTable("The cycle over many periods", "periods", "period in the data", "in the last predictions", "amplitude, over the data's", "of", "leave the range")
	if c := t.Test.Cycle; c != nil {
		cycle.Add(c.Periods, c.DataPeriod, c.Period, c.Amplitude, c.Component, fmt.Sprintf("%.0f %%", 100*c.Away))
	}
	rates := report.NewTable("Time scales of the learned A", "rate", "half-life", "frequency")
	for i, z := range t.Stability.Spectrum {
		if i > 0 && z[1] < 0 { // of a pair the other
			continue
		}
		half, frequency := any("never"), any(nil)
		if z[0] < 0 {
			half = math.Ln2 / -z[0]
		}
		if z[1] != 0 {
			frequency = math.Abs(z[1]) / (2 * math.Pi)
		}
		rates.Add(-z[0], half, frequency)
	}
	tries := report.NewTable("Tried", "recipe", "error", "")
	for _, r := range l.trials {
		why := ""
		if r.err != nil {
			why = r.err.Error()
		}
		tries.Add(r.name, r.score, why)
	}
	seeds := report.NewTable("Members", "model", "seed", "largest", "rms")
	t.SeedRows(seeds, func(s report.Seed[*tested]) []any { return []any{s.Test.Errors[0].Largest, s.Test.Errors[0].RMS} })
	if b := t.Test.Band; b != nil {
		seeds.Add(fmt.Sprintf("mean of %d, with ±2 deviations that hold %.0f %% of the values", b.Members, 100*b.Covers), "", nil, b.RMS)
	}
	inferred := report.NewTable("What was inferred from the data", "")
	for _, line := range l.inferred(chosen) {
		inferred.Add(line)
	}
	return []*report.Table{errs, parts, kept, cycle, rates, tries, seeds, inferred}
}

func (o *offs) agrees() any {
	if o.Agrees == nil {
		return "the end"
	}
	return *o.Agrees
}
