package ks

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/dsp/fourier"

	"spnode/data"
	"spnode/data/internal/stack"
)

// derivative takes those of one field after the other.
type derivative struct {
	p    Equation
	fft  *fourier.FFT
	v, w []complex128
}

func newDerivative(p Equation) *derivative {
	n := p.Points/2 + 1
	return &derivative{p, fourier.NewFFT(p.Points), make([]complex128, n), make([]complex128, n)}
}

func (d *derivative) to(ux, uxx, u []float64) {
	n, last := float64(d.p.Points), d.p.Points/2
	d.fft.Coefficients(d.v, u)
	for k, c := range d.v {
		q := d.p.waveNumber(k)
		d.w[k] = complex(-q*imag(c)/n, q*real(c)/n)
		d.v[k] = mulReal(-q*q/n, c)
	}
	d.w[last] = 0
	d.fft.Sequence(ux, d.w)
	d.fft.Sequence(uxx, d.v)
}

// EnergySpectrum returns E_k, k = 0 … N/2, the mean of |û_k|² over all times and
// samples of d, with
//
//	û_k = 1/N Σ_i u_i exp(−2πi·ki/N),
//
// so that the mean of u² is E_0 + 2 (E_1 + … + E_{N/2−1}) + E_{N/2}. The error is
// [data.ErrShape] if d is empty or its fields have another length.
func (p Equation) EnergySpectrum(d *data.Dataset) ([]float64, error) {
	fields, err := p.fields(d)
	if err != nil {
		return nil, errors.Wrap(err, "ks: Equation.EnergySpectrum")
	}
	fft, v := fourier.NewFFT(p.Points), make([]complex128, p.Points/2+1)
	energy := make([]float64, len(v))
	weight := 1 / (float64(len(fields)) * float64(p.Points) * float64(p.Points))
	for _, u := range fields {
		fft.Coefficients(v, u)
		for k, c := range v {
			energy[k] += weight * (real(c)*real(c) + imag(c)*imag(c))
		}
	}
	return energy, nil
}

// JointHistogram is a joint distribution of two numbers x and y on a grid of equal
// bins.
type JointHistogram struct {
	X, Y [2]float64 // ranges of the grid, the ends included

	// Mass is indexed [i][j] and has the share of all pairs with x in bin i and y
	// in bin j. Its sum is 1 less the share that lies outside the grid.
	Mass [][]float64
}

// DerivativeHistogram returns the joint distribution of x = u_x and y = u_xx
// over all points, times and samples of d, that of figure 7: 60 bins on −4 … 4
// times 60 on −5 … 5. What is not finite counts as outside, so that predictions
// that went wrong can be looked at. The error is [data.ErrShape] if d is empty
// or its fields have another length.
func (p Equation) DerivativeHistogram(d *data.Dataset) (*JointHistogram, error) {
	fields, err := p.fields(d)
	if err != nil {
		return nil, errors.Wrap(err, "ks: Equation.DerivativeHistogram")
	}
	const bins = 60
	h := &JointHistogram{X: [2]float64{-4, 4}, Y: [2]float64{-5, 5}, Mass: stack.New(bins, bins)}
	diff, ux, uxx := newDerivative(p), make([]float64, p.Points), make([]float64, p.Points)
	for _, u := range fields {
		diff.to(ux, uxx, u)
		for i, x := range ux {
			h.add(x, uxx[i])
		}
	}
	total := float64(len(fields)) * float64(p.Points)
	for _, row := range h.Mass {
		for j := range row {
			row[j] /= total
		}
	}
	return h, nil
}

// add counts a pair.
func (h *JointHistogram) add(x, y float64) {
	i, j := bin(x, h.X, len(h.Mass)), bin(y, h.Y, len(h.Mass[0]))
	if i >= 0 && j >= 0 {
		h.Mass[i][j]++
	}
}

// bin returns the bin of x, or −1 outside. The upper end belongs to the last bin.
func bin(x float64, r [2]float64, bins int) int {
	if !(x >= r[0] && x <= r[1]) { // also NaN
		return -1
	}
	return min(int((x-r[0])/(r[1]-r[0])*float64(bins)), bins-1)
}

// TotalVariation returns the distance of two distributions,
//
//	½ Σ_ij |h_ij − o_ij| + ½ |Σ_ij h_ij − Σ_ij o_ij|,
//
// where what lies outside the grid is one more bin: 0 if they are the same, 1 if
// they have nothing in common. The error is [data.ErrShape] if the grids are not
// the same.
func (h *JointHistogram) TotalVariation(o *JointHistogram) (float64, error) {
	if h.X != o.X || h.Y != o.Y || len(h.Mass) != len(o.Mass) {
		return 0, stack.Shapef("ks: JointHistogram.TotalVariation: %d×… bins on %v × %v and %d×… bins on %v × %v",
			len(h.Mass), h.X, h.Y, len(o.Mass), o.X, o.Y)
	}
	sum, more := 0., 0.
	for i, row := range h.Mass {
		if len(row) != len(o.Mass[i]) {
			return 0, stack.Shapef("ks: JointHistogram.TotalVariation: row %d has %d and %d bins", i, len(row), len(o.Mass[i]))
		}
		for j, m := range row {
			sum += math.Abs(m - o.Mass[i][j])
			more += m - o.Mass[i][j]
		}
	}
	return (sum + math.Abs(more)) / 2, nil
}

// fields returns the fields of d, which need not be finite, those at the first
// times before those at the second. The error is [data.ErrShape] if there are
// none or one has another length.
func (p Equation) fields(d *data.Dataset) ([][]float64, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	var fields [][]float64
	for i, more := 0, true; more; i++ {
		more = false
		for s, tr := range d.Trajectories {
			if i >= len(tr.States) {
				continue
			}
			if n := len(tr.States[i]); n != p.Points {
				return nil, stack.Shapef("trajectory %d, time %d has %d points, want %d", s, i, n, p.Points)
			}
			fields, more = append(fields, tr.States[i]), true
		}
	}
	if len(fields) == 0 {
		return nil, stack.Shapef("there are no fields, want at least one")
	}
	return fields, nil
}

// Density returns the histogram as a map: the centres of the bins along x and along
// y, and the density z[j][i] at y_j, x_i.
func (h *JointHistogram) Density() (x, y []float64, z [][]float64) {
	nx, ny := len(h.Mass), len(h.Mass[0])
	dx, dy := (h.X[1]-h.X[0])/float64(nx), (h.Y[1]-h.Y[0])/float64(ny)
	for i := range nx {
		x = append(x, h.X[0]+(float64(i)+0.5)*dx)
	}
	z = stack.New(ny, nx)
	for j := range ny {
		y = append(y, h.Y[0]+(float64(j)+0.5)*dy)
		for i := range nx {
			z[j][i] = h.Mass[i][j] / (dx * dy)
		}
	}
	return x, y, z
}
