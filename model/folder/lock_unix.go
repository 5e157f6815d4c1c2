//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package folder

import (
	"os"
	"path/filepath"
	"syscall"

	"github.com/pkg/errors"
)

// lockName is the file that is locked where a folder cannot be, as on NFS.
const lockName = ".lock"

// tryLock returns nil if someone else has the lock.
func tryLock(dir string) (*lock, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	err = flock(f)
	if unsupported(err) || errors.Is(err, syscall.ENOLCK) {
		f.Close()
		if f, err = os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o666); err != nil {
			return nil, err
		}
		if err = flock(f); unsupported(err) || errors.Is(err, syscall.ENOLCK) {
			return &lock{file: f}, nil // a file system without locks: readers are safe, writers are on their own
		}
	}
	if err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = nil
		}
		return nil, err
	}
	return &lock{file: f}, nil
}

func flock(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err != syscall.EINTR {
			return err
		}
	}
}

// holds reports whether what is locked is still the folder of that name.
func (l *lock) holds(dir string) bool {
	path := dir
	info, err := l.file.Stat()
	if err == nil && !info.IsDir() {
		path = filepath.Join(dir, lockName)
	}
	now, gone := os.Stat(path)
	return err == nil && gone == nil && os.SameFile(info, now)
}
