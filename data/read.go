package data

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"

	"spnode/data/file"
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
	// nil take those named input:…, held:… and parameter:….
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
// options.
func Read(path string) (*Dataset, error) {
	d, err := read(path, ReadOptions{})
	return d, errors.Wrapf(err, "data: Read: %s", path)
}

// ReadWith returns the Dataset in a file, in the format of its extension.
func ReadWith(path string, o ReadOptions) (*Dataset, error) {
	d, err := read(path, o)
	return d, errors.Wrapf(err, "data: ReadWith: %s", path)
}

func read(path string, o ReadOptions) (*Dataset, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, errors.New("got a folder")
	}
	d, err := readFile(path, o)
	if err != nil {
		return nil, err
	}
	return d, d.validate()
}

func readFile(path string, o ReadOptions) (*Dataset, error) {
	ext := extension(path)
	switch {
	case isText(ext):
		b, err := file.Read(path)
		if err != nil {
			return nil, err
		}
		return decodeTable(b, o)
	case ext == ".npz":
		b, err := file.Read(path)
		if err != nil {
			return nil, err
		}
		return decodeNPZ(b)
	case ext == ".npy":
		return nil, errors.New("a .npy file holds the states without their times: " +
			"give an .npz file with arrays t and u, or a .csv file")
	default:
		return nil, errors.Errorf("extension, got %q, want .npz or .csv, .tsv, .txt, .dat, or .mat", ext)
	}
}

func extension(path string) string { return strings.ToLower(filepath.Ext(path)) }

func isText(ext string) bool {
	return ext == ".csv" || ext == ".tsv" || ext == ".txt" || ext == ".dat"
}
