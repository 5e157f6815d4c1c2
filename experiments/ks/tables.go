package main

import (
	"fmt"
	"math"
	"slices"

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

// target is what is to be shown of a figure of a model.
type target struct {
	model, figure string
	of            func(r *testReport) float64
	least, most   float64 // NaN: no such bound
}

// targets holds what was to be shown of the models against the numbers.
func targets(models []*trained) *report.Table {
	t := report.NewTable("What is to be shown", "model", "figure", "at least", "at most", "measured", "holds")
	bound := func(v float64) any {
		if math.IsNaN(v) {
			return nil
		}
		return v
	}
	for _, m := range models {
		for _, a := range aims {
			if a.model != m.Name {
				continue
			}
			v := a.of(m.Test)
			t.Add(m.Name, a.figure, bound(a.least), bound(a.most), v, !(v < a.least) && !(v > a.most) && !math.IsNaN(v))
		}
		if slices.ContainsFunc(aims, func(a target) bool { return a.model == m.Name }) {
			r := m.Test
			t.Add(m.Name, "long_bounded", r.LongRuns, nil, r.Bounded, r.Bounded == r.LongRuns)
			t.Add(m.Name, "long_rms", 0.96*r.TrueRMS, 1.04*r.TrueRMS, r.LongRMS, math.Abs(r.LongRMS-r.TrueRMS) <= 0.04*r.TrueRMS)
			t.Add(m.Name, "long_rate", 0.92*r.TrueRate, 1.08*r.TrueRate, r.LongRate, math.Abs(r.LongRate-r.TrueRate) <= 0.08*r.TrueRate)
		}
		if b := m.Test.Ball; b != nil {
			t.Add(m.Name, "rollouts that left the ball", nil, 0, b.Left, b.Left == 0)
		}
	}
	return t
}

// aims are what is to be shown, beside what is of all of their models.
var aims = func() (all []target) {
	none := math.NaN()
	add := func(model, figure string, of func(r *testReport) float64, least, most float64) {
		all = append(all, target{model, figure, of, least, most})
	}
	agree := func(r *testReport) float64 { return r.Agree05.Median }
	half := func(r *testReport) float64 { return r.HalfAgree05.Median }
	quarter := func(r *testReport) float64 { return r.QuarterAgree05.Median }
	tv := func(r *testReport) float64 { return r.TV }
	exponent := func(r *testReport) float64 { return r.Lyapunov }
	decoded := func(r *testReport) float64 { return r.Autoencoder }
	for _, f := range []struct {
		name                        string
		agree, deployed             float64
		tv, autoencoder             float64
		leastLyapunov, mostLyapunov float64
	}{
		{"bilinear20", 140, 130, 0.016, 0.001, 0.047, 0.051},
		{"manifold8", 90, 90, 0.013, 6e-4, none, none},
		{"manifold8-7", 120, 120, 0.013, 2e-4, none, none},
		{"manifold8-noise", 60, none, none, none, none, none},
		{"latent8", 60, none, none, none, 0.047, none},
		{"latent20", 52, none, 0.022, 0.001, 0.045, 0.051},
		{"latent7", 25, none, 0.055, 0.075, 0.035, 0.06},
	} {
		add(f.name, "agree_0.5, median", agree, f.agree, none)
		for _, o := range []target{
			{f.name, "at Δt = ½", half, f.deployed, none}, {f.name, "at Δt = ¼", quarter, f.deployed, none},
			{f.name, "pdf_tv", tv, none, f.tv}, {f.name, "autoencoder_rel", decoded, none, f.autoencoder},
			{f.name, "lyapunov", exponent, f.leastLyapunov, f.mostLyapunov},
		} {
			if !math.IsNaN(o.least) || !math.IsNaN(o.most) {
				all = append(all, o)
			}
		}
	}
	for _, f := range []struct {
		name                 string
		agree1, step1, step8 float64
	}{{"latent20", 66, 0.012, 0.02}, {"latent7", 36, 0.05, 0.08}} {
		add(f.name, "agree_1.0, median", func(r *testReport) float64 { return r.Agree10.Median }, f.agree1, none)
		add(f.name, "step1_rel", func(r *testReport) float64 { return r.Step1 }, none, f.step1)
		add(f.name, "step8_rel", func(r *testReport) float64 { return r.Step8 }, none, f.step8)
	}
	return all
}()

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
