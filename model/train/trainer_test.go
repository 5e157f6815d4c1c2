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

	"spnode/model"
	"spnode/model/optim"
	"spnode/ops/opstest"
)

// smallTraining is Adam and L-BFGS on all five samples, for two workers.
func smallTraining() training {
	p := training{model: model.DefaultConfig(2), train: DefaultConfig(), times: []float64{0, 0.5, 1.5}}
	p.model.Integrator = "etd1"
	p.model.Seed = 3
	p.model.Factor = []float64{3, 0.7}
	p.model.Nonlinear.Hidden = []int{3}
	p.states = normalStates(rand.New(rand.NewPCG(31, 32)), 0.5, 3, 5, 2)
	p.train.Workers = 2
	p.train.First.Iterations = 6
	p.train.First.Schedule = optim.Schedule{Kind: optim.ScheduleCosine, Rate: 0.05, Warmup: 2}
	p.train.First.Clip = 0.5
	p.train.LBFGS.Iterations = 5
	p.train.LBFGS.Memory = 3
	return p
}

func minibatchTraining() training {
	p := smallTraining()
	p.train.SetBatch(2)
	p.train.First.Iterations = 9
	p.train.First.Schedule = optim.Schedule{Kind: optim.ScheduleExponentialEpoch, Rate: 0.05, Decay: 0.8}
	p.train.LBFGS.Iterations = 0
	return p
}

// gridTraining draws its times and its samples.
func gridTraining() training {
	p := minibatchTraining()
	p.times = nil
	for i := range 13 {
		p.times = append(p.times, 0.1*float64(i*i+1))
	}
	p.states = normalStates(rand.New(rand.NewPCG(33, 34)), 0.5, 13, 5, 2)
	p.train.Grid = GridConfig{Points: 4, Random: 0.5}
	p.train.Weighting = model.WeightLogTime
	return p
}

// restartTraining makes three attempts.
func restartTraining() training {
	p := smallTraining()
	p.train.First.Iterations, p.train.LBFGS.Iterations = 2, 2
	p.train.RestartAbove, p.train.Restarts = 1e-9, 2
	return p
}

// divergingTraining is an explicit method over so many steps that a bilinear
// form overflows after an update at the rate that is asked for.
func divergingTraining() training {
	p := smallTraining()
	p.model.Integrator = "euler"
	p.model.Nonlinear = model.NonlinearConfig{Kind: model.KindBilinear, Rank: 2}
	p.times = nil
	for k := range 16 {
		p.times = append(p.times, 0.3*float64(k))
	}
	p.states = normalStates(rand.New(rand.NewPCG(33, 34)), 0.5, 16, 3, 2)
	p.train.First.Iterations, p.train.LBFGS.Iterations = 4, 3
	p.train.First.Schedule = optim.Schedule{Kind: optim.ScheduleConstant, Rate: 8}
	p.train.First.Clip = 0
	return p
}

// soapTraining renews its bases in every third iteration, of matrices that are
// wide, tall and square.
func soapTraining() training {
	p := minibatchTraining()
	p.model.Nonlinear.Hidden = []int{3, 3}
	p.model.Autoencoder = model.AutoencoderConfig{Latent: 1, Hidden: []int{3}}
	p.train.First.Optimizer = "soap"
	p.train.First.Settings = optim.Settings{"decay": 0.8, "period": 3}
	p.train.First.LinearRate = 0.5
	return p
}

// soapDivergingTraining takes updates back, of which some follow a renewal, and
// ends with L-BFGS.
func soapDivergingTraining() training {
	p := divergingTraining()
	p.model.Autoencoder = model.AutoencoderConfig{Latent: 2, Hidden: []int{4}}
	p.train.First.Optimizer = "soap"
	p.train.First.Settings = optim.Settings{"period": 2}
	p.train.First.Iterations, p.train.LBFGS.Iterations = 5, 1
	p.times, p.states = p.times[:9], p.states[:9]
	return p
}

// looks is a context that is cancelled at the n-th look at it.
type looks struct {
	context.Context
	n *int
}

func (l looks) Err() error {
	if *l.n--; *l.n < 0 {
		return context.Canceled
	}
	return nil
}

func cancelAfter(n int) context.Context { return looks{context.Background(), &n} }

// wantSameEnd fails unless two trainings have come to the same bits in all but
// the time they took.
func wantSameEnd(t *testing.T, what string, got, want *Trainer) {
	t.Helper()
	a, b := got.state().Encode(got.cfg.limits()), want.state().Encode(want.cfg.limits())
	if len(a) != len(b) {
		t.Fatalf("%s: state of %d arrays, want %d", what, len(a), len(b))
	}
	for i := range a {
		if a[i].Name == "seconds" {
			continue
		}
		if a[i].Name != b[i].Name || !same(a[i].Data, b[i].Data) {
			t.Errorf("%s: %s is %v, want %s %v", what, a[i].Name, a[i].Data, b[i].Name, b[i].Data)
		}
	}
	if !same(got.Model.Params().Flat, want.Model.Params().Flat) {
		t.Errorf("%s: parameters are %v, want %v", what, got.Model.Params().Flat, want.Model.Params().Flat)
	}
	if len(got.log) != len(want.log) {
		t.Fatalf("%s: log of %d iterations, want %d", what, len(got.log), len(want.log))
	}
	for i := range got.log {
		x, y := got.log[i], want.log[i]
		x.Seconds, y.Seconds = 0, 0
		if x != y {
			t.Errorf("%s: log %d is %+v, want %+v", what, i, x, y)
		}
	}
}

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
			e := max(relative(got, want), math.Abs(l-loss)/loss)
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

