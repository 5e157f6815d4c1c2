package step

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	G "gorgonia.org/gorgonia"

	"spnode/ops"
	"spnode/ops/opstest"
)

// The gradient of the nodes, in every form, to 1e-9 of its largest element.
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
			return Expmv(in[0], in[1], in[2], G.Must(ops.Row(in[3], 0)), 0)
		},
		"ladder": func(in G.Nodes) (*G.Node, error) {
			l, err := NewLadder(in[0], in[3], 1, 0)
			if err != nil {
				return nil, err
			}
			return l.Step(0, 1, in[1], Term{[]float64{1}, in[2]})
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
					{Name: "A", Shape: []int{c.N, c.N}, Data: slices.Concat(c.A...)},
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
				for i, want := range [][]float64{slices.Concat(c.GradA...), c.GradU, c.GradG, {c.GradDt}} {
					v, err := nodes[i].Grad()
					if err != nil {
						t.Fatal(err)
					}
					got := opstest.Elements(v)
					e := opstest.RelError(got, want)
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
