package recipe

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"spnode/data"
	"spnode/data/inspect"
	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/latent"
	"spnode/model/objective"
	"spnode/model/optim"
	"spnode/model/param"
	"spnode/model/train"
)

// cook is a plan in the making.
type cook struct {
	Plan
	data     *data.Dataset // transformed, with its facts
	facts    *inspect.Facts
	given    *data.Dataset // as it came
	original *inspect.Facts
	options  Options
}

// newCook transforms the data, if that is asked for.
func newCook(d *data.Dataset, f *inspect.Facts, o Options) (*cook, error) {
	c := &cook{data: d, facts: f, given: d, original: f, options: o}
	if len(o.Transforms) == 0 {
		return c, nil
	}
	c.data = d.CloneStates()
	for _, tr := range c.data.Trajectories {
		for _, u := range tr.States {
			for j, t := range o.Transforms {
				u[j] = t.Apply(u[j])
			}
		}
	}
	var err error
	c.facts, err = inspect.Look(c.data)
	return c, err
}

// infer adds a line to what was inferred.
func (c *cook) infer(format string, args ...any) {
	c.Inferred = append(c.Inferred, fmt.Sprintf(format, args...))
}

// begin sets what all recipes share: names, units, and a training from starts
// anywhere.
func (c *cook) begin() {
	f := c.facts
	c.Model = model.DefaultConfig(c.data.Dim())
	c.Model.Components, c.Model.Transforms = c.data.Components, c.options.Transforms
	c.Model.TimeUnit = f.Span
	c.Train = train.DefaultConfig()
	c.Train.Workers = workers
	c.Train.Weighting = objective.WeightUniform
	c.Train.Sampler = "anywhere"
	if c.options.FromBeginnings {
		c.Train.Sampler = "shuffled"
	}
	c.known()
	c.infer("times are counted in spans of %.4g, so that the unit of time does not matter", f.Span)
}

// workers is fixed, since the last bits of a training depend on it.
const workers = 2

// noisy reports whether the data may have noise that can be smoothed.
func (c *cook) noisy() bool { return c.facts.NoiseShare() > 1e-3 }

// calm smooths noisy data for what relaxes, before anything is taken from them: to noise it
// looks as if all had changed at once.
func (c *cook) calm() (err error) {
	if !c.noisy() || len(c.options.Transforms) > 0 { // of which smoothed values could be out of bounds
		return nil
	}
	c.Spline = true
	c.infer("the data may be noisy, and are smoothed by a spline in time, as far as cross-validation tells")
	c.data = Spline(c.data)
	c.facts, err = inspect.Look(c.data)
	return err
}

// scaleEach has the networks see each component in its largest value.
func (c *cook) scaleEach() {
	c.Model.Factor = make([]float64, c.data.Dim())
	c.Model.Offset = make([]float64, c.data.Dim())
	for j, s := range c.facts.Scale {
		c.Model.Factor[j] = 1 / s
	}
	least, largest := floats.Min(c.facts.Scale), floats.Max(c.facts.Scale)
	c.infer("components are scaled by their largest values, %.3g to %.3g", least, largest)
}

// network puts g none and an autoencoder, standardised by the initial states.
func (c *cook) autoencoder(dim int) {
	m := &c.Model
	m.Integrator = "etd1"
	m.Nonlinear = dynamics.NonlinearConfig{Kind: "none"}
	m.Autoencoder = latent.AutoencoderConfig{
		Latent: dim, Hidden: []int{100, 100}, UnitStart: true, FirstScale: 3,
		Start: param.Start{BiasSpread: 1, LastScale: 0.1},
	}
	mean, deviation := c.seen()
	m.Autoencoder.Offset = mean
	for _, d := range deviation {
		m.Autoencoder.Factor = append(m.Autoencoder.Factor, 1/d)
	}
}

// aside has the autoencoder be the identity beside its networks, in standardised
// components. The components that change first have the coordinates that decay first.
func (c *cook) aside(dim int) {
	a, n := &c.Model.Autoencoder, c.data.Dim()
	pair := &latent.LinearPair{Encode: zeros(dim, n), Decode: zeros(n, dim)}
	when, order := inspect.Halfway(c.data), make([]int, n)
	floats.ArgsortStable(when, order)
	for k, j := range order {
		i := (2*k + 1) * dim / (2 * n)
		pair.Encode[i][j], pair.Decode[j][i] = a.Factor[j], 1/a.Factor[j]
		c.Model.Offset[j] = a.Offset[j] / c.Model.Factor[j]
		a.Offset[j] = 0
	}
	a.Skip, a.UnitStart, a.FirstScale = pair, false, 1
}

func zeros(rows, columns int) [][]float64 {
	x := make([][]float64, rows)
	for i := range x {
		x[i] = make([]float64, columns)
	}
	return x
}

