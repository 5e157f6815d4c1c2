package latent

import "math"

// Far is a state that a model was not trained to start from.
type Far struct {
	State      int     // its number
	Component  int     // that is farthest from the mean of those
	Deviations float64 // how far, in their deviations
}

// farFrom is the number of deviations beyond which a state is far. A component that
// is mostly small and has rare peaks is some deviations from its mean at these.
const farFrom = 10

// Far returns which of the states u0 are far from those by which the input of the
// encoder is standardised, of which a training sees the neighbourhood: an encoder
// knows no others. A model without an autoencoder, or whose input is not standardised,
// has no such states.
func (s *Space) Far(u0 [][]float64) (far []Far) {
	if len(s.ae.Offset) == 0 {
		return nil
	}
	for i, u := range u0 {
		if len(u) != s.cfg.Dim {
			continue // which a prediction refuses
		}
		x := s.Scaled(u)
		s.ae.scaling().Apply(x)
		most := Far{State: i}
		for j, z := range x {
			if d := math.Abs(z); d > most.Deviations {
				most.Component, most.Deviations = j, d
			}
		}
		if most.Deviations > farFrom {
			far = append(far, most)
		}
	}
	return far
}
