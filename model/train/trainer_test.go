package train

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/model/modeltest"
	"spnode/ops/opstest"
)

func TestTrainingIsReproducible(t *testing.T) {
	for name, p := range map[string]training{"full": smallTraining(), "minibatch": minibatchTraining(), "restart": restartTraining(), "diverging": divergingTraining(), "soap": soapTraining()} {
		p.train.Workers = 3
		first := p.fit(t)
		for range 3 {
			wantSameEnd(t, name, p.fit(t), first)
		}
	}
}

// A training that is cancelled between any two iterations, saved, resumed and
// ended has the bits of one that ran through. What the restarts and the updates
// taken back do lies between two looks at the context, too.
func TestResumeIsExact(t *testing.T) {
	for name, p := range map[string]training{
		"full": smallTraining(), "minibatch": minibatchTraining(), "restart": restartTraining(), "diverging": divergingTraining(), "grid": gridTraining(), "windows": windowTraining(),
		"soap": soapTraining(), "soap diverging": soapDivergingTraining(), "phases": phasesTraining(), "phases, L-BFGS": phasesLBFGS(),
	} {
		t.Run(name, func(t *testing.T) {
			want := p.fit(t)
			if name == "restart" && want.Result().Attempts != 3 || strings.Contains(name, "diverging") && want.now.Backoffs < 2 {
				t.Fatalf("the case shows nothing: %d attempts, %d updates taken back", want.Result().Attempts, want.now.Backoffs)
			}
			dir := t.TempDir() + "/run"
			stops := 0
			every := 1
			if opstest.Thin() {
				every = 4
			}
			for k := 0; ; k += every {
				tr := p.trainer(t)
				err := tr.Fit(cancelAfter(k))
				if err == nil {
					wantSameEnd(t, "not cancelled", tr, want)
					break
				}
				if !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				if err := tr.Save(dir); err != nil {
					t.Fatal(err)
				}
				// What goes on in memory is the same, too.
				if k/every%3 == 0 {
					if err := tr.Fit(context.Background()); err != nil {
						t.Fatal(err)
					}
					wantSameEnd(t, "continued", tr, want)
				}
				resumed, err := Resume(dir, p.data())
				if err != nil {
					t.Fatal(err)
				}
				if err := resumed.Fit(context.Background()); err != nil {
					t.Fatal(err)
				}
				wantSameEnd(t, "resumed", resumed, want)
				if t.Failed() {
					t.Fatalf("after look %d", k)
				}
				stops++
			}
			t.Logf("resumed from %d places", stops)
			if least := want.Result().Iterations; stops*every < least {
				t.Errorf("got %d places, want at least the %d iterations", stops, least)
			}
		})
	}
}

