package recipe

import (
	"cmp"
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/data"
	"spnode/data/inspect"
	"spnode/data/measure"
	"spnode/model"
	"spnode/model/closedform"
	"spnode/model/dynamics"
	"spnode/model/leastsq"
	"spnode/model/param"
	"spnode/model/train"
)

// polynomialFit is how a polynomial field is fitted.
type polynomialFit struct {
	modes  int // of a field; 0: the state itself
	degree int
	order  int // of the differences
	ends   bool
	noise  float64 // on the states, which keeps rollouts near the data
	ball   bool
	smooth int // times around each
}

// What a fit may take: features enough for ten modes and degree 3, and as many states
// for each as tell them apart.
const (
	mostFeatures = 600
	leastRows    = 10
)

// closedForm is a polynomial field by least squares. Of what cannot be known before, the
// degree, the number of modes, the differences and the noise, it tries some and takes
// those that predict best the trajectories that they were not fitted to.
func closedForm(c *cook) error {
	if len(c.data.Parameters)+len(c.data.Inputs) > 0 {
		return notFor("there is more than the state")
	}
	n, rows, shortest := c.data.Dim(), 0, math.MaxInt
	for _, tr := range c.data.Trajectories {
		rows, shortest = rows+len(tr.Times), min(shortest, len(tr.Times))
	}
	c.begin()
	var candidates []polynomialFit
	add := func(modes, size int) {
		for degree := 1; degree <= 7; degree++ {
			if k := features(size, degree); k <= mostFeatures && leastRows*k <= rows {
				f := polynomialFit{modes: modes, degree: degree, order: min(6, shortest-1), ends: true, ball: degree > 1}
				candidates = append(candidates, f)
				if degree > 1 {
					f.noise = 1e-2
					candidates = append(candidates, f)
				}
				if c.noisy() {
					f.noise = 0
					for _, f.smooth = range []int{3, 6, 12} {
						candidates = append(candidates, f)
					}
				}
			}
		}
	}
	switch {
	case n >= 20 && c.oneSize():
		if err := c.fieldModes(1e-3, cmp.Or(c.options.Latent, 20)); err != nil {
			return err
		}
		add(len(c.Model.Basis), len(c.Model.Basis))
		if len(c.Model.Basis) > 10 && c.options.Latent == 0 {
			add(10, 10)
		}
	case n > few:
		return notFor("%d components of several sizes are more than %d", n, few)
	default:
		c.scaleEach()
		add(0, n)
	}
	check, fitted := c.given, c.given
	if k := c.given.Samples(); k > 1 {
		var in, out []int
		for i := range k {
			if i%8 == 1 {
				out = append(out, i)
			} else {
				in = append(in, i)
			}
		}
		check, fitted = c.given.Batch(out...), c.given.Batch(in...)
	}
	best, score, tried := polynomialFit{}, math.Inf(1), 0
	try := func(f polynomialFit) {
		tried++
		if s := c.polynomial(f).score(fitted, check, c.original); s < score {
			best, score = f, s
		}
	}
	for _, f := range candidates {
		try(f)
	}
	if math.IsInf(score, 1) {
		return notFor("no polynomial field that least squares give stays near trajectories that it was not fitted to")
	}
	for _, change := range []func(f *polynomialFit){
		func(f *polynomialFit) { f.order, f.ends = 12, false },
		func(f *polynomialFit) { f.noise = 1e-3 },
	} {
		f := best
		if change(&f); f.order < shortest {
			try(f)
		}
	}
	c.Plan = *c.polynomial(best)
	if best.smooth > 0 {
		c.infer("the data are taken for noisy, and smoothed by a cubic over %d times around each", best.smooth)
	}
	c.infer("a polynomial of degree %d in %d coordinates, by least squares from differences of order %d: error %.1e where it was not fitted, the best of %d that were tried",
		best.degree, c.Model.LatentDim(), best.order, score, tried)
	return nil
}

// features is how many monomials of up to a degree n variables have.
func features(n, degree int) int {
	k := 1
	for q := range degree {
		k = k * (n + q + 1) / (q + 1)
	}
	return k
}

