// Package closedform fits a model to data by least squares, with no gradient: the
// linear part, a g that is linear in its parameters, and a polynomial decoder beside
// a fixed encoder. What it makes can be trained on, or stand as it is.
package closedform

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/leastsq"
	"spnode/ops/kernel/poly"
)

// Config shapes a fit.
type Config struct {
	leastsq.Config
	// Linear is how A is found: along with g; from a fit without g, first; or kept as
	// the model has it.
	Linear string `json:"linear"`
	// AutoShift finds the model's Linear.Shift: the least μ that A needs; or, of a model
	// within a ball, whose shift is negative, twice A's growth as the rate at which it
	// contracts. A higher one proves a smaller ball, and asks for shorter steps.
	AutoShift bool `json:"auto_shift"`
	// Ball sets Nonlinear.Radius, of a model that has one, to so many times the norm of
	// the largest latent state of the data. 0 leaves it.
	Ball float64 `json:"ball,omitempty"`
}

// The ways of Config.Linear.
const (
	Along = "along"
	First = "first"
	Keep  = "keep"
)

// DefaultConfig returns leastsq.DefaultConfig with A fitted along and its shift found.
func DefaultConfig() Config {
	return Config{Config: leastsq.DefaultConfig(), Linear: Along, AutoShift: true, Ball: 1.1}
}

// Validate returns an error for the first setting that cannot be used.
func (c Config) Validate() error {
	if c.Linear != Along && c.Linear != First && c.Linear != Keep {
		return errors.Errorf("closedform: Config: linear is %q, want %s, %s or %s", c.Linear, Along, First, Keep)
	}
	if !(c.Ball >= 0) || c.Ball > 0 && c.Ball < 1 || math.IsInf(c.Ball, 0) {
		return errors.Errorf("closedform: Config: ball is %g, want at least 1, so that it holds the data, or 0", c.Ball)
	}
	return c.Config.Validate()
}

// Report is what a fit says of itself.
type Report struct {
	Dynamics leastsq.Report  `json:"dynamics"`
	Decoder  *leastsq.Report `json:"decoder,omitempty"`
	Shift    float64         `json:"shift"`            // the μ in force
	Radius   float64         `json:"radius,omitempty"` // of the ball in force
	Largest  float64         `json:"largest"`          // norm of a latent state of the data
	RankLoss float64         `json:"rank_loss,omitempty"`
}