// One training that is stopped before every iteration.
func TestResumeChain(t *testing.T) {
	p := smallTraining()
	want := p.fit(t)
	dir := t.TempDir() + "/run"
	tr := p.trainer(t, WithCheckpoint(dir, time.Hour))
	for {
		err := tr.Fit(cancelAfter(1))
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "stopped before iteration") {
			t.Fatal(err)
		}
		if tr, err = Resume(dir, p.data(), WithCheckpoint(dir, time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	wantSameEnd(t, "chain", tr, want)

	// The end is saved: to go on from there changes nothing.
	done, err := Resume(dir, p.data())
	if err != nil {
		t.Fatal(err)
	}
	wantSameEnd(t, "done", done, want)
	if err := done.Fit(context.Background()); err != nil {
		t.Fatal(err)
	}
	wantSameEnd(t, "done", done, want)
}

// The loss and its gradient are those of one worker, to rounding, for any
// number and whether the batch divides or not.
func TestWorkersAgree(t *testing.T) {
	var worst float64
	for _, p := range []training{smallTraining(), minibatchTraining(), divergingTraining()} {
		p.train.Workers = 1
		one := p.trainer(t)
		loss, want := one.whole(t)
		for workers := 2; workers <= 7; workers++ {
			p.train.Workers = workers
			tr := p.trainer(t)
			l, got := tr.whole(t)
			if most, _ := tr.samplers[0].Shape(); len(tr.workers) != min(workers, most) {
				t.Errorf("%d workers for a batch of %d, want %d", len(tr.workers), most, min(workers, most))
			}
			e := max(modeltest.Relative(got, want), math.Abs(l-loss)/loss)
			worst = max(worst, e)
			if !(e <= 1e-14) {
				t.Errorf("%d workers differ from one by %.3g", workers, e)
			}
		}
	}
	t.Logf("worst relative difference %.2g", worst)
}

// The hooks see every iteration in its order, those that are done again twice,
// and the log a thousand of each stage.
func TestHooksSeeAllIterations(t *testing.T) {
	var seen []Metrics
	p := smallTraining()
	tr := p.fit(t, WithHook(func(m Metrics) { seen = append(seen, m) }))
	if len(seen) != 11 || !slices.Equal(seen, tr.Result().Log) {
		t.Fatalf("hooks saw %d iterations, want 11; log %+v", len(seen), tr.Result().Log)
	}
	for i, m := range seen {
		stage, k, total := "adam", i+1, 6
		if i >= 6 {
			stage, k, total = "lbfgs", i-5, 5
		}
		if m.Stage != stage || m.Iteration != k || m.Total != total || m.Attempt != 0 || !(m.Loss > 0) || !(m.GradientNorm > 0) || (m.Rate > 0) != (stage == "adam") {
			t.Errorf("iteration %d: got %+v", i, m)
		}
		if i > 0 && m.Seconds < seen[i-1].Seconds {
			t.Errorf("iteration %d: time goes back from %g to %g", i, seen[i-1].Seconds, m.Seconds)
		}
	}
	if r := tr.Result(); r.Iterations != 11 || r.Attempts != 1 || r.Loss > seen[10].Loss {
		t.Errorf("got %+v", r)
	}

	p = restartTraining()
	seen = nil
	p.fit(t, WithHook(func(m Metrics) { seen = append(seen, m) }))
	for i, m := range seen {
		if m.Attempt != i/4 {
			t.Errorf("iteration %d: attempt %d, want %d", i, m.Attempt, i/4)
		}
	}

	seen = nil
	p = smallTraining()
	p.train.Workers = 1
	p.train.First.Iterations, p.train.LBFGS.Iterations = 2500, 0
	tr = p.fit(t, WithHook(func(m Metrics) { seen = append(seen, m) }))
	if n := len(tr.log); len(seen) != 2500 || n < 800 || n > 1001 || tr.log[0].Iteration != 1 {
		t.Errorf("of 2500 iterations hooks saw %d and the log has %d, want all and about 1000", len(seen), n)
	}
}

// A training whose loss stays above RestartAbove ends with the best attempt.
func TestRestart(t *testing.T) {
	p := restartTraining()
	p.train.Restarts = 4
	var lost []float64 // of each attempt
	var ends [][]float64
	single := p
	for k := range uint64(5) {
		single.model.Seed = p.model.Seed + k<<32
		single.train.Restarts = 0
		tr := single.fit(t)
		lost = append(lost, tr.Result().Loss)
		ends = append(ends, tr.Model.Params().Flat)
	}
	best := floats.MinIdx(lost)
	tr := p.fit(t)
	r := tr.Result()
	if best == 4 {
		t.Error("the case shows nothing: the last attempt is the best")
	}
	if r.Attempts != 5 || r.Loss != lost[best] || !modeltest.Same(tr.Model.Params().Flat, ends[best]) {
		t.Errorf("got loss %g after %d attempts, want %g of attempt %d and its parameters; losses %g", r.Loss, r.Attempts, lost[best], best, lost)
	}

	// Good enough at once, and good enough at the second attempt that is so.
	p.train.RestartAbove = slices.Max(lost) * 1.001
	if r := p.fit(t).Result(); r.Attempts != 1 {
		t.Errorf("got %d attempts where the first is good enough", r.Attempts)
	}
	if i := slices.IndexFunc(lost, func(l float64) bool { return l < lost[0] }); i > 0 {
		p.train.RestartAbove = lost[i]
		if tr := p.fit(t); tr.Result().Attempts != i+1 || !modeltest.Same(tr.Model.Params().Flat, ends[i]) {
			t.Errorf("got %d attempts for a loss of at most %g, want %d", tr.Result().Attempts, lost[i], i+1)
		}
	}
	p.train.RestartAbove = 0
	if r := p.fit(t).Result(); r.Attempts != 1 {
		t.Errorf("got %d attempts with restart_above 0", r.Attempts)
	}
}

// The final loss of minibatches is over all of them, not the first.
func TestMinibatchFinalLoss(t *testing.T) {
	p := minibatchTraining()
	p.states = modeltest.NormalStates(rand.New(rand.NewPCG(35, 36)), 0.5, 3, 6, 2)
	tr := p.fit(t)
	p.train.SetBatch(0)
	want, _ := p.on(t, tr.Model).whole(t)
	if got := tr.Result().Loss; !(math.Abs(got-want) <= 1e-14*want) {
		t.Errorf("got %.17g, want %.17g", got, want)
	}
}

// A steady iteration allocates for its workers' start, its grid and its draw,
// whatever the size of the graph, and as much in the thousandth as in the tenth.
func TestTrainingAllocations(t *testing.T) {
	for _, c := range []struct {
		name  string
		p     training
		bound float64
	}{
		{"full batch", smallTraining(), 4},
		{"minibatch", minibatchTraining(), 8},
		{"soap", soapTraining(), 8},
	} {
		c.p.train.First.Iterations = 1 << 40
		tr := c.p.trainer(t)
		iterate := func() {
			if _, err := tr.update(); err != nil {
				t.Fatal(err)
			}
		}
		for range 10 {
			iterate()
		}
		heap := func() uint64 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			return m.HeapAlloc
		}
		early, before := testing.AllocsPerRun(50, iterate), heap()
		for range 1000 {
			iterate()
		}
		late, after := testing.AllocsPerRun(50, iterate), heap()
		growth := int64(after) - int64(before)
		t.Logf("%s: %g allocations in an iteration, %g after a thousand; the heap grew by %d bytes", c.name, early, late, growth)
		if early > c.bound || late > early+1 {
			t.Errorf("%s: %g allocations in an iteration, then %g, want ≤ %g and no more later", c.name, early, late, c.bound)
		}
		if growth > 64<<10 {
			t.Errorf("%s: the heap grew by %d bytes in 1000 iterations", c.name, growth)
		}
	}
}
