package driver

import (
	"context"
	"fmt"
	"io"
	"maps"
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
	errs := map[int]error{}
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
					errs[t.Number] = err
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
	return failed(errs)
}

// failed is the error of the tasks that failed, by their numbers, which may be more than
// a line holds. It is the user's mistake, and it helps for none to try again, if all are.
func failed(errs map[int]error) error {
	if len(errs) == 0 {
		return nil
	}
	numbers := slices.Sorted(maps.Keys(errs))
	at := slices.IndexFunc(numbers, func(n int) bool {
		var usage *command.UsageError
		return !errors.As(errs[n], &usage)
	})
	return errors.WithMessagef(errs[numbers[max(at, 0)]], "%d tasks failed, %d", len(numbers), numbers)
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
