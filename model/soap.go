package model

import "github.com/pkg/errors"

// SOAPConfig are the settings that SOAP has beside those of Adam. A 0 stands for
// the default.
type SOAPConfig struct {
	Decay  float64 `json:"decay,omitempty"`   // of the averages of GGᵀ and GᵀG, in (0, 1); default 0.95
	Period int     `json:"period,omitempty"`  // updates from one renewal of the bases to the next, ≥ 1; default 20
	MaxDim int     `json:"max_dim,omitempty"` // a longer side of a matrix keeps the identity for its basis, ≥ 1; default 1024
}

// Validate reports the first setting that is out of its range.
func (c SOAPConfig) Validate() error {
	switch {
	case !(0 <= c.Decay && c.Decay < 1):
		return errors.Errorf("model: SOAPConfig: decay, got %g, want 0 < decay < 1, or 0 for 0.95", c.Decay)
	case c.Period < 0:
		return errors.Errorf("model: SOAPConfig: period, got %d, want at least 1, or 0 for 20", c.Period)
	case c.MaxDim < 0:
		return errors.Errorf("model: SOAPConfig: max_dim, got %d, want at least 1, or 0 for 1024", c.MaxDim)
	}
	return nil
}

// filled returns the settings with the defaults in place.
func (c SOAPConfig) filled() SOAPConfig {
	if c.Decay == 0 {
		c.Decay = 0.95
	}
	if c.Period == 0 {
		c.Period = 20
	}
	if c.MaxDim == 0 {
		c.MaxDim = 1024
	}
	return c
}

// SOAP is Adam in a basis of each weight matrix's own: for a matrix W of w whose
// gradient is G,
//
//	L ← β L + (1−β) GGᵀ        P_L ← Q of P_L L = (lower triangle)·Q
//	R ← β R + (1−β) GᵀG        P_R ← Q of P_R R, likewise
//	W ← W − rate · P_Lᵀ Adam(P_L G P_Rᵀ) P_R,
//
// with β = Decay and Adam's own moments and corrections. The rows of P_L and P_R
// approach the eigenvectors of the averages L and R by an iteration of the power
// method, done once in Period updates from the identity on; so the first Period
// updates are those of Adam. At a renewal Adam's mean turns with the basis and
// its variance stays, as it is no vector. What of w is in no matrix moves by plain
// Adam, and without matrices SOAP is Adam.
//
// The gradient of an update is taken into L and R at the beginning of the next,
// by Absorb. Until then the update can be taken back by putting back w, Mean and
// Variance as they were after Absorb, Step less one, and Pending emptied.
//
// The state is Adam's, Pending and that of the Matrices; it is open to be saved,
// and a SOAP made of copies goes on with the same bits. Workers, a setting, is
// the number of goroutines that divide the matrices among them, 0 standing for
// 1; the result does not depend on it.
//
// See Vyas et al., SOAP: Improving and Stabilizing Shampoo using Adam, ICLR 2025,
// algorithm 3, which starts from the eigenvectors of the first gradient's L and R
// and not from the identity; and, for the averages whose eigenvectors these are,
// Gupta, Koren and Singer, Shampoo, ICML 2018.
type SOAP struct {
	Adam // of a matrix, the moments of P_L G P_Rᵀ, or of its transpose, see SOAPMatrix
	SOAPConfig
	Workers  int
	Matrices []SOAPMatrix // in the order of w
	Pending  []float64    // the last gradient, not yet in L and R; empty: it is

	team *soapTeam
}

// SOAPMatrix is a matrix in w, row-major from element Begin on. Its moments are
// kept as the transpose if it is wider than tall and has a basis on the right:
// products by the larger basis are then fast.
type SOAPMatrix struct {
	Begin, Rows, Cols int
	Left, Right       SOAPSide
}

// SOAPSide is the state of one side of a matrix; nil before the first update,
// and always where the basis is the identity: a side of length 1 or above MaxDim.
type SOAPSide struct {
	Factor []float64 // L or R
	Basis  []float64 // P_L or P_R
}

// Update moves w in place by one step against the gradient g. The first calls
// allocate; later ones do not. It panics if w, g and the moments differ in length
// or the matrices do not lie in w in their order.
func (s *SOAP) Update(rate float64, w, g []float64) {
	s.Absorb()
	s.advance(w, g)
	at := 0
	for i := range s.Matrices {
		m := &s.Matrices[i]
		if m.Begin < at || m.Rows < 1 || m.Cols < 1 || m.end() > len(w) {
			panic(errors.Errorf("model: SOAP.Update: matrix %d, got %d×%d from element %d, want it to lie between elements %d and %d", i, m.Rows, m.Cols, m.Begin, at, len(w)))
		}
		s.start(m)
		s.move(rate, w, g, at, m.Begin)
		at = m.end()
	}
	s.move(rate, w, g, at, len(w))
	if len(s.Matrices) > 0 {
		s.Pending = append(s.Pending[:0], g...)
		s.each(func(t *soapTeam, m *SOAPMatrix, work *soapWork) { work.step(t, m) }, rate, w, g)
	}
}

// Absorb ends the last update: its gradient goes into L and R, and the bases are
// renewed if it is their turn. Update calls it; to call it before is of use only
// to someone who may want to take the update back that is to come. A basis whose
// average has overflowed stays as it is.
func (s *SOAP) Absorb() {
	if len(s.Pending) == 0 {
		return
	}
	s.each(func(t *soapTeam, m *SOAPMatrix, work *soapWork) { work.absorb(t, m) }, 0, nil, s.Pending)
	s.Pending = s.Pending[:0]
}

// start gives a matrix the state of the beginning, if it has none.
func (s *SOAP) start(m *SOAPMatrix) {
	for _, side := range m.sides() {
		if side.Basis == nil && s.turns(side.dim) {
			side.Factor, side.Basis = make([]float64, side.dim*side.dim), make([]float64, side.dim*side.dim)
			for i := range side.dim {
				side.Basis[i*side.dim+i] = 1
			}
		}
	}
}

// turns reports whether a side of that length has a basis.
func (s *SOAP) turns(dim int) bool { return dim > 1 && dim <= s.filled().MaxDim }

func (m *SOAPMatrix) end() int { return m.Begin + m.Rows*m.Cols }

// side is a side with its name and length.
type side struct {
	*SOAPSide
	name string
	dim  int
}

func (m *SOAPMatrix) sides() [2]side {
	return [2]side{{&m.Left, "left", m.Rows}, {&m.Right, "right", m.Cols}}
}
