package data

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

func TestCached(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	type config struct {
		Problem string
		Step    float64
	}
	key := config{"<robertson> & more", 0.1} // characters that JSON escapes
	calls := 0
	get := func(key any) (*Dataset, bool) {
		t.Helper()
		d, found, err := Cached(dir, key, func() (*Dataset, error) { calls++; return awkward(), nil })
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(d, awkward()) {
			t.Errorf("got %v, want %v", d, awkward())
		}
		return d, found
	}
	expect := func(what string, key any, found bool) {
		t.Helper()
		before := calls
		if _, got := get(key); got != found || (calls == before) != found {
			t.Errorf("%s: got found = %v after %d calls, want %v", what, got, calls-before, found)
		}
	}
	expect("first", key, false)
	expect("second", key, true)
	other := key
	other.Step = 1e-11
	expect("another configuration", other, false)
	expect("both kept", key, true)
	if files, _ := os.ReadDir(dir); len(files) != 4 {
		t.Errorf("got %d files, want 4", len(files))
	}

	all, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		flip := append([]byte(nil), b...)
		flip[2*len(b)/3] ^= 1
		for name, bad := range map[string][]byte{"bit": flip, "half": b[:len(b)/2], "empty": {}} {
			if err := os.WriteFile(path, bad, 0o644); err != nil {
				t.Fatal(err)
			}
			before := calls
			get(key)
			get(other)
			if calls != before+1 {
				t.Errorf("%s, %s: made %d times, want once", filepath.Ext(path), name, calls-before)
			}
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		before := calls
		get(key)
		get(other)
		if calls != before+1 {
			t.Errorf("%s gone: made %d times, want once", filepath.Ext(path), calls-before)
		}
	}
	// A file of another configuration under this one's name.
	for _, ext := range []string{".npz", ".json"} {
		files, _ := filepath.Glob(filepath.Join(dir, "*"+ext))
		b, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(files[1], b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	before := calls
	get(key)
	get(other)
	if calls != before+1 {
		t.Errorf("renamed: made %d times, want once", calls-before)
	}

	dir = ""
	expect("no folder", key, false)
	expect("no folder again", key, false)
}

// TestCachedRich keeps gaps, times, inputs and all.
func TestCachedRich(t *testing.T) {
	dir := t.TempDir()
	for i := range 2 {
		got, found, err := Cached(dir, 1, func() (*Dataset, error) { return rich(), nil })
		if err != nil || found != (i == 1) || !alike(got, rich()) {
			t.Errorf("call %d: got %v, %v, %v", i, got, found, err)
		}
	}
}

// TestCachedComponents keeps the names, also where there are none.
func TestCachedComponents(t *testing.T) {
	for _, names := range [][]string{nil, {"y1", `"ä"`, "<y>"}} {
		d := numbered([]float64{0, 1}, 2, 3)
		d.Components = names
		dir := t.TempDir()
		for i := range 2 {
			got, found, err := Cached(dir, 1, func() (*Dataset, error) { return d, nil })
			if err != nil || found != (i == 1) || !reflect.DeepEqual(got, d) {
				t.Errorf("call %d: got %v, %v, %v, want %v", i, got, found, err, d)
			}
		}
	}
}

func TestCachedErrors(t *testing.T) {
	dir := t.TempDir()
	ok := func() (*Dataset, error) { return awkward(), nil }
	if _, _, err := Cached(dir, math.NaN(), ok); err == nil || !strings.HasPrefix(err.Error(), "data: Cached: key: ") {
		t.Errorf("key: got %v", err)
	}
	failure := errors.New("no data today")
	_, _, err := Cached(dir, 1, func() (*Dataset, error) { return nil, failure })
	if !errors.Is(err, failure) {
		t.Errorf("make: got %v, want %v", err, failure)
	}
	if _, _, err := Cached(dir, 1, func() (*Dataset, error) { return &Dataset{}, nil }); !errors.Is(err, ErrShape) {
		t.Errorf("invalid: got %v, want %v", err, ErrShape)
	}
	if files, _ := os.ReadDir(dir); len(files) != 0 {
		t.Errorf("got %d files after failures, want none", len(files))
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	d, found, err := Cached(file, 1, ok)
	if err == nil || found || d == nil {
		t.Errorf("folder is a file: got %v, %v, %v, want the data and an error", d, found, err)
	}
}
