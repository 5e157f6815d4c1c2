package data

import (
	"fmt"
	"math"
	"strings"
)

// String says in a line what the Dataset holds, <nil> where there is none.
func (d *Dataset) String() string {
	if d == nil {
		return "<nil>"
	}
	first, last := math.Inf(1), math.Inf(-1)
	fewest, most := math.MaxInt, 0
	for _, tr := range d.Trajectories {
		n := len(tr.Times)
		if fewest, most = min(fewest, n), max(most, n); n > 0 {
			first, last = min(first, tr.Times[0]), max(last, tr.Times[n-1])
		}
	}
	from := fmt.Sprintf("t = %g", first)
	switch {
	case most == 0:
		return "no times"
	case fewest != most:
		from = fmt.Sprintf("%d to %d times, t = %g to %g", fewest, most, first, last)
	case most > 1 || first != last:
		from = fmt.Sprintf("%d times, t = %g to %g", most, first, last)
	}
	samples := "1 sample"
	if s := d.Samples(); s != 1 {
		samples = fmt.Sprintf("%d samples", s)
	}
	names := d.Names()
	if len(names) > 8 {
		names = append(names[:4:4], "…", names[len(names)-1])
	}
	return fmt.Sprintf("%s of (%s), %s", samples, strings.Join(names, ", "), from)
}
