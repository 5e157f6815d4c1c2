package data

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"spnode/data/npz"
)

// bounded reads a file and checks what memory that takes, all of it, collected or not.
func bounded(t *testing.T, path string, most int64, read func(path string) error) error {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := read(path)
	runtime.ReadMemStats(&after)
	if took := int64(after.TotalAlloc - before.TotalAlloc); took > most {
		t.Errorf("%s: got %d bytes of memory, want at most %d", filepath.Base(path), took, most)
	}
	return err
}

func readAny(path string) error { _, err := Read(path); return err }

// zeros returns deflated text that begins with head and goes on with so many
// megabytes of zeros.
func zeros(t *testing.T, head string, megabytes int) []byte {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 1<<20)
	write := func(b []byte) []byte {
		begin := out.Len()
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		return bytes.Clone(out.Bytes()[begin:])
	}
	write([]byte(head))
	write(block)
	again := write(block) // a block after another is always the same
	b := append(out.Bytes(), bytes.Repeat(again, megabytes-2)...)
	return append(b, 1, 0, 0, 0xff, 0xff) // the last block, empty
}

func npyHead(descr, shape string) string {
	h := "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + "}"
	return "\x93NUMPY\x01\x00" + string([]byte{byte(len(h)), byte(len(h) >> 8)}) + h
}

// rawZip writes entries whose sizes are claimed.
func rawZip(t *testing.T, path string, entries map[string][]byte, unpacked map[string]uint64, crcs map[string]uint32) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, packed := range entries {
		f, err := w.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, CompressedSize64: uint64(len(packed)), UncompressedSize64: unpacked[name], CRC32: crcs[name]})
		if err == nil {
			_, err = f.Write(packed)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func crc(n int) uint32 {
	content, _ := npz.EncodeNPY(npz.Array{Shape: []int{n}, Data: make([]float64, n)})
	return crc32.ChecksumIEEE(content)
}

// stored returns a deflated array of the numbers 0, and its size unpacked.
func stored(t *testing.T, n int) ([]byte, uint64) {
	content, err := npz.EncodeNPY(npz.Array{Shape: []int{n}, Data: make([]float64, n)})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(content)
	w.Close()
	return b.Bytes(), uint64(len(content))
}

// TestBombs reads small files that claim to be large ones. What is allowed is
// three times the file, or 2 MB, which is some buffers.
func TestBombs(t *testing.T) {
	dir := t.TempDir()
	times, size := stored(t, 1)
	for _, c := range []struct {
		name, descr      string
		bytes, megabytes int
		claim            uint64 // in place of the size
		says             string
	}{
		{"6.7 GB", "<f8", 8, 6400, 0, "which takes 6.71e+09 bytes, want at most"},
		{"840 MB, 6.7 GB as float64", "|u1", 1, 840, 0, "which takes 7.05e+09 bytes, want at most"},
		{"claims less", "<f8", 8, 640, 200, "cut short or damaged"},
		{"claims more", "<f8", 8, 2, 1 << 40, "unpack to 1099511627776"},
	} {
		head := npyHead(c.descr, fmt.Sprintf("(1, %d, 16)", c.megabytes<<20/c.bytes/16))
		claim := uint64(c.megabytes<<20 + len(head))
		if c.claim > 0 {
			claim = c.claim
		}
		path := filepath.Join(dir, c.name+".npz")
		rawZip(t, path, map[string][]byte{"t.npy": times, "u.npy": zeros(t, head, c.megabytes)}, map[string]uint64{"t.npy": size, "u.npy": claim}, map[string]uint32{"t.npy": crc(1)})
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := bounded(t, path, max(3*info.Size(), 2<<20), readAny); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want an error that says %q", c.name, err, c.says)
		}
	}
}

// TestBombOfMany has arrays that fit one by one, 4 MB each.
func TestBombOfMany(t *testing.T) {
	entries, sizes, crcs := map[string][]byte{}, map[string]uint64{}, map[string]uint32{}
	times, size := stored(t, 4)
	head := npyHead("<f8", "(4, 131072)")
	u := zeros(t, head, 4)
	for s := range 40 {
		name := fmt.Sprintf("t_%d.npy", s)
		entries[name], sizes[name], crcs[name] = times, size, crc(4)
		name = fmt.Sprintf("u_%d.npy", s)
		entries[name], sizes[name] = u, uint64(len(head)+4<<20)
	}
	path := filepath.Join(t.TempDir(), "many.npz")
	rawZip(t, path, entries, sizes, crcs)
	if err := bounded(t, path, 70<<20, readAny); err == nil {
		t.Error("got no error")
	}
}

