package expm

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"spnode/ops/kernel/funm"
	"spnode/ops/opstest"
)

const unitRoundoff = 0x1p-53

type expmvCase struct {
	Name      string
	N         int
	T         float64
	Tags      []string
	Norm      float64  `json:"norm1_tA"`
	Condition *float64 `json:"condition_number"`
	A         [][]float64
	B         []float64
	Expm      []float64 `json:"expm_b"`
	Phi1      []float64 `json:"phi1_b"`
	Phi2      []float64 `json:"phi2_b"`
	Phi3      []float64 `json:"phi3_b"`
	Phi4      []float64 `json:"phi4_b"`
}

// condition of the case; where the file has none it is that of a normal
// matrix, 1 + ‖tA‖.
func (c expmvCase) condition() float64 {
	if c.Condition != nil {
		return *c.Condition
	}
	return 1 + c.Norm
}

func denseOf(a [][]float64) *mat.Dense {
	m := mat.NewDense(len(a), len(a[0]), nil)
	for i, r := range a {
		m.SetRow(i, r)
	}
	return m
}

// exponentials evaluates e^{tA}b and φ_k(tA)b, k ≤ 4, in the forms there are.
var exponentials = map[string]func(c expmvCase) ([][]float64, error){
	// What ExpmvTo chooses by itself.
	"expmv": func(c expmvCase) ([][]float64, error) {
		a, b := denseOf(c.A), mat.NewDense(1, c.N, c.B)
		zero := mat.NewDense(1, c.N, nil)
		var all [][]float64
		for k := 0; k <= 4; k++ {
			var y mat.Dense
			u, w := zero, make([]mat.Matrix, k)
			for j := range w {
				w[j] = zero
			}
			if k == 0 {
				u = b
			} else {
				w[k-1] = b
			}
			if err := ExpmvTo(&y, a, c.T, u, 0, w...); err != nil {
				return nil, err
			}
			y.Scale(math.Pow(c.T, float64(-k)), &y)
			all = append(all, y.RawRowView(0))
		}
		return all, nil
	},
	"ladder": func(c expmvCase) ([][]float64, error) {
		k := funm.NewLadder[float64](c.N, 4, unitRoundoff)
		if !k.Make(denseOf(c.A).RawMatrix().Data, c.T) {
			return nil, errors.New("too few levels")
		}
		zero := make([]float64, c.N)
		var all [][]float64
		for j := 0; j <= 4; j++ {
			y, u, v := make([]float64, c.N), zero, [][]float64{zero, zero, zero, zero}
			if j == 0 {
				u = c.B
			} else {
				v[j-1] = c.B
			}
			k.StepTo(y, []float64{c.T}, u, v[:j]...)
			if j > 0 {
				floats.Scale(1/c.T, y)
			}
			all = append(all, y)
		}
		return all, nil
	},
	"propagator": func(c expmvCase) ([][]float64, error) {
		phi, err := Phi(denseOf(c.A), c.T, 4, 0)
		if err != nil {
			return nil, err
		}
		var all [][]float64
		for _, p := range phi {
			var y mat.VecDense
			y.MulVec(p, mat.NewVecDense(c.N, c.B))
			all = append(all, y.RawVector().Data)
		}
		return all, nil
	},
}

