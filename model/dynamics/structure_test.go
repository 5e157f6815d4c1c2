package dynamics_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/modeltest"
	"spnode/model/param"
	"spnode/ops/graph"
	"spnode/ops/opstest"
)

// draws is how many random parameters the structure is checked for.
func draws(t *testing.T) int {
	if opstest.Thin() {
		return 1000
	}
	return 10_000
}

// Theorem 1: Re λ(A_L) ≤ μ. What is computed may lie to the right of it by the
// rounding of A's products, a multiple of n·2⁻⁵³‖G‖‖S‖.
func TestHurwitzDraws(t *testing.T) {
	var worst float64 // multiple of the rounding
	nearest := math.Inf(-1)
	for seed := range draws(t) {
		n := 1 + seed%7
		rng := rand.New(rand.NewPCG(uint64(seed), 1))
		spread := math.Pow(10, 2*rng.Float64()-1)
		shift := []float64{0, -1, 0.5}[seed/7%3] * rng.Float64()
		h := dynamics.Hurwitz{LinearConfig: dynamics.LinearConfig{Spread: spread, Shift: shift}, N: n}
		p := param.NewParams(uint64(seed), h.Parameters())
		a, s, gs := h.Matrices(p)
		var e mat.Eigen
		if !e.Factorize(a, mat.EigenNone) {
			t.Fatalf("seed %d: eigenvalues did not converge", seed)
		}
		size := 2 * mat.Norm(gs, 2) * mat.Norm(s, 2)
		if n > 1 {
			ls, _ := p.Get("linear/Ls")
			size += 2 * floats.Norm(ls.Data, 2) * mat.Norm(s, 2)
		}
		rounding := float64(n) * 0x1p-53 * (size + math.Abs(shift))
		for _, v := range e.Values(nil) {
			above := real(v) - shift
			worst, nearest = max(worst, above/rounding), max(nearest, above)
			if !(above <= 10*rounding) {
				t.Errorf("seed %d: n = %d, spread %.3g, μ = %.3g: eigenvalue %.17g lies %.3g to the right of μ, rounding is %.3g", seed, n, spread, shift, v, above, rounding)
			}
		}
	}
	t.Logf("worst Re λ − μ is %.3g = %.3g·n·2⁻⁵³(‖G_s‖+‖G_u‖)‖S‖", nearest, worst)
}

// A_L by plain loops, and its shapes for n = 1.
func TestHurwitzMatrix(t *testing.T) {
	for n := 1; n <= 7; n++ {
		for _, rates := range [][]float64{nil, slices.Repeat([]float64{30}, n)} {
			cfg := model.DefaultConfig(n)
			cfg.Linear = dynamics.LinearConfig{Shift: -0.25, Spread: 1, Rates: rates}
			m := modeltest.New(t, cfg)
			triangle := func(name string, strict bool) *mat.Dense {
				x := mat.NewDense(n, n, nil)
				p, _ := m.Params().Get(name)
				k := 0
				for i := range n {
					for j := range n {
						if j < i || j == i && !strict {
							x.Set(i, j, p.Data[k])
							k++
						}
					}
				}
				return x
			}
			var ls, gg, gu, want mat.Dense
			if rates == nil {
				ls.CloneFrom(triangle("linear/LS", false))
			} else {
				d, _ := m.Params().Get("linear/d")
				e, one := mat.NewDense(n, n, nil), mat.NewDense(n, n, nil)
				if n > 1 {
					one = triangle("linear/N", true)
				}
				for i, v := range d.Data {
					e.Set(i, i, math.Exp(v))
					one.Set(i, i, 1)
				}
				ls.Mul(e, one)
			}
			lg := triangle("linear/LG", false)
			gg.Mul(lg, lg.T())
			if n > 1 {
				skew := triangle("linear/Ls", true)
				gu.Sub(skew, skew.T())
				gu.Sub(&gu, &gg)
			} else {
				gu.Scale(-1, &gg)
			}
			want.Mul(&gu, &ls)
			want.Mul(&want, ls.T())
			for i := range n {
				want.Set(i, i, want.At(i, i)-0.25)
			}
			// Products of matrices of order n in another order.
			if e := modeltest.Relative(m.Linear().RawMatrix().Data, want.RawMatrix().Data); !(e <= 1e-15*float64(n)) {
				t.Errorf("n = %d, rates %v: A differs by %.3g", n, rates, e)
			}
		}
	}
}

