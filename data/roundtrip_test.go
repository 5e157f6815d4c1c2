package data

import (
	"bytes"
	"io"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// alike compares two sets to the bit. Weights, times of inputs and parameters
// that are left out are alike with what they stand for.
func alike(a, b *Dataset) bool {
	bits := func(x, y float64) bool {
		return math.Float64bits(x) == math.Float64bits(y) || math.IsNaN(x) && math.IsNaN(y)
	}
	rows := func(x, y [][]float64) bool {
		return slices.EqualFunc(x, y, func(x, y []float64) bool { return slices.EqualFunc(x, y, bits) })
	}
	inputTimes := func(tr *Trajectory) []float64 {
		if tr.Input.Times == nil {
			return tr.Times
		}
		return tr.Input.Times
	}
	return slices.Equal(a.Names(), b.Names()) && slices.Equal(a.Inputs, b.Inputs) && slices.Equal(a.Parameters, b.Parameters) &&
		slices.EqualFunc(a.Trajectories, b.Trajectories, func(x, y Trajectory) bool {
			return x.Name == y.Name && x.Weight == y.Weight && x.Input.Held == y.Input.Held &&
				slices.EqualFunc(x.Times, y.Times, bits) && rows(x.States, y.States) && slices.EqualFunc(x.Parameters, y.Parameters, bits) &&
				rows(x.Input.Values, y.Input.Values) && slices.EqualFunc(inputTimes(&x), inputTimes(&y), bits)
		})
}

func roundTrip(t *testing.T, d *Dataset, ext string) *Dataset {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a"+ext)
	if err := d.Write(path); err != nil {
		t.Errorf("%s: %v", ext, err)
		return d
	}
	got, err := Read(path)
	if err != nil {
		t.Errorf("%s: %v", ext, err)
		return d
	}
	return got
}

func TestRoundTripRich(t *testing.T) {
	if got := roundTrip(t, rich(), ".npz"); !alike(got, rich()) {
		t.Errorf("got %+v, want %+v", got, rich())
	}
	d := rich()
	err := d.Write(filepath.Join(t.TempDir(), "a.csv"))
	if err == nil || !strings.Contains(err.Error(), `trajectory "second": there are inputs at t=-1, where there is no state, for which .csv has no place; try .npz`) {
		t.Errorf("inputs at other times: got %v", err)
	}
	d.Trajectories[1].Input = Signal{Times: []float64{0, 3}, Values: [][]float64{{0}, {1}}}
	if got := roundTrip(t, d, ".csv"); !alike(got, d) {
		t.Errorf("got %+v, want %+v", got, d)
	}
	d.Trajectories[1].Input.Held = true
	if err := d.Write(filepath.Join(t.TempDir(), "a.csv")); err == nil || !strings.Contains(err.Error(), "hold in some trajectories only") {
		t.Errorf("inputs that hold in one: got %v", err)
	}
	if got := roundTrip(t, d, ".npz"); !alike(got, d) {
		t.Errorf("got %+v, want %+v", got, d)
	}
}

// TestRoundTripNames writes names that could be taken for something else.
func TestRoundTripNames(t *testing.T) {
	for _, names := range [][]string{
		{"1", "2"}, {"nan", "inf"}, {"1", "x"}, {"NA", ""}, {"t", "sample"}, {"time", "run"}, {"id", "t"},
		{"1e3", "1,5"}, {"a;b", "c\td"}, {`"q"`, "#1"}, {" x", "y "}, {"x y", "z"}, {"0x1p-2", "1d3"},
		{"input:w", "component:x"}, {"weight:", "name:"}, {"parameter:p", "held:"}, {"two\nlines", "cr\r\nlf"}, {"ä", "日本"}, {"%", "-"}, {"Unnamed: 0", "a|b"}, {"T", "t_s"}, {"−1", "sep="},
	} {
		for _, times := range [][]float64{{0, 1}, {1}} {
			d := numbered(times, 1, 2)
			d.Components = names
			d.Inputs, d.Parameters = names[:1:1], names[1:]
			tr := &d.Trajectories[0]
			tr.Input.Values, tr.Parameters = make([][]float64, len(times)), []float64{1}
			for i := range times {
				tr.Input.Values[i] = []float64{1}
			}
			tr.Name = names[0]
			for _, ext := range []string{".csv", ".npz"} {
				if got := roundTrip(t, d, ext); !alike(got, d) {
					t.Errorf("%s: %q: got %+v of components %q, inputs %q", ext, names, got, got.Components, got.Inputs)
				}
			}
		}
	}
}

// TestRoundTripRandom writes random sets of every kind.
func TestRoundTripRandom(t *testing.T) {
	for seed := range uint64(300) {
		d := random(rand.New(rand.NewPCG(seed, 0)))
		if err := d.Validate(); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		for ext, encode := range map[string]func(io.Writer) error{".csv": d.encodeCSV, ".npz": d.encodeNPZ} {
			b.Reset()
			if err := encode(&b); err != nil {
				t.Fatalf("seed %d: %s: %v", seed, ext, err)
			}
			got, err := decode(ext, b.Bytes(), ReadOptions{})
			if err != nil || !alike(got, d) {
				t.Errorf("seed %d: %s: got %+v, %v, want %+v", seed, ext, got, err, d)
			}
		}
	}
}

// random returns a set that either format has a place for.
func random(rnd *rand.Rand) *Dataset {
	number := func() float64 { return rnd.NormFloat64() * math.Pow(10, float64(rnd.IntN(600)-300)) }
	row := func(n int, gaps bool) []float64 {
		u := make([]float64, n)
		for j := range u {
			if u[j] = number(); gaps && rnd.IntN(4) == 0 {
				u[j] = math.NaN()
			}
		}
		return u
	}
	names := func(n int) (s []string) {
		for range n {
			s = append(s, string(rune('a'+rnd.IntN(26)))+string(rune('a'+len(s))))
		}
		return s
	}
	d := &Dataset{Components: names(1 + rnd.IntN(3)), Inputs: names(rnd.IntN(3)), Parameters: names(rnd.IntN(3))}
	shared, gaps, held, weighted, named := rnd.IntN(2) == 0, rnd.IntN(2) == 0, rnd.IntN(2) == 0 && len(d.Inputs) > 0, rnd.IntN(2) == 0, rnd.IntN(2) == 0
	var times []float64
	for s := range 1 + rnd.IntN(4) {
		if s == 0 || !shared {
			times = nil
			t := number()
			for range 1 + rnd.IntN(5) {
				times = append(times, t)
				t += (1e-3 + math.Abs(t)) * (0.1 + rnd.Float64())
			}
		}
		tr := Trajectory{Times: times, Parameters: row(len(d.Parameters), false)}
		for range times {
			tr.States = append(tr.States, row(len(d.Components), gaps))
		}
		tr.Input.Held = held
		if len(d.Inputs) > 0 {
			ownTimes := rnd.IntN(2) == 0
			for i, t := range times {
				if !ownTimes || i == 0 || i == len(times)-1 || rnd.IntN(2) == 0 {
					tr.Input.Values = append(tr.Input.Values, row(len(d.Inputs), false))
					if ownTimes {
						tr.Input.Times = append(tr.Input.Times, t)
					}
				}
			}
		}
		if weighted {
			tr.Weight = float64(rnd.IntN(3))
		}
		if named {
			tr.Name = []string{"", "a", "run 1", "0", "1"}[rnd.IntN(5)]
		}
		d.Trajectories = append(d.Trajectories, tr)
	}
	return d
}
