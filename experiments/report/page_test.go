package report

import (
	"strings"
	"testing"

	"github.com/pkg/errors"

	"spnode/experiments/figure"
)

// report.md has the tables, but for those without rows.
func TestMarkdown(t *testing.T) {
	filled, empty := NewTable("Errors", "model", "holds"), NewTable("Seeds", "model")
	filled.Add("etd1", true)
	p := &Page{Title: "Toy", Summary: "A decay.", Tables: []*Table{empty, filled}}
	want := "# Toy\n\nA decay.\n\n**Errors**\n\n| model | holds |\n| ----- | ----- |\n| etd1  | yes   |\n"
	if got := string(p.Markdown()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	p.Report = New("toy", nil)
	if html, err := p.HTML(); err != nil || strings.Contains(string(html), "Seeds") || !strings.Contains(string(html), "Errors") {
		t.Errorf("the page shows a table without rows, or none: %v", err)
	}
}

// What turns out to have nothing to show is left out, and an error names its
// figure.
func TestDraw(t *testing.T) {
	some, err := figure.New(figure.Layout{}, figure.Panel{Series: []figure.Series{figure.Line(figure.Black, "", []float64{0, 1}, []float64{0, 1})}})
	if err != nil {
		t.Fatal(err)
	}
	drawing := func(name string, f *figure.Figure, err error) Drawing {
		return Drawing{Name: name, Caption: "what " + name + " shows", Draw: func() (*figure.Figure, error) { return f, err }}
	}
	all, err := Draw(drawing("one", some, nil), drawing("none", nil, nil), drawing("two", some, nil))
	if err != nil || len(all) != 2 || all[0] != (Figure{"one", "what one shows", some}) || all[1].Name != "two" {
		t.Errorf("got %+v, %v", all, err)
	}
	if _, err := Draw(drawing("bad", nil, errors.New("no luck"))); err == nil || err.Error() != "figure bad: no luck" {
		t.Errorf("got %v", err)
	}
}
