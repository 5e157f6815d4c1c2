package integrator

import (
	"fmt"
	"hash"
	"hash/fnv"
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spnode/ops/opstest"
)

// problem is a right-hand side Au + g(u) in plain Go.
type problem struct {
	a []float64 // n×n
	g func(dst, u []float64)
}

// system makes the problem a System for the node of A.
func (p problem) system(a *G.Node) System {
	return System{A: a, G: func(u *G.Node) (*G.Node, error) {
		return G.ApplyOp(&rowwise{id: rowwiseID.Add(1), f: p.g, shape: u.Shape().Clone()}, u)
	}}
}

func (p problem) input(n int) opstest.Input {
	return opstest.Input{Name: "A", Shape: []int{n, n}, Data: append([]float64(nil), p.a...)}
}

// rowwiseID numbers the ops, of which each must have a hash of its own: an
// address would do, but change from run to run.
var rowwiseID atomic.Uint64

// rowwise is a Gorgonia op, without a gradient, that applies f to every row.
type rowwise struct {
	id    uint64
	f     func(dst, u []float64)
	shape tensor.Shape
}

func (o *rowwise) Arity() int                                     { return 1 }
func (o *rowwise) InferShape(...G.DimSizer) (tensor.Shape, error) { return o.shape.Clone(), nil }
func (o *rowwise) ReturnsPtr() bool                               { return false }
func (o *rowwise) CallsExtern() bool                              { return false }
func (o *rowwise) OverwritesInput() int                           { return -1 }
func (o *rowwise) String() string                                 { return "rowwise" }
func (o *rowwise) WriteHash(h hash.Hash)                          { fmt.Fprintf(h, "rowwise#%d", o.id) }

func (o *rowwise) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

func (o *rowwise) Type() hm.Type {
	t := G.TensorType{Dims: 2, Of: hm.TypeVariable('a')}
	return hm.NewFnType(t, t)
}

func (o *rowwise) Do(values ...G.Value) (G.Value, error) {
	u := values[0].Data().([]float64)
	y := make([]float64, len(u))
	for i, n := 0, o.shape[1]; i < len(u); i += n {
		o.f(y[i:i+n], u[i:i+n])
	}
	return tensor.New(tensor.WithShape(o.shape...), tensor.WithBacking(y)), nil
}

// parseProblem reads a system of n equations from text: one for each
// component,
//
//	u1'=-2u1+10u2+sin(u1), u2'=-2u2+sin(u2); T=1
//
// or one for the vector, with matrices in place or defined after it, whose
// products and functions are those of the components,
//
//	u'=A u + g - u^3, A=[[-2,1],[1,-2]], g=[1,0.5] (constant); T=2
//
// The terms linear in u make A, all others g; where an equation for the vector has a
// matrix, A is what is multiplied by it and other linear terms are g's. Where t is in
// an equation, the time is one more component, the last one, with t' = 1 from g: the
// methods are then as they are for g(u, t). What follows a colon or a semicolon is a
// remark.
func parseProblem(text string, n int) (p problem, err error) {
	defer func() {
		if e, ok := recover().(syntaxError); ok {
			err = fmt.Errorf("%q is not understood: %s", text, string(e))
		}
	}()
	r := &reader{n: n, index: map[string]int{}, defined: map[string][][]float64{}, functions: map[string][]string{}}
	statement, _, _ := strings.Cut(text, ";")
	statement, _, _ = strings.Cut(statement, ":")
	statement = strings.NewReplacer("−", "-", "·", "*", "×", "*", "**", "^", "²", "^2", "³", "^3").Replace(statement)
	var sides []string
	for _, s := range splitTop(statement) {
		left, right, ok := strings.Cut(s, "=")
		left = strings.TrimSpace(left)
		if !ok {
			r.fail("%q is no equation", s)
		}
		if name, isRate := strings.CutSuffix(left, "'"); isRate {
			r.index[name] = len(sides)
			sides = append(sides, right)
			continue
		}
		if parts, ok := expressions(right); ok {
			r.functions[left] = parts
			continue
		}
		r.read(right)
		r.defined[left] = r.matrix()
	}
	if len(sides) != n {
		if len(sides) != 1 {
			r.fail("%d equations for %d components", len(sides), n)
		}
		for name := range r.index {
			r.vector = name
		}
	}
	r.separate = n > 1 && r.vector != "" && (strings.Contains(sides[0], "[[") || r.usesMatrix(sides[0]))
	parts := make([]form, n)
	for i := range parts {
		r.component = i
		r.read(sides[min(i, len(sides)-1)])
		parts[i] = r.sum()
		if r.token() != "" {
			r.fail("%q is left over", r.rest)
		}
		p.a = append(p.a, parts[i].linear...)
	}
	if r.timed {
		a := make([]float64, (n+1)*(n+1))
		for i := range n {
			copy(a[i*(n+1):], p.a[i*n:(i+1)*n])
		}
		p.a = a
	}
	p.g = func(dst, u []float64) {
		if r.timed {
			dst[n] = 1
		}
		for i, f := range parts {
			dst[i] = f.constant
			if f.other != nil {
				dst[i] += f.other(u)
			}
		}
	}
	return p, nil
}

