package crew

import (
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Every part is done once before Do returns, of tasks that follow each other, that come
// from several goroutines, that are parts of others, and that last longer than anyone
// stays awake.
func TestDo(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	check := func(n int, wait time.Duration) {
		done := make([]atomic.Int32, n)
		Do(n, func(i int) {
			if i%2 == 1 {
				time.Sleep(wait)
			}
			done[i].Add(1)
		})
		for i := range done {
			if got := done[i].Load(); got != 1 {
				t.Errorf("part %d of %d was done %d times, want once", i, n, got)
			}
		}
	}
	for range 1000 {
		for n := range 5 {
			check(n, 0)
		}
	}
	for _, wait := range []time.Duration{awake / 2, 2 * awake, 5 * awake} {
		for range 10 {
			check(2, wait)
			check(3, wait)
			time.Sleep(wait)
		}
	}
	Do(4, func(int) {
		for range 100 {
			Do(3, func(int) { check(2, 0) })
		}
	})
}

// A panic of any part comes to the caller when all parts are done, once, and the next task
// knows nothing of it.
func TestPanic(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	cause := errors.New("cause")
	for _, n := range []int{2, 5} {
		for bad := range n {
			var done atomic.Int32
			err := func() (err error) {
				defer func() { err, _ = recover().(error) }()
				Do(n, func(i int) {
					if i == bad {
						panic(cause)
					}
					time.Sleep(awake)
					done.Add(1)
				})
				return nil
			}()
			if !errors.Is(err, cause) || !strings.Contains(err.Error(), "crew_test.go") {
				t.Errorf("part %d of %d: got %v, want the cause and where it was", bad, n, err)
			}
			if int(done.Load()) != n-1 {
				t.Errorf("part %d of %d: %d others were done before the panic", bad, n, done.Load())
			}
			Do(n, func(int) {})
		}
	}
}

// Every number of a queue is handed out once, also where some stop asking.
func TestQueue(t *testing.T) {
	for _, n := range []int{0, 1, 2, 1000} {
		q, had := NewQueue(n), make([]atomic.Int32, n)
		Do(4, func(i int) {
			for k := range q.Left {
				had[k].Add(1)
				if i == 1 {
					break
				}
			}
		})
		for k := range q.Left {
			t.Errorf("%d of %d was left", k, n)
		}
		for k := range had {
			if got := had[k].Load(); got != 1 {
				t.Errorf("%d of %d was handed out %d times, want once", k, n, got)
			}
		}
	}
}

// Nobody is left awake.
func TestLeave(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	alone := func() bool {
		mutex.Lock()
		defer mutex.Unlock()
		return len(idle) == 0
	}
	before := runtime.NumGoroutine()
	for range 100 {
		Do(2, func(int) {})
	}
	for end := time.Now().Add(10 * time.Second); !alone() || runtime.NumGoroutine() > before; time.Sleep(awake) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, want the %d before", runtime.NumGoroutine(), before)
		}
	}
}

// In the end a task takes no memory.
func TestAllocations(t *testing.T) {
	part := func(int) {}
	for range 100 {
		Do(2, part)
	}
	if n := testing.AllocsPerRun(100, func() { Do(2, part) }); n > 0 {
		t.Errorf("got %v allocations a task, want none", n)
	}
}

// BenchmarkDo is the time of a task of two parts of nothing, where they follow each other.
func BenchmarkDo(b *testing.B) {
	part := func(int) {}
	for b.Loop() {
		Do(2, part)
	}
}
