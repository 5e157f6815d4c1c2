package data

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
)

// States made of orthonormal directions with coordinates of known sizes.
func TestPOD(t *testing.T) {
	directions := [][]float64{{0.6, 0, -0.8, 0}, {0, 1, 0, 0}, {0.8, 0, 0.6, 0}}
	sizes := []float64{1e-2, 5, 1} // not in their order
	rng := rand.New(rand.NewPCG(1, 2))
	d := newDataset(30, 7, 4, nil)
	var squares [3]float64
	for k := range d.Times {
		d.Times[k] = float64(k)
		for s := range 7 {
			for i, v := range directions {
				// Signs in a pattern that makes the coordinates orthogonal.
				a := sizes[i] * (1 + 0.1*rng.Float64())
				if i > 0 && (7*k+s)>>(i-1)&1 == 1 {
					a = -a
				}
				squares[i] += a * a / 210
				floats.AddScaled(d.States[k][s], a, v)
			}
		}
	}
	v, rms, err := POD(d, 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(v) != 3 || len(rms) != 3 {
		t.Fatalf("got %d modes and %d sizes, want 3", len(v), len(rms))
	}
	// The coordinates are orthogonal to about 1 %, times their sizes' ratio.
	for i, of := range []int{1, 2, 0} {
		want := directions[of]
		if i == 2 {
			want = []float64{-0.6, 0, 0.8, 0} // largest element positive
		}
		if e := floats.Distance(v[i], want, 2); !(e <= 0.02) {
			t.Errorf("mode %d is %v, want about %v", i, v[i], want)
		}
		if size := math.Sqrt(squares[of]); !(math.Abs(rms[i]-size) <= 0.1*size) {
			t.Errorf("size of mode %d is %g, want about %g", i, rms[i], size)
		}
		// What it is exactly: the mean square of the projections.
		var sum float64
		for _, u := range d.States {
			for _, row := range u {
				c := floats.Dot(row, v[i])
				sum += c * c / 210
			}
		}
		if !(math.Abs(rms[i]*rms[i]-sum) <= 1e-14*25) { // roundings of the largest moment
			t.Errorf("mean square of mode %d is %g, want %g", i, rms[i]*rms[i], sum)
		}
		for j := range i + 1 {
			want := 0.
			if i == j {
				want = 1
			}
			if got := floats.Dot(v[i], v[j]); math.Abs(got-want) > 1e-14 {
				t.Errorf("modes %d and %d have the inner product %g", i, j, got)
			}
		}
	}

	all, rest, err := POD(d, 4)
	if err != nil || rest[3] > 1e-7 { // root of a rounding of 25
		t.Errorf("a direction that the states do not have has size %g, error %v", rest, err)
	}
	if floats.Distance(all[0], v[0], 2) != 0 {
		t.Error("the modes depend on their number")
	}
}

func TestPODRefuses(t *testing.T) {
	d := newDataset(2, 1, 3, nil)
	d.Times[1] = 1
	for _, n := range []int{0, 4} {
		if _, _, err := POD(d, n); err == nil || !strings.Contains(err.Error(), "want 1 … 3") {
			t.Errorf("%d modes of 3 components: got error %v", n, err)
		}
	}
	d.States[1][0][2] = math.NaN()
	if _, _, err := POD(d, 1); err == nil || !strings.Contains(err.Error(), "component 2: got NaN") {
		t.Errorf("NaN: got error %v", err)
	}
}
