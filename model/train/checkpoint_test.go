package train

import (
	"context"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/data/npz"
	"spnode/model"
	"spnode/model/modeltest"
	"spnode/model/train/state"
)

// tinyTrainer was stopped in the second attempt of a training.
func tinyTrainer(t *testing.T) (*Trainer, *data.Dataset) {
	p := smallTraining()
	p.model.Nonlinear.Hidden = []int{1}
	p.model.Dim, p.model.Factor = 1, nil
	p.states = modeltest.NormalStates(rand.New(rand.NewPCG(45, 46)), 1, 3, 2, 1)
	p.train.Workers = 1
	p.train.First.Iterations, p.train.LBFGS.Iterations = 2, 2
	p.train.RestartAbove, p.train.Restarts = 1e-9, 1
	tr := p.trainer(t)
	// Six looks at the context are the first attempt, two updates and one the change
	// to L-BFGS: it stops after the first iteration of that.
	if err := tr.Fit(cancelAfter(10)); !errors.Is(err, context.Canceled) || tr.now.Attempt != 1 || tr.now.Stage != state.LBFGS || len(tr.lbfgs.S) == 0 {
		t.Fatalf("stopped in attempt %d, stage %d: %v", tr.now.Attempt, tr.now.Stage, err)
	}
	return tr, p.data()
}

// What holds no training is refused, and says what it is.
func TestResumeRefusesModels(t *testing.T) {
	root := t.TempDir()
	_, err := Resume(filepath.Join(root, "missing"), nil)
	modeltest.WantError(t, "resumed from nothing", err, model.ErrCheckpoint, "missing")
	dir := filepath.Join(root, "model")
	if err := modeltest.New(t, model.DefaultConfig(2)).Save(dir); err != nil {
		t.Fatal(err)
	}
	_, err = Resume(dir, nil)
	modeltest.WantError(t, "resumed from a model", err, model.ErrCheckpoint, configFile, "without a training")
	_, err = LoadResult(dir)
	modeltest.WantError(t, "result of a model", err, model.ErrCheckpoint, configFile, "without a training")
}

// Files whose checksums are right and whose content is not.
func TestResumeRefusesWrongContent(t *testing.T) {
	tr, d := tinyTrainer(t)
	dir := filepath.Join(t.TempDir(), "run")
	// saved writes the checkpoint with one file changed.
	saved := func(name string, change func(b []byte) []byte) {
		t.Helper()
		if err := tr.Save(dir); err != nil {
			t.Fatal(err)
		}
		modeltest.Rewrite(t, dir, name, change)
	}
	text := func(old, new string) func([]byte) []byte { return modeltest.Text(t, old, new) }
	set := func(name string, data ...float64) func([]byte) []byte {
		return modeltest.Array(t, name, func(a *npz.Array) { a.Shape, a.Data = []int{len(data)}, data })
	}
	for _, c := range []struct {
		what, file string
		change     func([]byte) []byte
		parts      []string
	}{
		{"no training", configFile, func([]byte) []byte { return nil }, []string{"model without a training"}},
		{"no JSON", configFile, func([]byte) []byte { return []byte("{") }, nil},
		{"unknown field", configFile, text(`"schedule"`, `"schedules"`), []string{"schedules"}},
		{"text after the end", configFile, func(b []byte) []byte { return append(b, "{}"...) }, []string{"goes on"}},
		{"training that cannot be", configFile, text(`"optimizer": "adam"`, `"optimizer": "adam", "settings": {"beta1": 9}`), []string{"beta1", "9"}},
		{"no state", optimizerFile, func([]byte) []byte { return nil }, nil},
		{"a state array less", optimizerFile, modeltest.Drop(t, "attempt"), []string{"attempt"}},
		{"a state array more", optimizerFile, modeltest.Extra(t, "extra"), []string{"extra"}},
		{"no iterate", optimizerFile, set("lbfgs/x"), []string{"array x"}},
		{"a first stage, too", optimizerFile, modeltest.Extra(t, "first/step"), []string{"state of the first optimizer"}},
		{"no best", optimizerFile, set("best"), []string{"best"}},
		{"a pair in part", optimizerFile, modeltest.Drop(t, "lbfgs/y/0"), []string{"y/0"}},
		{"parameters of another model", optimizerFile, set("best", 1, 2), []string{"best", "2 elements"}},
		{"NaN", optimizerFile, modeltest.Array(t, "lbfgs/g", func(a *npz.Array) { a.Data[1] = math.NaN() }), []string{"array g", "NaN"}},
		{"no stage", optimizerFile, set("stage", 3), []string{"stage is 3"}},
		{"another stage", optimizerFile, set("stage", 0), []string{"want the same"}},
		{"half an iteration", optimizerFile, set("iteration", 0.5), []string{"iteration is 0.5"}},
		{"too many iterations", optimizerFile, set("iterations", 1e9), []string{"iterations is 1000000000"}},
		{"NaN attempt", optimizerFile, set("attempt", math.NaN()), []string{"attempt", "NaN"}},
		{"no log", metricsFile, func([]byte) []byte { return nil }, []string{"header"}},
		{"a log of others", metricsFile, text("gradient_norm", "norm"), []string{"header"}},
		{"a log that is not numbers", metricsFile, text("\n1,", "\none,"), []string{"one"}},
		{"a ragged log", metricsFile, text("\n1,", "\n1,1,"), nil},
	} {
		saved(c.file, c.change)
		if _, err := model.Load(dir); err != nil {
			t.Errorf("%s: model.Load returns %v", c.what, err)
		}
		_, err := Resume(dir, d)
		modeltest.WantError(t, c.what, err, model.ErrCheckpoint, append(c.parts, filepath.Join(dir, c.file))...)
	}
	saved("", nil)
	if _, err := Resume(dir, d); err != nil {
		t.Errorf("unchanged: %v", err)
	}
}

func TestResultString(t *testing.T) {
	for _, c := range []struct {
		r    Result
		want string
	}{
		{Result{Iterations: 300, Attempts: 1, Seconds: 1.234, Loss: 1e-8}, "300 iterations in 1.23 s, loss 1e-08"},
		{Result{Iterations: 2, Attempts: 1, Seconds: 1, Log: []Metrics{{Loss: 3}, {Loss: 2}}}, "2 iterations in 1 s, loss 2"},
		{Result{Iterations: 300, Attempts: 3, Seconds: 9, Loss: 1e-8}, "300 iterations in 9 s, loss 1e-08, the best of 3 attempts"},
	} {
		if got := c.r.String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
