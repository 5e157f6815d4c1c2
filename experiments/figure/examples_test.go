package figure_test

import (
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"spnode/experiments/figure"
)

// examples are figures of the kinds that the experiments draw, with made-up
// data, for the tests and for a person.
func examples(t *testing.T) map[string]*figure.Figure {
	t.Helper()
	made := map[string]*figure.Figure{}
	add := func(name string, l figure.Layout, panels ...figure.Panel) {
		f, err := figure.New(l, panels...)
		if err != nil {
			t.Fatalf("%s: %+v", name, err)
		}
		made[name] = f
	}
	add("fig3", figure.Layout{Title: "Transient growth, ε = 0"},
		trajectories("ETD1", func(float64) float64 { return 1 }),
		trajectories("IMEX Euler", func(t float64) float64 { return 1 + 0.02*math.Exp(3*t) }))
	add("loss", figure.Layout{}, losses())
	add("fig5", figure.Layout{Cols: 1}, robertson("without autoencoder", 0.2), robertson("with autoencoder", 0.001))
	add("fig6", figure.Layout{Cols: 1, Height: 120}, field("truth", 1), field("latent 20", 1.2), field("error", 3))
	add("fig7", figure.Layout{}, density("truth"), density("latent 20"), density("latent 7"))
	add("band", figure.Layout{}, errorBand())
	return made
}

// TestLook draws the examples for a person into the folder that SPNODE_LOOK names.
func TestLook(t *testing.T) {
	dir := os.Getenv("SPNODE_LOOK")
	if dir == "" {
		t.Skip("SPNODE_LOOK names no folder to draw into")
	}
	for name, f := range examples(t) {
		if _, err := f.Save(dir, name); err != nil {
			t.Fatal(err)
		}
	}
}

func grid(a, b float64, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = a + (b-a)*float64(i)/float64(n-1)
	}
	return x
}

func apply(x []float64, f func(float64) float64) []float64 {
	y := make([]float64, len(x))
	for i := range x {
		y[i] = f(x[i])
	}
	return y
}

func trajectories(title string, wrong func(float64) float64) figure.Panel {
	fine, coarse := grid(0, 10, 400), grid(0, 10, 51)
	x1 := func(t float64) float64 { return (0.2 + 10*t) * math.Exp(-2*t) }
	x2 := func(t float64) float64 { return 0.7 * math.Exp(-2*t) }
	return figure.Panel{
		Title: title,
		X:     figure.Axis{Label: "t (time units)"}, Y: figure.Axis{Label: "x₁, x₂"},
		Series: []figure.Series{
			figure.Truth(1, "x₁, truth", fine, apply(fine, x1)),
			figure.Truth(2, "x₂, truth", fine, apply(fine, x2)),
			figure.Prediction(1, "model, Δt = 0.2", coarse, apply(coarse, func(t float64) float64 { return x1(t) * wrong(t) })).Diverging(),
			figure.Prediction(2, "model, Δt = 0.2", coarse, apply(coarse, x2)).Diverging(),
		},
	}
}

func losses() figure.Panel {
	r := rand.New(rand.NewPCG(1, 2))
	it := grid(1, 1000, 1000)
	loss := func(floor, rate float64) []float64 {
		return apply(it, func(i float64) float64 {
			return (math.Exp(-i*rate) + floor) * math.Exp(0.4*r.NormFloat64())
		})
	}
	return figure.Panel{
		Title: "Loss while training",
		X:     figure.Axis{Label: "iteration"}, Y: figure.Axis{Label: "loss", Log: true},
		Series: []figure.Series{
			figure.Line(figure.Color(1), "eps0-etd1", it, loss(1e-12, 0.03)),
			figure.Line(figure.Color(2), "eps0-imex", it, loss(1e-3, 0.02)),
			figure.Line(figure.Color(3), "eps1-etd1", it, loss(1e-5, 0.015)),
			figure.Line(figure.Color(4), "eps1-imex", it, loss(3e-5, 0.01)),
			figure.Line(figure.Color(5), "eps1-etdrk4", it, loss(1e-7, 0.02)),
			figure.Dashed(figure.Gray, "floor of the data (10⁻¹²)", []float64{1, 1000}, []float64{1e-12, 1e-12}),
		},
	}
}

