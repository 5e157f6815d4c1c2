// Command suite holds fit against problems of the field: it writes their data as
// files, runs nothing but the command fit on each of them, and shows the errors in a
// table.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/pkg/errors"

	"spnode/data/file"
	"spnode/experiments/driver/command"
	"spnode/experiments/driver/terminal"
	"spnode/experiments/report"
)

func main() { command.Main("suite", run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	set := flag.NewFlagSet("suite", flag.ContinueOnError)
	set.SetOutput(stderr)
	dir := set.String("out", filepath.Join("checkpoints", "suite"), "`DIR` for the data, the runs and the table")
	only := set.String("only", "", "only the problems `NAMES`, separated by commas")
	minutes := set.Float64("minutes", 0, "`M` minutes of one processor for each problem (default fit's own)")
	noise := set.Float64("noise", 0, "`SHARE` of each component's largest value as noise on the data to train on; what is held out has none")
	unit := set.Float64("unit", 1, "`U` that the times of the data are multiplied by")
	most := set.Float64("at-most", math.Inf(1), "`RMS` error on the data's times above which the command fails")
	seeds := set.Int("seeds", 1, "`N` runs of each problem, from seeds of their own")
	write := set.Bool("write", false, "write the data and stop")
	format := set.String("format", "npz", "of the data: npz or csv")
	if err := set.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return command.AsUsage(err)
	}
	if err := command.OneOf("format", *format, "npz", "csv"); err != nil {
		return err
	}
	if set.NArg() > 0 {
		return command.Usagef("got %q, want flags alone", set.Arg(0))
	}
	chosen := problems
	if *only != "" {
		chosen = nil
		for _, name := range strings.Split(*only, ",") {
			i := slices.IndexFunc(problems, func(e entry) bool { return e.name == name })
			if i < 0 {
				return command.Usagef("flag -only: got %q, want names among %s", name, strings.Join(names(), ", "))
			}
			chosen = append(chosen, problems[i])
		}
	}
	if !(*noise >= 0 && *noise < 1) || !(*unit > 0) || math.IsInf(*unit, 0) || !(*minutes >= 0) {
		return command.Usagef("flags -noise %g, -unit %g and -minutes %g: want a share below 1, a finite factor above 0 and a number that is not negative", *noise, *unit, *minutes)
	}
	if *seeds < 1 {
		return command.Usagef("flag -seeds: got %d, want at least 1", *seeds)
	}
	s := &suite{ctx: ctx, dir: *dir, noise: *noise, unit: *unit, stdout: stdout, stderr: stderr}
	for _, e := range chosen {
		if err := s.write(e, *format); err != nil {
			return err
		}
	}
	if *write {
		return nil
	}
	err := s.fit(chosen, *minutes, *most, *seeds)
	if err != nil && ctx.Err() != nil {
		return &command.InterruptedError{Resume: "go run ./experiments/suite " + strings.Join(args, " "), Cause: ctx.Err()}
	}
	return err
}

func names() (all []string) {
	for _, e := range problems {
		all = append(all, e.name)
	}
	return all
}

type suite struct {
	ctx            context.Context
	dir            string
	noise, unit    float64
	stdout, stderr io.Writer
	files          map[string][2]string // to train on, and to hold out: a file or a share
}

// name is that of a problem's files and runs.
func (s *suite) name(e entry) string {
	name := e.name
	if s.unit != 1 {
		name += fmt.Sprintf("-unit%g", s.unit)
	}
	if s.noise > 0 {
		name += fmt.Sprintf("-noise%g", s.noise)
	}
	return name
}

// write makes the data of a problem, unless they are there.
func (s *suite) write(e entry, format string) error {
	if err := os.MkdirAll(filepath.Join(s.dir, "data"), 0o755); err != nil {
		return errors.WithStack(err)
	}
	path := func(more string) string { return filepath.Join(s.dir, "data", s.name(e)+more+"."+format) }
	if s.files == nil {
		s.files = map[string][2]string{}
	}
	files := [2]string{path(""), "0.25"}
	if s.noise > 0 {
		files[1] = path("-held")
	}
	s.files[e.name] = files
	if _, err := os.Stat(files[0]); err == nil {
		return nil
	}
	d, err := e.make(s.ctx, e.samples)
	if err != nil {
		return errors.WithMessage(err, e.name)
	}
	fmt.Fprintf(s.stdout, "%s: %s, %s\n", e.name, e.what, d)
	d = inUnit(d, s.unit)
	if s.noise > 0 {
		train, held, err := d.Split(3 * d.Samples() / 4)
		if err != nil {
			return err
		}
		if err := held.Write(files[1]); err != nil {
			return err
		}
		d = noisy(train, s.noise)
	}
	return d.Write(files[0])
}

