package model_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"

	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/latent"
	"spnode/model/modeltest"
	"spnode/model/objective"
	"spnode/model/param"
	"spnode/ops/opstest"
)

// endToEndCase is a case of model_end_to_end.json. Fields that are not known
// are an error, so that nothing in the file is passed over.
type endToEndCase struct {
	name   string
	config model.Config
	params map[string][]float64 // by our names, in the file's layout and numbers of layers
	times  []float64
	states [][][]float64 // sample, time, component

	a          []float64
	abscissa   *float64
	norms      []float64
	loss       *float64
	trajectory []float64 // sample, time, component
	latent     []float64
	grad       map[string][]float64
}

// flat returns the numbers of nested lists in their order.
func flat(raw json.RawMessage) ([]float64, error) {
	var x any
	if err := json.Unmarshal(raw, &x); err != nil {
		return nil, err
	}
	var out []float64
	var walk func(x any) error
	walk = func(x any) error {
		switch x := x.(type) {
		case nil: // nothing, as for ‖B_i‖₂ of a bilinear form
		case float64:
			out = append(out, x)
		case []any:
			for _, y := range x {
				if err := walk(y); err != nil {
					return err
				}
			}
		default:
			return errors.Errorf("got %v, want numbers", x)
		}
		return nil
	}
	return out, walk(x)
}

func ints(raw json.RawMessage) ([]int, error) {
	x, err := flat(raw)
	var out []int
	for _, v := range x {
		if v != math.Trunc(v) {
			return nil, errors.Errorf("got %v, want integers", x)
		}
		out = append(out, int(v))
	}
	return out, err
}

// integer reads one, also where it is written 2.0.
func integer(raw json.RawMessage, into *int) error {
	x, err := ints(raw)
	if err == nil && len(x) != 1 {
		err = errors.Errorf("got %s, want an integer", raw)
	}
	if err == nil {
		*into = x[0]
	}
	return err
}

// eachField calls f for the fields of a JSON object in the order of their names,
// W2 before W10.
func eachField(raw json.RawMessage, f func(key string, raw json.RawMessage) error) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return err
	}
	keys := slices.SortedFunc(maps.Keys(fields), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
	for _, key := range keys {
		if err := f(key, fields[key]); err != nil {
			return errors.Wrapf(err, "field %q", key)
		}
	}
	return nil
}

var errUnknownKey = errors.New("the test does not know it")

func parseEndToEnd(raw json.RawMessage) (*endToEndCase, error) {
	c := &endToEndCase{}
	var config, params, data, grad json.RawMessage
	err := eachField(raw, func(key string, raw json.RawMessage) error {
		var err error
		switch key {
		case "name":
			return json.Unmarshal(raw, &c.name)
		case "note", "notes", "comment", "tags", "description":
		case "config":
			config = raw
		case "params", "parameters":
			params = raw
		case "data":
			data = raw
		case "grad", "gradient":
			grad = raw
		case "A_L":
			c.a, err = flat(raw)
		case "spectral_abscissa":
			return json.Unmarshal(raw, &c.abscissa)
		case "B_spectral_norms":
			c.norms, err = flat(raw)
		case "loss":
			return json.Unmarshal(raw, &c.loss)
		case "trajectory_decoded":
			c.trajectory, err = flat(raw)
		case "trajectory_latent":
			c.latent, err = flat(raw)
		default:
			return errUnknownKey
		}
		return err
	})
	if err != nil {
		return c, err
	}
	if config == nil || params == nil || data == nil || grad == nil || c.a == nil || c.abscissa == nil || c.loss == nil || c.trajectory == nil {
		return c, errors.New("a field is missing, want config, params, data, A_L, spectral_abscissa, loss, trajectory_decoded and grad")
	}
	err = eachField(data, func(key string, raw json.RawMessage) error {
		switch key {
		case "t", "times":
			return json.Unmarshal(raw, &c.times)
		case "U", "states":
			return json.Unmarshal(raw, &c.states)
		}
		return errUnknownKey
	})
	if err != nil {
		return c, errors.Wrap(err, "data")
	}
	if len(c.states) == 0 || len(c.states[0]) != len(c.times) {
		return c, errors.New("data: U is not by sample, time and component")
	}
	if c.params, err = parseParams(params); err != nil {
		return c, errors.Wrap(err, "params")
	}
	if c.grad, err = parseParams(grad); err != nil {
		return c, errors.Wrap(err, "grad")
	}
	return c, errors.Wrap(c.parseConfig(config), "config")
}

