package model

import "math"

// Far is a state that a model was not trained to start from.
type Far struct {
	State      int     // its number
	Deviations float64 // how far it is from the mean of those, in their deviations, by the component that is farthest
}

// farFrom is the number of deviations beyond which a state is far. A component that
// is mostly small and has rare peaks is some deviations from its mean at these.
const farFrom = 10

// Far returns which of the states u0 are far from those by which the input of the
// encoder is standardised, of which a training sees the neighbourhood: an encoder
// knows no others. A model without an autoencoder, or whose input is not standardised,
// has no such states.
func (m *Model) Far(u0 [][]float64) (far []Far) {
	if len(m.ae.Offset) == 0 {
		return nil
	}
	for i, u := range u0 {
		if len(u) != m.cfg.Dim {
			continue // which a prediction refuses
		}
		x := m.Scaled(u)
		m.ae.scaling().apply(x)
		var most float64
		for _, z := range x {
			most = max(most, math.Abs(z))
		}
		if most > farFrom {
			far = append(far, Far{i, most})
		}
	}
	return far
}
