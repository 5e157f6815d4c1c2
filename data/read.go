package data

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"spnode/data/file"
	"spnode/data/mat"
)

// ReadOptions says what is what in a file. The zero value finds it by the common
// names that [Read] lists; a name that the file does not have is an error that
// lists those it has. Columns of a table without a header are named 1, 2, ….
type ReadOptions struct {
	// Time and Trajectory name the column of the times, in .npz and .mat files the
	// array, and the column that tells trajectories apart.
	Time, Trajectory string

	// States names the array of the states in .npz and .mat files.
	States string

	// Components, Inputs and Parameters name the columns of each, in this order.
	// Components nil takes all columns that are nothing else; Inputs and Parameters
	// nil take those named input:…, held:… and parameter:…. In .npz and .mat files
	// they choose among the names there; a single one of Inputs or Parameters may also name an
	// array instead of w or p.
	Components, Inputs, Parameters []string

	// Held says that the inputs hold until their next value, rather than being
	// linear between them.
	Held bool

	// Weight names the column, or the array, of the trajectories' weights in the loss.
	Weight string

	// Limit bounds the bytes that the numbers of a compressed file may take; 0
	// stands for 64 MiB or 32 times the file, whichever is more.
	Limit int64
}

// Read returns the Dataset in a file or folder; it is [ReadWith] with the zero
// options, which find what there is by common names.
func Read(path string) (*Dataset, error) {
	d, err := read(path, ReadOptions{})
	return d, errors.Wrapf(err, "data: Read: %s", path)
}

// ReadWith returns the Dataset in a file, in the format of its extension, or in a
// folder, whose files with these extensions are read in the order of their names.
//
// .csv, .tsv, .txt, .dat: a table with a row for each time of each trajectory.
// Commas, semicolons, tabs or blanks are between the cells; a decimal comma, a byte
// order mark, comments after # or %, a row of units, Fortran's exponents (1.5D+03), and nan, NA or an
// empty cell for what was not measured are understood. The column of the times is
// named t or time, that which tells trajectories apart sample, trajectory, run, id
// or the like, both also with a unit in brackets; without the latter the
// file is one trajectory. Columns named input:w, held:w, parameter:p, weight: and
// name: are what these words say; see [Dataset.WriteCSV]. All others are
// components. A table without a header has the time in its first column. Rows of a
// trajectory may be apart, but its times increase; its parameters and weight are
// the same, or empty, in all of them. An input may be known at some of the times
// only.
//
// .npz, .mat: arrays t (T) and u (T, S, C) where S trajectories share their times;
// t (S, T) and u (S, T, C) where each has as many of its own; t (N), u (N, C) and
// offsets (S+1) where they follow each other, trajectory s from row offsets[s] on;
// t (T) and u (T, C) of a single one; or pairs t_a and u_a, t1 and u1, a/t and a/u;
// in .mat files, cells t and u of arrays. The time may also be named time or
// times, and the states x, y, state or states. Inputs are w, with rows as those of u, or
// on times w_t of their own with w_offsets, and with held, 1 where they hold;
// parameters are p (S, P), weights are weight (S). Arrays of text, components,
// inputs, parameters and names, name these and the trajectories; without them
// they are u1, u2, …, w1, …, p1, …. Every type of numbers that NumPy and MATLAB
// write is read, but for complex and extended ones.
//
// In a folder, each file is a trajectory named by the file, or several; columns are matched
// by their names.
//
// A compressed file that unpacks to more than Limit is refused before memory is
// taken, and so are pipes and devices. The error names the file and, where it
// applies, line, column and trajectory; the Dataset is valid, see
// [Dataset.Validate].
func ReadWith(path string, o ReadOptions) (*Dataset, error) {
	d, err := read(path, o)
	return d, errors.Wrapf(err, "data: ReadWith: %s", path)
}

func read(path string, o ReadOptions) (*Dataset, error) {
	var d *Dataset
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		d, err = readFolder(path, o)
	} else {
		d, err = readFile(path, o)
	}
	if err != nil {
		return nil, err
	}
	return d, d.validate()
}

