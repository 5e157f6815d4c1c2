package integrator

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops"
	"spnode/ops/opstest"
)

// rollout integrates p by the method and returns the states at the ends of the
// grid, each as batch·n elements.
func rollout(m Method, p problem, u0, steps opstest.Input, substeps int) ([][]float64, error) {
	n := u0.Shape[1]
	all, err := opstest.Eval(func(in G.Nodes) (*G.Node, error) {
		states, err := Rollout(m, p.system(in[0]), in[1], in[2], substeps)
		if err != nil {
			return nil, err
		}
		return ops.Stack(states...)
	}, p.input(n), u0, steps)
	if err != nil {
		return nil, err
	}
	return slices.Collect(slices.Chunk(all, len(u0.Data))), nil
}

func mustRollout(t *testing.T, m Method, p problem, u0, steps opstest.Input, substeps int) [][]float64 {
	t.Helper()
	states, err := rollout(m, p, u0, steps, substeps)
	if err != nil {
		t.Fatal(err)
	}
	if want := steps.Shape[0] + 1; len(states) != want {
		t.Fatalf("got %d states, want %d", len(states), want)
	}
	return states
}

func state(batch, n int, data ...float64) opstest.Input {
	return opstest.Input{Name: "u0", Shape: []int{batch, n}, Data: slices.Clone(data)}
}

// grid is a grid of steps that the batch shares.
func grid(h ...float64) opstest.Input { return grids(1, h...) }

// grids has width steps for each interval.
func grids(width int, h ...float64) opstest.Input {
	return opstest.Input{Name: "steps", Shape: []int{len(h) / width, width}, Data: slices.Clone(h)}
}

// maxNorm returns the largest |x_i|, NaN if there is one.
func maxNorm(x []float64) float64 {
	var m float64
	for _, v := range x {
		m = max(m, math.Abs(v))
	}
	return m
}

// distance is the max norm of a − b.
func distance(a, b []float64) float64 {
	d := make([]float64, len(a))
	for i := range a {
		d[i] = a[i] - b[i]
	}
	return maxNorm(d)
}

func eachMethod(t *testing.T, f func(t *testing.T, m Method)) {
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			m, err := ByName(name)
			if err != nil {
				t.Fatal(err)
			}
			f(t, m)
		})
	}
}