// polynomial is the plan of a fit.
func (c *cook) polynomial(f polynomialFit) *Plan {
	p := c.Plan
	p.Smooth = f.smooth
	p.Inferred = slices.Clone(p.Inferred)
	m := &p.Model
	if f.modes > 0 {
		m.Basis = m.Basis[:f.modes]
	}
	m.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindPolynomial, PolynomialConfig: param.PolynomialConfig{Degree: f.degree}}
	if f.ball {
		m.Nonlinear.Radius = 1 // of which the fit makes the data's
	}
	m.Substeps = 4
	m.LongestStep = c.facts.Longest / c.facts.Span / float64(m.Substeps)
	fit := closedform.DefaultConfig()
	fit.Order, fit.Ends, fit.Noise, fit.Samples = f.order, f.ends, f.noise, 24000
	p.Train.Sampler, p.Train.ClosedForm = "", &fit
	p.Train.First.Iterations, p.Train.LBFGS.Iterations = 0, 0
	p.Train.Phases = []train.Phase{{Window: 1, Batch: min(100, c.data.Samples())}} // of which the loss is told
	return &p
}

// score fits the model to some trajectories and returns the root mean square of its
// errors on others, from their beginnings and from their middles, relative to each
// component's largest value, see Score; +Inf where there is no fit.
func (p *Plan) score(fitted, check *data.Dataset, f *inspect.Facts) float64 {
	m, err := fit(p, fitted)
	if err != nil {
		return math.Inf(1)
	}
	var sum, count float64
	var within float64
	for from := range 2 {
		asked := *check
		asked.Trajectories = nil
		for _, tr := range check.Trajectories {
			first := from * len(tr.Times) / 2
			for first < len(tr.Times) && floats.HasNaN(tr.States[first]) {
				first++
			}
			if first+1 < len(tr.Times) {
				asked.Trajectories = append(asked.Trajectories, data.Trajectory{Times: tr.Times[first:], States: tr.States[first:]})
			}
		}
		if len(asked.Trajectories) == 0 {
			continue
		}
		got, err := train.Predict(m, &asked)
		if err != nil {
			return math.Inf(1)
		}
		for i, tr := range asked.Trajectories {
			if from == 0 {
				share, _ := measure.Within(got.Trajectories[i], tr, f.Scale, f.Noise)
				within += share / float64(len(asked.Trajectories))
			}
			for k, u := range tr.States {
				for j, v := range u {
					if e := (got.Trajectories[i].States[k][j] - v) / f.Scale[j]; !math.IsNaN(v) {
						sum += e * e
						count++
					}
				}
			}
		}
	}
	return Score(math.Sqrt(sum/count), within)
}

// Score is what models are compared by: the root mean square of their errors in largest
// values, or where predictions part from the truth, as those of chaos do, and errors
// tell nothing any more, 2 less the share of the times that measure.Within tells; about
// where that begins a mixture, so that models that are nearly alike have nearly one score.
// It is +Inf for errors that are not finite or larger than the largest values.
func Score(rms, within float64) float64 {
	const parted, stays = 0.85, 0.95 // a prediction that is late at a jump is soon back
	if !(rms < 1) {                  // or NaN
		return math.Inf(1)
	}
	mix := min(max((stays-within)/(stays-parted), 0), 1)
	return (1-mix)*rms + mix*(2-within)
}

// fit makes a model by a plan that is no training, from the states that were measured
// whole.
func fit(p *Plan, d *data.Dataset) (*model.Model, error) {
	m, err := model.New(p.Model)
	if err != nil {
		return nil, err
	}
	var whole []leastsq.Trajectory
	for _, tr := range Smooth(d, p.Smooth).Trajectories {
		var t leastsq.Trajectory
		for k, u := range tr.States {
			if !floats.HasNaN(u) {
				t.Times, t.States = append(t.Times, tr.Times[k]), append(t.States, u)
			}
		}
		if len(t.Times) > 1 {
			whole = append(whole, t)
		}
	}
	_, err = closedform.Fit(m, *p.Train.ClosedForm, whole)
	return m, err
}

// LeastSquares returns what least squares make of the data with nothing chosen: a field
// of degree 1 or 2 in the state itself, or in so many leading modes where there are more
// components. Of degree 1 it is what is known as DMD, with a constant; of degree 2,
// operator inference. The error wraps ErrNotFor where the data are too few for it.
func LeastSquares(d *data.Dataset, f *inspect.Facts, degree, most int) (*model.Model, error) {
	c := &cook{data: d, facts: f, given: d, original: f}
	c.begin()
	c.scaleEach()
	form := polynomialFit{degree: degree, order: 2, ends: true}
	if d.Dim() > most {
		basis, _, err := c.modes(0, most)
		if err != nil {
			return nil, err
		}
		c.Model.Basis, form.modes = basis, len(basis)
	}
	p := c.polynomial(form)
	p.Train.ClosedForm.Corrections = 0
	m, err := fit(p, d)
	if err != nil {
		return nil, errors.WithStack(&notForError{err.Error()})
	}
	return m, nil
}
