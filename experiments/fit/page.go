package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"spnode/data/measure"
	"spnode/experiments/driver"
	"spnode/experiments/driver/predict"
	"spnode/experiments/driver/terminal"
	"spnode/experiments/report"
	"spnode/model"
	"spnode/model/stability"
	"spnode/model/train"
	"spnode/model/train/sample"
)

// tested is what report.json says of the model's test.
type tested struct {
	Trajectories int         `json:"trajectories"` // held out
	Errors       []*offs     `json:"errors"`
	Components   []component `json:"components"`
	Baselines    []baseline  `json:"baselines,omitempty"`
	Invariants   []invariant `json:"invariants,omitempty"`
	Cycle        *longRun    `json:"cycle,omitempty"`
	Band         *band       `json:"band,omitempty"`  // of several members
	Modes        *baseline   `json:"modes,omitempty"` // what the leading modes of as many as there are latent coordinates leave of a field
	Verdict      string      `json:"verdict"`
	Better       float64     `json:"better"` // the best baseline's rms over the model's
	// Beyond tells what parameters and inputs of these are outside of what the model was trained on.
	Beyond []string `json:"beyond,omitempty"`
}

type component struct {
	Name    string  `json:"name"`
	Scale   float64 `json:"scale"`
	Largest float64 `json:"largest"`
	RMS     float64 `json:"rms"`
}

type baseline struct {
	Name string `json:"name"`
	*offs
}

type invariant struct {
	Quantity string  `json:"quantity"`
	Data     float64 `json:"data"`  // largest change in the data, relative
	Model    float64 `json:"model"` // and in the predictions
}

// page tests the model and shows the results.
func (l *laboratory) page(chosen *ModelConfig, fitted []driver.Fitted) (*report.Page, error) {
	t, err := driver.Test(fitted, l.test)
	if err != nil {
		return nil, err
	}
	if t.Test.Band, err = l.band(fitted); err != nil {
		return nil, err
	}
	t.Test.Verdict = l.verdict(t.Test, t.Stability)
	m := t.Report(l.Session)
	m.Name = chosen.Name
	m.Extra["inferred"] = l.inferred(chosen)
	if len(l.trials) > 0 {
		m.Extra["tried"] = l.tried()
	}
	l.Report.Models = append(l.Report.Models, m)
	width := cmp.Or(terminal.Width(l.Stdout), math.MaxInt)
	fmt.Fprintf(l.Stdout, "\n%s\n", strings.Join(terminal.Broken(t.Test.Verdict, width), "\n"))
	figures, err := l.figures(t)
	return &report.Page{
		Title:   "Fit of " + l.Data,
		Summary: t.Test.Verdict + " " + inWords(t.Stability) + " " + l.next(t.Test) + " " + l.predicting(),
		Tables:  l.tables(chosen, t),
		Figures: figures,
	}, err
}

// test tests a model on the held-out trajectories, beside what anyone would try.
func (l *laboratory) test(f driver.Fitted) (*tested, error) {
	s := l.sets
	t := &tested{Trajectories: s.held.Samples()}
	for _, g := range grounds {
		o, err := s.test(of(f.Model), s.held, g)
		if err != nil {
			return nil, err
		}
		t.Errors = append(t.Errors, o)
	}
	for j, largest := range t.Errors[0].Each {
		t.Components = append(t.Components, component{s.name(j), s.facts.Scale[j], largest, t.Errors[0].EachRMS[j]})
	}
	if f.Seed > 0 { // the rest is the same for all members
		return t, nil
	}
	var err error
	if t.Baselines, err = s.baselines(); err != nil {
		return nil, err
	}
	best := math.Inf(1)
	for _, b := range t.Baselines {
		if b.Away == 0 {
			best = min(best, b.RMS)
		}
	}
	t.Better = best / t.Errors[0].RMS
	if t.Cycle, err = s.cycle(of(f.Model)); err != nil {
		return nil, err
	}
	if c := f.Model.Config(); len(c.Basis) >= c.LatentDim() {
		t.Modes = s.projected(f.Model)
	}
	if t.Beyond, err = s.beyond(f.Model); err != nil {
		return nil, err
	}
	t.Invariants, err = l.invariants(f)
	return t, err
}

// beyond tells what parameters and inputs of the test are outside of what a model was trained
// on: of states the errors tell.
func (s *sets) beyond(m *model.Model) ([]string, error) {
	runs, err := sample.Runs(m, s.held)
	if err != nil {
		return nil, err
	}
	given := slices.DeleteFunc(m.Beyond(runs), func(b model.Beyond) bool {
		return b.Kind != model.KindParameter && b.Kind != model.KindInput
	})
	return predict.Strange(m.Config(), len(runs), given), nil
}

