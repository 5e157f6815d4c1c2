//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/model"
	"spnode/model/folder"
	"spnode/model/train"
)

// work is what a process of a job does until it is done or killed.
func work(job string, args []string) error {
	switch job {
	case "save":
		return saveOn(args[0])
	case "limited":
		size, err := strconv.ParseUint(args[1], 10, 64)
		if err != nil {
			return err
		}
		return limited(args[0], size)
	case "train":
		kind, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		t, err := trainer(args[0], kind)
		if err != nil {
			return err
		}
		return t.Fit(context.Background())
	}
	return fmt.Errorf("there is no job %q", job)
}

// kinds is how many trainings there are.
const kinds = 4

// trainer begins the training of a kind, or goes on with it. It saves after every
// iteration.
func trainer(dir string, kind int) (*train.Trainer, error) {
	var times []float64
	var states [][][]float64
	for k := range 6 {
		s := float64(k) / 5
		times = append(times, s)
		var at [][]float64
		for i := range 20 {
			a := float64(i)/10 - 1
			at = append(at, []float64{a * math.Exp(-s), (1 - a) * math.Exp(-3*s)})
		}
		states = append(states, at)
	}
	d := data.Shared(times, states, nil)
	save := train.WithCheckpoint(dir, 0)
	if folder.Exists(dir) {
		return train.Resume(dir, d, save)
	}
	c := train.DefaultConfig()
	c.Workers = 2
	c.First.Iterations, c.LBFGS.Iterations = 40, 40
	switch kind {
	case 1:
		c.First.Optimizer = "soap"
	case 2:
		c.SetBatch(5)
		c.LBFGS.Iterations = 0
	case 3:
		c.RestartAbove, c.Restarts = 1e-12, 2
	}
	m, err := model.New(model.DefaultConfig(2))
	if err != nil {
		return nil, err
	}
	return train.New(m, c, d, save)
}

// trainings kills a training until it is done, and compares the weights with those of
// one that ran through.
func (t *torture) trainings() error {
	dir, err := t.fresh("trainings")
	if err != nil {
		return err
	}
	kind := t.counts["trials of trainings"] % kinds
	want := filepath.Join(t.dir, "undisturbed"+strconv.Itoa(kind))
	if !folder.Exists(want) {
		tr, err := trainer(want, kind)
		if err != nil {
			return err
		}
		if err := tr.Fit(context.Background()); err != nil {
			return err
		}
	}
	for {
		cmd, err := t.start("train", dir, strconv.Itoa(kind))
		if err != nil {
			return err
		}
		done := make(chan bool)
		go func() {
			cmd.Wait()
			close(done)
		}()
		select {
		case <-done:
			if !cmd.ProcessState.Success() {
				return fmt.Errorf("%s: %v", dir, cmd.ProcessState)
			}
			return sameModel(dir, want)
		case <-time.After(time.Duration(t.rng.Int64N(int64(500 * time.Millisecond)))):
			cmd.Process.Kill()
			<-done
			t.counts["trainings killed"]++
		}
		if folder.Exists(dir) {
			if _, err := train.LoadResult(dir); err != nil {
				return err
			}
		}
	}
}

func sameModel(dir, want string) error {
	a, err := model.Load(dir)
	if err != nil {
		return err
	}
	b, err := model.Load(want)
	if err == nil && !slices.Equal(a.Params().Flat, b.Params().Flat) {
		err = fmt.Errorf("%s and %s have other parameters", dir, want)
	}
	return err
}

// runs kills and stops a driver until its run is done, and compares its files with
// those of one that ran through.
func (t *torture) runs() error {
	if t.binary == "" {
		t.binary = filepath.Join(t.dir, "transient")
		if out, err := exec.Command("go", "build", "-o", t.binary, "spnode/experiments/transient").CombinedOutput(); err != nil {
			return fmt.Errorf("go build: %w\n%s", err, out)
		}
	}
	args := func(run string) []string {
		return []string{"-checkpoints", t.dir, "-run", run, "-quiet"}
	}
	first := []string{"-quick", "-iterations", "60", "-workers", "1", "-only", "eps1-etd1"}
	const name = "whole"
	if !t.whole {
		if out, err := exec.Command(t.binary, append(args(name), first...)...).CombinedOutput(); err != nil {
			return fmt.Errorf("transient: %w\n%s", err, out)
		}
		t.whole = true
	}
	run := "run" + strconv.Itoa(t.counts["trials of runs"])
	dir := filepath.Join(t.dir, run)
	for {
		more := first
		if _, err := os.Stat(filepath.Join(dir, "config.json")); err == nil {
			more = []string{"-resume"}
		}
		var says bytes.Buffer
		cmd := exec.Command(t.binary, append(args(run), more...)...)
		cmd.Stderr = &says
		if err := cmd.Start(); err != nil {
			return err
		}
		signals := []os.Signal{syscall.SIGKILL, syscall.SIGTERM, os.Interrupt, syscall.SIGHUP}
		s := signals[t.rng.IntN(len(signals))]
		stopped := make(chan bool)
		timer := time.AfterFunc(time.Duration(t.rng.Int64N(int64(800*time.Millisecond))), func() {
			cmd.Process.Signal(s)
			close(stopped)
		})
		err := cmd.Wait()
		if timer.Stop() {
			close(stopped)
		}
		<-stopped
		var exit *exec.ExitError
		switch {
		case err == nil:
			if err := sameModel(filepath.Join(dir, "eps1-etd1"), filepath.Join(t.dir, name, "eps1-etd1")); err != nil {
				return err
			}
			return t.sameEntries(dir, filepath.Join(t.dir, name))
		case errors.As(err, &exit) && exit.ExitCode() == -1:
			t.counts["runs killed"]++
		case errors.As(err, &exit) && exit.ExitCode() == 130:
			t.counts["runs stopped by a signal"]++
		default:
			return fmt.Errorf("%s: %w\n%s", dir, err, &says)
		}
	}
}

// sameEntries fails unless two folders, and their figures, have entries of the same
// names: nothing is missing, and nothing left.
func (t *torture) sameEntries(dir, want string) error {
	for _, sub := range []string{".", "figures", "eps1-etd1"} {
		a, err := os.ReadDir(filepath.Join(dir, sub))
		if err != nil {
			return err
		}
		b, err := os.ReadDir(filepath.Join(want, sub))
		if err != nil {
			return err
		}
		if !slices.EqualFunc(a, b, func(x, y os.DirEntry) bool { return x.Name() == y.Name() }) {
			return fmt.Errorf("%s has the entries %v, want %v", filepath.Join(dir, sub), a, b)
		}
	}
	return nil
}
