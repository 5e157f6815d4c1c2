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
	err := profiled(args, func() error { return recovered(ctx, run, args, stdout, stderr) })
	code := exitCode(ctx, err)
	if code == ExitOK {
		return code
	}
	format := "%s: %v\n"
	if v, given := argument(args, "debug"); given && v != "false" {
		format = "%s: %+v\n"
	}
	fmt.Fprintf(stderr, format, name, err)
	return code
}

// exitCode is what an error of a command comes to.
func exitCode(ctx context.Context, err error) int {
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

func recovered(ctx context.Context, run RunFunc, args []string, stdout, stderr io.Writer) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(p)
		}
	}()
	return run(ctx, args, stdout, stderr)
}

// panicked is the error of a panic, for the function that recovers from it.
func panicked(p any) error { return fmt.Errorf("panic: %v\n%s", p, debug.Stack()) }

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
