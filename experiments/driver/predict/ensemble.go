package predict

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"spnode/data"
	"spnode/data/measure"
	"spnode/experiments/driver/command"
	"spnode/experiments/sweep"
	"spnode/model"
)

// ensemble is -predict of a sweep's folder: mean and band of the models of the runs
// that are done, in the file, and in a figure beside it. A member whose prediction
// runs away is left out, by name.
func (o Options) ensemble(home *sweep.Folder, stdout, warnings io.Writer) error {
	say := stdout
	name := strings.TrimSuffix(filepath.Base(o.Out), filepath.Ext(o.Out)) + "-band"
	if o.Out == "-" { // which takes the numbers alone
		say = warnings
	} else if there, err := filepath.Glob(filepath.Join(filepath.Dir(o.Out), name+".*")); err == nil && len(there) > 0 {
		return command.Usagef("flag -out: %s, the figure beside it, exists and is never overwritten; choose another name", there[0])
	}
	dirs, left, err := o.members(home)
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
			m, err = o.deploy(m)
		}
		if err != nil {
			return command.AsUsage(err)
		}
		if first == nil {
			first = m
			if u0, times, err = o.start(m); err != nil {
				return err
			}
			if err := o.warn(m, runsFrom(u0, times), warnings); err != nil {
				return err
			}
		} else if m.Config().Dim != first.Config().Dim || !slices.Equal(m.Config().Components, first.Config().Components) {
			return command.Usagef("sweep %s: %s predicts other components than the models before, want the same of all", home.Dir, dir)
		}
		u, err := m.Predict(u0, times)
		if err != nil {
			return command.AsUsage(err)
		}
		if d := data.Shared(times, u, nil); measure.Bounded(d, math.Inf(1)) < d.Samples() {
			left = append(left, dir+" (its prediction runs away)")
			continue
		}
		members = append(members, u)
	}
	for _, l := range left {
		fmt.Fprintf(say, "left out: %s\n", l)
	}
	if len(members) < 2 {
		return command.Usagef("sweep %s: got %d models that can predict, want at least 2", home.Dir, len(members))
	}
	e, err := sweep.NewEnsemble(times, components(first.Config()), members)
	if err != nil {
		return err
	}
	u, names := e.Columns()
	if err := o.write(data.Shared(times, u, names), names, stdout); err != nil || o.Out == "-" {
		return err
	}
	const most = 6 // panels
	figure, err := e.Figure(fmt.Sprintf("%d members, first initial state", len(members)), 0, most)
	if err != nil {
		return err
	}
	files, err := figure.Save(filepath.Dir(o.Out), name)
	if err == nil {
		_, err = fmt.Fprintf(stdout, "%d members: %s\n", len(members), strings.Join(files, ", "))
	}
	return err
}

// members are the folders of the models of the runs that are done, one of each run,
// and what is left out.
func (o Options) members(home *sweep.Folder) (dirs, left []string, err error) {
	for _, t := range home.Sweep.Tasks() {
		run, err := home.Outcome(t)
		if err != nil {
			return nil, nil, command.AsUsage(err)
		}
		if run.State != sweep.Done {
			left = append(left, fmt.Sprintf("task %d (%s)", t.Number, run.State))
			continue
		}
		var names []string
		for _, m := range run.Models {
			if (o.Only == "" || m.Name == o.Only) && m.Failure == "" {
				names = append(names, m.Name)
				dirs = append(dirs, m.Checkpoint)
			}
		}
		switch {
		case len(names) > 1:
			return nil, nil, command.Usagef("sweep %s: its runs have several models; name one with -only: %s", home.Dir, strings.Join(names, ", "))
		case len(names) == 0:
			left = append(left, fmt.Sprintf("task %d (no such model)", t.Number))
		}
	}
	return dirs, left, nil
}
