package report

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pkg/errors"

	"spnode/data/file"
	"spnode/experiments/driver/terminal"
	"spnode/experiments/figure"
	"spnode/experiments/figure/lettering"
)

// Page is what a person reads of a run. As report.html it is one file without
// scripts or links, to be looked at by day and by night; as report.md it is the
// tables alone, to be pasted into a README.
type Page struct {
	Title   string
	Summary string // a paragraph below the title
	Report  *Report
	Tables  []*Table
	Figures []Figure
}

// Figure is a figure with what to see in it.
type Figure struct {
	Name    string // that of its files
	Caption string
	Figure  *figure.Figure
}

// Drawing is a figure that has still to be drawn.
type Drawing struct {
	Name, Caption string
	Draw          func() (*figure.Figure, error)
}

// Draw draws one figure after the other; those that turn out to be nil, since
// there is nothing to show, are left out.
func Draw(drawings ...Drawing) ([]Figure, error) {
	var all []Figure
	for _, d := range drawings {
		f, err := d.Draw()
		if err != nil {
			return nil, errors.WithMessagef(err, "figure %s", d.Name)
		}
		if f != nil {
			all = append(all, Figure{d.Name, d.Caption, f})
		}
	}
	return all, nil
}

//go:embed page.html.tmpl
var pageText string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"cells":   pageCells,
	"set":     set,
	"count":   Count,
	"picture": picture,
	"seconds": terminal.Duration,
	"number":  Format,
}).Parse(pageText))

// Publish prints the tables and writes what a run ends with into its folder:
// the figures, report.json, report.html and report.md.
func (p *Page) Publish(dir string, stdout io.Writer) error {
	if err := os.MkdirAll(filepath.Join(dir, "figures"), 0o755); err != nil {
		return errors.Wrap(err, "report: Publish")
	}
	for _, f := range p.Figures {
		if _, err := f.Figure.Save(filepath.Join(dir, "figures"), f.Name); err != nil {
			return err
		}
	}
	p.Report.finish()
	html, err := p.Write(dir)
	if err != nil {
		return err
	}
	if err := file.WriteBytes(filepath.Join(dir, "report.md"), p.Markdown()); err != nil {
		return err
	}
	data, err := p.Report.Write(dir) // last: a run that has it is finished
	if err != nil {
		return err
	}
	for _, t := range p.Filled() {
		fmt.Fprintf(stdout, "\n%s", t.Fit(terminal.Width(stdout)))
	}
	_, err = fmt.Fprintf(stdout, "\nwritten in %s:\n  %s\n  %s\n  %s\n", terminal.Duration(p.Report.Seconds), html, data, filepath.Join(dir, "figures"))
	return err
}

// Write writes report.html into a folder, whole or not at all, and returns its
// path.
func (p *Page) Write(dir string) (string, error) {
	data, err := p.HTML()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "report.html")
	return path, file.WriteBytes(path, data)
}

// Filled are the tables that have rows; the others are not shown.
func (p *Page) Filled() []*Table {
	return slices.DeleteFunc(slices.Clone(p.Tables), func(t *Table) bool { return len(t.Rows) == 0 })
}

// Markdown returns the title, the summary and the tables.
func (p *Page) Markdown() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n\n%s\n", p.Title, p.Summary)
	for _, t := range p.Filled() {
		b.WriteString("\n" + t.Markdown())
	}
	return b.Bytes()
}

// HTML returns the page.
func (p *Page) HTML() ([]byte, error) {
	if p.Report == nil {
		return nil, errors.New("report: Page.HTML: got no report, want one")
	}
	config, err := Marshal(p.Report.Config)
	if err != nil {
		return nil, err
	}
	data := struct {
		*Page
		Config string
		Models []modelSection
	}{p, string(config), nil}
	for _, m := range p.Report.Models {
		s := modelSection{Model: m}
		for _, part := range []struct {
			title string
			value any
		}{{"Stability", m.Stability}, {"Test", m.Test}, {"More", m.Extra}} {
			// What has a text of its own for people is shown by it.
			if text, ok := part.value.(fmt.Stringer); ok {
				s.Parts = append(s.Parts, node{Key: part.title, Text: text.String()})
				continue
			}
			t, err := toTree(reflect.ValueOf(part.value))
			if err != nil {
				return nil, errors.WithMessagef(err, "report: Page.HTML: model %s", m.Name)
			}
			if n := nodes(part.title, t); n.Text != "null" && (n.Text != "" || len(n.Parts) > 0) {
				s.Parts = append(s.Parts, n)
			}
		}
		data.Models = append(data.Models, s)
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, data); err != nil {
		return nil, errors.Wrap(err, "report: Page.HTML")
	}
	return b.Bytes(), nil
}

