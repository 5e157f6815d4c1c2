package driver

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"spnode/experiments/driver/command"
	"spnode/experiments/driver/runs"
	"spnode/experiments/driver/settings"
	"spnode/experiments/sweep"
	"spnode/model"
	"spnode/model/train"
)

// Recipe is a model and how it is trained: what all experiments say of one. The
// configuration of a model embeds it beside what it has of its own.
type Recipe struct {
	Name string `json:"name"`
	// Seeds trains from so many starts and reports each; the model is the first.
	Seeds int          `json:"seeds"`
	Model model.Config `json:"model"`
	Train train.Config `json:"train"`
	// Noise is added to every state to train on: normal numbers of so many times its
	// component's root mean square.
	Noise float64 `json:"noise,omitempty"`
	// Resample has each further seed see trajectories drawn from the data with replacement
	// (a bootstrap): least squares come to the same model from every seed.
	Resample bool `json:"resample,omitempty"`
}

// NewRecipe is a recipe by the defaults for data of these components, whose unit of
// time is the model's.
func NewRecipe(name string, components []string) Recipe {
	r := Recipe{Name: name, Seeds: 1, Model: model.DefaultConfig(len(components)), Train: train.DefaultConfig()}
	r.Model.Components, r.Model.TimeUnit = components, 1
	return r
}

// Shorten leaves one seed, one restart, and at most so many iterations of each stage
// and samples in a batch.
func (r *Recipe) Shorten(iterations, batch int) {
	t := &r.Train
	r.Seeds, t.Restarts = 1, min(t.Restarts, 1)
	t.First.Iterations, t.LBFGS.Iterations = min(t.First.Iterations, iterations), min(t.LBFGS.Iterations, iterations)
	if r.LargestBatch() > batch {
		t.SetBatch(batch)
	}
}

// Base is the recipe inside a model's configuration.
func (r *Recipe) Base() *Recipe { return r }

// Common is what the configurations of all experiments have: an experiment's own
// embeds it, with M its configuration of a model, which embeds a [Recipe].
type Common[M any] struct {
	// Seed determines every random choice.
	Seed uint64 `json:"seed"`
	// Models are trained one after the other.
	Models []M `json:"models"`
}

// Recipes are those inside the models' configurations, not copies.
func (c *Common[M]) Recipes() []*Recipe {
	var all []*Recipe
	for i := range c.Models {
		all = append(all, base(&c.Models[i]))
	}
	return all
}

// base is the recipe in the configuration of a model.
func base[M any](m *M) *Recipe { return any(m).(interface{ Base() *Recipe }).Base() }

// RunSeed implements Config.
func (c *Common[M]) RunSeed() uint64 { return c.Seed }

// TestSeed is for data that are apart from those of the training.
func (c *Common[M]) TestSeed() uint64 { return c.Seed + 1<<40 }

// Load implements Config: it reads the text of a file over the defaults in the whole
// configuration. A file that has models has all of them: they do not mix with the
// default ones.
func (c *Common[M]) Load(path string, text []byte, whole any) error {
	defaults := c.Models
	c.Models = nil
	err := settings.Parse(path, text, whole)
	if c.Models == nil {
		c.Models = defaults
	}
	return err
}

// Apply implements Config: it sets what the flags say, default < file < flag.
func (c *Common[M]) Apply(f *Flags) error {
	if f.Given("only") {
		only := strings.Split(f.Only, ",")
		var names []string
		for _, r := range c.Recipes() {
			names = append(names, r.Name)
		}
		for _, n := range only {
			if err := command.OneOf("only", n, names...); err != nil {
				return err
			}
		}
		c.Models = slices.DeleteFunc(slices.Clone(c.Models), func(m M) bool { return !slices.Contains(only, base(&m).Name) })
	}
	if f.Given("seed") {
		c.Seed = f.Seed
	}
	iterated := false
	for _, r := range c.Recipes() {
		iterated = iterated || r.iterated()
		f.apply(r)
	}
	for _, name := range []string{"iterations", "batch", "lr"} {
		if f.Given(name) && !iterated {
			return command.Usagef("flag -%s: got it for models that are learned by least squares alone, without iterations; leave it out", name)
		}
	}
	return nil
}