// Names of parameters: LS, W1, W_1, C, C2, E_W1, enc_b_2, W_E1, E1_W, E1 …
var (
	triangle = regexp.MustCompile(`^L_?[SGs]$`)
	layer    = regexp.MustCompile(`^(?:g[_./]?)?(W|b)[_./]?(\d+)$`)
	factor   = regexp.MustCompile(`^(?:g[_./]?)?([CD])[_./]?\d*$`)
	coderWs  = []*regexp.Regexp{
		regexp.MustCompile(`(?i)^(?P<part>enc|encoder|f_?e|e|dec|decoder|f_?d|d)[_./]?(?P<kind>w|weight|b|bias)[_./]?(?P<layer>\d+)$`),
		regexp.MustCompile(`(?i)^(?P<part>enc|encoder|f_?e|e|dec|decoder|f_?d|d)[_./]?(?P<layer>\d+)[_./]?(?P<kind>w|weight|b|bias)$`),
		regexp.MustCompile(`(?i)^(?P<kind>w|b)[_./]?(?P<part>enc|e|dec|d)[_./]?(?P<layer>\d+)$`),
	}
	encoderW = regexp.MustCompile(`^E[_./]?\d+$`)
	short    = regexp.MustCompile(`^([EDed])[_./]?(\d+)$`) // weights E1, biases e1
)

// paramName returns our name for a parameter of the file, with the file's number
// of the layer. short names of an autoencoder are taken for such if isShort.
func paramName(key string, isShort bool) (string, error) {
	coder := func(part, kind, layer string) string {
		name := "encoder"
		if strings.Contains(strings.ToLower(part[:1])+strings.ToLower(part[len(part)-1:]), "d") {
			name = "decoder"
		}
		return name + "/" + strings.TrimLeft(layer[:len(layer)-1], "0") + layer[len(layer)-1:] + "/" + kind
	}
	switch {
	case triangle.MatchString(key):
		return "linear/" + strings.ReplaceAll(key, "_", ""), nil
	case key == "b" || key == "g_b":
		return "g/b", nil
	}
	if m := short.FindStringSubmatch(key); m != nil && isShort {
		return coder(m[1], map[bool]string{true: "W", false: "b"}[m[1] == strings.ToUpper(m[1])], m[2]), nil
	}
	if m := layer.FindStringSubmatch(key); m != nil {
		return "g/" + m[2] + "/" + m[1], nil
	}
	if m := factor.FindStringSubmatch(key); m != nil {
		return "g/" + m[1], nil // those of all r one behind the other
	}
	for _, r := range coderWs {
		if m := r.FindStringSubmatch(key); m != nil {
			kind := "b"
			if strings.EqualFold(m[r.SubexpIndex("kind")][:1], "w") {
				kind = "W"
			}
			return coder(m[r.SubexpIndex("part")], kind, m[r.SubexpIndex("layer")]), nil
		}
	}
	return "", errUnknownKey
}