// seen are the mean and the deviation of what the encoder sees: of all states, as
// trajectories are to start anywhere, or of the initial ones alone.
func (c *cook) seen() (mean, deviation []float64) {
	probe, err := model.New(model.Config{
		Dim: c.data.Dim(), Offset: c.Model.Offset, Factor: c.Model.Factor, Basis: c.Model.Basis,
		Linear: c.Model.Linear, Nonlinear: dynamics.NonlinearConfig{Kind: "none"},
		Integrator: "etd1", Substeps: 1, Dtype: "float64",
	})
	if err != nil {
		panic(err) // the scaling is our own
	}
	width := c.Model.Width()
	columns := make([][]float64, width)
	for _, tr := range c.data.Trajectories {
		for k, u := range tr.States {
			if c.options.FromBeginnings && k > 0 || floats.HasNaN(u) {
				continue
			}
			for j, x := range probe.Scaled(u) {
				columns[j] = append(columns[j], x)
			}
		}
	}
	for _, x := range columns {
		m, d := stat.PopMeanStdDev(x, nil)
		if !(d > 1e-9) { // of largest values of about 1: roundings
			d = 1
		}
		mean, deviation = append(mean, m), append(deviation, d)
	}
	return mean, deviation
}

// rates spreads the decay rates of A over the times at which the data change.
func (c *cook) rates(n int) {
	r := c.facts.Rates(n)
	c.infer("decay rates of A start spread over %.3g to %.3g, the inverse times at which the data change", floats.Max(r), floats.Min(r))
	floats.Scale(c.facts.Span, r)
	c.Model.Linear = dynamics.LinearConfig{Spread: 0.1, SkewSpread: 1, Rates: r}
}

// grid has an iteration see some of the times, a share of them by how far the state goes
// around each.
func (c *cook) grid(points int, jumps float64) {
	longest := 0
	for _, tr := range c.data.Trajectories {
		longest = max(longest, len(tr.Times))
	}
	points = max(2, min(points, 2*longest/3)) // fewer than there are, so that iterations differ
	if c.options.FromBeginnings {
		jumps = 0
		if times, shared := c.data.Grid(); shared { // of which only equal parts are drawn
			for (len(times)-1)%(points-1) != 0 {
				points++
			}
		}
	}
	c.Train.Grid = train.GridConfig{Points: points, Random: 0.5, Jumps: jumps}
}

// batch has an iteration see some of the trajectories.
func (c *cook) batch(n int) { c.Train.SetBatch(min(n, c.data.Samples())) }

// soap sets the first stage, of as many iterations as the time allows.
func (c *cook) soap(rate float64) {
	c.Train.First = train.FirstStage{
		Optimizer: "soap", Settings: optim.Settings{"beta2": 0.95},
		Schedule: optim.Schedule{Kind: optim.ScheduleCosine, Rate: rate, Final: 1e-5, Warmup: 100},
		Clip:     1.5,
	}
	c.Train.LBFGS.Iterations = 0
	each := c.iterationSeconds()
	c.Train.First.Iterations = min(mostIterations, max(leastIterations, roundTo(c.options.Seconds/each)))
	c.Seconds = each * float64(c.Train.First.Iterations)
	c.Train.First.Schedule.Warmup = min(100, c.Train.First.Iterations/10)
	c.infer("%d iterations of SOAP, reckoned as %.0f seconds of a processor (-minutes)", c.Train.First.Iterations, c.Seconds)
}

// modes returns orthonormal rows, the leading directions of the scaled states
// about their mean, that leave out no more than a share of their root mean square,
// at most so many, and what share those leave out.
func (c *cook) modes(share float64, most int) (rows [][]float64, left float64, err error) {
	var flat []float64
	n := c.data.Dim()
	var total int
	for _, tr := range c.data.Trajectories {
		total += len(tr.Times)
	}
	every, at := max(1, total/max(2000, 4*n)), 0
	for _, tr := range c.data.Trajectories {
		for _, u := range tr.States {
			if at++; at%every != 0 || floats.HasNaN(u) {
				continue
			}
			for j, v := range u {
				flat = append(flat, (v-c.Model.Offset[j])*c.Model.Factor[j])
			}
		}
	}
	if len(flat) < n*n {
		return nil, 0, notFor("there are %d states of %d components, want at least as many", len(flat)/n, n)
	}
	var svd mat.SVD
	if !svd.Factorize(mat.NewDense(len(flat)/n, n, flat), mat.SVDThinV) {
		return nil, 0, notFor("the singular values of the states did not converge")
	}
	s := svd.Values(nil)
	var v mat.Dense
	svd.VTo(&v)
	norm := floats.Norm(s, 2)
	for k := 0; k < min(most, n) && (k == 0 || floats.Norm(s[k:], 2) > share*norm); k++ {
		rows = append(rows, mat.Col(nil, k, &v))
	}
	return rows, floats.Norm(s[len(rows):], 2) / norm, nil
}

// oneSize reports whether the components may be values of one field.
func (c *cook) oneSize() bool { return floats.Max(c.facts.Scale) <= 100*floats.Min(c.facts.Scale) }

// fieldModes sets the basis to the leading modes of a field, see modes, and its unit to
// that in which the leading coordinate varies by 1.
func (c *cook) fieldModes(share float64, most int) error {
	n := c.data.Dim()
	c.Model.Offset, c.Model.Factor = make([]float64, n), slices.Repeat([]float64{1 / floats.Max(c.facts.Scale)}, n)
	basis, left, err := c.modes(share, most)
	if err != nil {
		return err
	}
	c.Model.Basis = basis
	_, deviation := c.seen()
	floats.Scale(1/slices.Max(deviation), c.Model.Factor)
	c.infer("a field on %d points, of which %d modes leave out %.1e of the root mean square", n, len(basis), left)
	return nil
}
