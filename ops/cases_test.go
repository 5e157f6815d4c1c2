package ops

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"spnode/ops/kernel"
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

// relError is the error of got in the 2-norm, relative to want unless that is
// 0 or so small that it was written as 0.
func relError(got, want []float64) float64 {
	e := floats.Distance(got, want, 2)
	if n := floats.Norm(want, 2); n > 0 {
		return e / n
	}
	if e < 1e-300 {
		return 0
	}
	return e
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
			t.Run(form+"/"+c.Name, func(t *testing.T) {
				got, err := f(c)
				if err != nil {
					t.Fatal(err)
				}
				for k, want := range [][]float64{c.Expm, c.Phi1, c.Phi2, c.Phi3, c.Phi4} {
					e := relError(got[k], want) / (c.condition() * unitRoundoff)
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

// The matrix-free form also where ExpmvTo would not choose it, up to a million
// products.
func TestExpmvMatrixFreeCases(t *testing.T) {
	var file struct{ Cases []expmvCase }
	opstest.LoadCases(t, "expmv.json", &file)
	var worst float64
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			if m, s := kernel.TaylorSteps(c.Norm, unitRoundoff, kernel.MaxDegree); float64(m)*s > 1e6 {
				return // 1e13 products would take years; TestExpmvCases has the form that is taken
			}
			k := kernel.NewExpmv[float64](c.N, 0, unitRoundoff)
			k.Form = kernel.MatrixFree
			y := make([]float64, c.N)
			k.ForwardTo(y, denseOf(c.A).RawMatrix().Data, []float64{c.T}, c.B)
			e := relError(y, c.Expm) / (c.condition() * unitRoundoff)
			if !(e <= 100) {
				t.Errorf("error is %.3g·condition·2⁻⁵³ (condition %.3g), got %v, want %v", e, c.condition(), y, c.Expm)
			}
			worst = max(worst, e)
		})
	}
	t.Logf("worst error %.3g·condition·2⁻⁵³", worst)
}

// The matrices of expmv_structured.json, which gives them by rule.
func structured(name string, n int) *mat.Dense {
	a := mat.NewDense(n, n, nil)
	switch {
	case strings.HasPrefix(name, "minus_poisson"):
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
	case strings.HasPrefix(name, "laplacian"):
		f := float64((n + 1) * (n + 1))
		for i := range n {
			a.Set(i, i, -2*f)
			if i > 0 {
				a.Set(i, i-1, f)
				a.Set(i-1, i, f)
			}
		}
	case strings.HasPrefix(name, "ks_linear"):
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

// structuredCase is a case of expmv_structured.json.
type structuredCase struct {
	Name string
	N    int
	T    float64
	B    []float64 `json:"b_values"`
	Expm []float64 `json:"expm_b"`
}

// start returns the vector of the case.
func (c structuredCase) start() []float64 {
	if c.B != nil {
		return c.B
	}
	return floats.Span(make([]float64, c.N), -1, 1)
}

// The matrices are symmetric, so the condition number is about 1 + ‖tA‖; the
// KS operator is itself rounded to 64·2⁻⁵³ when it is formed here.
func TestExpmvStructuredCases(t *testing.T) {
	var file struct{ Cases []structuredCase }
	opstest.LoadCases(t, "expmv_structured.json", &file)
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			a := structured(c.Name, c.N)
			if a == nil {
				t.Fatalf("no rule for the matrix %s", c.Name)
			}
			norm := mat.Norm(a, 1) * c.T
			var y mat.Dense
			if err := ExpmvTo(&y, a, c.T, mat.NewDense(1, c.N, c.start()), 0); err != nil {
				t.Fatal(err)
			}
			e := relError(y.RawRowView(0), c.Expm) / ((1 + norm) * unitRoundoff)
			m, s := kernel.TaylorSteps(norm, unitRoundoff, kernel.MaxDegree)
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
				e := relError([]float64{phi[k].At(0, 0)}, []float64{want}) / ((1 + math.Abs(z)) * unitRoundoff)
				worst = max(worst, e)
				if !(e <= 10) {
					t.Errorf("φ_%d(%g) = %.17g, want %.17g, error %.3g·(1+|z|)·2⁻⁵³", k, z, phi[k].At(0, 0), want, e)
				}
			}
		})
	}
	t.Logf("worst error %.3g·(1+|z|)·2⁻⁵³", worst)
}

