package sample

import (
	"fmt"
	"slices"
	"testing"
)

func TestGridDraws(t *testing.T) {
	c := Grid{Points: 50, Random: 0.5}
	stride, err := c.stride(981)
	if err != nil || stride != 20 {
		t.Fatalf("stride %d, error %v, want 20", stride, err)
	}
	var jittered, random int
	for k := range 400 {
		g := c.draw(7, 0, k, 981, stride)
		if len(g) != 50 || g[0] != 0 || g[49] > 980 {
			t.Fatalf("draw %d: %v, want 50 indices from 0 to 980", k, g)
		}
		regular := true
		for i := 1; i < 50; i++ {
			if g[i] <= g[i-1] {
				t.Fatalf("draw %d: %v does not increase", k, g)
			}
			if d := g[i] - 20*i; d < -9 || d > 9 {
				regular = false
			}
		}
		if regular {
			jittered++
		} else {
			random++
		}
		if !slices.Equal(g, c.draw(7, 0, k, 981, stride)) || slices.Equal(g, c.draw(8, 0, k, 981, stride)) {
			t.Errorf("draw %d does not depend on the seed and the iteration alone", k)
		}
	}
	if jittered < 150 || random < 150 { // 200 ± 10 each
		t.Errorf("%d draws are jittered and %d random, want half of each", jittered, random)
	}
	if _, err := (Grid{Points: 50}).stride(100); err == nil {
		t.Error("50 points from 100 times: got no error")
	}
	for _, bad := range []Grid{{Points: 1}, {Points: -1}, {Points: 5, Random: 1.5}} {
		if bad.Validate() == nil {
			t.Errorf("%+v: got no error", bad)
		}
	}
	if g := fmt.Sprint((Grid{}).draw(1, 0, 1, 4, 1)); g != "[0 1 2 3]" {
		t.Errorf("without a grid: %s, want all", g)
	}
}