// The bound is 100·condition·2⁻⁵³; the constant reached is logged. The φ_k are
// better conditioned than e^{tA}, and held to the same bound.
func TestExpmvCases(t *testing.T) {
	var file struct{ Cases []expmvCase }
	opstest.LoadCases(t, "expmv.json", &file)
	for form, f := range exponentials {
		var worst float64
		var where string
		for _, c := range file.Cases {
			if c.T == 0 { // t^k φ_k(tA)b says nothing of φ_k there: the same argument, at t = 1
				for i := range c.A {
					clear(c.A[i])
				}
				c.T = 1
			}
			t.Run(form+"/"+c.Name, func(t *testing.T) {
				got, err := f(c)
				if err != nil {
					t.Fatal(err)
				}
				for k, want := range [][]float64{c.Expm, c.Phi1, c.Phi2, c.Phi3, c.Phi4} {
					e := opstest.RelError(got[k], want) / (c.condition() * unitRoundoff)
					if !(e <= 100) {
						t.Errorf("φ_%d: error is %.3g·condition·2⁻⁵³ (condition %.3g), got %v, want %v", k, e, c.condition(), got[k], want)
					}
					if e > worst {
						worst, where = e, fmt.Sprintf("φ_%d of %s", k, c.Name)
					}
				}
			})
		}
		t.Logf("%s: worst error %.3g·condition·2⁻⁵³ (%s)", form, worst, where)
	}
}

// The matrices of expmv_structured.json, which gives them by rule: that of its text,
// or its name.
func structured(name, rule string, n int) *mat.Dense {
	a := mat.NewDense(n, n, nil)
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(name, w) || strings.Contains(rule, w) })
	}
	switch {
	case has("poisson", "gr_30_30"): // five points of a square grid, times −1
		k := int(math.Round(math.Sqrt(float64(n))))
		for i := range n {
			a.Set(i, i, -4)
			for _, j := range []int{i - k, i + k} {
				if j >= 0 && j < n {
					a.Set(i, j, 1)
				}
			}
			if i%k > 0 {
				a.Set(i, i-1, 1)
				a.Set(i-1, i, 1)
			}
		}
	case has("orthog"): // MATLAB's gallery(orthog, n), the eigenvectors of a second difference
		sign := 1.
		if strings.HasPrefix(name, "minus") || regexp.MustCompile(`=\s*[-−]`).MatchString(rule) {
			sign = -1
		}
		for i := range n {
			for j := range n {
				k := (i + 1) * (j + 1) % (2 * (n + 1)) // where sine is not rounded for large arguments
				a.Set(i, j, sign*math.Sqrt(2/float64(n+1))*math.Sin(float64(k)*math.Pi/float64(n+1)))
			}
		}
	case has("laplacian", "tridiag(1,-2,1)"):
		f := float64((n + 1) * (n + 1))
		for i := range n {
			a.Set(i, i, -2*f)
			if i > 0 {
				a.Set(i, i-1, f)
				a.Set(i-1, i, f)
			}
		}
	case has("ks_linear", "q^2-q^4"):
		for i := range n {
			for j := range n {
				var s float64
				for k := -n/2 + 1; k <= n/2; k++ {
					q := 2 * math.Pi * float64(k) / 22
					s += (q*q - q*q*q*q) * math.Cos(2*math.Pi*float64(k*(i-j)%n)/float64(n)) / float64(n)
				}
				a.Set(i, j, s)
			}
		}
	default:
		return nil
	}
	return a
}

// The rules that only other files of cases have, by what the matrices must be.
func TestStructured(t *testing.T) {
	// A reflection: symmetric, and its own inverse.
	q := structured("orthog100", "A = gallery(orthog,100)", 100)
	var square mat.Dense
	square.Mul(q, q)
	for i := range 100 {
		for j := range 100 {
			want := 0.
			if i == j {
				want = 1
			}
			if d := math.Abs(square.At(i, j) - want); d > 1e-14 || q.At(i, j) != q.At(j, i) {
				t.Fatalf("Q² differs from 1 by %g at %d, %d", d, i, j)
			}
		}
	}
	// Eigenvalues −4 + 2 cos + 2 cos: the product with a sine in both directions.
	const k = 30
	a := structured("minus_gr_30_30", "", k*k)
	u := mat.NewVecDense(k*k, nil)
	for i := range k * k {
		u.SetVec(i, math.Sin(math.Pi*float64(i/k+1)/(k+1))*math.Sin(2*math.Pi*float64(i%k+1)/(k+1)))
	}
	var y mat.VecDense
	y.MulVec(a, u)
	y.AddScaledVec(&y, -(-4 + 2*math.Cos(math.Pi/(k+1)) + 2*math.Cos(2*math.Pi/(k+1))), u)
	if e := mat.Norm(&y, math.Inf(1)); e > 1e-14 {
		t.Errorf("the five-point matrix misses an eigenvector by %g", e)
	}
}

