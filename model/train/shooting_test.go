package train

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/floats"

	"spnode/data"
	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/modeltest"
)

func shootingTraining(phase Phase) training {
	p := minibatchTraining()
	p.train.Shooting = &Shooting{Penalty: 0.7}
	p.train.Phases = []Phase{phase}
	p.train.LBFGS.Iterations = 0
	if phase.Batch == 0 {
		p.train.LBFGS.Iterations = 5
	}
	return p
}

// shootingData have states of which components are missing, the first among them.
func shootingData() *data.Dataset {
	d := ownData(21, true)
	d.Trajectories[1].States[0][0] = math.NaN()
	d.Trajectories[4].States[0] = []float64{math.NaN(), math.NaN()}
	return d
}

// The gradient by the parameters and the starts, along random directions: a central
// difference of 1e-4 has truncation and rounding below 1e-8.
func TestShootingGradient(t *testing.T) {
	for _, phase := range []Phase{{}, {Window: 2}, {Span: 1.2}} {
		for _, gaps := range []bool{false, true} {
			p, d := shootingTraining(phase), ownData(21, false)
			p.train.Workers = 2
			if gaps {
				d = shootingData()
			}
			tr := p.ofData(t, d)
			rng := rand.New(rand.NewPCG(22, 23))
			for i := range tr.w {
				tr.w[i] += 0.3 * rng.NormFloat64()
			}
			_, grad := tr.whole(t)
			w := append([]float64(nil), tr.w...)
			n := len(tr.Model.Params().Flat)
			for _, part := range [][2]int{{0, n}, {n, len(w)}} {
				dir := make([]float64, len(w))
				for i := part[0]; i < part[1]; i++ {
					dir[i] = rng.NormFloat64()
				}
				got := fd.Derivative(func(s float64) float64 {
					floats.AddScaledTo(tr.w, w, s, dir)
					loss, _ := tr.whole(t)
					return loss
				}, 0, &fd.Settings{Formula: fd.Central, Step: 1e-4})
				if want := floats.Dot(dir, grad); !(math.Abs(got-want) <= 1e-6*math.Abs(want)) {
					t.Errorf("%+v, gaps %v: the slope is %.10g, want %.10g", phase, gaps, got, want)
				}
			}
			copy(tr.w, w)
		}
	}
}

// A linear system is found from noisy states of which the second component is missing
// at the start of every other trajectory, and so are these; without the noise's being
// taken for a start its error is that of a mean over all times.
func TestShootingFindsStarts(t *testing.T) {
	const noise = 0.02
	rng := rand.New(rand.NewPCG(24, 25))
	d := &data.Dataset{}
	var truth [][]float64
	for s := range 20 {
		u := []float64{rng.NormFloat64(), rng.NormFloat64()}
		truth = append(truth, u)
		tr := data.Trajectory{}
		for k := range 21 {
			at := 0.1 * (float64(k) + 0.5*float64(s%2)*float64(min(k, 1)))
			// A decay at 0.5 and a rotation at 2.
			c, sn, e := math.Cos(2*at), math.Sin(2*at), math.Exp(-0.5*at)
			x := []float64{e*(c*u[0]+sn*u[1]) + noise*rng.NormFloat64(), e*(c*u[1]-sn*u[0]) + noise*rng.NormFloat64()}
			if k == 0 && s%2 == 0 {
				x[1] = math.NaN()
			}
			tr.Times, tr.States = append(tr.Times, at), append(tr.States, x)
		}
		d.Trajectories = append(d.Trajectories, tr)
	}
	for _, phase := range []Phase{{}, {Window: 5}} {
		p := shootingTraining(phase)
		p.model = model.DefaultConfig(2)
		p.model.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindNone}
		p.train.LBFGS.Iterations = 300
		p.train.Shooting.Penalty = 10
		tr := p.ofData(t, d)
		if err := tr.Fit(context.Background()); err != nil {
			t.Fatal(err)
		}
		var square float64
		for s, u := range tr.Initial() {
			square += math.Pow(floats.Distance(u, truth[s], 2), 2) / 40
		}
		// A measured state is off by the noise, one of 21 times by about a third of it.
		if rms := math.Sqrt(square); !(rms < 0.6*noise) {
			t.Errorf("%+v: the estimated starts are off by %.3g, the measured ones by %g", phase, rms, noise)
		}
		for i, want := range []float64{-0.5, 2, -2, -0.5} {
			if got := tr.Model.Linear().At(i/2, i%2); !(math.Abs(got-want) <= noise) {
				t.Errorf("%+v: element %d of A is %g, want %g", phase, i, got, want)
			}
		}
	}
}

// A resumed training has its bits, and the starts among them.
func TestShootingResumes(t *testing.T) {
	for _, phase := range []Phase{{}, {Window: 2, Batch: 4}} {
		p, d := shootingTraining(phase), shootingData()
		stops := []int{2, p.train.First.Iterations + 2}
		if phase.Batch > 0 {
			stops = stops[:1]
		}
		p.resumes(t, d, stops...)
	}
}

func TestShootingRefused(t *testing.T) {
	for what, f := range map[string]func(c *Config){
		"penalty is NaN":  func(c *Config) { c.Shooting.Penalty = math.NaN() },
		"sampler is any":  func(c *Config) { c.Sampler = "anywhere" },
		"grid.points 2":   func(c *Config) { c.Grid.Points = 2 },
		"with 2 phases":   func(c *Config) { c.Phases = append(c.Phases, Phase{From: 0.5}) },
		"consistency 1 ":  func(c *Config) { c.Phases[0].Consistency = 1 },
		"saturation 0.5,": func(c *Config) { c.Phases[0].Saturation = 0.5 },
	} {
		p := shootingTraining(Phase{})
		p.train.LBFGS.Iterations = 0
		f(&p.train)
		modeltest.WantError(t, what, p.train.Validate(), model.ErrConfig, what)
	}
}
