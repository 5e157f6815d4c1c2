package folder

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pkg/errors"
)

// TestMain is also the process that TestProcesses starts: it writes checkpoints to
// a folder until it is killed, or only holds it.
func TestMain(m *testing.M) {
	if dir := os.Getenv("FOLDER_TEST_HOLD"); dir != "" {
		if _, err := Open(dir); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("holds")
		select {}
	}
	if dir := os.Getenv("FOLDER_TEST_WRITE"); dir != "" {
		fmt.Println("writes")
		for n := 0; ; n++ {
			if err := write(&disk{unsynced: true}, dir, numbered(n%10)); err != nil && !errors.Is(err, ErrBusy) {
				fmt.Println(err)
				os.Exit(1)
			}
		}
	}
	os.Exit(m.Run())
}

// start runs this test program as another process and returns when it has said
// its first line.
func start(t *testing.T, variable, dir string) (kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), variable+"="+dir)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 100)
	n, _ := out.Read(line)
	if s := strings.TrimSpace(string(line[:n])); s != "holds" && s != "writes" {
		t.Fatalf("the other process said %q", s)
	}
	return func() {
		cmd.Process.Kill()
		cmd.Wait()
	}
}

func needLocks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no locks between processes")
	}
}

// There is one writer of a folder, whichever process or goroutine it is in, until it
// closes or is killed.
func TestOneWriter(t *testing.T) {
	needLocks(t)
	dir := filepath.Join(t.TempDir(), "run")
	w, err := Open(dir, "config.json")
	if err != nil {
		t.Fatal(err)
	}
	busy := func(what string) {
		t.Helper()
		if _, err := Open(dir); !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "want one") {
			t.Errorf("%s: got error %v, want ErrBusy that names %s", what, err, dir)
		}
	}
	busy("open here")
	for n := range 3 {
		if err := w.Write(numbered(n)); err != nil {
			t.Fatal(err)
		}
		busy("after a write")
		if got := generation(t, dir); got != n {
			t.Errorf("got checkpoint %d, want %d", got, n)
		}
	}
	w.Close()
	kill := start(t, "FOLDER_TEST_HOLD", dir)
	busy("another process")
	if got := generation(t, dir); got != 2 {
		t.Errorf("beside a writer: got checkpoint %d, want 2", got)
	}
	kill()
	mustWrite(t, dir, 4)

	// Removed and moved under a writer.
	if w, err = Open(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir, dir+"2"); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(numbered(5)); err != nil {
		t.Fatal(err)
	}
	busy("after a move")
	w.Close()
	if a, b := generation(t, dir), generation(t, dir+"2"); a != 5 || b != 4 {
		t.Errorf("after a move: got checkpoints %d and %d, want 5 and 4", a, b)
	}
}

// Two processes and two goroutines that save to one folder at once, and one killed
// in between, leave whole checkpoints, and readers see no others.
func TestWritersAtOnce(t *testing.T) {
	needLocks(t)
	dir := filepath.Join(t.TempDir(), "run")
	mustWrite(t, dir, 0)
	kills := 10
	if testing.Short() {
		kills = 3
	}
	var reads int
	for range kills {
		a, b := start(t, "FOLDER_TEST_WRITE", dir), start(t, "FOLDER_TEST_WRITE", dir)
		var writers sync.WaitGroup
		for g := range 2 {
			writers.Go(func() {
				for n := range 5 {
					if err := write(&disk{unsynced: true}, dir, numbered((n+g)%10)); err != nil && !errors.Is(err, ErrBusy) {
						t.Error(err)
					}
				}
			})
		}
		for end := time.Now().Add(100 * time.Millisecond); time.Now().Before(end); reads++ {
			generation(t, dir)
		}
		a()
		generation(t, dir)
		b()
		writers.Wait()
		generation(t, dir)
	}
	mustWrite(t, dir, 3)
	wantEntries(t, dir, Manifest, "config.json", "metrics.csv", "weights.npz")
	wantEntries(t, filepath.Dir(dir), "run")
	t.Logf("%d processes killed, %d reads", 2*kills, reads)
}

