package driver

import (
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"spnode/model"
)

// ReadConfig reads the file of -config, if it is given, over the defaults in cfg.
// A file that has models has all of them: they do not mix with the default ones.
func ReadConfig[M any](f *Flags, cfg any, models *[]M) error {
	if !f.Given("config") {
		return nil
	}
	defaults := *models
	*models = nil
	err := LoadConfig(f.Config, cfg)
	if *models == nil {
		*models = defaults
	}
	return err
}

// Only returns those of the models that the value of the flag -only names,
// separated by commas.
func Only[M any](models []M, name func(M) string, value string) ([]M, error) {
	var names []string
	for _, m := range models {
		names = append(names, name(m))
	}
	only := strings.Split(value, ",")
	for _, n := range only {
		if err := OneOf("only", n, names...); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(slices.Clone(models), func(m M) bool { return !slices.Contains(only, name(m)) }), nil
}

// Apply sets what the flags for training say of one model: default < file <
// flag.
func (f *Flags) Apply(m *model.Config, t *model.TrainConfig) {
	if f.Given("batch") {
		t.Batch = f.Batch
		t.LBFGS.Iterations = 0 // which needs all samples at once
	}
	if f.Given("iterations") {
		// As many in all, divided as the recipe divides them.
		adam, lbfgs := t.Adam.Iterations, t.LBFGS.Iterations
		t.LBFGS.Iterations = f.Iterations * lbfgs / max(1, adam+lbfgs)
		t.Adam.Iterations = f.Iterations - t.LBFGS.Iterations
	}
	if f.Given("lr") {
		t.Adam.Schedule.Rate = f.LR
		t.Adam.Schedule.Final = min(t.Adam.Schedule.Final, f.LR)
	}
	if f.Given("dtype") {
		m.Dtype = f.Dtype
	}
	if f.Given("workers") {
		t.Workers = f.Workers
	}
	if f.Given("substeps") {
		m.Substeps = f.Substeps
	}
}

// Show writes the configuration as -print-config wants it, JSON that -config
// takes.
func Show(cfg any, stdout io.Writer) error {
	text, err := Marshal(cfg)
	if err == nil {
		_, err = stdout.Write(text)
	}
	return err
}

// modelName is a name that can be a folder on any system.
var modelName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// taken are the names in a run's folder that no model can have.
var taken = []string{"figures", "seeds", configName, "report.json", "report.html"}

// CheckModelNames refuses names of models that a run cannot have as its folders.
func CheckModelNames(names []string) error {
	if len(names) == 0 {
		return errors.New("models: got none, want at least one")
	}
	for i, n := range names {
		if !modelName.MatchString(n) || slices.Contains(taken, n) || slices.Contains(names[:i], n) {
			return errors.Errorf("model %q: want a name of its own that can be a folder, of letters, digits and ._-, and none of %v", n, taken)
		}
	}
	return nil
}
