package poly

import (
	"fmt"
	"slices"
)

// Polynomial is the form of a polynomial map R^n → R^m: its monomials, each the
// product of one of a degree less and a variable, and what they enter. Its
// coefficients are the caller's, in one slice.
//
// A full one has all monomials of its degrees, u_1, …, u_n, 1, u_1², u_1u_2, … in this
// order, and coefficients of shape (features, m).
//
// A periodic one is for fields on a periodic grid in Fourier pairs, the cosine and
// the sine of k = 1, 2, …, K, and is equivariant: a field shifted in x, or
// reflected as x → −x, u → −u, has the image that is shifted or reflected. With the
// complex b_k = s_k + i c_k of the sine and the cosine, and b_{−k} its conjugate,
// a shift by ξ is b_k → e^{ikξ}b_k (at a period of 2π), so only monomials
// b_{k_1} … b_{k_q} with Σk = m enter the image's b_m; a reflection is the
// conjugate, so that their coefficients are real. There is one for each monomial,
// those of a lower m first, and among them those of a lower degree.
type Polynomial struct {
	in, out, degree int
	linear          bool
	periodic        bool

	// The first monomials are the variables, then the constant of a full one, then
	// the products. Those of a periodic one are in complex variables, of which
	// number k−1 is b_k and number K+k−1 its conjugate.
	variables      int
	parent, factor []int32 // of each product
	degrees        []int   // of each monomial
	groups         []group
}

// group are outputs that the same monomials enter.
type group struct {
	monomials []int32
	out       int // the first of the outputs
	outs      int // how many columns of coefficients
	at        int // where the coefficients begin
}

// New returns the full polynomial R^in → R^out of a degree ≥ 0, without
// the monomials of degree 1 unless linear is set.
func New(in, out, degree int, linear bool) *Polynomial {
	p := &Polynomial{in: in, out: out, degree: degree, linear: linear, variables: in}
	for range in {
		p.degrees = append(p.degrees, 1)
	}
	p.degrees = append(p.degrees, 0)
	// Those of one degree, in order of their last variable, have as parents those of
	// the last degree whose last variable is not above it.
	last := make([]int, in)
	at := 0
	for i := range last {
		last[i] = i
	}
	for q := 2; q <= degree; q++ {
		var next []int
		begin := len(p.degrees)
		for i, l := range last {
			for f := l; f < in; f++ {
				p.parent, p.factor = append(p.parent, int32(at+i)), append(p.factor, int32(f))
				p.degrees = append(p.degrees, q)
				next = append(next, f)
			}
		}
		last, at = next, begin
	}
	g := group{outs: out}
	first := in
	if linear && degree > 0 {
		first = 0
	}
	for i := first; i < len(p.degrees); i++ {
		g.monomials = append(g.monomials, int32(i))
	}
	p.groups = []group{g}
	return p
}

// NewPeriodic returns the equivariant polynomial of a degree ≥ 1 from the
// Fourier pairs 1 … pairs to the pairs first … last, without the monomials of degree 1
// unless linear is set.
func NewPeriodic(pairs, first, last, degree int, linear bool) *Polynomial {
	p := &Polynomial{in: 2 * pairs, out: 2 * (last - first + 1), degree: degree, linear: linear, periodic: true, variables: 2 * pairs}
	number := func(f int) int { // the k of a variable
		if f < pairs {
			return f + 1
		}
		return pairs - f - 1
	}
	// All monomials by degree, as their variables in order.
	type monomial struct {
		factors []int
		sum     int
	}
	all := make([][]monomial, degree+1)
	for f := range 2 * pairs {
		all[1] = append(all[1], monomial{[]int{f}, number(f)})
	}
	for q := 2; q <= degree; q++ {
		for _, m := range all[q-1] {
			for f := m.factors[q-2]; f < 2*pairs; f++ {
				all[q] = append(all[q], monomial{append(slices.Clone(m.factors), f), m.sum + number(f)})
			}
		}
	}
	// Wanted are those that enter an output, and their parents.
	key := func(factors []int) string { return fmt.Sprint(factors) }
	wanted := map[string]bool{}
	enters := func(q int, m monomial) bool { return m.sum >= first && m.sum <= last && (q > 1 || linear) }
	for q := degree; q >= 2; q-- {
		for _, m := range all[q] {
			if k := key(m.factors); enters(q, m) || wanted[k] {
				wanted[k] = true
				wanted[key(m.factors[:q-1])] = true
			}
		}
	}
	p.groups = make([]group, last-first+1)
	at := map[string]int32{}
	for q := 1; q <= degree; q++ {
		for _, m := range all[q] {
			k := key(m.factors)
			if q > 1 && !wanted[k] {
				continue
			}
			if q > 1 {
				p.parent = append(p.parent, at[key(m.factors[:q-1])])
				p.factor = append(p.factor, int32(m.factors[q-1]))
			}
			at[k] = int32(len(p.degrees))
			p.degrees = append(p.degrees, q)
			if enters(q, m) {
				g := &p.groups[m.sum-first]
				g.monomials = append(g.monomials, at[k])
			}
		}
	}
	coefficients := 0
	for i := range p.groups {
		g := &p.groups[i]
		g.out, g.outs, g.at = 2*i, 1, coefficients
		coefficients += len(g.monomials)
	}
	return p
}

// In returns n, Out m and Degree the largest degree.
func (p *Polynomial) In() int     { return p.in }
func (p *Polynomial) Out() int    { return p.out }
func (p *Polynomial) Degree() int { return p.degree }

// Linear reports whether monomials of degree 1 enter.
func (p *Polynomial) Linear() bool { return p.linear }

// Periodic reports whether p is equivariant.
func (p *Polynomial) Periodic() bool { return p.periodic }

// Coefficients returns how many there are.
func (p *Polynomial) Coefficients() (n int) {
	for _, g := range p.groups {
		n += len(g.monomials) * g.outs
	}
	return n
}

// Group is a part of a polynomial that can be fitted by itself: Features
// monomials with coefficients of shape (Features, Outs), from number At on.
// Outputs are the components that they are coefficients of: one for each column or,
// of a periodic polynomial, the cosine and the sine of a pair for the one column.
type Group struct {
	Features, Outs, At int
	Outputs            []int
}

// Groups returns the parts.
func (p *Polynomial) Groups() (gs []Group) {
	for _, g := range p.groups {
		outs := make([]int, p.out)
		for i := range outs {
			outs[i] = i
		}
		if p.periodic {
			outs = []int{g.out, g.out + 1}
		}
		gs = append(gs, Group{len(g.monomials), g.outs, g.at, outs})
	}
	return gs
}

// Factors returns the variables, from 0 on and not decreasing, of which a feature of
// a group is the product. Those of a periodic polynomial are k−1 for b_k and K+k−1
// for b_{−k}.
func (p *Polynomial) Factors(group, feature int) (vs []int) {
	m := int(p.groups[group].monomials[feature])
	for ; m >= p.products(); m = int(p.parent[m-p.products()]) {
		vs = append(vs, int(p.factor[m-p.products()]))
	}
	if m < p.variables {
		vs = append(vs, m)
	}
	slices.Reverse(vs)
	return vs
}

// products is the number of the first product.
func (p *Polynomial) products() int { return len(p.degrees) - len(p.parent) }