// Theorem 2's layers: ‖B_i‖₂ ≤ L^{1/p} in both forms.
func TestLipschitzLayerDraws(t *testing.T) {
	var worst float64
	for seed := range draws(t) {
		rng := rand.New(rand.NewPCG(uint64(seed), 2))
		c := dynamics.NonlinearConfig{Kind: dynamics.KindLipschitz, Lipschitz: math.Pow(10, 4*rng.Float64()-2), PaperForm: seed%2 == 0, Start: param.Start{LastScale: math.Pow(10, 2*rng.Float64()-1)}}
		for range rng.IntN(3) {
			c.Hidden = append(c.Hidden, 1+rng.IntN(9))
		}
		f, err := c.Form(1 + rng.IntN(7))
		if err != nil {
			t.Fatal(err)
		}
		layerBound := math.Pow(c.Lipschitz, 1/float64(len(c.Hidden)+1))
		p := param.NewParams(uint64(seed), f.Parameters)
		floats.Scale(math.Pow(10, 3*rng.Float64()-1), p.Flat)
		layers := f.Bounds(p).Layers
		if len(layers) != len(c.Hidden)+1 {
			t.Fatalf("seed %d: got %d layers, want %d", seed, len(layers), len(c.Hidden)+1)
		}
		for i, b := range layers {
			var svd mat.SVD
			if !svd.Factorize(b, mat.SVDNone) {
				t.Fatalf("seed %d: the SVD of layer %d did not converge", seed, i)
			}
			norm := svd.Values(nil)[0]
			excess := norm/layerBound - 1
			worst = max(worst, excess)
			// Products and sums of up to 9 numbers, and the SVD's own.
			if !(excess <= 32*0x1p-52) {
				t.Errorf("seed %d: layer %d of %+v has ‖B‖₂ = %.17g, want ≤ %.17g", seed, i, c, norm, layerBound)
			}
		}
	}
	t.Logf("worst ‖B_i‖₂/L^{1/p} − 1 is %.3g", worst)
}

// evaluator compiles g of a model for a batch, and its derivative along w, the
// gradient of Σ w_r·g(u_r) by u.
type evaluator struct {
	dynamics.Nonlinear
	program       *graph.Program
	u, w, y, grad graph.Buffer
}

func newEvaluator(t *testing.T, m *model.Model, batch int) *evaluator {
	t.Helper()
	n := m.Config().LatentDim()
	form, err := m.Config().Nonlinear.Form(n)
	if err != nil {
		t.Fatal(err)
	}
	g := m.Graph()
	u, ud := g.Input("u", batch, n)
	w, wd := g.Input("w", batch, n)
	f, err := form.Build(g)
	if err != nil {
		t.Fatal(err)
	}
	y, err := f(u)
	if err != nil {
		t.Fatal(err)
	}
	grads, err := G.Backpropagate(G.Nodes{y}, G.Nodes{w}, G.Nodes{u})
	if err != nil {
		t.Fatal(err)
	}
	p, err := graph.Compile(y, grads[0])
	if err != nil {
		t.Fatal(err)
	}
	return &evaluator{form, p, ud, wd, p.Data(y), p.Data(grads[0])}
}

func (e *evaluator) run(t *testing.T, u, w []float64) (y, grad []float64) {
	t.Helper()
	y, grad = make([]float64, len(u)), make([]float64, len(u))
	e.u.Set(0, u)
	e.w.Set(0, w)
	if err := e.program.Run(); err != nil {
		t.Fatal(err)
	}
	e.y.Get(y)
	e.grad.Get(grad)
	return y, grad
}