// An update after which the loss is not finite is taken back, and its rate
// halved, until it is finite.
func TestDivergenceIsTakenBack(t *testing.T) {
	p := divergingTraining()
	var seen []Metrics
	tr := p.fit(t, WithHook(func(m Metrics) { seen = append(seen, m) }))
	adam := slices.DeleteFunc(slices.Clone(seen), func(m Metrics) bool { return m.Stage != "adam" })
	last := adam[len(adam)-1]
	t.Logf("%d updates taken back, last rate %g, loss %g", tr.now.Backoffs, last.Rate, tr.Result().Loss)
	if tr.now.Backoffs == 0 {
		t.Fatal("the case shows nothing")
	}
	for _, m := range seen {
		if !finite(m.Loss) || !finite(m.GradientNorm) {
			t.Errorf("a hook saw %+v", m)
		}
	}
	if want := math.Ldexp(8, -tr.now.Backoffs); last.Rate != want || last.Iteration != 4 || tr.now.Iterations < 4 {
		t.Errorf("got %+v after %d updates taken back, want iteration 4 at rate %g", last, tr.now.Backoffs, want)
	}

	// The last update, after which Adam does not look again.
	p.train.First.Iterations, p.train.LBFGS.Iterations = 1, 0
	if tr = p.fit(t); tr.now.Backoffs == 0 || !finite(tr.Result().Loss) || tr.now.Iterations != 1 {
		t.Errorf("after one update: %d taken back, loss %g, %d done", tr.now.Backoffs, tr.Result().Loss, tr.now.Iterations)
	}

	// As often as allowed.
	p = divergingTraining()
	p.train.Backoffs = 1
	tr = p.trainer(t)
	err := tr.Fit(context.Background())
	var diverged *DivergedError
	if !errors.As(err, &diverged) {
		t.Fatalf("got error %v, want a DivergedError", err)
	}
	if finite(diverged.Loss) && finite(diverged.Norm) || diverged.Iteration != 1 || diverged.Stage != "adam" || diverged.Rate != 4 || diverged.Halved != 1 {
		t.Errorf("got %+v", diverged)
	}
	for _, part := range []string{"after 1 iterations of adam", "rate 4", "halved 1 times", "try a lower rate"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("got %q, want %q in it", err, part)
		}
	}
}

