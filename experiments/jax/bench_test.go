// Package jax holds training and prediction against JAX; see README.md.
package jax

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"testing"

	"gonum.org/v1/gonum/floats"

	"spnode/data"
	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/latent"
	"spnode/model/optim"
	"spnode/model/param"
	"spnode/model/train"
)

// row is a row of rows.json: a model of an example's shape, on random numbers.
type row struct {
	Dim       int       // of the states
	Latent    int       // 0: no autoencoder
	Hidden    []int     // of encoder and decoder
	Pairs     string    // a linear autoencoder, only or beside the networks
	Times     []float64 // or
	Decades   []float64 // first, last and how many, or
	Steps     int       // of 1, or of 0.1 in a prediction
	Batch     int
	Field     []int // hidden, of g
	FieldTanh bool  `json:"field_tanh"`
	Lipschitz float64
	Shift     float64
	Rates     []float64
	Optimizer string
	Predict   int // trajectories
	Dtypes    []string
}

func (r row) grid() []float64 {
	switch {
	case r.Times != nil:
		return r.Times
	case r.Decades != nil:
		return floats.LogSpan(make([]float64, int(r.Decades[2])), r.Decades[0], r.Decades[1])
	}
	times := make([]float64, r.Steps+1)
	for k := range times {
		times[k] = float64(k)
		if r.Predict > 0 {
			times[k] *= 0.1
		}
	}
	return times
}

func (r row) model(dtype string) (*model.Model, error) {
	c := model.DefaultConfig(r.Dim)
	c.Integrator, c.Dtype = "etd1", dtype
	c.Autoencoder = latent.AutoencoderConfig{Latent: r.Latent, Hidden: r.Hidden, Start: param.Start{LastScale: 0.1}}
	if r.Pairs != "" {
		rng := rand.New(rand.NewPCG(1, 1))
		c.Autoencoder.Skip = &latent.LinearPair{Encode: normal(rng, r.Latent, r.Dim), Decode: normal(rng, r.Dim, r.Latent), Only: r.Pairs == "only"}
	}
	c.Linear = dynamics.LinearConfig{Shift: r.Shift, Spread: 0.01, Rates: r.Rates}
	c.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindLipschitz, Hidden: r.Field, Lipschitz: r.Lipschitz, OutputActivation: r.FieldTanh}
	if r.Rates != nil {
		c.Linear.Spread = 0
		c.Nonlinear.RateScaled, c.Nonlinear.ZeroStart, c.Nonlinear.NoOutputBias = true, true, true
	}
	return model.New(c)
}

func normal(rng *rand.Rand, rows, cols int) [][]float64 {
	x := make([][]float64, rows)
	for i := range x {
		x[i] = make([]float64, cols)
		for j := range x[i] {
			x[i][j] = 0.3 * rng.NormFloat64()
		}
	}
	return x
}

// An iteration of a training, from the choice of its samples to the update, or a
// prediction: what compare.py holds against JAX; and how many times the floor that takes.
func BenchmarkRow(b *testing.B) {
	text, err := os.ReadFile("rows.json")
	if err != nil {
		b.Fatal(err)
	}
	var rows map[string]row
	if err := json.Unmarshal(text, &rows); err != nil {
		b.Fatal(err)
	}
	clock, tanh := processor()
	for name, r := range rows {
		for _, dtype := range r.Dtypes {
			b.Run(name+"/"+dtype, func(b *testing.B) {
				m, err := r.model(dtype)
				if err != nil {
					b.Fatal(err)
				}
				if r.Predict > 0 {
					err = r.predict(b, m)
				} else {
					err = r.train(b, m)
				}
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/r.floor(dtype, clock, tanh[dtype]), "floors")
			})
		}
	}
}

func (r row) predict(b *testing.B, m *model.Model) error {
	u0, times := normal(rand.New(rand.NewPCG(2, 2)), r.Predict, r.Dim), r.grid()
	for b.Loop() {
		if _, err := m.Predict(u0, times); err != nil {
			return err
		}
	}
	return nil
}

func (r row) train(b *testing.B, m *model.Model) error {
	rng, times := rand.New(rand.NewPCG(2, 2)), r.grid()
	samples := r.Batch
	if r.Dim != 2 {
		samples = max(samples, 200)
	}
	var u [][][]float64
	for range times {
		u = append(u, normal(rng, samples, r.Dim))
	}
	const before = 3 // iterations that build the graph and fill the caches
	c := train.DefaultConfig()
	c.SetBatch(r.Batch)
	c.LBFGS.Iterations = 0
	c.First.Iterations = before + b.N
	c.First.Schedule.Rate = 1e-6
	if r.Optimizer != "" {
		c.First.Optimizer = r.Optimizer
		c.First.Settings = optim.Settings{"period": 20}
	}
	done := 0
	t, err := train.New(m, c, data.Shared(times, u, nil), train.WithHook(func(train.Metrics) {
		switch done++; done {
		case before:
			b.ResetTimer()
		case before + b.N:
			b.StopTimer() // the loss over all samples follows
		}
	}))
	if err != nil {
		return err
	}
	return t.Fit(context.Background())
}
