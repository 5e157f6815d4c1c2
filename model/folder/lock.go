package folder

import (
	"os"
	"time"

	"github.com/pkg/errors"
)

// ErrBusy is the error of a folder that another process, or another part of this
// one, is writing.
var ErrBusy = errors.New("checkpoint has another writer")

// patience is how often Write asks for a lock that another one has, which holds it
// for as long as it takes to write some files, or for a training.
const patience = 100

const between = 100 * time.Millisecond

// lock is an open file or folder which the operating system lets one hold, and gives
// free when its holder ends in whatever way. So it leaves nothing behind, and needs
// no numbers of processes, which mean nothing in another container.
type lock struct {
	file *os.File
	free func() // may be nil
}

// acquire locks a folder. It may have been replaced before the lock was there.
func acquire(dir string, patience int) (*lock, error) {
	for {
		l, err := tryLock(dir)
		if err != nil {
			return nil, errors.Wrapf(err, "folder: Open: lock of %s", dir)
		}
		if l != nil && l.holds(dir) {
			return l, nil
		}
		if l != nil {
			l.release()
		}
		if patience--; patience < 0 {
			return nil, errors.Wrapf(ErrBusy, "folder: %s: got a second writer, want one; wait until the other is done, or choose another folder", dir)
		}
		time.Sleep(between)
	}
}

func (l *lock) release() {
	if l != nil && l.file != nil {
		l.file.Close()
		if l.free != nil {
			l.free()
		}
	}
}

// Busy reports whether the folder has a writer.
func Busy(dir string) bool {
	dir, err := resolve(dir)
	if err != nil {
		return false
	}
	l, err := tryLock(dir)
	l.release()
	return err == nil && l == nil
}
