package sweep

import (
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// indices are where schedulers tell a task its number. One inside of another comes
// first: HyperQueue's workers are jobs of Slurm or PBS. The arrays of LSF and Grid
// Engine begin with 1.
var indices = []struct {
	name  string
	first int
}{
	{"HQ_TASK_ID", 0},
	{"JOB_COMPLETION_INDEX", 0},
	{"SLURM_ARRAY_TASK_ID", 0},
	{"PBS_ARRAY_INDEX", 0},
	{"LSB_JOBINDEX", 1},
	{"SGE_TASK_ID", 1},
}

// Choose returns the tasks that a text names: "3", or "3/16", every 16th from number
// 3 on. An empty text leaves it to the scheduler that has started this process, in
// the environment; without one it is all tasks.
func (s *Sweep) Choose(text string, getenv func(string) string) ([]Task, error) {
	from, first := "-task", 0
	if text == "" {
		for _, i := range indices {
			v := getenv(i.name)
			// What is no array has 0 with LSF and "undefined" with Grid Engine.
			if v == "" || i.first > 0 && (v == "0" || v == "undefined") {
				continue
			}
			text, from, first = v, i.name, i.first
			break
		}
	}
	if text == "" {
		return s.tasks, nil
	}
	number, every, shared := strings.Cut(text, "/")
	n := len(s.tasks)
	if shared {
		var err error
		if n, err = strconv.Atoi(every); err != nil || n < 1 {
			return nil, errors.Errorf("%s: got %q, want I/N with a whole number N of at least 1", from, text)
		}
	}
	i, err := strconv.Atoi(number)
	if i -= first; err != nil || i < 0 || i >= n {
		return nil, errors.Errorf("%s: got %q, want a whole number from %d to %d", from, text, first, n-1+first)
	}
	if !shared {
		return s.tasks[i : i+1], nil
	}
	var some []Task
	for ; i < len(s.tasks); i += n {
		some = append(some, s.tasks[i])
	}
	return some, nil
}
