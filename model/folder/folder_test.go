package folder

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pkg/errors"
)

// numbered is the checkpoint number n: files of one generation, so that a mixture
// is told from a whole.
func numbered(n int) []File {
	return []File{
		{"config.json", fmt.Appendf(nil, `{"generation": %d}`, n)},
		{"weights.npz", bytes.Repeat([]byte{byte(n)}, 50+n)},
		{"metrics.csv", nil},
	}
}

func contents(files []File) map[string][]byte {
	m := map[string][]byte{}
	for _, f := range files {
		m[f.Name] = append([]byte{}, f.Data...)
	}
	return m
}

// generation reads dir, which must be whole, and returns which checkpoint it is.
func generation(t *testing.T, dir string) int {
	t.Helper()
	got, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 10 {
		if reflect.DeepEqual(got, contents(numbered(n))) {
			return n
		}
	}
	t.Fatalf("got %q, which is none of the checkpoints", got)
	return 0
}

func mustWrite(t *testing.T, dir string, n int) {
	t.Helper()
	if err := write(&disk{unsynced: true}, dir, numbered(n)); err != nil {
		t.Fatal(err)
	}
}

func putFile(t *testing.T, path, text string) {
	t.Helper()
	err := os.WriteFile(path, []byte(text), 0o666)
	if errors.Is(err, os.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(path), 0o777); err == nil {
			err = os.WriteFile(path, []byte(text), 0o666)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

func wantText(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s: got %q, %v, want %q", path, got, err, want)
	}
}

func wantEntries(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Errorf("%s: got entries %q, want %q", dir, got, want)
	}
}

func TestRoundTrip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "run")
	for n := 1; n <= 3; n++ {
		mustWrite(t, dir, n)
		if got := generation(t, dir); got != n {
			t.Errorf("got checkpoint %d, want %d", got, n)
		}
		wantEntries(t, filepath.Dir(dir), "run")
		wantEntries(t, dir, Manifest, "config.json", "metrics.csv", "weights.npz")
	}
	if err := Write(dir, numbered(4)[:1]); err != nil {
		t.Fatal(err)
	}
	wantEntries(t, dir, Manifest, "config.json") // a file less than before
}

// write is Write on a disk.
func write(d *disk, dir string, files []File) error {
	w, err := open(d, dir, names(files), 0)
	if err != nil {
		return err
	}
	defer w.lock.release() // and no more: a process that was killed does nothing
	return w.Write(files)
}

// kill returns a disk that dies ahead of operation k, and, if that is a write,
// in the middle of it.
func kill(k int) *disk {
	var dead bool
	return &disk{unsynced: true, before: func(op, path string) error {
		if k--; k >= 0 {
			return nil
		}
		if op == "write" && !dead {
			if err := os.WriteFile(path, []byte("{"), 0o666); err != nil {
				panic(err)
			}
		}
		dead = true
		return errors.Errorf("killed before %s %s", op, path)
	}}
}

// TestKill kills the writer of checkpoint 2 ahead of each of its operations,
// and the writer of checkpoint 3, which finds the remains, ahead of every fifth of
// its own, each time another fifth; all pairs take half a minute.
func TestKill(t *testing.T) {
	home := t.TempDir()
	var kills int
	for _, fresh := range []bool{true, false} { // is there a checkpoint 1 to replace?
		for first, more := 0, true; more; first++ {
			for second := first % 5; ; second += 5 {
				parent := filepath.Join(home, fmt.Sprint(fresh, first, second))
				dir := filepath.Join(parent, "run")
				putFile(t, filepath.Join(parent, ".run.tmp-old.txt"), "another's") // not ours to remove
				if !fresh {
					mustWrite(t, dir, 1)
					putFile(t, filepath.Join(dir, "notes.txt"), "mine")
					putFile(t, filepath.Join(dir, "figures", "a.png"), "mine")
				}
				newest := 1
				see := func() {
					t.Helper()
					if fresh && newest == 1 {
						if _, err := Read(dir); errors.Is(err, ErrCheckpoint) {
							return // none yet
						}
					}
					n := generation(t, dir)
					if n < newest {
						t.Fatalf("kills at %d, %d: got checkpoint %d after %d", first, second, n, newest)
					}
					newest = n
				}
				more = write(kill(first), dir, numbered(2)) != nil
				see()
				killed := write(kill(second), dir, numbered(3)) != nil
				see()
				mustWrite(t, dir, 4)
				if see(); newest != 4 {
					t.Fatalf("kills at %d, %d: got checkpoint %d, want 4", first, second, newest)
				}
				wantEntries(t, parent, "run", ".run.tmp-old.txt")
				if !fresh {
					wantText(t, filepath.Join(dir, "notes.txt"), "mine")
					wantText(t, filepath.Join(dir, "figures", "a.png"), "mine")
				}
				if t.Failed() {
					t.Fatalf("after kills at %d, %d", first, second)
				}
				if kills++; !killed {
					break
				}
			}
		}
	}
	t.Logf("%d pairs of kills", kills)
	if kills < 100 {
		t.Errorf("got %d pairs of kills, want a hundred and more: does every operation pass the seam?", kills)
	}
}

