package data

import (
	"math"
	"reflect"
	"testing"
)

func TestPart(t *testing.T) {
	d := Shared([]float64{1, 2, 4, 8}, [][][]float64{{{1}, {10}}, {{2}, {20}}, {{3}, {30}}, {{4}, {40}}}, nil)
	d.Inputs = []string{"w"}
	d.Trajectories[0].Input = Signal{Values: [][]float64{{0}, {1}, {2}, {3}}}
	d.Trajectories[1].Input = Signal{Times: []float64{0, 9}, Values: [][]float64{{0}, {1}}}
	p := d.Part(1, 2)
	if times, ok := p.Grid(); !ok || !reflect.DeepEqual(times, []float64{0, 2}) || !reflect.DeepEqual(p.States(), [][][]float64{{{2}, {20}}, {{3}, {30}}}) {
		t.Errorf("got %v", p.Trajectories)
	}
	if w := p.Trajectories[0].Input; w.Times != nil || !reflect.DeepEqual(w.Values, [][]float64{{1}, {2}}) {
		t.Errorf("got the input %v", w)
	}
	if w := p.Trajectories[1].Input; !reflect.DeepEqual(w.Times, []float64{-2, 7}) || d.Trajectories[1].Input.Times[0] != 0 {
		t.Errorf("got the input %v", w)
	}
}

func TestWithNoise(t *testing.T) {
	d := Zeros([]float64{0, 1}, 500, []string{"x", "y"})
	for _, tr := range d.Trajectories {
		for _, u := range tr.States {
			u[0], u[1] = 3, 4
		}
	}
	if d.WithNoise(0, 1) != d {
		t.Error("no noise is not the data themselves")
	}
	n := d.WithNoise(0.1, 1)
	var sum float64
	for _, tr := range n.Trajectories {
		for _, u := range tr.States {
			sum += (u[0] - 3) * (u[0] - 3)
		}
	}
	// A tenth of 3, ± 2 % over a thousand numbers.
	if got, want := math.Sqrt(sum/1000), 0.3; math.Abs(got-want) > 0.07*want {
		t.Errorf("the noise is %g, want %g", got, want)
	}
	if reflect.DeepEqual(n, d.WithNoise(0.1, 2)) || !reflect.DeepEqual(n, d.WithNoise(0.1, 1)) || d.Trajectories[0].States[0][0] != 3 {
		t.Error("the noise is not its seed's, or the data were changed")
	}
}
