package model

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/pkg/errors"

	"spnode/data/npz"
)

// The files of a checkpoint, beside its MANIFEST.json.
const (
	configFile    = "config.json"
	weightsFile   = "weights.npz"
	optimizerFile = "optimizer.npz"
	metricsFile   = "metrics.csv"
)

// checkpointConfig is the content of config.json.
type checkpointConfig struct {
	Model Config       `json:"model"`
	Train *TrainConfig `json:"train,omitempty"`
	// Data is the SHA-256 of the times and the scaled states of the training.
	Data string `json:"data,omitempty"`
}

// Save writes the model to a folder that Load reads: config.json and
// weights.npz, which NumPy opens, with the parameters under their names. The
// folder is replaced as a whole; whoever reads it meanwhile, or after a crash,
// finds the old one or the new one.
func (m *Model) Save(dir string) error {
	files, err := m.files(checkpointConfig{Model: m.cfg})
	if err != nil {
		return err
	}
	return writeSnapshot(dir, files)
}

func (m *Model) files(cfg checkpointConfig) ([]snapshotFile, error) {
	text, err := json.MarshalIndent(cfg, "", "  ")
	if err != nil {
		return nil, errors.Wrap(err, "model: Save")
	}
	var arrays []npz.Array
	for _, p := range m.params.List {
		arrays = append(arrays, npz.Array{Name: p.Name, Shape: p.Shape, Data: p.Data})
	}
	weights, err := npz.Encode(arrays)
	if err != nil {
		return nil, errors.Wrap(err, "model: Save")
	}
	return []snapshotFile{{configFile, append(text, '\n')}, {weightsFile, weights}}, nil
}

// Load reads a model that Save or a Trainer wrote. Nothing is believed before
// the checksums, the shapes and the numbers have been checked; the error is
// ErrCheckpoint and names the file.
func Load(dir string) (*Model, error) {
	m, _, _, err := load(dir)
	return m, err
}

func load(dir string) (*Model, checkpointConfig, map[string][]byte, error) {
	var cfg checkpointConfig
	files, err := readSnapshot(dir)
	if err != nil {
		return nil, cfg, nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(files[configFile]))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&cfg); err != nil {
		return nil, cfg, nil, badFile(dir, configFile, "%v", err)
	}
	if dec.More() {
		return nil, cfg, nil, badFile(dir, configFile, "it goes on after the configuration")
	}
	m, err := New(cfg.Model)
	if err != nil {
		return nil, cfg, nil, badFile(dir, configFile, "%v", err)
	}
	arrays, err := npz.Decode(files[weightsFile])
	if err != nil {
		return nil, cfg, nil, badFile(dir, weightsFile, "%v", err)
	}
	if len(arrays) != len(m.params.List) {
		return nil, cfg, nil, badFile(dir, weightsFile, "got %d arrays, want %d for the model of %s", len(arrays), len(m.params.List), configFile)
	}
	for _, a := range arrays {
		p, ok := m.params.Get(a.Name)
		if !ok || !slices.Equal(p.Shape, a.Shape) {
			return nil, cfg, nil, badFile(dir, weightsFile, "array %s has shape %v, want %v", a.Name, a.Shape, p.Shape)
		}
		for i, v := range a.Data {
			if !finite(v) {
				return nil, cfg, nil, badFile(dir, weightsFile, "element %d of %s is %g", i, a.Name, v)
			}
		}
		copy(p.Data, a.Data)
	}
	return m, cfg, files, nil
}

func badFile(dir, name, format string, args ...any) error {
	return errors.Wrapf(ErrCheckpoint, "model: %s: %s", filepath.Join(dir, name), fmt.Sprintf(format, args...))
}

// Save writes the training to a folder: what Model.Save writes, with the state
// of the optimizer and the log of the iterations. Load reads the model from it
// and ResumeTrainer the training.
func (t *Trainer) Save(dir string) error {
	files, err := t.Model.files(checkpointConfig{Model: t.Model.cfg, Train: &t.cfg, Data: t.checksum})
	if err != nil {
		return err
	}
	state, err := npz.Encode(t.state())
	if err != nil {
		return errors.Wrap(err, "model: Save")
	}
	return writeSnapshot(dir, append(files, snapshotFile{optimizerFile, state}, snapshotFile{metricsFile, t.metrics()}))
}

