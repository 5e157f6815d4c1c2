package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/pkg/errors"

	"spnode/data/ks"
	"spnode/experiments/report"
	"spnode/model"
	"spnode/model/train"
	"spnode/ops/kernel"
)

// CostConfig shapes the measurement of what an iteration costs.
type CostConfig struct {
	Batches []int   `json:"batches"` // none: nothing is measured
	Seconds float64 `json:"seconds"` // of each measurement
}

func (c CostConfig) validate() error {
	if slices.ContainsFunc(c.Batches, func(b int) bool { return b < 1 }) || !(c.Seconds > 0) {
		return errors.Errorf("cost: got batches %v and %g seconds, want positive numbers", c.Batches, c.Seconds)
	}
	return nil
}

// cost is what an iteration of Adam costs, by the paper's claim: 12 and 24 times
// less in 20 and 7 dimensions than in 64 without an autoencoder.
type cost struct {
	Model        string  `json:"model"`
	Latent       int     `json:"latent"`
	Batch        int     `json:"batch"`
	Milliseconds float64 `json:"milliseconds_per_iteration"`
	Faster       float64 `json:"faster_than_64"` // how many times

	// The claim rests on the matrix-free exponential, eqs. (18)–(19), which takes
	// s ~ Δt‖A‖ substeps. Here e^{hA} and hφ₁(hA) are formed once for all steps and
	// samples, and a step costs two products. The rest is what the matrix-free one
	// would cost, forward alone: Norm is ‖A‖₂ of the equation's own linear part in
	// the model's modes, Products the s·m products of A with the batch in a step,
	// MatrixFree the time of those in a rollout, from the time of one product.
	Norm       float64 `json:"norm_of_equation"`
	Products   float64 `json:"matrix_free_products"`
	MatrixFree float64 `json:"matrix_free_milliseconds"`
}

// measured are the models of the claim, the one without an autoencoder first.
var measured = []string{"latent64", "mlp20", "latent20", "latent7"}

// measure takes the times one after the other, of models that begin to train.
func (l *laboratory) measure() ([]cost, error) {
	if len(l.Cost.Batches) == 0 {
		return nil, nil
	}
	stage := l.Progress.Stage("cost of an iteration", len(l.Cost.Batches)*len(measured))
	defer stage.Done()
	var all []cost
	for _, batch := range l.Cost.Batches {
		var full float64
		for i, name := range measured {
			c, err := l.iteration(name, batch)
			if err != nil {
				return nil, errors.WithMessagef(err, "cost of %s at batch %d", name, batch)
			}
			if i == 0 {
				full = c.Milliseconds
			}
			c.Faster = full / c.Milliseconds
			all = append(all, c)
			stage.Update(len(all))
		}
	}
	return all, nil
}

// window is that of the iterations that are measured.
const window = 8

// iteration measures one model.
func (l *laboratory) iteration(name string, batch int) (cost, error) {
	at := slices.IndexFunc(recipes, func(r recipe) bool { return r.name == name })
	m := recipes[at].model()
	m.Model.Dtype = l.Models[0].Model.Dtype
	m.Train.Workers = l.Models[0].Train.Workers
	m.Train.First.Optimizer, m.Train.First.Iterations = "adam", math.MaxInt32
	m.Train.Phases = []train.Phase{{Window: window, Batch: batch}}
	// As many windows as fill a batch are enough.
	d := part(l.training, 0, min(l.Data.Train, batch/l.Data.Runs+window+1))
	if err := m.setPairs(&m.Model, l.Data.Solver.Problem, d); err != nil {
		return cost{}, err
	}
	fresh, err := model.New(m.Model)
	if err != nil {
		return cost{}, err
	}
	ctx, stop := context.WithCancel(l.Context)
	defer stop()
	const warm = 3 // iterations that allocate
	var first, last, n float64
	t, err := train.New(fresh, m.Train, d, train.WithHook(func(k train.Metrics) {
		if k.Iteration == warm {
			first = k.Seconds
		}
		if last, n = k.Seconds-first, float64(k.Iteration-warm); n >= 3 && last > l.Cost.Seconds {
			stop()
		}
	}))
	if err != nil {
		return cost{}, err
	}
	if err := t.Fit(ctx); l.Context.Err() != nil || !errors.Is(err, context.Canceled) {
		return cost{}, err
	}
	c := cost{Model: name, Latent: fresh.Config().LatentDim(), Batch: batch, Milliseconds: 1e3 * last / n}
	c.matrixFree(l.Data.Solver.Problem, window)
	return c, nil
}

// matrixFree works out what the matrix-free exponential would take: s = ⌈‖hA‖⌉
// substeps, h = 1, with the Taylor polynomial of degree m whose remainder at norm 1
// is below rounding.
func (c *cost) matrixFree(p ks.Equation, steps int) {
	rates := p.GrowthRates()
	for _, r := range rates[:(c.Latent+1)/2] {
		c.Norm = max(c.Norm, math.Abs(r))
	}
	m, term := 0, 1.0
	for term > 0x1p-53 {
		m++
		term /= float64(m)
	}
	c.Products = math.Ceil(c.Norm) * float64(m)

	a, u, v := make([]float64, c.Latent*c.Latent), make([]float64, c.Batch*c.Latent), make([]float64, c.Batch*c.Latent)
	var tmp []float64
	repeats := 1 + int(2e8)/(c.Latent*c.Latent*c.Batch) // some tens of milliseconds
	product := func() { kernel.Gemm(false, false, c.Batch, c.Latent, c.Latent, 1, u, a, 0, v, &tmp) }
	product()
	start := time.Now()
	for range repeats {
		product()
	}
	each := time.Since(start).Seconds() / float64(repeats)
	c.MatrixFree = 1e3 * each * c.Products * float64(steps)
}

// costTable is that of the costs.
func costTable(costs []cost) *report.Table {
	t := report.NewTable("An iteration of Adam, windows of 8 steps, e^{hA} formed once; and by eqs. (18)–(19), s·m products a step at the norm of the equation's own modes (forward alone)",
		"model", "latent", "batch", "ms", "faster than 64", "the paper", "‖A‖₂", "s·m", "matrix-free, ms")
	for _, c := range costs {
		paper := any(nil)
		switch {
		case c.Latent == 20:
			paper = 12
		case c.Latent == 7:
			paper = 24
		}
		t.Add(c.Model, c.Latent, c.Batch, c.Milliseconds, fmt.Sprintf("%.2g", c.Faster), paper, c.Norm, c.Products, c.MatrixFree)
	}
	return t
}
