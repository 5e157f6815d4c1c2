package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"spnode/experiments/figure"
)

func TestMarshal(t *testing.T) {
	type inner struct {
		MaxAbs []float64 `json:"max_abs"`
	}
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		name  string
		value any
		want  string
	}{
		{"finite", map[string]any{"b": 1.5, "a": 2, "c": "x", "d": nil, "e": true}, "{\n  \"a\": 2,\n  \"b\": 1.5,\n  \"c\": \"x\",\n  \"d\": null,\n  \"e\": true\n}"},
		{"NaN", struct {
			Loss float64 `json:"loss"`
		}{nan}, "{\n  \"loss\": null,\n  \"loss_reason\": \"NaN\"\n}"},
		{"-Inf float32", map[string]float32{"x": float32(math.Inf(-1))}, "{\n  \"x\": null,\n  \"x_reason\": \"-Inf\"\n}"},
		{"in a list", inner{[]float64{1, nan, inf}}, "{\n  \"max_abs\": [1, null, null],\n  \"max_abs_reason\": {\n    \"[1]\": \"NaN\",\n    \"[2]\": \"+Inf\"\n  }\n}"},
		{"in a matrix", map[string]any{"A": [][]float64{{1, inf}, {0, 1}}}, "{\n  \"A\": [\n    [1, null],\n    [0, 1]\n  ],\n  \"A_reason\": {\n    \"[0][1]\": \"+Inf\"\n  }\n}"},
		{"in an object in a list", []any{map[string]float64{"x": nan}}, "[\n  {\n    \"x\": null,\n    \"x_reason\": \"NaN\"\n  }\n]"},
		{"complex", map[string]any{"s": []complex128{complex(-2, inf)}}, "{\n  \"s\": [\n    [-2, null]\n  ],\n  \"s_reason\": {\n    \"[0][1]\": \"+Inf\"\n  }\n}"},
		{"pointers", struct{ P, Q *float64 }{&nan, nil}, "{\n  \"P\": null,\n  \"P_reason\": \"NaN\",\n  \"Q\": null\n}"},
		{"embedded, omitted, hidden", struct {
			inner
			A int `json:"a,omitempty"`
			B int `json:"-"`
			c int
		}{c: 1}, "{\n  \"max_abs\": null\n}"},
		{"omitzero", struct {
			A inner     `json:"a,omitzero"`
			B []int     `json:"b,omitzero"`
			C time.Time `json:"c,omitzero"`
			D inner     `json:"d,omitempty"`
			E []int     `json:"e,omitempty"`
			F inner     `json:"f,omitzero"`
		}{B: []int{}, C: time.Time{}.In(time.FixedZone("x", 60)), F: inner{[]float64{}}}, "{\n  \"b\": [],\n  \"d\": {\n    \"max_abs\": null\n  },\n  \"f\": {\n    \"max_abs\": []\n  }\n}"},
		{"own marshaler", map[string]any{"t": time.Unix(0, 0).UTC(), "n": json.Number("1e3")}, "{\n  \"n\": 1e3,\n  \"t\": \"1970-01-01T00:00:00Z\"\n}"},
		{"empty", map[string]any{"l": []int{}, "o": struct{}{}}, "{\n  \"l\": [],\n  \"o\": {}\n}"},
		{"quotes", map[string]any{"a\"b": "<é>\n"}, "{\n  \"a\\\"b\": \"\\u003cé\\u003e\\n\"\n}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Marshal(c.value)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != c.want+"\n" {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if !json.Valid(got) {
				t.Error("this is not JSON")
			}
		})
	}
	if _, err := Marshal(map[string]any{"deep": []any{func() {}}}); err == nil || !strings.Contains(err.Error(), "deep: [0]") {
		t.Errorf("a function: got %v, want an error that names the place", err)
	}
}