// A save that fails at any of its operations leaves nothing behind it, and the old
// checkpoint or the new one.
func TestFaults(t *testing.T) {
	home := t.TempDir()
	dir := filepath.Join(home, "run")
	mustWrite(t, dir, 1)
	faults := 0
	for k := 0; ; k++ {
		left := k
		d := &disk{unsynced: true, before: func(op, path string) error {
			if left--; left == -1 {
				return errors.Wrapf(syscall.ENOSPC, "%s %s", op, path)
			}
			return nil
		}}
		w, err := open(d, dir, nil, 0)
		if err == nil {
			err = w.Write(numbered(2))
			w.Close()
		}
		n := generation(t, dir)
		if err == nil {
			if n != 2 {
				t.Errorf("got checkpoint %d, want 2", n)
			}
			break
		}
		faults++
		if _, gone := os.Stat(filepath.Join(dir, nextName)); gone == nil && n == 1 {
			t.Errorf("fault %d: %v left %s", k, err, nextName)
		}
		wantEntries(t, home, "run")
		if n == 2 { // it was the new one already
			mustWrite(t, dir, 1)
		}
	}
	t.Logf("%d faults", faults)
	if faults < 15 {
		t.Errorf("got %d faults, want more: does every operation pass the seam?", faults)
	}
}

// foreign has a disk be one whose folders are each a device of its own for renaming, and
// which cannot sync a folder.
func foreign(d *disk) *disk {
	return &disk{unsynced: d.unsynced, before: func(op, path string) error {
		if d.before != nil {
			if err := d.before(op, path); err != nil {
				return err
			}
		}
		info, err := os.Stat(path)
		switch {
		case op == "rename" && filepath.Base(filepath.Dir(path)) == nextName && filepath.Base(path) != Manifest+partial:
			return syscall.EXDEV
		case op == "sync" && err == nil && info.IsDir():
			return syscall.EINVAL
		}
		return nil
	}}
}

// Where nothing can be renamed from one folder to another, files are copied, as safely:
// whenever a writer is killed there is the old checkpoint or the new one.
func TestOtherFileSystems(t *testing.T) {
	home := t.TempDir()
	kills := 0
	for more := true; more; kills++ {
		dir := filepath.Join(home, fmt.Sprint(kills))
		mustWrite(t, dir, 1)
		putFile(t, filepath.Join(dir, "notes.txt"), "mine")
		more = write(foreign(kill(kills)), dir, numbered(2)) != nil
		if n := generation(t, dir); n != 1 && n != 2 || !more && n != 2 {
			t.Errorf("killed at %d: got checkpoint %d", kills, n)
		}
		// The next writer is on that file system, or the folder has been moved.
		next := &disk{unsynced: true}
		if kills%2 == 0 {
			next = foreign(next)
		}
		if err := write(next, dir, numbered(3)); err != nil || generation(t, dir) != 3 {
			t.Errorf("after a kill at %d: got %v", kills, err)
		}
		wantEntries(t, dir, Manifest, "config.json", "metrics.csv", "weights.npz", "notes.txt")
	}
	t.Logf("%d kills", kills)
	if kills < 40 {
		t.Errorf("got %d kills, want more: does every operation pass the seam?", kills)
	}
}

// Links are followed, and stay; so does the working directory.
func TestLinks(t *testing.T) {
	home := t.TempDir()
	real, link, chain := filepath.Join(home, "disk2", "real"), filepath.Join(home, "link"), filepath.Join(home, "chain")
	for from, to := range map[string]string{link: filepath.Join("disk2", "real"), chain: link} {
		if err := os.Symlink(to, from); err != nil {
			t.Skip(err)
		}
	}
	mustWrite(t, chain, 1) // the target is not there yet
	putFile(t, filepath.Join(real, "notes.txt"), "mine")
	mustWrite(t, link, 2)
	for _, dir := range []string{real, link, chain} {
		if n := generation(t, dir); n != 2 {
			t.Errorf("%s: got checkpoint %d, want 2", dir, n)
		}
	}
	for _, dir := range []string{link, chain} {
		if info, err := os.Lstat(dir); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("%s is no link any more", dir)
		}
	}
	wantText(t, filepath.Join(real, "notes.txt"), "mine")

	circle := filepath.Join(home, "circle")
	if err := os.Symlink(circle, circle); err != nil {
		t.Fatal(err)
	}
	if err := Write(circle, numbered(1)); err == nil {
		t.Error("a link to itself was accepted")
	}

	t.Chdir(real)
	mustWrite(t, ".", 3)
	if n := generation(t, "."); n != 3 {
		t.Errorf("the working directory has checkpoint %d, want 3", n)
	}
	if n := generation(t, link); n != 3 {
		t.Errorf("the folder has checkpoint %d, want 3", n)
	}
	if _, err := os.Getwd(); err != nil {
		t.Error(err)
	}
}

