package poly

import "spnode/ops/kernel"

// blockElements is about how many elements the monomials of a block of rows
// have, so that they stay in the second level of the cache.
const blockElements = 64 << 10

// Work evaluates a Polynomial for batches of rows. The monomials of a
// block of rows are vectors along the rows, those of a periodic polynomial with
// the real parts first.
type Work[T kernel.Float] struct {
	*Polynomial
	phi, dphi, y, tmp []T
}

// NewWork returns work space for p.
func NewWork[T kernel.Float](p *Polynomial) *Work[T] {
	return &Work[T]{Polynomial: p}
}

// parts of a monomial: real and imaginary.
func (p *Polynomial) parts() int {
	if p.periodic {
		return 2
	}
	return 1
}

// block is how many rows are evaluated together.
func (p *Polynomial) block() int {
	return kernel.BlockRows(blockElements, len(p.degrees)*p.parts())
}

// monomials writes all monomials of a block of rows to w.phi.
func (w *Work[T]) monomials(u []T, rows int) {
	phi := kernel.Grow(&w.phi, len(w.degrees)*w.parts()*rows)
	w.phi = phi
	if w.periodic {
		w.complexMonomials(u, rows)
		return
	}
	n := w.in
	kernel.TransposeTo(phi[:n*rows], rows, n, u[:rows*n])
	one := phi[n*rows : (n+1)*rows]
	for i := range one {
		one[i] = 1
	}
	at := (n + 1) * rows
	for i, parent := range w.parent {
		a, x := phi[int(parent)*rows:][:rows], phi[int(w.factor[i])*rows:][:rows]
		to := phi[at:][:rows]
		for r, v := range a {
			to[r] = v * x[r]
		}
		at += rows
	}
}

func (w *Work[T]) complexMonomials(u []T, rows int) {
	phi, n, k := w.phi, w.in, w.in/2
	for r := range rows {
		for i, row := 0, u[r*n:(r+1)*n]; i < k; i++ {
			c, s := row[2*i], row[2*i+1]
			to := phi[2*i*rows+r:]
			to[0], to[rows] = s, c
			to = phi[2*(k+i)*rows+r:]
			to[0], to[rows] = s, -c
		}
	}
	at := 2 * n * rows
	for i, parent := range w.parent {
		a, x := phi[2*int(parent)*rows:], phi[2*int(w.factor[i])*rows:]
		ar, ai, xr, xi := a[:rows], a[rows:][:rows], x[:rows], x[rows:][:rows]
		to := phi[at:]
		tr, ti := to[:rows], to[rows:][:rows]
		for r, v := range ar {
			tr[r] = v*xr[r] - ai[r]*xi[r]
			ti[r] = v*xi[r] + ai[r]*xr[r]
		}
		at += 2 * rows
	}
}

// fed are the monomials that enter, of a full polynomial: they lie together.
func (w *Work[T]) fed(phi []T, rows int) []T {
	return phi[int(w.groups[0].monomials[0])*rows:]
}

// ForwardTo writes p(u) to y, for rows u of n elements, with the coefficients c.
func (w *Work[T]) ForwardTo(y, u, c []T, rows int) {
	n, m := w.in, w.out
	for r, block := 0, w.block(); r < rows; r += block {
		k := min(block, rows-r)
		w.monomials(u[r*n:], k)
		to := y[r*m : (r+k)*m]
		if !w.periodic {
			kernel.Gemm(true, false, k, m, len(w.groups[0].monomials), 1, w.fed(w.phi, k), c, 0, to, &w.tmp)
			continue
		}
		sum := kernel.Grow(&w.y, 2*k)
		for _, g := range w.groups {
			clear(sum)
			for i, j := range g.monomials {
				kernel.AxpyTo(sum, c[g.at+i], w.phi[2*int(j)*k:2*int(j+1)*k])
			}
			for i, v := range sum[:k] {
				to[i*m+g.out], to[i*m+g.out+1] = sum[k+i], v
			}
		}
	}
}

