package data

import (
	"bufio"
	"io"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"spnode/data/internal/form"
)

// WriteCSV writes d as CSV with the header
//
//	sample,t,<components>
//
// and a row for each sample and time, all times of the first sample first. The
// samples are numbered from 0, and every number reads back to the same bits; what
// was not measured is NaN. Where d has them, columns name: and weight: follow t,
// and columns input:w, or held:w, and parameter:p the components, with the names
// of inputs and parameters. A component whose own name could be taken for such a
// column is written as component:<name>, and a name that could be taken for a
// number in quotes.
//
// The errors are those of [Dataset.Write].
func (d *Dataset) WriteCSV(w io.Writer) error {
	err := d.validate()
	if err == nil {
		err = d.encodeCSV(w)
	}
	return errors.Wrap(err, "data: Dataset.WriteCSV")
}

func (d *Dataset) encodeCSV(out io.Writer) error {
	if err := d.checkCSV(); err != nil {
		return err
	}
	w := bufio.NewWriter(out) // keeps its first error
	named, weighted := d.named(), d.weighted()
	w.WriteString("sample,t")
	if named {
		w.WriteString(",name:")
	}
	if weighted {
		w.WriteString(",weight:")
	}
	for _, name := range d.Names() {
		if prefix, _ := form.Cut(name); prefix != "" || form.Nameless(name) {
			name = "component:" + name
		}
		w.WriteString("," + quote(name, true))
	}
	input := "input:"
	if len(d.Trajectories) > 0 && d.Trajectories[0].Input.Held {
		input = "held:"
	}
	for _, name := range d.Inputs {
		w.WriteString("," + quote(input+name, false))
	}
	for _, name := range d.Parameters {
		w.WriteString("," + quote("parameter:"+name, false))
	}
	w.WriteByte('\n')

	var b []byte
	number := func(v float64) { b = strconv.AppendFloat(append(b, ','), v, 'g', -1, 64) }
	for s, tr := range d.Trajectories {
		known := 0 // inputs so far
		for i, t := range tr.Times {
			b = strconv.AppendInt(b[:0], int64(s), 10)
			number(t)
			if named {
				b = append(append(b, ','), quote(tr.Name, false)...)
			}
			if weighted {
				number(tr.Weight)
			}
			for _, v := range tr.States[i] {
				number(v)
			}
			if in := &tr.Input; in.Times == nil || known < len(in.Times) && in.Times[known] == t {
				for k := range d.Inputs {
					number(in.Values[known][k])
				}
				known++
			} else {
				for range d.Inputs {
					b = append(b, ',')
				}
			}
			for _, v := range tr.Parameters {
				number(v)
			}
			w.Write(append(b, '\n'))
		}
	}
	return errors.WithStack(w.Flush())
}

// quote quotes a cell of text where it must be, or, in the first line, could be
// taken for a number.
func quote(cell string, numbers bool) string {
	_, err := strconv.ParseFloat(cell, 64)
	if numbers && (err == nil || errors.Is(err, strconv.ErrRange)) || strings.ContainsAny(cell, ",;|\"\r\n\t") || cell != strings.TrimSpace(cell) {
		return `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
	}
	return cell
}

// checkCSV refuses what a table has no place for: inputs at other times than the
// states, or held in some trajectories only.
func (d *Dataset) checkCSV() error {
	for s, tr := range d.Trajectories {
		if tr.Input.Held != d.Trajectories[0].Input.Held {
			return errors.Errorf("%s: the inputs hold in some trajectories only, for which .csv has no place; try .npz", tr.label(s))
		}
		i := 0
		for _, t := range tr.Input.Times {
			for i < len(tr.Times) && tr.Times[i] < t {
				i++
			}
			if i == len(tr.Times) || tr.Times[i] != t {
				return errors.Errorf("%s: there are inputs at t=%g, where there is no state, for which .csv has no place; try .npz", tr.label(s), t)
			}
		}
	}
	return nil
}
