package model

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"spnode/data/npz"
	"spnode/ops/opstest"
)

// savedModels are models of every form, and what they predict.
func savedModels() map[string]Config {
	bilinear := DefaultConfig(3)
	bilinear.Nonlinear = NonlinearConfig{Kind: KindBilinear, Rank: 2}
	bilinear.Linear.Shift = -0.1
	encoded := DefaultConfig(5)
	encoded.Autoencoder = AutoencoderConfig{Latent: 1, Hidden: []int{4}}
	encoded.Offset = []float64{1, 2, 3, 4, 5}
	encoded.Factor = []float64{1e4, 0.1, 3, -1, 1}
	encoded.Integrator, encoded.Substeps = "imex", 3
	single := DefaultConfig(2)
	single.Dtype = "float32"
	single.Seed = math.MaxUint64
	none := DefaultConfig(1)
	none.Nonlinear = NonlinearConfig{Kind: KindNone}
	return map[string]Config{"lipschitz": DefaultConfig(2), "bilinear": bilinear, "autoencoder": encoded, "float32": single, "none": none}
}

func flatten(states [][][]float64) (x []float64) {
	for _, s := range states {
		for _, row := range s {
			x = append(x, row...)
		}
	}
	return x
}

func TestSaveLoadPredict(t *testing.T) {
	times := []float64{0, 1e-3, 0.7, 30}
	for name, cfg := range savedModels() {
		m := mustNew(t, cfg)
		Normal(0.4)(rand.New(rand.NewPCG(41, 42)), m.params.Flat)
		u0 := normalStates(rand.New(rand.NewPCG(43, 44)), 1, 1, 3, cfg.Dim)[0]
		want, err := m.Predict(u0, times)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "a", "run")
		if err := m.Save(dir); err != nil {
			t.Fatal(err)
		}
		loaded, err := Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := fmt.Sprintf("%+v", loaded.Config()), fmt.Sprintf("%+v", cfg); a != b {
			t.Errorf("%s: configuration %s, want %s", name, a, b)
		}
		got, err := loaded.Predict(u0, times)
		if err != nil {
			t.Fatal(err)
		}
		if !same(flatten(got), flatten(want)) || !same(loaded.params.Flat, m.params.Flat) {
			t.Errorf("%s: the loaded model has other bits", name)
		}
		if err := loaded.Save(dir + "2"); err != nil {
			t.Fatal(err)
		}
		for _, f := range []string{configFile, weightsFile, manifestName} {
			a, _ := os.ReadFile(filepath.Join(dir, f))
			b, err := os.ReadFile(filepath.Join(dir+"2", f))
			if err != nil || !bytes.Equal(a, b) {
				t.Errorf("%s: saved again, %s differs, error %v", name, f, err)
			}
		}
	}
}

// A smaller model than the others here, as every byte of its files is changed.
func tinyTrainer(t *testing.T) *Trainer {
	p := smallTraining()
	p.model.Nonlinear.Hidden = []int{1}
	p.model.Dim, p.model.Factor = 1, nil
	p.states = normalStates(rand.New(rand.NewPCG(45, 46)), 1, 3, 2, 1)
	p.train.Workers = 1
	p.train.Adam.Iterations, p.train.LBFGS.Iterations = 2, 2
	p.train.RestartAbove, p.train.Restarts = 1e-9, 1
	tr := p.trainer(t)
	// Six looks at the context are the first attempt, two Adam and one the change
	// to L-BFGS: it stops after the first iteration of that.
	if err := tr.Fit(cancelAfter(10)); !errors.Is(err, context.Canceled) || tr.attempt != 1 || tr.stage != stageLBFGS || tr.lbfgs.S == nil {
		t.Fatalf("stopped in attempt %d, stage %d: %v", tr.attempt, tr.stage, err)
	}
	return tr
}