// TestLimit asks for more.
func TestLimit(t *testing.T) {
	d := Zeros([]float64{0}, 1, []string{"x"})
	var b bytes.Buffer
	if err := d.encodeNPZ(&b); err != nil {
		t.Fatal(err)
	}
	if _, err := decode(".npz", b.Bytes(), ReadOptions{Limit: 15}); err == nil || !strings.Contains(err.Error(), "want at most 15") {
		t.Errorf("got %v", err)
	}
	if _, err := decode(".npz", b.Bytes(), ReadOptions{Limit: 1000}); err != nil {
		t.Error(err)
	}
}

func TestBombMATLAB(t *testing.T) {
	var body bytes.Buffer
	put := func(words ...uint32) { binary.Write(&body, binary.LittleEndian, words) }
	const n = 800 << 20
	put(14, n+56, 6, 8, 6, 0, 5, 8, n/8, 1) // array, flags, dimensions
	put(1|1<<16, 't', 9, n)                 // name, numbers
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	w.Write(body.Bytes())
	block := make([]byte, 1<<20)
	for range 20 {
		w.Write(block)
	}
	w.Close()
	file := append(make([]byte, 124), 0, 1, 'I', 'M')
	copy(file, "MATLAB 5.0 MAT-file")
	file = binary.LittleEndian.AppendUint32(file, 15)
	file = binary.LittleEndian.AppendUint32(file, uint32(z.Len()))
	file = append(file, z.Bytes()...)
	path := filepath.Join(t.TempDir(), "a.mat")
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := bounded(t, path, 1<<20, readAny); err == nil || !strings.Contains(err.Error(), "want an element of") {
		t.Errorf("got %v", err)
	}
}

// TestManyCommas reads what parts cells, and little else.
func TestManyCommas(t *testing.T) {
	const large, size = 50 << 20, 4 << 20
	dir := t.TempDir()
	states := func(path string) error { _, err := ReadStates(path); return err }
	times := func(path string) error { _, err := ParseTimes(path); return err }
	for name, text := range map[string][]byte{
		"50 MB":          bytes.Repeat([]byte(","), large),
		"50 MB of lines": bytes.Repeat([]byte(strings.Repeat(",", 1023)+"\n"), large/1024),
		"commas":         bytes.Repeat([]byte(","), size),
		"lines":          bytes.Repeat([]byte(",\n"), size/2),
		"semicolons":     bytes.Repeat([]byte(strings.Repeat(";", 1023)+"\n"), size/1024),
		"blanks":         bytes.Repeat([]byte(" "), size),
		"tabs":           bytes.Repeat([]byte("\t"), size),
		"quotes":         bytes.Repeat([]byte(`"`), size+1),
		"one number":     bytes.Repeat([]byte("1"), size),
		"header":         append([]byte("t,x"), bytes.Repeat([]byte(","), size)...),
		"wide":           append([]byte("t"), bytes.Repeat([]byte(",x"), size/2)...),
		"no times":       append([]byte("t,x\n"), bytes.Repeat([]byte(",1\n"), size/3)...),
	} {
		path := filepath.Join(dir, name+".csv")
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		// 24 MB are two lines of as many cells as there may be, as append makes room for them.
		readers, most := []func(string) error{readAny, states, times}, int64(3*size+24<<20)
		if len(text) == large {
			readers, most = readers[:1], 3*large
		}
		for _, read := range readers {
			err := bounded(t, path, most, read)
			if err == nil {
				t.Errorf("%s: got no error", name)
			} else if len(err.Error()) > 1000 {
				t.Errorf("%s: got an error of %d bytes", name, len(err.Error()))
			}
		}
		os.Remove(path)
	}
}

// TestMemoryOfTable reads a table as programs write it, with 17 digits.
func TestMemoryOfTable(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 0))
	var b bytes.Buffer
	b.WriteString("run,t,x,y,z\n")
	for i := range 100_000 {
		fmt.Fprintf(&b, "%d,%d,%.17g,%.17g,%.17g\n", i/1000, i%1000, rnd.NormFloat64(), rnd.NormFloat64(), rnd.NormFloat64())
	}
	path := filepath.Join(t.TempDir(), "a.csv")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := bounded(t, path, 3*int64(b.Len()), readAny); err != nil {
		t.Error(err)
	}
}
