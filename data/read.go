package data

import (
	"github.com/pkg/errors"

	"spnode/data/internal/form"
	"spnode/data/internal/runs"
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
	// they choose among the names there; a single one of Inputs or Parameters may
	// also name an array in place of w or p.
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
// folder.
//
// # Tables: .csv, .tsv, .txt, .dat
//
// There is a row for each time of each trajectory. Between cells are commas,
// semicolons, tabs, bars or blanks; a decimal comma, a byte order mark, lines of
// comment that begin with # or %, a row of units, Fortran's exponents (1.5D+03), and
// nan, NA or an empty cell for what was not measured are understood. Any file may
// be packed by gzip, as .csv.gz.
//
// The column of the times is named t, time or times, and the one that tells
// trajectories apart sample, trajectory, traj, run, series, experiment, simulation,
// sim, case or id: in any case, with a unit or an _id after it ("Time (s)", time_s,
// t/s, run_id). Without the latter the file is one trajectory, or several where an
// empty line comes before a time that does not increase, as gnuplot has it. Columns
// named input:w, held:w, parameter:p, weight: and name: are what these words say; see
// [Dataset.WriteCSV]. All others are components, but for those without a name, such
// as an index of pandas. A table without a header has the time in its first column,
// and the components are named u1, u2, ….
//
// The rows of a trajectory may lie apart, but its times increase. Its parameters and
// weight are the same, or left out, in all of them. Inputs may be left out where they
// are not known, but for the first and last time.
//
// # Arrays: .npz, .mat
//
//	t (T), u (T, S, C)                     S trajectories on one grid
//	t (S, T), u (S, T, C)                  each on as many times of its own
//	t (N), u (N, C), offsets (S+1)         one after the other, the s-th from row offsets[s] on
//	t (T), u (T, C) or (T)                 a single one
//	t_a, u_a, t_b, u_b, or t1, u1, or a/t  arrays of its own for each, as above
//	cells t and u of arrays                the same, in a .mat file
//
// The times may also be named time or times, and the states x, y, state or states.
// Beside them there may be inputs w, with rows as those of u, or at times w_t of
// their own with w_offsets, and held (S), 1 where they hold; parameters p (S, P);
// weight (S); and arrays of text components, inputs, parameters and names (of the
// trajectories), for what is else called u1, …, w1, …, p1, …. Every type of real
// numbers that NumPy and MATLAB write is read, but for extended ones. A .npy file is
// a table without a header, whose columns are named 1, 2, ….
//
// # Folders
//
// The files with these extensions are read in the order of their names. Each is a
// trajectory, named by the file, or several; components, inputs and parameters are
// matched by their names.
//
// # Errors
//
// A compressed file that unpacks to more than Limit is refused before memory is
// taken, and so are pipes and devices. The error names the file and, where it
// applies, line, column and trajectory; of other formats, such as HDF5, Excel,
// Parquet and pickles, it says how Python makes of one a file that is read. The
// Dataset is valid; see [Dataset.Validate].
func ReadWith(path string, o ReadOptions) (*Dataset, error) {
	d, err := read(path, o)
	return d, errors.Wrapf(err, "data: ReadWith: %s", path)
}

func read(path string, o ReadOptions) (*Dataset, error) {
	d, err := dataset(form.Read(path, runs.Options(o)))
	if err != nil {
		return nil, err
	}
	return d, d.validate()
}

// dataset makes a Dataset of what was read, not yet validated.
func dataset(set *runs.Set, err error) (*Dataset, error) {
	if err != nil {
		return nil, err
	}
	d := &Dataset{Components: set.Components, Inputs: set.Inputs, Parameters: set.Parameters}
	d.Trajectories = make([]Trajectory, len(set.Runs))
	for s, r := range set.Runs {
		d.Trajectories[s] = Trajectory{Name: r.Name, Times: r.Times, States: r.States, Weight: r.Weight,
			Input: Signal{Times: r.InputTimes, Values: r.Inputs, Held: r.Held}, Parameters: r.Parameters}
	}
	return d, nil
}
