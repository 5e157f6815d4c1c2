package report

import (
	"math"
	"testing"
)

func TestFormat(t *testing.T) {
	for _, c := range []struct {
		v    float64
		want string
	}{
		{0, "0"}, {1.23456e-4, "1.2e-04"}, {-3e-7, "-3.0e-07"}, {0.0123456, "0.0123"}, {0.5, "0.5"}, {45.678, "45.7"},
		{1000, "1000"}, {1234.5, "1234"}, {999.7, "1000"}, {99999, "1.0e+05"}, {1.7e6, "1.7e+06"},
		{math.NaN(), "NaN"}, {math.Inf(1), "+Inf"}, {math.Inf(-1), "-Inf"},
	} {
		if got := Format(c.v); got != c.want {
			t.Errorf("%g: got %q, want %q", c.v, got, c.want)
		}
	}
}

func example() *Table {
	t := NewTable("Errors", "model", "rel", "Δt")
	t.Add("etd1", 1.2e-4, 0.2)
	t.Add("a|b", math.Inf(1), nil)
	t.Add("short")
	t.Add("long", 1, 2, "why")
	return t
}

func TestTableText(t *testing.T) {
	want := `Errors

  model      rel   Δt
  ─────  ───────  ───  ───
  etd1   1.2e-04  0.2
  a|b       +Inf    –
  short
  long         1    2  why
`
	if got := example().String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTableMarkdown(t *testing.T) {
	want := `**Errors**

| model |     rel |  Δt |     |
| ----- | ------: | --: | --- |
| etd1  | 1.2e-04 | 0.2 |     |
| a\|b  |    +Inf |   – |     |
| short |         |     |     |
| long  |       1 |   2 | why |
`
	if got := example().Markdown(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