// What cannot be written is refused before there is anything to be written.
func TestOpenRefuses(t *testing.T) {
	home := t.TempDir()
	putFile(t, filepath.Join(home, "file"), "mine")
	putFile(t, filepath.Join(home, "taken", "weights.npz"), "mine")
	mustWrite(t, filepath.Join(home, "damaged"), 1)
	putFile(t, filepath.Join(home, "damaged", Manifest), "{}")
	closed := filepath.Join(home, "closed")
	if err := os.Mkdir(closed, 0o555); err != nil {
		t.Fatal(err)
	}
	cases := []string{"file", "file/below", "taken", "damaged"}
	if os.Geteuid() != 0 { // who may write anywhere
		cases = append(cases, "closed", "closed/below")
	}
	for _, name := range cases {
		if _, err := Open(filepath.Join(home, name), "weights.npz"); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	// A folder that gets nothing is not left.
	dir := filepath.Join(home, "new", "run")
	w, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	wantEntries(t, filepath.Dir(dir))
	if Exists(dir) {
		t.Error("there is a checkpoint that nobody wrote")
	}
}

// A clone whose lines end as on Windows is told from damage.
func TestLineEndings(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	files := []File{{"config.json", []byte("{\n  \"a\": 1\n}\n")}, {"weights.npz", []byte("\n\x00\n")}}
	if err := Write(dir, files); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"config.json", Manifest} {
		path := filepath.Join(dir, name)
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		putFile(t, path, strings.ReplaceAll(string(good), "\n", "\r\n"))
		if _, err := Read(dir); !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), "line endings") || !strings.Contains(err.Error(), "autocrlf") {
			t.Errorf("%s: got error %v, want one about line endings", name, err)
		}
		putFile(t, path, strings.ReplaceAll(string(good), "1", "2\r"))
		if _, err := Read(dir); !errors.Is(err, ErrCheckpoint) || strings.Contains(err.Error(), "line endings") {
			t.Errorf("%s changed: got error %v, want one about damage", name, err)
		}
		putFile(t, path, string(good))
	}
}

// Sizes are compared before anything is read.
func TestBombs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	mustWrite(t, dir, 1)
	path := filepath.Join(dir, "weights.npz")
	if err := os.Truncate(path, 6<<30); err != nil {
		t.Skip(err) // no sparse files
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Read(dir)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), "weights.npz") || !strings.Contains(err.Error(), "size") {
		t.Errorf("got error %v, want one about the size of weights.npz", err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
		t.Errorf("took %d bytes", took)
	}
	if err := os.Truncate(filepath.Join(dir, Manifest), 6<<30); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(dir); !errors.Is(err, ErrCheckpoint) {
		t.Errorf("a manifest of 6 GB: got error %v", err)
	}
}

// Checkpoints that come back in the same words are not taken for one that stayed, of
// which a failure to read would stand.
func TestSameWords(t *testing.T) {
	needLocks(t)
	dir := filepath.Join(t.TempDir(), "run")
	mustWrite(t, dir, 0)
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for n := 1; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			if err := write(&disk{unsynced: true}, dir, numbered(n%2)); err != nil {
				t.Error(err)
				return
			}
		}
	})
	reads := 0
	for end := time.Now().Add(time.Second); time.Now().Before(end) && !t.Failed(); reads++ {
		if _, err := Read(dir); err != nil {
			t.Errorf("after %d reads: %v", reads, err)
		}
	}
	close(stop)
	writer.Wait()
}