// bump is the paper's transient example with ε = 1, without its linear part.
func bump(t *testing.T) problem {
	t.Helper()
	p, err := parseProblem("u1'=-2u1+10u2+sin(u1), u2'=-2u2+sin(u2)", 2)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestByName(t *testing.T) {
	orders := map[string]int{"etd1": 1, "etd2rk": 2, "etdrk4": 4, "imex": 1, "euler": 1, "rk4": 4}
	names := Names()
	if len(names) != len(orders) || !slices.IsSorted(names) {
		t.Errorf("Names() = %v, want the %d methods in alphabetical order", names, len(orders))
	}
	for name, order := range orders {
		m, err := ByName(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if m.Name() != name || m.Order() != order {
			t.Errorf("ByName(%q) is %s of order %d, want order %d", name, m.Name(), m.Order(), order)
		}
	}
	for _, name := range []string{"", "ETD1", "leapfrog"} {
		m, err := ByName(name)
		if m != nil || !errors.Is(err, ErrUnknown) {
			t.Errorf("ByName(%q) = %v, %v, want ErrUnknown", name, m, err)
			continue
		}
		for _, want := range append(names, fmt.Sprintf("%q", name)) {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("ByName(%q): the error %q lacks %s", name, err, want)
			}
		}
	}
}

// One step after the other, each as a rollout of its own from the numbers that
// the one before left, makes the same bits.
func TestRolloutComposes(t *testing.T) {
	p := bump(t)
	u0 := state(3, 2, 1, 1, -0.5, 0.25, 0.125, -3)
	for _, width := range []int{1, 3} {
		h := []float64{0.01, 0.1, 0.03, 0.2, 0.05, 0.02, 0.07, 0.11, 0.13, 0.04, 0.06, 0.08}
		eachMethod(t, func(t *testing.T, m Method) {
			all := mustRollout(t, m, p, u0, grids(width, h...), 1)
			if !slices.Equal(all[0], u0.Data) {
				t.Fatalf("the first state is %v, want u0 = %v", all[0], u0.Data)
			}
			for k := range len(all) - 1 {
				one := mustRollout(t, m, p, state(3, 2, all[k]...), grids(width, h[k*width:(k+1)*width]...), 1)
				if !slices.Equal(one[1], all[k+1]) {
					t.Errorf("width %d, interval %d: the step alone gives %v, in the rollout %v", width, k, one[1], all[k+1])
				}
				if slices.Equal(all[k], all[k+1]) {
					t.Errorf("width %d, interval %d: nothing moved", width, k)
				}
			}
		})
	}
}

// Substeps = k is the grid with every step divided into k, bit for bit. A step
// is multiplied by 1/k, which for k = 3 and 5 rounds twice, so that is what is
// done here too.
func TestSubsteps(t *testing.T) {
	p := bump(t)
	u0 := state(2, 2, 1, 1, -0.5, 0.25)
	h := []float64{0.1, 0.3, 0.25, 0.05, 0.2, 0.15}
	for _, width := range []int{1, 2} {
		for _, k := range []int{1, 2, 3, 5} {
			var fine []float64
			for interval := range slices.Chunk(h, width) {
				for range k {
					for _, v := range interval {
						fine = append(fine, v*(1/float64(k)))
					}
				}
			}
			eachMethod(t, func(t *testing.T, m Method) {
				got := mustRollout(t, m, p, u0, grids(width, h...), k)
				want := mustRollout(t, m, p, u0, grids(width, fine...), 1)
				for i := range got {
					if !slices.Equal(got[i], want[i*k]) {
						t.Errorf("width %d, %d substeps: state %d is %v, want %v", width, k, i, got[i], want[i*k])
					}
				}
			})
		}
	}
}

// Every trajectory of a batch with steps of its own is what it is alone. Etd1
// has another form for one trajectory than for steps of their own, which agree
// to rounding: 1e-13 is 1000 units of it.
func TestTrajectoriesAreIndependent(t *testing.T) {
	const batch, n, intervals, tol = 4, 2, 3, 1e-13
	p := bump(t)
	rng := rand.New(rand.NewPCG(5, 6))
	u0 := opstest.Normal(rng, "u0", 1, batch, n)
	steps := opstest.Normal(rng, "steps", 0, intervals, batch)
	for i := range steps.Data {
		steps.Data[i] = 0.02 + 0.2*rng.Float64()
	}
	eachMethod(t, func(t *testing.T, m Method) {
		all := mustRollout(t, m, p, u0, steps, 2)
		for r := range batch {
			var h []float64
			for k := range intervals {
				h = append(h, steps.Data[k*batch+r])
			}
			alone := mustRollout(t, m, p, state(1, n, u0.Data[r*n:(r+1)*n]...), grid(h...), 2)
			for k := range alone {
				got := all[k][r*n : (r+1)*n]
				if !(distance(got, alone[k]) <= tol*maxNorm(alone[k])) {
					t.Errorf("trajectory %d, state %d: %v in the batch, %v alone", r, k, got, alone[k])
				}
			}
		}
	})
}

// In float32 the methods give the float64 states to 1e-5, a hundred units of
// 2⁻²⁴, and a gradient by A of the same elements to 1e-4.
func TestFloat32(t *testing.T) {
	const batch, n = 3, 2
	rng := rand.New(rand.NewPCG(9, 9))
	u := opstest.Normal(rng, "u0", 1, batch, n)
	w := opstest.Normal(rng, "W", 1, n, n)
	h := []float64{0.1, 0.05, 0.2}
	evaluate := func(m Method, dt tensor.Dtype) (y, grad []float64) {
		g := G.NewGraph()
		node := func(name string, shape []int, x []float64) *G.Node {
			var backing any = slices.Clone(x)
			if dt == tensor.Float32 {
				s := make([]float32, len(x))
				for i, v := range x {
					s[i] = float32(v)
				}
				backing = s
			}
			return G.NewTensor(g, dt, len(shape), G.WithShape(shape...), G.WithName(name),
				G.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(backing))))
		}
		a, weights := node("A", []int{n, n}, []float64{-2, 10, 0, -2}), node("W", w.Shape, w.Data)
		s := System{A: a, G: func(u *G.Node) (*G.Node, error) { return ops.Dense(u, weights, nil, true) }}
		states, err := Rollout(m, s, node("u0", u.Shape, u.Data), node("steps", []int{len(h), 1}, h), 2)
		if err != nil {
			t.Fatal(err)
		}
		last := states[len(h)]
		if _, err := G.Grad(G.Must(G.Sum(last)), a); err != nil {
			t.Fatal(err)
		}
		var value G.Value
		G.Read(last, &value)
		vm := G.NewTapeMachine(g, G.BindDualValues(a))
		defer vm.Close()
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		da, err := a.Grad()
		if err != nil {
			t.Fatal(err)
		}
		list := func(v G.Value) (x []float64) {
			switch d := v.Data().(type) {
			case []float64:
				return slices.Clone(d)
			case []float32:
				for _, e := range d {
					x = append(x, float64(e))
				}
			}
			return x
		}
		return list(value), list(da)
	}
	eachMethod(t, func(t *testing.T, m Method) {
		want, wantGrad := evaluate(m, tensor.Float64)
		got, grad := evaluate(m, tensor.Float32)
		if len(got) != len(want) || len(grad) != len(wantGrad) {
			t.Fatalf("got %d and %d elements, want %d and %d", len(got), len(grad), len(want), len(wantGrad))
		}
		e, eg := distance(got, want)/maxNorm(want), distance(grad, wantGrad)/maxNorm(wantGrad)
		if !(e <= 1e-5) || !(eg <= 1e-4) || e == 0 {
			t.Errorf("states differ by %.2g, gradients by %.2g, want ≤ 1e-5 and 1e-4 and something", e, eg)
		}
	})
}

