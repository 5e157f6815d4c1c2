package inspect

import (
	"slices"

	"spnode/data"
)

// standsOut is by how many times the noise a value is apart from its neighbours that is
// told of: no normal noise is.
const standsOut = 10

// outliers counts the values of each component that stand out alone: beyond all of the two
// before and the two after by more than standsOut times the noise, and by more than those
// differ among one another, which neither a step nor a peak of several times does.
func (f *Facts) outliers(d *data.Dataset) {
	f.Outliers = make([]int, d.Dim())
	for j := range f.Outliers {
		for _, tr := range d.Trajectories {
			_, x := component(tr, j)
			for k := 2; k+2 < len(x); k++ {
				around := []float64{x[k-2], x[k-1], x[k+1], x[k+2]}
				low, high := slices.Min(around), slices.Max(around)
				if max(x[k]-high, low-x[k]) > max(standsOut*f.Noise[j], high-low) {
					f.Outliers[j]++
				}
			}
		}
	}
}