// Parameters so large that A overflows, which step.Propagators refuses, are a
// loss that is not finite and no other error; and from the start they are a
// DivergedError at once, with L-BFGS alone too.
func TestOverflowIsDivergence(t *testing.T) {
	for _, name := range []string{"etd1", "etdrk4", "imex", "rk4"} {
		p := smallTraining()
		p.model.Integrator = name
		p.train.First.Iterations, p.train.LBFGS.Iterations = 1, 0
		p.train.First.Schedule = optim.Schedule{Kind: optim.ScheduleConstant, Rate: 1e78}
		p.train.Backoffs = 400
		tr := p.fit(t)
		if tr.now.Backoffs < 2 || !finite(tr.Result().Loss) {
			t.Errorf("%s: %d updates taken back, loss %g", name, tr.now.Backoffs, tr.Result().Loss)
		}
		// What was taken back has left no trace: a training that begins with the
		// rate that this one has come to has the same bits.
		q := p
		q.train.First.Schedule.Rate = math.Ldexp(p.train.First.Schedule.Rate, -tr.now.Backoffs)
		if again := q.fit(t); again.now.Backoffs != 0 || !same(again.Model.Params().Flat, tr.Model.Params().Flat) {
			t.Errorf("%s: another result after %d updates taken back: %v, want %v", name, tr.now.Backoffs, tr.Model.Params().Flat, again.Model.Params().Flat)
		}

		for _, adam := range []int{0, 3} {
			p.train.First.Iterations, p.train.LBFGS.Iterations = adam, 2
			tr = p.trainer(t)
			floats.Scale(1e200, tr.Model.Params().Flat)
			err := tr.Fit(context.Background())
			var diverged *DivergedError
			if !errors.As(err, &diverged) || diverged.Iteration != 0 || diverged.Halved != 0 {
				t.Errorf("%s: got error %v, want a DivergedError of iteration 0", name, err)
			}
		}
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
	if r.Attempts != 5 || r.Loss != lost[best] || !same(tr.Model.Params().Flat, ends[best]) {
		t.Errorf("got loss %g after %d attempts, want %g of attempt %d and its parameters; losses %g", r.Loss, r.Attempts, lost[best], best, lost)
	}

	// Good enough at once, and good enough at the second attempt that is so.
	p.train.RestartAbove = slices.Max(lost) * 1.001
	if r := p.fit(t).Result(); r.Attempts != 1 {
		t.Errorf("got %d attempts where the first is good enough", r.Attempts)
	}
	if i := slices.IndexFunc(lost, func(l float64) bool { return l < lost[0] }); i > 0 {
		p.train.RestartAbove = lost[i]
		if tr := p.fit(t); tr.Result().Attempts != i+1 || !same(tr.Model.Params().Flat, ends[i]) {
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
	p.states = normalStates(rand.New(rand.NewPCG(35, 36)), 0.5, 3, 6, 2)
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

// Every array that cannot be used is refused with what is wrong and where.
func TestWrongData(t *testing.T) {
	p := smallTraining()
	change := func(f func(p *training)) error {
		q := p
		q.times = slices.Clone(p.times)
		q.states = nil
		for _, s := range p.states {
			var at [][]float64
			for _, row := range s {
				at = append(at, slices.Clone(row))
			}
			q.states = append(q.states, at)
		}
		f(&q)
		_, err := New(mustNew(t, q.model), q.train, q.data())
		return err
	}
	for _, c := range []struct {
		name  string
		f     func(p *training)
		kind  error
		parts []string
	}{
		{"NaN", func(p *training) { p.states[0][3][0] = math.NaN() }, model.ErrData, []string{"component 0 of trajectory 3", "first time, 0"}},
		{"Inf", func(p *training) { p.states[2][0][1] = math.Inf(-1) }, model.ErrData, []string{"time 2", "-Inf"}},
		{"repeated time", func(p *training) { p.times[1] = 0 }, model.ErrData, []string{"time 1 is 0 after 0", "increase"}},
		{"NaN time", func(p *training) { p.times[2] = math.NaN() }, model.ErrData, []string{"time", "NaN"}},
		{"one time", func(p *training) { p.times, p.states = p.times[:1], p.states[:1] }, model.ErrData, []string{"times", "got 1", "at least 2"}},
		{"times and states disagree", func(p *training) { p.states = p.states[:2] }, model.ErrData, []string{"have 2 times", "want 3"}},
		{"ragged row", func(p *training) { p.states[1][2] = p.states[1][2][:1] }, model.ErrData, []string{"time 1", "has 1 components, want 2"}},
		{"wrong dimension", func(p *training) { p.model = model.DefaultConfig(3) }, model.ErrData, []string{"got 2 components, want 3"}},
		{"batch", func(p *training) { p.train.SetBatch(6); p.train.LBFGS.Iterations = 0 }, model.ErrData, []string{"batch is 6", "5 samples"}},
		{"batch of L-BFGS", func(p *training) { p.train.SetBatch(2) }, model.ErrConfig, []string{"L-BFGS", "batch of phase 0 is 2, want 0"}},
		{"sampler", func(p *training) { p.train.Sampler = "sorted" }, model.ErrConfig, []string{`"sorted"`, "shuffled"}},
		{"weighting", func(p *training) { p.train.Weighting = "linear" }, model.ErrConfig, []string{`"linear"`, model.WeightLogTime}},
		{"log-time from 0", func(p *training) { p.train.Weighting = model.WeightLogTime }, model.ErrConfig, []string{"first time above 0", "got 0"}},
		{"rate", func(p *training) { p.train.First.Schedule.Rate = -1 }, model.ErrConfig, []string{"rate", "-1"}},
		{"restart_above", func(p *training) { p.train.RestartAbove = math.Inf(1) }, model.ErrConfig, []string{"+Inf"}},
		{"a setting that nothing looks at", func(p *training) { p.train.First.Schedule.Decay = math.NaN() }, model.ErrConfig, []string{"NaN"}},
	} {
		wantError(t, c.name, change(c.f), c.kind, c.parts...)
	}

	// Resumed on other data.
	dir := t.TempDir() + "/run"
	if err := p.fit(t).Save(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(dir, p.data()); err != nil {
		t.Fatal(err)
	}
	other := normalStates(rand.New(rand.NewPCG(31, 32)), 0.5, 3, 5, 2)
	other[2][4][1] = math.Nextafter(other[2][4][1], 1)
	q := p
	q.states = other
	_, err := Resume(dir, q.data())
	wantError(t, "another last bit", err, model.ErrData, dir, "SHA-256")
	q = p
	q.times = []float64{0, 0.5, 1.25}
	_, err = Resume(dir, q.data())
	wantError(t, "other times", err, model.ErrData, dir, "SHA-256")
	q.times, q.states = p.times[:2], p.states[:2]
	_, err = Resume(dir, q.data())
	wantError(t, "fewer times", err, model.ErrData, dir, "SHA-256")
}
