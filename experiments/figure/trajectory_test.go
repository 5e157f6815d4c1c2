package figure

import (
	"slices"
	"testing"

	"github.com/pkg/errors"
)

func TestTrajectories(t *testing.T) {
	times := []float64{0, 1}
	u := [][][]float64{{{0, 0}, {1, 2}}, {{0, 0}, {3, 4}}} // time, sample, component
	s := append(Truths(times, u, 1, "x"), Predictions("model", times, u, 1)...)
	for i, want := range []struct {
		label    string
		mark     Mark
		x, y     []float64
		diverges bool
	}{
		{"x", SolidLine, times, []float64{1, 3}, false},
		{"truth 2", SolidLine, times, []float64{2, 4}, false},
		{"model", Rings, times, []float64{1, 3}, true},
		{"model", Rings, times, []float64{2, 4}, true},
	} {
		if got := s[i]; got.Label != want.label || got.Mark != want.mark || got.MayDiverge != want.diverges || !slices.Equal(got.X, want.x) || !slices.Equal(got.Y, want.y) {
			t.Errorf("series %d: got %+v, want %+v", i, got, want)
		}
	}
	if s[0].Color == s[1].Color || s[2].Color != s[0].Color || s[3].Color != s[1].Color {
		t.Errorf("got the colours %v, %v, %v, %v, want one of each component", s[0].Color, s[1].Color, s[2].Color, s[3].Color)
	}
	// What disagrees in length is told where it is drawn.
	for _, s := range [][]Series{Truths(times[:1], u, 0), Truths(times, nil, 0), Predictions("", times[:1], u, 0), Predictions("", times, nil, 0)} {
		if _, err := New(Layout{}, Panel{Series: s}); !errors.Is(err, ErrShape) && !errors.Is(err, ErrNoData) {
			t.Errorf("got %v, want %v or %v", err, ErrShape, ErrNoData)
		}
	}
}

// Where the colours come again the lines tell components apart.
func TestLinesOfAColour(t *testing.T) {
	n := len(okabeIto)
	for component, dashes := range map[int]int{1: 0, n: 0, n + 1: 2, 2*n + 1: 2} {
		m := marks{Series: Truth(component, "", nil, nil)}
		if got := len(m.line().Dashes); got != dashes || m.dotted() {
			t.Errorf("component %d: got %d dashes and dots %t, want %d and none", component, got, m.dotted(), dashes)
		}
	}
	second, third := marks{Series: Truth(n+1, "", nil, nil)}.line(), marks{Series: Truth(2*n+1, "", nil, nil)}.line()
	if slices.Equal(second.Dashes, third.Dashes) || second.Color != third.Color {
		t.Errorf("got %v and %v, want one colour and other dashes", second, third)
	}
}
