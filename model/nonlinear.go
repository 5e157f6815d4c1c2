package model

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"spnode/integrator"
	"spnode/ops"
)

// Nonlinear is a form of g, the nonlinear part of a model: what it trains, what
// it adds to a graph and how it grows. Config chooses one by the name under which
// it was registered.
type Nonlinear struct {
	// Text is what Model.String says of it. Empty: its name.
	Text string
	// Parameters are what it trains. Their names begin with "g/".
	Parameters []Declaration
	// Build adds to a graph what all evaluations of g share. What it returns adds
	// the node of g(u), (batch, n), for the node u of latent states, (batch, n),
	// by ops or by Gorgonia's own functions.
	Build func(g *Graph) (integrator.Nonlinear, error)
	// Bounds says how g grows with such parameters. Nil: nothing is known.
	Bounds func(p *Params) Bounds
}

// Bounds say how g grows. What is not known is +Inf.
type Bounds struct {
	Lipschitz float64      // a Lipschitz constant of g in the Euclidean norm
	Size      float64      // a bound of ‖g‖
	Layers    []*mat.Dense // the matrices of its layers, of which a report has the norms
}

// The kinds of NonlinearConfig that there are without RegisterNonlinear.
const (
	KindNone      = "none"
	KindBilinear  = "bilinear"
	KindLipschitz = "lipschitz"
)

var nonlinears = struct {
	sync.RWMutex
	by map[string]func(c NonlinearConfig, n int) (Nonlinear, error)
}{by: map[string]func(c NonlinearConfig, n int) (Nonlinear, error){
	KindNone:      none,
	KindBilinear:  bilinear,
	KindLipschitz: lipschitz,
}}

// RegisterNonlinear has models whose NonlinearConfig.Kind is kind take the g that
// of returns for a latent state of n components, or refuse the configuration
// with its error. Whoever loads such a model registers it first. A kind that was
// registered is replaced, as when a cell of a notebook runs again; the package's
// own cannot be, and it panics.
func RegisterNonlinear(kind string, of func(c NonlinearConfig, n int) (Nonlinear, error)) {
	if kind == "" || own(kind) {
		panic(fmt.Sprintf("model: RegisterNonlinear: kind is %q, want a name that the package has not taken", kind))
	}
	nonlinears.Lock()
	defer nonlinears.Unlock()
	nonlinears.by[kind] = of
}

// own reports whether a kind is one of the package's.
func own(kind string) bool {
	return kind == KindNone || kind == KindBilinear || kind == KindLipschitz
}

// form is the g that is configured.
func (c NonlinearConfig) form(n int) (Nonlinear, error) {
	nonlinears.RLock()
	of, ok := nonlinears.by[c.Kind]
	kinds := slices.Sorted(maps.Keys(nonlinears.by))
	nonlinears.RUnlock()
	if !ok {
		return Nonlinear{}, configError("nonlinear.kind is %q, want one of %s", c.Kind, strings.Join(kinds, ", "))
	}
	if own(c.Kind) && len(c.Settings) > 0 {
		return Nonlinear{}, configError("nonlinear.settings are %v, want none for kind %s", c.Settings, c.Kind)
	}
	g, err := of(c, n)
	switch {
	case errors.Is(err, ErrConfig):
		return g, err
	case err != nil:
		return g, configError("nonlinear of kind %s: %v", c.Kind, err)
	case g.Build == nil:
		return g, configError("nonlinear of kind %s has no Build", c.Kind)
	}
	if g.Text == "" {
		g.Text = c.Kind
	}
	names := map[string]bool{}
	for _, d := range g.Parameters {
		if !strings.HasPrefix(d.Name, "g/") || names[d.Name] || slices.ContainsFunc(d.Shape, func(k int) bool { return k < 1 }) {
			return g, configError("nonlinear of kind %s: a parameter is %q of shape %v, want names of their own that begin with g/, and at least 1 everywhere", c.Kind, d.Name, d.Shape)
		}
		names[d.Name] = true
	}
	if g.Bounds == nil {
		g.Bounds = func(*Params) Bounds { return Bounds{Lipschitz: math.Inf(1), Size: math.Inf(1)} }
	}
	return g, nil
}

// none is g = 0.
func none(NonlinearConfig, int) (Nonlinear, error) {
	return Nonlinear{
		Build: func(*Graph) (integrator.Nonlinear, error) {
			return func(u *G.Node) (*G.Node, error) { return ops.Scale(u, 0) }, nil
		},
		Bounds: func(*Params) Bounds { return Bounds{} },
	}, nil
}
