package train

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"spnode/data"
	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/objective"
)

// drivenLinear are trajectories of du/dt = A u + B w with rates of 1, 30 and 1000 that
// mix in all components, and inputs that are linear between random values.
func drivenLinear(seed uint64, inputs int) *data.Dataset {
	const n = 3
	of, rng := rand.New(rand.NewPCG(1, 1)), rand.New(rand.NewPCG(seed, 9))
	normal := func(rows, cols int, scale float64) *mat.Dense {
		m := mat.NewDense(rows, cols, nil)
		for i := range rows {
			for j := range cols {
				m.Set(i, j, scale*of.NormFloat64())
			}
		}
		return m
	}
	v := normal(n, n, 0.4)
	k := normal(n, inputs+1, 1) // gain of each rate; a column more, so that none is no case of its own
	rates := mat.NewDiagDense(n, []float64{-1, -30, -1000})
	var a, b, inverse mat.Dense
	for i := range n {
		v.Set(i, i, 1+v.At(i, i))
	}
	_ = inverse.Inverse(v) // it is not near a singular one
	a.Product(v, rates, &inverse)
	b.Product(v, rates, k)

	d := &data.Dataset{}
	for j := range inputs {
		d.Inputs = append(d.Inputs, fmt.Sprint("w", j))
	}
	for range 40 {
		tr := data.Trajectory{Times: []float64{0}}
		for i := range 40 {
			tr.Times = append(tr.Times, 1e-4*math.Pow(2e4, (float64(i)+0.3*rng.Float64())/39.3))
		}
		var w model.Signal
		for i := range 11 {
			w.Times = append(w.Times, 0.21*float64(i))
			w.Values = append(w.Values, make([]float64, inputs))
			for j := range inputs {
				w.Values[i][j] = rng.NormFloat64()
			}
		}
		if inputs > 0 {
			tr.Input = data.Signal{Times: w.Times, Values: w.Values}
		}
		u := mat.NewVecDense(n, []float64{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()})
		all, at, begin, change := w.Over(tr.Times)
		for i := range all {
			if len(tr.States) < len(at) && at[len(tr.States)] == i {
				tr.States = append(tr.States, mat.Col(nil, 0, u))
			}
			if i+1 == len(all) {
				break
			}
			// d/ds (u, 1, s) over s from 0 to 1.
			h, m := all[i+1]-all[i], mat.NewDense(n+2, n+2, nil)
			m.Slice(0, n, 0, n).(*mat.Dense).Scale(h, &a)
			for j := range inputs {
				for l := range n {
					m.Set(l, n, m.At(l, n)+h*b.At(l, j)*begin[i][j])
					m.Set(l, n+1, m.At(l, n+1)+h*b.At(l, j)*change[i][j])
				}
			}
			m.Set(n+1, n, 1)
			m.Exp(m)
			next := mat.NewVecDense(n, nil)
			next.MulVec(m.Slice(0, n, 0, n), u)
			next.AddVec(next, m.Slice(0, n, n, n+1).(*mat.Dense).ColView(0))
			u = next
		}
		d.Trajectories = append(d.Trajectories, tr)
	}
	return d
}

// With inputs a stiff linear system is found as it is without, to rounding, in about as
// many iterations: nothing in the model is as large as the rates.
func TestDrivenLinear(t *testing.T) {
	alone := 0
	for _, inputs := range []int{0, 2} {
		p := training{model: model.DefaultConfig(3), train: DefaultConfig()}
		d, held := drivenLinear(1, inputs), drivenLinear(2, inputs)
		p.model.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindNone}
		p.model.Integrator = "etd1"
		p.model.Linear.Rates = []float64{2, 10, 200} // off by factors of 2 to 5
		p.model.Inputs.Names = d.Inputs
		p.train.Workers = 1
		p.train.Weighting = objective.WeightUniform
		tr := p.ofData(t, d)
		if c := tr.Model.Config(); len(c.Inputs.Ranges) != inputs || !slices.Equal(c.Ranges, d.Ranges()) {
			t.Errorf("the model keeps the ranges %v and %v, want %v and those of %d inputs", c.Ranges, c.Inputs.Ranges, d.Ranges(), inputs)
		}
		if err := tr.Fit(t.Context()); err != nil {
			t.Fatal(err)
		}
		predicted, err := Predict(tr.Model, held)
		if err != nil {
			t.Fatal(err)
		}
		var worst, largest float64
		for s, from := range held.Trajectories {
			for k, u := range from.States {
				for i, x := range u {
					worst, largest = max(worst, math.Abs(predicted.Trajectories[s].States[k][i]-x)), max(largest, math.Abs(x))
				}
			}
		}
		done := tr.Result().Iterations
		t.Logf("%d inputs: held-out error %.2g after %d iterations", inputs, worst/largest, done)
		// Of rounding there is 1e-13; a training that stopped on its way has 1e-3 or more.
		if !(worst <= 1e-10*largest) {
			t.Errorf("%d inputs: the error is %.3g of the largest state, want rounding", inputs, worst/largest)
		}
		if inputs == 0 {
			alone = done
		} else if done > 2*alone { // 337 and 399
			t.Errorf("%d inputs: %d iterations, want at most twice the %d of none", inputs, done, alone)
		}
	}
}