// structuredCase is a case of expmv_structured.json.
type structuredCase struct {
	Name string
	N    int
	T    float64
	B    []float64 `json:"b_values"`
	Expm []float64 `json:"expm_b"`
	A    any       // the rule in words
	Rule string    `json:"b"`
}

// start returns the vector of the case: by its values, or the rule in words.
func (c structuredCase) start(t testing.TB) []float64 {
	b := make([]float64, c.N)
	switch {
	case c.B != nil:
		return c.B
	case strings.Contains(c.Rule, "linspace(-1,1"), c.Rule == "":
		return floats.Span(b, -1, 1)
	case strings.Contains(c.Rule, "ones"):
		floats.AddConst(1, b)
	case strings.Contains(c.Rule, "cos(1:"):
		for i := range b {
			b[i] = math.Cos(float64(i + 1))
		}
	default:
		t.Fatalf("no rule for the vector %s", c.Rule)
	}
	return b
}

// The matrices are symmetric, so the condition number is about 1 + ‖tA‖; the
// KS operator is itself rounded to 64·2⁻⁵³ when it is formed here.
func TestExpmvStructuredCases(t *testing.T) {
	var file struct{ Cases []structuredCase }
	opstest.LoadCases(t, "expmv_structured.json", &file)
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			a := structured(c.Name, fmt.Sprint(c.A), c.N)
			if a == nil {
				t.Fatalf("no rule for the matrix %s, %v", c.Name, c.A)
			}
			norm := mat.Norm(a, 1) * c.T
			var y mat.Dense
			if err := ExpmvTo(&y, a, c.T, mat.NewDense(1, c.N, c.start(t)), 0); err != nil {
				t.Fatal(err)
			}
			e := opstest.RelError(y.RawRowView(0), c.Expm) / ((1 + norm) * unitRoundoff)
			m, s := funm.TaylorSteps(norm, unitRoundoff, funm.MaxDegree)
			t.Logf("‖tA‖ = %.4g: error %.3g·(1+‖tA‖)·2⁻⁵³; matrix-free takes at most %g products", norm, e, s*float64(m))
			if !(e <= 100) {
				t.Errorf("error is %.3g·(1+‖tA‖)·2⁻⁵³, want ≤ 100", e)
			}
		})
	}
}

// φ_k is wanted to a small multiple of the rounding of its argument,
// |zφ_k'(z)/φ_k(z)| ≤ 1 + |z|.
func TestPhiScalarCases(t *testing.T) {
	var file struct{ Rows [][]float64 }
	opstest.LoadCases(t, "phi_scalar.json", &file)
	var worst float64
	for _, row := range file.Rows {
		z := row[0]
		t.Run(fmt.Sprint(z), func(t *testing.T) {
			phi, err := Phi(mat.NewDense(1, 1, []float64{z}), 1, len(row)-2, 0)
			if err != nil {
				t.Fatal(err)
			}
			for k, want := range row[1:] {
				e := opstest.RelError([]float64{phi[k].At(0, 0)}, []float64{want}) / ((1 + math.Abs(z)) * unitRoundoff)
				worst = max(worst, e)
				if !(e <= 10) {
					t.Errorf("φ_%d(%g) = %.17g, want %.17g, error %.3g·(1+|z|)·2⁻⁵³", k, z, phi[k].At(0, 0), want, e)
				}
			}
		})
	}
	t.Logf("worst error %.3g·(1+|z|)·2⁻⁵³", worst)
}
