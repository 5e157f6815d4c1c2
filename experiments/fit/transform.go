package main

import (
	"fmt"
	"math"
	"strings"

	"spnode/data"
	"spnode/experiments/driver/command"
	"spnode/model/latent"
)

// transforms are those of all components that the flag says or, with a line on why, the
// data; or none.
func (c *Config) transforms(s *sets) ([]latent.Transform, error) {
	switch c.Transform {
	case "none", "":
		return nil, nil
	case auto:
		all, names := s.transforms()
		if all != nil {
			c.Seen = append(c.Seen, fmt.Sprintf("begin in a thousandth of their range, of which a network would see nothing, and are learned by logit between 0 and %g times their largest values: %s (-transform none)", roomAbove, strings.Join(names, ", ")))
		}
		return all, nil
	}
	all := make([]latent.Transform, s.train.Dim())
	for _, part := range strings.Split(c.Transform, ",") {
		name, kind, _ := strings.Cut(part, "=")
		j := -1
		for k := range all {
			if s.name(k) == name {
				j = k
			}
		}
		if j < 0 || kind != "log" && kind != "logit" {
			return nil, command.Usagef("flag -transform: got %q, want NAME=log or NAME=logit, of components of the data, or auto or none", part)
		}
		all[j].Kind = kind
		if u, ok := s.outside(all[j], j); ok {
			return nil, command.Usagef("flag -transform: %s is %g somewhere, which has no %s; leave it as it is, or add to it", name, u, kind)
		}
	}
	return all, nil
}

// roomAbove is how far above the largest value of the data a component may go that is
// learned by logit between 0 and a bound: no prediction leaves the range by a fifth of it.
const roomAbove = 1.2

// transforms finds components that are never 0, go over decades, and begin where a
// network that sees them in their largest values sees nothing of their differences:
// relaxation oscillations of concentrations.
func (s *sets) transforms() (all []latent.Transform, names []string) {
	f := s.facts
	for j := range f.Scale {
		if s.decades(j) < 3 || f.Deviation[j] == 0 || f.Deviation[j] > 1e-3*f.Scale[j] {
			continue
		}
		t := latent.Transform{Kind: "logit", High: roomAbove * f.Scale[j]}
		if _, ok := s.outside(t, j); ok {
			continue
		}
		if all == nil {
			all = make([]latent.Transform, len(f.Scale))
		}
		all[j], names = t, append(names, s.name(j))
	}
	return all, names
}

// outside returns a value of component j that the transform has not.
func (s *sets) outside(t latent.Transform, j int) (u float64, ok bool) {
	for _, d := range []*data.Dataset{s.train, s.validation, s.held} {
		for _, tr := range d.Trajectories {
			for _, u := range tr.States {
				if x := t.Apply(u[j]); !math.IsNaN(u[j]) && (math.IsNaN(x) || math.IsInf(x, 0)) {
					return u[j], true
				}
			}
		}
	}
	return 0, false
}
