package model

import (
	"encoding/json"
	"fmt"
	"html"
	"strings"
)

// row is a line of a report: a quantity, its value, what it says.
type row struct{ name, value, meaning string }

func (r Stability) rows() []row {
	verdict := "no proof"
	if r.Certified {
		verdict = "globally stable"
	}
	list := func(n int, at func(i int) any) string {
		s := make([]string, n)
		for i := range s {
			s[i] = fmt.Sprintf("%.5g", at(i))
		}
		return strings.Join(s, " ")
	}
	number := func(x float64) string { return fmt.Sprintf("%.5g", x) }
	rows := []row{
		{"spectral abscissa", number(r.SpectralAbscissa), "α(A): growth rate of the linear part in the end"},
		{"numerical abscissa", number(r.NumericalAbscissa), "γ(A): its growth rate at first"},
		{"shift", number(r.Shift), "μ: α < μ by construction"},
		{"norm", number(r.Norm), "‖A‖₂"},
		{"condition number", number(r.ConditionNumber), "κ(T) of the eigenvectors"},
		{"Lipschitz constant", number(r.Lipschitz), "L of the nonlinear part"},
		{"Theorem 3", number(r.Theorem3Bound), "proves stability for L below this"},
		{"certificate", number(r.Certificate), "proves global stability for L below this: " + verdict},
		{"bound radius", number(r.BoundRadius), "√(uᵀSu) of ETD1 rollouts in the end, any steps"},
	}
	if len(r.LayerNorms) > 0 {
		rows = append(rows, row{name: "layer norms ‖B_i‖₂", value: list(len(r.LayerNorms), func(i int) any { return r.LayerNorms[i] })})
	}
	return append(rows, row{name: "spectrum", value: list(len(r.Spectrum), func(i int) any { return complex(r.Spectrum[i][0], r.Spectrum[i][1]) })})
}

// String is the report for people.
func (r Stability) String() string {
	var b strings.Builder
	for _, l := range r.rows() {
		if l.meaning == "" { // a list, which may be long
			fmt.Fprintf(&b, "%-22s %s\n", l.name, l.value)
			continue
		}
		fmt.Fprintf(&b, "%-22s %12s  %s\n", l.name, l.value, l.meaning)
	}
	return b.String()
}

// HTML is the report as a table, by which a notebook shows it.
func (r Stability) HTML() string {
	var b strings.Builder
	b.WriteString("<table>\n")
	for _, l := range r.rows() {
		span := ""
		if l.meaning == "" {
			span = ` colspan="2"`
		}
		fmt.Fprintf(&b, `<tr><th style="text-align:left">%s</th><td style="text-align:left"%s>%s</td>`, html.EscapeString(l.name), span, html.EscapeString(l.value))
		if l.meaning != "" {
			fmt.Fprintf(&b, `<td style="text-align:left">%s</td>`, html.EscapeString(l.meaning))
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</table>")
	return b.String()
}

// HTML is what String says, with the parameters and the configuration to be
// unfolded; a notebook shows a model by it.
func (m *Model) HTML() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<pre>%s</pre>\n<details><summary>parameters</summary>\n<table>\n", html.EscapeString(m.String()))
	b.WriteString(`<tr><th style="text-align:left">name</th><th style="text-align:left">shape</th><th>numbers</th></tr>` + "\n")
	for _, p := range m.params.List {
		fmt.Fprintf(&b, `<tr><td style="text-align:left">%s</td><td style="text-align:left">%v</td><td>%d</td></tr>`+"\n", html.EscapeString(p.Name), p.Shape, len(p.Data))
	}
	fmt.Fprintf(&b, "</table></details>\n<details><summary>configuration</summary>%s</details>", m.cfg.HTML())
	return b.String()
}

// HTML is the configuration in the form of config.json.
func (c Config) HTML() string { return jsonHTML(c) }

// HTML is the configuration in the form of config.json.
func (c TrainConfig) HTML() string { return jsonHTML(c) }

func jsonHTML(v any) string {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil { // NaN or Inf, which Validate refuses too
		return html.EscapeString(err.Error())
	}
	return "<pre>" + html.EscapeString(string(b)) + "</pre>"
}

// String says what a training has come to, in a line.
func (r Result) String() string {
	loss := r.Loss
	if n := len(r.Log); loss == 0 && n > 0 { // it was stopped
		loss = r.Log[n-1].Loss
	}
	s := fmt.Sprintf("%d iterations in %.3g s, loss %.3g", r.Iterations, r.Seconds, loss)
	if r.Attempts > 1 {
		s += fmt.Sprintf(", the best of %d attempts", r.Attempts)
	}
	return s
}
