package model_test

import (
	"spnode/model"
	"spnode/model/latent"
)

import "testing"

func TestFar(t *testing.T) {
	c := model.DefaultConfig(2)
	c.Factor, c.Offset = []float64{1, 100}, []float64{0, 0}
	c.Autoencoder = latent.AutoencoderConfig{Latent: 2, Hidden: []int{3}, Offset: []float64{1, 0}, Factor: []float64{10, 1}}
	m, err := model.New(c)
	if err != nil {
		t.Fatal(err)
	}
	// Deviations of 0, 45 by the first component, and 12 by the second, downward.
	far := m.Far([][]float64{{1, 0}, {5.5, 0}, {1, -0.12}})
	if len(far) != 2 || far[0] != (latent.Far{State: 1, Deviations: 45}) || far[1].State != 2 || far[1].Deviations < 11.9 || far[1].Deviations > 12.1 {
		t.Errorf("got %v, want the states 1 and 2, by 45 and 12", far)
	}
	c.Autoencoder = latent.AutoencoderConfig{}
	if m, err = model.New(c); err != nil {
		t.Fatal(err)
	}
	if far := m.Far([][]float64{{1e9, 0}}); far != nil {
		t.Errorf("without an autoencoder: got %v, want none", far)
	}
}
