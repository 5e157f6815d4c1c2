package recipe

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"spnode/data"
	"spnode/data/inspect"
	"spnode/model"
	"spnode/model/optim"
	"spnode/model/train"
)

// cook is a plan in the making.
type cook struct {
	Plan
	data    *data.Dataset
	facts   *inspect.Facts
	options Options
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
	c.Model.Components = c.data.Components
	c.Model.TimeUnit = f.Span
	c.Train = train.DefaultConfig()
	c.Train.Workers = workers
	c.Train.Weighting = model.WeightUniform
	c.Train.Sampler = "anywhere"
	if c.options.FromBeginnings {
		c.Train.Sampler = "shuffled"
	}
	if p := c.data.Parameters; len(p) > 0 {
		var rows [][]float64
		for _, tr := range c.data.Trajectories {
			rows = append(rows, tr.Parameters)
		}
		c.Model.Parameters = model.ParametersConfig{Known: known(p, rows), Time: true}
		c.infer("parameters %s are seen by the networks and scale time", strings.Join(p, ", "))
	}
	if w := c.data.Inputs; len(w) > 0 {
		var rows [][]float64
		for _, tr := range c.data.Trajectories {
			rows = append(rows, tr.Input.Values...)
		}
		c.Model.Inputs = model.InputsConfig{Known: known(w, rows)}
		c.infer("inputs %s drive the latent coordinates", strings.Join(w, ", "))
	}
	c.infer("times are counted in spans of %.4g, so that the unit of time does not matter", f.Span)
}

// known scales what is known beside the states to mean 0 and deviation 1.
func known(names []string, rows [][]float64) model.Known {
	k := model.Known{Names: names}
	for j := range names {
		var x []float64
		for _, row := range rows {
			x = append(x, row[j])
		}
		mean, deviation := stat.PopMeanStdDev(x, nil)
		if !(deviation > 1e-12*math.Abs(mean)) { // always the same
			deviation = 1
		}
		k.Offset, k.Factor = append(k.Offset, mean), append(k.Factor, 1/deviation)
	}
	return k
}

// workers is fixed, since the last bits of a training depend on it.
const workers = 2

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
func (c *cook) autoencoder(latent int) {
	m := &c.Model
	m.Integrator = "etd1"
	m.Nonlinear = model.NonlinearConfig{Kind: "none"}
	m.Autoencoder = model.AutoencoderConfig{
		Latent: latent, Hidden: []int{100, 100}, UnitStart: true, FirstScale: 3,
		Start: model.Start{BiasSpread: 1, LastScale: 0.1},
	}
	mean, deviation := c.seen()
	m.Autoencoder.Offset = mean
	for _, d := range deviation {
		m.Autoencoder.Factor = append(m.Autoencoder.Factor, 1/d)
	}
}

