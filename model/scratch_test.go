package model

import (
	"testing"

	"gonum.org/v1/gonum/floats"
)

func BenchmarkScratch(b *testing.B) {
	for _, dtype := range []string{"float64", "float32"} {
		b.Run(dtype, func(b *testing.B) {
			cfg := Config{Dim: 256, Integrator: "etd1", Substeps: 1, Dtype: dtype,
				Linear:    LinearConfig{Shift: 0.25, Spread: 0.01},
				Nonlinear: NonlinearConfig{Kind: KindLipschitz, Hidden: []int{200}, Lipschitz: 300, Start: Start{BiasSpread: 0.5}},
			}
			e := benchEvaluation(b, cfg, floats.Span(make([]float64, 9), 0, 8), 2000)
			grad := make([]float64, len(e.params.Flat))
			for b.Loop() {
				if _, err := e.evaluate(grad); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1e3/float64(b.N), "ms/iteration")
		})
	}
}