func TestRolloutShapeErrors(t *testing.T) {
	linear := func(u *G.Node) (*G.Node, error) { return u, nil }
	for name, test := range map[string]struct {
		a, u, steps []int
		substeps    int
		g           Nonlinear
	}{
		"steps are a vector":         {[]int{2, 2}, []int{3, 2}, []int{4}, 1, linear},
		"no substeps":                {[]int{2, 2}, []int{3, 2}, []int{4, 1}, 0, linear},
		"negative substeps":          {[]int{2, 2}, []int{3, 2}, []int{4, 1}, -1, linear},
		"steps of another batch":     {[]int{2, 2}, []int{3, 2}, []int{4, 2}, 1, linear},
		"A is not square":            {[]int{2, 3}, []int{3, 2}, []int{4, 1}, 1, linear},
		"A is of another system":     {[]int{3, 3}, []int{3, 2}, []int{4, 1}, 1, linear},
		"A is a vector":              {[]int{2}, []int{3, 2}, []int{4, 1}, 1, linear},
		"u0 is a vector":             {[]int{2, 2}, []int{2}, []int{4, 1}, 1, linear},
		"g is of another shape":      {[]int{2, 2}, []int{3, 2}, []int{4, 1}, 1, func(u *G.Node) (*G.Node, error) { return ops.Stack(u, u) }},
		"steps of another batch, 2h": {[]int{2, 2}, []int{3, 2}, []int{4, 2}, 2, linear},
	} {
		t.Run(name, func(t *testing.T) {
			eachMethod(t, func(t *testing.T, m Method) {
				defer func() {
					if r := recover(); r != nil {
						t.Errorf("panic: %v", r)
					}
				}()
				g := G.NewGraph()
				node := func(name string, shape []int) *G.Node {
					return G.NewTensor(g, tensor.Float64, len(shape), G.WithShape(shape...), G.WithName(name))
				}
				_, err := Rollout(m, System{A: node("A", test.a), G: test.g}, node("u0", test.u), node("steps", test.steps), test.substeps)
				if !errors.Is(err, ops.ErrShape) {
					t.Errorf("error %v, want ErrShape", err)
				} else if !strings.Contains(err.Error(), "integrator:") {
					t.Errorf("error %q does not say that it is the integrator's", err)
				}
			})
		})
	}
}

// What g reports comes out of Rollout, with the method and the interval.
func TestRolloutPassesErrors(t *testing.T) {
	broken := errors.New("broken")
	eachMethod(t, func(t *testing.T, m Method) {
		var calls int
		s := System{A: G.NewMatrix(G.NewGraph(), G.Float64, G.WithShape(2, 2), G.WithName("A"))}
		u := G.NewMatrix(s.A.Graph(), G.Float64, G.WithShape(3, 2), G.WithName("u0"))
		h := G.NewMatrix(s.A.Graph(), G.Float64, G.WithShape(4, 1), G.WithName("steps"))
		s.G = func(u *G.Node) (*G.Node, error) { calls++; return u, nil }
		if _, err := Rollout(m, s, u, h, 1); err != nil {
			t.Fatal(err)
		}
		perStep := calls / 4
		for fail := 1; fail <= perStep; fail++ { // in every stage of the second step
			calls = 0
			s.G = func(u *G.Node) (*G.Node, error) {
				if calls++; calls == perStep+fail {
					return nil, broken
				}
				return u, nil
			}
			_, err := Rollout(m, s, u, h, 1)
			if !errors.Is(err, broken) || !strings.Contains(err.Error(), m.Name()+": interval 1") {
				t.Errorf("error %v, want one of interval 1 of %s", err, m.Name())
			}
		}
	})
}
