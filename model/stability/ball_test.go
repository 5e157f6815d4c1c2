package stability

import (
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// What shrinks comes into the ball, what grows leaves it.
func TestTry(t *testing.T) {
	for _, c := range []struct {
		factor       float64
		left, inside int
	}{{0.1, 0, 100}, {1, 0, -1}, {2, 100, -1}} {
		r := &Report{BoundRadius: 5, Spectrum: make([][2]float64, 3), metric: mat.NewDense(3, 3, []float64{4, 0, 0, 0, 1, 0, 0, 0, 1})}
		b, err := r.Try("etd1", 100, []float64{0, 1, 2, 3, 4}, 1, func(u0 [][]float64, times []float64) (u [][][]float64, err error) {
			u = append(u, u0)
			for range times[1:] {
				var next [][]float64
				for _, x := range u[len(u)-1] {
					y := make([]float64, 3)
					floats.ScaleTo(y, c.factor, x)
					next = append(next, y)
				}
				u = append(u, next)
			}
			return u, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		// Of those that grow by 16 in all, what was within a sixteenth stays inside.
		if c.factor == 2 {
			if b.Left+b.Inside != 100 || b.Inside == 0 {
				t.Errorf("factor 2: got %+v", b)
			}
			continue
		}
		if b.Left != c.left || c.inside >= 0 && b.Inside != c.inside || b.Radius != 5 || b.Rollouts != 100 {
			t.Errorf("factor %g: got %+v", c.factor, b)
		}
	}
}

func TestBallOfIntegrator(t *testing.T) {
	r := &Report{BoundRadius: 2}
	if r.Ball("etd1") != 2 || r.Ball("etdrk4") != 2*ETDRK4Factor {
		t.Errorf("got %g and %g", r.Ball("etd1"), r.Ball("etdrk4"))
	}
}
