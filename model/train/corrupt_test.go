package train

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pkg/errors"

	"spnode/data/npz"
	"spnode/model"
	"spnode/model/folder"
	"spnode/model/train/state"
	"spnode/ops/opstest"
)

// Whatever array of optimizer.npz is missing, empty, of another length or with
// another number: the checkpoint is refused, or the training goes on without a
// panic.
func TestStatesThatNobodyWrote(t *testing.T) {
	tried, refused := 0, 0
	for name, p := range map[string]training{
		"full": smallTraining(), "soap": soapDivergingTraining(), "batches": minibatchTraining(), "restart": restartTraining(),
	} {
		looks := []int{0, 3, 8, 9, 12, 100}
		if opstest.Thin() {
			looks = []int{3, 9}
		}
		for _, k := range looks {
			tr := p.trainer(t)
			if err := tr.Fit(cancelAfter(k)); err != nil && !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			dir := filepath.Join(t.TempDir(), "run")
			if err := tr.Save(dir); err != nil {
				t.Fatal(err)
			}
			files, err := folder.Read(dir)
			if err != nil {
				t.Fatal(err)
			}
			good, err := npz.Decode(files[optimizerFile])
			if err != nil {
				t.Fatal(err)
			}
			for i, a := range good {
				for what, data := range map[string][]float64{
					"missing": nil, "empty": {}, "short": a.Data[:len(a.Data)/2], "long": append(slices.Clone(a.Data), 1),
					"large": slices.Repeat([]float64{1e300}, len(a.Data)), "zero": make([]float64, len(a.Data)), "negative": slices.Repeat([]float64{-1}, len(a.Data)),
					"infinite": slices.Repeat([]float64{math.Inf(1)}, len(a.Data)),
				} {
					bad := slices.Clone(good)
					bad[i] = npz.Array{Name: a.Name, Shape: []int{len(data)}, Data: data}
					if what == "missing" {
						bad = slices.Delete(bad, i, i+1)
					}
					tried++
					c := &checkpoint{}
					c.Train, c.model = tr.cfg, tr.Model
					if c.state, err = state.Decode(bad, tr.cfg.limits(), len(tr.grad)); err != nil {
						refused++
						continue
					}
					m, err := model.Decode(dir, files)
					if err != nil {
						t.Fatal(err)
					}
					again := p.on(t, m)
					func() {
						defer func() {
							if p := recover(); p != nil {
								t.Errorf("%s after %d looks, %s %s: %v", name, k, a.Name, what, p)
							}
						}()
						if err := again.setState(c.state); err != nil {
							refused++
							return
						}
						again.Fit(context.Background())
					}()
				}
			}
		}
	}
	t.Logf("%d states, %d refused", tried, refused)
}

// Moments that are not finite are not saved.
func TestSaveRefusesInfiniteMoments(t *testing.T) {
	p := smallTraining()
	tr := p.trainer(t)
	if err := tr.Fit(cancelAfter(3)); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	if err := tr.Save(dir); err != nil {
		t.Fatal(err)
	}
	for _, a := range tr.optimizer.State() {
		if a.Name == "variance" {
			a.Data[1] = math.Inf(1) // it shares memory with the optimizer
		}
	}
	if err := tr.Save(dir); !errors.Is(err, model.ErrNotFinite) || !strings.Contains(err.Error(), "variance") {
		t.Errorf("got error %v, want ErrNotFinite with the name", err)
	}
	if _, err := Resume(dir, p.data()); err != nil {
		t.Error(err)
	}
}

// A training is the one writer of its checkpoint, says so before it begins, and is
// not in its own way.
func TestOneTrainer(t *testing.T) {
	p := smallTraining()
	dir := filepath.Join(t.TempDir(), "run")
	var first *Trainer
	var second error
	first = p.trainer(t, WithCheckpoint(dir, 0), WithHook(func(m Metrics) {
		if m.Iteration != 2 || m.Stage != "adam" {
			return
		}
		second = p.trainer(t, WithCheckpoint(dir, 0)).Fit(context.Background())
		if err := first.Save(dir); err != nil {
			t.Error(err)
		}
	}))
	if err := first.Fit(context.Background()); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(second, folder.ErrBusy) {
		t.Errorf("a second training: got error %v, want ErrBusy", second)
	}
	wantSameEnd(t, "the first", first, p.fit(t))
	if _, err := Resume(dir, p.data()); err != nil {
		t.Error(err)
	}

	// A path that cannot be written is known before the first iteration.
	tr := p.trainer(t, WithCheckpoint("/dev/null/run", 0), WithHook(func(Metrics) { t.Error("an iteration was done") }))
	if err := tr.Fit(context.Background()); err == nil {
		t.Error("a path below a file was accepted")
	}
}

// The last save of a training was killed when it was whole and not yet in its place:
// to go on puts it there.
func TestCompleteIsTidied(t *testing.T) {
	p := smallTraining()
	dir := filepath.Join(t.TempDir(), "run")
	want := p.fit(t, WithCheckpoint(dir, time.Hour))
	next := filepath.Join(dir, ".checkpoint-next")
	if err := os.Mkdir(next, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{folder.Manifest, "weights.npz"} {
		if err := os.Rename(filepath.Join(dir, name), filepath.Join(next, name)); err != nil {
			t.Fatal(err)
		}
	}
	tr, err := Resume(dir, p.data(), WithCheckpoint(dir, time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Fit(context.Background()); err != nil {
		t.Fatal(err)
	}
	wantSameEnd(t, "resumed", tr, want)
	if _, err := os.Stat(next); !os.IsNotExist(err) {
		t.Errorf("%s is there: %v", next, err)
	}
	if _, err := os.Stat(filepath.Join(dir, folder.Manifest)); err != nil {
		t.Error(err)
	}
}