func robertson(title string, wrong float64) figure.Panel {
	fine := apply(grid(math.Log(4e-6), math.Log(4e6), 200), math.Exp)
	at := apply(grid(math.Log(4e-6), math.Log(4e6), 50), math.Exp)
	y1 := func(t float64) float64 { return 1 / (1 + math.Pow(t/40, 0.6)) }
	y2 := func(t float64) float64 { return 0.365 * (1 - math.Exp(-t/2e-4)) / (1 + math.Pow(t/100, 0.8)) }
	y3 := func(t float64) float64 { return 1 - y1(t) }
	p := figure.Panel{Title: title, X: figure.Axis{Label: "t (s)", Log: true}, Y: figure.Axis{Label: "concentration"}}
	ys := []func(float64) float64{y1, y2, y3}
	for i, f := range ys {
		p.Series = append(p.Series, figure.Truth(i+1, []string{"y₁", "10⁴ y₂", "y₃"}[i], fine, apply(fine, f)))
	}
	for i, f := range ys {
		p.Series = append(p.Series, figure.Prediction(i+1, "model", at,
			apply(at, func(t float64) float64 { return f(t) + wrong*math.Sin(math.Log(t)) })))
	}
	return p
}

func field(title string, k float64) figure.Panel {
	space, time := grid(0, 22, 64), grid(0, 200, 201)
	z := make([][]float64, len(space))
	for i, x := range space {
		z[i] = apply(time, func(t float64) float64 {
			return 2.5 * math.Sin(2*math.Pi*x/22*2+k*math.Sin(t/9)) * math.Cos(2*math.Pi*x/22+t/15)
		})
	}
	return figure.Panel{Title: title, X: figure.Axis{Label: "t"}, Y: figure.Axis{Label: "x"},
		Heat: &figure.Heat{X: time, Y: space, Z: z, Label: "u", Diverging: true, Min: -3, Max: 3}}
}

func density(title string) figure.Panel {
	ux, uxx := grid(-3, 3, 80), grid(-4, 4, 80)
	z := make([][]float64, len(uxx))
	for i, b := range uxx {
		z[i] = apply(ux, func(a float64) float64 {
			p := math.Exp(-a*a-b*b/2-0.2*a*b) * 0.3
			if p < 1e-4 {
				return 0
			}
			return p
		})
	}
	return figure.Panel{Title: title, X: figure.Axis{Label: "uₓ"}, Y: figure.Axis{Label: "uₓₓ"},
		Heat: &figure.Heat{X: ux, Y: uxx, Z: z, Label: "probability density", Log: true, Min: 1e-4, Max: 1}}
}

func errorBand() figure.Panel {
	t := grid(0, 100, 101)
	err := apply(t, func(t float64) float64 { return 1.4 / (1 + 400*math.Exp(-t/9)) })
	return figure.Panel{
		Title: "Error over time, 200 held-out starts",
		X:     figure.Axis{Label: "t (time units)"}, Y: figure.Axis{Label: "relative error", Log: true},
		Series: []figure.Series{
			figure.Band(figure.Color(1), "10 % to 90 %", t,
				apply(err, func(e float64) float64 { return e / 3 }),
				apply(err, func(e float64) float64 { return math.Min(1.5, 2.5*e) })),
			figure.Line(figure.Color(1), "median, latent 20", t, err),
			figure.Dots(figure.Color(4), "training grid", []float64{10, 20, 30, 40, 50}, []float64{0.02, 0.03, 0.08, 0.2, 0.5}),
		},
	}
}
