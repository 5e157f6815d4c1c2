package optim

import (
	"math"

	"github.com/pkg/errors"

	"spnode/data/npz"
)

// SOAPConfig are the settings of SOAP: those of Adam and its own.
type SOAPConfig struct {
	AdamConfig
	Decay  float64 // of the averages of GGᵀ and GᵀG, in (0, 1); default 0.95
	Period float64 // updates from one renewal of the bases to the next, an integer ≥ 1; default 20
	MaxDim float64 // a longer side of a matrix keeps the identity for its basis, an integer ≥ 1; default 1024
}

// DefaultSOAP returns the defaults.
func DefaultSOAP() SOAPConfig {
	return SOAPConfig{AdamConfig: DefaultAdam(), Decay: 0.95, Period: 20, MaxDim: 1024}
}

func (c *SOAPConfig) places() map[string]*float64 {
	m := c.AdamConfig.places()
	m["decay"], m["period"], m["max_dim"] = &c.Decay, &c.Period, &c.MaxDim
	return m
}

// Validate reports the first setting that is out of its range.
func (c SOAPConfig) Validate() error {
	switch {
	case !(0 < c.Decay && c.Decay < 1):
		return errors.Errorf("optim: SOAPConfig: decay: got %g, want 0 < decay < 1", c.Decay)
	case !(c.Period >= 1 && c.Period <= math.MaxInt32) || c.Period != math.Trunc(c.Period):
		return errors.Errorf("optim: SOAPConfig: period: got %g, want an integer of at least 1", c.Period)
	case !(c.MaxDim >= 1 && c.MaxDim <= math.MaxInt32) || c.MaxDim != math.Trunc(c.MaxDim):
		return errors.Errorf("optim: SOAPConfig: max_dim: got %g, want an integer of at least 1", c.MaxDim)
	}
	return c.AdamConfig.Validate()
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
// The gradient of an update is taken into L and R at the beginning of the next, so
// that an update can be taken back by what takes back Adam's, and without copies
// of what is larger than w. The matrices are divided among goroutines; the result
// does not depend on their number.
//
// See Vyas et al., SOAP: Improving and Stabilizing Shampoo using Adam, ICLR 2025,
// algorithm 3, which starts from the eigenvectors of the first gradient's L and R
// and not from the identity; and, for the averages whose eigenvectors these are,
// Gupta, Koren and Singer, Shampoo, ICML 2018.
type SOAP struct {
	Adam     // of a matrix, the moments of P_L G P_Rᵀ, or of its transpose, see soapMatrix
	config   SOAPConfig
	matrices []soapMatrix // in the order of w
	pending  []float64    // the last gradient, not yet in L and R; empty: it is
	workers  int
	team     *soapTeam
}

// soapMatrix is a matrix in w, row-major from element begin on. Its moments are
// kept as the transpose if it is wider than tall and has a basis on the right:
// products by the larger basis are then fast.
type soapMatrix struct {
	name              string
	begin, rows, cols int
	left, right       soapSide
}

// soapSide is the state of one side of a matrix; nil where the basis is the
// identity: a side of length 1 or above MaxDim.
type soapSide struct {
	factor []float64 // L or R
	basis  []float64 // P_L or P_R
}

// NewSOAP returns SOAP at its start. The settings must be valid. Parameters of two
// dimensions are the matrices.
func NewSOAP(c SOAPConfig, parameters []Parameter, workers int) *SOAP {
	s := &SOAP{Adam: *NewAdam(c.AdamConfig, parameters), config: c, workers: workers}
	at := 0
	for _, p := range parameters {
		if len(p.Shape) == 2 {
			m := soapMatrix{name: p.Name, begin: at, rows: p.Shape[0], cols: p.Shape[1]}
			s.start(&m)
			s.matrices = append(s.matrices, m)
		}
		at += p.size()
	}
	return s
}

// Update moves w, see Optimizer. Its first calls allocate; later ones do not.
func (s *SOAP) Update(rate float64, w, g []float64) {
	s.absorb()
	g = s.begin(w, g)
	copy(s.last[0], w)
	at := 0
	for i := range s.matrices {
		m := &s.matrices[i]
		s.move(rate, w, g, at, m.begin)
		at = m.end()
	}
	s.move(rate, w, g, at, len(w))
	if len(s.matrices) > 0 {
		s.pending = append(s.pending[:0], g...)
		s.each(func(t *soapTeam, m *soapMatrix, work *soapWork) { work.step(t, m) }, rate, w, g)
	}
}

// TakeBack undoes the last Update, see Optimizer.
func (s *SOAP) TakeBack(w []float64) {
	s.Adam.TakeBack(w)
	s.pending = s.pending[:0]
}

// State is that of Adam, with the last gradient and the factors and bases of the
// matrices by name.
func (s *SOAP) State() []npz.Array { return s.vectors().Arrays() }

// Restore sets what State returned, see Optimizer.
func (s *SOAP) Restore(state []npz.Array) error {
	err := s.restore(s.vectors(), state)
	if err == nil && len(s.matrices) > 0 && len(s.pending) != len(s.last[0]) {
		err = errInPart
	}
	return err
}

func (s *SOAP) vectors() Vectors {
	vs := s.Adam.vectors()
	if len(s.matrices) > 0 {
		vs = append(vs, Vector{"pending", &s.pending, len(s.now[0]), true})
	}
	for i := range s.matrices {
		m := &s.matrices[i]
		for _, side := range m.sides() {
			if n := side.dim * side.dim; side.basis != nil {
				name := m.name + "/" + side.name + "/"
				vs = append(vs, Vector{name + "factor", &side.factor, n, false}, Vector{name + "basis", &side.basis, n, false})
			}
		}
	}
	return vs
}

// absorb ends the last update: its gradient goes into L and R, and the bases are
// renewed if it is their turn. A basis whose average has overflowed stays as it is.
func (s *SOAP) absorb() {
	if len(s.pending) == 0 {
		return
	}
	s.each(func(t *soapTeam, m *soapMatrix, work *soapWork) { work.absorb(t, m) }, 0, nil, s.pending)
	s.pending = s.pending[:0]
}

// start gives a matrix the state of the beginning.
func (s *SOAP) start(m *soapMatrix) {
	for _, side := range m.sides() {
		if n := side.dim; n > 1 && n <= int(s.config.MaxDim) {
			side.factor, side.basis = make([]float64, n*n), make([]float64, n*n)
			for i := range n {
				side.basis[i*n+i] = 1
			}
		}
	}
}

func (m *soapMatrix) end() int { return m.begin + m.rows*m.cols }

// side is a side with its name and length.
type side struct {
	*soapSide
	name string
	dim  int
}

func (m *soapMatrix) sides() [2]side {
	return [2]side{{&m.left, "left", m.rows}, {&m.right, "right", m.cols}}
}
