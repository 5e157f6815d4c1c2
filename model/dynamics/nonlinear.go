package dynamics

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
	"spnode/model/param"
	"spnode/ops"
)

// The kinds of NonlinearConfig that there are without RegisterNonlinear.
const (
	KindNone       = "none"
	KindBilinear   = "bilinear"
	KindLipschitz  = "lipschitz"
	KindPolynomial = "polynomial"
)

// NonlinearConfig shapes g.
type NonlinearConfig struct {
	// Kind is none, bilinear (eq. (6)), lipschitz (Definition 1), polynomial, or what was
	// registered by RegisterNonlinear.
	Kind string `json:"kind"`

	// Rank is R of the bilinear form.
	Rank int `json:"rank,omitempty"`

	// PolynomialConfig shapes the polynomial.
	param.PolynomialConfig
	// Radius, of a polynomial or a bilinear form, is that of the ball outside of which
	// g goes on as on its surface, in units of the latent state and of the scaled inputs
	// and parameters that g sees beside it. It proves the model bounded, with a negative
	// Linear.Shift and no inputs. 0: none.
	Radius float64 `json:"radius,omitempty"`

	// Hidden are the widths of the hidden layers of the Lipschitz network; the
	// paper's "2 layers" are one of them.
	Hidden []int `json:"hidden,omitempty"`
	// Lipschitz is L, the Lipschitz constant that it cannot exceed.
	Lipschitz float64 `json:"lipschitz,omitempty"`
	// PaperForm normalises as (8) is written; otherwise V = L^{1/p}W is what
	// is trained, see ops.LipschitzScale.
	PaperForm bool `json:"paper_form,omitempty"`
	// OutputActivation applies tanh to the last layer too, as in Definition 1,
	// which bounds ‖g‖ by √n.
	OutputActivation bool `json:"output_activation,omitempty"`
	// SeparateLinear takes g(u) − g(0) − Dg(0)u for g, what the bilinear form
	// is by construction, so that A alone is the linear part. The Lipschitz
	// constant at most doubles.
	SeparateLinear bool `json:"separate_linear,omitempty"`
	param.Start
	// ZeroStart has g start as 0.
	ZeroStart bool `json:"zero_start,omitempty"`
	// NoOutputBias leaves the last layer without a bias.
	NoOutputBias bool `json:"no_output_bias,omitempty"`
	// RateScaled takes diag(e^{2d})·net(u) for g, component by component the
	// rates of Linear.Rates. Without it a g that is small everywhere moves a
	// slow mode by its size over the rate. The Lipschitz constant is that of
	// the network times the largest rate.
	RateScaled bool `json:"rate_scaled,omitempty"`

	// Settings are those of a registered kind, by names of its own.
	Settings map[string]float64 `json:"settings,omitempty"`

	seen struct{ inputs, parameters int }
}

// Seen is how many inputs and parameters g sees beside the latent state.
func (c NonlinearConfig) Seen() int { return c.seen.inputs + c.seen.parameters }

// Nonlinear is a form of g, the nonlinear part of a model: what it trains, what
// it adds to a graph and how it grows. Config chooses one by the name under which
// it was registered.
type Nonlinear struct {
	// Text is what Model.String says of it. Empty: its name.
	Text string
	// Parameters are what it trains. Their names begin with "g/".
	Parameters []param.Declaration
	// Build adds to a graph what all evaluations of g share. What it returns adds
	// the node of g(u), (batch, n), for the node u of latent states, (batch, n),
	// by ops or by Gorgonia's own functions. A model with inputs and parameters that
	// g sees has them as further columns of u, the inputs first, Seen() of them.
	// Graphs are kept, so what it adds may depend on the parameters, but on nothing else
	// that changes.
	Build func(g *param.Graph) (integrator.Nonlinear, error)
	// Bounds says how g grows with such parameters. Nil: nothing is known.
	Bounds func(p *param.Params) Bounds
}

