// Package recipe makes models and their trainings from what data say, so that
// nobody has to know the settings by heart: a few named recipes, each for a kind of
// system, with what they infer said in lines that a person can overrule.
//
//	m, p, err := recipe.Fit(ctx, d, "latent-linear", recipe.Options{Seconds: 60})
//
// or, where something is to be changed on the way,
//
//	f, err := inspect.Look(d)
//	r, err := recipe.ByName("latent-linear")
//	p, err := r.Plan(d, f, recipe.Options{Seconds: 60})
//	m, err := model.New(p.Model)
//	t, err := train.New(m, p.Train, p.Smoothed(d))
//
// # Recipes
//
//	linear         no g, no autoencoder: linear systems of any stiffness
//	closed-form    a polynomial g in the state or its leading modes, by least squares:
//	               what is smooth from one time to the next, chaos included; seconds
//	latent-linear  an autoencoder and no g: relaxation to rest, and what is smooth
//	residual       the same with the identity beside the networks: many components that
//	               begin apart
//	relaxation     an autoencoder and a small g scaled by the rates: Robertson's
//	oscillator     an autoencoder, no g, and a phase that turns for ever: limit cycles
//	field          latent-linear on the leading modes of snapshots of a field
//	network        a network for g in the state itself: what is not stiff
//
// # Units
//
// No setting has a unit: times are counted in spans of the data (model.Config's
// TimeUnit) and states in each component's largest value. Data whose times or
// states are multiplied by powers of two train to the same bits.
//
// # Adding to it
//
// Register names a function that makes a Plan.
package recipe

import (
	"context"
	"fmt"
	"slices"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/data/inspect"
	"spnode/model"
	"spnode/model/latent"
	"spnode/model/train"
)

// ErrNotFor is the error of a recipe that does not suit the data.
var ErrNotFor = errors.New("the recipe is not for these data")

// Options are what a person may choose; zero values leave it to the recipe.
type Options struct {
	// Seconds of one processor's time that the training is to take, by a fixed
	// model of costs: the same data give the same iterations on every machine.
	// 0 stands for 60.
	Seconds float64
	// Latent is the dimension of the latent state.
	Latent int
	// Invariants are the linear quantities to be kept, in place of those found.
	Invariants []inspect.Invariant
	// NoInvariants keeps none.
	NoInvariants bool
	// Transforms are those of the components, or none.
	Transforms []latent.Transform
	// FromBeginnings trains from the beginnings of the trajectories alone.
	FromBeginnings bool
}

// Smoothing is how the data are to be smoothed for a training; its zero value leaves them.
type Smoothing struct {
	// Smooth is the number of times around each that the function of that name takes.
	Smooth int `json:"smooth,omitempty"`
	// Spline has the function of that name smooth them.
	Spline bool `json:"spline,omitempty"`
}

// Smoothed are the data that the training is to see.
func (s Smoothing) Smoothed(d *data.Dataset) *data.Dataset {
	if s.Spline {
		d = Spline(d)
	}
	return Smooth(d, s.Smooth)
}

// Plan is a model and how it is to be trained, with what was inferred.
type Plan struct {
	Model model.Config
	Train train.Config
	// Inferred says what the recipe took from the data, a line each, and in
	// brackets what overrules it.
	Inferred []string
	Smoothing
	// Seconds are those that the training is reckoned to take.
	Seconds float64
}

// Recipe is a way to make a plan.
type Recipe struct {
	Name string
	// For says in a line what it is for.
	For string
	// make returns the plan, or an error that wraps ErrNotFor. The data are
	// valid, and the facts theirs.
	make func(c *cook) error
	// suits is what Suits returns; nil: of any facts nothing.
	suits func(f *inspect.Facts) error
}

var recipes []Recipe

