package runs

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pkg/errors"

	"spnode/experiments/driver/command"
	"spnode/model/folder"
)

func TestOpen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "checkpoints", "x")
	now := time.Date(2026, 1, 31, 23, 59, 58, 0, time.UTC)
	r, err := Open(context.Background(), dir, "", 3, false, now)
	if err != nil {
		t.Fatal(err)
	}
	if r.Name != "20260131-235958-seed3" || r.Dir != filepath.Join(dir, r.Name) || r.Resumed {
		t.Errorf("got %+v", r)
	}
	if info, err := os.Stat(r.Figures()); err != nil || !info.IsDir() {
		t.Errorf("figures/: %v", err)
	}
	if r.Model("m") != filepath.Join(r.Dir, "m") {
		t.Errorf("model folder: got %s", r.Model("m"))
	}

	kept := filepath.Join(r.Dir, "config.json")
	if err := os.WriteFile(kept, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	refused := func(name string, resume bool, says ...string) {
		t.Helper()
		_, err := Open(context.Background(), dir, name, 3, resume, now)
		var usage *command.UsageError
		if !errors.As(err, &usage) {
			t.Errorf("run %q: got %v, want a UsageError", name, err)
			return
		}
		for _, s := range says {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("run %q: got %q, want it to say %q", name, err, s)
			}
		}
	}
	refused("", false, r.Dir, "-resume", "-run")
	refused(r.Name, false, r.Dir, "never overwritten")
	patience = 0 // for as long as this test
	_, err = Open(context.Background(), dir, r.Name, 3, true, now)
	if patience = 90 * time.Second; !errors.Is(err, folder.ErrBusy) || !strings.Contains(err.Error(), r.Dir) {
		t.Errorf("a run that another process is at work on: got %v, want ErrBusy", err)
	}
	r.Close()
	other, err := Open(context.Background(), dir, "other", 3, true, now)
	if err != nil || other.Resumed {
		t.Fatalf("a run that does not exist: got %+v, %v, want that it is begun", other, err)
	}
	other.Close()
	if err := os.MkdirAll(filepath.Join(dir, "photos", "summer"), 0o777); err != nil {
		t.Fatal(err)
	}
	refused("photos", true, "photos", "no run")
	if again, err := Open(context.Background(), dir, r.Name, 3, true, now); err != nil || !again.Resumed || again.Dir != r.Dir {
		t.Errorf("resume: got %+v, %v", again, err)
	}
	if _, err := os.Stat(kept); err != nil {
		t.Error("a file of the run is gone")
	}
	for _, bad := range []string{"a/b", `a\b`, ".", "..", ".git", "-x", "a\nb", "c:", strings.Repeat("x", 300)} {
		refused(bad, false, "folder name")
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	refused("file", false, "got a file")
}

// A run that was killed before it had its configuration is no dead name, and what
// killed ones have left is removed.
func TestKilledRun(t *testing.T) {
	dir := t.TempDir()
	put := func(parts ...string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(append([]string{dir, "r"}, parts...)...), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	open := func(resume bool) error {
		r, err := Open(context.Background(), dir, "r", 1, resume, time.Now())
		if err == nil {
			r.Close()
		}
		return err
	}
	for _, killed := range []func(){
		func() {},
		func() { os.Mkdir(filepath.Join(dir, "r"), 0o777) },
		func() { put(".config.json.tmp3x") },
	} {
		killed()
		for _, resume := range []bool{true, false} { // both begin it
			if err := open(resume); err != nil {
				t.Error(err)
			}
		}
	}
	put("config.json")
	if err := open(false); err == nil {
		t.Error("a run was overwritten")
	}
	put(".report.json.tmp3x")
	put("figures", ".loss.png.tmp3x")
	put("figures", "loss.png")
	if err := open(true); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{".report.json.tmp3x": false, "figures/.loss.png.tmp3x": false, "figures/loss.png": true, "config.json": true} {
		if _, err := os.Stat(filepath.Join(dir, "r", path)); (err == nil) != want {
			t.Errorf("%s: got %v, want it to be there: %v", path, err, want)
		}
	}
}