// Fit fits the parameters of m to trajectories of physical states. The encoder stays as
// it is; of the decoder a polynomial is fitted. The configuration of the model changes
// in what the settings say; a TimeUnit of 0 becomes 1, for no fit depends on it.
//
// The error of a shift that A does not fit is a *ShiftError, which has the one
// that would do. A g that is not linear in its parameters is an error.
func Fit(m *model.Model, c Config, d []leastsq.Trajectory) (*Report, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := m.SetTimeUnit(1); err != nil {
		return nil, err
	}
	cfg := m.Config()
	n := cfg.LatentDim()
	bounded := cfg.Nonlinear.Radius > 0
	p, err := form(cfg, c.Linear == Along)
	if err != nil {
		return nil, err
	}
	latent, err := encode(m, d)
	if err != nil {
		return nil, err
	}
	r := new(Report)
	for _, t := range latent {
		for _, u := range t.States {
			if norm := floats.Norm(u, 2); norm > r.Largest {
				r.Largest = norm
			}
		}
	}

	a, err := linear(m, c, latent)
	if err != nil {
		return nil, err
	}
	fit, err := leastsq.Fit(p, a, latent, c.Config)
	if err != nil {
		return nil, err
	}
	r.Dynamics = fit.Report

	a = fit.A
	var growth []float64 // of A, which g has in a bounded model
	if bounded {
		if c.Ball > 0 {
			cfg.Nonlinear.Radius = c.Ball * r.Largest
		}
		r.Radius = cfg.Nonlinear.Radius
		if c.AutoShift {
			top, err := Shift(a, n)
			if err != nil {
				return nil, err
			}
			cfg.Linear.Shift = -2 * math.Abs(top)
		}
		if cfg.Linear.Shift < 0 {
			// A little more than the shift, so that L^G is not on its edge.
			if a, growth, err = contract(a, n, -1.25*cfg.Linear.Shift); err != nil {
				return nil, err
			}
		}
	}
	h, err := Factor(a, n, cfg.Linear.Shift)
	var shift *ShiftError
	if errors.As(err, &shift) && c.AutoShift {
		cfg.Linear.Shift = shift.Needed
		h, err = Factor(a, n, cfg.Linear.Shift)
	}
	if err != nil {
		return nil, err
	}
	r.Shift = cfg.Linear.Shift
	if err := m.Configure(cfg); err != nil {
		return nil, err
	}
	set := func(name string, x []float64) {
		if q, ok := m.Params().Get(name); ok {
			copy(q.Data, x)
		}
	}
	set("linear/LS", h.LS)
	set("linear/LG", h.LG)
	set("linear/Ls", h.Skew)
	set("linear/d", make([]float64, n)) // L^S = I in the other spelling
	set("linear/N", make([]float64, n*n))

	switch cfg.Nonlinear.Kind {
	case dynamics.KindPolynomial:
		q, err := cfg.Nonlinear.Polynomial(n)
		if err != nil {
			return nil, err
		}
		x := fit.C
		if bounded {
			x = q.JoinLinear(growth, fit.C)
		}
		set("g/C", x)
	case dynamics.KindBilinear:
		C, D, b, lost, err := Bilinear(poly.New(n, n, 2, false), fit.C, cfg.Nonlinear.Rank)
		if err != nil {
			return nil, err
		}
		set("g/C", C)
		set("g/D", D)
		set("g/b", b)
		set("g/E", growth)
		r.RankLoss = lost
	}
	if cfg.Autoencoder.Polynomial != nil {
		if r.Decoder, err = decoder(m, c, d, latent); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// form is the polynomial that g is, for the fit.
func form(cfg model.Config, linear bool) (*poly.Polynomial, error) {
	if k := len(cfg.Inputs.Names) + len(cfg.Parameters.Names); k > 0 {
		return nil, errors.Wrapf(model.ErrConfig, "closedform: Fit: the model has %d inputs and parameters, want none; try a training", k)
	}
	n := cfg.LatentDim()
	switch g := cfg.Nonlinear; g.Kind {
	case dynamics.KindPolynomial:
		if g.Periodic {
			return poly.NewPeriodic(n/2, 1, n/2, g.Degree, linear), nil
		}
		return poly.New(n, n, g.Degree, linear), nil
	case dynamics.KindBilinear:
		return poly.New(n, n, 2, linear), nil
	case dynamics.KindNone:
		if linear {
			return poly.NewLinear(n, n), nil
		}
	}
	return nil, errors.Wrapf(model.ErrConfig, "closedform: Fit: g of kind %q is not linear in its parameters, or has none; try %s or %s", cfg.Nonlinear.Kind, dynamics.KindPolynomial, dynamics.KindBilinear)
}

// encode returns the latent trajectories, in the model's unit of time and in float64 whatever the model is in:
// differences of a high order multiply roundings.
func encode(m *model.Model, d []leastsq.Trajectory) ([]leastsq.Trajectory, error) {
	n := m.Config().LatentDim()
	var states [][]float64
	for _, t := range d {
		states = append(states, t.States...)
	}
	exact, cfg := *m, m.Config()
	cfg.Dtype = "float64"
	if err := exact.Configure(cfg); err != nil {
		return nil, err
	}
	flat, err := exact.PredictLatent(states, []float64{0})
	if err != nil {
		return nil, errors.Wrap(err, "closedform: encoder")
	}
	all := flat[0]
	latent := make([]leastsq.Trajectory, len(d))
	for i, t := range d {
		for _, v := range t.Times {
			latent[i].Times = append(latent[i].Times, v/cfg.TimeUnit)
		}
		for range t.States {
			latent[i].States = append(latent[i].States, all[:n:n])
			all = all[n:]
		}
	}
	return latent, nil
}

// linear is the A that is given to the fit, nil if it is to be fitted along.
func linear(m *model.Model, c Config, latent []leastsq.Trajectory) ([]float64, error) {
	switch c.Linear {
	case Keep:
		a := m.Linear() // in the data's unit
		a.Scale(m.Config().TimeUnit, a)
		return a.RawMatrix().Data, nil
	case First:
		l := c.Config
		l.Form, l.Corrections = leastsq.Differences, 0
		if l.Order == 0 {
			l.Order = 2
		}
		n := m.Config().LatentDim()
		fit, err := leastsq.Fit(poly.NewLinear(n, n), nil, latent, l)
		if err != nil {
			return nil, errors.Wrap(err, "closedform: the linear part")
		}
		return fit.A, nil
	}
	return nil, nil
}

// decoder fits the polynomial of the decoder to what its linear part leaves.
func decoder(m *model.Model, c Config, d, latent []leastsq.Trajectory) (*leastsq.Report, error) {
	cfg := m.Config()
	width := cfg.Width()
	lift, decode := cfg.Autoencoder.Polynomial.Lift, cfg.Autoencoder.Skip.Decode
	p := cfg.Autoencoder.Polynomial.Of(cfg.LatentDim(), width)
	var x, y [][]float64
	for i, t := range d {
		for k, u := range latent[i].States {
			rest := m.Scaled(t.States[k])[:width]
			for j, row := range decode {
				rest[j] -= floats.Dot(row, u)
			}
			if len(lift) > 0 {
				along := make([]float64, p.Out())
				for j, row := range lift {
					floats.AddScaled(along, rest[j], row)
				}
				rest = along
			}
			x, y = append(x, u), append(y, rest)
		}
	}
	coefficients, report, err := leastsq.Map(p, x, y, c.Config)
	if err != nil {
		return nil, errors.Wrap(err, "closedform: decoder")
	}
	q, _ := m.Params().Get("decoder/C")
	copy(q.Data, coefficients)
	return report, nil
}
