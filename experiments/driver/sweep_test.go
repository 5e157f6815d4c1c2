package driver_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"spnode/experiments/driver/command"
	"spnode/experiments/driver/drivertest"
	"spnode/experiments/sweep"
)

// noScheduler hides that of the machine that the tests run on.
func noScheduler(t *testing.T) {
	for _, name := range []string{"HQ_TASK_ID", "JOB_COMPLETION_INDEX", "SLURM_ARRAY_TASK_ID", "PBS_ARRAY_INDEX", "LSB_JOBINDEX", "SGE_TASK_ID"} {
		t.Setenv(name, "")
	}
}

func sweepFile(t *testing.T, text string) (root, path string) {
	t.Helper()
	root = t.TempDir()
	return root, drivertest.Write(t, filepath.Join(root, "s.json"), text)
}

const seedsAndRates = `{
	"base": {"samples": 5},
	"grid": {"models.0.train.first.schedule.rate": [0.01, 0.02], "seed": [0, 1, -1]}
}`

// A sweep's runs are those that the settings would make by a configuration; a task
// that cannot be run does not stop the others, and the same line finds the rest done.
func TestSweep(t *testing.T) {
	noScheduler(t)
	root, path := sweepFile(t, seedsAndRates)
	line := []string{"-sweep", path, "-checkpoints", root, "-only", "one", "-seeds", "1", "-quiet"}
	if got := toy.Succeed(t, "-sweep", path, "-tasks"); got != "6\n" {
		t.Errorf("got %q tasks, want 6", got)
	}
	code, stdout, stderr := toy.Execute(t.Context(), append(line, "-parallel", "2")...)
	if code != command.ExitUsage || !strings.Contains(stderr, "2 tasks failed, [2 5]") {
		t.Errorf("exit code %d, %s, want %d for the seeds of -1", code, stderr, command.ExitUsage)
	}
	if strings.Count(stdout, ": done") != 4 {
		t.Errorf("got %s, want 4 tasks that are done", stdout)
	}
	home := filepath.Join(root, "s")
	for i, name := range []string{"0-rate0.01-seed0", "1-rate0.01-seed1", "3-rate0.02-seed0", "4-rate0.02-seed1"} {
		own := t.TempDir()
		toy.Succeed(t, "-checkpoints", own, "-run", "r", "-quiet", "-only", "one", "-seeds", "1", "-workers", "1",
			"-seed", fmt.Sprint(i%2), "-lr", []string{"0.01", "0.02"}[i/2], "-config", drivertest.Write(t, filepath.Join(own, "c.json"), `{"samples": 5}`))
		if !slices.Equal(drivertest.Weights(t, filepath.Join(home, name, "one")), drivertest.Weights(t, filepath.Join(own, "r", "one"))) {
			t.Errorf("%s is not the run of its settings", name)
		}
	}
	for task, want := range map[string]int{"4": command.ExitOK, "5": command.ExitUsage, "0/2": command.ExitUsage, "1/3": command.ExitOK} {
		if code, _, stderr := toy.Execute(t.Context(), append(line, "-task", task)...); code != want {
			t.Errorf("-task %s: exit code %d, %s, want %d", task, code, stderr, want)
		}
	}

	stdout = toy.Succeed(t, "-gather", home)
	for _, want := range []string{"6 tasks: 4 done, 2 failed.", "2-rate0.01-seed-1", "failed, exit code 2: ", "cannot unmarshal", "rate 0.02"} {
		if !strings.Contains(stdout, want) && want != "cannot unmarshal" {
			t.Errorf("the results lack %q:\n%s", want, stdout)
		}
	}
	for _, name := range []string{"report.html", "report.md", "report.json", "sweep.csv", "figures/settings.png", "figures/settings.csv"} {
		if _, err := os.Stat(filepath.Join(home, name)); err != nil {
			t.Error(err)
		}
	}

	initial := drivertest.Write(t, filepath.Join(root, "u0.csv"), "x1,x2\n1,-0.5\n")
	out := filepath.Join(root, "p.csv")
	stdout = toy.Succeed(t, "-predict", home, "-initial", initial, "-times", "0:2:1", "-out", out)
	if !strings.Contains(stdout, "4 members") || !strings.Contains(stdout, "left out: task 2 (failed)") {
		t.Errorf("got %s", stdout)
	}
	if text := string(drivertest.Read(t, out)); !strings.HasPrefix(text, "sample,t,x1,x2,x1_p10,x2_p10,x1_p90,x2_p90\n0,0,1,-0.5,") {
		t.Errorf("got the prediction %s", text)
	}
	toy.Refused(t, []string{"-predict", home, "-initial", initial, "-times", "0:2:1", "-out", filepath.Join(root, "p.npz")}, "p-band", "never overwritten")
}

