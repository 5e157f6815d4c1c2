package inspect

import (
	"math"
	"slices"

	"spnode/data"
)

// ends tells trajectories that settle and those that come back, of those that have ten times:
// how many do, and how many may, which of fewer nobody knows.
func (f *Facts) ends(d *data.Dataset) {
	var settled, maySettle, returns, mayReturn, count float64
	for _, tr := range d.Trajectories {
		if len(tr.Times) < 10 {
			continue
		}
		count++
		var late, sure, all float64 // changes at the end, beyond noise, and in all
		back, may := false, false
		for j, scale := range f.Scale {
			if f.Constant[j] {
				continue
			}
			t, x := component(tr, j)
			if len(x) < 10 {
				continue
			}
			end := x[len(x)-len(x)/10-1:]
			late = max(late, width(end)/scale)
			sure = max(sure, (width(end)-noiseWidth(len(end), f.Noise[j]))/scale)
			all = max(all, width(x)/scale)
			// What hardly changes, its noise takes through the middle many times, but seldom
			// by three deviations to either side.
			back = back || width(x) > 20*f.Noise[j] && len(passTimes(t, x, 0)) >= 2
			may = may || len(passTimes(t, x, 3*f.Noise[j])) >= 2
		}
		settled += one(late <= 0.01*all)
		maySettle += one(sure <= 0.01*all)
		returns += one(back)
		mayReturn += one(back || may)
	}
	f.MaySettle, f.MayReturn = 1, 1
	if count > 0 {
		f.Settled, f.MaySettle = settled/count, maySettle/count
		f.Returns, f.MayReturn = returns/count, mayReturn/count
	}
}

func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func width(x []float64) float64 { return slices.Max(x) - slices.Min(x) }

// noiseWidth is what the range of n normal numbers of a standard deviation is seldom above:
// P(|x| > q) < exp(−q²/2), so that one in e² = 7 has a number above q = √(2 ln n + 4) at most,
// and fewer by far two of either sign.
func noiseWidth(n int, deviation float64) float64 {
	return 2 * deviation * math.Sqrt(2*math.Log(float64(n))+4)
}
