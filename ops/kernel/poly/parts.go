package poly

import "math"

// Bounds returns β_q for q = 0 … Degree such that the part p_q of degree q of the
// polynomial with the coefficients c has
//
//	‖p_q(u)‖ ≤ β_q ‖u‖^q  and  ‖Dp_q(u)‖ ≤ q β_q ‖u‖^{q−1}.
//
// With the monomials of degree q times the roots of their multinomial
// coefficients, φ_q(u), of norm ‖u‖^q, and their coefficients divided by these, p_q
// is C_qᵀφ_q, and is the diagonal of a q-linear form of which C_qᵀ is an unfolding:
// β_q is ‖C_q‖_F, above the norm ‖C_q‖₂ that would do (for scalar p_q it is
// Bombieri's norm and both). Of a periodic polynomial, (b, b̄)/√2 is the image of u
// under a unitary matrix, under which this norm does not change; there β_q is
// ‖C_q‖₂, the columns of which have no monomial in common.
func (p *Polynomial) Bounds(c []float64) []float64 {
	beta := make([]float64, p.degree+1)
	for gi, g := range p.groups {
		own := make([]float64, p.degree+1)
		for i, m := range g.monomials {
			q := p.degrees[m]
			weight := 1. // q!/Π α!
			run := 0
			vs := p.Factors(gi, i)
			for j := range vs {
				run++
				if j > 0 && vs[j] != vs[j-1] {
					run = 1
				}
				weight *= float64(j+1) / float64(run)
			}
			for _, v := range c[g.at+i*g.outs : g.at+(i+1)*g.outs] {
				own[q] += v * v / weight
			}
		}
		for q, v := range own {
			b := math.Sqrt(v)
			if p.periodic {
				b *= math.Pow(2, float64(q)/2)
			}
			beta[q] = max(beta[q], b)
		}
	}
	return beta
}

// SplitLinear returns the coefficients of degree 1 as a matrix A of shape (m, n), so
// that they give Au, and the others, which are those of the same polynomial without
// its linear monomials.
func (p *Polynomial) SplitLinear(c []float64) (a, rest []float64) {
	a = make([]float64, p.out*p.in)
	p.eachLinear(func(g group, i, v int) {
		if !p.periodic {
			for j := range p.out {
				a[j*p.in+v] = c[i*p.out+j]
			}
			return
		}
		// b_k enters itself alone.
		a[g.out*p.in+2*v], a[(g.out+1)*p.in+2*v+1] = c[g.at+i], c[g.at+i]
	})
	for _, g := range p.groups {
		for i, m := range g.monomials {
			if p.degrees[m] != 1 {
				rest = append(rest, c[g.at+i*g.outs:g.at+(i+1)*g.outs]...)
			}
		}
	}
	return a, rest
}

// ClearLinear sets the coefficients of degree 1 to 0.
func (p *Polynomial) ClearLinear(c []float64) {
	p.eachLinear(func(g group, i, _ int) { clear(c[g.at+i*g.outs : g.at+(i+1)*g.outs]) })
}

// eachLinear calls f for each monomial of degree 1 that enters: number i of its group,
// and variable v.
func (p *Polynomial) eachLinear(f func(g group, i, v int)) {
	for _, g := range p.groups {
		for i, m := range g.monomials {
			if p.degrees[m] == 1 {
				f(g, i, int(m))
			}
		}
	}
}

// JoinLinear returns the coefficients of p, which has monomials of degree 1, from a
// matrix of them and the others: SplitLinear undone.
func (p *Polynomial) JoinLinear(a, rest []float64) []float64 {
	c := make([]float64, p.Coefficients())
	for _, g := range p.groups {
		for i, m := range g.monomials {
			if p.degrees[m] != 1 {
				rest = rest[copy(c[g.at+i*g.outs:g.at+(i+1)*g.outs], rest):]
			}
		}
	}
	p.eachLinear(func(g group, i, v int) {
		if !p.periodic {
			for j := range p.out {
				c[i*p.out+j] = a[j*p.in+v]
			}
			return
		}
		c[g.at+i] = a[g.out*p.in+2*v]
	})
	return c
}

// NewLinear returns the linear map R^in → R^out as a polynomial, with no constant.
func NewLinear(in, out int) *Polynomial {
	p := New(in, out, 1, true)
	g := &p.groups[0]
	g.monomials = g.monomials[:in]
	return p
}
