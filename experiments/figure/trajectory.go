package figure

import "fmt"

// Truths returns the lines of one trajectory: every component of a sample of u,
// which is indexed [time][sample][component] as everywhere, in its own colour.
// The labels are those of the components; where there are none they are
// "truth 1", "truth 2", ….
func Truths(times []float64, u [][][]float64, sample int, labels ...string) []Series {
	if len(u) == 0 {
		return nil
	}
	var s []Series
	for j := range u[0][sample] {
		label := fmt.Sprintf("truth %d", 1+j)
		if j < len(labels) {
			label = labels[j]
		}
		y := make([]float64, len(u))
		for k := range u {
			y[k] = u[k][sample][j]
		}
		s = append(s, Truth(1+j, label, times, y))
	}
	return s
}

// Predictions returns the rings of one trajectory, a series for each component: a
// sample of u as a model predicts it, which may run away.
func Predictions(label string, times []float64, u [][][]float64, sample int) []Series {
	s := Truths(times, u, sample)
	for j := range s {
		s[j] = Prediction(1+j, label, s[j].X, s[j].Y).Diverging()
	}
	return s
}
