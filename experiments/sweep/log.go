package sweep

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/pkg/errors"
)

// LogName is the file in a task's folder with what its command wrote.
const LogName = "log.txt"

// Words with which the log of a task ends, unless it is done or its process was
// killed.
const (
	FailedWord = "failed, exit code "
	SavedWord  = "interrupted, the state is saved"
)

// Log is the log of a task, which is made when there is something to say.
type Log struct {
	path string
	file *os.File
}

// Log returns the log of a task, to be gone on with.
func (f *Folder) Log(t Task) *Log { return &Log{path: filepath.Join(f.Task(t), LogName)} }

// Write implements io.Writer. The first time it says which process this is.
func (l *Log) Write(text []byte) (int, error) {
	if l.file == nil {
		if err := l.open(); err != nil {
			return 0, errors.Wrap(err, "sweep: Log")
		}
	}
	n, err := l.file.Write(text)
	return n, errors.Wrap(err, "sweep: Log")
}

func (l *Log) open() (err error) {
	if err = os.MkdirAll(filepath.Dir(l.path), 0o777); err != nil {
		return err
	}
	if l.file, err = os.OpenFile(l.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666); err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		host = "an unknown machine"
	}
	_, err = fmt.Fprintf(l.file, "%s process %d on %s\n", time.Now().Format(time.DateTime), os.Getpid(), host)
	return err
}

// Close ends the log with a line on how the task has ended, unless that is empty.
func (l *Log) Close(ended string) error {
	if ended != "" {
		if _, err := fmt.Fprintf(l, "%s %s\n", time.Now().Format(time.DateTime), ended); err != nil {
			return err
		}
	}
	if l.file == nil {
		return nil
	}
	return errors.Wrap(l.file.Close(), "sweep: Log")
}
