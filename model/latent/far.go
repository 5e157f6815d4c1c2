package latent

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