type modelSection struct {
	Model
	Parts []node
}

// node is a value of the report as the page shows it: a text, or parts by name.
type node struct {
	Key, Text string
	Parts     []node
}

func nodes(key string, t tree) node {
	n := node{Key: key}
	switch t := t.(type) {
	case object:
		for _, m := range t {
			n.Parts = append(n.Parts, nodes(strings.ReplaceAll(m.key, "_", " "), m.value))
		}
		return n
	case list:
		if _, ok := append(t, nil)[0].(object); ok {
			for i, e := range t {
				n.Parts = append(n.Parts, nodes(fmt.Sprint(i), e))
			}
			return n
		}
	}
	n.Text = brief(t)
	return n
}

// brief writes a value in a line, numbers as in tables and long lists cut.
func brief(t tree) string {
	switch t := t.(type) {
	case nonFinite:
		return string(t)
	case json.RawMessage:
		if v, err := strconv.ParseFloat(string(t), 64); err == nil {
			return Format(v)
		}
		var s string
		if json.Unmarshal(t, &s) == nil && string(t) != "null" {
			return s
		}
		return string(t)
	case list:
		const most = 12
		var parts []string
		for i, e := range t {
			if i == most {
				parts = append(parts, fmt.Sprintf("… %d in all", len(t)))
				break
			}
			parts = append(parts, brief(e))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case object:
		var parts []string
		for _, m := range t {
			parts = append(parts, m.key+": "+brief(m.value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprint(t)
}

// pageCell is a cell of a table on the page.
type pageCell struct {
	Text    template.HTML
	Numeric bool
	Short   bool // 2 (1–4), eps0-etd1: it stands in a line
	Span    int  // of how many columns; 0: one
}

func pageCells(t *Table, row int) (cells []pageCell) {
	for i := range t.Columns {
		text := cellAt(t.Rows[row], i)
		cells = append(cells, pageCell{Numeric: t.Numeric(i), Short: utf8.RuneCountInString(text) < 16})
		cells[i].Text = template.HTML(exponent.ReplaceAllString(template.HTMLEscapeString(text), `<span class="short">$0</span>`))
		if t.spanned(row, i) {
			cells[i].Numeric, cells[i].Span = false, len(t.Columns)-i
			break
		}
	}
	return cells
}

// exponent is a number that a line must not break at its hyphen.
var exponent = regexp.MustCompile(`[\d.]+e-\d+`)

// set is a text with its mathematics, u_x and e^{tA}, raised and lowered, and with its
// `commands` as such.
func set(text string) template.HTML {
	if before, rest, ok := strings.Cut(text, "`"); ok {
		command, after, _ := strings.Cut(rest, "`")
		return set(before) + template.HTML("<code>"+template.HTMLEscapeString(command)+"</code>") + set(after)
	}
	var b strings.Builder
	for _, r := range lettering.Runs(text) {
		tag := map[int]string{1: "sup", -1: "sub"}[r.Level]
		if tag == "" {
			b.WriteString(template.HTMLEscapeString(r.Text))
		} else {
			fmt.Fprintf(&b, "<%s>%s</%[1]s>", tag, template.HTMLEscapeString(r.Text))
		}
	}
	return template.HTML(b.String())
}

// Count writes a number of things: 1 step, 2 steps, 3 trajectories.
func Count(n int, thing string) string {
	if stem, ok := strings.CutSuffix(thing, "y"); n != 1 && ok {
		thing = stem + "ies"
	} else if n != 1 {
		thing += "s"
	}
	return fmt.Sprint(n, " ", thing)
}

// picture is the figure inline: as SVG, whose text can be read and searched, or
// as PNG where the SVG would make the page heavy.
func picture(f Figure) (template.HTML, error) {
	if f.Figure == nil {
		return "", errors.Errorf("figure %q: got none, want one", f.Name)
	}
	const heavy = 300_000
	if svg := f.Figure.SVG(); len(svg) < heavy {
		return template.HTML(svg[strings.Index(svg, "<svg"):]), nil // without the XML declaration
	}
	data := base64.StdEncoding.EncodeToString(f.Figure.PNG())
	return template.HTML(fmt.Sprintf(`<img alt="%s" src="data:image/png;base64,%s">`, template.HTMLEscapeString(f.Caption), data)), nil
}
