package main

import (
	"fmt"
	"math"

	"spnode/experiments/report"
)

// errorTable is how long the models stay with the truth.
func (l *laboratory) errorTable(models []*trained) *report.Table {
	t := report.NewTable("Relative error, and the time at which it passes 0.3, 0.5 and 1: median (10 % to 90 %) of "+fmt.Sprint(l.Test.Starts)+" held-out starts",
		"model", "autoencoder", "1 step", "8 steps", "0.3", "0.5", "1.0", "Δt 2: 0.5", "Δt ½: 0.5", "Δt ¼: 0.5", "loss", "seconds")
	for _, m := range models {
		r := m.Test
		t.Add(m.Name, r.Autoencoder, r.Step1, r.Step8, r.Agree03, r.Agree05, r.Agree10, r.TwiceAgree05, r.HalfAgree05, r.QuarterAgree05, m.Result.Loss, m.Result.Seconds)
	}
	return t
}

// String is the median with the range beside it.
func (q quantiles) String() string {
	return fmt.Sprintf("%.0f (%.0f–%.0f)", q.Median, q.P10, q.P90)
}

// lifeTable is what the models do in the long run, beside the truth.
func (l *laboratory) lifeTable(models []*trained) *report.Table {
	t := report.NewTable(fmt.Sprintf("Long run: %d rollouts to t = %d; rms and rate of change over the last quarter", l.Test.LongRuns, l.Test.LongTime),
		"model", "bounded", "rms", "each", "rate", "each", "total variation of (u_x, u_xx)", "Lyapunov exponent", "ball proved", "data's ball", "rollouts that left it")
	for i, m := range models {
		r := m.Test
		if i == 0 {
			t.Add("truth", "", r.TrueRMS, "", r.TrueRate, "", r.TVFloor, r.TrueLyapunov)
		}
		t.Add(append([]any{m.Name, fmt.Sprintf("%d of %d", r.Bounded, r.LongRuns), r.LongRMS, r.LongRMSEach, r.LongRate, r.LongRateEach, r.TV, r.Lyapunov}, r.Ball.cells()...)...)
	}
	return t
}

// String is the range.
func (b between) String() string {
	return report.Format(b.Least) + "–" + report.Format(b.Largest)
}

// targets holds what was to be shown of the two models against the numbers.
func targets(models []*trained) *report.Table {
	t := report.NewTable("What is to be shown", "model", "figure", "at least, at most", "aim", "truth", "measured", "holds")
	f := report.Format
	for _, m := range models {
		if m.Name != "latent20" && m.Name != "latent7" {
			continue
		}
		r := m.Test
		// pick is what holds for the model of this dimension.
		pick := func(twenty, seven float64) float64 {
			if m.Name == "latent20" {
				return twenty
			}
			return seven
		}
		add := func(figure, want, aim, truth string, measured float64, holds bool) {
			t.Add(m.Name, figure, want, aim, truth, f(measured), holds)
		}
		atLeast := func(figure string, v, want, aim float64) {
			add(figure, "≥ "+f(want), f(aim), "", v, v >= want)
		}
		atMost := func(figure string, v, want float64, aim, truth string) {
			add(figure, "≤ "+f(want), aim, truth, v, v <= want)
		}
		atLeast("agree_0.5, median", r.Agree05.Median, pick(52, 25), pick(65, 35))
		atLeast("agree_1.0, median", r.Agree10.Median, pick(66, 36), pick(80, 45))
		atMost("pdf_tv", r.TV, pick(0.022, 0.055), f(pick(r.TVFloor+0.005, 0.03)), "floor "+f(r.TVFloor))
		lo, hi := pick(0.045, 0.035), pick(0.051, 0.060)
		add("lyapunov", fmt.Sprintf("%g–%g", lo, hi), fmt.Sprintf("within %g %%", pick(3, 10)), f(r.TrueLyapunov), r.Lyapunov, r.Lyapunov >= lo && r.Lyapunov <= hi)
		atMost("autoencoder_rel", r.Autoencoder, pick(0.001, 0.075), "", "")
		atMost("step1_rel", r.Step1, pick(0.012, 0.05), "", "")
		atMost("step8_rel", r.Step8, pick(0.02, 0.08), "", "")
		add("long_bounded", fmt.Sprint(r.LongRuns), "", "", float64(r.Bounded), r.Bounded == r.LongRuns)
		add("long_rms", "within 4 %", "", f(r.TrueRMS), r.LongRMS, math.Abs(r.LongRMS-r.TrueRMS) <= 0.04*r.TrueRMS)
		add("long_rate", "within 8 %", "", f(r.TrueRate), r.LongRate, math.Abs(r.LongRate-r.TrueRate) <= 0.08*r.TrueRate)
	}
	return t
}

// seedTable is that of the models with several seeds.
func seedTable(models []*trained) *report.Table {
	t := report.NewTable("Seeds", "model", "seed", "autoencoder", "1 step", "8 steps", "agree 0.5", "1.0", "total variation", "bounded", "rms", "rate", "Lyapunov exponent", "loss", "seconds")
	for _, m := range models {
		m.SeedRows(t, func(s report.Seed[*testReport]) []any {
			r := s.Test
			return []any{r.Autoencoder, r.Step1, r.Step8, r.Agree05, r.Agree10, r.TV, r.Bounded, r.LongRMS, r.LongRate, r.Lyapunov, s.Loss, s.Seconds}
		})
	}
	return t
}