// ResumeTrainer goes on with a training that was saved, on the same data,
// which it checks. What it then does is bit for bit what the training would
// have done.
func ResumeTrainer(dir string, times []float64, states [][][]float64, options ...Option) (*Trainer, error) {
	m, cfg, files, err := load(dir)
	if err != nil {
		return nil, err
	}
	if cfg.Train == nil {
		return nil, badFile(dir, configFile, "it holds a model without a training to go on with; use Load and NewTrainer")
	}
	if err := cfg.Train.Validate(); err != nil {
		return nil, badFile(dir, configFile, "%v", err)
	}
	t, err := NewTrainer(m, *cfg.Train, times, states, options...)
	if err != nil {
		return nil, err
	}
	if t.checksum != cfg.Data {
		return nil, dataError("ResumeTrainer: the data is not what %s was trained on (SHA-256 %.12s…, want %.12s…)", dir, t.checksum, cfg.Data)
	}
	if err := t.restore(dir, files); err != nil {
		return nil, err
	}
	return t, nil
}

// LoadResult reads what the training in a checkpoint has come to.
func LoadResult(dir string) (Result, error) {
	m, cfg, files, err := load(dir)
	if err != nil {
		return Result{}, err
	}
	if cfg.Train == nil {
		return Result{}, badFile(dir, configFile, "it holds a model without a training")
	}
	t := &Trainer{Model: m, cfg: *cfg.Train}
	if err := t.restore(dir, files); err != nil {
		return Result{}, err
	}
	return t.Result(), nil
}

// restore sets the state and the log of the training to what was saved.
func (t *Trainer) restore(dir string, files map[string][]byte) error {
	arrays, err := npz.Decode(files[optimizerFile])
	if err != nil {
		return badFile(dir, optimizerFile, "%v", err)
	}
	if err := t.setState(arrays); err != nil {
		return badFile(dir, optimizerFile, "%v", err)
	}
	if t.log, err = parseMetrics(files[metricsFile]); err != nil {
		return badFile(dir, metricsFile, "%v", err)
	}
	return nil
}

// state lays the state of the training out as arrays. The counters fit float64
// exactly.
func (t *Trainer) state() []npz.Array {
	var as []npz.Array
	vector := func(name string, x []float64) {
		as = append(as, npz.Array{Name: name, Shape: []int{len(x)}, Data: x})
	}
	vector("counters", []float64{
		float64(t.stage), float64(t.iteration), float64(t.attempt), float64(t.backoffs), float64(t.optimizer.Step),
		float64(t.lbfgs.Iteration), float64(t.lbfgs.Evaluations), t.lbfgs.F, t.loss, t.elapsed.Seconds(), t.best.loss,
	})
	vector("adam/mean", t.optimizer.Mean)
	vector("adam/variance", t.optimizer.Variance)
	t.eachSOAP(func(name string, size int, x *[]float64) { vector(name, *x) })
	vector("last/w", t.last.w)
	vector("last/mean", t.last.mean)
	vector("last/variance", t.last.variance)
	vector("best/w", t.best.w)
	vector("lbfgs/x", t.lbfgs.X)
	vector("lbfgs/g", t.lbfgs.G)
	for i := range t.lbfgs.S {
		vector(fmt.Sprintf("lbfgs/s/%d", i), t.lbfgs.S[i])
		vector(fmt.Sprintf("lbfgs/y/%d", i), t.lbfgs.Y[i])
	}
	return as
}

