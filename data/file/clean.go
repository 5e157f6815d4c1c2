package file

import (
	"os"
	"path/filepath"
	"regexp"
)

// left matches the names of the siblings that Write makes.
var left = regexp.MustCompile(`^\..+\.tmp[0-9a-z]{1,13}$`)

// IsLeft reports whether a name is that of a sibling of Write, which its end, but
// that by a kill, removes.
func IsLeft(name string) bool { return left.MatchString(name) }

// Clean removes from a folder what writers that were killed have left there. No Write
// may be at work in it.
func Clean(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if e.Type().IsRegular() && IsLeft(e.Name()) {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return err
}
