// Command install builds the notebook kernel and writes its Jupyter spec to
// kernels/spnode below the folder that it is given, a Jupyter data folder such as
// .venv/share/jupyter. It runs in experiments/notebook.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

const gophernotes = "github.com/gopherdata/gophernotes"

func main() {
	log.SetFlags(0)
	log.SetPrefix("install: ")
	if len(os.Args) != 2 {
		log.Fatal("want the Jupyter data folder, for example .venv/share/jupyter")
	}
	spec, err := install(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(spec)
}

func install(dir string) (spec string, err error) {
	if spec, err = filepath.Abs(filepath.Join(dir, "kernels", "spnode")); err != nil {
		return "", err
	}
	if err := os.MkdirAll(spec, 0o755); err != nil {
		return "", err
	}
	replace, err := overlay("kernel", spec)
	if err != nil {
		return "", err
	}
	file := filepath.Join(spec, "overlay.json")
	if err := writeJSON(file, map[string]any{"Replace": replace}); err != nil {
		return "", err
	}
	binary := filepath.Join(spec, "kernel")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	if _, err := run("go", "build", "-tags", "gophernotes", "-overlay", file, "-o", binary, "./kernel"); err != nil {
		return "", err
	}
	return spec, writeJSON(filepath.Join(spec, "kernel.json"), map[string]any{
		"argv":         []string{binary, "{connection_file}"},
		"display_name": "Go (spnode)",
		"language":     "go",
	})
}

// patches are what the kernel has of its own in gophernotes' kernel.go, see kernel/kernel.go.
var patches = [][2]string{
	{`	case "shutdown_request":`, `	case "inspect_request":
		if err := handleInspectRequest(ir, receipt); err != nil {
			log.Fatal(err)
		}
	case "shutdown_request":`},
	{`executionErr := doEval(ir, outerr, code)`, `executionErr := evaluate(ir, outerr, code)`},
}

// overlay lays gophernotes' own files into the folder of the kernel: the path
// that each has there, and where it is. One of them is patched, into the folder of the spec,
// and one is left out, of which the kernel has its own.
func overlay(kernel, spec string) (map[string]string, error) {
	if _, err := run("go", "mod", "download", gophernotes); err != nil {
		return nil, err
	}
	dir, err := run("go", "list", "-m", "-f", "{{.Dir}}", gophernotes)
	if err != nil {
		return nil, err
	}
	if kernel, err = filepath.Abs(kernel); err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	replace := map[string]string{}
	for _, f := range files {
		base := filepath.Base(f)
		if base == "complete.go" || strings.HasSuffix(base, "_test.go") {
			continue
		}
		if base == "kernel.go" {
			text, err := os.ReadFile(f)
			if err != nil {
				return nil, err
			}
			source := string(text)
			for _, p := range patches {
				if n := strings.Count(source, p[0]); n != 1 {
					return nil, fmt.Errorf("%s: got %q %d times, want it once: another version of gophernotes?", f, p[0], n)
				}
				source = strings.Replace(source, p[0], p[1], 1)
			}
			f = filepath.Join(spec, "gophernotes_kernel.go")
			if err := os.WriteFile(f, []byte(source), 0o644); err != nil {
				return nil, err
			}
		}
		replace[filepath.Join(kernel, "gophernotes_"+base)] = f
	}
	return replace, nil
}

func run(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	b, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return string(bytes.TrimSpace(b)), nil
}

func writeJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}