// splitTop splits at the commas that are in no bracket.
func splitTop(s string) (parts []string) {
	depth, start := 0, 0
	for i, c := range s {
		switch c {
		case '[', '(':
			depth++
		case ']', ')':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, s[start:i])
				start = i + 1
			}
		}
	}
	return append(parts, s[start:])
}

// form is a function of u, split as constant + linear·u + other(u).
type form struct {
	constant float64
	linear   []float64
	other    func(u []float64) float64
}

func (f form) isConstant() bool {
	for _, v := range f.linear {
		if v != 0 {
			return false
		}
	}
	return f.other == nil
}

func (f form) at(u []float64) float64 {
	y := f.constant
	for i, v := range f.linear {
		y += v * u[i]
	}
	if f.other != nil {
		y += f.other(u)
	}
	return y
}

func (f form) scaled(c float64) form {
	y := form{constant: c * f.constant, linear: make([]float64, len(f.linear))}
	for i, v := range f.linear {
		y.linear[i] = c * v
	}
	if f.other != nil {
		y.other = func(u []float64) float64 { return c * f.other(u) }
	}
	return y
}

func (f form) plus(g form) form {
	y := f.scaled(1)
	y.constant += g.constant
	for i, v := range g.linear {
		y.linear[i] += v
	}
	switch a, b := f.other, g.other; {
	case a == nil:
		y.other = b
	case b != nil:
		y.other = func(u []float64) float64 { return a(u) + b(u) }
	}
	return y
}

func (f form) times(g form) form {
	switch {
	case f.isConstant():
		return g.scaled(f.constant)
	case g.isConstant():
		return f.scaled(g.constant)
	}
	return form{linear: make([]float64, len(f.linear)), other: func(u []float64) float64 { return f.at(u) * g.at(u) }}
}

func (f form) mapped(h func(x float64) float64) form {
	y := form{linear: make([]float64, len(f.linear))}
	if f.isConstant() {
		y.constant = h(f.constant)
	} else {
		y.other = func(u []float64) float64 { return h(f.at(u)) }
	}
	return y
}

type syntaxError string

// reader is a recursive-descent reader of one component of an expression.
type reader struct {
	n, component int
	index        map[string]int // of the component that a name stands for
	vector       string         // the name of all of u, if the equation is one for all
	defined      map[string][][]float64
	functions    map[string][]string // vectors of expressions
	separate     bool                // linear terms without a matrix are g's
	timed        bool                // t has been read
	rest         string
}

// expressions returns the elements of a vector that has more than numbers.
func expressions(text string) (parts []string, ok bool) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "[") || strings.HasPrefix(text, "[[") || strings.LastIndex(text, "]") < 0 {
		return nil, false
	}
	inner := text[1:strings.LastIndex(text, "]")]
	return splitTop(inner), regexp.MustCompile(`[a-df-zA-DF-Z]`).MatchString(inner)
}

// usesMatrix reports whether an expression has the name of a matrix of many rows.
func (r *reader) usesMatrix(text string) bool {
	for _, name := range regexp.MustCompile(`\pL+\d*`).FindAllString(text, -1) {
		if len(r.defined[name]) > 1 {
			return true
		}
	}
	return false
}

