package data

import (
	"encoding/csv"
	"io"
	"strconv"

	"github.com/pkg/errors"
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
