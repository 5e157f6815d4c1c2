package train

import (
	"bytes"
	"encoding/json"

	"github.com/pkg/errors"

	"spnode/data"
	"spnode/data/npz"
	"spnode/model"
	"spnode/model/closedform"
	"spnode/model/folder"
	"spnode/model/optim"
	"spnode/model/train/state"
)

// The files of a training in a checkpoint, beside those of its model.
const (
	configFile    = "train.json"
	optimizerFile = "optimizer.npz"
	metricsFile   = "metrics.csv"
)

// fileNames are those of all files of a training.
var fileNames = append(model.FileNames(), configFile, optimizerFile, metricsFile)

// stored is the content of train.json.
type stored struct {
	Train Config `json:"train"`
	// Data is the SHA-256 of the times and the scaled states of the training.
	Data string `json:"data"`
	// ClosedForm is the report of that stage, once it is done.
	ClosedForm *closedform.Report `json:"closed_form,omitempty"`
}

// Save writes the training to a folder: what model.Model.Save writes, with the
// configuration of the training, the state of its optimizer and the log of the
// iterations. model.Load reads the model from it and Resume the training.
func (t *Trainer) Save(dir string) error {
	t.sync()
	files, err := t.Model.Files()
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(stored{t.cfg, t.checksum, t.report}, "", "  ")
	if err != nil {
		return errors.Wrap(err, "train: Save")
	}
	arrays := t.state().Encode(t.cfg.limits())
	if err := model.CheckFinite(arrays); err != nil {
		return errors.WithMessage(err, "train: Save")
	}
	optimizer, err := npz.Encode(arrays)
	if err != nil {
		return errors.Wrap(err, "train: Save")
	}
	files = append(files,
		folder.File{Name: configFile, Data: append(text, '\n')}, folder.File{Name: optimizerFile, Data: optimizer}, folder.File{Name: metricsFile, Data: state.FormatLog(t.log)})
	if t.writer != nil && dir == t.dir {
		return t.writer.Write(files)
	}
	return folder.Write(dir, files)
}

// Resume goes on with a training that was saved, on the same data, which it
// checks. What it then does is bit for bit what the training would have done.
// The error is model.ErrCheckpoint or model.ErrData.
func Resume(dir string, d *data.Dataset, options ...Option) (*Trainer, error) {
	c, err := load(dir)
	if err != nil {
		return nil, err
	}
	t, err := New(c.model, c.Train, d, options...)
	if err != nil {
		return nil, err
	}
	if t.checksum != c.Data {
		return nil, dataError("Resume: the data is not what %s was trained on (SHA-256 %.12s…, want %.12s…)", dir, t.checksum, c.Data)
	}
	if err := t.setState(c.state); err != nil {
		return nil, model.BadFile(dir, optimizerFile, err)
	}
	t.log, t.report = c.log, c.ClosedForm
	t.saved = t.dir == dir
	return t, nil
}

// LoadResult reads what the training in a checkpoint has come to.
func LoadResult(dir string) (Result, error) {
	c, err := load(dir)
	if err != nil {
		return Result{}, err
	}
	return result(c.Train, c.state.Progress, c.log, c.ClosedForm), nil
}

// checkpoint is a training as it was saved.
type checkpoint struct {
	stored
	model *model.Model
	state *state.Training
	log   []Metrics
}

// load reads a checkpoint and checks all that can be without the data.
func load(dir string) (*checkpoint, error) {
	files, err := folder.Read(dir)
	if err != nil {
		return nil, err
	}
	c := &checkpoint{}
	if c.model, err = model.Decode(dir, files); err != nil {
		return nil, err
	}
	text, ok := files[configFile]
	if !ok {
		return nil, model.BadFile(dir, configFile, errors.New("the file is missing: the folder holds a model without a training, or with one of an older version; use model.Load and train.New"))
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c.stored); err != nil {
		return nil, model.BadFile(dir, configFile, err)
	}
	if dec.More() {
		return nil, model.BadFile(dir, configFile, errors.New("it goes on after the configuration"))
	}
	if err := c.Train.Validate(); err != nil {
		return nil, model.BadFile(dir, configFile, err)
	}
	arrays, err := npz.Decode(files[optimizerFile])
	if err != nil {
		return nil, model.BadFile(dir, optimizerFile, err)
	}
	if c.state, err = state.Decode(arrays, c.Train.limits(), len(c.model.Params().Flat)); err != nil {
		return nil, model.BadFile(dir, optimizerFile, err)
	}
	if c.log, err = state.ParseLog(files[metricsFile]); err != nil {
		return nil, model.BadFile(dir, metricsFile, err)
	}
	return c, nil
}

// state is where the training stands.
func (t *Trainer) state() *state.Training {
	s := &state.Training{Progress: t.now, Best: t.best, Low: t.low, Starts: t.starts()}
	switch t.now.Stage {
	case state.First:
		s.Optimizer = t.optimizer.State()
	case state.LBFGS:
		s.LBFGS = t.lbfgs.State()
	}
	return s
}

// setState goes on from a state.
func (t *Trainer) setState(s *state.Training) error {
	if len(s.Starts) != len(t.starts()) {
		return errors.Errorf("starts are %d numbers, want %d of the data", len(s.Starts), len(t.starts()))
	}
	copy(t.starts(), s.Starts)
	t.now, t.best, t.low = s.Progress, s.Best, s.Low
	switch t.now.Stage {
	case state.First:
		return t.optimizer.Restore(s.Optimizer)
	case state.LBFGS:
		t.optimizer = nil
		t.lbfgs = optim.LBFGS{LBFGSConfig: t.cfg.LBFGS.LBFGSConfig}
		return t.lbfgs.Restore(s.LBFGS, len(t.w))
	case state.ClosedForm: // the optimizer is at its start
		return nil
	}
	t.optimizer = nil
	return nil
}
