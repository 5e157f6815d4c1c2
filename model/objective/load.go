package objective

import "gonum.org/v1/gonum/floats"

// load takes what belongs to the rows from lo on and the intervals from k0 on.
func (k *block) load(b Batch, lo, k0 int) error {
	hi := lo + k.rows
	steps := ofRows(b.Steps, k.all-1, b.Rows, lo, hi, k0, k.intervals)
	if unit := k.m.Config().Unit(); unit != 1 {
		k.counted = append(k.counted[:0], steps...)
		floats.Scale(1/unit, k.counted)
		steps = k.counted
	}
	k.steps.Set(0, steps)
	from := k0 + k.intervals + 1 - k.times // of the times
	weights := ofRows(b.Weights, k.all, b.Rows, lo, hi, from, k.times)
	k.weights.Set(0, weights)
	width := k.m.Config().Width()
	for r := range k.rows {
		for t := range k.times {
			x := b.State(lo+r, from+t)
			if len(x) != width {
				return dataError("Evaluate: the state of row %d at time %d has %d elements, want %d", lo+r, from+t, len(x), width)
			}
			k.target.Set((t*k.rows+r)*width, x)
		}
		k.x0.Set(r*width, b.State(lo+r, 0))
	}
	if k.consistent && k.place != later {
		of := len(weights) / k.times
		k.again.load(b, lo, k.rows, weights[of:2*of])
	}
	if k.starts {
		k.x0.Set(0, b.Starts[lo*width:hi*width])
	}
	return k.loadGiven(b, lo, k0)
}

// byStarts writes the gradients by the states with which the rows from lo on begin
// and end.
func (k *block) byStarts(b Batch, lo int) {
	width := k.m.Config().Width()
	k.byX0.Get(b.StartGrad[lo*width : (lo+k.rows)*width])
	weights := ofRows(b.Weights, k.times, b.Rows, lo, lo+k.rows, 0, k.times)
	each := len(weights) / k.times // of a time
	weights = weights[len(weights)-each:]
	last := (k.times - 1) * k.rows * width
	of := k.y.Len() - k.rows*width // in what is decoded last
	for i := range k.rows * width {
		var d float64
		if w := weights[i*each/(k.rows*width)]; w != 0 {
			d = 2 * w * (k.target.At(last+i) - k.y.At(of+i))
		}
		b.EndGrad[lo*width+i] = d
	}
}

// loadGiven takes the parameters and inputs of the rows from lo on.
func (k *block) loadGiven(b Batch, lo, k0 int) error {
	p, q := len(k.m.Config().Parameters.Names), len(k.m.Config().Inputs.Names)
	if (p > 0) != (b.Parameters != nil) || (q > 0) != (b.Inputs != nil) {
		return dataError("Evaluate: got parameters %v and inputs %v, want %v and %v as the model has them", b.Parameters != nil, b.Inputs != nil, p > 0, q > 0)
	}
	for r := range k.rows {
		if p > 0 {
			of := b.Parameters(lo + r)
			if len(of) != p {
				return dataError("Evaluate: row %d has %d parameters, want %d", lo+r, len(of), p)
			}
			k.given.SetParameters(r, of)
		}
		for i := range k.given.Begin {
			begin, change := b.Inputs(lo+r, k0+i)
			if len(begin) != q || len(change) != q {
				return dataError("Evaluate: row %d has %d inputs and %d changes in interval %d, want %d", lo+r, len(begin), len(change), k0+i, q)
			}
			k.given.SetInputs(r, i, begin, change)
		}
	}
	return nil
}

// ofRows returns what belongs to the rows from lo up to hi and to n intervals or times
// from first on of x, which has count of these and is the same for all rows or
// (count, rows, …).
func ofRows(x []float64, count, rows, lo, hi, first, n int) []float64 {
	each := len(x) / count // of an interval or a time
	x = x[first*each : (first+n)*each]
	if each == 1 || hi-lo == rows {
		return x
	}
	part := make([]float64, 0, len(x)/rows*(hi-lo))
	for ; len(x) > 0; x = x[each:] {
		part = append(part, x[each/rows*lo:each/rows*hi]...)
	}
	return part
}