// ‖g(a) − g(b)‖ ≤ L‖a − b‖ on pairs far and near, 2L with the linear part
// removed, through the graph; and the value of ‖g‖ ≤ √n where it is claimed.
func TestLipschitzQuotientDraws(t *testing.T) {
	const pairs = 50
	var worst float64
	for k := range draws(t) / pairs {
		rng := rand.New(rand.NewPCG(uint64(k), 3))
		cfg := model.DefaultConfig(1 + k%7)
		cfg.Seed = uint64(k)
		cfg.Nonlinear = dynamics.NonlinearConfig{
			Kind: dynamics.KindLipschitz, Lipschitz: math.Pow(10, 2*rng.Float64()-1), Start: param.Start{BiasSpread: 1},
			PaperForm: k&1 != 0, OutputActivation: k&2 != 0, SeparateLinear: k&4 != 0,
		}
		for range rng.IntN(3) {
			cfg.Nonlinear.Hidden = append(cfg.Nonlinear.Hidden, 1+rng.IntN(9))
		}
		m := modeltest.New(t, cfg)
		floats.Scale(math.Pow(10, 2*rng.Float64()), m.Params().Flat)
		e := newEvaluator(t, m, 2*pairs)
		bounds := e.Bounds(m.Params())
		lipschitz, size := bounds.Lipschitz, bounds.Size
		n := cfg.Dim
		u := make([]float64, 2*pairs*n)
		param.Normal(2)(rng, u)
		a, b := u[:pairs*n], u[pairs*n:]
		for r := range pairs {
			near := math.Pow(10, -5*rng.Float64())
			for i := r * n; i < (r+1)*n; i++ {
				b[i] = a[i] + near*(b[i]-a[i])
			}
		}
		y, _ := e.run(t, u, make([]float64, len(u)))
		for r := range pairs {
			at := func(x []float64) []float64 { return x[r*n : (r+1)*n] }
			ya, yb := at(y), at(y[pairs*n:])
			q := floats.Distance(ya, yb, 2) / floats.Distance(at(a), at(b), 2) / lipschitz
			worst = max(worst, q)
			// The nearest pairs differ by 1e-5, so rounding is 1e-10 of that.
			if !(q <= 1+1e-9) {
				t.Errorf("model %d, %+v: the quotient is %.17g of its bound %.3g", k, cfg.Nonlinear, q, lipschitz)
			}
			if !(floats.Norm(ya, 2) <= size*(1+1e-15)) {
				t.Errorf("model %d, %+v: ‖g‖ is %.17g, want ≤ %.17g", k, cfg.Nonlinear, floats.Norm(ya, 2), size)
			}
		}
	}
	t.Logf("largest quotient over its bound: %.3g", worst)
}

// The derivative at 0 vanishes: for the bilinear form exactly, and with the
// linear part removed to rounding, as g(0) does.
func TestNoLinearPartDraws(t *testing.T) {
	const batch = 20
	var worst float64
	for k := range draws(t) / batch {
		rng := rand.New(rand.NewPCG(uint64(k), 4))
		cfg := model.DefaultConfig(1 + k%7)
		cfg.Seed = uint64(k)
		bilinear := k%2 == 0
		if bilinear {
			cfg.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindBilinear, Rank: 1 + rng.IntN(4)}
		} else {
			cfg.Nonlinear.Hidden = nil
			for range 1 + rng.IntN(3) {
				cfg.Nonlinear.Hidden = append(cfg.Nonlinear.Hidden, 1+rng.IntN(9))
			}
			cfg.Nonlinear.Lipschitz = math.Pow(10, 2*rng.Float64()-1)
			cfg.Nonlinear.OutputActivation = k&2 != 0
			cfg.Nonlinear.PaperForm = k&4 != 0
		}
		m := modeltest.New(t, cfg)
		param.Normal(math.Pow(10, 2*rng.Float64()-1))(rng, m.Params().Flat)
		e := newEvaluator(t, m, batch)
		lipschitz := e.Bounds(m.Params()).Lipschitz
		u, w := make([]float64, batch*cfg.Dim), make([]float64, batch*cfg.Dim)
		param.Normal(1)(rng, w)
		y, grad := e.run(t, u, w)
		what := fmt.Sprintf("model %d, %+v", k, cfg.Nonlinear)
		if bilinear {
			b, _ := m.Params().Get("g/b")
			for i, v := range grad {
				if v != 0 || y[i] != b.Data[i%cfg.Dim] {
					t.Fatalf("%s: derivative at 0 along %v is %v, g(0) is %v, want 0 and b", what, w, grad, y)
				}
			}
			continue
		}
		for r := range batch {
			q := floats.Norm(grad[r*cfg.Dim:(r+1)*cfg.Dim], 2) / floats.Norm(w[r*cfg.Dim:(r+1)*cfg.Dim], 2) / lipschitz
			worst = max(worst, q)
			if !(q <= 1e-15) {
				t.Errorf("%s: ‖Dg(0)ᵀw‖/‖w‖ is %.3g of the Lipschitz bound", what, q)
			}
		}
		if floats.Norm(y, 2) != 0 {
			t.Errorf("%s: g(0) is %v, want 0", what, y)
		}
	}
	t.Logf("worst ‖Dg(0)‖/2L is %.3g", worst)
}
