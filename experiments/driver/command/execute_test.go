package command

import (
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

func TestExitCodes(t *testing.T) {
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		args []string
		run  func(args []string, stdout io.Writer) error
		code int
		says []string // on standard error
	}{
		{"well", nil, nil, func([]string, io.Writer) error { return nil }, ExitOK, nil},
		{"failed", nil, nil, func([]string, io.Writer) error { return errors.New("no luck") }, ExitFailed, []string{"x: no luck\n"}},
		{"usage", nil, nil, func([]string, io.Writer) error { return Usagef("flag -a: got %d", 3) }, ExitUsage, []string{"x: flag -a: got 3\n"}},
		{"usage, wrapped", nil, nil, func([]string, io.Writer) error { return errors.Wrap(AsUsage(errors.New("bad")), "config") }, ExitUsage, []string{"x: config: bad\n"}},
		{"help", nil, nil, func([]string, io.Writer) error { return flag.ErrHelp }, ExitOK, nil},
		{"interrupted", canceled, nil, func([]string, io.Writer) error {
			return &InterruptedError{Resume: "x -resume", Cause: errors.WithStack(context.Canceled)}
		}, ExitInterrupted, []string{"the state is saved; go on with: x -resume\n"}},
		{"canceled, but not by a signal", nil, nil, func([]string, io.Writer) error { return context.Canceled }, ExitFailed, []string{"canceled"}},
		{"panic", nil, nil, func([]string, io.Writer) error { panic("oh") }, ExitFailed, []string{"panic: oh", "execute_test.go"}},
		{"debug", nil, []string{"-debug"}, func([]string, io.Writer) error { return errors.New("no luck") }, ExitFailed, []string{"no luck\n", "execute_test.go:"}},
		{"debug of a mistake", nil, []string{"--debug=true"}, func([]string, io.Writer) error { return Usagef("no") }, ExitUsage, []string{"no\n", "errors.go:"}},
		{"profile", nil, []string{"-cpuprofile", filepath.Join("no", "such", "folder")}, func([]string, io.Writer) error { return nil }, ExitUsage, []string{"-cpuprofile"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx := c.ctx
			if ctx == nil {
				ctx = context.Background()
			}
			var out, err bytes.Buffer
			code := Execute(ctx, "x", func(_ context.Context, args []string, stdout, _ io.Writer) error { return c.run(args, stdout) }, c.args, &out, &err)
			if code != c.code {
				t.Errorf("got exit code %d, want %d", code, c.code)
			}
			for _, s := range c.says {
				if !strings.Contains(err.String(), s) {
					t.Errorf("got %q, want it to say %q", err.String(), s)
				}
			}
			if len(c.says) == 0 && err.Len() > 0 {
				t.Errorf("got %q on standard error, want nothing", err.String())
			}
		})
	}
}

func TestCPUProfile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cpu.pprof")
	run := func(context.Context, []string, io.Writer, io.Writer) error { return errors.New("failed") }
	if code := Execute(context.Background(), "x", run, []string{"-cpuprofile=" + path}, io.Discard, io.Discard); code != ExitFailed {
		t.Fatalf("got exit code %d", code)
	}
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		t.Errorf("no profile of a failed run: %v", err)
	}
}

func TestOneOf(t *testing.T) {
	if err := OneOf("integrator", "etd1", "etd1", "imex"); err != nil {
		t.Error(err)
	}
	err := OneOf("integrator", "rk5", "etd1", "imex")
	var usage *UsageError
	if !errors.As(err, &usage) || err.Error() != `flag -integrator: got "rk5", want one of etd1, imex` {
		t.Errorf("got %v", err)
	}
	if AsUsage(nil) != nil {
		t.Error("AsUsage(nil) is an error")
	}
}
