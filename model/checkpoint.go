package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/pkg/errors"

	"spnode/data/npz"
	"spnode/model/folder"
	"spnode/model/param"
)

// ErrCheckpoint is the error of a folder that is no checkpoint, or not a whole one.
var ErrCheckpoint = folder.ErrCheckpoint

// The files of a model in a checkpoint.
const (
	configFile  = "config.json"
	weightsFile = "weights.npz"
)

// stored is the content of config.json.
type stored struct {
	Model Config `json:"model"`
	// Train and Data are of version 1, where a training kept its configuration
	// here. They are not looked at.
	Train json.RawMessage `json:"train,omitempty"`
	Data  json.RawMessage `json:"data,omitempty"`
}

// ErrNotFinite is the error of what a checkpoint must not hold: NaN or Inf.
var ErrNotFinite = errors.New("a number is not finite")

// CheckFinite returns ErrNotFinite for the first element of an array that is not.
func CheckFinite(arrays []npz.Array) error {
	for _, a := range arrays {
		for i, v := range a.Data {
			if !param.Finite(v) {
				return errors.Wrapf(ErrNotFinite, "element %d of %s is %g; the checkpoint that is there is kept", i, a.Name, v)
			}
		}
	}
	return nil
}

// FileNames are those of the files that Save writes.
func FileNames() []string { return []string{configFile, weightsFile} }

// Save writes the model to a folder that Load reads: config.json and
// weights.npz, which NumPy opens, with the parameters under their names. The
// folder is replaced as a whole; whoever reads it meanwhile, or after a crash,
// finds the old one or the new one. The error is ErrNotFinite for parameters that Load
// would refuse, and folder.ErrBusy where a training writes the folder.
func (m *Model) Save(dir string) error {
	files, err := m.Files()
	if err != nil {
		return err
	}
	return folder.Write(dir, files)
}

// Files are what Save writes, for someone who has more to write beside it.
func (m *Model) Files() ([]folder.File, error) {
	text, err := json.MarshalIndent(stored{Model: m.cfg}, "", "  ")
	if err != nil {
		return nil, errors.Wrap(err, "model: Save")
	}
	var arrays []npz.Array
	for _, p := range m.params.List {
		arrays = append(arrays, npz.Array{Name: p.Name, Shape: p.Shape, Data: p.Data})
	}
	if err := CheckFinite(arrays); err != nil {
		return nil, errors.WithMessage(err, "model: Save")
	}
	weights, err := npz.Encode(arrays)
	if err != nil {
		return nil, errors.Wrap(err, "model: Save")
	}
	return []folder.File{{Name: configFile, Data: append(text, '\n')}, {Name: weightsFile, Data: weights}}, nil
}

// Load reads a model that Save or a Trainer wrote. Nothing is believed before
// the checksums, the shapes and the numbers have been checked; the error is
// ErrCheckpoint and names the file.
func Load(dir string) (*Model, error) {
	files, err := folder.Read(dir)
	if err != nil {
		return nil, err
	}
	return Decode(dir, files)
}

// Decode makes the model of the files that folder.Read returns of dir, which is
// for the error alone.
func Decode(dir string, files map[string][]byte) (*Model, error) {
	bad := func(name, format string, args ...any) (*Model, error) {
		return nil, BadFile(dir, name, fmt.Errorf(format, args...))
	}
	// Of a time when there was no other unit than the data's is a file without one.
	c := stored{Model: Config{TimeUnit: 1}}
	dec := json.NewDecoder(bytes.NewReader(files[configFile]))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return bad(configFile, "%v", err)
	}
	if dec.More() {
		return bad(configFile, "it goes on after the configuration")
	}
	// The size of the weights is known, and not yet that of the model.
	if err := c.Model.Validate(); err != nil {
		return bad(configFile, "%v", err)
	}
	if m, err := c.Model.parts(); err == nil {
		if size, _ := elements(m.declared()); 8*size > len(files[weightsFile]) {
			return bad(weightsFile, "got %d bytes, want at least the %d of the %d parameters of %s", len(files[weightsFile]), 8*size, size, configFile)
		}
	}
	m, err := New(c.Model)
	if err != nil {
		return bad(configFile, "%v", err)
	}
	arrays, err := npz.Decode(files[weightsFile])
	if err != nil {
		return bad(weightsFile, "%v", err)
	}
	if len(arrays) != len(m.params.List) {
		return bad(weightsFile, "got %d arrays, want %d for the model of %s", len(arrays), len(m.params.List), configFile)
	}
	for _, a := range arrays {
		p, ok := m.params.Get(a.Name)
		if !ok || !slices.Equal(p.Shape, a.Shape) {
			return bad(weightsFile, "array %s has shape %v, want %v", a.Name, a.Shape, p.Shape)
		}
		for i, v := range a.Data {
			if !param.Finite(v) {
				return bad(weightsFile, "element %d of %s is %g", i, a.Name, v)
			}
		}
		copy(p.Data, a.Data)
	}
	return m, nil
}

// BadFile is the error, ErrCheckpoint, of a file of a checkpoint whose content is
// not what it should be.
func BadFile(dir, name string, err error) error {
	return errors.Wrapf(ErrCheckpoint, "model: %s: %v", filepath.Join(dir, name), err)
}