// TestDamage cuts every file at every length and flips a bit of every byte.
func TestDamage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	mustWrite(t, dir, 1)
	refused := func(path, what string) {
		t.Helper()
		if _, err := Read(dir); !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s %s: got error %v, want ErrCheckpoint that names it", path, what, err)
		}
	}
	for _, name := range []string{Manifest, "config.json", "weights.npz", "metrics.csv"} {
		path := filepath.Join(dir, name)
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range good {
			putFile(t, path, string(good[:i]))
			refused(path, fmt.Sprintf("cut to %d bytes", i))
			bad := bytes.Clone(good)
			bad[i] ^= 1 << (i % 8)
			putFile(t, path, string(bad))
			refused(path, fmt.Sprintf("with bit %d of byte %d flipped", i%8, i))
		}
		putFile(t, path, string(good)+"\n")
		refused(path, "with a byte appended")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if name == Manifest {
			refused(dir, "without it")
		} else {
			refused(path, "removed")
		}
		putFile(t, path, string(good))
	}
	if n := generation(t, dir); n != 1 {
		t.Errorf("got checkpoint %d after the damage was undone, want 1", n)
	}
}

// TestManifestDamage flips every bit of a manifest, and its case, spaces and order.
func TestManifestDamage(t *testing.T) {
	m, err := newManifest(numbered(1))
	if err != nil {
		t.Fatal(err)
	}
	good := m.text()
	if got, err := parseManifest(good, "M"); err != nil || !bytes.Equal(got.text(), good) {
		t.Fatalf("got %v, %v", got, err)
	}
	for i := range good {
		for bit := range 8 {
			bad := bytes.Clone(good)
			bad[i] ^= 1 << bit
			if _, err := parseManifest(bad, "M"); !errors.Is(err, ErrCheckpoint) {
				t.Errorf("bit %d of byte %d flipped: got error %v, want ErrCheckpoint", bit, i, err)
			}
		}
	}
	for name, bad := range map[string]string{
		"a space":          " " + string(good),
		"an unknown field": strings.Replace(string(good), "{", `{"more": 1,`, 1),
		"another case":     strings.Replace(string(good), `"files"`, `"Files"`, 1),
		"a second text":    string(good) + string(good),
	} {
		if _, err := parseManifest([]byte(bad), "M"); !errors.Is(err, ErrCheckpoint) {
			t.Errorf("%s: got error %v, want ErrCheckpoint", name, err)
		}
	}
}

func TestForeign(t *testing.T) {
	home := t.TempDir()
	dir := func(name string) string { return filepath.Join(home, name) }
	putFile(t, filepath.Join(dir("plain"), "a.txt"), "a")
	putFile(t, dir("file"), "a")
	newer := manifest{Format: format, Version: version + 1}
	putFile(t, filepath.Join(dir("newer"), Manifest), string(newer.text()))
	future := `{"format": "spnode checkpoint", "version": 7, "encrypted": true}` // fields we don't know
	putFile(t, filepath.Join(dir("future"), Manifest), future)
	putFile(t, filepath.Join(dir("other"), Manifest), `{"name": "a web page"}`)
	none := manifest{Format: format}
	putFile(t, filepath.Join(dir("none"), Manifest), string(none.text()))
	escape := manifest{Format: format, Version: version, Files: []manifestEntry{{"../file", 1, digest([]byte("a"))}}}
	putFile(t, filepath.Join(dir("escape"), Manifest), string(escape.text()))

	for name, want := range map[string]string{
		"absent": "no such folder",
		"plain":  "not a checkpoint",
		"file":   "not a directory",
		"newer":  "update spnode",
		"future": "update spnode",
		"none":   "version: got 0",
		"other":  "format",
		"escape": "without a folder",
	} {
		_, err := Read(dir(name))
		if !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), home) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want ErrCheckpoint with the path and %q", name, err, want)
		}
	}
}

