package stack

import (
	"runtime"
	"sync"

	"github.com/pkg/errors"
)

// Each solves n samples in parallel, begun in order, each by what worker
// made for its goroutine. Progress, unless nil, is called after each, one call at
// a time. Of several samples that fail the first is told, and how many were tried
// up to it: nothing after a failure is begun; everything before it was, and is
// finished, so that the error does not depend on who was first.
func Each(n int, progress func(done, total int), worker func() func(sample int) error) (tried int, err error) {
	var (
		mu      sync.Mutex // guards what follows
		next    int
		done    int
		failed  = n // the first sample that failed
		failure error
	)
	begin := func() (s int, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		s, next = next, next+1
		return s, s < failed
	}
	finish := func(s int, err error) {
		mu.Lock()
		defer mu.Unlock()
		if err != nil && s < failed {
			failed, failure = s, errors.Wrapf(err, "sample %d", s)
		}
		if done++; err == nil && progress != nil {
			progress(done, n)
		}
	}
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		wg.Go(func() {
			solve := worker()
			for s, ok := begin(); ok; s, ok = begin() {
				finish(s, solve(s))
			}
		})
	}
	wg.Wait()
	return min(failed+1, n), failure
}