// setState is the inverse of state. It refuses what no training can have left.
func (t *Trainer) setState(arrays []npz.Array) error {
	by := map[string][]float64{}
	for _, a := range arrays {
		by[a.Name] = a.Data
	}
	var err error
	sized := func(name string, n int) []float64 {
		x, ok := by[name]
		delete(by, name)
		switch {
		case err != nil:
		case !ok:
			err = errors.Errorf("array %s is missing", name)
		case len(x) != 0 && len(x) != n:
			err = errors.Errorf("array %s has %d elements, want %d or none", name, len(x), n)
		case slices.ContainsFunc(x, math.IsNaN):
			err = errors.Errorf("array %s has an element that is NaN", name)
		}
		if len(x) == 0 {
			return nil // not begun
		}
		return x
	}
	vector := func(name string) []float64 { return sized(name, len(t.Model.params.Flat)) }
	t.optimizer = t.newOptimizer()
	o := &t.optimizer
	o.Mean, o.Variance = vector("adam/mean"), vector("adam/variance")
	t.eachSOAP(func(name string, size int, x *[]float64) { *x = sized(name, size) })
	t.last = undo{vector("last/w"), vector("last/mean"), vector("last/variance")}
	t.best.w = vector("best/w")
	t.lbfgs = LBFGS{LBFGSConfig: t.cfg.LBFGS.LBFGSConfig, X: vector("lbfgs/x"), G: vector("lbfgs/g")}
	for i := 0; by[fmt.Sprintf("lbfgs/s/%d", i)] != nil; i++ {
		t.lbfgs.S = append(t.lbfgs.S, vector(fmt.Sprintf("lbfgs/s/%d", i)))
		t.lbfgs.Y = append(t.lbfgs.Y, vector(fmt.Sprintf("lbfgs/y/%d", i)))
	}
	c := by["counters"]
	delete(by, "counters")
	if err != nil {
		return err
	}
	for name := range by {
		return errors.Errorf("array %s is not one of a training", name)
	}
	if len(c) != 11 {
		return errors.Errorf("counters has %d elements, want 11", len(c))
	}
	for i, most := range []int{stageDone, max(t.cfg.Adam.Iterations, t.cfg.LBFGS.Iterations), t.cfg.Restarts, t.cfg.Backoffs, t.cfg.Adam.Iterations, t.cfg.LBFGS.Iterations, math.MaxInt32} {
		if !(c[i] >= 0 && c[i] <= float64(most)) || c[i] != math.Trunc(c[i]) {
			return errors.Errorf("element %d of counters is %g, want an integer from 0 to %d", i, c[i], most)
		}
	}
	t.stage, t.iteration, t.attempt, t.backoffs = int(c[0]), int(c[1]), int(c[2]), int(c[3])
	o.Step, t.lbfgs.Iteration, t.lbfgs.Evaluations = int(c[4]), int(c[5]), int(c[6])
	t.lbfgs.F, t.loss, t.elapsed, t.best.loss = c[7], c[8], time.Duration(c[9]*float64(time.Second)), c[10]

	total := t.cfg.Adam.Iterations
	if t.stage != stageAdam {
		total = t.cfg.LBFGS.Iterations
	}
	begun := func(xs ...[]float64) bool { // all of them or none
		return !slices.ContainsFunc(xs, func(x []float64) bool { return (x == nil) != (xs[0] == nil) })
	}
	switch {
	case t.iteration > total:
		return errors.Errorf("iteration is %d of %d", t.iteration, total)
	case !begun(o.Mean, o.Variance) || !begun(t.last.w, t.last.mean, t.last.variance) ||
		o.Step > 0 && o.Mean == nil && t.stage != stageDone || t.last.w != nil && o.Step == 0:
		return errors.New("the moments of Adam or its last update are there in part")
	case t.stage == stageAdam && t.iteration != o.Step:
		return errors.Errorf("iteration is %d and the step of Adam %d, want the same", t.iteration, o.Step)
	case !t.wholeSOAP():
		return errors.New("the factors and bases of SOAP are there in part")
	case t.stage == stageLBFGS && (t.lbfgs.X == nil || t.lbfgs.G == nil && t.lbfgs.Iteration > 0) || len(t.lbfgs.S) > t.cfg.LBFGS.Memory:
		return errors.New("the iterate of L-BFGS is not there, or its history too long")
	case t.best.w == nil && t.attempt > 0 && t.stage != stageDone:
		return errors.New("the parameters of the best attempt are missing")
	}
	return nil
}

var metricsHeader = []string{"iteration", "loss", "gradient_norm", "rate", "seconds", "stage", "attempt", "total"}

func (t *Trainer) metrics() []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write(metricsHeader)
	g := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	for _, m := range t.log {
		w.Write([]string{strconv.Itoa(m.Iteration), g(m.Loss), g(m.GradientNorm), g(m.Rate), fmt.Sprintf("%.3f", m.Seconds),
			m.Stage, strconv.Itoa(m.Attempt), strconv.Itoa(m.Total)})
	}
	w.Flush()
	return b.Bytes()
}

func parseMetrics(text []byte) (log []Metrics, err error) {
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errors.New("no header")
	}
	for i, r := range rows {
		if i == 0 {
			if !slices.Equal(r, metricsHeader) {
				return nil, errors.Errorf("header is %v, want %v", r, metricsHeader)
			}
			continue
		}
		m := Metrics{Stage: r[5]}
		for col, p := range map[int]*int{0: &m.Iteration, 6: &m.Attempt, 7: &m.Total} {
			if *p, err = strconv.Atoi(r[col]); err != nil {
				return nil, errors.Wrapf(err, "row %d", i)
			}
		}
		for col, p := range map[int]*float64{1: &m.Loss, 2: &m.GradientNorm, 3: &m.Rate, 4: &m.Seconds} {
			if *p, err = strconv.ParseFloat(r[col], 64); err != nil {
				return nil, errors.Wrapf(err, "row %d", i)
			}
		}
		log = append(log, m)
	}
	return log, nil
}

// checksum is the SHA-256 of the times and the states.
func checksum(times []float64, states [][]float64) string {
	h := sha256.New()
	var b [8]byte
	write := func(x []float64) {
		for _, v := range x {
			binary.LittleEndian.PutUint64(b[:], math.Float64bits(v))
			h.Write(b[:])
		}
	}
	write(times)
	for _, x := range states {
		write(x)
	}
	return hex.EncodeToString(h.Sum(nil))
}