// TestKeeps: nothing that is not a checkpoint's is overwritten or removed.
func TestKeeps(t *testing.T) {
	home := t.TempDir()
	plain := filepath.Join(home, "plain")
	putFile(t, filepath.Join(plain, "weights.npz"), "mine")
	if err := Write(plain, numbered(1)); err == nil || !strings.Contains(err.Error(), "weights.npz") {
		t.Errorf("a person's file in the way: got %v, want an error that names it", err)
	}
	wantText(t, filepath.Join(plain, "weights.npz"), "mine")
	wantEntries(t, home, "plain")

	other := filepath.Join(home, "other")
	putFile(t, filepath.Join(other, "notes.txt"), "mine")
	mustWrite(t, other, 1)
	wantText(t, filepath.Join(other, "notes.txt"), "mine")

	damaged := filepath.Join(home, "damaged")
	mustWrite(t, damaged, 1)
	putFile(t, filepath.Join(damaged, Manifest), "{}")
	if err := Write(damaged, numbered(2)); !errors.Is(err, ErrCheckpoint) {
		t.Errorf("damaged manifest: got %v, want ErrCheckpoint", err)
	}

	file := filepath.Join(home, "file")
	putFile(t, file, "mine")
	if Write(file, numbered(1)) == nil {
		t.Error("a file in the place of the folder was accepted")
	}
	wantText(t, file, "mine")

	// Killed between the renames; then someone made the folder again.
	again := filepath.Join(home, "again")
	mustWrite(t, again, 1)
	if err := os.Rename(again, aside(again)); err != nil {
		t.Fatal(err)
	}
	putFile(t, filepath.Join(again, "notes.txt"), "mine")
	if n := generation(t, again); n != 1 {
		t.Errorf("got checkpoint %d, want 1", n)
	}
	mustWrite(t, again, 2)
	wantText(t, filepath.Join(again, "notes.txt"), "mine")
	wantEntries(t, home, "again", "damaged", "file", "other", "plain")
}

// TestVersion1 reads a folder of the first version, and replaces it.
func TestVersion1(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	mustWrite(t, dir, 1)
	m, err := newManifest(numbered(1))
	if err != nil {
		t.Fatal(err)
	}
	m.Version = 1
	putFile(t, filepath.Join(dir, Manifest), string(m.text()))
	if n := generation(t, dir); n != 1 {
		t.Errorf("got checkpoint %d, want 1", n)
	}
	mustWrite(t, dir, 2)
	if n := generation(t, dir); n != 2 {
		t.Errorf("got checkpoint %d, want 2", n)
	}
}

func TestNames(t *testing.T) {
	for _, name := range []string{"", ".", "..", ".hidden", "a/b", "/a", Manifest, "config.json"} {
		files := append(numbered(1), File{name, nil})
		if err := Write(filepath.Join(t.TempDir(), "run"), files); err == nil {
			t.Errorf("the file name %q was accepted", name)
		}
	}
}

// TestReadWhileWriting has readers at work while a writer replaces the
// checkpoint again and again: they must find a whole one every time.
func TestReadWhileWriting(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	mustWrite(t, dir, 0)
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				got, err := Read(dir)
				if err != nil {
					t.Error(err)
					return
				}
				n := len(got["weights.npz"]) - 50
				if !reflect.DeepEqual(got, contents(numbered(n))) {
					t.Errorf("got the mixture %q", got)
					return
				}
			}
		})
	}
	for k := range 30 {
		mustWrite(t, dir, k%10)
	}
	close(done)
	readers.Wait()
}
