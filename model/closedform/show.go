package closedform

import (
	"fmt"
	"strings"

	"spnode/model/leastsq"
)

// String says in lines what the fit found, what it could not, and what it did about it.
func (r Report) String() string {
	s := "closed form: dynamics by " + describe(r.Dynamics)
	if r.Decoder != nil {
		s += "\n  decoder by " + describe(*r.Decoder)
	}
	s += fmt.Sprintf("\n  shift %.4g", r.Shift)
	if r.Radius > 0 {
		s += fmt.Sprintf(", ball of radius %.4g around data of norm %.4g at most", r.Radius, r.Largest)
	}
	if r.RankLoss > 0 {
		s += fmt.Sprintf(", %.2g of the form lost to its rank", r.RankLoss)
	}
	return s
}

func describe(r leastsq.Report) string {
	s := fmt.Sprintf("%d coefficients from %d states, residual %.3g, condition %.2g", r.Coefficients, r.Rows, r.Residual, r.Condition)
	if len(r.Steps) > 0 {
		s += fmt.Sprintf("; rollouts of an interval off by %.3g, %.3g after %d corrections", r.Steps[0], r.Steps[min(r.Kept, len(r.Steps)-1)], r.Kept)
	}
	if r.Lost > 0 {
		s += fmt.Sprintf(", %d of them left out, for they left the data", r.Lost)
	}
	if len(r.Slaved) > 0 {
		s += fmt.Sprintf("; rates held of components %v, which relax within an interval", r.Slaved)
	}
	if len(r.Open) > 0 {
		var sizes []string
		for _, d := range r.Open {
			sizes = append(sizes, fmt.Sprintf("%.1g (components %v)", d.Size, d.Outputs))
		}
		s += "; open directions of size " + strings.Join(sizes, ", ") + ", left to the ridge"
	}
	return s
}