// parseParams reads parameters, or the gradient by them. Those of the encoder
// may be in an object of their own, or a list of one for each layer.
func parseParams(raw json.RawMessage) (map[string][]float64, error) {
	params := map[string][]float64{}
	var isShort bool
	err := eachField(raw, func(key string, _ json.RawMessage) error {
		isShort = isShort || encoderW.MatchString(key)
		return nil
	})
	if err != nil {
		return nil, err
	}
	var add func(prefix, key string, raw json.RawMessage) error
	add = func(prefix, key string, raw json.RawMessage) error {
		nested := map[string]string{"E": "E_", "encoder": "E_", "enc": "E_", "D": "D_", "decoder": "D_", "dec": "D_", "autoencoder": ""}
		into, ok := nested[key]
		if ok && prefix == "" && raw[0] == '{' {
			return eachField(raw, func(key string, raw json.RawMessage) error { return add(into, key, raw) })
		}
		var layers []map[string]json.RawMessage
		if ok && prefix == "" && json.Unmarshal(raw, &layers) == nil {
			for i, l := range layers {
				for key, raw := range l {
					if err := add(into, fmt.Sprintf("%s%d", key, i+1), raw); err != nil {
						return err
					}
				}
			}
			return nil
		}
		name, err := paramName(prefix+key, isShort)
		if err != nil {
			return err
		}
		x, err := flat(raw)
		if len(x) > 0 { // Ls of n = 1 has none
			params[name] = append(params[name], x...)
		}
		return err
	}
	return params, eachField(raw, func(key string, raw json.RawMessage) error { return add("", key, raw) })
}

func (c *endToEndCase) parseConfig(raw json.RawMessage) error {
	m := len(c.states[0][0])
	var (
		n, p, rank int
		hidden     []int // of g
		dims       []int // of the encoder
	)
	cfg := model.Config{Dim: m, Integrator: "etd1", Substeps: 1, Dtype: "float64"}
	cfg.Nonlinear = dynamics.NonlinearConfig{PaperForm: true, OutputActivation: true}
	var field func(key string, raw json.RawMessage) error
	field = func(key string, raw json.RawMessage) (err error) {
		switch key {
		case "name", "note", "seed":
		case "n", "latent", "latent_dim":
			return integer(raw, &n)
		case "m", "dim":
			var got int
			if err := integer(raw, &got); err != nil || got != m {
				return errors.Errorf("m is %s, and the data have %d components, %v", raw, m, err)
			}
		case "g":
			return json.Unmarshal(raw, &cfg.Nonlinear.Kind)
		case "d", "hidden", "width", "widths":
			hidden, err = ints(raw)
			return err
		case "p":
			return integer(raw, &p)
		case "R", "rank":
			return integer(raw, &rank)
		case "L", "lipschitz":
			return json.Unmarshal(raw, &cfg.Nonlinear.Lipschitz)
		case "mu", "shift":
			return json.Unmarshal(raw, &cfg.Linear.Shift)
		case "integrator", "method", "scheme":
			if err := json.Unmarshal(raw, &cfg.Integrator); err != nil {
				return err
			}
			if cfg.Integrator = strings.ToLower(cfg.Integrator); strings.HasPrefix(cfg.Integrator, "imex") {
				cfg.Integrator = "imex"
			}
		case "substeps":
			return integer(raw, &cfg.Substeps)
		case "E", "autoencoder", "encoder", "ae", "AE":
			switch {
			case raw[0] == '{':
				return eachField(raw, field)
			case raw[0] == '[':
				dims, err = ints(raw)
				return err
			case !slices.Contains([]string{"null", "false", "true"}, string(raw)):
				return errors.Errorf("got %s, want the widths of the encoder", raw)
			}
		default:
			// The widths of the encoder are a list of numbers, whatever their name.
			x, err := ints(raw)
			if err != nil || raw[0] != '[' || len(dims) > 0 {
				return errUnknownKey
			}
			dims = x
		}
		return nil
	}
	if err := eachField(raw, field); err != nil {
		return err
	}

	// The layers are what the parameters say, and the configuration has to agree.
	if encoder := c.widths("encoder"); len(encoder) > 0 {
		last := encoder[len(encoder)-1]
		full := append([]int{m}, encoder...)
		if n == 0 {
			n = last
		}
		for _, form := range [][]int{nil, full, encoder, full[1 : len(full)-1], full[:len(full)-1]} {
			if slices.Equal(dims, form) {
				cfg.Autoencoder = latent.AutoencoderConfig{Latent: last, Hidden: encoder[:len(encoder)-1]}
			}
		}
	}
	if n == 0 {
		n = m
	}
	if cfg.LatentDim() != n || len(dims) > 0 && cfg.Autoencoder.Latent == 0 {
		return errors.Errorf("n is %d with m = %d and an encoder of widths %v, and its biases have lengths %v", n, m, dims, c.widths("encoder"))
	}
	switch cfg.Nonlinear.Kind {
	case dynamics.KindBilinear:
		cfg.Nonlinear.Rank = len(c.params["g/C"]) / (n * n)
		if rank != 0 && rank != cfg.Nonlinear.Rank {
			return errors.Errorf("R is %d, and C has %d elements for n = %d", rank, len(c.params["g/C"]), n)
		}
	case dynamics.KindLipschitz:
		ws := c.widths("g")
		if len(ws) == 0 || ws[len(ws)-1] != n || p != 0 && p != len(ws) {
			return errors.Errorf("p is %d and n %d, and the biases of g have lengths %v", p, n, ws)
		}
		cfg.Nonlinear.Hidden = ws[:len(ws)-1]
		for i, w := range hidden {
			if i < len(ws)-1 && w != ws[i] {
				return errors.Errorf("hidden widths are %v, and the biases of g have lengths %v", hidden, ws)
			}
		}
	}
	c.config = cfg
	return nil
}

