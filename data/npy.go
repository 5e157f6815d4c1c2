package data

import (
	"strconv"

	"github.com/pkg/errors"

	"spnode/data/internal/stack"
	"spnode/data/npz"
)

// decodeNPY reads a .npy file of two dimensions as a table without a header.
func decodeNPY(b []byte, o ReadOptions) (*Dataset, error) {
	a, err := npz.DecodeNPY(b)
	if err != nil {
		return nil, err
	}
	if len(a.Shape) != 2 {
		return nil, errors.Wrapf(ErrShape, "array, got shape %v, want (rows, columns) with the time in the first column; "+
			"states without their times belong in an .npz file with arrays t and u", a.Shape)
	}
	if len(o.Inputs) > 0 || len(o.Parameters) > 0 || o.Weight != "" {
		return nil, errors.New("inputs, parameters or a weight: got their names, want none of a .npy file; try .npz")
	}
	width := a.Shape[1]
	column := func(what, name string) (int, error) {
		j, err := strconv.Atoi(name)
		if err != nil || j < 1 || j > width {
			return 0, errors.Errorf("%s %q: got an array of %d columns, want a number from 1 to %d", what, name, width, width)
		}
		return j - 1, nil
	}
	trajectory, time := -1, 0
	if o.Trajectory != "" {
		if trajectory, err = column("trajectory", o.Trajectory); err != nil {
			return nil, err
		}
		if trajectory == 0 {
			time = 1
		}
	}
	if o.Time != "" {
		if time, err = column("time", o.Time); err != nil {
			return nil, err
		}
	}
	var components []int
	for _, name := range o.Components {
		j, err := column("component", name)
		if err != nil {
			return nil, err
		}
		components = append(components, j)
	}
	for j := range width {
		if o.Components == nil && j != time && j != trajectory {
			components = append(components, j)
		}
	}
	if len(components) == 0 || len(components) > maxComponents {
		return nil, errors.Wrapf(ErrShape, "array, got shape %v, want 1 … %d columns beside the time", a.Shape, maxComponents)
	}

	d := &Dataset{Components: madeUp(len(components))}
	number := map[float64]int{}
	for _, row := range stack.Rows(a.Data, a.Shape[0], width) {
		label := 0.
		if trajectory >= 0 {
			label = row[trajectory]
		}
		s, ok := number[label]
		if !ok {
			s = len(d.Trajectories)
			number[label] = s
			tr := Trajectory{}
			if label != float64(s) {
				tr.Name = strconv.FormatFloat(label, 'g', -1, 64)
			}
			d.Trajectories = append(d.Trajectories, tr)
		}
		tr := &d.Trajectories[s]
		tr.Times, tr.States = append(tr.Times, row[time]), append(tr.States, pick(row, components))
	}
	d.share()
	return d, nil
}
