package data

import (
	"bytes"
	"os"
	"testing"

	"spnode/data/internal/form"
	"spnode/data/internal/runs"
	"spnode/data/npz"
)

// checkRead checks that what was read, if it is valid, is read again to the same
// bits where it can be written.
func checkRead(t *testing.T, d *Dataset, err error) {
	if err != nil || d.validate() != nil {
		return
	}
	_, _ = d.String(), d.Describe()
	var b bytes.Buffer
	if err := d.encodeCSV(&b); err == nil {
		if again, err := decode(".csv", b.Bytes(), ReadOptions{}); err != nil || !alike(again, d) {
			t.Errorf("got %+v, %v of %q, want %+v", again, err, b.Bytes(), d)
		}
	}
	b.Reset()
	if err := d.encodeNPZ(&b); err == nil {
		if again, err := decode(".npz", b.Bytes(), ReadOptions{}); err != nil || !alike(again, d) {
			t.Errorf(".npz: got %+v, %v, want %+v", again, err, d)
		}
	}
}

func FuzzTable(f *testing.F) {
	var b bytes.Buffer
	if err := awkward().encodeCSV(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	for _, text := range []string{
		"run;t;x;v\na;0;1;10\na;0,5;2,5;\na;1;3;-30,0\nb;0;4;40\n", "# t x v\n0 1 10\n0.5 2.5D+3 nan\n1.5-103 3 -30\n",
		"\"run\",\"t\",\"x\"\n\"a\",0,1\n\"a\",\"0.5\",2.5\n", "sample,t,name:,weight:,x,held:w,parameter:T\n0,0,a,2,1,5,300\n0,1,a,2,2,,\n",
		"run\tt\tx\n-\ts\tm\na\t0\t1\n", "t,1,2\r0,1,10\r",
		"0 1\n1 2\n\n0 3\n", "sep=;\nt;T;Unnamed: 0\n0;−1;2\n", "time_s|id|x\n0|1|1\n1|1.0|2\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := decode(".csv", b, ReadOptions{})
		checkRead(t, d, err)
		d, err = decode(".csv", b, ReadOptions{Time: "t", Trajectory: "run", Components: []string{"x"}, Inputs: []string{"w"}, Parameters: []string{"T"}})
		checkRead(t, d, err)
	})
}

func FuzzInitial(f *testing.F) {
	for _, text := range []string{"x,v\n1,2\n", "1;2,5\n3;4\n", "run,t,x,v,T,w\na,0,1,2,300,7\na,1,9,9,300,8\nb,0,3,4,400,9\n", "v x\nm m/s\n1 2\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, o := range []ReadOptions{{}, {Components: []string{"x", "v"}}, {Components: []string{"1", "2"}, Parameters: []string{"T"}}, {Inputs: []string{"w"}}} {
			d, err := dataset(form.DecodeInitial(".csv", b, runs.Options(o)))
			if err == nil && d.check() == nil {
				for _, tr := range d.Trajectories {
					if len(tr.States) != 1 {
						t.Errorf("got %d states of a trajectory, want the first", len(tr.States))
					}
				}
			}
		}
	})
}

// FuzzArrays makes files of arrays whose names mean something, and shapes that may
// not fit: each byte is one of a few names, dimensions and numbers.
func FuzzArrays(f *testing.F) {
	names := []string{"t", "u", "offsets", "w", "w_t", "w_offsets", "p", "weight", "held", "t_a", "u_a", "w_a", "p_a", "t0", "u0", "x", "components", "inputs", "parameters", "names"}
	f.Add([]byte("\x00\x01\x02\x01\x02\x02\x01"))
	f.Add([]byte("\x00\x01\x03\x01\x02\x03\x01\x02\x01\x02"))
	f.Fuzz(func(t *testing.T, b []byte) {
		next := func() int {
			if len(b) == 0 {
				return 0
			}
			v := b[0]
			b = b[1:]
			return int(v)
		}
		var arrays []npz.Array
		var texts []npz.Texts
		for len(b) > 0 && len(arrays)+len(texts) < 12 {
			name := names[next()%len(names)]
			shape, n := []int{}, 1
			for range next() % 4 {
				shape = append(shape, next()%5)
				n *= shape[len(shape)-1]
			}
			if kind := next(); kind%8 == 7 {
				text := npz.Texts{Name: name, Shape: shape}
				for range n {
					text.Data = append(text.Data, []string{"x", "y", "1", "t", ""}[next()%5])
				}
				texts = append(texts, text)
				continue
			}
			a := npz.Array{Name: name, Shape: shape}
			for i := range n {
				a.Data = append(a.Data, float64(i+next()%3-1))
			}
			arrays = append(arrays, a)
		}
		file, err := npz.Encode(arrays, texts...)
		if err != nil {
			return // a name twice
		}
		for _, o := range []ReadOptions{{}, {States: "x", Inputs: []string{"u"}}, {Components: []string{"u1"}, Weight: "weight", Held: true}} {
			d, err := decode(".npz", file, o)
			checkRead(t, d, err)
		}
	})
}

func FuzzMATLAB(f *testing.F) {
	for _, name := range []string{"cells.mat", "offsets.mat", "shared.mat", "plain.mat"} {
		b, err := os.ReadFile("mat/testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := decode(".mat", b, ReadOptions{Limit: 1 << 20})
		checkRead(t, d, err)
	})
}