// Register adds a recipe. It is to be called by an init function: it panics if the
// name is taken, and is not safe beside other calls.
func Register(name, what string, plan func(d *data.Dataset, f *inspect.Facts, o Options) (*Plan, error)) {
	add(name, what, func(c *cook) error {
		p, err := plan(c.data, c.facts, c.options)
		if err == nil {
			c.Plan = *p
		}
		return err
	})
}

func add(name, what string, make func(c *cook) error) *Recipe {
	if _, err := ByName(name); err == nil || name == "" {
		panic(errors.Errorf("recipe: Register: got the name %q, want one that is not taken", name))
	}
	recipes = append(recipes, Recipe{Name: name, For: what, make: make})
	return &recipes[len(recipes)-1]
}

// Suits reports why a recipe is not worth a trial unless it is asked for, by an error that
// wraps ErrNotFor. Plan refuses what makes it impossible.
func (r Recipe) Suits(f *inspect.Facts) error {
	if r.suits == nil {
		return nil
	}
	return errors.WithMessage(r.suits(f), r.Name)
}

// Names are those of all recipes, in the order in which they are to be tried.
func Names() []string {
	names := make([]string, len(recipes))
	for i, r := range recipes {
		names[i] = r.Name
	}
	return names
}

// ByName returns a recipe.
func ByName(name string) (Recipe, error) {
	i := slices.IndexFunc(recipes, func(r Recipe) bool { return r.Name == name })
	if i < 0 {
		return Recipe{}, errors.Errorf("recipe: ByName: got %q, want one of %v", name, Names())
	}
	return recipes[i], nil
}

// Plan makes the model and the training for a data set and its facts. The error
// wraps ErrNotFor if the recipe does not suit them, and says why.
func (r Recipe) Plan(d *data.Dataset, f *inspect.Facts, o Options) (*Plan, error) {
	if o.Seconds == 0 {
		o.Seconds = 60
	}
	c, err := newCook(d, f, o)
	if err != nil {
		return nil, err
	}
	if err := r.make(c); err != nil {
		return nil, errors.WithMessage(err, r.Name)
	}
	if err := c.Model.Validate(); err != nil {
		return nil, errors.WithMessage(err, r.Name)
	}
	return &c.Plan, errors.WithMessage(c.Train.Validate(), r.Name)
}

// Start sets the parameters of a new model of the recipe by the data, where these
// tell more than a random start: the modes of a linear system. Where they do not, it
// leaves the parameters as they are, and the error wraps ErrNotFor.
func (r Recipe) Start(m *model.Model, d *data.Dataset) error {
	if r.Name != "linear" {
		return notFor("%s starts at random", r.Name)
	}
	return errors.WithMessage(startLinear(m, d), r.Name)
}

// Fit plans by a recipe of a name, and trains. The error wraps ErrNotFor if the recipe does
// not suit the data.
func Fit(ctx context.Context, d *data.Dataset, name string, o Options, with ...train.Option) (*model.Model, *Plan, error) {
	r, err := ByName(name)
	if err != nil {
		return nil, nil, err
	}
	f, err := inspect.Look(d)
	if err != nil {
		return nil, nil, err
	}
	p, err := r.Plan(d, f, o)
	if err != nil {
		return nil, nil, err
	}
	m, err := model.New(p.Model)
	if err != nil {
		return nil, p, err
	}
	switch err := r.Start(m, d); {
	case err == nil:
		p.Train.First.Iterations, p.Train.LBFGS.Iterations = 0, 0
	case !errors.Is(err, ErrNotFor):
		return nil, p, err
	}
	t, err := train.New(m, p.Train, p.Smoothed(d), with...)
	if err != nil {
		return nil, p, err
	}
	return m, p, t.Fit(ctx)
}

// notForError says why, and no more.
type notForError struct{ text string }

func (e *notForError) Error() string { return e.text }

func (e *notForError) Unwrap() error { return ErrNotFor }

func notFor(format string, args ...any) error {
	return errors.WithStack(&notForError{fmt.Sprintf(format, args...)})
}
