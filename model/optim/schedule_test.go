package optim

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

func TestScheduleAt(t *testing.T) {
	exponential := Schedule{Kind: ScheduleExponential, Rate: 0.01, Decay: 0.99}
	epoch := Schedule{Kind: ScheduleExponentialEpoch, Rate: 0.01, Decay: 0.5}
	cosine := Schedule{Kind: ScheduleCosine, Rate: 0.1, Final: 0.001, Warmup: 9}
	for _, c := range []struct {
		name     string
		s        Schedule
		step     int
		want     float64
		perEpoch int
	}{
		{"constant, first", Schedule{Kind: ScheduleConstant, Rate: 0.01}, 0, 0.01, 1},
		{"constant, last", Schedule{Kind: ScheduleConstant, Rate: 0.01}, 99, 0.01, 1},
		{"exponential, first", exponential, 0, 0.01, 1},
		{"exponential, second", exponential, 1, 0.0099, 1},
		{"exponential, last", exponential, 99, 0.01 * math.Pow(0.99, 99), 1},
		{"epoch, end of the first", epoch, 9, 0.01, 10},
		{"epoch, start of the second", epoch, 10, 0.005, 10},
		{"epoch, third", epoch, 29, 0.0025, 10},
		{"epoch, no length", epoch, 2, 0.0025, 0},
		{"cosine, first", cosine, 0, 0.01, 1},
		{"cosine, warming", cosine, 4, 0.05, 1},
		{"cosine, top", cosine, 9, 0.1, 1},
		{"cosine, after the end", cosine, 1000, 0.001, 1},
		{"cosine, at the end", cosine, 100, 0.001, 1},
		{"cosine, middle", Schedule{Kind: ScheduleCosine, Rate: 0.1}, 50, 0.05, 1},
		{"cosine, no warm-up", Schedule{Kind: ScheduleCosine, Rate: 0.1}, 0, 0.1, 1},
		{"cosine, all warm-up", Schedule{Kind: ScheduleCosine, Rate: 0.1, Warmup: 200}, 99, 0.1 * 100 / 201, 1},
	} {
		if err := c.s.Validate(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		// A few roundings of numbers of at most 0.1.
		if got := c.s.At(c.step, 100, c.perEpoch); math.Abs(got-c.want) > 1e-16 {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestScheduleMonotone(t *testing.T) {
	for _, s := range []Schedule{
		{Kind: ScheduleConstant, Rate: 1},
		{Kind: ScheduleExponential, Rate: 1, Decay: 0.97},
		{Kind: ScheduleExponentialEpoch, Rate: 1, Decay: 0.97},
		{Kind: ScheduleCosine, Rate: 1, Final: 0.1},
		{Kind: ScheduleCosine, Rate: 1, Final: 0.1, Warmup: 50},
	} {
		for k := 1; k < 300; k++ {
			a, b := s.At(k-1, 200, 7), s.At(k, 200, 7)
			if k <= s.Warmup && !(b > a) || k > s.Warmup && b > a || b <= 0 || b > s.Rate {
				t.Errorf("%+v: from step %d to %d the rate went from %g to %g", s, k-1, k, a, b)
			}
		}
	}
}

// A warm-up of the largest number there is does not turn the rate around.
func TestLongestWarmup(t *testing.T) {
	if r := (Schedule{Kind: ScheduleCosine, Rate: 1, Warmup: math.MaxInt}).At(3, 200, 1); !(r > 0 && r < 1) {
		t.Errorf("got the rate %g, want one between 0 and 1", r)
	}
}

func TestScheduleValidate(t *testing.T) {
	for _, c := range []struct {
		s    Schedule
		want string // the field that the message must name
	}{
		{Schedule{Kind: "linear", Rate: 1}, "kind"},
		{Schedule{Kind: ScheduleConstant}, "rate"},
		{Schedule{Kind: ScheduleConstant, Rate: math.NaN()}, "rate"},
		{Schedule{Kind: ScheduleConstant, Rate: math.Inf(1)}, "rate"},
		{Schedule{Kind: ScheduleExponential, Rate: 1}, "decay"},
		{Schedule{Kind: ScheduleExponentialEpoch, Rate: 1, Decay: 1.1}, "decay"},
		{Schedule{Kind: ScheduleCosine, Rate: 1, Final: 2}, "final"},
		{Schedule{Kind: ScheduleCosine, Rate: 1, Final: -1}, "final"},
		{Schedule{Kind: ScheduleCosine, Rate: 1, Warmup: -1}, "warmup"},
	} {
		if err := c.s.Validate(); err == nil || !strings.Contains(err.Error(), "Schedule: "+c.want) {
			t.Errorf("%+v: got error %v, want one about %s", c.s, err, c.want)
		}
	}
}

func TestScheduleJSON(t *testing.T) {
	want := Schedule{Kind: ScheduleCosine, Rate: 0.1, Final: 0.01, Warmup: 3}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Schedule
	if err := json.Unmarshal(text, &got); err != nil || got != want {
		t.Errorf("%s: got %+v, %v, want %+v", text, got, err, want)
	}
}
