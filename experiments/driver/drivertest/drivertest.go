// Package drivertest runs a command as a person would, and reads what it wrote.
package drivertest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"spnode/data"
	"spnode/experiments/driver/command"
	"spnode/experiments/driver/runs"
	"spnode/model"
	"spnode/model/train"
)

// Command is a command with the folder and the run that its tests share.
type Command struct {
	Name string
	Run  command.RunFunc
	// Config is the configuration of the shared run, JSON.
	Config func() ([]byte, error)

	scratch string
	once    sync.Once
	stdout  string
	err     error
}

// Main runs the tests of a package in whose scratch folder the command's tests
// share a run.
func (c *Command) Main(m *testing.M) {
	var err error
	if c.scratch, err = os.MkdirTemp("", c.Name); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := os.RemoveAll(c.scratch); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// Scratch is the folder of the shared run, for what else tests may share.
func (c *Command) Scratch() string { return c.scratch }

// Shared returns the folder of the run that tests share and none changes, and
// what it printed.
func (c *Command) Shared(t testing.TB) (dir, stdout string) {
	t.Helper()
	c.once.Do(func() {
		var text []byte
		if text, c.err = c.Config(); c.err != nil {
			return
		}
		config := filepath.Join(c.scratch, "shared.json")
		if c.err = os.WriteFile(config, text, 0o600); c.err != nil {
			return
		}
		code, out, stderr := c.Execute(context.Background(), "-config", config, "-checkpoints", c.scratch, "-run", "shared", "-quiet")
		if c.stdout = out; code != command.ExitOK || stderr != "" {
			c.err = fmt.Errorf("exit code %d, %s", code, stderr)
		}
	})
	if c.err != nil {
		t.Fatal(c.err)
	}
	return filepath.Join(c.scratch, "shared"), c.stdout
}

// command.Execute runs the command, in a context that may end, and returns its exit code
// and what it wrote.
func (c *Command) Execute(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = command.Execute(ctx, c.Name, c.Run, args, &out, &err)
	return code, out.String(), err.String()
}

// Succeed runs the command and returns its standard output.
func (c *Command) Succeed(t testing.TB, args ...string) string {
	t.Helper()
	code, stdout, stderr := c.Execute(context.Background(), args...)
	if code != command.ExitOK {
		t.Fatalf("%v: exit code %d, %s", args, code, stderr)
	}
	return stdout
}

// Refused runs the command and fails unless it is a mistake of the user's, told
// in one line that says all of says.
func (c *Command) Refused(t testing.TB, args []string, says ...string) {
	t.Helper()
	code, stdout, stderr := c.Execute(context.Background(), args...)
	if code != command.ExitUsage || stdout != "" {
		t.Errorf("%v: exit code %d and %q on standard output, want %d and nothing", args, code, stdout, command.ExitUsage)
	}
	if strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, c.Name+": ") {
		t.Errorf("%v: got %q, want one line", args, stderr)
	}
	for _, s := range says {
		if !strings.Contains(stderr, s) {
			t.Errorf("%v: got %q, want it to say %q", args, stderr, s)
		}
	}
}

// Write writes a file and returns its path.
func Write(t testing.TB, path, content string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// Read returns what a file holds.
func Read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Report parses a folder's report.json, with the numbers as they are written.
func Report(t testing.TB, dir string, into any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(Read(t, filepath.Join(dir, "report.json"))))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		t.Fatal(err)
	}
}

// Weights are the bits of a checkpoint's parameters.
func Weights(t testing.TB, dir string) []uint64 {
	t.Helper()
	m, err := model.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	var bits []uint64
	for _, v := range m.Params().Flat {
		bits = append(bits, math.Float64bits(v))
	}
	return bits
}

// Tests are the parts of a report that depend on nothing but the models: of
// each, and of its seeds, all but names of folders and times.
func Tests(t testing.TB, dir string) map[string]any {
	t.Helper()
	var r map[string]any
	Report(t, dir, &r)
	all := map[string]any{}
	for _, m := range r["models"].([]any) {
		m := m.(map[string]any)
		all[m["name"].(string)] = untimed(m)
	}
	if len(all) == 0 {
		t.Fatalf("%s: the report has no models", dir)
	}
	return all
}

func untimed(v any) any {
	switch v := v.(type) {
	case map[string]any:
		o := map[string]any{}
		for k, e := range v {
			if !slices.Contains([]string{"checkpoint", "seconds", "milliseconds_per_iteration"}, k) {
				o[k] = untimed(e)
			}
		}
		return o
	case []any:
		var l []any
		for _, e := range v {
			l = append(l, untimed(e))
		}
		return l
	}
	return v
}

// Contents are the digests of the files below a folder.
func Contents(t testing.TB, dir string) map[string][32]byte {
	t.Helper()
	all := map[string][32]byte{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		all[filepath.ToSlash(rel)] = sha256.Sum256(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// WantKeys fails unless an object has exactly these keys, or also those of more.
func WantKeys(t testing.TB, what string, got any, want []string, more ...string) map[string]any {
	t.Helper()
	o, ok := got.(map[string]any)
	if !ok {
		t.Fatalf("%s is %v, want an object", what, got)
	}
	for _, k := range want {
		if _, ok := o[k]; !ok {
			t.Errorf("%s: key %q is missing", what, k)
		}
	}
	for k := range o {
		if !slices.Contains(want, k) && !slices.Contains(more, k) {
			t.Errorf("%s: key %q is unknown", what, k)
		}
	}
	return o
}

// WantReasons fails unless every null below v has its reason beside it.
func WantReasons(t testing.TB, place string, v any) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if e == nil && v[k+"_reason"] == nil {
				t.Errorf("%s.%s is null without a reason", place, k)
			}
			WantReasons(t, place+"."+k, e)
		}
	case []any:
		for i, e := range v {
			WantReasons(t, fmt.Sprintf("%s[%d]", place, i), e)
		}
	}
}

// looks is a context that ends at the n-th look at it.
type looks struct {
	context.Context
	cancel context.CancelFunc
	n      int
}

// EndsAtLook is a context that ends at the n-th look at it, of which a training
// takes one before every iteration.
func EndsAtLook(n int) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	return &looks{ctx, cancel, n}
}

// Err implements context.Context.
func (l *looks) Err() error {
	if l.n--; l.n <= 0 {
		l.cancel()
	}
	return l.Context.Err()
}

// Small is a training of milliseconds.
func Small() (model.Config, train.Config, *data.Dataset) {
	cfg, how := model.DefaultConfig(2), train.DefaultConfig()
	cfg.Nonlinear.Hidden = []int{3}
	cfg.Integrator = "etd1"
	how.First.Iterations, how.LBFGS.Iterations = 6, 4
	r := rand.New(rand.NewPCG(1, 2))
	u := make([][][]float64, 3)
	for k := range u {
		for range 4 {
			u[k] = append(u[k], []float64{r.NormFloat64(), r.NormFloat64()})
		}
	}
	return cfg, how, data.Shared([]float64{0, 0.5, 1.5}, u, nil)
}

// OpenRun is the run r in dir, begun or gone on with.
func OpenRun(t testing.TB, dir string, resume bool) *runs.Run {
	t.Helper()
	r, err := runs.Open(context.Background(), dir, "r", 0, resume, time.Now())
	if err == nil && !r.Resumed {
		err = r.KeepConfig(struct{}{})
	}
	if err != nil {
		t.Fatal(err)
	}
	r.Close() // there is no other process
	return r
}