// result is what the table needs of fit's report.
type result struct {
	Seconds float64 `json:"seconds"`
	Models  []struct {
		Name string `json:"name"`
		Test struct {
			Better float64 `json:"better"`
			Errors []struct {
				On      string   `json:"on"`
				Largest *float64 `json:"largest"`
				RMS     *float64 `json:"rms"`
				Agrees  *float64 `json:"agrees"`
			} `json:"errors"`
		} `json:"test"`
	} `json:"models"`
}

// fit builds the command, runs it on each file, and gathers its reports.
func (s *suite) fit(chosen []entry, minutes, most float64, seeds int) error {
	command, err := filepath.Abs(filepath.Join(s.dir, "fit.exe"))
	if err != nil {
		return errors.WithStack(err)
	}
	build := exec.CommandContext(s.ctx, "go", "build", "-o", command, "./experiments/fit")
	build.Stdout, build.Stderr = s.stdout, s.stderr
	if err := build.Run(); err != nil {
		return errors.Wrap(err, "go build ./experiments/fit, from the project's folder")
	}
	t := report.NewTable("Largest and rms errors on held-out trajectories, relative to each component's largest value", "problem", "seed", "recipe", "largest", "rms", "one jump", "one jump, rms", "restarted", "restarted, rms", "within half until", "simple methods", "seconds")
	var missed []string
	for _, e := range chosen {
		for k := range seeds {
			name := fmt.Sprintf("%s-%d", s.name(e), k)
			report := filepath.Join(s.dir, "runs", name, "report.json")
			if _, err := os.Stat(report); err != nil {
				fmt.Fprintf(s.stdout, "\n%s: %s, seed %d\n", e.name, e.what, k)
				args := []string{"-data", s.files[e.name][0], "-hold-out", s.files[e.name][1], "-seed", fmt.Sprint(k), "-checkpoints", filepath.Join(s.dir, "runs"), "-run", name, "-resume", "-quiet"}
				if minutes > 0 {
					args = append(args, "-minutes", fmt.Sprint(minutes))
				}
				c := exec.CommandContext(s.ctx, command, args...)
				c.Stdout, c.Stderr = s.stdout, s.stderr
				c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) } // it saves
				if err := c.Run(); err != nil {
					return errors.WithMessage(err, name)
				}
			}
			rms, err := add(t, s.name(e), k, report)
			if err != nil {
				return err
			}
			if !(rms <= most) {
				missed = append(missed, fmt.Sprintf("%s: %.2g", name, rms))
			}
		}
	}
	fmt.Fprintf(s.stdout, "\n%s", t.Fit(terminal.Width(s.stdout)))
	if len(missed) > 0 {
		return errors.Errorf("got the errors %s, want at most %g", strings.Join(missed, ", "), most)
	}
	return file.WriteBytes(filepath.Join(s.dir, "report.md"), []byte(t.Markdown()))
}

// add adds a row to the table from a report, and returns the rms error on the data's
// times.
func add(t *report.Table, problem string, seed int, path string) (rms float64, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, errors.WithStack(err)
	}
	var r result
	if err := json.Unmarshal(text, &r); err != nil || len(r.Models) != 1 {
		return 0, errors.Errorf("%s: got %d models, %v, want the report of fit", path, len(r.Models), err)
	}
	m := r.Models[0]
	row := []any{problem, fmt.Sprint(seed), m.Name}
	for _, on := range []string{"on the data's times", "in one jump to the end", "restarted from the middle"} {
		for _, e := range m.Test.Errors {
			if e.On == on {
				row = append(row, number(e.Largest), number(e.RMS))
			}
		}
	}
	agrees := any("the end")
	if a := m.Test.Errors[0].Agrees; a != nil {
		agrees = *a
	}
	t.Add(append(row, agrees, report.Format(m.Test.Better)+" times", r.Seconds)...)
	if first := m.Test.Errors[0].RMS; first != nil {
		return *first, nil
	}
	return math.Inf(1), nil
}

func number(x *float64) any {
	if x == nil {
		return "not finite"
	}
	return *x
}
