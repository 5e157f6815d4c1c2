package sweep

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"

	filepkg "spnode/data/file"
)

// Name is the file that makes a folder a sweep's.
const Name = "sweep.json"

// Folder is a sweep's folder: sweep.json, and a folder for each task.
type Folder struct {
	Dir        string
	Experiment string
	Flags      []string // of the command line, that shape the configuration
	Sweep      *Sweep
}

// kept is the content of sweep.json.
type kept struct {
	Experiment string          `json:"experiment"`
	SHA256     string          `json:"sha256"` // of the sweep without spaces
	Flags      []string        `json:"flags"`
	Sweep      json.RawMessage `json:"sweep"`
}

// Keep makes dir the folder of a sweep, or checks that it is: a folder of another
// one, or of other flags, is refused. One process at a time may call it.
func Keep(dir, experiment string, flags []string, s *Sweep) (*Folder, error) {
	f, err := Open(dir)
	if err == nil {
		switch {
		case f.Experiment != experiment:
			return nil, errors.Errorf("sweep %s: got the experiment %s, the folder's is %s; choose another folder with -run", dir, experiment, f.Experiment)
		case f.Sweep.Checksum() != s.Checksum():
			return nil, errors.Errorf("sweep %s: the folder holds another sweep, of SHA-256 %.12s…, and the file's is %.12s…; choose another folder with -run, or undo the change of the file", dir, f.Sweep.Checksum(), s.Checksum())
		case !slices.Equal(f.Flags, flags):
			return nil, errors.Errorf("sweep %s: got the flags %q, it was begun with %q; give these, or choose another folder with -run", dir, strings.Join(flags, " "), strings.Join(f.Flags, " "))
		}
		return f, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	f = &Folder{dir, experiment, flags, s}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, errors.Wrap(err, "sweep: Keep")
	}
	text, err := json.MarshalIndent(kept{experiment, s.Checksum(), slices.Concat([]string{}, flags), s.text}, "", "  ")
	if err != nil {
		return nil, errors.Wrap(err, "sweep: Keep")
	}
	return f, filepkg.WriteBytes(filepath.Join(dir, Name), append(text, '\n'))
}

// Open opens the folder of a sweep. Where it is none, the error is os.ErrNotExist.
func Open(dir string) (*Folder, error) {
	path := filepath.Join(dir, Name)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, errors.Wrapf(err, "sweep: Open: %s is not the folder of a sweep", dir)
	}
	var k kept
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&k); err != nil {
		return nil, errors.Wrapf(err, "sweep: Open: %s", path)
	}
	s, err := Parse(k.Sweep)
	if err != nil {
		return nil, errors.WithMessagef(err, "sweep: Open: %s", path)
	}
	if s.Checksum() != k.SHA256 {
		return nil, errors.Errorf("sweep: Open: %s: the sweep's SHA-256 is %s, want %s as it says; restore it from the sweep's file", path, s.Checksum(), k.SHA256)
	}
	return &Folder{dir, k.Experiment, k.Flags, s}, nil
}

// Task is the folder of a task's run.
func (f *Folder) Task(t Task) string { return filepath.Join(f.Dir, t.Name) }
