package funm

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"spnode/ops/kernel"
	"spnode/ops/opstest"
)

// ladderCase is a stiff system of n components, with rates from 1 down to 10⁻⁶,
// and a batch with steps, of which scale·‖A‖₁⁻¹ is typical.
type ladderCase struct {
	n, p, batch int
	a, u        []float64
	v           [][]float64
	h           []float64
}

func newLadderCase(rng *rand.Rand, n, p, batch int, scale float64) ladderCase {
	c := ladderCase{n: n, p: p, batch: batch, a: opstest.Normals[float64](rng, n*n), u: opstest.Normals[float64](rng, batch*n)}
	for i := range n {
		rate := math.Pow(10, -6*rng.Float64())
		for j := range n {
			c.a[i*n+j] *= 0.3 * rate / math.Sqrt(float64(n))
		}
		c.a[i*n+i] = -rate
	}
	for range p {
		c.v = append(c.v, opstest.Normals[float64](rng, batch*n))
	}
	norm, _ := kernel.Norm1(n, n, c.a)
	for range batch {
		c.h = append(c.h, scale/norm*math.Exp(rng.NormFloat64()))
	}
	return c
}

func (c ladderCase) top() float64 { return slices.Max(c.h) }

// propagated is the step by the propagators of each row.
func (c ladderCase) propagated() []float64 {
	n := c.n
	y := make([]float64, c.batch*n)
	phi := NewPhi[float64](n, c.p, 0x1p-53)
	for r, h := range c.h {
		phi.ForwardOnly(c.a, h)
		kernel.Gemm(false, true, 1, n, n, 1, c.u[r*n:(r+1)*n], phi.E(), 0, y[r*n:(r+1)*n], nil)
		for j := 1; j <= c.p; j++ {
			kernel.Gemm(false, true, 1, n, n, 1, c.v[j-1][r*n:(r+1)*n], phi.P(j), 1, y[r*n:(r+1)*n], nil)
		}
	}
	return y
}

func (c ladderCase) climbed(t *testing.T, w *Ladder[float64]) []float64 {
	y := make([]float64, c.batch*c.n)
	if !w.Make(c.a, c.top()) {
		t.Fatalf("%d levels are too few for steps up to %g", MaxLevels, c.top())
	}
	w.StepTo(y, c.h, c.u, c.v...)
	return y
}

func TestLadderAgreesWithPropagators(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var worst float64
	for _, n := range []int{1, 2, 3, 7, 20} {
		for _, p := range []int{0, 1, 2, 3} {
			w := NewLadder[float64](n, p, 0x1p-53)
			for _, scale := range []float64{1e-3, 1, 1e3, 1e6, 1e9} {
				c := newLadderCase(rng, n, p, 5, scale)
				want, got := c.propagated(), c.climbed(t, w)
				for r := range c.batch {
					var d, s float64
					for i := r * n; i < (r+1)*n; i++ {
						d, s = max(d, math.Abs(got[i]-want[i])), max(s, math.Abs(want[i]))
					}
					if s > 0 { // else all has decayed
						worst = max(worst, d/s)
					}
					if !(d <= 1e-11*s) {
						t.Errorf("n = %d, p = %d, ‖hA‖ near %g: %v, want %v", n, p, scale, got[r*n:(r+1)*n], want[r*n:(r+1)*n])
					}
				}
			}
		}
	}
	t.Logf("worst relative difference %.2g", worst)
}

// The reference cases have ‖hA‖ from 1e-3 to 1e9 in one batch, and rates nine
// decades apart. All rows are held to 1e-12, whatever ‖hA‖, times the condition
// of e^{−x}, which is x: 1.4e-13 is what the propagators reach.
func TestLadderCases(t *testing.T) {
	const tol = 1e-12
	var file struct {
		Cases []struct {
			N       int
			A, U, V json.RawMessage
			H       []float64
			Y       [][][]float64
		}
	}
	opstest.LoadCases(t, "ladder.json", &file)
	var worst float64
	for _, c := range file.Cases {
		var a, u [][]float64
		var v [][][]float64
		for raw, to := range map[*json.RawMessage]any{&c.A: &a, &c.U: &u, &c.V: &v} {
			if err := json.Unmarshal(*raw, to); err != nil {
				t.Fatal(err)
			}
		}
		for p, want := range c.Y {
			w := ladderCase{n: c.N, p: p, batch: len(c.H), a: slices.Concat(a...), u: slices.Concat(u...), h: c.H}
			for _, vj := range v[:p] {
				w.v = append(w.v, slices.Concat(vj...))
			}
			y := w.climbed(t, NewLadder[float64](c.N, p, 0x1p-53))
			for r, x := range want {
				decay := math.Log(norm2(w.u[r*c.N:(r+1)*c.N]) / norm2(x))
				e := opstest.RelError(y[r*c.N:(r+1)*c.N], x) / (1 + max(0, decay))
				worst = max(worst, e)
				if !(e <= tol) {
					t.Errorf("n = %d, p = %d, step %g: relative error %.2g, got %v, want %v", c.N, p, c.H[r], e, y[r*c.N:(r+1)*c.N], x)
				}
			}
		}
	}
	t.Logf("worst relative error %.2g", worst)
}

