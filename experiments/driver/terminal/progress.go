// Package terminal is what a person watches while a run goes on: bars, and times to
// be read.
package terminal

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"
)

// How often a terminal is redrawn, and a plain line written elsewhere.
const (
	redrawEvery = 100 * time.Millisecond
	lineEvery   = 5 * time.Second
)

// Progress shows how far the stages of a run are: on a terminal a bar for each
// stage under way, elsewhere a plain line every few seconds, and a line for each
// stage that is done. It is safe for stages that run at the same time. It is an
// io.Writer too: what is written through it stands above the bars.
type Progress struct {
	mu       sync.Mutex
	w        io.Writer
	quiet    bool
	terminal bool
	width    int
	active   []*Stage
	drawn    int // lines of bars on the screen
	now      func() time.Time
}

// Field is a number shown beside a bar.
type Field struct {
	Name  string
	Value float64
}

// Stage is one long piece of work.
type Stage struct {
	p      *Progress
	name   string
	total  int
	start  time.Time
	next   time.Time // when it will be drawn again
	first  int       // where this process took up the work; -1: it has not yet
	at     int
	fields []Field
	done   bool
}

// NewProgress shows progress on a writer, or nothing if quiet.
func NewProgress(w io.Writer, quiet bool) *Progress {
	width := Width(w)
	return &Progress{w: w, quiet: quiet, now: time.Now, terminal: width > 0, width: width}
}

// Width is how many characters a line of a terminal's window has; 0: the writer is no
// terminal, and its lines have no end.
func Width(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
		return width
	}
	return 80
}

// Stage begins a stage of so many steps.
func (p *Progress) Stage(name string, total int) *Stage {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &Stage{p: p, name: name, total: max(total, 1), start: p.now(), first: -1}
	s.next = s.start.Add(lineEvery)
	if p.terminal {
		s.next = s.start.Add(redrawEvery)
	}
	p.active = append(p.active, s)
	return s
}

// Update says that i steps of the stage are done; the first one given tells
// where a resumed stage began. It may be called at every step: it costs some
// tens of nanoseconds, except when it is time to draw. The fields are copied.
func (s *Stage) Update(i int, fields ...Field) {
	if s.p.quiet {
		return
	}
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	if s.first < 0 { // the time left is reckoned from here
		s.first = max(0, i-1)
	}
	s.at = min(max(i, 0), s.total)
	s.fields = append(s.fields[:0], fields...)
	now := s.p.now()
	if now.Before(s.next) {
		return
	}
	if s.p.terminal {
		s.next = now.Add(redrawEvery)
		s.p.draw("")
	} else {
		s.next = now.Add(lineEvery)
		fmt.Fprintf(s.p.w, "%s  %d%%%s%s\n", s.name, 100*s.at/s.total, numbers(s.fields), s.left(now))
	}
}

// Done ends the stage with a line that says how long it took.
func (s *Stage) Done() {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	if s.done {
		return
	}
	s.done = true
	s.p.active = slices.DeleteFunc(s.p.active, func(a *Stage) bool { return a == s })
	if s.p.quiet {
		return
	}
	s.p.draw(fmt.Sprintf("%s  %s%s\n", s.name, Duration(s.p.now().Sub(s.start).Seconds()), numbers(s.fields)))
}

// Write writes text above the bars. Text that does not end its line waits
// beside no bar: end it.
func (p *Progress) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(text), p.draw(string(text))
}

// draw writes text where the bars were, and the bars anew below it.
func (p *Progress) draw(text string) error {
	var b strings.Builder
	if p.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA\r\x1b[J", p.drawn) // up to the first bar, clear all below
	}
	b.WriteString(text)
	p.drawn = 0
	if p.terminal && !p.quiet {
		for _, s := range p.active {
			b.WriteString(s.line(p.now()) + "\n")
			p.drawn++
		}
	}
	_, err := io.WriteString(p.w, b.String())
	return err
}

// line is the bar with its numbers, in a line of the window: one that wraps could not
// be taken back. Where it is too narrow the bar is shorter, then absent, then the
// numbers after the first are, and at last the name is cut.
func (s *Stage) line(now time.Time) string {
	room := s.p.width - 1
	name, fields, left := s.name, s.fields, s.left(now)
	percent := fmt.Sprintf("  %3d%%", 100*s.at/s.total)
	length := func() int {
		return utf8.RuneCountInString(name+percent+numbers(fields)) + utf8.RuneCountInString(left)
	}
	for len(fields) > 1 && length() > room {
		fields = fields[:len(fields)-1]
	}
	if over := length() - room; over > 0 {
		cut := []rune(name)
		name = string(cut[:max(0, len(cut)-over-1)]) + "…"
	}
	bar := ""
	const longest, shortest = 20, 4
	if n := min(longest, room-length()-len(" ||")); n >= shortest {
		done := n * s.at / s.total
		bar = " |" + strings.Repeat("█", done) + strings.Repeat(" ", n-done) + "|"
	}
	return name + percent + bar + numbers(fields) + left
}

func numbers(fields []Field) string {
	var b strings.Builder
	for _, f := range fields {
		fmt.Fprintf(&b, "  %s %s", f.Name, padded(f.Value))
	}
	return b.String()
}

// padded keeps the numbers of a bar from dancing.
func padded(v float64) string {
	t := fmt.Sprintf("%.2e", v)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		t = fmt.Sprint(v)
	}
	return t + strings.Repeat(" ", max(0, 8-utf8.RuneCountInString(t)))
}

// left is the time that the rest will take at the pace so far.
func (s *Stage) left(now time.Time) string {
	worked := s.at - s.first
	if worked <= 0 || s.at >= s.total {
		return ""
	}
	per := now.Sub(s.start).Seconds() / float64(worked)
	return "  " + Duration(per*float64(s.total-s.at)) + " left"
}

// Duration writes seconds to be read: 0.3 s, 12 s, 3 min 20 s, 2 h 5 min.
func Duration(s float64) string {
	switch {
	case s < 9.95:
		return fmt.Sprintf("%.1f s", s)
	case s < 119.5:
		return fmt.Sprintf("%.0f s", s)
	case s < 7200:
		return fmt.Sprintf("%d min %d s", int(s)/60, int(s)%60)
	}
	return fmt.Sprintf("%d h %d min", int(s)/3600, int(s)/60%60)
}

// Broken breaks a text at words into lines of a width; a longer word is cut.
func Broken(text string, width int) (lines []string) {
	if utf8.RuneCountInString(text) <= width {
		return []string{text}
	}
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(line+" "+word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		for line += word; utf8.RuneCountInString(line) > width; {
			cut := []rune(line)
			lines, line = append(lines, string(cut[:width])), string(cut[width:])
		}
	}
	return append(lines, line)
}
