package model_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"spnode/model"
	"spnode/model/latent"
)

// wellFormed reports what is wrong with a fragment of HTML whose tags are all
// closed.
func wellFormed(fragment string) error {
	d := xml.NewDecoder(strings.NewReader("<div>" + fragment + "</div>"))
	for {
		if _, err := d.Token(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func TestModelHTML(t *testing.T) {
	c := model.DefaultConfig(2)
	c.Autoencoder = latent.AutoencoderConfig{Latent: 3, Hidden: []int{5}}
	m, err := model.New(c)
	if err != nil {
		t.Fatal(err)
	}
	got := m.HTML()
	if err := wellFormed(got); err != nil {
		t.Errorf("%v in\n%s", err, got)
	}
	for _, p := range m.Params().List {
		if want := fmt.Sprintf(">%s</td>", p.Name); !strings.Contains(got, want) {
			t.Errorf("got no parameter %s in\n%s", p.Name, got)
		}
	}
	if want := "&#34;latent&#34;: 3"; !strings.Contains(got, want) {
		t.Errorf("got no %s, the configuration, in\n%s", want, got)
	}
	c.Linear.Shift = math.NaN()
	if got := c.HTML(); !strings.Contains(got, "NaN") {
		t.Errorf("a configuration that JSON has no form for: got %q, want one that names the NaN", got)
	}
}