// seen are the mean and the deviation of what the encoder sees: of all states, as
// trajectories are to start anywhere, or of the initial ones alone.
func (c *cook) seen() (mean, deviation []float64) {
	probe, err := model.New(model.Config{
		Dim: c.data.Dim(), Offset: c.Model.Offset, Factor: c.Model.Factor, Basis: c.Model.Basis,
		Linear: c.Model.Linear, Nonlinear: model.NonlinearConfig{Kind: "none"},
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
	c.Model.Linear = model.LinearConfig{Spread: 0.1, SkewSpread: 1, Rates: r}
}

// grid has an iteration see some of the times.
func (c *cook) grid(points int) {
	longest := 0
	for _, tr := range c.data.Trajectories {
		longest = max(longest, len(tr.Times))
	}
	// Fewer than there are, so that iterations differ.
	c.Train.Grid = train.GridConfig{Points: max(2, min(points, 2*longest/3)), Random: 0.5}
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

// A training of fewer iterations ends nowhere, and one of more gains nothing.
const (
	leastIterations = 200
	mostIterations  = 60000
)

// roundTo rounds to two digits.
func roundTo(x float64) int {
	digit := math.Pow(10, math.Floor(math.Log10(x))-1)
	return int(math.Round(x/digit) * digit)
}

// iterationSeconds is what an iteration takes of one processor, by the products
// that it has: those of the networks over all states of a batch, the exponentials
// of the steps, and the rotations of SOAP.
func (c *cook) iterationSeconds() float64 {
	n, width := float64(c.Model.LatentDim()), float64(c.Model.Width())
	points := float64(c.Train.Grid.Points)
	if points == 0 {
		points = float64(len(c.data.Trajectories[0].Times))
	}
	rows := float64(c.data.Samples())
	if len(c.Train.Phases) > 0 && c.Train.Phases[0].Batch > 0 {
		rows = float64(c.Train.Phases[0].Batch)
	}
	var weights, soap float64
	dense := func(widths []float64) {
		for i := range len(widths) - 1 {
			a, b := widths[i], widths[i+1]
			weights += a * b
			soap += 4*a*b*(a+b) + (a*a*a+b*b*b)/2
		}
	}
	if hidden := c.Model.Autoencoder.Hidden; len(hidden) > 0 {
		w := []float64{width}
		for _, h := range hidden {
			w = append(w, float64(h))
		}
		dense(append(w, n))
	}
	if hidden := c.Model.Nonlinear.Hidden; len(hidden) > 0 {
		w := []float64{n}
		for _, h := range hidden {
			w = append(w, float64(h))
		}
		dense(append(w, n))
	}
	const ( // seconds, measured on one core of a Xeon
		product     = 6e-11 // a multiplication and addition of a large product
		exponential = 5e-10 // of one of small matrices
		overhead    = 3e-4
	)
	doublings := 12.
	if !c.facts.Uniform {
		doublings += c.facts.Decades * 1.5
	}
	if len(c.Model.Nonlinear.Hidden) > 0 { // at every stage of every step, for few rows at a time
		stages := 1.
		if c.Model.Integrator == "etdrk4" {
			stages = 4
		}
		hidden := float64(c.Model.Nonlinear.Hidden[0])
		weights += 4 * stages * 2 * n * hidden
		doublings *= stages
	}
	return overhead + 3*rows*points*weights*product + 2*soap*product + 3*points*doublings*n*n*n*exponential
}

// invariants keeps the linear quantities that the data do.
func (c *cook) invariants() {
	if c.options.NoInvariants {
		return
	}
	found := c.options.Invariants
	if found == nil {
		found = c.facts.Invariants
		for _, q := range found {
			c.infer("kept by the data to %.1e and so by the model: %s (-invariants none)", q.Drift, c.linear(q.Weights))
		}
	}
	for _, q := range found {
		var size float64
		for j, w := range q.Weights {
			size += math.Abs(w) * c.facts.Scale[j]
		}
		c.Model.Invariants = append(c.Model.Invariants, model.Invariant{
			Weights: q.Weights, Mean: q.Mean, Deviation: max(q.Deviation, 1e-3*math.Abs(q.Mean), 1e-9*size),
		})
	}
}

// linear writes w·u with the names of the components.
func (c *cook) linear(w []float64) string {
	var b strings.Builder
	for j, v := range w {
		if v == 0 {
			continue
		}
		name := fmt.Sprintf("u%d", 1+j)
		if len(c.data.Components) > 0 {
			name = c.data.Components[j]
		}
		switch {
		case b.Len() == 0 && v == 1:
		case b.Len() == 0:
			fmt.Fprintf(&b, "%.4g ", v)
		case math.Abs(math.Abs(v)-1) < 1e-4 && v > 0:
			b.WriteString(" + ")
		case math.Abs(math.Abs(v)-1) < 1e-4:
			b.WriteString(" − ")
		case v > 0:
			fmt.Fprintf(&b, " + %.4g ", v)
		default:
			fmt.Fprintf(&b, " − %.4g ", -v)
		}
		b.WriteString(name)
	}
	return b.String()
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
