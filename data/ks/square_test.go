package ks

import (
	"math/cmplx"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/dsp/fourier"
)

// gonumSquare is what spectralSquare does, by gonum's transforms.
func gonumSquare(fft *fourier.FFT, dst, v []complex128, u []float64) {
	fft.Sequence(u, v)
	for i, x := range u {
		u[i] = x * x
	}
	fft.Coefficients(dst, u)
}

func randomSpectrum(points int, rng *rand.Rand) []complex128 {
	v := make([]complex128, points/2+1)
	for k := range v {
		v[k] = complex(rng.NormFloat64(), rng.NormFloat64())
	}
	return v
}

// TestSpectralSquare compares with gonum's transforms, at sizes with and without
// a pass of radix 2, also where the two ends have imaginary parts, which a real
// field does not have.
func TestSpectralSquare(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 0))
	for _, points := range []int{4, 8, 16, 32, 64, 128, 1024} {
		v := randomSpectrum(points, rng)
		want := make([]complex128, len(v))
		gonumSquare(fourier.NewFFT(points), want, v, make([]float64, points))
		got := make([]complex128, len(v))
		s := newSpectralSquare(points)
		s.to(got, v)
		largest, worst := 0., 0.
		for k, w := range want {
			largest, worst = max(largest, cmplx.Abs(w)), max(worst, cmplx.Abs(got[k]-w))
		}
		// The roundings of log N passes, in root mean square sense, seen as 2e-16 to 8e-16.
		if !(worst <= 3e-15*largest) {
			t.Errorf("%d points: got a difference of %.2g of the largest, want 3e-15", points, worst/largest)
		}
		s.to(v, v)
		for k := range v {
			if v[k] != got[k] {
				t.Fatalf("%d points, in place: got %v at %d, want %v", points, v[k], k, got[k])
			}
		}
	}
}

func BenchmarkSpectralSquare(b *testing.B) {
	v := randomSpectrum(64, rand.New(rand.NewPCG(1, 0)))
	dst := make([]complex128, len(v))
	b.Run("radix4/points=64", func(b *testing.B) {
		s := newSpectralSquare(64)
		b.ReportAllocs()
		for b.Loop() {
			s.to(dst, v)
		}
	})
	b.Run("gonum/points=64", func(b *testing.B) {
		fft, u := fourier.NewFFT(64), make([]float64, 64)
		b.ReportAllocs()
		for b.Loop() {
			gonumSquare(fft, dst, v, u)
		}
	})
}
