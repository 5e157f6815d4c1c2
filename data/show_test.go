package data

import "testing"

func TestDatasetString(t *testing.T) {
	for _, c := range []struct {
		d    *Dataset
		want string
	}{
		{&Dataset{}, "no times"},
		{newDataset(1, 1, 2, []string{"x", "v"}), "1 sample of (x, v), t = 0"},
		{&Dataset{Times: []float64{0, 0.5}, States: [][][]float64{{{1}, {2}}, {{3}, {4}}}}, "2 samples of (u1), 2 times, t = 0 to 0.5"},
		{newDataset(1, 2, 9, nil), "2 samples of (u1, u2, u3, u4, …, u9), t = 0"},
	} {
		if got := c.d.String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
