// Command page runs a notebook without Jupyter and writes it with what its cells
// show as an HTML page to standard output:
//
//	go run ./page transient.ipynb > transient.html
//
// A cell that fails ends the page and the command with it.
package main

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"spnode/experiments/notebook/cells"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("page: ")
	if len(os.Args) != 2 {
		log.Fatal("want a notebook, for example transient.ipynb")
	}
	n, err := cells.Read(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	// The notebook's paths are relative to its folder.
	title := strings.TrimSuffix(filepath.Base(os.Args[1]), ".ipynb")
	if err := os.Chdir(filepath.Dir(os.Args[1])); err != nil {
		log.Fatal(err)
	}
	blocks, failed := execute(n)
	var b bytes.Buffer
	if err := page.Execute(&b, map[string]any{"Title": title, "Blocks": blocks}); err != nil {
		log.Fatal(err)
	}
	if _, err := os.Stdout.Write(b.Bytes()); err != nil {
		log.Fatal(err)
	}
	if failed != nil {
		log.Fatal(failed)
	}
}

// block is a cell as the page shows it.
type block struct {
	Prose   template.HTML // of a Markdown cell
	Source  string        // of a code cell
	Printed string
	Shown   []template.HTML
	Error   string
}

// execute runs the cells, up to one that fails.
func execute(n *cells.Notebook) (blocks []block, failed error) {
	markdown := goldmark.New(goldmark.WithExtensions(extension.Table))
	in, err := cells.NewInterpreter()
	if err != nil {
		return nil, err
	}
	for i, c := range n.Cells {
		if c.Kind != "code" {
			var b bytes.Buffer
			if err := markdown.Convert([]byte(c.Source), &b); err != nil {
				return blocks, fmt.Errorf("cell %d: %w", i, err)
			}
			blocks = append(blocks, block{Prose: template.HTML(b.String())})
			continue
		}
		out, err := in.Eval(string(c.Source))
		b := block{Source: string(c.Source), Printed: lastOfLines(out.Printed), Shown: show(out.Values)}
		if err != nil {
			b.Error = err.Error()
			return append(blocks, b), fmt.Errorf("cell %d: %w", i, err)
		}
		blocks = append(blocks, b)
	}
	return blocks, nil
}

// lastOfLines is what is left to see of lines that were written over after a
// carriage return.
func lastOfLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		l = strings.TrimRight(l, "\r")
		lines[i] = l[strings.LastIndex(l, "\r")+1:]
	}
	return strings.Join(lines, "\n")
}

// show renders the values as the kernel does: one that shows itself by what it
// is, others by their text, and none where all are nil.
func show(values []any) (shown []template.HTML) {
	for _, v := range values {
		switch v := v.(type) {
		case nil:
		case interface{ SVG() string }:
			// As an image: a second figure may use the same ids.
			shown = append(shown, template.HTML(`<img alt="figure" src="data:image/svg+xml;base64,`+base64.StdEncoding.EncodeToString([]byte(v.SVG()))+`">`))
		case interface{ HTML() string }:
			shown = append(shown, template.HTML(v.HTML()))
		default:
			shown = append(shown, template.HTML("<pre>"+template.HTMLEscapeString(fmt.Sprint(v))+"</pre>"))
		}
	}
	return shown
}

//go:embed page.html.tmpl
var text string

var page = template.Must(template.New("page").Parse(text))
