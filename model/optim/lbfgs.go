package optim

import (
	"fmt"
	"math"
	"strings"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/optimize"

	"spnode/data/npz"
)

// LBFGSConfig are the settings of LBFGS. A tolerance of 0 is not used: a loss of
// squared errors is meaningful down to 1e-30, so nothing stops on an absolute
// number that was not asked for.
type LBFGSConfig struct {
	Memory  int     `json:"memory"`   // pairs (s, y) kept, ≥ 1; default 20
	GradTol float64 `json:"grad_tol"` // stop at ‖∇f‖₂ ≤ GradTol; default 0
	LossTol float64 `json:"loss_tol"` // stop at f ≤ LossTol; default 0
}

// mostMemory is more than can be of use, and can be allocated.
const mostMemory = 1 << 24

// DefaultLBFGS returns a memory of 20 and no tolerances.
func DefaultLBFGS() LBFGSConfig { return LBFGSConfig{Memory: 20} }

// Validate reports the first setting that is out of its range.
func (c LBFGSConfig) Validate() error {
	switch {
	case c.Memory < 1 || c.Memory > mostMemory:
		return errors.Errorf("optim: LBFGSConfig: memory: got %d, want 1 to %d", c.Memory, mostMemory)
	case !(c.GradTol >= 0):
		return errors.Errorf("optim: LBFGSConfig: grad_tol: got %g, want ≥ 0", c.GradTol)
	case !(c.LossTol >= 0):
		return errors.Errorf("optim: LBFGSConfig: loss_tol: got %g, want ≥ 0", c.LossTol)
	}
	return nil
}

// LBFGS minimises a smooth function f by the limited-memory BFGS method: steps
// along p = −H ∇f, with H the BFGS inverse Hessian of the last Memory pairs
//
//	s = x⁺ − x,   y = ∇f(x⁺) − ∇f(x),
//
// applied by the two-loop recursion and started from (sᵀy / yᵀy) I of the newest
// pair, and a line search for the strong Wolfe conditions (Moré and Thuente).
// The search is closer than the usual curvature factor of 0.9 makes it: 0.25 costs
// a fifth more evaluations on Rosenbrock's function, but a quadratic of condition
// 1e6 in 50 unknowns with a memory of 50 then takes 101 evaluations to rounding
// instead of 4400. Where there are few parameters, let Memory be their number.
//
// To start, set the configuration and X; G nil says that f was not evaluated there
// yet. The exported fields are the whole state between two iterations, and State
// lays them out to be saved.
//
// See Nocedal and Wright, Numerical Optimization (2006), algorithms 7.4 and 7.5.
// gonum's optimize.LBFGS is the same method with its history hidden.
type LBFGS struct {
	LBFGSConfig
	X, G        []float64   // the iterate and the gradient there
	F           float64     // the value there
	S, Y        [][]float64 // the pairs, oldest first
	Iteration   int         // steps taken
	Evaluations int         // of f, those of steps not taken included

	dir, alpha []float64 // scratch
	trial      point
}

// point is a place on the line of a search.
type point struct {
	f    float64
	x, g []float64
}

// Iterate takes one step. eval returns f at x and stores ∇f in grad; it keeps
// neither slice. Where f or the slope is not finite during the search, f counts
// as +Inf and the search backs off.
//
// If the search fails the history is dropped and steepest descent is tried; if
// that fails too, or a tolerance is already met, or the gradient vanishes, done
// is true and reason says why, and X is the answer. An error of eval is returned
// as it came, with the state as before the call, so that a cancelled run can go
// on; so is a start where f is not finite.
func (l *LBFGS) Iterate(eval func(x, grad []float64) (float64, error)) (done bool, reason string, err error) {
	n := len(l.X)
	if len(l.dir) != n {
		l.dir = make([]float64, n)
		l.trial = point{x: make([]float64, n), g: make([]float64, n)}
	}
	if l.G == nil {
		f, err := eval(l.X, l.trial.g)
		if err != nil {
			return false, "", err
		}
		if norm := floats.Norm(l.trial.g, 2); !finite(f) || !finite(norm*norm) {
			return false, "", errors.Errorf("optim: LBFGS.Iterate: start: got loss %g and gradient norm %g, want finite numbers, and the norm's square too; try to scale the loss", f, norm)
		}
		l.F, l.G = f, append([]float64(nil), l.trial.g...)
		l.Evaluations++
	}
	switch norm := floats.Norm(l.G, 2); {
	case l.LossTol > 0 && l.F <= l.LossTol:
		return true, "loss tolerance reached", nil
	case norm <= l.GradTol:
		return true, "gradient tolerance reached", nil
	}

	l.direction()
	found, used, err := l.search(eval)
	if err == nil && !found && len(l.S) > 0 {
		s, y := l.S, l.Y
		l.S, l.Y = nil, nil
		l.direction()
		var more int
		found, more, err = l.search(eval)
		used += more
		if err != nil {
			l.S, l.Y = s, y
		}
	}
	if err != nil {
		return false, "", err
	}
	l.Evaluations += used
	if !found {
		return true, "line search found no lower loss, along the negative gradient neither", nil
	}
	l.remember()
	copy(l.X, l.trial.x)
	copy(l.G, l.trial.g)
	l.F = l.trial.f
	l.Iteration++
	return false, "", nil
}

// State is what the method remembers between two iterations: an LBFGS of the same
// configuration that has restored it goes on with the same bits. It shares memory
// with the method.
func (l *LBFGS) State() []npz.Array {
	progress := []float64{float64(l.Iteration), float64(l.Evaluations)}
	f := []float64{l.F}
	return l.vectors(&progress, &f, len(l.S)).Arrays()
}

