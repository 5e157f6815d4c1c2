package param

import "spnode/ops/kernel/poly"

// PolynomialConfig shapes a polynomial, see poly.Polynomial.
type PolynomialConfig struct {
	// Degree is the largest of its monomials, of which it has all.
	Degree int `json:"degree,omitempty"`
	// Periodic has it commute with the shifts of a field on a periodic grid, and with
	// the reflection x → −x, u → −u. The latent components are then the coefficients of
	// the cosine and the sine of k = 1, of those of k = 2, and so on, in one scale.
	Periodic bool `json:"periodic,omitempty"`
}

// largestPolynomial is how many coefficients a polynomial may have: one of degree 7 in
// 20 variables has 18 million, which is a mistake more often than a wish.
const largestPolynomial = 2e6

// Validate refuses what is no polynomial of n variables for out outputs.
func (c PolynomialConfig) Validate(part string, n, out int) error {
	switch {
	case c.Degree < 1:
		return ConfigError("%s.degree is %d, want at least 1", part, c.Degree)
	case c.Periodic && (n%2 != 0 || out%2 != 0):
		return ConfigError("%s.periodic wants pairs of a cosine and a sine, got %d and %d components", part, n, out)
	}
	size := float64(out) // binomial(n+degree, degree) for each output
	if c.Periodic {
		size = 1 / float64(n) // about: only those of one wave number in n or more
	}
	for q := 0; q < c.Degree && size <= largestPolynomial; q++ {
		size *= float64(n+q+1) / float64(q+1)
	}
	if size > largestPolynomial {
		return ConfigError("%s.degree is %d, which is about %.2g coefficients of %d variables, want at most %g", part, c.Degree, size, n, largestPolynomial)
	}
	return nil
}

// Of returns the polynomial R^n → R^out, to the pairs after the first skipped ones where
// it is periodic.
func (c PolynomialConfig) Of(n, out, skipped int, linear bool) *poly.Polynomial {
	if c.Periodic {
		return poly.NewPeriodic(n/2, skipped/2+1, (skipped+out)/2, c.Degree, linear)
	}
	return poly.New(n, out, c.Degree, linear)
}

// PolynomialShape is that of the coefficients of p: a matrix where they are one.
func PolynomialShape(p *poly.Polynomial) []int {
	if p.Periodic() {
		return []int{p.Coefficients()}
	}
	return []int{p.Coefficients() / p.Out(), p.Out()}
}
