package model

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestTurn(t *testing.T) {
	rng := rand.New(rand.NewPCG(75, 76))
	for m := 1; m <= 6; m++ {
		x := make([]float64, m)
		normal(1)(rng, x)
		for j := range m {
			for _, sign := range []int{1, -1} {
				// In scaled variables: σ(x − zero) + zero.
				const zero = 0.5
				want := make([]float64, m)
				for i := range want {
					want[i] = x[((sign*i+j)%m+m)%m]
					if sign < 0 {
						want[i] = 2*zero - want[i]
					}
				}
				got := make([]float64, m)
				turn{j, sign < 0}.apply(got, x, zero)
				if !same(got, want) {
					t.Errorf("%v turned by %d, sign %d: got %v, want %v", x, j, sign, got, want)
				}
			}
		}
	}
}

// The draws depend on the seed and the iteration alone, and every turn comes.
func TestAugmentDraws(t *testing.T) {
	const m, batch = 5, 40
	c := AugmentConfig{Shift: true, Reflect: true}
	count := map[turn]int{}
	for k := range 50 {
		turns := c.draw(3, k, batch, m)
		if len(turns) != batch || !slices.Equal(turns, c.draw(3, k, batch, m)) || slices.Equal(turns, c.draw(4, k, batch, m)) {
			t.Fatalf("iteration %d: %v", k, turns)
		}
		for _, v := range turns {
			count[v]++
		}
	}
	for j := range m {
		for _, r := range []bool{false, true} {
			if n := count[turn{j, r}]; n < 140 || n > 260 { // 200 ± 13
				t.Errorf("shift %d, reflected %v: %d times in 2000, want about 200", j, r, n)
			}
		}
	}
	for _, v := range (AugmentConfig{Shift: true}).draw(1, 1, batch, m) {
		if v.reflect {
			t.Error("a reflection that was not asked for")
		}
	}
	for _, v := range (AugmentConfig{Reflect: true}).draw(1, 1, batch, m) {
		if v.shift != 0 {
			t.Error("a shift that was not asked for")
		}
	}
	if (AugmentConfig{}).draw(1, 1, batch, m) != nil {
		t.Error("turns that were not asked for")
	}
}

// The workers see each sample turned, the same at all times, of the physical
// values: a training on the turned data has the same loss.
func TestAugmentedLoss(t *testing.T) {
	for _, dtype := range []string{"float64", "float32"} {
		p := windowTraining()
		p.model = DefaultConfig(5)
		p.model.Dtype = dtype
		p.model.Offset, p.model.Factor = filled(5, 0.3), filled(5, 2)
		p.states = normalStates(rand.New(rand.NewPCG(77, 78)), 0.5, 12, 2, 5)
		tr := p.trainer(t)
		for _, iteration := range []int{0, 7} { // in two epochs
			tr.iteration = iteration
			tr.loadIteration()
			got, err := tr.evaluate(tr.grad)
			if err != nil {
				t.Fatal(err)
			}
			samples, turns := tr.draw(iteration), p.train.Augment.draw(p.train.Seed, iteration, 4, 5)
			q := p.cutUp()
			for k := range q.states {
				var part [][]float64
				for i, s := range samples {
					u := make([]float64, 5)
					turns[i].apply(u, q.states[k][s], 0)
					part = append(part, u)
				}
				q.states[k] = part
			}
			q.train.Augment = AugmentConfig{}
			plain := q.trainer(t)
			want, err := plain.evaluate(plain.grad)
			if err != nil {
				t.Fatal(err)
			}
			bound := 100 * 0x1p-53 // scaling and turning in another order
			if dtype == "float32" {
				bound = 100 * 0x1p-24
			}
			if d := relative([]float64{got}, []float64{want}); !(d <= bound) || !(relative(tr.grad, plain.grad) <= 10*bound) {
				t.Errorf("%s: loss %.17g, want %.17g; the gradient differs by %.2g", dtype, got, want, relative(tr.grad, plain.grad))
			}
		}
	}
}

// Without batches the turns still differ between iterations, and the loss at
// the end is of the data as it is.
func TestAugmentFullBatch(t *testing.T) {
	p := windowTraining()
	p.train.Batch = 0
	p.train.Adam.Iterations = 2
	p.train.Adam.Schedule.Rate = 1e-30 // the parameters stay
	tr := p.fit(t)
	p.train.Augment = AugmentConfig{}
	plain := p.trainer(t)
	want, err := plain.evaluate(plain.grad)
	if err != nil {
		t.Fatal(err)
	}
	log := tr.Result().Log
	if got := tr.Result().Loss; got != want || log[0].Loss == want || log[0].Loss == log[1].Loss {
		t.Errorf("losses are %g and %g, then %g at the end, want two others and %g", log[0].Loss, log[1].Loss, got, want)
	}
}
