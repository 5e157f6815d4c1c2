//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package folder

import (
	"os"
	"sync"
)

// held are the folders that this process writes: without flock there is no lock
// between processes that a killed one does not leave behind.
var held sync.Map

// tryLock returns nil if someone else has the lock.
func tryLock(dir string) (*lock, error) {
	if _, taken := held.LoadOrStore(dir, true); taken {
		return nil, nil
	}
	f, err := os.Open(dir)
	return &lock{file: f, free: func() { held.Delete(dir) }}, err
}

// holds reports whether what is locked is still the folder of that name.
func (l *lock) holds(dir string) bool {
	info, err := l.file.Stat()
	now, gone := os.Stat(dir)
	return err == nil && gone == nil && os.SameFile(info, now)
}