// exampleReport has all that is hard to show: numbers that are not finite, text
// that would be markup.
func exampleReport(t *testing.T) *Page {
	t.Helper()
	type errorsOf struct {
		MaxAbs float64 `json:"max_abs"`
		RMS    float64 `json:"rms"`
		Rel    float64 `json:"rel"`
	}
	r := New("transient", map[string]any{"seed": 1, "models": []string{"eps0-etd1", "<script>alert(1)</script>"}, "rate": 0.01})
	r.Seconds = 71.3
	for _, m := range []struct {
		name string
		rel  float64
	}{{"eps0-etd1", 3.2e-7}, {"eps1-etdrk4", 4.1e-4}, {"eps1-imex <b>", math.Inf(1)}} {
		r.Models = append(r.Models, Model{
			Name: m.name, Checkpoint: "checkpoints/transient/run/" + m.name, Parameters: 1234,
			Train: NewTrain(1000, 12.345, m.rel/10),
			Stability: map[string]any{
				"spectrum": []complex128{complex(-1.98, 0.31), complex(-1.98, -0.31)}, "spectral_abscissa": -1.98, "numerical_abscissa": 3.02,
				"shift": 0, "theorem3_bound": math.Inf(1), "certificate": map[string]any{"holds": false, "margin": -0.4}, "lipschitz": 1.7,
			},
			Test: map[string]errorsOf{"train_grid": {m.rel * 2, m.rel / 2, m.rel}, "dt_0.2": {m.rel * 3, m.rel, m.rel * 2}, "dt_0.02": {math.NaN(), math.NaN(), m.rel}},
		})
	}
	table := NewTable("Held-out errors, 200 initial states", "model", "Δt = 0.2", "Δt = 0.02", "ms", "says")
	table.Add("eps0-etd1", 3.2e-7, 4.1e-7, 8, "the data's own floor")
	table.Add("eps1-etdrk4", 4.1e-4, 4.3e-4, 23.456, "deploys at other steps")
	table.Add("eps1-imex <b>", math.Inf(1), nil, 7, "diverges | at t = 3")
	x := make([]float64, 101)
	y := make([]float64, 101)
	for i := range x {
		x[i] = float64(i) / 10
		y[i] = (0.2 + 10*x[i]) * math.Exp(-2*x[i])
	}
	fig, err := figure.New(figure.Layout{}, figure.Panel{
		X: figure.Axis{Label: "t (time units)"}, Y: figure.Axis{Label: "x₁"},
		Series: []figure.Series{figure.Truth(1, "truth", x, y), figure.Prediction(1, "ETD1 <&>", x, y)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &Page{
		Title: "Transient growth", Summary: "The paper's example 5.1 & what became of it.",
		Report: r, Tables: []*Table{table},
		Figures: []Figure{{"fig3_bilinear", "Figure 3: truth as lines, predictions as dots, <ETD1>.", fig}},
	}
}

func TestReport(t *testing.T) {
	dir := t.TempDir()
	path, err := exampleReport(t).Report.Write(dir)
	if err != nil {
		t.Fatal(err)
	}
	if path != filepath.Join(dir, "report.json") {
		t.Errorf("got path %s", path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Experiment, Go, CPU string
		Seconds             float64
		Config              map[string]any
		Models              []struct {
			Name, Checkpoint string
			Parameters       int
			Train            struct {
				Iterations               int
				Seconds                  float64
				MillisecondsPerIteration float64 `json:"milliseconds_per_iteration"`
				Loss                     *float64
				LossReason               string `json:"loss_reason"`
			}
			Stability struct {
				Bound  *float64 `json:"theorem3_bound"`
				Reason string   `json:"theorem3_bound_reason"`
			}
			Test map[string]map[string]any
		}
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if got.Experiment != "transient" || got.Seconds != 71.3 || !strings.HasPrefix(got.Go, "go1") || got.CPU == "" || got.Config["rate"] != 0.01 || len(got.Models) != 3 {
		t.Fatalf("got %+v", got)
	}
	m := got.Models[2]
	if m.Train.Loss != nil || m.Train.LossReason != "+Inf" || m.Train.MillisecondsPerIteration != 12.345 || m.Stability.Bound != nil || m.Stability.Reason != "+Inf" {
		t.Errorf("got %+v", m)
	}
	if v := m.Test["dt_0.02"]; v["max_abs"] != nil || v["max_abs_reason"] != "NaN" || v["rel_reason"] != "+Inf" {
		t.Errorf("got test %v", v)
	}
	empty := New("x", nil)
	if data, err := Marshal(empty); err != nil || !bytes.Contains(data, []byte(`"models": []`)) {
		t.Errorf("a report without models: %s, %v", data, err)
	}
	empty.Earlier = 3600 // of trainings that a run was gone on with
	if _, err := empty.Write(t.TempDir()); err != nil || empty.Seconds < 3600 || empty.Seconds > 3660 {
		t.Errorf("an hour and a moment are %g s, %v", empty.Seconds, err)
	}
}

func TestPage(t *testing.T) {
	p := exampleReport(t)
	dir := t.TempDir()
	if look := os.Getenv("SPNODE_LOOK"); look != "" {
		dir = look
	}
	path, err := p.Write(dir)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	html := string(data)
	for _, want := range []string{
		"<h1>Transient growth</h1>", "<svg", "eps1-imex &lt;b&gt;", "Figure 3: truth as lines, predictions as dots, &lt;ETD1&gt;.",
		"theorem3 bound</dt><dd>&#43;Inf", "ETD1 &lt;&amp;&gt;", "3.2e-07", "12.3 ms each", "[[-1.98, 0.31], [-1.98, -0.31]]", "71 s on",
	} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"<script", "http-equiv", "<b>", "<?xml", "ZgotmplZ", "src=\"http"} {
		if strings.Contains(html, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	// HTML that is also nearly XML: every element that must be closed is.
	d := xml.NewDecoder(strings.NewReader(html))
	d.Strict = false
	d.AutoClose = []string{"meta", "img"}
	d.Entity = xml.HTMLEntity
	var open []string
	for {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			open = append(open, e.Name.Local)
		case xml.EndElement:
			if n := len(open); n == 0 || open[n-1] != e.Name.Local {
				t.Fatalf("</%s> closes %v", e.Name.Local, open)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("%v stay open", open)
	}

	if _, err := (&Page{Title: "x"}).HTML(); err == nil {
		t.Error("a page without a report was accepted")
	}
	if _, err := (&Page{Report: p.Report, Figures: []Figure{{Name: "gone"}}}).HTML(); err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("a figure that is none: got %v", err)
	}
}
