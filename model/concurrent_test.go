package model_test

import (
	"path/filepath"
	"reflect"
	"sync"
	"testing"

	"spnode/model"
	"spnode/model/latent"
	"spnode/model/modeltest"
)

// What does not change a model may be done to it by several goroutines at once,
// with the results of one. Run it with -race.
func TestPredictConcurrently(t *testing.T) {
	cfg := model.DefaultConfig(2)
	cfg.Autoencoder = latent.AutoencoderConfig{Latent: 3, Hidden: []int{5}}
	m := modeltest.New(t, cfg)
	initial := [][]float64{{0.3, -0.2}, {0.1, 0.5}, {-1, 1}}
	times := []float64{0, 0.1, 0.5, 2}
	want, err := m.Predict(initial, times)
	if err != nil {
		t.Fatal(err)
	}
	stable, err := m.Stability()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var wait sync.WaitGroup
	for g := range 8 {
		wait.Go(func() {
			got, err := m.Predict(initial, times)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %v, %v, want %v", got, err, want)
			}
			if s, err := m.Stability(); err != nil || s.SpectralAbscissa != stable.SpectralAbscissa {
				t.Errorf("got %v, %v", s, err)
			}
			if err := m.Save(filepath.Join(dir, "run")); err != nil { // one after the other
				t.Error(err)
			}
			if g == 0 {
				_ = m.String() + m.HTML()
			}
		})
	}
	wait.Wait()
	if _, err := model.Load(filepath.Join(dir, "run")); err != nil {
		t.Error(err)
	}
}