// The gradient of the nodes, in both forms, to 1e-9 of its largest element.
func TestETD1GradCases(t *testing.T) {
	var file struct {
		Cases []struct {
			Name   string
			N      int
			Dt     float64
			A      [][]float64
			U      []float64
			G      []float64
			W      []float64
			Y      []float64
			Value  float64
			GradA  [][]float64 `json:"grad_A"`
			GradU  []float64   `json:"grad_u"`
			GradG  []float64   `json:"grad_g"`
			GradDt float64     `json:"grad_dt"`
		}
	}
	opstest.LoadCases(t, "etd1_grad.json", &file)
	forms := map[string]func(in G.Nodes) (*G.Node, error){
		"expmv": func(in G.Nodes) (*G.Node, error) {
			return Expmv(in[0], in[1], in[2], G.Must(Row(in[3], 0)), 0)
		},
		"propagator": func(in G.Nodes) (*G.Node, error) {
			p, err := Propagators(in[0], in[3], 1, 0)
			if err != nil {
				return nil, err
			}
			return Propagate(p, 0, in[1], Term{[]float64{1}, in[2]})
		},
	}
	for form, f := range forms {
		var worst float64
		for _, c := range file.Cases {
			t.Run(form+"/"+c.Name, func(t *testing.T) {
				inputs := []opstest.Input{
					{Name: "A", Shape: []int{c.N, c.N}, Data: denseOf(c.A).RawMatrix().Data},
					{Name: "u", Shape: []int{1, c.N}, Data: c.U},
					{Name: "g", Shape: []int{1, c.N}, Data: c.G},
					{Name: "dt", Shape: []int{1, 1}, Data: []float64{c.Dt}},
				}
				g := G.NewGraph()
				var nodes G.Nodes
				for _, in := range inputs {
					nodes = append(nodes, in.Node(g))
				}
				w := opstest.Input{Name: "w", Shape: []int{1, c.N}, Data: c.W}.Node(g)
				value := G.Must(G.Sum(G.Must(G.HadamardProd(G.Must(f(nodes)), w))))
				if _, err := G.Grad(value, nodes...); err != nil {
					t.Fatal(err)
				}
				vm := G.NewTapeMachine(g, G.BindDualValues(nodes...))
				defer vm.Close()
				if err := vm.RunAll(); err != nil {
					t.Fatal(err)
				}
				if e := math.Abs(value.Value().Data().(float64)-c.Value) / floats.Norm(c.Y, 2); e > 1e-9 {
					t.Errorf("value %.17g, want %.17g", value.Value().Data(), c.Value)
				}
				for i, want := range [][]float64{denseOf(c.GradA).RawMatrix().Data, c.GradU, c.GradG, {c.GradDt}} {
					v, err := nodes[i].Grad()
					if err != nil {
						t.Fatal(err)
					}
					got, err := elements[float64](v)
					if err != nil {
						t.Fatal(err)
					}
					e := relError(got, want)
					worst = max(worst, e)
					if !(e <= 1e-9) {
						t.Errorf("gradient by %s has relative error %.3g: got %v, want %v", inputs[i].Name, e, got, want)
					}
				}
			})
		}
		t.Logf("%s: worst relative error of a gradient %.3g", form, worst)
	}
}

// θ_m as computed against the published table, to the digits of which more
// than the first term of the series takes part.
func TestThetaCases(t *testing.T) {
	f, err := os.Open(opstest.CasesFile("theta_m.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		cells := strings.Split(lines.Text(), ",")
		m, err := strconv.Atoi(cells[0])
		if err != nil {
			continue // header
		}
		for i, tol := range []float64{0x1p-53, 0x1p-24} {
			if len(cells) <= i+1 || cells[i+1] == "" {
				continue
			}
			t.Run(fmt.Sprintf("m=%d/tol=%g", m, tol), func(t *testing.T) {
				want, err := strconv.ParseFloat(cells[i+1], 64)
				if err != nil {
					t.Fatal(err)
				}
				if got := kernel.Theta(m, tol); math.Abs(got-want) > 1e-6*want {
					t.Errorf("θ_%d = %.10g, want %.10g", m, got, want)
				}
			})
		}
	}
}
