package npz

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// File is an .npz file, of which arrays are read one by one.
type File struct {
	entries []entry
	left    int64 // bytes of numbers that may still be read
	limit   int64
}

type entry struct {
	Header
	file *zip.File
	err  error // of the header
}

// DefaultLimit returns the bytes that the numbers of a compressed file of so many
// bytes may take, unless the caller says otherwise.
func DefaultLimit(size int) int64 { return max(64<<20, 32*int64(size)) }

// Open reads the headers of the arrays in an .npz file. limit bounds the bytes
// that all arrays read from it may take together; 0 stands for DefaultLimit.
// Entries that are no arrays are passed over.
func Open(b []byte, limit int64) (*File, error) {
	f, err := open(b, limit, nil, false)
	if err != nil {
		return nil, errors.Wrap(err, "npz: Open")
	}
	return f, nil
}

// Headers returns the headers in the file's order.
func (f *File) Headers() []Header {
	headers := make([]Header, 0, len(f.entries))
	for _, e := range f.entries {
		if e.err == nil {
			headers = append(headers, e.Header)
		}
	}
	return headers
}

// Read returns the array of a name.
func (f *File) Read(name string) (a Array, err error) {
	e, err := f.entry(name)
	if err == nil {
		a, err = f.read(e)
	}
	return a, errors.Wrap(err, "npz: File.Read")
}

// ReadTexts returns the array of text of a name.
func (f *File) ReadTexts(name string) (t Texts, err error) {
	e, err := f.entry(name)
	if err == nil {
		t, err = f.readTexts(e)
	}
	return t, errors.Wrap(err, "npz: File.ReadTexts")
}

func (f *File) entry(name string) (entry, error) {
	i := slices.IndexFunc(f.entries, func(e entry) bool { return e.Name == name })
	if i < 0 {
		return entry{}, errors.Errorf("there is no array %q", name)
	}
	return f.entries[i], nil
}

// open reads the headers, of the arrays with names only if there are some. strict
// refuses entries that are no arrays.
func open(b []byte, limit int64, names []string, strict bool) (*File, error) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, errors.Wrap(err, "not an .npz file, or cut short")
	}
	if limit <= 0 {
		limit = DefaultLimit(len(b))
	}
	f := &File{left: limit, limit: limit}
	seen := map[string]bool{}
	for _, z := range z.File {
		name, ok := strings.CutSuffix(z.Name, ".npy")
		if len(names) > 0 && !(ok && slices.Contains(names, name)) {
			continue
		}
		if !ok && !strict {
			continue
		}
		if !ok || name == "" || seen[name] {
			return nil, errors.Errorf("entry is %q, want a new name that ends in .npy", z.Name)
		}
		seen[name] = true
		e := entry{file: z}
		if h, err := header(z); err != nil {
			e.err = err
		} else {
			e.Header = *h
		}
		e.Name = name
		f.entries = append(f.entries, e)
	}
	if len(f.entries) == 0 && len(z.File) > 0 && !strict {
		return nil, errors.Errorf("the first entry is %q, want names that end in .npy as np.savez has them", z.File[0].Name)
	}
	return f, nil
}

func header(z *zip.File) (*Header, error) {
	r, err := z.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	h, _, err := readHeader(r)
	return h, err
}

func (f *File) read(e entry) (Array, error) {
	a := Array{Name: e.Name, Shape: e.Shape}
	err := e.err
	if err == nil {
		err = e.Err()
	}
	if err == nil {
		err = f.elements(e, 8, func(r io.Reader) (err error) { a.Data, err = e.numbers(r); return err })
	}
	return a, errors.Wrapf(err, "array %q", e.Name)
}

func (f *File) readTexts(e entry) (Texts, error) {
	t := Texts{Name: e.Name, Shape: e.Shape}
	err := e.err
	if err == nil && !e.IsText() {
		err = errors.Errorf(".npy element type is %.100s, want text", e.descr)
	}
	if err == nil {
		err = f.elements(e, 16+e.size, func(r io.Reader) (err error) { t.Data, err = e.texts(r); return err })
	}
	return t, errors.Wrapf(err, "array %q", e.Name)
}

// elements has the elements of an array read, each of which takes so many bytes of
// memory, if there is room for them.
func (f *File) elements(e entry, bytes int, read func(io.Reader) error) error {
	// Deflate makes at most 1032 bytes of one.
	packed, unpacked := e.file.CompressedSize64, e.file.UncompressedSize64
	if e.file.Method == zip.Store && unpacked != packed || unpacked/1032 > packed+1 {
		return errors.Errorf("file damaged: %d bytes unpack to %d, want at most 1032 of one", packed, unpacked)
	}
	r, err := e.file.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	_, start, err := readHeader(r)
	if err != nil {
		return err
	}
	if err := e.check(int64(unpacked) - int64(start)); err != nil {
		return err
	}
	if need := e.count() * float64(bytes); need > float64(f.left) {
		return errors.Errorf("the shape is %v, which takes %.3g bytes, want at most %d in all for a file of this size; try a larger limit, or a file that is not compressed",
			e.Shape, need, f.limit)
	} else {
		f.left -= int64(need)
	}
	if err := read(r); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, r) // verifies the entry's CRC-32
	return err
}
