package data

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/pkg/errors"

	"spnode/data/file"
	"spnode/data/internal/form"
	"spnode/data/internal/runs"
)

// Cached returns the Dataset that the configuration key describes: from dir, if
// it was kept there before, else from make, and then it is kept. The bool tells
// whether it was found.
//
// The key is whatever determines the numbers, problem, initial states, times and
// solver, as a value that encoding/json writes; equal JSON means equal data. The
// files are <SHA-256 of the JSON>.npz, as [Dataset.Write] writes it, and a .json
// of the same name with the key, the names of the components and the checksum of
// the .npz. Both are replaced whole, never in part. Files that do not fit each
// other or the key, damaged or half there, are not an error: the data is made
// again. Old files may be deleted at any time.
//
// dir is made if need be; an empty dir keeps nothing. If make succeeds but its
// Dataset cannot be kept, that is returned beside the error.
func Cached(dir string, key any, make func() (*Dataset, error)) (*Dataset, bool, error) {
	text, err := json.Marshal(key)
	if err != nil {
		return nil, false, errors.Wrap(err, "data: Cached: key")
	}
	path := ""
	if dir != "" {
		path = filepath.Join(dir, checksum(text))
		// Whatever is wrong with the files, they are written anew.
		if d, err := readCached(path, text); err == nil {
			return d, true, nil
		}
	}
	d, err := make()
	if err == nil {
		err = d.validate()
	}
	if err != nil {
		return nil, false, errors.Wrap(err, "data: Cached: making the data")
	}
	if dir != "" {
		err = writeCached(path, text, d)
	}
	return d, false, errors.Wrap(err, "data: Cached: keeping the data")
}

// cacheNote is the .json file beside a cached .npz file.
type cacheNote struct {
	Key        json.RawMessage `json:"key"`
	Components []string        `json:"components"`
	SHA256     string          `json:"sha256"` // of the .npz file and the components
}

func (n *cacheNote) sum(npz []byte) string {
	names, _ := json.Marshal(n.Components) // strings can be marshalled
	return checksum(append(names, npz...))
}

func checksum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func readCached(path string, key []byte) (*Dataset, error) {
	text, err := file.Read(path + ".json")
	if err != nil {
		return nil, errors.WithStack(err)
	}
	var note cacheNote
	if err := json.Unmarshal(text, &note); err != nil {
		return nil, errors.WithStack(err)
	}
	b, err := file.Read(path + ".npz")
	if err != nil {
		return nil, errors.WithStack(err)
	}
	if string(note.Key) != string(key) || note.SHA256 != note.sum(b) {
		return nil, errors.Errorf("%s.npz is not what %s.json says", path, filepath.Base(path))
	}
	d, err := dataset(form.Decode(".npz", b, runs.Options{}))
	if err != nil {
		return nil, err
	}
	d.Components = note.Components
	return d, d.validate()
}

func writeCached(path string, key []byte, d *Dataset) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return errors.WithStack(err)
	}
	var b bytes.Buffer
	if err := d.encodeNPZ(&b); err != nil {
		return err
	}
	note := cacheNote{Key: key, Components: d.Components}
	note.SHA256 = note.sum(b.Bytes())
	text, err := json.Marshal(&note)
	if err != nil {
		return errors.WithStack(err)
	}
	if err := file.WriteBytes(path+".npz", b.Bytes()); err != nil {
		return err
	}
	return file.WriteBytes(path+".json", append(text, '\n'))
}