// decoders are the formats by their extensions.
var decoders = map[string]func([]byte, ReadOptions) (*Dataset, error){
	".csv": decodeTable, ".tsv": decodeTable, ".txt": decodeTable, ".dat": decodeTable,
	".npz": decodeNPZ, ".mat": decodeMAT,
}

func extension(path string) string { return strings.ToLower(filepath.Ext(path)) }

func readFile(path string, o ReadOptions) (*Dataset, error) {
	ext := extension(path)
	decode, ok := decoders[ext]
	if !ok {
		return nil, noFormat(path, ext)
	}
	b, err := file.Read(path)
	if err != nil {
		return nil, err
	}
	d, err := decode(b, o)
	if errors.Is(err, mat.ErrHDF5) {
		err = errors.Errorf("%v, or %s", err, python(path, fromHDF5))
	}
	return d, err
}

// readFolder reads a trajectory, or several, of each file in a folder.
func readFolder(path string, o ReadOptions) (*Dataset, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, errors.WithStack(err)
	}
	whole := &Dataset{}
	first := ""
	for _, e := range entries {
		if _, ok := decoders[extension(e.Name())]; !ok || e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		d, err := readFile(filepath.Join(path, e.Name()), o)
		if err != nil {
			return nil, errors.Wrap(err, e.Name())
		}
		if first == "" {
			first = e.Name()
			whole.Components, whole.Inputs, whole.Parameters = d.Components, d.Inputs, d.Parameters
		} else if err := d.like(whole); err != nil {
			return nil, errors.Wrapf(err, "%s, whose columns are to be those of %s", e.Name(), first)
		}
		label := strings.TrimSuffix(e.Name(), filepath.Ext(e.Name()))
		for s := range d.Trajectories {
			tr := &d.Trajectories[s]
			switch {
			case len(d.Trajectories) == 1 && tr.Name == "":
				tr.Name = label
			case tr.Name == "":
				tr.Name = label + "/" + strconv.Itoa(s)
			}
		}
		whole.Trajectories = append(whole.Trajectories, d.Trajectories...)
	}
	if first == "" {
		return nil, errors.Wrapf(fs.ErrNotExist, "folder without a file whose extension is one of %s", list(slices.Sorted(maps.Keys(decoders))))
	}
	whole.share()
	return whole, nil
}

// like orders the components, inputs and parameters as another Dataset has them.
func (d *Dataset) like(other *Dataset) error {
	for _, n := range []struct {
		what      string
		got, want []string
	}{{"components", d.Components, other.Components}, {"inputs", d.Inputs, other.Inputs}, {"parameters", d.Parameters, other.Parameters}} {
		if len(n.got) != len(n.want) {
			return errors.Wrapf(ErrShape, "%s, got %s, want %s", n.what, list(n.got), list(n.want))
		}
	}
	return d.choose(&ReadOptions{Components: other.Components, Inputs: other.Inputs, Parameters: other.Parameters})
}

// The Python that makes a file that is read of one that is not. h5py and np.load
// are its own way to either.
const (
	fromHDF5   = `f = h5py.File(%q)`
	fromPickle = `f = np.load(%q, allow_pickle=True)`
)

func python(path, load string) string {
	imports := "import numpy as np" // in a line, as drivers tell what is wrong with a file
	if load == fromHDF5 {
		imports += ", h5py"
	}
	return fmt.Sprintf("these lines of Python make an .npz file of times t and states u in it: %s; %s; np.savez(%q, t=f[\"t\"], u=f[\"u\"])",
		imports, fmt.Sprintf(load, path), strings.TrimSuffix(path, filepath.Ext(path))+".npz")
}

func noFormat(path, ext string) error {
	switch ext {
	case ".h5", ".hdf5", ".hdf", ".nc":
		return errors.Errorf("got HDF5, want .npz or a table; %s", python(path, fromHDF5))
	case ".pkl", ".pickle":
		return errors.Errorf("got a pickle, want .npz or a table; %s", python(path, fromPickle))
	case ".npy":
		return errors.New("a .npy file holds the states without their times: " +
			"give an .npz file with arrays t and u, or a .csv file")
	}
	return errors.Errorf("extension, got %q, want .npz or .csv, .tsv, .txt, .dat, .mat", ext)
}
