// Package crew does parts of a task on several cores at the same time. Its goroutines stay
// awake for a while after a task, since an iteration of a training is a sequence of such
// tasks, with little between them: a goroutine that is started on a core that sleeps begins
// some 70 µs later, of an iteration of perhaps 1 ms.
package crew

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// awake is how long a goroutine looks out for another task, or for the end of the others'
// parts, before it sleeps. After patient times in vain, one after the other, it does not
// for some: there are others on the processors, who have these parts wait.
const (
	awake   = 100 * time.Microsecond
	patient = 4
	some    = 256
)

// patience is that of those who wait for one thing.
type patience struct{ inVain, rest atomic.Int32 }

var (
	forTask patience // another one
	forEnd  patience // of the others' parts
)

// A job is a task under way.
type job struct {
	part   func(i int)
	failed atomic.Pointer[Panic] // of the first part that panicked
	linger bool
	left   atomic.Int64 // parts of others that are not done, plus asleep if the caller sleeps
	done   chan struct{}
}

const asleep = 1 << 32

// A member is a goroutine that does a part of a job and looks out for another, or could be.
type member struct {
	job atomic.Pointer[job] // nil: none
	i   int                 // its part
	run func()
}

var (
	mutex sync.Mutex
	idle  []*member // that are awake
	gone  []*member // that have no goroutine
	spare []*job    // that are not under way
)

// Do calls part for 0 ≤ i < n, all at the same time, and returns when all are done; the
// first in the goroutine of the caller. Where there are fewer processors than parts
// nothing stays awake. In the end it allocates nothing. It panics with a Panic if a part does.
func Do(n int, part func(i int)) {
	if n <= 1 {
		if n == 1 {
			part(0)
		}
		return
	}
	j := begin(n, part)
	j.do(0)
	if !j.linger || !forEnd.within(func() bool { return j.left.Load() == 0 }) {
		if j.left.Add(asleep) != asleep {
			<-j.done
		}
	}
	failed := j.failed.Swap(nil)
	mutex.Lock()
	j.part = nil
	spare = append(spare, j)
	mutex.Unlock()
	if failed != nil {
		panic(failed)
	}
}

// do does a part.
func (j *job) do(i int) {
	defer func() {
		if v := recover(); v != nil {
			j.failed.CompareAndSwap(nil, &Panic{v, debug.Stack()})
		}
	}()
	j.part(i)
}

// Panic is what Do panics with where parts have, when all are done: in the goroutine of the
// caller, who can recover it, and not in one whose panic ends the program.
type Panic struct {
	Value any
	Stack []byte // of the part
}

func (p *Panic) Error() string { return fmt.Sprintf("%v, in a part of a task:\n%s", p.Value, p.Stack) }

// Unwrap returns the value if it is an error.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// A Queue hands out the numbers 0 … n−1, each once, to whichever part asks first.
type Queue struct {
	n     int64
	begun atomic.Int64
}

// NewQueue returns the queue of n numbers.
func NewQueue(n int) *Queue { return &Queue{n: int64(n)} }

// Left are the numbers that no one has had, as they are asked for.
func (q *Queue) Left(yield func(k int) bool) {
	for k := q.begun.Add(1); k <= q.n && yield(int(k-1)); k = q.begun.Add(1) {
	}
}

// begin has the members do the parts from 1 on.
func begin(n int, part func(i int)) *job {
	mutex.Lock()
	defer mutex.Unlock()
	j, ok := last(&spare)
	if !ok {
		j = &job{done: make(chan struct{}, 1)}
	}
	j.part, j.linger = part, n <= runtime.GOMAXPROCS(0)
	j.left.Store(int64(n - 1))
	for i := 1; i < n; i++ {
		m, awake := last(&idle)
		if !awake {
			if m, ok = last(&gone); !ok {
				m = new(member)
				m.run = m.work
			}
		}
		m.i = i
		m.job.Store(j)
		if !awake {
			go m.run()
		}
	}
	return j
}

// last takes the last element from a slice, if there is one.
func last[T any](x *[]T) (v T, ok bool) {
	if n := len(*x); n > 0 {
		v, *x = (*x)[n-1], (*x)[:n-1]
		return v, true
	}
	return v, false
}

func (m *member) work() {
	called := func() bool { return m.job.Load() != nil }
	for {
		j := m.job.Load()
		j.do(m.i)
		m.job.Store(nil)
		linger := j.linger
		if linger { // before the caller can know, so that it finds this one next time
			mutex.Lock()
			idle = append(idle, m)
			mutex.Unlock()
		}
		if j.left.Add(-1) == asleep {
			j.done <- struct{}{}
		}
		for !linger || !forTask.within(called) {
			if m.leave(linger) {
				return
			}
		}
	}
}

// leave reports whether m is gone: of the idle it is not if it has been called.
func (m *member) leave(linger bool) bool {
	mutex.Lock()
	defer mutex.Unlock()
	if linger {
		i := slices.Index(idle, m)
		if i < 0 {
			return false
		}
		idle = slices.Delete(idle, i, i+1)
	}
	gone = append(gone, m)
	return true
}

// within waits for what is to become true, and reports whether it did in time. Every few
// microseconds it lets others run who wait for this processor.
func (p *patience) within(is func() bool) bool {
	d := awake
	if p.rest.Load() > 0 {
		p.rest.Add(-1)
		d = 0
	}
	for begin := time.Now(); ; runtime.Gosched() {
		for range 1000 {
			if is() {
				if d > 0 {
					p.inVain.Store(0)
				}
				return true
			}
		}
		if time.Since(begin) > d {
			break
		}
	}
	if d > 0 && p.inVain.Add(1) >= patient {
		p.inVain.Store(patient - 1)
		p.rest.Store(some)
	}
	return is()
}
