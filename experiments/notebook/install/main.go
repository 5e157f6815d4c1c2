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
	gomacro := filepath.Join(spec, "gomacro") // always there, so that what was built is known again
	defer os.RemoveAll(gomacro)
	modfile, err := interpreter(gomacro, spec)
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
	if _, err := run("go", "build", "-tags", "gophernotes", "-modfile", modfile, "-overlay", file, "-o", binary, "./kernel"); err != nil {
		return "", err
	}
	return spec, writeJSON(filepath.Join(spec, "kernel.json"), map[string]any{
		"argv":         []string{binary, "{connection_file}"},
		"display_name": "Go (spnode)",
		"language":     "go",
	})
}

// patches are the texts of a file, each with what stands in its place.
type patches [][2]string

// inGophernotes are what kernel/kernel.go has of its own.
var inGophernotes = map[string]patches{
	"kernel.go": {
		{`	case "shutdown_request":`, `	case "inspect_request":
		if err := handleInspectRequest(ir, receipt); err != nil {
			log.Fatal(err)
		}
	case "shutdown_request":`},
		{`executionErr := doEval(ir, outerr, code)`, `executionErr := evaluate(ir, outerr, code)`},
	},
	"messages.go": {
		{`	err = socket.SendMulti(zmq4.NewMsgFrom(frames...))
	if err != nil {
		return err
`, `	err = socket.SendMulti(zmq4.NewMsgFrom(frames...))
	if err != nil {
		return gone(err)
`},
	},
}

// inGomacro has an integer taken for a string where string(65) says so, and not in
// config.Integrator = 3.
var inGomacro = map[string]patches{
	"base/untyped/lit.go": {
		{`			i, exact := constant.Int64Val(val)
			if exact {
				ret = string(i)
			} else {
				ret = "\uFFFD"
			}
`, `			output.Errorf("cannot use %v (untyped int constant) as %v value", val, t)
`},
	},
	"fast/convert.go": {
		{`	if e.Untyped() {
		e.ConstTo(t)
`, `	if e.Untyped() {
		lit := e.Value.(UntypedLit)
		if _, ok := lit.Int64(); ok && t.Kind() == r.String {
			e.ConstTo(c.TypeOfInt32())
		} else {
			e.ConstTo(t)
		}
`},
	},
}

// overlay lays gophernotes' own files into the folder of the kernel: the path
// that each has there, and where it is. Two are patched, into the folder of the spec,
// and one is left out, of which the kernel has its own.
func overlay(kernel, spec string) (map[string]string, error) {
	dir, err := module("github.com/gopherdata/gophernotes")
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
		if p := inGophernotes[base]; p != nil {
			to := filepath.Join(spec, "gophernotes_"+base)
			if err := patch(to, f, p); err != nil {
				return nil, err
			}
			f = to
		}
		replace[filepath.Join(kernel, "gophernotes_"+base)] = f
	}
	return replace, nil
}

// interpreter copies gomacro, patched, as go takes no overlay over a module that it has
// downloaded. It returns the go.mod, in the folder of the spec, that names the copy.
func interpreter(to, spec string) (modfile string, err error) {
	const gomacro = "github.com/cosmos72/gomacro"
	dir, err := module(gomacro)
	if err != nil {
		return "", err
	}
	if err := os.RemoveAll(to); err != nil {
		return "", err
	}
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		return "", err
	}
	for name, p := range inGomacro {
		f := filepath.Join(to, filepath.FromSlash(name))
		if err := patch(f, f, p); err != nil {
			return "", err
		}
	}
	for _, f := range []string{"go.mod", "go.sum"} {
		if err := patch(filepath.Join(spec, f), f, nil); err != nil {
			return "", err
		}
	}
	modfile = filepath.Join(spec, "go.mod")
	_, err = run("go", "mod", "edit", "-replace", gomacro+"="+to, modfile)
	return modfile, err
}

// module is the folder that a module was downloaded to.
func module(path string) (dir string, err error) {
	if _, err := run("go", "mod", "download", path); err != nil {
		return "", err
	}
	return run("go", "list", "-m", "-f", "{{.Dir}}", path)
}

// patch writes a file with its patches to another path.
func patch(to, from string, patches patches) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	source := string(b)
	for _, p := range patches {
		if n := strings.Count(source, p[0]); n != 1 {
			return fmt.Errorf("%s: got %q %d times, want it once: another version?", from, p[0], n)
		}
		source = strings.Replace(source, p[0], p[1], 1)
	}
	return os.WriteFile(to, []byte(source), 0o644)
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
