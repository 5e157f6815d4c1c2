package state

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"

	"github.com/pkg/errors"
)

// Metrics are the numbers of one iteration.
type Metrics struct {
	Iteration    int     // from 1, within the stage
	Loss         float64 // before the update
	GradientNorm float64 // before clipping
	Rate         float64 // in the first stage the learning rate; L-BFGS: 0
	Seconds      float64 // since the start of the training
	Stage        string  // the name of the first stage's optimizer, or StageLBFGS
	Attempt      int     // from 0; counts restarts
	Total        int     // iterations of the stage
}

var logHeader = []string{"iteration", "loss", "gradient_norm", "rate", "seconds", "stage", "attempt", "total"}

// FormatLog is the log as CSV.
func FormatLog(log []Metrics) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write(logHeader)
	g := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	for _, m := range log {
		w.Write([]string{strconv.Itoa(m.Iteration), g(m.Loss), g(m.GradientNorm), g(m.Rate), fmt.Sprintf("%.3f", m.Seconds),
			m.Stage, strconv.Itoa(m.Attempt), strconv.Itoa(m.Total)})
	}
	w.Flush()
	return b.Bytes()
}

// ParseLog is the inverse of FormatLog.
func ParseLog(text []byte) (log []Metrics, err error) {
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errors.New("no header")
	}
	for i, r := range rows {
		if i == 0 {
			if !slices.Equal(r, logHeader) {
				return nil, errors.Errorf("header is %v, want %v", r, logHeader)
			}
			continue
		}
		m := Metrics{Stage: r[5]}
		for col, p := range map[int]*int{0: &m.Iteration, 6: &m.Attempt, 7: &m.Total} {
			if *p, err = strconv.Atoi(r[col]); err != nil {
				return nil, errors.Wrapf(err, "row %d", i)
			}
		}
		for col, p := range map[int]*float64{1: &m.Loss, 2: &m.GradientNorm, 3: &m.Rate, 4: &m.Seconds} {
			if *p, err = strconv.ParseFloat(r[col], 64); err != nil {
				return nil, errors.Wrapf(err, "row %d", i)
			}
		}
		log = append(log, m)
	}
	return log, nil
}