// Restore sets what State returned, for so many parameters. The error says what
// cannot be a state.
func (l *LBFGS) Restore(state []npz.Array, size int) error {
	*l = LBFGS{LBFGSConfig: l.LBFGSConfig, X: make([]float64, size)}
	pairs := 0
	for _, a := range state {
		if strings.HasPrefix(a.Name, "s/") {
			pairs++
		}
	}
	if pairs > l.Memory {
		return errors.Errorf("optim: LBFGS: got %d pairs, want at most the memory of %d", pairs, l.Memory)
	}
	l.S, l.Y = make([][]float64, pairs), make([][]float64, pairs)
	var progress, f []float64
	if err := l.vectors(&progress, &f, pairs).Restore(state); err != nil {
		return err
	}
	if len(l.G) == 0 {
		l.G = nil
	}
	l.F = f[0]
	var err error
	if l.Iteration, err = count("iterations", progress[0]); err != nil {
		return err
	}
	if l.Evaluations, err = count("evaluations", progress[1]); err != nil {
		return err
	}
	if l.G == nil && l.Iteration > 0 {
		return errors.New("optim: LBFGS: the gradient is missing")
	}
	return nil
}

func (l *LBFGS) vectors(progress, f *[]float64, pairs int) Vectors {
	n := len(l.X)
	vs := Vectors{{"progress", progress, 2, false}, {"f", f, 1, false}, {"x", &l.X, n, false}, {"g", &l.G, n, true}}
	for i := range pairs {
		vs = append(vs, Vector{fmt.Sprintf("s/%d", i), &l.S[i], n, false}, Vector{fmt.Sprintf("y/%d", i), &l.Y[i], n, false})
	}
	return vs
}

// direction sets dir = −H ∇f, algorithm 7.4.
func (l *LBFGS) direction() {
	floats.ScaleTo(l.dir, -1, l.G)
	k := len(l.S)
	if k == 0 {
		return
	}
	if len(l.alpha) < k {
		l.alpha = make([]float64, k)
	}
	for i := k - 1; i >= 0; i-- {
		l.alpha[i] = floats.Dot(l.S[i], l.dir) / floats.Dot(l.S[i], l.Y[i])
		floats.AddScaled(l.dir, -l.alpha[i], l.Y[i])
	}
	y := l.Y[k-1]
	floats.Scale(floats.Dot(l.S[k-1], y)/floats.Dot(y, y), l.dir)
	for i := range k {
		beta := floats.Dot(l.Y[i], l.dir) / floats.Dot(l.S[i], l.Y[i])
		floats.AddScaled(l.dir, l.alpha[i]-beta, l.S[i])
	}
}

// search leaves in trial a point along dir that satisfies the strong Wolfe
// conditions, or, where the search ends without one, the lowest that it met.
// found is false if none is below F. The first trial is the full step, or, with
// no history to scale it, one of length at most 1.
//
// The searcher is made anew for each search, so no state hides in it. It cannot
// digest an infinite value: it starts again below a step where f is not finite.
func (l *LBFGS) search(eval func(x, grad []float64) (float64, error)) (found bool, used int, err error) {
	const (
		decrease  = 1e-4 // of the first Wolfe condition
		curvature = 0.25 // of the second
		most      = 40   // evaluations; a search that works takes one to five
		backoff   = 0.1  // after a value that is not finite
	)
	slope := floats.Dot(l.dir, l.G)
	if !(slope < 0) || math.IsInf(slope, -1) {
		return false, 0, nil
	}
	step := 1.0
	if len(l.S) == 0 {
		step = min(1, 1/floats.Norm(l.G, 2))
	}
	var best point
	best.f = l.F
	ls := &optimize.MoreThuente{DecreaseFactor: decrease, CurvatureFactor: curvature}
	ls.Init(l.F, slope, step)
	for used < most && step > 0 && !math.IsInf(step, 1) { // a NaN fails, too
		floats.AddScaledTo(l.trial.x, l.X, step, l.dir)
		if l.trial.f, err = eval(l.trial.x, l.trial.g); err != nil {
			return false, used, err
		}
		used++
		along := floats.Dot(l.dir, l.trial.g)
		if !finite(l.trial.f) || !finite(along) {
			ls = &optimize.MoreThuente{DecreaseFactor: decrease, CurvatureFactor: curvature, MaximumStep: step / 2}
			step *= backoff
			ls.Init(l.F, slope, step)
			continue
		}
		op, next, failed := ls.Iterate(l.trial.f, along)
		if failed == nil && op == optimize.MajorIteration {
			return l.trial.f < l.F, used, nil
		}
		if l.trial.f < best.f {
			best = point{l.trial.f, append(best.x[:0], l.trial.x...), append(best.g[:0], l.trial.g...)}
		}
		if failed != nil {
			break
		}
		step = next
	}
	if best.f < l.F {
		l.trial = best
		return true, used, nil
	}
	return false, used, nil
}

// remember appends the pair of the step from X to trial and forgets the oldest
// beyond Memory. A pair without positive curvature, which only a search that
// broke off can give, is left out, as H would no longer be positive definite.
func (l *LBFGS) remember() {
	s := floats.SubTo(make([]float64, len(l.X)), l.trial.x, l.X)
	y := floats.SubTo(make([]float64, len(l.X)), l.trial.g, l.G)
	// Relative to both lengths, so that it means the same at 1e-15 as at 1.
	if !(floats.Dot(s, y) > 1e-16*floats.Norm(s, 2)*floats.Norm(y, 2)) {
		return
	}
	l.S, l.Y = append(l.S, s), append(l.Y, y)
	if extra := len(l.S) - l.Memory; extra > 0 {
		l.S, l.Y = l.S[extra:], l.Y[extra:]
	}
}
