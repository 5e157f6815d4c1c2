package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"spnode/data"
	"spnode/data/inspect"
	"spnode/experiments/driver/command"
	"spnode/experiments/report"
)

// sets are the trajectories by what they are for.
type sets struct {
	train      *data.Dataset  // the models see these
	validation *data.Dataset  // by these one is chosen
	held       *data.Dataset  // and by these it is tested
	facts      *inspect.Facts // of train
	ranges     [][2]float64   // of the components in train and validation
	warnings   []string
}

// read reads the data and divides them, the same trajectories for every seed.
func (c *Config) read() (*sets, error) {
	d, err := c.readFile("data", c.Data)
	if err != nil {
		return nil, err
	}
	s := &sets{}
	rest := d
	if share, err := strconv.ParseFloat(c.HoldOut, 64); err == nil {
		if !(share >= 0 && share < 1) {
			return nil, command.Usagef("flag -hold-out: got %s, want a share from 0 to less than 1, or a file", c.HoldOut)
		}
		rest, s.held = apart(d, share)
	} else {
		if s.held, err = c.readFile("hold-out", c.HoldOut); err != nil {
			return nil, err
		}
		if s.held.Dim() != d.Dim() || !slices.Equal(s.held.Components, d.Components) {
			return nil, command.Usagef("flag -hold-out: %s has the components %v, want those of the data, %v", c.HoldOut, s.held.Components, d.Components)
		}
	}
	s.ranges = rest.Ranges()
	s.train, s.validation = apart(rest, 0.1)
	if s.validation == nil {
		s.validation = s.train
		s.warnings = append(s.warnings, "too few trajectories to choose a model by others than it sees: some more would tell more")
	}
	if s.held == nil {
		s.held = s.validation
		s.warnings = append(s.warnings, "no trajectory is held out: the errors are of trajectories that the model has seen, and say little of others")
	}
	if s.facts, err = look(s.train); err != nil {
		return nil, err
	}
	if !slices.Contains(s.facts.Constant, false) {
		return nil, command.Usagef("flag -data: %s: no component ever changes, want trajectories of a system that does", c.Data)
	}
	return s, nil
}

// readFile reads a file that can be learned from.
func (c *Config) readFile(flag, path string) (*data.Dataset, error) {
	d, err := data.ReadWith(path, c.Columns)
	if err != nil {
		return nil, command.Usagef("flag -%s: %v", flag, err)
	}
	for i, tr := range d.Trajectories {
		if len(tr.Times) < 3 {
			return nil, command.Usagef("flag -%s: %s: trajectory %d has %d times, want at least 3", flag, path, i, len(tr.Times))
		}
		if j := slices.IndexFunc(tr.States[0], math.IsNaN); j >= 0 {
			return nil, command.Usagef("flag -%s: %s: %s of trajectory %d was not measured at its first time, %g, where its prediction begins; begin it where all was measured", flag, path, d.Names()[j], i, tr.Times[0])
		}
	}
	switch {
	case d.Dim() > mostComponents:
		return nil, command.Usagef("flag -%s: %s: got %d components, want at most %d; give the leading coordinates of a decomposition", flag, path, d.Dim(), mostComponents)
	}
	return d, nil
}

// mostComponents is how many the dense parts of a model and of the baselines bear.
const mostComponents = 2000

// apart divides a data set into the rest and a share of it, drawn by a fixed
// generator; at least one of at least three is apart, and none of fewer.
func apart(d *data.Dataset, share float64) (rest, part *data.Dataset) {
	n := d.Samples()
	k := int(math.Round(share * float64(n)))
	if share > 0 {
		k = max(k, 1)
	}
	if n < 3 {
		k = 0
	}
	if k = min(k, n-1); k == 0 {
		return d, nil
	}
	drawn := rand.New(rand.NewPCG(1, uint64(n))).Perm(n)
	slices.Sort(drawn[:k])
	slices.Sort(drawn[k:])
	return d.Batch(drawn[k:]...), d.Batch(drawn[:k]...)
}

// apart says whether the trajectories of the test are.
func (s *sets) apart() string {
	if s.held == s.validation {
		return "NOT held out: there are too few"
	}
	return "held out"
}

// counts says how many trajectories there are of each kind.
func (s *sets) counts() string {
	text := report.Count(s.train.Dim(), "component") + ", " + report.Count(s.train.Samples(), "trajectory") + " to train on"
	if s.validation != s.train {
		text += fmt.Sprintf(", %d to choose by", s.validation.Samples())
	}
	if s.held != s.validation {
		text += fmt.Sprintf(", %d held out", s.held.Samples())
	}
	return text
}

// minutes are those that a training on so many values takes, as the problems of the suite
// have it: few trajectories are soon known by heart, and a cycle takes twice the time of
// what comes to rest.
func (s *sets) minutes() float64 {
	var values float64
	for _, tr := range s.train.Trajectories {
		values += float64(len(tr.Times) * s.train.Dim())
	}
	m := min(1.4+values/1e5, 6)
	if s.facts.Returns < 0.5 {
		m /= 2
	}
	return math.Round(10*m) / 10
}

// linear reports whether least squares take the data for a linear system's: whether they
// predict to a hundredth the trajectories for choosing.
func (s *sets) linear() bool {
	p, err := s.leastSquares(1, s.train.Dim())
	if err != nil {
		return false
	}
	o, err := s.test(p, s.validation, onGrid)
	return err == nil && o.RMS < 1e-2
}
