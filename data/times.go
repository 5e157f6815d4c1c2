package data

import (
	"math"
	"strconv"
	"strings"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"spnode/data/file"
	"spnode/data/internal/form"
	"spnode/data/internal/stack"
	"spnode/data/internal/table"
	"spnode/data/npz"
)

// maxTimes is far above any use, and keeps a slip in a step from filling memory.
const maxTimes = 10_000_000

// ParseTimes returns the time grid that spec describes:
//
//	start:stop:step     start + i·step up to and including stop, for which a millionth of a step is overlooked
//	log:start:stop:n    n points evenly spaced in log t, from exactly start > 0 to exactly stop
//	a file              a .npy array of one dimension, or text with one number a line
//
// The times are finite and strictly increasing, in the problem's unit. The error
// carries spec and the value that is wrong.
func ParseTimes(spec string) ([]float64, error) {
	parse := fileTimes
	if rest, isLog := strings.CutPrefix(spec, "log:"); isLog {
		parse = func(string) ([]float64, error) { return logTimes(rest) }
	} else if strings.Contains(spec, ":") {
		parse = linearTimes
	}
	times, err := parse(spec)
	if err == nil {
		err = stack.CheckTimes(times)
	}
	if err != nil {
		return nil, errors.Wrapf(err, "data: ParseTimes: %q", spec)
	}
	return times, nil
}

func linearTimes(spec string) ([]float64, error) {
	v, err := threeNumbers(spec, "start:stop:step")
	if err != nil {
		return nil, err
	}
	start, stop, step := v[0], v[1], v[2]
	if step <= 0 {
		return nil, errors.Errorf("step is %g, want more than 0", step)
	}
	if stop < start {
		return nil, errors.Errorf("stop is %g, want at least the start %g", stop, start)
	}
	steps := math.Floor((stop-start)/step + 1e-6)
	if !(steps < maxTimes) { // also a quotient that is not finite
		return nil, errors.Errorf("step is %g, which makes %g points, want at most %d", step, steps, maxTimes)
	}
	times := EvenTimes(int(steps), step)
	floats.AddConst(start, times)
	return times, nil
}

// EvenTimes are 0 and so many steps on.
func EvenTimes(steps int, step float64) []float64 {
	times := make([]float64, steps+1)
	for i := range times {
		times[i] = float64(i) * step // not a running sum, which drifts
	}
	return times
}

func logTimes(spec string) ([]float64, error) {
	v, err := threeNumbers(spec, "log:start:stop:n")
	if err != nil {
		return nil, err
	}
	start, stop, n := v[0], v[1], v[2]
	if start <= 0 {
		return nil, errors.Errorf("start of a logarithmic grid is %g, want more than 0", start)
	}
	if stop <= start {
		return nil, errors.Errorf("stop is %g, want more than the start %g", stop, start)
	}
	if n != math.Trunc(n) || n < 2 || n > maxTimes {
		return nil, errors.Errorf("number of points is %g, want a whole number from 2 to %d", n, maxTimes)
	}
	// Not floats.LogSpan: its points differ in the last digits, and with them all
	// data made so far and their keys in a cache.
	times := make([]float64, int(n))
	a, b := math.Log(start), math.Log(stop)
	for i := range times {
		w := float64(i) / (n - 1)
		times[i] = math.Exp((1-w)*a + w*b)
	}
	times[0], times[len(times)-1] = start, stop
	return times, nil
}

// threeNumbers parses three finite numbers with colons between them.
func threeNumbers(spec, form string) (v [3]float64, err error) {
	parts := strings.Split(spec, ":")
	if len(parts) != 3 {
		return v, errors.Errorf("there are %d numbers, want %s", len(parts), form)
	}
	for i, part := range parts {
		if v[i], err = strconv.ParseFloat(strings.TrimSpace(part), 64); err != nil || !stack.Finite(v[i]) {
			return v, errors.Errorf("%q is no finite number, want %s", part, form)
		}
	}
	return v, nil
}

func fileTimes(path string) ([]float64, error) {
	b, err := file.Read(path)
	if err != nil {
		return nil, errors.Wrap(err, "neither start:stop:step nor log:start:stop:n nor a file that can be read")
	}
	if form.Extension(path) == ".npy" {
		a, err := npz.DecodeNPY(b)
		if err != nil {
			return nil, err
		}
		if len(a.Shape) != 1 {
			return nil, stack.Shapef("array of times has shape %v, want one dimension", a.Shape)
		}
		return a.Data, nil
	}
	t, err := table.Read(b, nil)
	if err != nil {
		return nil, err
	}
	if len(t.Names) != 1 {
		return nil, stack.Shapef("a line has %d numbers, want one", len(t.Names))
	}
	var times []float64
	err = t.Rows(func(row table.Row) error {
		v, err := row.Known(0)
		times = append(times, v)
		return err
	})
	return times, err
}
