// Package command is a command as a process: its exit codes, the signals that end it,
// and the mistakes of its user.
//
// Exit codes: 0 all went well, or had before; 1 the run failed; 2 a flag, a file or a
// value that the user gave is wrong ([UsageError]), which no second try mends; 130
// interrupted by a signal, with the state saved.
package command

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
	"time"

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
// exit code of [Execute]. A signal that asks it to end, SIGINT, SIGTERM, SIGHUP,
// SIGUSR1 or SIGUSR2, ends the context; one that it was started to ignore, as nohup
// does with SIGHUP, does not. A scheduler may repeat its signal, so that only a
// second SIGINT, which a person sends, stops the process before the state is saved.
func Main(name string, run RunFunc) {
	ctx, end := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 8)
	for _, s := range ending {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	go func() {
		first := true
		var interrupted time.Time
		for s := range signals {
			if first {
				fmt.Fprintf(os.Stderr, "\n%s: %v, the state is being saved\n", name, s)
				end()
				first = false
			}
			if s != os.Interrupt {
				continue
			}
			// One key sends it to a whole group of processes, of which one may pass
			// it on.
			if !interrupted.IsZero() && time.Since(interrupted) > 300*time.Millisecond {
				os.Exit(ExitInterrupted)
			}
			if interrupted.IsZero() {
				fmt.Fprintf(os.Stderr, "%s: interrupt again to stop at once\n", name)
				interrupted = time.Now()
			}
		}
	}()
	os.Exit(Execute(ctx, name, run, os.Args[1:], os.Stdout, os.Stderr))
}

// Execute runs a command and returns its exit code. It prints the error, with
// the stack if the arguments have -debug, and writes a CPU profile if they have
// -cpuprofile. A panic is a failed run, and printed with its stack.
func Execute(ctx context.Context, name string, run RunFunc, args []string, stdout, stderr io.Writer) int {
	err := profiled(args, func() error { return Recovered(func() error { return run(ctx, args, stdout, stderr) }) })
	code := ExitCode(ctx, err)
	if code == ExitOK {
		return code
	}
	format := "%s: %v\n"
	if v, given := Argument(args, "debug"); given && v != "false" {
		format = "%s: %+v\n"
	}
	fmt.Fprintf(stderr, format, name, err)
	return code
}

// ExitCode is what an error of a command comes to.
func ExitCode(ctx context.Context, err error) int {
	var usage *UsageError
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return ExitOK
	case errors.As(err, &usage):
		return ExitUsage
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return ExitInterrupted
	}
	return ExitFailed
}

// Recovered runs a function; a panic in it is an error, with its stack.
func Recovered(run func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return run()
}

// profiled runs a function under the CPU profile that the arguments ask for.
func profiled(args []string, run func() error) error {
	path, given := Argument(args, "cpuprofile")
	if !given || path == "" {
		return run()
	}
	f, err := os.Create(path)
	if err != nil {
		return Usagef("flag -cpuprofile: %v", err)
	}
	defer f.Close()
	if err := pprof.StartCPUProfile(f); err != nil {
		return errors.Wrapf(err, "command: -cpuprofile %s", path)
	}
	defer pprof.StopCPUProfile()
	return run()
}

// Argument finds a flag among unparsed arguments, since what it asks for must
// hold also where the others turn out to be wrong. Both -name value and
// -name=value are found, with one dash or two.
func Argument(args []string, name string) (value string, given bool) {
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
