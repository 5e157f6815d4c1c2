package data

import "testing"

func TestDatasetString(t *testing.T) {
	for _, c := range []struct {
		d    *Dataset
		want string
	}{
		{&Dataset{}, "no times"},
		{Zeros([]float64{0}, 1, []string{"x", "v"}), "1 sample of (x, v), t = 0"},
		{Shared([]float64{0, 0.5}, [][][]float64{{{1}, {2}}, {{3}, {4}}}, nil), "2 samples of (u1), 2 times, t = 0 to 0.5"},
		{Zeros([]float64{0}, 2, madeUp(9)), "2 samples of (u1, u2, u3, u4, …, u9), t = 0"},
		{rich(), "2 samples of (u1, u2, u3), 3 times, t = 0 to 3"},
		{&Dataset{Trajectories: []Trajectory{{Times: []float64{1}, States: [][]float64{{1}}}, {Times: []float64{2, 4}, States: [][]float64{{1}, {2}}}}},
			"2 samples of (u1), 1 to 2 times, t = 1 to 4"},
	} {
		if got := c.d.String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
