package latent

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"spnode/model/param"
)

// LinearPair is a fixed linear encoder and decoder that stands beside the
// networks of an autoencoder, or in place of them,
//
//	f_E(x) = Encode·x + net(x),  f_D(u) = Decode·u + net(u),
//
// for states x in the scaled variables of Config.Offset and Factor; those of
// the autoencoder are of its network alone. It is not trained. With the leading
// modes of the data, say of a proper orthogonal decomposition, the networks
// have only what these leave.
type LinearPair struct {
	Encode [][]float64 `json:"encode"` // (n, m)
	Decode [][]float64 `json:"decode"` // (m, n)
	// Only leaves the networks out.
	Only bool `json:"only,omitempty"`
	// FixedEncoder leaves the network out of the encoder alone: a state has the
	// coordinates Encode·x whatever is trained, and the decoder learns the rest of it
	// from them.
	FixedEncoder bool `json:"fixed_encoder,omitempty"`
}

// NewLinearPair returns Encode = V/scale and Decode = Vᵀ·scale for a matrix V,
// (n, m), with orthonormal rows: coordinates along them in units of scale, and
// the orthogonal projection on them as Decode·Encode. The error, param.ErrConfig,
// tells rows that are not orthonormal to a millionth.
func NewLinearPair(v [][]float64, scale float64) (*LinearPair, error) {
	if !(scale > 0) || math.IsInf(scale, 0) {
		return nil, param.ConfigError("NewLinearPair: scale is %g, want a finite number above 0", scale)
	}
	if len(v) == 0 {
		return nil, param.ConfigError("NewLinearPair: got no rows, want at least one")
	}
	m := len(v[0])
	if err := checkOrthonormal("NewLinearPair", v, m); err != nil {
		return nil, err
	}
	p := &LinearPair{Encode: make([][]float64, len(v)), Decode: make([][]float64, m)}
	for i, row := range v {
		for _, x := range row {
			p.Encode[i] = append(p.Encode[i], x/scale)
		}
		for j, x := range row {
			p.Decode[j] = append(p.Decode[j], x*scale)
		}
	}
	return p, nil
}

func (p *LinearPair) validate(a AutoencoderConfig, dim int) error {
	switch {
	case p == nil:
		return nil
	case a.Latent == 0:
		return param.ConfigError("autoencoder.skip is set, but autoencoder.latent is 0, want the rows of skip.encode, %d", len(p.Encode))
	case a.UnitStart:
		return param.ConfigError("autoencoder.unit_start moves what the encoder gives by 1, which autoencoder.skip does not undo: want one of them")
	case p.Only && p.FixedEncoder:
		return param.ConfigError("autoencoder.skip has only, without networks, and fixed_encoder, with that of the decoder: want one of them")
	case p.Only && len(a.Hidden) > 0:
		return param.ConfigError("autoencoder.skip.only leaves the networks out, but autoencoder.hidden is %v, want none", a.Hidden)
	}
	if err := checkMatrix("skip.encode", p.Encode, a.Latent, dim, "latent", "dim"); err != nil {
		return err
	}
	return checkMatrix("skip.decode", p.Decode, dim, a.Latent, "dim", "latent")
}

func checkMatrix(name string, x [][]float64, rows, cols int, ofRows, ofCols string) error {
	if len(x) != rows {
		return param.ConfigError("autoencoder.%s has %d rows, want %s = %d", name, len(x), ofRows, rows)
	}
	for i, row := range x {
		if len(row) != cols {
			return param.ConfigError("autoencoder.%s: row %d has %d elements, want %s = %d", name, i, len(row), ofCols, cols)
		}
		for j, v := range row {
			if !param.Finite(v) {
				return param.ConfigError("autoencoder.%s: row %d, column %d is %g, want a finite number", name, i, j, v)
			}
		}
	}
	return nil
}

// checkOrthonormal refuses rows that are not orthonormal to a millionth, or not of
// length m.
func checkOrthonormal(what string, v [][]float64, m int) error {
	for i, row := range v {
		if len(row) != m {
			return param.ConfigError("%s: row %d has %d elements, want %d", what, i, len(row), m)
		}
		for j, other := range v[:i+1] {
			want := 0.
			if i == j {
				want = 1
			}
			if got := floats.Dot(row, other); !(math.Abs(got-want) <= 1e-6) {
				return param.ConfigError("%s: rows %d and %d have the inner product %g, want %g", what, j, i, got, want)
			}
		}
	}
	return nil
}
