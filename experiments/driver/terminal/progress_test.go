package terminal

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"testing"
	"time"
)

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func TestProgressAsLines(t *testing.T) {
	var out bytes.Buffer
	c := &clock{t: time.Unix(0, 0)}
	p := NewProgress(&out, false)
	p.now = c.now
	st := p.Stage("eps1-etdrk4: Adam", 100)
	for i := 1; i <= 100; i++ {
		c.add(time.Second / 2)
		st.Update(i, Field{"loss", 1 / float64(i)}, Field{"grad", math.NaN()})
	}
	fmt.Fprintln(p, "a note")
	st.Done()
	st.Done() // twice is once
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	// A line each five of fifty seconds, the note, and the last.
	if len(lines) != 12 {
		t.Fatalf("got %d lines, want 12:\n%s", len(lines), out.String())
	}
	for i, want := range []string{"eps1-etdrk4: Adam  10%  loss 1.00e-01  grad NaN       45 s left", "eps1-etdrk4: Adam  20%  loss 5.00e-02"} {
		if !strings.HasPrefix(lines[i], want) {
			t.Errorf("line %d: got %q, want %q", i, lines[i], want)
		}
	}
	if lines[10] != "a note" || !strings.HasPrefix(lines[11], "eps1-etdrk4: Adam  50 s  loss 1.00e-02") {
		t.Errorf("got the end %q", lines[10:])
	}
	if strings.Contains(out.String(), "\x1b") || strings.Contains(out.String(), "\r") {
		t.Error("control characters where there is no terminal")
	}
}

func TestProgressResumed(t *testing.T) {
	var out bytes.Buffer
	c := &clock{t: time.Unix(0, 0)}
	p := NewProgress(&out, false)
	p.now = c.now
	st := p.Stage("s", 1000)
	for i := 901; i <= 910; i++ {
		c.add(time.Second)
		st.Update(i)
	}
	// A second a step from 901 on: at 905, 95 steps are left.
	if !strings.Contains(out.String(), "s  90%  95 s left\n") {
		t.Errorf("got %q", out.String())
	}
}

func TestProgressQuiet(t *testing.T) {
	var out bytes.Buffer
	p := NewProgress(&out, true)
	st := p.Stage("s", 10)
	for i := range 11 {
		st.Update(i)
	}
	st.Done()
	if out.Len() > 0 {
		t.Errorf("got %q, want nothing", out.String())
	}
}

func TestProgressStagesAtOnce(t *testing.T) {
	var out bytes.Buffer
	c := &clock{t: time.Unix(0, 0)}
	p := NewProgress(&out, false)
	p.now, p.terminal, p.width = c.now, true, 60
	var wg sync.WaitGroup
	for k := range 4 {
		wg.Go(func() {
			st := p.Stage(fmt.Sprintf("model %d", k), 200)
			for i := 1; i <= 200; i++ {
				c.add(10 * time.Millisecond)
				st.Update(i, Field{"loss", 1}, Field{"gradient", 2}, Field{"rate", 3})
			}
			st.Done()
		})
	}
	wg.Wait()
	if p.drawn != 0 || len(p.active) != 0 {
		t.Errorf("%d bars are left on the screen, %d stages", p.drawn, len(p.active))
	}
	for _, line := range strings.Split(out.String(), "\n") {
		if n := len([]rune(line)); strings.Contains(line, "|") && n > 60+10 { // ten for control characters
			t.Errorf("a bar of %d characters wraps at 60: %q", n, line)
		}
	}
	for k := range 4 {
		if n := strings.Count(out.String(), fmt.Sprintf("model %d  ", k)); n < 2 {
			t.Errorf("model %d shows %d times", k, n)
		}
	}
}

// BenchmarkUpdate is what a training iteration pays.
func BenchmarkUpdate(b *testing.B) {
	st := NewProgress(io.Discard, false).Stage("s", 1<<40)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		st.Update(i, Field{"loss", 1}, Field{"grad", 2}, Field{"rate", 3})
	}
}