// widths are the lengths of the biases of a network, whose layers are numbered
// from 1 or 0 in the file.
func (c *endToEndCase) widths(part string) (ws []int) {
	for k := c.firstLayer(part); ; k++ {
		b, ok := c.params[fmt.Sprintf("%s/%d/b", part, k)]
		if !ok {
			return ws
		}
		ws = append(ws, len(b))
	}
}

func (c *endToEndCase) firstLayer(part string) int {
	if _, ok := c.params[part+"/0/W"]; ok {
		return 0
	}
	return 1
}

// fileName is the file's (parsed) name of a parameter of the model.
func (c *endToEndCase) fileName(name string) string {
	parts := strings.Split(name, "/")
	if k, err := strconv.Atoi(parts[1]); err == nil {
		parts[1] = strconv.Itoa(k + c.firstLayer(parts[0]))
	}
	return strings.Join(parts, "/")
}

// layout brings numbers in the file's layout to that of a parameter, or back:
// weights are (out, in) there and (in, out) here.
func layout(p param.Param, x []float64) []float64 {
	if !strings.HasSuffix(p.Name, "/W") {
		return x
	}
	in, out := p.Shape[0], p.Shape[1]
	y := make([]float64, len(x))
	for i := range in {
		for j := range out {
			y[i*out+j] = x[j*in+i]
		}
	}
	return y
}

// model returns the case's model with its parameters.
func (c *endToEndCase) model() (*model.Model, error) {
	m, err := model.New(c.config)
	if err != nil {
		return nil, err
	}
	taken := 0
	for _, p := range m.Params().List {
		x, ok := c.params[c.fileName(p.Name)]
		if !ok || len(x) != len(p.Data) {
			return nil, errors.Errorf("parameter %s of %v has %d elements in the file", p.Name, p.Shape, len(x))
		}
		copy(p.Data, layout(p, x))
		taken++
	}
	if taken != len(c.params) || len(c.grad) != len(c.params) {
		return nil, errors.Errorf("the file has the parameters %v and gradients by %v, the model %d parameters", slices.Sorted(maps.Keys(c.params)), slices.Sorted(maps.Keys(c.grad)), taken)
	}
	return m, nil
}

// byTime turns samples of states by time into states of samples by time.
func byTime(x [][][]float64) [][][]float64 {
	out := make([][][]float64, len(x[0]))
	for k := range out {
		for s := range x {
			out[k] = append(out[k], x[s][k])
		}
	}
	return out
}

