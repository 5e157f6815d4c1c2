package integrator

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"spnode/ops/opstest"
)

type etdCase struct {
	Name    string
	Problem string
	U0      []float64
	Times   []float64
	Exact   [][]float64 // a state for each of the times
	Runs    []map[string]json.RawMessage
}

// run is a run of all methods with one step.
type run struct {
	h       float64
	steps   int
	methods map[string]iterate // by the name in the file
}

type iterate struct {
	U     []float64
	Error *float64
}

func loadCases(t *testing.T) []etdCase {
	var file struct{ Cases []etdCase }
	opstest.LoadCases(t, "etd_iterates.json", &file)
	if len(file.Cases) == 0 {
		t.Fatal("no cases in the file")
	}
	return file.Cases
}

func (c etdCase) problem(t *testing.T) problem {
	t.Helper()
	p, err := parseProblem(c.Problem, len(c.U0))
	if err != nil {
		t.Fatalf("right-hand side of case %s: %v", c.Name, err)
	}
	return p
}

// start is the initial state, with the time of a problem that has it.
func (c etdCase) start(p problem) []float64 {
	u0 := append([]float64(nil), c.U0...)
	for len(u0)*len(u0) < len(p.a) {
		u0 = append(u0, 0)
	}
	return u0
}

func (c etdCase) runs(t *testing.T) (rs []run) {
	for _, fields := range c.Runs {
		r := run{methods: map[string]iterate{}}
		for key, raw := range fields {
			var into any
			var it iterate
			switch key {
			case "h":
				into = &r.h
			case "steps":
				into = &r.steps
			default:
				into = &it
			}
			if err := json.Unmarshal(raw, into); err != nil {
				t.Fatalf("case %s: %s: %v", c.Name, key, err)
			}
			if into == &it {
				r.methods[key] = it
			}
		}
		rs = append(rs, r)
	}
	return rs
}

// exactAt returns the exact solution at a time, which steps of h may miss by
// their rounding.
func (c etdCase) exactAt(t *testing.T, time float64) []float64 {
	for i, v := range c.Times {
		if math.Abs(v-time) <= 1e-12*v {
			return c.Exact[i]
		}
	}
	t.Fatalf("case %s has no exact solution at %g", c.Name, time)
	return nil
}

// byCaseName finds our method for a name of the file.
func byCaseName(name string) (Method, error) {
	name = strings.ToLower(name)
	if name == "imex_euler" {
		name = "imex"
	}
	return ByName(name)
}

// iterateTol is relative to the max norm of the iterate itself, even where
// that is below 1: a mode that has decayed is wanted to its own digits. It is
// 1e-13, 900 times the unit roundoff of float64, for up to 32 steps.
const iterateTol = 1e-13

// The iterates of the exact arithmetic, and with them the errors against the
// exact solution. One trajectory alone takes the form of a method that shares
// the steps; beside a second one with steps of its own it takes the other.
func TestIteratesCases(t *testing.T) {
	worst, foreign := map[string]float64{}, map[string]int{}
	for _, c := range loadCases(t) {
		p := c.problem(t)
		start, components := c.start(p), len(c.U0)
		n := len(start)
		for _, r := range c.runs(t) {
			for name, want := range r.methods {
				m, err := byCaseName(name)
				if err != nil {
					foreign[name]++
					continue
				}
				for _, width := range []int{1, 2} {
					form := []string{"shared", "own steps"}[width-1]
					t.Run(fmt.Sprintf("%s/%s/h=%g/%s", c.Name, name, r.h, form), func(t *testing.T) {
						u0, h := start, make([]float64, 0, 2*r.steps)
						for range r.steps {
							h = append(h, r.h)
							if width == 2 {
								h = append(h, r.h/2)
							}
						}
						if width == 2 {
							u0 = append(append([]float64(nil), u0...), u0...)
						}
						states := mustRollout(t, m, p, state(width, n, u0...), grids(width, h...), 1)
						got := states[r.steps][:components]
						e := distance(got, want.U) / maxNorm(want.U)
						worst[m.Name()+", "+form] = max(worst[m.Name()+", "+form], e)
						if !(e <= iterateTol) {
							t.Errorf("relative error %.3g, want ≤ %g: got %v, want %v", e, iterateTol, got, want.U)
						}
						if want.Error == nil {
							t.Fatal("the file has no error")
						}
						// The file has 8 digits of it; of ours the rounding is lost.
						exact := c.exactAt(t, r.h*float64(r.steps))
						of := distance(got, exact)
						if !(math.Abs(of-*want.Error) <= 1e-7**want.Error+iterateTol*maxNorm(exact)) {
							t.Errorf("error against the exact solution is %.9g, want %.9g", of, *want.Error)
						}
					})
				}
			}
		}
	}
	if len(worst) == 0 {
		t.Error("none of the methods of the file is ours")
	}
	for name, e := range worst {
		t.Logf("%s: worst relative error %.2g", name, e)
	}
	for name, k := range foreign {
		t.Logf("%s is not ours: %d iterates not compared", name, k)
	}
}

// The exact solutions, at all times of a case in one rollout over the
// non-uniform grid that they make: by etdrk4 with so many substeps that their
// doubling changes less than 1e-6 of the state, or 256, whose graph takes
// seconds. Doubling divides the error by 16, and by 2 where stiffness takes
// the order away, so that what is left is at most the change.
func TestExactSolutionCases(t *testing.T) {
	const converged, rounding = 1e-6, 1e-13
	for _, c := range loadCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			var h []float64
			var last float64
			for _, v := range c.Times {
				h = append(h, v-last)
				last = v
			}
			p := c.problem(t)
			start := c.start(p)
			states := func(substeps int) [][]float64 {
				all := mustRollout(t, ETDRK4, p, state(1, len(start), start...), grid(h...), substeps)[1:]
				for k := range all {
					all[k] = all[k][:len(c.U0)]
				}
				return all
			}
			substeps, change := 4, math.Inf(1)
			got := states(substeps)
			for change > converged && substeps < 256 {
				substeps *= 2
				next := states(substeps)
				change = 0
				for k, want := range c.Exact {
					change = max(change, distance(next[k], got[k])/maxNorm(want))
				}
				got = next
			}
			var e float64
			for k, want := range c.Exact {
				e = max(e, distance(got[k], want)/maxNorm(want))
			}
			t.Logf("%d substeps: relative error %.2g over %d times, last change %.2g", substeps, e, len(c.Times), change)
			if !(e <= max(change, rounding)) {
				t.Errorf("relative error is %.3g, want ≤ the last change, %.3g", e, change)
			}
		})
	}
}
