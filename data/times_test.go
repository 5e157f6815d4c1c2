package data

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"spnode/data/npz"
)

func TestParseTimes(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	npy, err := npz.EncodeNPY(npz.Array{Shape: []int{3}, Data: []float64{0, 0.5, 4}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		spec string
		want []float64
	}{
		{"0:1:0.25", []float64{0, 0.25, 0.5, 0.75, 1}},
		{"0:1:0.3", []float64{0, 0.3, 2 * 0.3, 3 * 0.3}},
		{"-1:1:1", []float64{-1, 0, 1}},
		{"2:2:1", []float64{2}},
		{" 0 : 1 : 1 ", []float64{0, 1}},
		{"log:1:16:5", []float64{1, 2, 4, 8, 16}},
		{"log:1e-6:3e6:2", []float64{1e-6, 3e6}},
		{write("t.npy", string(npy)), []float64{0, 0.5, 4}},
		{write("t.txt", "0\n0.5\n\n4\n"), []float64{0, 0.5, 4}},
		{write("t.csv", "t\r\n0\r\n0.5\r\n4"), []float64{0, 0.5, 4}},
	} {
		got, err := ParseTimes(c.spec)
		if err != nil {
			t.Error(err)
			continue
		}
		// exp of a logarithm below 3 has an error of a few roundings.
		if !slices.EqualFunc(got, c.want, func(a, b float64) bool { return math.Abs(a-b) <= 1e-14*math.Abs(b) }) {
			t.Errorf("%s: got %v, want %v", c.spec, got, c.want)
		}
	}

	// Grids on which a running sum or a plain quotient misses the stop.
	for spec, n := range map[string]int{"0:10:0.02": 501, "0:0.3:0.1": 4, "0:1000:0.001": 1_000_001, "1e6:1000001:0.1": 11} {
		if got, err := ParseTimes(spec); err != nil || len(got) != n {
			t.Errorf("%s: got %d points and %v, want %d", spec, len(got), err, n)
		}
	}
	// The ends of a logarithmic grid are exact although their logarithms are not.
	got, err := ParseTimes("log:3e-7:7e11:49")
	if err != nil || got[0] != 3e-7 || got[48] != 7e11 {
		t.Errorf("log: got ends %v, %v, error %v", got[0], got[len(got)-1], err)
	}
}

func TestParseTimesErrors(t *testing.T) {
	fall := filepath.Join(t.TempDir(), "fall.txt")
	if err := os.WriteFile(fall, []byte("0\n2\n1.5\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ spec, text string }{
		{"", "neither"},
		{"no/such/file", "neither"},
		{"0:1", "there are 2 numbers, want start:stop:step"},
		{"0:1:2:3", "there are 4 numbers"},
		{"0:x:1", `"x" is no finite number`},
		{"0:NaN:1", `"NaN" is no finite number`},
		{"0:Inf:1", `"Inf" is no finite number`},
		{"0:1:0", "step is 0"},
		{"0:1:-1", "step is -1"},
		{"1:0:0.1", "stop is 0"},
		{"0:1e300:1e-300", "at most"},
		{"0:1e9:1e-9", "at most"},
		{"1e17:1.00000000000001e17:1", "time 1 is 1e+17 after 1e+17"},
		{"log:0:1:5", "start of a logarithmic grid is 0"},
		{"log:-1:1:5", "start of a logarithmic grid is -1"},
		{"log:1:1:5", "stop is 1"},
		{"log:1:2:1", "number of points is 1"},
		{"log:1:2:2.5", "number of points is 2.5"},
		{"log:1:2:1e12", "number of points is 1e+12"},
		{"log:1:2", "there are 2 numbers, want log:start:stop:n"},
		{fall, "time 2 is 1.5 after 2"},
	} {
		if _, err := ParseTimes(c.spec); err == nil || !strings.Contains(err.Error(), c.text) || !strings.HasPrefix(err.Error(), "data: ParseTimes: ") {
			t.Errorf("%q: got %v, want an error that says %q", c.spec, err, c.text)
		}
	}
}
