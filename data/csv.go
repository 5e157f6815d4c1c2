package data

import (
	"bytes"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"spnode/data/internal/stack"
)

// WriteCSV writes d as CSV with the header
//
//	sample,t,<components>
//
// and a row for each sample and time, all times of the first sample first. The
// samples are numbered from 0, and every number reads back to the same bits. The
// errors are those of [Dataset.Write].
func (d *Dataset) WriteCSV(w io.Writer) error {
	err := d.checkFile()
	if err == nil {
		err = d.encodeCSV(w)
	}
	return errors.Wrap(err, "data: Dataset.WriteCSV")
}

func (d *Dataset) encodeCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	// c keeps its first error for c.Error.
	c.Write(append([]string{"sample", "t"}, d.names()...))
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	record := make([]string, 2+d.Dim())
	for s, tr := range d.Trajectories {
		record[0] = strconv.Itoa(s)
		for i, t := range tr.Times {
			record[1] = number(t)
			for j, v := range tr.States[i] {
				record[2+j] = number(v)
			}
			c.Write(record)
		}
	}
	c.Flush()
	return errors.WithStack(c.Error())
}

// decodeCSV reads what encodeCSV writes. The rows may come in any order in which
// the times of each sample increase.
func decodeCSV(b []byte) (*Dataset, error) {
	header, table, err := decodeTable(b)
	if err != nil {
		return nil, err
	}
	if len(header) < 3 || header[0] != "sample" || header[1] != "t" {
		return nil, errors.Errorf("header, got %q, want sample,t and the names of the components", strings.Join(header, ","))
	}
	d := &Dataset{Components: header[2:]}
	var labels []float64 // of the trajectories in order of appearance
	number := map[float64]int{}
	for _, row := range table {
		s, ok := number[row[0]]
		if !ok {
			s = len(labels)
			number[row[0]], labels = s, append(labels, row[0])
			d.Trajectories = append(d.Trajectories, Trajectory{})
		}
		tr := &d.Trajectories[s]
		tr.Times = append(tr.Times, row[1])
		tr.States = append(tr.States, row[2:])
	}
	times := d.Trajectories[0].Times
	for s := range d.Trajectories {
		tr := &d.Trajectories[s]
		if !slices.Equal(tr.Times, times) {
			return nil, errors.Wrapf(ErrShape, "sample %g has other times than sample %g (%d and %d of them); all samples share the times",
				labels[s], labels[0], len(tr.Times), len(times))
		}
		tr.Times = times
	}
	return d, nil
}

// decodeTable reads a rectangular table of finite numbers, with at least one
// row. The first line is a header, returned apart, if no cell of it is a number.
// Lines and columns in errors count from 1.
func decodeTable(b []byte) (header []string, table [][]float64, err error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff")))) // spreadsheets begin with a byte order mark
	r.Comment = '#'
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = true
	width := 0
	for first := true; ; first = false {
		record, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, nil, errors.WithStack(err) // says where
		}
		line, _ := r.FieldPos(0)
		for j, cell := range record {
			record[j] = strings.TrimSpace(cell)
		}
		if first {
			width = len(record)
			if !slices.ContainsFunc(record, isNumber) {
				header = record
				continue
			}
		}
		if len(record) != width {
			return nil, nil, errors.Wrapf(ErrShape, "line %d: got %d columns, want %d as in the first line", line, len(record), width)
		}
		row := make([]float64, width)
		for j, cell := range record {
			// ParseFloat returns ±Inf beside its error for a number out of range.
			if row[j], err = strconv.ParseFloat(cell, 64); err != nil && stack.Finite(row[j]) {
				return nil, nil, errors.Errorf("line %d, column %d: got %q, want a number", line, j+1, cell)
			}
			if !stack.Finite(row[j]) {
				return nil, nil, errors.Wrapf(ErrNotFinite, "line %d, column %d: got %s", line, j+1, cell)
			}
		}
		table = append(table, row)
	}
	if len(table) == 0 {
		return nil, nil, errors.Wrap(ErrShape, "got no rows of numbers, want at least one")
	}
	return header, table, nil
}

// isNumber tells a number, also one out of range, from text.
func isNumber(cell string) bool {
	v, err := strconv.ParseFloat(cell, 64)
	return err == nil || !stack.Finite(v)
}
