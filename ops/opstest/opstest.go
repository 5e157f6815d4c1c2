// Package opstest checks gradients of Gorgonia expressions against finite
// differences, and finds the files of reference cases.
package opstest

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/floats"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Input is a named input of an expression.
type Input struct {
	Name  string
	Shape []int
	Data  []float64
	Const bool    // no gradient passes to it
	Step  float64 // of the differences, over the rms of the input; 0: 3e-3
}

// Normal returns an input of independent N(0, scale²) elements.
func Normal(rng *rand.Rand, name string, scale float64, shape ...int) Input {
	in := Input{Name: name, Shape: shape, Data: Normals[float64](rng, tensor.Shape(shape).TotalSize())}
	for i := range in.Data {
		in.Data[i] *= scale
	}
	return in
}

// Normals returns n independent N(0, 1) numbers.
func Normals[T float32 | float64](rng *rand.Rand, n int) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = T(rng.NormFloat64())
	}
	return x
}

// Node makes the input a node of g over in.Data itself.
func (in Input) Node(g *G.ExprGraph) *G.Node {
	return G.NewTensor(g, tensor.Float64, len(in.Shape), G.WithShape(in.Shape...), G.WithName(in.Name),
		G.WithValue(tensor.New(tensor.WithShape(in.Shape...), tensor.WithBacking(in.Data))))
}

// central is the six-point central difference. With a step of 3e-3 of an
// element's scale its truncation is near 1e-16 of the derivative, where that
// of the two-point formula is 1e-6; the rounding of either is 1e-16 over the
// step.
var central = fd.Formula{
	Stencil: []fd.Point{
		{Loc: -3, Coeff: -1. / 60}, {Loc: -2, Coeff: 9. / 60}, {Loc: -1, Coeff: -45. / 60},
		{Loc: 1, Coeff: 45. / 60}, {Loc: 2, Coeff: -9. / 60}, {Loc: 3, Coeff: 1. / 60},
	},
	Derivative: 1,
	Step:       3e-3,
}

// maxElements is how many elements of an input are differenced, drawn at
// random if it has more; a derivative along a random direction of all elements
// joins them.
const maxElements = 6

// Sizes calls f for seeded random draws of every size that the ops must take.
func Sizes(f func(rng *rand.Rand, n, batch int)) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 3, 7, 20} {
		for _, batch := range []int{1, 2, 5} {
			if n == 20 && Thin() {
				continue
			}
			f(rng, n, batch)
		}
	}
}

// GradError builds y = f(inputs), takes a fixed random linear functional of y
// (y itself if it is a scalar), and compares its symbolic gradient with central
// differences, over all inputs that are not constant. It returns the largest
// difference relative to the largest element of that input's gradient, or to
// 1e7·2⁻⁴⁷|functional|/step where that is larger: below it the rounding of the
// differences hides the seventh digit.
func GradError(f func(in G.Nodes) (*G.Node, error), inputs ...Input) (worst float64, where string, err error) {
	rng := rand.New(rand.NewPCG(7, 7))
	g := G.NewGraph()
	var nodes, wrt G.Nodes
	for _, in := range inputs {
		n := in.Node(g)
		nodes = append(nodes, n)
		if !in.Const {
			wrt = append(wrt, n)
		}
	}
	cost, err := f(nodes)
	if err != nil {
		return 0, "", err
	}
	y, w := cost, []float64{1}
	if !y.IsScalar() {
		functional := Normal(rng, "functional", 1, y.Shape()...)
		w = functional.Data
		if cost, err = G.HadamardProd(y, functional.Node(g)); err != nil {
			return 0, "", err
		}
		if cost, err = G.Sum(cost); err != nil {
			return 0, "", err
		}
	}
	if _, err := G.Grad(cost, wrt...); err != nil {
		return 0, "", err
	}
	var value G.Value
	G.Read(y, &value)
	vm := G.NewTapeMachine(g, G.BindDualValues(wrt...))
	defer vm.Close()
	var runErr error
	run := func() float64 {
		vm.Reset()
		if err := vm.RunAll(); err != nil && runErr == nil {
			runErr = err
		}
		return cost.Value().Data().(float64)
	}
	run()
	if runErr != nil {
		return 0, "", runErr
	}
	var size float64 // of the functional, before cancellation
	for i, v := range Elements(value) {
		size += math.Abs(w[i] * v)
	}
	grads := make([][]float64, len(wrt))
	for i, n := range wrt {
		v, err := n.Grad()
		if err != nil {
			return 0, "", err
		}
		grads[i] = append([]float64(nil), Elements(v)...)
	}
	k := 0
	for _, in := range inputs {
		if in.Const {
			continue
		}
		e := difference(rng, in, grads[k], size, run)
		if !(e <= worst) {
			worst, where = e, in.Name
		}
		k++
	}
	return worst, where, runErr
}