// Every truncation and every change of a byte is refused with the file's name.
func TestLoadRefusesDamage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	tr := tinyTrainer(t)
	if err := tr.Save(dir); err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, name := range []string{configFile, weightsFile, optimizerFile, metricsFile, manifestName} {
		path := filepath.Join(dir, name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		refused := func(what string, b []byte) {
			if err := os.WriteFile(path, b, 0o666); err != nil {
				t.Fatal(err)
			}
			_, err := Load(dir)
			if !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), path) {
				t.Errorf("%s %s: got error %v, want ErrCheckpoint that names it", name, what, err)
			}
			count++
		}
		every := 1
		if opstest.Thin() {
			every = 17
		}
		for k := 0; k < len(whole); k += every {
			refused(fmt.Sprintf("cut to %d bytes", k), whole[:k])
			b := slices.Clone(whole)
			b[k] ^= 1 << (k % 8)
			refused(fmt.Sprintf("with byte %d changed", k), b)
		}
		refused("with a byte more", append(slices.Clone(whole), 0))
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		_, err = Load(dir)
		wantError(t, "without "+name, err, ErrCheckpoint, name)
		if err := os.WriteFile(path, whole, 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(dir); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d damaged checkpoints refused", count)
}

func TestLoadRefusesForeignFolders(t *testing.T) {
	root := t.TempDir()
	_, err := Load(filepath.Join(root, "missing"))
	wantError(t, "missing", err, ErrCheckpoint, "missing", "no such folder")
	empty := filepath.Join(root, "empty")
	if err := os.Mkdir(empty, 0o777); err != nil {
		t.Fatal(err)
	}
	_, err = Load(empty)
	wantError(t, "empty", err, ErrCheckpoint, "empty", manifestName)
	putFile(t, filepath.Join(root, "foreign", weightsFile), "something else")
	_, err = Load(filepath.Join(root, "foreign"))
	wantError(t, "foreign", err, ErrCheckpoint, "foreign", manifestName)
	putFile(t, filepath.Join(root, "foreign2", manifestName), `{"format": "another"}`)
	_, err = Load(filepath.Join(root, "foreign2"))
	wantError(t, "of another program", err, ErrCheckpoint, manifestName, "another")
	putFile(t, filepath.Join(root, "file"), "text")
	_, err = Load(filepath.Join(root, "file"))
	wantError(t, "a file", err, ErrCheckpoint, "file")
	_, err = ResumeTrainer(filepath.Join(root, "missing"), nil, nil)
	wantError(t, "resumed from nothing", err, ErrCheckpoint, "missing")

	dir := filepath.Join(root, "model")
	if err := mustNew(t, DefaultConfig(2)).Save(dir); err != nil {
		t.Fatal(err)
	}
	_, err = ResumeTrainer(dir, nil, nil)
	wantError(t, "resumed from a model", err, ErrCheckpoint, configFile, "without a training")
}

