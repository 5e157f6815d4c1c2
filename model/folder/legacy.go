package folder

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// Earlier writers replaced a folder by a sibling, and left .dir.old and .dir.tmp-7
// beside it where they were killed.

// aside is where such a writer put the old checkpoint of dir.
func aside(dir string) string {
	return filepath.Join(filepath.Dir(dir), "."+filepath.Base(dir)+".old")
}

// adopt moves into dir what an earlier writer had put aside and dir lacks, the
// manifest last, and removes the rest of what it left.
func (d *disk) adopt(dir string) {
	if old := aside(dir); d.exists(old) {
		replaced := d.exists(filepath.Join(dir, Manifest))
		own := append(d.own(old), Manifest)
		names := slices.DeleteFunc(d.list(old), func(name string) bool { return name == Manifest })
		if d.exists(filepath.Join(old, Manifest)) {
			names = append(names, Manifest)
		}
		for _, name := range names {
			from, to := filepath.Join(old, name), filepath.Join(dir, name)
			switch {
			case replaced && slices.Contains(own, name):
				d.remove(from)
			case d.exists(to):
				d.fail(errors.Errorf("folder: Write: %s cannot join %s, which is there; move one away", from, to))
			default:
				d.rename(from, to)
			}
		}
		d.remove(old)
	}
	parent := filepath.Dir(dir)
	siblings, _ := os.ReadDir(parent) // which may not be ours to read
	for _, sibling := range siblings {
		name := sibling.Name()
		number, ok := strings.CutPrefix(name, "."+filepath.Base(dir)+".tmp-")
		if _, err := strconv.ParseUint(number, 10, 64); !ok || err != nil {
			continue
		}
		tmp := filepath.Join(parent, name)
		for _, name := range d.list(tmp) {
			d.remove(filepath.Join(tmp, name))
		}
		d.remove(tmp)
	}
}