// Bounds say how g grows. What is not known is +Inf.
type Bounds struct {
	Lipschitz float64      // a Lipschitz constant of g in the Euclidean norm
	Size      float64      // a bound of ‖g‖
	Layers    []*mat.Dense // the matrices of its layers, of which a report has the norms
}

var nonlinears = struct {
	sync.RWMutex
	by map[string]func(c NonlinearConfig, n int) (Nonlinear, error)
}{by: map[string]func(c NonlinearConfig, n int) (Nonlinear, error){
	KindNone:       none,
	KindBilinear:   bilinear,
	KindLipschitz:  lipschitz,
	KindPolynomial: polynomial,
}}

// RegisterNonlinear has models whose NonlinearConfig.Kind is kind take the g that
// of returns for a latent state of n components, or refuse the configuration
// with its error. Whoever loads such a model registers it first. A kind that was
// registered is replaced, as when a cell of a notebook runs again; the package's
// own cannot be, and it panics.
func RegisterNonlinear(kind string, of func(c NonlinearConfig, n int) (Nonlinear, error)) {
	if kind == "" || !Registered(kind) {
		panic(fmt.Sprintf("dynamics: RegisterNonlinear: kind is %q, want a name that the package has not taken", kind))
	}
	nonlinears.Lock()
	defer nonlinears.Unlock()
	nonlinears.by[kind] = of
}

// Registered reports whether a kind is not one of the package's, but was registered
// or is unknown.
func Registered(kind string) bool {
	return kind != KindNone && kind != KindBilinear && kind != KindLipschitz && kind != KindPolynomial
}

// Form returns the g that is configured, for a latent state of n components. The error is
// param.ErrConfig.
func (c NonlinearConfig) Form(n int) (Nonlinear, error) {
	nonlinears.RLock()
	of, ok := nonlinears.by[c.Kind]
	kinds := slices.Sorted(maps.Keys(nonlinears.by))
	nonlinears.RUnlock()
	if !ok {
		return Nonlinear{}, param.ConfigError("nonlinear.kind is %q, want one of %s", c.Kind, strings.Join(kinds, ", "))
	}
	if !Registered(c.Kind) && len(c.Settings) > 0 {
		return Nonlinear{}, param.ConfigError("nonlinear.settings are %v, want none for kind %s", c.Settings, c.Kind)
	}
	g, err := of(c, n)
	switch {
	case errors.Is(err, param.ErrConfig):
		return g, err
	case err != nil:
		return g, param.ConfigError("nonlinear of kind %s: %v", c.Kind, err)
	case g.Build == nil:
		return g, param.ConfigError("nonlinear of kind %s has no Build", c.Kind)
	}
	if g.Text == "" {
		g.Text = c.Kind
	}
	names := map[string]bool{}
	for _, d := range g.Parameters {
		if !strings.HasPrefix(d.Name, "g/") || names[d.Name] || slices.ContainsFunc(d.Shape, func(k int) bool { return k < 1 }) {
			return g, param.ConfigError("nonlinear of kind %s: a parameter is %q of shape %v, want names of their own that begin with g/, and at least 1 everywhere", c.Kind, d.Name, d.Shape)
		}
		names[d.Name] = true
	}
	if g.Bounds == nil {
		g.Bounds = func(*param.Params) Bounds { return Bounds{Lipschitz: math.Inf(1), Size: math.Inf(1)} }
	}
	return g, nil
}

// none is g = 0.
func none(c NonlinearConfig, n int) (Nonlinear, error) {
	return Nonlinear{
		Build: func(*param.Graph) (integrator.Nonlinear, error) {
			return func(u *G.Node) (*G.Node, error) {
				if c.Seen() > 0 {
					var err error
					if u, err = ops.Columns(u, 0, n); err != nil {
						return nil, err
					}
				}
				return ops.Scale(u, 0)
			}, nil
		},
		Bounds: func(*param.Params) Bounds { return Bounds{} },
	}, nil
}
