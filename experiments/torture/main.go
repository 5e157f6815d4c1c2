//go:build unix

// Command torture kills saves, trainings and runs at random moments, has writers in
// each other's way and lets their files grow no further than random sizes, and
// compares what is left with what undisturbed ones come to. It prints counts and ends
// with exit code 1 at the first difference, whose folder it keeps.
//
//	go run ./experiments/torture -for 1h
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// trial is one way to disturb.
type trial struct {
	name string
	run  func(t *torture) error
}

var trials = []trial{
	{"saves", (*torture).saves},
	{"limits", (*torture).limits},
	{"trainings", (*torture).trainings},
	{"runs", (*torture).runs},
}

// torture is a session of trials in a folder.
type torture struct {
	rng    *rand.Rand
	dir    string
	end    time.Time
	counts map[string]int
	binary string // of the driver
	whole  bool   // there is an undisturbed run
}

func main() {
	if job := os.Getenv(jobVariable); job != "" { // a process to be killed
		if err := work(job, os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	length := flag.Duration("for", time.Minute, "how long")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "of the random moments")
	only := flag.String("only", "", "one of saves, limits, trainings, runs")
	flag.Parse()
	fmt.Printf("torture: seed %d, %v\n", *seed, *length)
	dir, err := os.MkdirTemp("", "spnode-torture")
	if err == nil {
		t := &torture{rng: rand.New(rand.NewPCG(*seed, 1)), dir: dir, end: time.Now().Add(*length), counts: map[string]int{}}
		err = t.all(*only)
		t.print()
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "torture: %v; see %s\n", err, dir)
		os.Exit(1)
	}
	os.RemoveAll(dir)
}

// all takes turns with the trials until the time is over; each has one at least.
func (t *torture) all(only string) error {
	last := time.Now()
	for round := 0; round == 0 || time.Now().Before(t.end); round++ {
		for _, tr := range trials {
			if only != "" && tr.name != only {
				continue
			}
			t.counts["trials of "+tr.name]++
			if err := tr.run(t); err != nil {
				return fmt.Errorf("%s: %w", tr.name, err)
			}
		}
		if time.Since(last) > 30*time.Second {
			t.print()
			last = time.Now()
		}
	}
	return nil
}

// order of what is printed.
var order = []string{
	"trials of saves", "savers killed", "pairs of savers killed", "reads",
	"trials of limits", "saves that failed", "saves under a limit that did not", "files that failed",
	"trials of trainings", "trainings killed",
	"trials of runs", "runs killed", "runs stopped by a signal",
}

func (t *torture) print() {
	var parts []string
	for _, name := range order {
		if n := t.counts[name]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, name))
		}
	}
	fmt.Println(strings.Join(parts, ", "))
}

// jobVariable is the environment's by which a process of this program knows that it
// is one to be killed, and what it is to do.
const jobVariable = "SPNODE_TORTURE"

// start runs this program as another process.
func (t *torture) start(job string, args ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), jobVariable+"="+job)
	cmd.Stderr = os.Stderr
	return cmd, cmd.Start()
}

// after lets a process work for a random time of at most so long.
func (t *torture) after(most time.Duration) { time.Sleep(time.Duration(t.rng.Int64N(int64(most)))) }

// kill ends a process, and reports whether it had not ended by itself.
func kill(cmd *exec.Cmd, s os.Signal) bool {
	cmd.Process.Signal(s)
	cmd.Wait()
	return !cmd.ProcessState.Success()
}

// fresh is a new folder.
func (t *torture) fresh(name string) (string, error) {
	dir := filepath.Join(t.dir, name+strconv.Itoa(t.counts["trials of "+name]))
	return dir, os.RemoveAll(dir)
}
