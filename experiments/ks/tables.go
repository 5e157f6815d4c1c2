package main

import (
	"fmt"
	"math"

	"github.com/pkg/errors"

	"spnode/experiments/driver"
	"spnode/experiments/ks/cost"
	"spnode/experiments/report"
	"spnode/model/train"
)

// columns are those of the table of how long the models stay with the truth.
var columns = driver.Columns[*testReport]{
	Names: []string{"autoencoder", "1 step", "8 steps", "0.3", "0.5", "1.0", "Δt 2: 0.5", "Δt ½: 0.5", "Δt ¼: 0.5"},
	Cells: func(r *testReport) []any {
		return []any{r.Autoencoder, r.Step1, r.Step8, r.Agree03, r.Agree05, r.Agree10, r.TwiceAgree05, r.HalfAgree05, r.QuarterAgree05}
	},
}

// seedColumns are those of the table of the models with several seeds.
var seedColumns = driver.Columns[*testReport]{
	Names: []string{"autoencoder", "1 step", "8 steps", "agree 0.5", "1.0", "total variation", "bounded", "rms", "rate", "Lyapunov exponent"},
	Cells: func(r *testReport) []any {
		return []any{r.Autoencoder, r.Step1, r.Step8, r.Agree05, r.Agree10, r.TV, r.Bounded, r.LongRMS, r.LongRate, r.Lyapunov}
	},
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
		ball := []any{"no proof", nil, nil}
		if b := r.Ball; b != nil {
			ball = []any{b.Radius, nil, fmt.Sprintf("%d of %d", b.Left, b.Rollouts)}
			if b.Data > 0 {
				ball[1] = b.Data
			}
		}
		t.Add(append([]any{m.Name, fmt.Sprintf("%d of %d", r.Bounded, r.LongRuns), r.LongRMS, r.LongRMSEach, r.LongRate, r.LongRateEach, r.TV, r.Lyapunov}, ball...)...)
	}
	return t
}

// iteration is what one of Adam costs, by the paper's claim: 12 and 24 times less in
// 20 and 7 dimensions than in 64 without an autoencoder.
type iteration struct {
	Model        string  `json:"model"`
	Latent       int     `json:"latent"`
	Batch        int     `json:"batch"`
	Milliseconds float64 `json:"milliseconds_per_iteration"`
	Faster       float64 `json:"faster_than_64"` // how many times

	// The claim rests on the matrix-free exponential. Here e^{hA} and hφ₁(hA) are
	// formed once for all steps and samples, and a step costs two products. Norm is
	// ‖A‖₂ of the equation's own linear part in the model's modes, Products the
	// products of A with the batch in a step that the matrix-free one would take.
	Norm     float64 `json:"norm_of_equation"`
	Products float64 `json:"matrix_free_products"`
}

// measured are the models of the claim, the one without an autoencoder first, with
// the paper's figures.
var measured = []struct {
	name   string
	faster any
}{{"latent64", nil}, {"mlp20", 12}, {"latent20", 12}, {"latent7", 24}}

// costs takes the times one after the other, of models that begin to train.
func (l *laboratory) costs() (all []iteration, err error) {
	stage := l.Progress.Stage("cost of an iteration", len(l.Cost.Batches)*len(measured))
	defer stage.Done()
	for _, batch := range l.Cost.Batches {
		for i, m := range measured {
			c, err := l.iteration(m.name, batch)
			if err != nil {
				return nil, errors.WithMessagef(err, "cost of %s at batch %d", m.name, batch)
			}
			c.Faster = 1
			if i > 0 {
				c.Faster = all[len(all)-i].Milliseconds / c.Milliseconds
			}
			all = append(all, c)
			stage.Update(len(all))
		}
	}
	return all, nil
}

// iteration measures one model.
func (l *laboratory) iteration(name string, batch int) (iteration, error) {
	const window = 8
	m := recipeNamed(name)
	m.Model.Dtype, m.Train.Workers = l.Models[0].Model.Dtype, l.Models[0].Train.Workers
	m.Train.First.Optimizer = "adam"
	m.Train.Phases = []train.Phase{{Window: window, Batch: batch}}
	// As many windows as fill a batch are enough.
	d := l.training.Part(0, min(l.Data.Train, batch/l.Data.Runs+window+1))
	if err := m.setPairs(&m.Model, l.Data.Solver.Problem, d); err != nil {
		return iteration{}, err
	}
	c := iteration{Model: name, Latent: m.Model.LatentDim(), Batch: batch}
	for _, rate := range l.Data.Solver.Problem.GrowthRates()[:(c.Latent+1)/2] {
		c.Norm = max(c.Norm, math.Abs(rate))
	}
	c.Products = cost.MatrixFree(c.Norm)
	var err error
	c.Milliseconds, err = cost.Iteration(l.Context, m.Model, m.Train, d, l.Cost.Seconds)
	return c, err
}

// costTable is that of the costs.
func costTable(costs []iteration) *report.Table {
	t := report.NewTable("An iteration of Adam, windows of 8 steps, e^{hA} formed once; and the products a step of eqs. (18)–(19) at the norm of the equation's own modes",
		"model", "latent", "batch", "ms", "speed-up over latent64", "the paper", "‖A‖₂", "products")
	for i, c := range costs {
		t.Add(c.Model, c.Latent, c.Batch, c.Milliseconds, c.Faster, measured[i%len(measured)].faster, c.Norm, c.Products)
	}
	return t
}
