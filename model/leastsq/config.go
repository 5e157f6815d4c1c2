package leastsq

import (
	"math"

	"github.com/pkg/errors"
)

// The forms of Config.
const (
	Differences = "differences"
	ETD1        = "etd1"
)

// Config shapes a fit.
type Config struct {
	// Form is differences or, for a given A, etd1.
	Form string `json:"form"`
	// Order is that of the differences: each takes the Order+1 times around it.
	Order int `json:"order,omitempty"`
	// Ends takes the times at the ends of a trajectory too, by one-sided differences.
	Ends bool `json:"ends,omitempty"`
	// Ridge is added to the diagonal of the normal equations, of columns scaled to
	// unit size.
	Ridge float64 `json:"ridge"`
	// Noise is added to the states that the features are made of, as independent
	// normal numbers of so many times the root mean square of the states: a field that
	// is fitted to it bends back what leaves the data.
	Noise float64 `json:"noise,omitempty"`
	// Samples is how many states are taken, drawn by Seed; 0: all.
	Samples int    `json:"samples,omitempty"`
	Seed    uint64 `json:"seed,omitempty"`
	// Corrections is how often the fit is corrected by rollouts of an interval in
	// Substeps steps of ETDRK4.
	Corrections int `json:"corrections"`
	Substeps    int `json:"substeps"`

	// Progress, if set, is told after the first fit, and after the rollouts before
	// each correction and those after the last, how far it is and the residual. A fit
	// that ends early says so by done = total.
	Progress func(done, total int, residual float64) `json:"-"`
}

// DefaultConfig returns differences of order 12, which snapshots that are a third
// of the shortest time scale apart need, and three corrections.
func DefaultConfig() Config {
	return Config{Form: Differences, Order: 12, Ridge: 1e-9, Corrections: 3, Substeps: 4}
}

// Validate returns an error for the first setting that cannot be used.
func (c Config) Validate() error {
	switch {
	case c.Form != Differences && c.Form != ETD1:
		return errors.Errorf("leastsq: Config: form is %q, want %s or %s", c.Form, Differences, ETD1)
	case c.Form == Differences && c.Order < 1:
		return errors.Errorf("leastsq: Config: order is %d, want at least 1", c.Order)
	case !(c.Ridge >= 0) || math.IsInf(c.Ridge, 0) || !(c.Noise >= 0) || math.IsInf(c.Noise, 0):
		return errors.Errorf("leastsq: Config: ridge is %g and noise %g, want finite numbers that are not negative", c.Ridge, c.Noise)
	case c.Samples < 0 || c.Corrections < 0:
		return errors.Errorf("leastsq: Config: samples is %d and corrections %d, want none negative", c.Samples, c.Corrections)
	case c.Corrections > 0 && c.Substeps < 1:
		return errors.Errorf("leastsq: Config: substeps is %d, want at least 1", c.Substeps)
	}
	return nil
}

// Report is what a fit says of itself. Residuals are relative, by root mean squares.
type Report struct {
	Rows         int     `json:"rows"`
	Coefficients int     `json:"coefficients"`
	Residual     float64 `json:"residual"` // of the velocities, or of a step of ETD1
	// Condition is that of the scaled features, ridge included: the largest of all
	// systems.
	Condition float64 `json:"condition"`
	// Steps are the residuals of a rollout of one interval, over the size of the
	// states: before each correction and after the last, of which the best was kept.
	Steps []float64 `json:"steps,omitempty"` // they end before one that is not finite
	Kept  int       `json:"kept"`            // corrections kept
	Lost  int       `json:"dropped"`         // rollouts left out, for they left the data
	// Slaved are the components that relax within a step, of whose rates the data show
	// no more than that: theirs were set.
	Slaved []int `json:"slaved,omitempty"`
	// Open are the directions that the data leave open, the ridge having chosen.
	Open []Direction `json:"open,omitempty"`
}
