package driver

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"spnode/data"
	"spnode/experiments/sweep"
	"spnode/model"
)

// ensemble is -predict of a sweep's folder: mean and band of the models of the runs
// that are done, in the file, and in a figure beside it. A member whose prediction
// runs away is left out, by name.
func (f *Flags) ensemble(home *sweep.Folder, stdout, warnings io.Writer) error {
	say := stdout
	name := strings.TrimSuffix(filepath.Base(f.Out), filepath.Ext(f.Out)) + "-band"
	if f.Out == "-" { // which takes the numbers alone
		say = warnings
	} else if there, err := filepath.Glob(filepath.Join(filepath.Dir(f.Out), name+".*")); err == nil && len(there) > 0 {
		return Usagef("flag -out: %s, the figure beside it, exists and is never overwritten; choose another name", there[0])
	}
	dirs, left, err := f.members(home)
	if err != nil {
		return err
	}
	var members [][][][]float64
	var first *model.Model
	var u0 [][]float64
	var times []float64
	for _, dir := range dirs {
		m, err := model.Load(dir)
		if err == nil {
			m, err = f.deploy(m)
		}
		if err != nil {
			return AsUsage(err)
		}
		if first == nil {
			first = m
			if u0, times, err = f.start(m); err != nil {
				return err
			}
			if err := f.warn(m, u0, warnings); err != nil {
				return err
			}
		} else if m.Config().Dim != first.Config().Dim || !slices.Equal(m.Config().Components, first.Config().Components) {
			return Usagef("sweep %s: %s predicts other components than the models before, want the same of all", home.Dir, dir)
		}
		u, err := m.Predict(u0, times)
		if err != nil {
			return AsUsage(err)
		}
		if !finite(u) {
			left = append(left, dir+" (its prediction runs away)")
			continue
		}
		members = append(members, u)
	}
	for _, l := range left {
		fmt.Fprintf(say, "left out: %s\n", l)
	}
	if len(members) < 2 {
		return Usagef("sweep %s: got %d models that can predict, want at least 2", home.Dir, len(members))
	}
	components := first.Config().Components
	for i := len(components); i < first.Config().Dim; i++ {
		components = append(components, fmt.Sprint("u", i+1))
	}
	e, err := sweep.NewEnsemble(times, components, members)
	if err != nil {
		return err
	}
	u, names := e.Columns()
	if err := f.writePrediction(data.Shared(times, u, names), stdout); err != nil || f.Out == "-" {
		return err
	}
	const most = 6 // panels
	figure, err := e.Figure(fmt.Sprintf("%d members, first initial state", len(members)), 0, most)
	if err != nil {
		return err
	}
	files, err := figure.Save(filepath.Dir(f.Out), name)
	if err == nil {
		_, err = fmt.Fprintf(stdout, "%d members: %s, %s\n", len(members), f.Out, strings.Join(files, ", "))
	}
	return err
}

// members are the folders of the models of the runs that are done, one of each run,
// and what is left out.
func (f *Flags) members(home *sweep.Folder) (dirs, left []string, err error) {
	for _, t := range home.Sweep.Tasks() {
		o, err := home.Outcome(t)
		if err != nil {
			return nil, nil, AsUsage(err)
		}
		if o.State != sweep.Done {
			left = append(left, fmt.Sprintf("task %d (%s)", t.Number, o.State))
			continue
		}
		var names []string
		for _, m := range o.Models {
			if (!f.Given("only") || m.Name == f.Only) && m.Failure == "" {
				names = append(names, m.Name)
				dirs = append(dirs, m.Checkpoint)
			}
		}
		switch {
		case len(names) > 1:
			return nil, nil, Usagef("sweep %s: its runs have several models; name one with -only: %s", home.Dir, strings.Join(names, ", "))
		case len(names) == 0:
			left = append(left, fmt.Sprintf("task %d (no such model)", t.Number))
		}
	}
	return dirs, left, nil
}

func finite(u [][][]float64) bool {
	for _, states := range u {
		for _, x := range states {
			for _, v := range x {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					return false
				}
			}
		}
	}
	return true
}