var (
	numberToken = regexp.MustCompile(`^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?`)
	nameToken   = regexp.MustCompile(`^\pL+\d*`)
	functions   = map[string]func(float64) float64{
		"sin": math.Sin, "cos": math.Cos, "tanh": math.Tanh, "exp": math.Exp, "sqrt": math.Sqrt, "log": math.Log,
	}
)

func (r *reader) fail(format string, args ...any) { panic(syntaxError(fmt.Sprintf(format, args...))) }

func (r *reader) read(s string) { r.rest = s }

// token is the next one, "" at the end.
func (r *reader) token() string {
	r.rest = strings.TrimLeft(r.rest, " \t")
	if t := numberToken.FindString(r.rest); t != "" {
		return t
	}
	if t := nameToken.FindString(r.rest); t != "" {
		return t
	}
	return r.rest[:min(1, len(r.rest))]
}

func (r *reader) take() string {
	t := r.token()
	r.rest = r.rest[len(t):]
	return t
}

// accept takes the next token if it is t.
func (r *reader) accept(t string) bool {
	if r.token() != t {
		return false
	}
	r.take()
	return true
}

func (r *reader) want(t string) {
	if !r.accept(t) {
		r.fail("want %q at %q", t, r.rest)
	}
}

func (r *reader) number() float64 {
	if r.accept("-") {
		return -r.number()
	}
	t := r.take()
	v, err := strconv.ParseFloat(t, 64)
	if err != nil {
		r.fail("want a number, got %q", t)
	}
	return v
}

// matrix is a number, a vector or a matrix; the first two have one row.
func (r *reader) matrix() (m [][]float64) {
	if !r.accept("[") {
		return [][]float64{{r.number()}}
	}
	if r.token() != "[" {
		row := []float64{r.number()}
		for r.accept(",") {
			row = append(row, r.number())
		}
		r.want("]")
		return [][]float64{row}
	}
	m = r.matrix()
	for r.accept(",") {
		m = append(m, r.matrix()...)
	}
	r.want("]")
	return m
}

func (r *reader) constant(c float64) form { return form{constant: c, linear: make([]float64, r.n)} }

func (r *reader) variable(i int) form {
	f := r.constant(0)
	if r.separate {
		f.other = func(u []float64) float64 { return u[i] }
		return f
	}
	f.linear[i] = 1
	return f
}

func (r *reader) sum() form {
	f := r.constant(0)
	sign := 1.
	if r.accept("-") {
		sign = -1
	}
	for {
		f = f.plus(r.product().scaled(sign))
		switch {
		case r.accept("+"):
			sign = 1
		case r.accept("-"):
			sign = -1
		default:
			return f
		}
	}
}

func (r *reader) product() form {
	f := r.power()
	for {
		switch t := r.token(); {
		case t == "*":
			r.take()
			f = f.times(r.power())
		case t == "/":
			r.take()
			f = f.times(r.power().mapped(func(x float64) float64 { return 1 / x }))
		case t != "" && !strings.Contains("+-)],^", t):
			f = f.times(r.power())
		default:
			return f
		}
	}
}

func (r *reader) power() form {
	f := r.factor()
	if r.accept("^") {
		e := r.number()
		return f.mapped(func(x float64) float64 { return math.Pow(x, e) })
	}
	return f
}

func (r *reader) factor() form {
	switch t := r.token(); {
	case t == "(":
		r.take()
		f := r.sum()
		r.want(")")
		return f
	case t == "[":
		return r.value(r.matrix())
	case numberToken.MatchString(t):
		return r.constant(r.number())
	default:
		r.take()
		if h, ok := functions[t]; ok {
			if r.token() != "(" {
				r.fail("want ( after %s", t)
			}
			return r.factor().mapped(h)
		}
		if m, ok := r.defined[t]; ok {
			return r.value(m)
		}
		if t != "" && t == r.vector {
			return r.variable(r.component)
		}
		if parts, ok := r.functions[t]; ok {
			if len(parts) != r.n {
				r.fail("a vector of %d elements for %d components", len(parts), r.n)
			}
			rest, separate := r.rest, r.separate
			r.separate = true
			r.read(parts[r.component])
			f := r.sum()
			r.rest, r.separate = rest, separate
			return f
		}
		i, ok := r.index[t]
		if k, err := strconv.Atoi(strings.TrimPrefix(t, r.vector)); !ok && r.vector != "" && err == nil && k >= 1 && k <= r.n {
			i, ok = k-1, true // u2 of u
		}
		if !ok && t == "t" {
			r.timed = true
			f := r.constant(0)
			f.other = func(u []float64) float64 { return u[r.n] }
			return f
		}
		if !ok {
			r.fail("no meaning for %q", t)
		}
		return r.variable(i)
	}
}

