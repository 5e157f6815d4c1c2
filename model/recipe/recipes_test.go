package recipe

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/data/inspect"
	"spnode/model"
	"spnode/model/train"
)

// planOf plans by a recipe of a name, from what the data show.
func planOf(t *testing.T, d *data.Dataset, name string, o Options) (*Plan, *inspect.Facts, error) {
	t.Helper()
	f, err := inspect.Look(d)
	if err != nil {
		t.Fatal(err)
	}
	r, err := ByName(name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Plan(d, f, o)
	return p, f, err
}

// What turns has a phase of its period, and a phase is no recipe for what decays.
func TestOscillator(t *testing.T) {
	const period, span = 3., 10.
	d := &data.Dataset{}
	for i := range 12 {
		var tr data.Trajectory
		for k := range 101 {
			at := span * float64(k) / 100
			a := 2*math.Pi*at/period + float64(i)
			tr.Times, tr.States = append(tr.Times, at), append(tr.States, []float64{math.Cos(a), math.Sin(a)})
		}
		d.Trajectories = append(d.Trajectories, tr)
	}
	p, _, err := planOf(t, d, "oscillator", Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, want := p.Model.Linear.Frequency, 2*math.Pi*span/period
	if p.Model.Linear.Rotations != 1 || p.Model.Autoencoder.Harmonics == 0 || math.Abs(got-want) > 1e-2*want { // times of passes, by lines between times
		t.Errorf("got %d rotations of frequency %g and %d harmonics, want one of frequency %g, and some", p.Model.Linear.Rotations, got, p.Model.Autoencoder.Harmonics, want)
	}
	for _, tr := range d.Trajectories {
		for k, u := range tr.States {
			u[0], u[1] = math.Exp(-tr.Times[k]), 2*math.Exp(-tr.Times[k])
		}
	}
	if _, _, err := planOf(t, d, "oscillator", Options{}); !errors.Is(err, ErrNotFor) {
		t.Errorf("of a decay: got the error %v, want ErrNotFor", err)
	}
}

// What is asked for by name is refused for what makes it impossible alone, and two times
// that nearly agree make no system stiff.
func TestAskedFor(t *testing.T) {
	turns := &data.Dataset{}
	for s := range 6 {
		var tr data.Trajectory
		for k := range 101 {
			v := 0.15 * float64(k)
			tr.Times = append(tr.Times, v)
			if k%25 == 3 {
				tr.Times = append(tr.Times, v+1e-9)
			}
		}
		for _, v := range tr.Times {
			size := 1 + 0.2*float64(s)
			tr.States = append(tr.States, []float64{size * math.Cos(v), size * math.Sin(v)})
		}
		turns.Trajectories = append(turns.Trajectories, tr)
	}
	stiff := decays([]float64{1, 1e3})
	for _, c := range []struct {
		d     *data.Dataset
		name  string
		suits bool
	}{
		{turns, "closed-form", true}, {turns, "network", true}, {turns, "relaxation", false}, {turns, "latent-linear", false}, {turns, "oscillator", true},
		{stiff, "network", false}, {stiff, "closed-form", false}, {stiff, "relaxation", true},
	} {
		_, f, err := planOf(t, c.d, c.name, Options{Seconds: 1})
		if err != nil {
			t.Errorf("%s asked for: got %v", c.name, err)
		}
		r, err := ByName(c.name)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Suits(f); errors.Is(err, ErrNotFor) == c.suits {
			t.Errorf("%s: Suits returns %v, want that it suits: %v", c.name, err, c.suits)
		}
	}
}

// decays are 20 trajectories of 60 times whose components decay at some rates.
func decays(rates []float64) *data.Dataset {
	rnd := rand.New(rand.NewPCG(1, 2))
	d := &data.Dataset{}
	for range 20 {
		start := []float64{1 + rnd.Float64(), 1 + rnd.Float64(), 1 + rnd.Float64()}
		var tr data.Trajectory
		for k := range 60 {
			at, u := 1e-4*math.Pow(1e5, float64(k)/59), make([]float64, len(rates))
			for j, r := range rates {
				u[j] = start[j] * math.Exp(-r*at)
			}
			tr.Times, tr.States = append(tr.Times, at), append(tr.States, u)
		}
		d.Trajectories = append(d.Trajectories, tr)
	}
	return d
}

// A training from the beginnings alone has times that its sampler can draw, also of a
// grid of which the number of intervals is prime, and encodes no other states, as that of
// starts anywhere does.
func TestFromBeginnings(t *testing.T) {
	d := decays([]float64{1, 100, 10})
	p, _, err := planOf(t, d, "latent-linear", Options{FromBeginnings: true})
	if err != nil {
		t.Fatal(err)
	}
	anywhere, _, err := planOf(t, d, "latent-linear", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, other := p.Train.Phases[0].Consistency, anywhere.Train.Phases[0].Consistency; got != 0 || other == 0 {
		t.Errorf("consistency is %g from the beginnings and %g from anywhere, want 0 and some", got, other)
	}
	m, err := model.New(p.Model)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := train.New(m, p.Train, d); err != nil {
		t.Error(err)
	}
}

// The identity beside the networks of residual gives back the components, and has
// those that change first in the coordinates that decay first.
func TestResidual(t *testing.T) {
	rates, first := []float64{1, 100, 10}, []int{1, 2, 0}
	p, _, err := planOf(t, decays(rates), "residual", Options{})
	if err != nil {
		t.Fatal(err)
	}
	skip := p.Model.Autoencoder.Skip
	last := -1
	for _, j := range first {
		for i := range skip.Encode {
			if skip.Encode[i][j] == 0 {
				continue
			}
			if i <= last {
				t.Errorf("component %d has coordinate %d, want one behind %d", j, i, last)
			}
			last = i
		}
	}
	for j, row := range skip.Decode {
		for k := range rates {
			var got, want float64
			for i, v := range row {
				got += v * skip.Encode[i][k]
			}
			if j == k {
				want = 1
			}
			if math.Abs(got-want) > 1e-15 { // a reciprocal and a product
				t.Errorf("component %d of what component %d is decoded to is %g, want %g", j, k, got, want)
			}
		}
	}
}