// bySample lays states out by sample, time and component.
func bySample(states [][][]float64) (x []float64) {
	for s := range states[0] {
		for k := range states {
			x = append(x, states[k][s]...)
		}
	}
	return x
}

// errorsOf returns the relative errors of all that the case has values of, for
// so many workers.
func (c *endToEndCase) errorsOf(workers int) (map[string]float64, error) {
	m, err := c.model()
	if err != nil {
		return nil, err
	}
	e := map[string]float64{}
	e["A_L"] = modeltest.Relative(m.Linear().RawMatrix().Data, c.a)

	s, err := m.Stability()
	if err != nil {
		return nil, err
	}
	// Relative to ‖A‖, as the abscissa may be a difference of two such numbers.
	e["spectral abscissa"] = math.Abs(s.SpectralAbscissa-*c.abscissa) / max(math.Abs(*c.abscissa), mat.Norm(m.Linear(), 2))
	if c.config.Nonlinear.Kind == dynamics.KindLipschitz || len(c.norms) > 0 {
		e["spectral norms"] = modeltest.Relative(s.LayerNorms, c.norms)
	}

	states := byTime(c.states)
	predicted, err := m.Predict(states[0], c.times)
	if err != nil {
		return nil, err
	}
	e["trajectory"] = modeltest.Relative(bySample(predicted), c.trajectory)
	if c.latent != nil {
		latent, err := m.PredictLatent(states[0], c.times)
		if err != nil {
			return nil, err
		}
		us := make([][][]float64, len(latent))
		for k, u := range latent {
			us[k] = rows(u, c.config.LatentDim())
		}
		e["latent trajectory"] = modeltest.Relative(bySample(us), c.latent)
	}

	ev, err := newEvaluation(m, workers, objective.WeightTime, c.times, states)
	if err != nil {
		return nil, err
	}
	grad := make([]float64, len(m.Params().Flat))
	loss, err := ev.evaluate(grad)
	if err != nil {
		return nil, err
	}
	e["loss"] = modeltest.Relative([]float64{loss}, []float64{*c.loss})
	for _, p := range m.Params().List {
		at := m.Params().Offset(p.Name)
		e["gradient by "+p.Name] = modeltest.Relative(grad[at:at+len(p.Data)], layout(p, c.grad[c.fileName(p.Name)]))
	}
	return e, nil
}

// Everything to 1e-12 and gradients to 1e-9, relative in the 2-norm, whatever
// the number of workers.
func TestEndToEndCases(t *testing.T) {
	var file struct{ Cases []json.RawMessage }
	opstest.LoadCases(t, "model_end_to_end.json", &file)
	if len(file.Cases) == 0 {
		t.Fatal("no cases in the file")
	}
	worst, where := map[bool]float64{}, map[bool]string{}
	for i, raw := range file.Cases {
		c, err := parseEndToEnd(raw)
		name := c.name
		if name == "" {
			name = strconv.Itoa(i)
		}
		t.Run(name, func(t *testing.T) {
			if err != nil {
				t.Fatal(err)
			}
			for _, workers := range []int{1, 2, 3} {
				es, err := c.errorsOf(workers)
				if err != nil {
					t.Fatal(err)
				}
				for what, e := range es {
					gradient := strings.HasPrefix(what, "gradient")
					tol := map[bool]float64{false: 1e-12, true: 1e-9}[gradient]
					if !(e <= tol) {
						t.Errorf("%d workers: %s has the relative error %.3g, want ≤ %g", workers, what, e, tol)
					}
					if !(e <= worst[gradient]) {
						worst[gradient], where[gradient] = e, what+" of "+name
					}
				}
			}
		})
	}
	t.Logf("worst relative error of a value %.2g (%s), of a gradient %.2g (%s)", worst[false], where[false], worst[true], where[true])
}