// difference is GradError for one input.
func difference(rng *rand.Rand, in Input, grad []float64, size float64, run func() float64) (worst float64) {
	x := append([]float64(nil), in.Data...)
	var rms, top float64
	for i, v := range x {
		rms += v * v / float64(len(x))
		top = max(top, math.Abs(grad[i]))
	}
	formula := central
	if in.Step != 0 {
		formula.Step = in.Step
	}
	if rms > 0 {
		formula.Step *= math.Sqrt(rms)
	}
	along := func(d []float64) {
		got := fd.Derivative(func(s float64) float64 {
			for i, v := range x {
				in.Data[i] = v + s*d[i]
			}
			return run()
		}, 0, &fd.Settings{Formula: formula})
		copy(in.Data, x)
		var want float64
		for i, v := range d {
			want += v * grad[i]
		}
		e := math.Abs(got-want) / max(top, 1e7*0x1p-47*size/formula.Step)
		if !(e <= worst) {
			worst = e
		}
	}
	d := Normal(rng, "", 1/math.Sqrt(float64(len(x))), len(x)).Data
	along(d)
	for k, i := range rng.Perm(len(x)) {
		if k == maxElements {
			break
		}
		clear(d)
		d[i] = 1
		along(d)
	}
	return worst
}

// Elements are those of a value in float64.
func Elements(v G.Value) []float64 {
	if d, ok := v.Data().([]float64); ok {
		return d
	}
	return []float64{v.Data().(float64)}
}

// CheckGrad fails the test where GradError is above tol, and returns it.
func CheckGrad(t testing.TB, tol float64, f func(in G.Nodes) (*G.Node, error), inputs ...Input) float64 {
	t.Helper()
	worst, where, err := GradError(f, inputs...)
	if err != nil {
		t.Fatal(err)
	}
	if !(worst <= tol) {
		t.Errorf("gradient by %s differs from central differences by %.2g of its largest element, want ≤ %g", where, worst, tol)
	}
	return worst
}

// Eval builds y = f(inputs) and returns its elements.
func Eval(f func(in G.Nodes) (*G.Node, error), inputs ...Input) ([]float64, error) {
	g := G.NewGraph()
	var nodes G.Nodes
	for _, in := range inputs {
		nodes = append(nodes, in.Node(g))
	}
	y, err := f(nodes)
	if err != nil {
		return nil, err
	}
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		return nil, err
	}
	return append([]float64(nil), Elements(y.Value())...), nil
}

// RelError is the error of got in the 2-norm, relative to want unless that is
// 0 or so small that it was written as 0.
func RelError(got, want []float64) float64 {
	e := floats.Distance(got, want, 2)
	if n := floats.Norm(want, 2); n > 0 {
		return e / n
	}
	if e < 1e-300 {
		return 0
	}
	return e
}

// CasesFile returns the path of a file of reference cases: in the folder that
// SPNODE_CASES names if it is set, else below testdata, or beside it with a name
// that leads there.
func CasesFile(name string) string {
	if dir := os.Getenv("SPNODE_CASES"); dir != "" {
		return filepath.Join(dir, filepath.Base(name))
	}
	return filepath.Join("testdata", name)
}

// LoadCases reads a JSON file of reference cases.
func LoadCases(t testing.TB, name string, into any) {
	t.Helper()
	b, err := os.ReadFile(CasesFile(name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", CasesFile(name), err)
	}
}
