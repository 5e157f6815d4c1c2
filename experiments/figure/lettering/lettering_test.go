package lettering

import "testing"

func TestRaisedAndLoweredDigits(t *testing.T) {
	got := runs("10⁻³ x₁")
	want := []run{{"10", 1, 0}, {"−3", 0.72, 0.36}, {" x", 1, 0}, {"1", 0.72, -0.14}}
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("run %d: got %v, want %v", i, got[i], want[i])
		}
	}
}