// iterated reports whether the model is trained by an optimizer, and not by least
// squares alone.
func (r *Recipe) iterated() bool {
	return r.Train.ClosedForm == nil || r.Train.First.Iterations+r.Train.LBFGS.Iterations > 0
}

func (f *Flags) apply(r *Recipe) {
	m, t := &r.Model, &r.Train
	r.Seeds = cmp.Or(f.Seeds, r.Seeds)
	m.Integrator, m.Dtype, m.Substeps = cmp.Or(f.Integrator, m.Integrator), cmp.Or(f.Dtype, m.Dtype), cmp.Or(f.Substeps, m.Substeps)
	t.Workers = cmp.Or(f.Workers, t.Workers)
	if f.Given("batch") {
		t.SetBatch(f.Batch)
		t.LBFGS.Iterations = 0 // which needs all samples at once
	}
	if f.Given("iterations") && r.iterated() {
		// As many in all, divided as the recipe divides them.
		first, lbfgs := t.First.Iterations, t.LBFGS.Iterations
		t.LBFGS.Iterations = f.Iterations * lbfgs / max(1, first+lbfgs)
		t.First.Iterations = f.Iterations - t.LBFGS.Iterations
	}
	if f.Given("lr") {
		t.First.Schedule.Rate = f.LR
		t.First.Schedule.Final = min(t.First.Schedule.Final, f.LR)
	}
	if f.Given("noise") {
		r.Noise = f.Noise
	}
}

// String describes the recipe in a line.
func (r *Recipe) String() string {
	if r == nil {
		return "<nil>"
	}
	m, t := r.Model, r.Train
	s := fmt.Sprintf("%s: %s, latent %d, g %s, ", r.Name, m.Integrator, m.LatentDim(), m.Nonlinear.Kind)
	if t.ClosedForm != nil {
		s += fmt.Sprintf("by least squares with %d corrections", t.ClosedForm.Corrections)
		if t.First.Iterations == 0 {
			return fmt.Sprintf("%s, %s", s, m.Dtype)
		}
		s += " and then "
	}
	s += fmt.Sprintf("%d iterations of %s", t.First.Iterations, t.First.Optimizer)
	for i, p := range t.Phases {
		if i > 0 {
			s += " and then"
		}
		if p.Batch > 0 {
			s += fmt.Sprintf(", batch %d", p.Batch)
		}
		if p.Window > 0 {
			s += fmt.Sprintf(" of windows of %d steps", p.Window)
		}
	}
	if t.LBFGS.Iterations > 0 {
		s += fmt.Sprintf(", %d of L-BFGS", t.LBFGS.Iterations)
	}
	return fmt.Sprintf("%s, loss weighted by %s, %s", s, t.Weighting, m.Dtype)
}

// LargestBatch is that of the recipe's phases; 0: they see all samples.
func (r *Recipe) LargestBatch() (n int) {
	for _, p := range r.Train.Phases {
		n = max(n, p.Batch)
	}
	return n
}

// modelName is a name that can be a folder on any system.
var modelName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// taken are the names in a run's folder that no model can have.
var taken = []string{"figures", "seeds", sweep.LogName, runs.ConfigName, "report.json", "report.html", "report.md"}

// Validate reports the first of the recipes that cannot be used, for states of so
// many components.
func Validate(recipes []*Recipe, dim int) error {
	if len(recipes) == 0 {
		return errors.New("models: got none, want at least one")
	}
	var names []string
	for _, r := range recipes {
		if err := r.validate(dim, names); err != nil {
			return errors.WithMessagef(err, "model %q", r.Name)
		}
		names = append(names, r.Name)
	}
	return nil
}

func (r *Recipe) validate(dim int, others []string) error {
	if !modelName.MatchString(r.Name) || slices.Contains(taken, r.Name) || slices.Contains(others, r.Name) {
		return errors.Errorf("want a name of its own that can be a folder, of letters, digits and ._-, and none of %v", taken)
	}
	if r.Seeds < 1 || r.Model.Dim != dim {
		return errors.Errorf("got %d seeds and dim %d, want at least 1, and the %d components of the data", r.Seeds, r.Model.Dim, dim)
	}
	if !(r.Noise >= 0) || math.IsInf(r.Noise, 0) {
		return errors.Errorf("noise: got %g, want a finite number that is not negative", r.Noise)
	}
	if err := r.Model.Validate(); err != nil {
		return err
	}
	return r.Train.Validate()
}
