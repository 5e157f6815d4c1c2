package model_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"

	"spnode/model"
	"spnode/model/dynamics"
	"spnode/model/latent"
	"spnode/model/modeltest"
	"spnode/model/objective"
	"spnode/model/param"
)

// written makes a case in the form of model_end_to_end.json from a model: the
// trajectory and the loss by plainETD1. name spells our name of a parameter,
// config the configuration.
func written(t *testing.T, m *model.Model, times []float64, name func(string) string, config string) json.RawMessage {
	t.Helper()
	states := modeltest.NormalStates(rand.New(rand.NewPCG(61, 62)), 1, 3, len(times), m.Config().Dim) // sample, time
	e, err := newEvaluation(m, 2, objective.WeightTime, times, byTime(states))
	if err != nil {
		t.Fatal(err)
	}
	grad := make([]float64, len(m.Params().Flat))
	if _, err := e.evaluate(grad); err != nil {
		t.Fatal(err)
	}
	weights, err := objective.Weights(objective.WeightTime, times)
	if err != nil {
		t.Fatal(err)
	}
	var loss float64
	var trajectory [][][]float64
	for s := range states {
		u := plainETD1(m, states[s][0], times)
		for k := range u {
			e := floats.Distance(u[k], states[s][k], 2)
			loss += weights[k] * e * e / float64(len(states))
		}
		trajectory = append(trajectory, u)
	}
	params, grads := map[string]any{}, map[string]any{}
	for _, p := range m.Params().List {
		at := m.Params().Offset(p.Name)
		put := func(into map[string]any, x []float64) {
			x = outIn(p, x)
			key := name(p.Name)
			if len(p.Shape) == 3 && strings.HasSuffix(key, "#") { // one for each r, nested
				n := p.Shape[1]
				for r := range p.Shape[0] {
					into[strings.TrimSuffix(key, "#")+fmt.Sprint(r+1)] = rows(x[r*n*n:(r+1)*n*n], n)
				}
				return
			}
			into[key] = x
		}
		put(params, p.Data)
		put(grads, grad[at:at+len(p.Data)])
	}
	if m.Config().LatentDim() == 1 {
		params["Ls"], grads["Ls"] = []float64{}, []float64{}
	}
	s, err := m.Stability()
	if err != nil {
		t.Fatal(err)
	}
	n := m.Config().LatentDim()
	b, err := json.Marshal(map[string]any{
		"name": "written", "config": json.RawMessage(config), "params": params, "data": map[string]any{"t": times, "U": states},
		"A_L": rows(m.Linear().RawMatrix().Data, n), "spectral_abscissa": s.SpectralAbscissa, "B_spectral_norms": s.LayerNorms,
		"loss": loss, "trajectory_decoded": trajectory, "grad": grads,
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// outIn is the inverse of layout.
func outIn(p param.Param, x []float64) []float64 {
	if !strings.HasSuffix(p.Name, "/W") {
		return x
	}
	return layout(param.Param{Name: p.Name, Shape: []int{p.Shape[1], p.Shape[0]}}, x)
}

// The file of the reference cases has more forms than the cases at hand: the
// test reads them all, in any plausible spelling, and what it does not know is
// an error that says so.
func TestEndToEndForms(t *testing.T) {
	simple := func(name string) string { // W1, LS, E_W1
		parts := strings.Split(name, "/")
		switch {
		case len(parts) == 2:
			return parts[1]
		case parts[0] == "g":
			return parts[2] + string(parts[1][0]+1)
		}
		return strings.ToUpper(parts[0][:1]) + "_" + parts[2] + string(parts[1][0]+1)
	}
	replaced := func(pairs ...string) func(string) string {
		r := strings.NewReplacer(pairs...)
		return func(name string) string { return r.Replace(simple(name)) }
	}
	lipschitz := func(n int, hidden ...int) model.Config {
		c := model.DefaultConfig(n)
		c.Integrator = "etd1"
		c.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindLipschitz, Hidden: hidden, Lipschitz: 1.5, PaperForm: true, OutputActivation: true}
		return c
	}
	bilinear := func(n, rank int) model.Config {
		c := lipschitz(n)
		c.Nonlinear = dynamics.NonlinearConfig{Kind: dynamics.KindBilinear, Rank: rank}
		return c
	}
	encoded := func(c model.Config, m int, hidden ...int) model.Config {
		c.Autoencoder = latent.AutoencoderConfig{Latent: c.Dim, Hidden: hidden}
		c.Dim = m
		return c
	}
	const lip = `"g": "lipschitz", "L": 1.5, "mu": 0`
	for i, c := range []struct {
		cfg    model.Config
		name   func(string) string
		config string
	}{
		{lipschitz(3, 4), simple, `{"n": 3, "d": 4, "p": 2, ` + lip + `}`},
		{lipschitz(1, 4), simple, `{"n": 1, "d": [4], "p": 2, ` + lip + `}`},
		{lipschitz(2, 5), simple, `{"n": 2, "hidden": [5], ` + lip + `}`},
		{bilinear(3, 2), simple, `{"n": 3, "g": "bilinear", "R": 2, "mu": 0}`},
		{bilinear(3, 2), replaced("C", "C#", "D", "D#"), `{"n": 3, "g": "bilinear", "mu": 0.0}`},
		{bilinear(1, 1), replaced("C", "C_#", "D", "D_#"), `{"n": 1, "g": "bilinear", "rank": 1, "mu": 0}`},
		{encoded(bilinear(2, 2), 4, 3), simple, `{"n": 2, "g": "bilinear", "R": 2, "mu": 0, "E": [4, 3, 2]}`},
		{encoded(bilinear(2, 2), 4, 3), replaced("E_W", "enc_W", "E_b", "enc_b", "D_W", "dec_W", "D_b", "dec_b"), `{"n": 2, "g": "bilinear", "mu": 0, "m": 4, "ae_widths": [4, 3, 2]}`},
		{encoded(lipschitz(2, 4), 5, 3), replaced("E_W", "W_E", "E_b", "b_E", "D_W", "W_D", "D_b", "b_D"), `{"n": 2, "d": 4, "p": 2, ` + lip + `, "autoencoder": {"dims": [5, 3]}}`},
		{encoded(lipschitz(2, 4), 5, 3), replaced("E_W", "EW", "E_b", "Eb", "D_W", "DW", "D_b", "Db"), `{"n": 2, "d": 4, "p": 2, ` + lip + `, "autoencoder": true}`},
		{encoded(lipschitz(2, 4), 5, 3), replaced("E_W", "E", "E_b", "e", "D_W", "D", "D_b", "d"), `{"n": 2, "d": 4, "p": 2, ` + lip + `, "E": [3]}`},
		{encoded(lipschitz(2, 4), 5, 3), func(s string) string {
			if strings.HasPrefix(s, "g") || strings.HasPrefix(s, "linear") {
				return simple(s)
			}
			return s // encoder/0/W
		}, `{"n": 2, "d": 4, "p": 2, "integrator": "ETD1", ` + lip + `}`},
	} {
		m := modeltest.New(t, c.cfg)
		rng := rand.New(rand.NewPCG(63, uint64(i)))
		param.Normal(0.5)(rng, m.Params().Flat)
		raw := written(t, m, []float64{0, 0.01, 0.5, 4}, c.name, c.config)
		parsed, err := parseEndToEnd(raw)
		if err != nil {
			t.Errorf("form %d: %v", i, err)
			continue
		}
		for _, workers := range []int{1, 2} {
			es, err := parsed.errorsOf(workers)
			if err != nil {
				t.Errorf("form %d: %v", i, err)
			}
			for what, e := range es {
				if !(e <= 1e-13) {
					t.Errorf("form %d: %s has the error %.3g", i, what, e)
				}
			}
		}
	}

	raw := string(written(t, modeltest.New(t, lipschitz(3, 4)), []float64{0, 1}, simple, `{"n": 3, "d": 4, "p": 2, `+lip+`}`))
	for _, c := range []struct{ old, new, part string }{
		{`"loss"`, `"lost"`, `"lost"`},
		{`"n":3`, `"n":3,"gamma":1`, `"gamma"`},
		{`"n":3`, `"n":3,"gamma":"a"`, `"gamma"`},
		{`"n":3`, `"n":3,"E":[3,2]`, "encoder"},
		{`"W1"`, `"V1"`, `"V1"`},
		{`"t":`, `"dt":`, `"dt"`},
		{`"p":2`, `"p":3`, "p is 3"},
		{`"d":4`, `"d":5`, "[5]"},
	} {
		if !strings.Contains(raw, c.old) {
			t.Fatalf("no %s in %s", c.old, raw)
		}
		_, err := parseEndToEnd(json.RawMessage(strings.ReplaceAll(raw, c.old, c.new)))
		if err == nil || !strings.Contains(err.Error(), c.part) {
			t.Errorf("with %s: got error %v, want one with %s", c.new, err, c.part)
		}
	}
}
