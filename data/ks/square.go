package ks

import (
	"math"
	"math/cmplx"
)

// spectralSquare takes the square of a real field in Fourier space,
//
//	v → F(u²),  u = F⁻¹(v),
//
// with both transforms unnormalized as in gonum's fourier.FFT, which it agrees
// with but for roundings: the field u is N times that of the coefficients v. The
// N points, a power of two from 4 on, are taken as M = N/2 complex ones,
// z_j = u_{2j} + i u_{2j+1}.
//
// The two transforms are nearly all the work of a step, and take an eighth of the
// time of gonum's here: the passes are of radix 4, and as a square does not ask for
// an order of points, the inverse transform leaves them in digit-reversed order and
// the forward one takes them so.
type spectralSquare struct {
	z       []complex128
	half    []complex128   // exp(2πik/N), k = 0 … M/2: from N real points to M complex ones
	twiddle [][]complex128 // for each radix 4 pass over blocks of n: w^j, w^2j, w^3j, w = exp(2πi/n), j = 1 … n/4−1
}

func newSpectralSquare(points int) *spectralSquare {
	m := points / 2
	s := &spectralSquare{z: make([]complex128, m)}
	root := func(k, n int) complex128 {
		sin, cos := math.Sincos(2 * math.Pi * float64(k) / float64(n))
		return complex(cos, sin)
	}
	for k := range m/2 + 1 {
		s.half = append(s.half, root(k, points))
	}
	for n := m; n >= 4; n /= 4 {
		var w []complex128
		for j := 1; j < n/4; j++ {
			w = append(w, root(j, n), root(2*j, n), root(3*j, n))
		}
		s.twiddle = append(s.twiddle, w)
	}
	return s
}

// to writes the N/2+1 coefficients of the square into dst. The imaginary parts of
// the first and the last of v are not looked at; dst may be v.
func (s *spectralSquare) to(dst, v []complex128) {
	s.load(v)
	n := len(s.z)
	for _, w := range s.twiddle {
		inverse4(s.z, w, n)
		n /= 4
	}
	if n == 2 {
		radix2(s.z)
	}
	for i, c := range s.z {
		s.z[i] = complex(real(c)*real(c), imag(c)*imag(c))
	}
	if n == 2 {
		radix2(s.z)
	}
	for i := len(s.twiddle) - 1; i >= 0; i-- {
		n *= 4
		forward4(s.z, s.twiddle[i], n)
	}
	s.store(dst)
}

// load sets z to the spectrum of u_{2j} + i u_{2j+1}. With a = v_k and b the
// conjugate of v_{M−k}, that of u_{2j} is a + b, and that of u_{2j+1} is
// (a − b) exp(2πik/N).
func (s *spectralSquare) load(v []complex128) {
	m := len(s.z)
	first, last := real(v[0]), real(v[m])
	s.z[0] = complex(first+last, first-last)
	for k := 1; k < m/2; k++ {
		a, b := v[k], cmplx.Conj(v[m-k])
		even, odd := a+b, (a-b)*s.half[k]
		s.z[k] = complex(real(even)-imag(odd), imag(even)+real(odd))
		s.z[m-k] = complex(real(even)+imag(odd), real(odd)-imag(even))
	}
	s.z[m/2] = 2 * cmplx.Conj(v[m/2])
}

// store is the way back from the spectrum of z to that of a real field.
func (s *spectralSquare) store(dst []complex128) {
	m := len(s.z)
	even, odd := real(s.z[0]), imag(s.z[0])
	dst[0], dst[m] = complex(even+odd, 0), complex(even-odd, 0)
	for k := 1; k < m/2; k++ {
		a, b := s.z[k], cmplx.Conj(s.z[m-k])
		even := mulReal(0.5, a+b)
		odd := complex(imag(a-b)/2, -real(a-b)/2) * cmplx.Conj(s.half[k])
		dst[k], dst[m-k] = even+odd, cmplx.Conj(even-odd)
	}
	dst[m/2] = cmplx.Conj(s.z[m/2])
}

// inverse4 is a pass of decimation in frequency over blocks of n.
func inverse4(z, twiddle []complex128, n int) {
	q := n / 4
	for ; len(z) >= n; z = z[n:] {
		za, zb, zc, zd := z[:q], z[q:2*q], z[2*q:3*q], z[3*q:n]
		w := twiddle
		for j, a := range za {
			b, c, d := zb[j], zc[j], zd[j]
			s0, d0, s1, d1 := a+c, a-c, b+d, complex(imag(d-b), real(b-d)) // the last: i(b−d)
			if j == 0 {
				za[j], zb[j], zc[j], zd[j] = s0+s1, d0+d1, s0-s1, d0-d1
				continue
			}
			za[j], zb[j], zc[j], zd[j] = s0+s1, (d0+d1)*w[0], (s0-s1)*w[1], (d0-d1)*w[2]
			w = w[3:]
		}
	}
}

// forward4 is the pass of decimation in time that undoes inverse4 but for a
// factor of 4.
func forward4(z, twiddle []complex128, n int) {
	q := n / 4
	for ; len(z) >= n; z = z[n:] {
		za, zb, zc, zd := z[:q], z[q:2*q], z[2*q:3*q], z[3*q:n]
		w := twiddle
		for j, a := range za {
			b, c, d := zb[j], zc[j], zd[j]
			if j > 0 {
				b, c, d = b*cmplx.Conj(w[0]), c*cmplx.Conj(w[1]), d*cmplx.Conj(w[2])
				w = w[3:]
			}
			s0, d0, s1, d1 := a+c, a-c, b+d, complex(imag(b-d), real(d-b)) // the last: −i(b−d)
			za[j], zb[j], zc[j], zd[j] = s0+s1, d0+d1, s0-s1, d0-d1
		}
	}
}

// radix2 is the pass over blocks of 2, the same in both directions.
func radix2(z []complex128) {
	for i := 0; i+1 < len(z); i += 2 {
		z[i], z[i+1] = z[i]+z[i+1], z[i]-z[i+1]
	}
}
