package stability

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
)

// row is a line of a report: a quantity, its value, what it says.
type row struct{ name, value, meaning string }

func (r Report) rows() []row {
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
		{"bound radius", number(r.BoundRadius), fmt.Sprintf("√(uᵀSu) of rollouts in the end, any steps; by etdrk4 %g of it", ETDRK4Factor)},
	}
	if k := r.Norm + r.Lipschitz; finite(k) {
		meaning := "k = ‖A‖₂ + L: errors grow no faster than e^(kt)"
		if k > 0 {
			meaning += fmt.Sprintf(", tenfold in %.3g", math.Ln10/k)
		}
		rows = append(rows, row{"Theorem 4", number(k), meaning + "; see ErrorBound"})
	}
	if r.ScaledTime {
		rows = append(rows, row{"time", "scaled", "rates are per unit of e^s(p) t, proofs for every s"})
	}
	if r.Driven {
		rows = append(rows, row{"inputs", "driven", "what is proved is that trajectories under the same inputs meet"})
	}
	if len(r.LayerNorms) > 0 {
		rows = append(rows, row{name: "layer norms ‖B_i‖₂", value: list(len(r.LayerNorms), func(i int) any { return r.LayerNorms[i] })})
	}
	return append(rows, row{name: "spectrum", value: list(len(r.Spectrum), func(i int) any { return complex(r.Spectrum[i][0], r.Spectrum[i][1]) })})
}

// String is the report for people, <nil> where there is none.
func (r *Report) String() string {
	if r == nil {
		return "<nil>"
	}
	var b strings.Builder
	for _, l := range r.rows() {
		if l.meaning == "" { // a list, which may be long
			for some := range slices.Chunk(strings.Fields(l.value), 3) {
				fmt.Fprintf(&b, "%-22s %s\n", l.name, strings.Join(some, " "))
				l.name = ""
			}
			continue
		}
		fmt.Fprintf(&b, "%-22s %12s  %s\n", l.name, l.value, l.meaning)
	}
	return b.String()
}

// HTML is the report as a table, by which a notebook shows it.
func (r *Report) HTML() string {
	if r == nil {
		return "&lt;nil&gt;"
	}
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