// invariants tells how the model keeps what the data keep.
func (l *laboratory) invariants(f driver.Fitted) ([]invariant, error) {
	s := l.sets
	var all []invariant
	if len(s.facts.Invariants) == 0 {
		return nil, nil
	}
	predicted, err := train.Predict(f.Model, s.held)
	if err != nil {
		return nil, err
	}
	for _, q := range s.facts.Invariants {
		drift := measure.Drift(predicted, s.held, q.Weights) / q.Size(s.facts.Scale)
		all = append(all, invariant{Quantity: q.Text(s.train.Names()), Data: q.Drift, Model: drift})
	}
	return all, nil
}

// verdict is the result in a sentence or two.
func (l *laboratory) verdict(t *tested, st *stability.Report) string {
	grid, again := t.Errors[0], t.Errors[len(t.Errors)-1]
	text := fmt.Sprintf("On %s (%s) the model is off by %s (rms) and by %s at most, relative to each component's largest value; restarted from the middle by %s and %s.",
		report.Count(t.Trajectories, "trajectory"), l.sets.apart(), report.Format(grid.RMS), report.Format(grid.Largest), report.Format(again.RMS), report.Format(again.Largest))
	if grid.Agrees != nil {
		text += fmt.Sprintf(" In the median it is within half of the true state for t = %.4g of %.4g.", *grid.Agrees, l.sets.facts.Span)
	}
	switch {
	case t.Better < 1:
		text += " It is NO better than the best of the simple methods below: do not use it."
	case math.IsInf(t.Better, 1):
		text += " All simple methods run away."
	default:
		text += fmt.Sprintf(" The best simple method is off by %s times as much.", report.Format(t.Better))
	}
	for _, b := range t.Beyond {
		text += fmt.Sprintf(" NOTE: %s; the errors are of such trajectories too.", b)
	}
	for _, e := range t.Errors {
		if e.Away > 0 {
			text += fmt.Sprintf(" WARNING: %s, %.0f %% of the predictions leave the range of the data by far.", e.Ground, 100*e.Away)
		}
	}
	return text
}

// inWords says what is known of the model's dynamics before it runs.
func inWords(r *stability.Report) string {
	switch {
	case r.Lipschitz == 0 && r.SpectralAbscissa < 0:
		return "Its dynamics are linear in the latent coordinates and decay: no prediction can grow without bound, whatever the step."
	case r.Lipschitz == 0 && r.SpectralAbscissa <= 1e-9*r.Norm:
		return "Its dynamics are linear in the latent coordinates and do not grow: no prediction can run away, whatever the step."
	case r.Certified:
		return "It is certified to be globally stable: all its trajectories approach one another."
	case !math.IsInf(r.BoundRadius, 0) && !math.IsNaN(r.BoundRadius) && r.BoundRadius > 0:
		return "Its trajectories are bounded by construction."
	}
	return "Nothing proves that its trajectories stay bounded: watch long predictions."
}

// next says what to try where the model falls short.
func (l *laboratory) next(t *tested) string {
	grid, jump, again := t.Errors[0], t.Errors[3], t.Errors[4]
	var tips []string
	if again.RMS > 3*grid.RMS {
		tips = append(tips, "restarts are worse than beginnings: more trajectories, or more of their middle, would help")
	}
	if jump.RMS > 5*grid.RMS {
		tips = append(tips, "one jump is worse than many steps: predict on a grid like the data's, or give -substeps")
	}
	if noise := l.sets.facts.NoiseShare(); noise > 0.3*grid.RMS && noise > 1e-4 {
		tips = append(tips, fmt.Sprintf("the data are rough to %s, which may be all that can be reached", report.Format(noise)))
	} else if grid.RMS > 1e-3 {
		tips = append(tips, fmt.Sprintf("more time (-minutes %g), another -latent or another -recipe may do better", 4*l.Minutes))
	}
	if len(tips) == 0 {
		return ""
	}
	text := strings.Join(tips, "; ")
	return "To try next: " + text + "."
}

func (l *laboratory) predicting() string {
	if d := l.sets.train; len(d.Parameters)+len(d.Inputs) > 0 {
		return fmt.Sprintf("To predict: `go run ./experiments/fit -predict %s -trajectories FILE.csv -out prediction.csv`, with a file as the data, of whose components the first row of a trajectory alone need be there.", l.Dir)
	}
	return fmt.Sprintf("To predict: `go run ./experiments/fit -predict %s -initial STATES.csv -times 0:%.4g:%.4g -out prediction.csv`, with a state of %d components in each row.",
		l.Dir, l.sets.facts.Span, l.sets.facts.Span/100, l.sets.train.Dim())
}

func (l *laboratory) tried() map[string]any {
	m := map[string]any{}
	for _, t := range l.trials {
		m[t.name] = t.score
	}
	return m
}