// Of a batch with short steps, long ones and none, every row has the bits that
// it has alone, so in any order too, and padding by h = 0 keeps those of u.
func TestLadderRowsAreIndependent(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for _, n := range []int{1, 2, 3, 7, 20} {
		for p := range 4 {
			c := newLadderCase(rng, n, p, 300, 10) // more than are advanced together
			for r := range c.h {
				switch r % 7 {
				case 1:
					c.h[r] = 0
				case 2:
					c.h[r] *= 1e12
				case 3:
					c.h[r] *= 1e-9
				}
			}
			c.u[n] = math.Copysign(0, -1) // in a row of padding
			w := NewLadder[float64](n, p, 0x1p-53)
			all := c.climbed(t, w)
			for r := range c.h {
				one := ladderCase{n: n, p: p, batch: 1, a: c.a, u: c.u[r*n : (r+1)*n], h: c.h[r : r+1]}
				for _, vj := range c.v {
					one.v = append(one.v, vj[r*n:(r+1)*n])
				}
				alone := one.climbed(t, w)
				if c.h[r] == 0 {
					alone = one.u
				}
				if !sameBits(all[r*n:(r+1)*n], alone) {
					t.Fatalf("n = %d, p = %d, row %d with step %g: %v in the batch, %v alone", n, p, r, c.h[r], all[r*n:(r+1)*n], alone)
				}
			}
		}
	}
}

func norm2(x []float64) float64 { return math.Sqrt(kernel.Dot(x, x)) }

func sameBits(x, y []float64) bool {
	return slices.EqualFunc(x, y, func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) })
}

// A = 0, for which y = u + h Σ v_j/j!, and steps that are a level, r = 0, or that
// no level divides.
func TestLadderEdges(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for _, n := range []int{1, 3, 20} {
		for p := range 4 {
			c := newLadderCase(rng, n, p, 4, 1)
			c.h = []float64{0, 1e-3, 1, 1e12}
			clear(c.a)
			y := c.climbed(t, NewLadder[float64](n, p, 0x1p-53))
			for i, got := range y {
				want, size := c.u[i], math.Abs(c.u[i])
				for j := range p {
					x := c.h[i/n] * c.v[j][i] * InvFactorial[j+1]
					want, size = want+x, size+math.Abs(x)
				}
				if !(math.Abs(got-want) <= 8*0x1p-53*size) {
					t.Errorf("A = 0, n = %d, p = %d: got %v, want %v", n, p, got, want)
				}
			}
			c = newLadderCase(rng, n, p, 9, 1)
			w := NewLadder[float64](n, p, 0x1p-53)
			w.Make(c.a, 1e6)
			for r := range c.h {
				c.h[r] = math.Ldexp(1, w.bottom+r-3) // from h_0/8 to 32h_0
			}
			c.h[8] = math.Nextafter(c.h[7], 0) // which has all bits
			want, got := c.propagated(), c.climbed(t, w)
			for i := range want {
				if !(math.Abs(got[i]-want[i]) <= 1e-13*(1+math.Abs(want[i]))) {
					t.Errorf("n = %d, p = %d, step %g: got %v, want %v", n, p, c.h[i/n], got[i], want[i])
				}
			}
			if w.Make(c.a, math.Ldexp(1, w.bottom+MaxLevels)) {
				t.Errorf("n = %d, p = %d: levels beyond the last", n, p)
			}
		}
	}
}

