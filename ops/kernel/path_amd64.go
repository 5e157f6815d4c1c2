package kernel

import "golang.org/x/sys/cpu"

//go:generate go -C avo run . -out ../simd_amd64.s -stubs ../simd_amd64.go -pkg kernel

// processorPaths returns the paths that this processor has.
//
// AVX-512 is taken by itself where there is its extension VBMI2, first in Intel's
// Ice Lake and in AMD's Zen 4. What has AVX-512 without it, up to Intel's Cascade
// Lake, lowers its clock for wide vectors, also of the code beside them.
func processorPaths() []path {
	if !cpu.X86.HasAVX2 || !cpu.X86.HasFMA {
		return nil
	}
	avx2 := path{
		name:    "avx2",
		convert: &conversions{narrowAVX2, widenAVX2, addWideAVX2},
		float64: &simd[float64]{4, nil, gemmAVX2Float64, 4, transposeAVX2Float64, dotsAVX2Float64, tanhAVX2Float64, axpyAVX2Float64, residualAVX2Float64, distanceAVX2Float64, tanhGradAVX2Float64, columnSumsAVX2Float64, adamAVX2Float64},
		float32: &simd[float32]{8, nil, gemmAVX2Float32, 8, transposeAVX2Float32, dotsAVX2Float32, tanhAVX2Float32, axpyAVX2Float32, residualAVX2Float32, distanceAVX2Float32, tanhGradAVX2Float32, columnSumsAVX2Float32, adamAVX2Float32},
	}
	if !cpu.X86.HasAVX512F || !cpu.X86.HasAVX512VL {
		return []path{avx2}
	}
	return []path{avx2, {
		name:    "avx512",
		convert: avx2.convert,
		byName:  !cpu.X86.HasAVX512VBMI2,
		float64: &simd[float64]{8, avx2.float64, gemmAVX512Float64, 4, transposeAVX2Float64, dotsAVX512Float64, tanhAVX512Float64, axpyAVX512Float64, residualAVX512Float64, distanceAVX2Float64, tanhGradAVX512Float64, columnSumsAVX512Float64, adamAVX512Float64},
		float32: &simd[float32]{16, avx2.float32, gemmAVX512Float32, 8, transposeAVX2Float32, dotsAVX512Float32, tanhAVX512Float32, axpyAVX512Float32, residualAVX512Float32, distanceAVX2Float32, tanhGradAVX512Float32, columnSumsAVX512Float32, adamAVX512Float32},
	}}
}
