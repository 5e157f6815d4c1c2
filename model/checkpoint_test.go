package model_test

import (
	"bytes"
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
	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/folder"
	"spnode/model/latent"
	"spnode/model/modeltest"
	"spnode/model/param"
	"spnode/ops/opstest"
)

// The files of a checkpoint.
const (
	configFile  = "config.json"
	weightsFile = "weights.npz"
)

// savedModels are models of every form, and what they predict.
func savedModels() map[string]model.Config {
	bilinear := model.DefaultConfig(3)
	bilinear.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindBilinear, Rank: 2}
	bilinear.Linear.Shift = -0.1
	encoded := model.DefaultConfig(5)
	encoded.Autoencoder = latent.AutoencoderConfig{Latent: 1, Hidden: []int{4}}
	encoded.Offset = []float64{1, 2, 3, 4, 5}
	encoded.Factor = []float64{1e4, 0.1, 3, -1, 1}
	encoded.Integrator, encoded.Substeps = "imex", 3
	encoded.Components = []string{"a", "b", "c", "d", "e"}
	single := model.DefaultConfig(2)
	single.Dtype = "float32"
	single.Seed = math.MaxUint64
	none := model.DefaultConfig(1)
	none.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindNone}
	return map[string]model.Config{"lipschitz": model.DefaultConfig(2), "bilinear": bilinear, "autoencoder": encoded, "float32": single, "none": none}
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
		m := modeltest.New(t, cfg)
		param.Normal(0.4)(rand.New(rand.NewPCG(41, 42)), m.Params().Flat)
		u0 := modeltest.NormalStates(rand.New(rand.NewPCG(43, 44)), 1, 1, 3, cfg.Dim)[0]
		want, err := m.Predict(u0, times)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "a", "run")
		if err := m.Save(dir); err != nil {
			t.Fatal(err)
		}
		loaded, err := model.Load(dir)
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
		if !modeltest.Same(flatten(got), flatten(want)) || !modeltest.Same(loaded.Params().Flat, m.Params().Flat) {
			t.Errorf("%s: the loaded model has other bits", name)
		}
		if err := loaded.Save(dir + "2"); err != nil {
			t.Fatal(err)
		}
		for _, f := range []string{configFile, weightsFile, folder.Manifest} {
			a, _ := os.ReadFile(filepath.Join(dir, f))
			b, err := os.ReadFile(filepath.Join(dir+"2", f))
			if err != nil || !bytes.Equal(a, b) {
				t.Errorf("%s: saved again, %s differs, error %v", name, f, err)
			}
		}
	}
}

// tinyConfig is smaller than the others here, as every byte of its files is
// changed.
func tinyConfig() model.Config {
	cfg := model.DefaultConfig(1)
	cfg.Integrator = "etd1"
	cfg.Nonlinear.Hidden = []int{1}
	return cfg
}

func putFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// Every truncation and every change of a byte is refused with the file's name.
func TestLoadRefusesDamage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if err := modeltest.New(t, tinyConfig()).Save(dir); err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, name := range []string{configFile, weightsFile, folder.Manifest} {
		path := filepath.Join(dir, name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		refused := func(what string, b []byte) {
			if err := os.WriteFile(path, b, 0o666); err != nil {
				t.Fatal(err)
			}
			_, err := model.Load(dir)
			if !errors.Is(err, model.ErrCheckpoint) || !strings.Contains(err.Error(), path) {
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
		_, err = model.Load(dir)
		modeltest.WantError(t, "without "+name, err, model.ErrCheckpoint, name)
		if err := os.WriteFile(path, whole, 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := model.Load(dir); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d damaged checkpoints refused", count)
}

func TestLoadRefusesForeignFolders(t *testing.T) {
	root := t.TempDir()
	_, err := model.Load(filepath.Join(root, "missing"))
	modeltest.WantError(t, "missing", err, model.ErrCheckpoint, "missing", "no such folder")
	empty := filepath.Join(root, "empty")
	if err := os.Mkdir(empty, 0o777); err != nil {
		t.Fatal(err)
	}
	_, err = model.Load(empty)
	modeltest.WantError(t, "empty", err, model.ErrCheckpoint, "empty", folder.Manifest)
	putFile(t, filepath.Join(root, "foreign", weightsFile), "something else")
	_, err = model.Load(filepath.Join(root, "foreign"))
	modeltest.WantError(t, "foreign", err, model.ErrCheckpoint, "foreign", folder.Manifest)
	putFile(t, filepath.Join(root, "foreign2", folder.Manifest), `{"format": "another"}`)
	_, err = model.Load(filepath.Join(root, "foreign2"))
	modeltest.WantError(t, "of another program", err, model.ErrCheckpoint, folder.Manifest, "another")
	putFile(t, filepath.Join(root, "file"), "text")
	_, err = model.Load(filepath.Join(root, "file"))
	modeltest.WantError(t, "a file", err, model.ErrCheckpoint, "file")
}

// Files whose checksums are right and whose content is not.
func TestLoadRefusesWrongContent(t *testing.T) {
	tiny := modeltest.New(t, tinyConfig())
	dir := filepath.Join(t.TempDir(), "run")
	// saved writes the checkpoint with one file changed.
	saved := func(name string, change func(b []byte) []byte) {
		t.Helper()
		if err := tiny.Save(dir); err != nil {
			t.Fatal(err)
		}
		modeltest.Rewrite(t, dir, name, change)
	}
	text := func(old, new string) func([]byte) []byte { return modeltest.Text(t, old, new) }
	array := func(name string, f func(a *npz.Array)) func([]byte) []byte { return modeltest.Array(t, name, f) }
	for _, c := range []struct {
		what, file string
		change     func([]byte) []byte
		parts      []string
	}{
		{"no configuration", configFile, func([]byte) []byte { return nil }, nil},
		{"no JSON", configFile, func([]byte) []byte { return []byte("{") }, nil},
		{"unknown field", configFile, text(`"substeps"`, `"substep"`), []string{"substep"}},
		{"unknown integrator", configFile, text(`"etd1"`, `"etd9"`), []string{"etd9", "etdrk4"}},
		{"unknown kind", configFile, text(`"lipschitz"`, `"fourier"`), []string{"fourier"}},
		{"unknown dtype", configFile, text(`"float64"`, `"float16"`), []string{"float16"}},
		{"a wrong type", configFile, text(`"dim": 1`, `"dim": "1"`), []string{"dim"}},
		{"text after the end", configFile, func(b []byte) []byte { return append(b, "{}"...) }, []string{"goes on"}},
		{"no weights", weightsFile, func([]byte) []byte { return nil }, nil},
		{"weights of no format", weightsFile, func([]byte) []byte { return []byte("PK") }, nil},
		{"NaN", weightsFile, array("linear/LG", func(a *npz.Array) { a.Data[0] = math.NaN() }), []string{"linear/LG", "NaN"}},
		{"Inf", weightsFile, array("g/0/W", func(a *npz.Array) { a.Data[0] = math.Inf(1) }), []string{"element 0 of g/0/W", "+Inf"}},
		{"an array less", weightsFile, modeltest.Drop(t, "g/0/b"), []string{"arrays"}},
		{"an array more", weightsFile, modeltest.Extra(t, "extra"), []string{"arrays"}},
		{"another array", weightsFile, array("linear/LG", func(a *npz.Array) { a.Name = "linear/LX" }), []string{"linear/LX"}},
		{"another shape", weightsFile, array("g/0/W", func(a *npz.Array) { a.Shape = []int{1} }), []string{"g/0/W", "[1 1]"}},
	} {
		saved(c.file, c.change)
		_, err := model.Load(dir)
		modeltest.WantError(t, c.what, err, model.ErrCheckpoint, append(c.parts, filepath.Join(dir, c.file))...)
	}
	for _, new := range []string{`"dim": 2`, `"dim": 1, "autoencoder": {"latent": 1}`} {
		saved(configFile, text(`"dim": 1`, new))
		_, err := model.Load(dir)
		modeltest.WantError(t, "weights of another model", err, model.ErrCheckpoint, filepath.Join(dir, weightsFile), "arrays")
	}
	saved("", nil)
	if _, err := model.Load(dir); err != nil {
		t.Errorf("unchanged: %v", err)
	}
}

// A checkpoint of version 1 of a training has the same files of the model, but
// for the training's configuration beside the model's.
func TestLoadVersion1(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	m := modeltest.New(t, tinyConfig())
	files, err := m.Files()
	if err != nil {
		t.Fatal(err)
	}
	files[0].Data = append(bytes.TrimSuffix(files[0].Data, []byte("}\n")), `, "train": {"batch": 0}, "data": "e2ee"}`...)
	if err := folder.Write(dir, files); err != nil {
		t.Fatal(err)
	}
	if loaded, err := model.Load(dir); err != nil || !modeltest.Same(loaded.Params().Flat, m.Params().Flat) {
		t.Errorf("got error %v, or another model", err)
	}
}

// Save replaces what was there as a whole, and keeps what is a person's.
func TestSaveReplaces(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	files, err := modeltest.New(t, tinyConfig()).Files()
	if err != nil {
		t.Fatal(err)
	}
	if err := folder.Write(dir, append(files, folder.File{Name: "more.json"})); err != nil {
		t.Fatal(err)
	}
	putFile(t, filepath.Join(dir, "notes.txt"), "mine")
	m := modeltest.New(t, model.DefaultConfig(3))
	if err := m.Save(dir); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{folder.Manifest, configFile, "notes.txt", weightsFile}; !slices.Equal(names, want) {
		t.Errorf("the folder holds %q, want %q", names, want)
	}
	loaded, err := model.Load(dir)
	if err != nil || !modeltest.Same(loaded.Params().Flat, m.Params().Flat) {
		t.Errorf("the second model is not what is loaded, error %v", err)
	}

	// Nothing is replaced by what cannot be written.
	if err := os.Chmod(filepath.Dir(dir), 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(filepath.Dir(dir), 0o777)
	if err := m.Save(dir); err == nil && os.Geteuid() != 0 {
		t.Error("saved to a folder that cannot be written")
	}
	if _, err := model.Load(dir); err != nil {
		t.Error(err)
	}
}