// The gradient of rows whose steps are 1e12 apart, by A, u, v and h, is that by
// the propagators of each row, to 1e-11 of its largest element.
func TestLadderGradientAgreesWithPropagators(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	var worst float64
	for _, n := range []int{1, 2, 3, 7, 20} {
		for p := range 4 {
			for _, scale := range []float64{1e-3, 1, 1e3, 1e6, 1e9} {
				c := newLadderCase(rng, n, p, 5, scale)
				c.h[1], c.h[2] = 0, c.h[2]*1e-12
				dy := opstest.Normals[float64](rng, 5*n)
				w := NewLadder[float64](n, p, 0x1p-53)
				c.climbed(t, w)
				got := newLadderGradient(c)
				stacks := make([]float64, StacksSize(p)*n*n)
				w.StepBackward(got.du, got.dv, stacks, got.dh, c.h, c.u, c.v, dy)
				w.Backward(got.da, stacks)
				want := c.propagatedGradient(dy)
				for i, x := range want.all() {
					g := got.all()[i]
					var d, s float64
					for j := range x {
						d, s = max(d, math.Abs(g[j]-x[j])), max(s, math.Abs(x[j]))
					}
					if s > 0 {
						worst = max(worst, d/s)
					}
					if !(d <= 1e-11*s) {
						t.Errorf("n = %d, p = %d, ‖hA‖ near %g: gradient %d is %v, want %v", n, p, scale, i, g, x)
					}
				}
			}
		}
	}
	t.Logf("worst relative difference %.2g", worst)
}

type ladderGradient struct {
	du, da, dh []float64
	dv         [][]float64
}

func newLadderGradient(c ladderCase) ladderGradient {
	g := ladderGradient{du: make([]float64, len(c.u)), da: make([]float64, len(c.a)), dh: make([]float64, len(c.h))}
	for range c.p {
		g.dv = append(g.dv, make([]float64, len(c.u)))
	}
	return g
}

// all are the gradients by u, A, v_1, …, v_p and h.
func (g ladderGradient) all() [][]float64 {
	return append(append([][]float64{g.du, g.da}, g.dv...), g.dh)
}

func (c ladderCase) propagatedGradient(dy []float64) ladderGradient {
	n := c.n
	g := newLadderGradient(c)
	phi := NewPhi[float64](n, c.p, 0x1p-53)
	for r, h := range c.h {
		lo, hi := r*n, (r+1)*n
		phi.Forward(c.a, h)
		kernel.Gemm(false, false, 1, n, n, 1, dy[lo:hi], phi.E(), 0, g.du[lo:hi], nil)
		d := [][]float64{make([]float64, n*n)}
		kernel.Gemm(true, false, n, n, 1, 1, dy[lo:hi], c.u[lo:hi], 0, d[0], nil)
		for j := 1; j <= c.p; j++ {
			kernel.Gemm(false, false, 1, n, n, 1, dy[lo:hi], phi.P(j), 0, g.dv[j-1][lo:hi], nil)
			d = append(d, make([]float64, n*n))
			kernel.Gemm(true, false, n, n, 1, 1, dy[lo:hi], c.v[j-1][lo:hi], 0, d[j], nil)
		}
		g.dh[r] = phi.StepGrad(d)
		phi.Backward(g.da, d)
	}
	return g
}

// In float32 the ladder has float32's digits, 2⁻²⁴, times what the stiffness takes.
func TestLadderFloat32(t *testing.T) {
	to := func(x []float64) []float32 {
		y := make([]float32, len(x))
		for i, v := range x {
			y[i] = float32(v)
		}
		return y
	}
	rng := rand.New(rand.NewPCG(8, 8))
	for _, n := range []int{1, 3, 20} {
		for p := range 4 {
			c := newLadderCase(rng, n, p, 5, 100)
			want := c.climbed(t, NewLadder[float64](n, p, 0x1p-53))
			w, y := NewLadder[float32](n, p, 0x1p-24), make([]float32, len(want))
			var v [][]float32
			for _, vj := range c.v {
				v = append(v, to(vj))
			}
			w.Make(to(c.a), c.top())
			w.StepTo(y, c.h, to(c.u), v...)
			top := slices.Max(want)
			for i, x := range want {
				if !(math.Abs(float64(y[i])-x) <= 1e-5*max(top, 1)) {
					t.Errorf("n = %d, p = %d: %v in float32, %v in float64", n, p, y[i], x)
				}
			}
		}
	}
}
