package driver

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"syscall"

	"github.com/pkg/errors"
)

// The exit codes of a command.
const (
	ExitOK          = 0
	ExitFailed      = 1
	ExitUsage       = 2
	ExitInterrupted = 130
)

// RunFunc is a command: it reads its arguments, writes to the two writers, and
// stops early, with its state saved, when the context ends.
type RunFunc func(ctx context.Context, args []string, stdout, stderr io.Writer) error

// Main runs a command with the process' arguments and ends the process with the
// exit code of [Execute]. SIGINT, SIGTERM and, unless nohup has it ignored, SIGHUP
// end the context, once: the second signal kills at once.
func Main(name string, run RunFunc) {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	context.AfterFunc(ctx, func() {
		stop() // a second signal does what it does by default
		fmt.Fprintf(os.Stderr, "\n%s: stopping, the state is being saved; interrupt again to stop at once\n", name)
	})
	os.Exit(Execute(ctx, name, run, os.Args[1:], os.Stdout, os.Stderr))
}

// Execute runs a command and returns its exit code. It prints the error, with
// the stack if the arguments have -debug, and writes a CPU profile if they have
// -cpuprofile. A panic is a failed run, and printed with its stack.
func Execute(ctx context.Context, name string, run RunFunc, args []string, stdout, stderr io.Writer) int {
	err := profiled(args, func() error { return recovered(ctx, run, args, stdout, stderr) })
	var usage *UsageError
	code := ExitFailed
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return ExitOK
	case errors.As(err, &usage):
		code = ExitUsage
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		code = ExitInterrupted
	}
	format := "%s: %v\n"
	if v, given := argument(args, "debug"); given && v != "false" {
		format = "%s: %+v\n"
	}
	fmt.Fprintf(stderr, format, name, err)
	return code
}

func recovered(ctx context.Context, run RunFunc, args []string, stdout, stderr io.Writer) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return run(ctx, args, stdout, stderr)
}

// profiled runs a function under the CPU profile that the arguments ask for.
func profiled(args []string, run func() error) error {
	path, given := argument(args, "cpuprofile")
	if !given || path == "" {
		return run()
	}
	f, err := os.Create(path)
	if err != nil {
		return Usagef("flag -cpuprofile: %v", err)
	}
	defer f.Close()
	if err := pprof.StartCPUProfile(f); err != nil {
		return errors.Wrapf(err, "driver: -cpuprofile %s", path)
	}
	defer pprof.StopCPUProfile()
	return run()
}

// argument finds a flag among unparsed arguments, since what it asks for must
// hold also where the others turn out to be wrong. Both -name value and
// -name=value are found, with one dash or two.
func argument(args []string, name string) (value string, given bool) {
	for i, a := range args {
		if a == "--" {
			break
		}
		bare := strings.TrimPrefix(strings.TrimPrefix(a, "-"), "-")
		if bare == a {
			continue
		}
		if bare == name {
			if i+1 < len(args) {
				value = args[i+1]
			}
			return value, true
		}
		if v, ok := strings.CutPrefix(bare, name+"="); ok {
			return v, true
		}
	}
	return "", false
}