// Files whose checksums are right and whose content is not.
func TestLoadRefusesWrongContent(t *testing.T) {
	tr := tinyTrainer(t)
	p := training{times: tr.times}
	for k := range tr.times {
		var at [][]float64
		for _, x := range tr.x {
			at = append(at, x[k:k+1])
		}
		p.states = append(p.states, at)
	}
	dir := filepath.Join(t.TempDir(), "run")
	// saved writes the checkpoint with one file changed.
	saved := func(name string, change func(b []byte) []byte) {
		t.Helper()
		if err := tr.Save(dir); err != nil {
			t.Fatal(err)
		}
		files, err := readSnapshot(dir)
		if err != nil {
			t.Fatal(err)
		}
		var out []snapshotFile
		for _, f := range []string{configFile, weightsFile, optimizerFile, metricsFile} {
			b := files[f]
			if f == name {
				if b = change(b); b == nil {
					continue
				}
			}
			out = append(out, snapshotFile{f, b})
		}
		if err := writeSnapshot(dir, out); err != nil {
			t.Fatal(err)
		}
	}
	text := func(old, new string) func([]byte) []byte {
		return func(b []byte) []byte {
			if !bytes.Contains(b, []byte(old)) {
				t.Fatalf("no %q in %s", old, b)
			}
			return bytes.Replace(b, []byte(old), []byte(new), 1)
		}
	}
	arrays := func(f func(a []npz.Array) []npz.Array) func([]byte) []byte {
		return func(b []byte) []byte {
			a, err := npz.Decode(b)
			if err != nil {
				t.Fatal(err)
			}
			if b, err = npz.Encode(f(a)); err != nil {
				t.Fatal(err)
			}
			return b
		}
	}
	find := func(a []npz.Array, name string) int {
		i := slices.IndexFunc(a, func(a npz.Array) bool { return a.Name == name })
		if i < 0 {
			t.Fatalf("no array %s", name)
		}
		return i
	}
	set := func(name string, k int, v float64) func([]byte) []byte {
		return arrays(func(a []npz.Array) []npz.Array { a[find(a, name)].Data[k] = v; return a })
	}
	drop := func(names ...string) func([]byte) []byte {
		return arrays(func(a []npz.Array) []npz.Array {
			for _, n := range names {
				i := find(a, n)
				a = slices.Delete(a, i, i+1)
			}
			return a
		})
	}
	empty := func(names ...string) func([]byte) []byte {
		return arrays(func(a []npz.Array) []npz.Array {
			for _, n := range names {
				a[find(a, n)] = npz.Array{Name: n, Shape: []int{0}, Data: []float64{}}
			}
			return a
		})
	}
	extra := arrays(func(a []npz.Array) []npz.Array {
		return append(a, npz.Array{Name: "extra", Shape: []int{1}, Data: []float64{1}})
	})
	for _, c := range []struct {
		what, file string
		change     func([]byte) []byte
		parts      []string
		resume     bool // Load does not look at it
	}{
		{"no configuration", configFile, func([]byte) []byte { return nil }, nil, false},
		{"no JSON", configFile, func([]byte) []byte { return []byte("{") }, nil, false},
		{"unknown field", configFile, text(`"substeps"`, `"substep"`), []string{"substep"}, false},
		{"unknown integrator", configFile, text(`"etd1"`, `"etd9"`), []string{"etd9", "etdrk4"}, false},
		{"unknown kind", configFile, text(`"lipschitz"`, `"fourier"`), []string{"fourier"}, false},
		{"unknown dtype", configFile, text(`"float64"`, `"float16"`), []string{"float16"}, false},
		{"a wrong type", configFile, text(`"dim": 1`, `"dim": "1"`), []string{"dim"}, false},
		{"text after the end", configFile, func(b []byte) []byte { return append(b, "{}"...) }, []string{"goes on"}, false},
		{"training that cannot be", configFile, text(`"beta1": 0.9`, `"beta1": 9`), []string{"beta1", "9"}, true},
		{"no weights", weightsFile, func([]byte) []byte { return nil }, nil, false},
		{"weights of no format", weightsFile, func([]byte) []byte { return []byte("PK") }, nil, false},
		{"NaN", weightsFile, set("linear/LG", 0, math.NaN()), []string{"linear/LG", "NaN"}, false},
		{"Inf", weightsFile, set("g/0/W", 0, math.Inf(1)), []string{"element 0 of g/0/W", "+Inf"}, false},
		{"an array less", weightsFile, drop("g/0/b"), []string{"arrays"}, false},
		{"an array more", weightsFile, extra, []string{"arrays"}, false},
		{"another array", weightsFile, arrays(func(a []npz.Array) []npz.Array { a[0].Name = "linear/LX"; return a }), []string{"linear/LX"}, false},
		{"another shape", weightsFile, arrays(func(a []npz.Array) []npz.Array { a[find(a, "g/0/W")].Shape = []int{1}; return a }), []string{"g/0/W", "[1 1]"}, false},
		{"no state", optimizerFile, func([]byte) []byte { return nil }, nil, true},
		{"a state array less", optimizerFile, drop("adam/variance"), []string{"adam/variance"}, true},
		{"a state array more", optimizerFile, extra, []string{"extra"}, true},
		{"moments in part", optimizerFile, empty("adam/variance"), []string{"moments"}, true},
		{"no moments", optimizerFile, empty("adam/mean", "adam/variance"), []string{"moments"}, true},
		{"an undo in part", optimizerFile, empty("last/w"), []string{"last update"}, true},
		{"no iterate", optimizerFile, empty("lbfgs/x"), []string{"L-BFGS"}, true},
		{"no best", optimizerFile, empty("best/w"), []string{"best"}, true},
		{"a pair in part", optimizerFile, drop("lbfgs/y/0"), []string{"lbfgs/y/0"}, true},
		{"moments of another model", optimizerFile, arrays(func(a []npz.Array) []npz.Array {
			a[find(a, "adam/mean")] = npz.Array{Name: "adam/mean", Shape: []int{2}, Data: []float64{1, 2}}
			return a
		}), []string{"adam/mean", "2 elements"}, true},
		{"NaN moments", optimizerFile, set("adam/mean", 1, math.NaN()), []string{"adam/mean", "NaN"}, true},
		{"no stage", optimizerFile, set("counters", 0, 3), []string{"counters", "3"}, true},
		{"half an iteration", optimizerFile, set("counters", 1, 0.5), []string{"counters", "0.5"}, true},
		{"too many iterations", optimizerFile, set("counters", 4, 1e9), []string{"counters", "1e+09"}, true},
		{"NaN counter", optimizerFile, set("counters", 2, math.NaN()), []string{"counters", "NaN"}, true},
		{"steps without iterations", optimizerFile, set("counters", 0, stageAdam), []string{"step of Adam"}, true},
		{"no log", metricsFile, func([]byte) []byte { return nil }, []string{"header"}, true},
		{"a log of others", metricsFile, text("gradient_norm", "norm"), []string{"header"}, true},
		{"a log that is not numbers", metricsFile, text("\n1,", "\none,"), []string{"one"}, true},
		{"a ragged log", metricsFile, text("\n1,", "\n1,1,"), nil, true},
	} {
		saved(c.file, c.change)
		_, err := Load(dir)
		if c.resume {
			if err != nil {
				t.Errorf("%s: Load returns %v", c.what, err)
			}
			_, err = ResumeTrainer(dir, p.times, p.states)
		}
		wantError(t, c.what, err, ErrCheckpoint, append(c.parts, filepath.Join(dir, c.file))...)
	}
	for _, new := range []string{`"dim": 2`, `"dim": 1, "autoencoder": {"latent": 1}`} {
		saved(configFile, text(`"dim": 1`, new))
		_, err := Load(dir)
		wantError(t, "weights of another model", err, ErrCheckpoint, filepath.Join(dir, weightsFile), "arrays")
	}
	saved("", nil)
	if _, err := ResumeTrainer(dir, p.times, p.states); err != nil {
		t.Errorf("unchanged: %v", err)
	}
}

// Save replaces what was there as a whole, and keeps what is a person's.
func TestSaveReplaces(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	tr := tinyTrainer(t)
	if err := tr.Save(dir); err != nil {
		t.Fatal(err)
	}
	putFile(t, filepath.Join(dir, "notes.txt"), "mine")
	m := mustNew(t, DefaultConfig(3))
	if err := m.Save(dir); err != nil {
		t.Fatal(err)
	}
	wantEntries(t, dir, manifestName, configFile, weightsFile, "notes.txt")
	wantEntries(t, filepath.Dir(dir), "run")
	loaded, err := Load(dir)
	if err != nil || !same(loaded.params.Flat, m.params.Flat) {
		t.Errorf("the second model is not what is loaded, error %v", err)
	}

	// Nothing is replaced by what cannot be written.
	if err := os.Chmod(filepath.Dir(dir), 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(filepath.Dir(dir), 0o777)
	if err := tr.Save(dir); err == nil && os.Geteuid() != 0 {
		t.Error("saved to a folder that cannot be written")
	}
	if _, err := Load(dir); err != nil {
		t.Error(err)
	}
}
