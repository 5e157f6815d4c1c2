package data

import (
	"fmt"
	"strings"
)

// String says in a line what the Dataset holds.
func (d *Dataset) String() string {
	if len(d.Times) == 0 {
		return "no times"
	}
	from := fmt.Sprintf("t = %g", d.Times[0])
	if n := len(d.Times); n > 1 {
		from = fmt.Sprintf("%d times, t = %g to %g", n, d.Times[0], d.Times[n-1])
	}
	samples := "1 sample"
	if s := d.Samples(); s != 1 {
		samples = fmt.Sprintf("%d samples", s)
	}
	names := d.names()
	if len(names) > 8 {
		names = append(names[:4:4], "…", names[len(names)-1])
	}
	return fmt.Sprintf("%s of (%s), %s", samples, strings.Join(names, ", "), from)
}