// AddBackward writes the gradient by u to du, which is not computed if it is nil,
// and adds that by c to dc unless it is nil, given dy.
func (w *Work[T]) AddBackward(du, dc, u, c, dy []T, rows int) {
	n, m := w.in, w.out
	for r, block := 0, w.block(); r < rows; r += block {
		k := min(block, rows-r)
		w.monomials(u[r*n:], k)
		size := len(w.degrees) * w.parts() * k
		dphi := kernel.Grow(&w.dphi, size)
		from := dy[r*m : (r+k)*m]
		if !w.periodic {
			f := len(w.groups[0].monomials)
			if dc != nil {
				kernel.Gemm(false, false, f, m, k, 1, w.fed(w.phi, k), from, 1, dc, &w.tmp)
			}
			if du == nil {
				continue
			}
			clear(dphi[:n*k])
			kernel.Gemm(false, true, f, k, m, 1, c, from, 0, w.fed(dphi, k), &w.tmp)
			w.realProducts(dphi, k)
			kernel.TransposeTo(du[r*n:(r+k)*n], n, k, dphi[:n*k])
			continue
		}
		clear(dphi)
		d := kernel.Grow(&w.y, 2*k)
		for _, g := range w.groups {
			for i := range k {
				d[k+i], d[i] = from[i*m+g.out], from[i*m+g.out+1]
			}
			for i, j := range g.monomials {
				at := 2 * int(j) * k
				if dc != nil {
					dc[g.at+i] += kernel.Dot(w.phi[at:at+2*k], d)
				}
				kernel.AxpyTo(dphi[at:at+2*k], c[g.at+i], d)
			}
		}
		if du != nil {
			w.complexProducts(dphi, k)
			for i := range k {
				for j, row := 0, du[(r+i)*n:(r+i+1)*n]; j < n/2; j++ {
					b, conj := dphi[2*j*k+i:], dphi[2*(n/2+j)*k+i:]
					row[2*j], row[2*j+1] = b[k]-conj[k], b[0]+conj[0]
				}
			}
		}
	}
}

// realProducts carries the gradient by the products back to the variables.
func (w *Work[T]) realProducts(dphi []T, rows int) {
	first := w.products()
	for i := len(w.parent) - 1; i >= 0; i-- {
		a, x := int(w.parent[i])*rows, int(w.factor[i])*rows
		d := dphi[(first+i)*rows:][:rows]
		pa, px, da, dx := w.phi[a:][:rows], w.phi[x:][:rows], dphi[a:][:rows], dphi[x:][:rows]
		for r, v := range d {
			da[r] += v * px[r]
			dx[r] += v * pa[r]
		}
	}
}

// complexProducts is the same in complex variables: of t = ax, d_a += d_t x̄ and
// d_x += d_t ā.
func (w *Work[T]) complexProducts(dphi []T, rows int) {
	first := w.products()
	for i := len(w.parent) - 1; i >= 0; i-- {
		a, x := 2*int(w.parent[i])*rows, 2*int(w.factor[i])*rows
		d := dphi[2*(first+i)*rows:]
		dr, di := d[:rows], d[rows:][:rows]
		ar, ai, xr, xi := w.phi[a:][:rows], w.phi[a+rows:][:rows], w.phi[x:][:rows], w.phi[x+rows:][:rows]
		dar, dai, dxr, dxi := dphi[a:][:rows], dphi[a+rows:][:rows], dphi[x:][:rows], dphi[x+rows:][:rows]
		for r, v := range dr {
			t := di[r]
			dar[r] += v*xr[r] + t*xi[r]
			dai[r] += t*xr[r] - v*xi[r]
			dxr[r] += v*ar[r] + t*ai[r]
			dxi[r] += t*ar[r] - v*ai[r]
		}
	}
}

// FeaturesTo writes the features of all groups of the rows u, those of a group as
// (Features, parts·rows): a row of them for each feature, of a periodic polynomial
// with the real parts of all rows first. Coefficients c of a group give
// TargetsTo of p(u) as Σ_i c_i times row i.
func (w *Work[T]) FeaturesTo(phi, u []T, rows int) {
	w.monomials(u, rows)
	l := w.parts() * rows
	for _, g := range w.groups {
		for _, j := range g.monomials {
			copy(phi[:l], w.phi[int(j)*l:])
			phi = phi[l:]
		}
	}
}

// TargetsTo writes the rows y of m elements as FeaturesTo has its features: for
// each group its outputs as (parts·rows, Outs).
func (w *Work[T]) TargetsTo(to, y []T, rows int) {
	if !w.periodic {
		copy(to, y[:rows*w.out])
		return
	}
	for _, g := range w.groups {
		for i := range rows {
			to[rows+i], to[i] = y[i*w.out+g.out], y[i*w.out+g.out+1]
		}
		to = to[2*rows:]
	}
}

// Parts returns how many elements a feature has for a row.
func (p *Polynomial) Parts() int { return p.parts() }
