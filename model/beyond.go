package model

import "math"

// Beyond is what a run is given that is outside of what the model was trained on.
type Beyond struct {
	Run   int        // its number
	Kind  string     // KindComponent or KindStart of its State, KindParameter or KindInput
	Index int        // among those of its kind
	Value float64    // the farthest outside
	Range [2]float64 // of the training's data
}

// The kinds of what a run is given.
const (
	KindComponent = "component"
	KindStart     = "start" // in the range, but outside of where samples of the training begin
	KindParameter = "parameter"
	KindInput     = "input"
)

// OutOf is how far a value is outside of a range of the training's data, 0 where that is
// nothing to tell of: of as many values as trained, others are a little outside.
func OutOf(r [2]float64, v float64) float64 {
	least := max(0.1*(r[1]-r[0]), 1e-12*max(math.Abs(r[0]), math.Abs(r[1]))) // roundings of what was always the same
	if d := max(r[0]-v, v-r[1]); d > least {
		return d
	}
	return 0
}

// Saw has the model keep the ranges of what it is trained on, by which Beyond tells: of
// the states and of those that samples begin with, nil for none and for all, and of what the
// runs have beside them.
func (m *Model) Saw(states, starts [][2]float64, runs []Run) {
	m.cfg.Ranges, m.cfg.Starts = states, starts
	m.cfg.Parameters.Ranges = rangesOf(runs, Run.parameters)
	m.cfg.Inputs.Ranges = rangesOf(runs, Run.inputs)
}

// Beyond tells what of the runs is outside of what the model was trained on, where its
// predictions may be wrong without another sign: component by component, then parameters,
// then inputs over the times of the runs. A state in the range may yet be one that no sample
// of the training begins with. Of a model that keeps no ranges, as those of old
// checkpoints, it tells nothing. Runs that a prediction refuses are left out.
func (m *Model) Beyond(runs []Run) (found []Beyond) {
	valid := make([]bool, len(runs))
	for i, run := range runs {
		valid[i] = m.checkRun(run) == nil && len(run.State) == m.cfg.Dim
	}
	for _, given := range []struct {
		kind   string
		ranges [][2]float64
		values func(Run) [][]float64
	}{
		{KindComponent, m.cfg.Ranges, Run.states},
		{KindStart, m.cfg.Starts, Run.states},
		{KindParameter, m.cfg.Parameters.Ranges, Run.parameters},
		{KindInput, m.cfg.Inputs.Ranges, Run.inputs},
	} {
		values := make([][][]float64, len(runs))
		for i, run := range runs {
			if len(given.ranges) > 0 && valid[i] {
				values[i] = given.values(run)
			}
		}
		for j, r := range given.ranges {
			for i := range runs {
				farthest, by := 0.0, 0.0
				for _, v := range values[i] {
					if d := OutOf(r, v[j]); d > by {
						farthest, by = v[j], d
					}
				}
				told := given.kind == KindStart && len(m.cfg.Ranges) > 0 && OutOf(m.cfg.Ranges[j], farthest) > 0
				if by > 0 && !told {
					found = append(found, Beyond{i, given.kind, j, farthest, r})
				}
			}
		}
	}
	return found
}

func (r Run) states() [][]float64     { return [][]float64{r.State} }
func (r Run) parameters() [][]float64 { return [][]float64{r.Parameters} }

// inputs are the values of the input at the ends of all steps.
func (r Run) inputs() (values [][]float64) {
	if len(r.Input.Values) == 0 {
		return nil
	}
	_, _, begin, change := r.Input.Over(r.Times)
	for k, w := range begin {
		end := make([]float64, len(w))
		for i, v := range w {
			end[i] = v + change[k][i]
		}
		values = append(values, w, end)
	}
	return values
}

// rangesOf are those of some values of the runs, nil where they have none.
func rangesOf(runs []Run, values func(Run) [][]float64) (ranges [][2]float64) {
	for _, run := range runs {
		for _, x := range values(run) {
			for j, v := range x {
				if j == len(ranges) {
					ranges = append(ranges, [2]float64{v, v})
				}
				ranges[j] = [2]float64{min(ranges[j][0], v), max(ranges[j][1], v)}
			}
		}
	}
	return ranges
}