// value is a number, an element of a vector, or the product of a matrix and
// the factor that follows it.
func (r *reader) value(m [][]float64) form {
	if len(m) == 1 {
		row := m[0]
		if len(row) == 1 {
			return r.constant(row[0])
		}
		if len(row) != r.n {
			r.fail("a vector of %d elements for %d components", len(row), r.n)
		}
		return r.constant(row[r.component])
	}
	if len(m) != r.n || len(m[0]) != r.n {
		r.fail("a matrix of %d rows for %d components", len(m), r.n)
	}
	r.accept("*")
	i, from, separate := r.component, r.rest, r.separate
	r.separate = false // what the matrix multiplies is A's
	f := r.constant(0)
	for j, v := range m[i] {
		r.component, r.rest = j, from
		f = f.plus(r.power().scaled(v))
	}
	r.component, r.separate = i, separate
	return f
}

func TestParseProblem(t *testing.T) {
	u := []float64{0.5, -2}
	for text, want := range map[string]struct{ a, g []float64 }{
		"u1'=-2u1+10u2+sin(u1), u2'=-2u2+sin(u2); T=1":         {[]float64{-2, 10, 0, -2}, []float64{math.Sin(0.5), math.Sin(-2)}},
		"u'=[[-2,1],[1,-2]]u - u^3; T=1":                       {[]float64{-2, 1, 1, -2}, []float64{-0.125, 8}},
		"u'=A u+g, A=[[-1e6,0],[1, -1]], g=[1,-0.25] (c): T=2": {[]float64{-1e6, 0, 1, -1}, []float64{1, -0.25}},
		"u'=A u + 0.5u - u^3, A=[[-2,1],[1,-2]]":               {[]float64{-2, 1, 1, -2}, []float64{0.125, 7}},
		"u'=A u+g, A=[[-2,1],[1,-2]], g=[exp(u1), u1 - u2]":    {[]float64{-2, 1, 1, -2}, []float64{math.Exp(0.5), 2.5}},
		"u'=3u + u^2": {[]float64{3, 0, 0, 3}, []float64{0.25, 4}},
		"x' = -1e3(x - y)/2 + x y + 3, y' = -k y^2, k = .5": {[]float64{-500, 500, 0, 0}, []float64{2, -2}},
	} {
		p, err := parseProblem(text, 2)
		if err != nil {
			t.Error(err)
			continue
		}
		g := make([]float64, 2)
		p.g(g, u)
		if fmt.Sprint(p.a, g) != fmt.Sprint(want.a, want.g) {
			t.Errorf("%s: got A = %v, g(%v) = %v, want %v, %v", text, p.a, u, g, want.a, want.g)
		}
	}
	p, err := parseProblem("u1'=-100u1+cos(t)+t u2, u2'=-u2", 2)
	if err != nil {
		t.Fatal(err)
	}
	g := make([]float64, 3)
	p.g(g, []float64{0.5, -2, 3})
	if want := []float64{math.Cos(3) - 6, 0, 1}; fmt.Sprint(p.a, g) != fmt.Sprint([]float64{-100, 0, 0, 0, -1, 0, 0, 0, 0}, want) {
		t.Errorf("with a time: got A = %v, g = %v, want g = %v", p.a, g, want)
	}
	for _, text := range []string{"u'=Bu; T=1", "the Brusselator", "u'=A u+g, A=[[1]", "u'=u$", "u1'=u1, u2'=u2, u3'=u3", "u'=[1,2,3]"} {
		if p, err := parseProblem(text, 2); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%q was read as A = %v, error %v", text, p.a, err)
		}
	}
}
