//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/pkg/errors"

	"spnode/data/file"
	"spnode/model"
	"spnode/model/folder"
)

// saved is the model of a number: all its parameters are it, so that a mixture of
// two is told from a whole.
func saved(n int) (*model.Model, error) {
	m, err := model.New(model.DefaultConfig(3))
	if err == nil {
		for i := range m.Params().Flat {
			m.Params().Flat[i] = float64(n)
		}
	}
	return m, err
}

// number reads a checkpoint and returns its number.
func number(dir string) (int, error) {
	m, err := model.Load(dir)
	if err != nil {
		return 0, err
	}
	w := m.Params().Flat
	for _, v := range w {
		if v != w[0] {
			return 0, fmt.Errorf("%s is a mixture of %g and %g", dir, w[0], v)
		}
	}
	return int(w[0]), nil
}

// saveOn saves models of growing numbers until it is killed.
func saveOn(dir string) error {
	n, err := number(dir)
	if err != nil {
		return err
	}
	for {
		n++
		m, err := saved(n)
		if err != nil {
			return err
		}
		if err := m.Save(dir); err != nil && !errors.Is(err, folder.ErrBusy) {
			return err
		}
	}
}

// saves kills processes that save, alone or two of them to one folder. What is read,
// in between too, is whole, and not older than what was read before.
func (t *torture) saves() error {
	dir, err := t.fresh("saves")
	if err != nil {
		return err
	}
	m, err := saved(0)
	if err == nil {
		err = m.Save(dir)
	}
	newest := 0
	for range 10 {
		if err != nil {
			return err
		}
		two := t.rng.IntN(2) == 1
		first, err := t.start("save", dir)
		if err != nil {
			return err
		}
		if second := first; two {
			if second, err = t.start("save", dir); err != nil {
				return err
			}
			t.after(100 * time.Millisecond)
			kill(second, syscall.SIGKILL)
			t.counts["pairs of savers killed"]++
		}
		for begun := time.Now(); time.Since(begun) < 5*time.Second; time.Sleep(time.Millisecond) {
			if n, err := number(dir); err != nil || n > newest { // it is at work
				break
			}
		}
		t.after(20 * time.Millisecond)
		for range t.rng.IntN(5) {
			t.after(20 * time.Millisecond)
			n, err := number(dir)
			if err != nil || n < newest && !two { // one of two may be behind
				return fmt.Errorf("got %d after %d, %v", n, newest, err)
			}
			newest = n
			t.counts["reads"]++
		}
		kill(first, syscall.SIGKILL)
		t.counts["savers killed"]++
		if newest, err = number(dir); err != nil {
			return err
		}
	}
	if err := m.Save(dir); err != nil {
		return err
	}
	return t.tidy(dir)
}

// tidy fails if a folder has more than a model's files.
func (t *torture) tidy(dir string) error {
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) != len(model.FileNames())+1 {
		err = fmt.Errorf("%s has the entries %v", dir, entries)
	}
	return err
}

// limited sets the size that files of this process can have, and saves under it, as
// on a disk that is full.
func limited(dir string, size uint64) error {
	// Beyond it there is a signal, which the runtime ignores, and EFBIG.
	limit := syscall.Rlimit{Cur: size, Max: size}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	m, err := saved(2)
	if err != nil {
		return err
	}
	failed := m.Save(dir)
	whole := make([]byte, 5000)
	path := filepath.Join(dir+"-files", "figure.png")
	if err := file.WriteBytes(path, whole); err == nil && size < 5000 {
		return fmt.Errorf("%s was written beyond the limit %d", path, size)
	}
	if failed != nil {
		os.Exit(3)
	}
	return nil
}

// limits lets saves, and files of results, fail at a random byte: the old ones stay
// and nothing is left beside them.
func (t *torture) limits() error {
	dir, err := t.fresh("limits")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir+"-files", 0o777); err != nil {
		return err
	}
	old, err := saved(1)
	if err != nil {
		return err
	}
	path := filepath.Join(dir+"-files", "figure.png")
	for range 20 {
		if err := old.Save(dir); err != nil {
			return err
		}
		if err := file.WriteBytes(path, []byte("old")); err != nil {
			return err
		}
		size := uint64(t.rng.IntN(12000))
		cmd, err := t.start("limited", dir, strconv.FormatUint(size, 10))
		if err != nil {
			return err
		}
		cmd.Wait()
		want := 2
		switch code := cmd.ProcessState.ExitCode(); code {
		case 0:
			t.counts["saves under a limit that did not"]++
		case 3:
			t.counts["saves that failed"]++
			want = 1
		default:
			return fmt.Errorf("limit %d: exit code %d", size, code)
		}
		if n, err := number(dir); err != nil || n != want {
			return fmt.Errorf("limit %d: got the model %d, %v, want %d", size, n, err, want)
		}
		if err := t.tidy(dir); err != nil {
			return fmt.Errorf("limit %d: %w", size, err)
		}
		entries, err := os.ReadDir(dir + "-files")
		content, failed := os.ReadFile(path)
		if err != nil || failed != nil || len(entries) != 1 || len(content) != 5000 && string(content) != "old" {
			return fmt.Errorf("limit %d: %v with %d bytes, %v, %v", size, entries, len(content), err, failed)
		}
		if len(content) != 5000 {
			t.counts["files that failed"]++
		}
	}
	return nil
}
