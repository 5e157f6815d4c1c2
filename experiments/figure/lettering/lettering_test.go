package lettering

import (
	"slices"
	"testing"
)

func TestRuns(t *testing.T) {
	for text, want := range map[string][]Run{
		"10⁻³ x₁":          {{"10", 0}, {"−3", 1}, {" x", 0}, {"1", -1}},
		"u_x, u_xx":        {{"u", 0}, {"x", -1}, {", u", 0}, {"xx", -1}},
		"|û_k|²":           {{"|û", 0}, {"k", -1}, {"|", 0}, {"2", 1}},
		"‖e^{tA}‖":         {{"‖e", 0}, {"tA", 1}, {"‖", 0}},
		"A_bump, γ = 3":    {{"A", 0}, {"bump", -1}, {", γ = 3", 0}},
		"x^2":              {{"x", 0}, {"2", 1}},
		"v_{n+1}":          {{"v", 0}, {"n+1", -1}},
		"room_temperature": {{"room_temperature", 0}},
		"T_in_2":           {{"T", 0}, {"in", -1}, {"_2", 0}},
		"_x a_ ^":          {{"_x a_ ^", 0}},
		"a_{b":             {{"a_{b", 0}},
		"":                 nil,
	} {
		if got := Runs(text); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}
