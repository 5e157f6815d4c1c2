package model

import (
	"encoding/json"
	"fmt"
	"html"
	"strings"
)

// HTML is what String says, with the parameters and the configuration to be
// unfolded; a notebook shows a model by it.
func (m *Model) HTML() string {
	if m == nil || m.params == nil {
		return html.EscapeString(m.String())
	}
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

func jsonHTML(v any) string {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil { // NaN or Inf, which Validate refuses too
		return html.EscapeString(err.Error())
	}
	return "<pre>" + html.EscapeString(string(b)) + "</pre>"
}
