package driver

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pkg/errors"

	"spnode/experiments/driver/command"
	"spnode/experiments/driver/terminal"
	"spnode/experiments/sweep"
)

// runTasks runs tasks, several at once if -parallel says so. One that fails does
// not stop the others.
func (e Experiment[C, P]) runTasks(ctx context.Context, home *sweep.Folder, tasks []sweep.Task, stdout, stderr io.Writer) error {
	progress := terminal.NewProgress(stderr, e.Flags.Quiet)
	stage := progress.Stage("sweep "+filepath.Base(home.Dir), len(tasks))
	next := make(chan sweep.Task)
	failed := &failedTasks{}
	var mu sync.Mutex
	var done int
	var workers sync.WaitGroup
	for range max(1, e.Flags.Parallel) {
		workers.Go(func() {
			for t := range next {
				start := time.Now()
				err := e.runTask(ctx, home, t, io.Discard, io.Discard, true)
				mu.Lock()
				done++
				says := "done"
				if err != nil {
					failed.add(t.Number, err)
					says = firstLine(err)
				}
				fmt.Fprintf(stdout, "task %d, %s: %s, %.1f s\n", t.Number, t.Name, says, time.Since(start).Seconds())
				stage.Update(done)
				mu.Unlock()
			}
		})
	}
	for _, t := range tasks {
		select {
		case next <- t:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(next)
	workers.Wait()
	stage.Done()
	if ctx.Err() != nil {
		return &command.InterruptedError{Resume: e.Flags.line(), Cause: ctx.Err()}
	}
	return failed.err()
}

// failedTasks are the tasks that failed, which may be more than a line holds.
type failedTasks struct {
	numbers []int
	first   error
	failed  bool // not by the user's mistake
}

func (f *failedTasks) add(number int, err error) {
	var usage *command.UsageError
	if len(f.numbers) == 0 || !f.failed && !errors.As(err, &usage) {
		f.first = err // the exit code is 2 only if it helps for none to try again
	}
	f.failed = f.failed || !errors.As(err, &usage)
	f.numbers = append(f.numbers, number)
}

func (f *failedTasks) err() error {
	if len(f.numbers) == 0 {
		return nil
	}
	slices.Sort(f.numbers)
	return errors.WithMessagef(f.first, "%d tasks failed, %d", len(f.numbers), f.numbers)
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
