package driver

import (
	"flag"
	"slices"

	"spnode/experiments/driver/command"
	"spnode/experiments/driver/runs"
)

// check refuses flags that contradict or miss each other.
func (f *Flags) check() error {
	if f.Given("predict") && f.Given("evaluate") {
		return command.Usagef("flags -predict and -evaluate: got both, want one")
	}
	if f.Given("predict") {
		if f.Given("trajectories") && (f.Given("initial") || f.Given("times")) {
			return command.Usagef("flag -trajectories: got -initial or -times too, want them in the file alone")
		}
		for _, need := range []string{"initial", "times", "out"} {
			if !f.Given(need) && (need == "out" || !f.Given("trajectories")) {
				return command.Usagef("flag -predict: got no -%s, want -initial FILE -times SPEC -out FILE", need)
			}
		}
		if err := f.onlyWith("predict", "which changes nothing of the model but its time steps; leave it out",
			"initial", "times", "trajectories", "out", "integrator", "substeps", "only", "quiet"); err != nil {
			return err
		}
	}
	if f.Given("evaluate") {
		if err := f.onlyWith("evaluate", "which tests the run by its own configuration; leave it out", "out", "checkpoints", "quiet"); err != nil {
			return err
		}
	}
	if f.Given("out") && !f.Given("predict") && !f.Given("evaluate") {
		return command.Usagef("flag -out: got neither -predict nor -evaluate, want one of them")
	}
	if f.Given("gather") {
		if err := f.onlyWith("gather", "which reads the files of the sweep alone; leave it out", "by", "quiet"); err != nil {
			return err
		}
	}
	if f.PrintConfig && f.Resume {
		return command.Usagef("flag -resume: got it with -print-config, which goes on with no run; leave it out")
	}
	for _, needs := range [][2]string{
		{"initial", "predict"}, {"times", "predict"}, {"trajectories", "predict"}, {"task", "sweep"}, {"tasks", "sweep"}, {"parallel", "sweep"}, {"by", "gather"},
	} {
		if f.Given(needs[0]) && !f.Given(needs[1]) {
			value, _ := flag.UnquoteUsage(f.Set.Lookup(needs[1]))
			return command.Usagef("flag -%s: got no -%s, want -%[2]s %s with it", needs[0], needs[1], value)
		}
	}
	for _, name := range []string{"config", "run", "checkpoints", "only", "predict", "initial", "times", "trajectories", "out", "evaluate", "cpuprofile", "sweep", "task", "gather", "by"} {
		if f.Given(name) && f.Set.Lookup(name).Value.String() == "" {
			return command.Usagef("flag -%s: got an empty value, want one", name)
		}
	}
	if f.Given("run") {
		return runs.CheckName(f.Run)
	}
	return nil
}

// onlyWith refuses, beside a mode's own flag, every flag but the mode's and those
// that go with all: nothing that a user asks for is left undone in silence.
func (f *Flags) onlyWith(mode, why string, known ...string) (other error) {
	known = append(known, mode, "debug", "cpuprofile")
	f.Set.Visit(func(g *flag.Flag) {
		if other == nil && !slices.Contains(known, g.Name) {
			other = command.Usagef("flag -%s: got it with -%s, %s", g.Name, mode, why)
		}
	})
	return other
}
