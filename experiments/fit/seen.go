package main

import (
	"fmt"
	"math"
	"strings"

	"spnode/data"
	"spnode/data/inspect"
	"spnode/experiments/driver/command"
	"spnode/experiments/report"
)

// seen says what the data are, a line each.
func (s *sets) seen() []string {
	f := s.facts
	lines := []string{s.counts()}
	grid := "even steps"
	if !f.Uniform {
		grid = fmt.Sprintf("uneven steps, times over %.1f decades", f.Decades)
	}
	first := s.train.Trajectories[0].Times
	if times, shared := s.train.Grid(); shared {
		lines = append(lines, fmt.Sprintf("%d times from %.4g to %.4g, %s", len(times), times[0], f.LastTime, grid))
	} else {
		lines = append(lines, fmt.Sprintf("times of each trajectory's own, from %.4g to %.4g, %s", first[0], f.LastTime, grid))
	}
	if s.train.Complete() != nil {
		lines = append(lines, "some values were not measured")
	}
	if rest, back := share(f.Settled, f.MaySettle), share(f.Returns, f.MayReturn); rest != anything || back != anything {
		line := fmt.Sprintf("%s of the trajectories come to rest, %s come back", rest, back)
		if f.Settled < f.MaySettle || f.Returns < f.MayReturn {
			line += ", as far as noise lets it be told"
		}
		lines = append(lines, line)
	}
	if noise := f.NoiseShare(); noise > 1e-4 {
		lines = append(lines, fmt.Sprintf("what is not smooth from one time to the next is up to %.1e of a component's largest value: noise, or times too far apart", noise))
	}
	var apart []string
	all := 0
	for j, n := range f.Outliers {
		if all += n; n > 0 {
			apart = append(apart, fmt.Sprintf("%s %d", s.name(j), n))
		}
	}
	if all > 0 {
		lines = append(lines, fmt.Sprintf("at least %s stand out from the two before and after by more than ten times the noise (%s): outliers, which are kept, or times too far apart", report.Count(all, "value"), some(apart)))
	}
	var wide []string
	for j := range f.Scale {
		if s.decades(j) > 3 {
			wide = append(wide, s.name(j))
		}
	}
	if len(wide) > 0 {
		lines = append(lines, "go over more than three decades and are never 0: "+some(wide)+" (-transform NAME=log has small values count)")
	}
	var constant []string
	for j, is := range f.Constant {
		if is {
			constant = append(constant, s.name(j))
		}
	}
	if len(constant) > 0 {
		lines = append(lines, "never change: "+strings.Join(constant, ", "))
	}
	return lines
}

// anything is a share of which nothing is known.
const anything = "0 to 100 %"

// share is one of which the bounds are known.
func share(least, most float64) string {
	low, high := fmt.Sprintf("%.0f", 100*least), fmt.Sprintf("%.0f", 100*most)
	if low == high {
		return low + " %"
	}
	return fmt.Sprintf("%s to %s %%", low, high)
}

// some are the first of many names.
func some(names []string) string {
	if n := len(names); n > 5 {
		names = append(names[:5:5], fmt.Sprintf("and %d more", n-5))
	}
	return strings.Join(names, ", ")
}

// decades is how many a component goes over; 0 if it is ever 0 or negative.
func (s *sets) decades(j int) float64 {
	least := math.Inf(1)
	for _, tr := range s.train.Trajectories {
		for _, u := range tr.States {
			least = min(least, u[j])
		}
	}
	if !(least > 0) {
		return 0
	}
	return math.Log10(s.facts.Scale[j] / least)
}

// name is that of a component.
func (s *sets) name(j int) string { return s.train.Names()[j] }

// look inspects the data.
func look(d *data.Dataset) (*inspect.Facts, error) {
	f, err := inspect.Look(d)
	return f, command.AsUsage(err)
}