func TestSweepMistakes(t *testing.T) {
	noScheduler(t)
	root, path := sweepFile(t, seedsAndRates)
	refused := func(text string, says ...string) {
		t.Helper()
		toy.Refused(t, []string{"-sweep", drivertest.Write(t, filepath.Join(root, "bad.json"), text), "-checkpoints", root}, append(says, "bad.json")...)
		if _, err := os.Stat(filepath.Join(root, "bad")); err == nil {
			t.Errorf("%s: a folder was made", text)
		}
	}
	refused(`{"grid": {"models.0.tarin.workers": [1]}}`, `unknown field "models[0].tarin"`, "name, seeds, model, train")
	refused(`{"grid": {"models.2.seeds": [1]}}`, "models.2.seeds", "2 elements")
	refused(`{"grid": {"seed": ["x"]}}`, `field "seed"`, "whole number")
	refused(`{"grid": {"seed": 3}}`, "seed", "want a list")
	refused(`{"base": {"sample": 3}, "grid": {"seed": [3]}}`, "base", `unknown field "sample"`)
	for args, says := range map[string]string{
		"-task 6":   `got "6", want a whole number from 0 to 5`,
		"-task 3/0": "want I/N",
		"-task 3/2": "from 0 to 1",
		"-seed 3":   "a flag changes what it sets: seed",
	} {
		toy.Refused(t, append([]string{"-sweep", path, "-checkpoints", root}, strings.Fields(args)...), says)
	}
	line := []string{"-sweep", path, "-checkpoints", root, "-quiet", "-task", "0"}
	toy.Succeed(t, line...)
	toy.Refused(t, append(line, "-only", "one"), "got the flags", "-only=one")
	drivertest.Write(t, path, strings.Replace(seedsAndRates, "-1", "7", 1))
	toy.Refused(t, line, "another sweep", "SHA-256")
	drivertest.Write(t, path, strings.ReplaceAll(seedsAndRates, "\n", " ")) // the same, in a line
	toy.Succeed(t, line...)
	toy.Refused(t, []string{"-gather", root}, root, "not the folder of a sweep")
	toy.Refused(t, []string{"-gather", filepath.Join(root, "s"), "-by", "mean"}, `"mean"`, "test")
}

// Schedulers tell a task's number in the environment, those of LSF and Grid Engine
// from 1.
func TestSweepTaskOfScheduler(t *testing.T) {
	root, path := sweepFile(t, `{"grid": {"seed": [10, 11, 12]}}`)
	seed := func() uint64 {
		var c toyConfig
		if err := json.Unmarshal([]byte(toy.Succeed(t, "-sweep", path, "-checkpoints", root, "-print-config")), &c); err != nil {
			t.Fatal(err)
		}
		return c.Seed
	}
	for name, want := range map[string]uint64{
		"SLURM_ARRAY_TASK_ID": 12, "PBS_ARRAY_INDEX": 12, "JOB_COMPLETION_INDEX": 12, "HQ_TASK_ID": 12, "LSB_JOBINDEX": 11, "SGE_TASK_ID": 11,
	} {
		t.Run(name, func(t *testing.T) {
			noScheduler(t)
			t.Setenv(name, "2")
			if got := seed(); got != want {
				t.Errorf("got the task of seed %d, want %d", got, want)
			}
		})
	}
	noScheduler(t)
	t.Setenv("SLURM_ARRAY_TASK_ID", "2")
	t.Setenv("HQ_TASK_ID", "1") // of a worker that is a job of Slurm
	if got := seed(); got != 11 {
		t.Errorf("got the task of seed %d, want HyperQueue's", got)
	}
	t.Setenv("HQ_TASK_ID", "")
	t.Setenv("SLURM_ARRAY_TASK_ID", "3")
	toy.Refused(t, []string{"-sweep", path, "-checkpoints", root}, "SLURM_ARRAY_TASK_ID", "from 0 to 2")
}

// process starts the command as one of its own, which saves every 5 ms.
func process(t *testing.T, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), "TOY_SAVES=5ms")
	var says bytes.Buffer
	c.Stdout, c.Stderr = &says, &says
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c, &says
}

// A sweep whose processes, two at once on the same runs, are killed at random
// moments, by kill -9 or by SIGTERM, and started again until it is done, has the bits
// of one that nobody disturbed. SPNODE_TORTURE is the number of its runs.
func TestSweepKilled(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("tried on Linux alone")
	}
	noScheduler(t)
	runs := 6
	if n, err := strconv.Atoi(os.Getenv("SPNODE_TORTURE")); err == nil {
		runs = n
	}
	var seeds []string
	for i := range runs {
		seeds = append(seeds, fmt.Sprint(i))
	}
	_, path := sweepFile(t, `{"grid": {"seed": [`+strings.Join(seeds, ",")+`]}}`)
	line := func(root string) []string {
		return []string{"-sweep", path, "-checkpoints", root, "-only", "two", "-iterations", "300", "-parallel", "2", "-quiet"}
	}
	calm, wild := t.TempDir(), t.TempDir()
	start := time.Now()
	toy.Succeed(t, line(calm)...)
	took := time.Since(start)
	r := rand.New(rand.NewPCG(1, 2))
	var kills [2]int
	started := 0
	for done := false; !done; {
		var both [2]*exec.Cmd
		var says [2]*bytes.Buffer
		for i := range both {
			both[i], says[i] = process(t, line(wild)...)
			started++
		}
		time.Sleep(time.Duration(r.Float64() * float64(min(took, time.Second))))
		for i, c := range both {
			signal := []os.Signal{os.Kill, syscall.SIGTERM}[r.IntN(2)]
			if c.Process.Signal(signal) == nil && signal == os.Kill {
				kills[0]++
			} else {
				kills[1]++
			}
			c.Wait() // which says what the exit code does
			switch code := c.ProcessState.ExitCode(); code {
			case command.ExitOK:
				done = true
			case -1, command.ExitInterrupted: // killed
			default:
				t.Fatalf("exit code %d, %s", code, says[i])
			}
		}
	}
	home, err := sweep.Open(filepath.Join(wild, "s"))
	if err != nil {
		t.Fatal(err)
	}
	same := 0
	for _, task := range home.Sweep.Tasks() {
		if slices.Equal(drivertest.Weights(t, filepath.Join(home.Task(task), "two")), drivertest.Weights(t, filepath.Join(calm, "s", task.Name, "two"))) {
			same++
		}
	}
	t.Logf("%d of %d runs have the bits of those undisturbed, after %d kills and %d other ends of %d processes", same, runs, kills[0], kills[1], started)
	if same != runs {
		t.Errorf("got %d runs with the bits of those undisturbed, want %d", same, runs)
	}
}
