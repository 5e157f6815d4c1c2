package npz

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pkg/errors"
)

// sequence is a Python tuple or list.
type sequence struct {
	items []any
	tuple bool
	text  string // as it is spelled
}

// literal parses the literals of Python that a header may have: strings, whole
// numbers, True, False, None, tuples, lists, and dictionaries whose keys are
// strings.
type literal struct {
	text  string
	at    int
	depth int
}

// parseLiteral returns a string, int, bool, nil, sequence or map[string]any.
func parseLiteral(text string) (any, error) {
	p := &literal{text: text}
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	if p.space(); p.at < len(p.text) {
		return nil, p.errorf("the end")
	}
	return v, nil
}

func (p *literal) errorf(want string) error {
	return errors.Errorf("at byte %d, want %s", p.at, want)
}

// space passes over white space, and the NULs that some writers pad with.
func (p *literal) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n\f\x00", p.text[p.at]) >= 0 {
		p.at++
	}
}

// skip passes over c, if it is next.
func (p *literal) skip(c byte) bool {
	p.space()
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *literal) value() (any, error) {
	if p.depth++; p.depth > 20 { // deeper than any header
		return nil, p.errorf("fewer brackets")
	}
	defer func() { p.depth-- }()
	p.space()
	start := p.at
	switch {
	case p.at >= len(p.text):
		return nil, p.errorf("a value")
	case p.skip('{'):
		return p.dict()
	case p.skip('['):
		items, _, err := p.items(']')
		return sequence{items, false, p.text[start:p.at]}, err
	case p.skip('('):
		items, comma, err := p.items(')')
		if err == nil && len(items) == 1 && !comma {
			return items[0], nil // brackets around a value
		}
		return sequence{items, true, p.text[start:p.at]}, err
	}
	rest := p.text[p.at:]
	if strings.HasPrefix(rest, "u'") || strings.HasPrefix(rest, "b'") || strings.HasPrefix(rest, `u"`) || strings.HasPrefix(rest, `b"`) {
		p.at++
	}
	if c := p.text[p.at]; c == '\'' || c == '"' {
		p.at++
		return p.quoted(c)
	}
	end := p.at
	for end < len(p.text) && strings.IndexByte(" \t\r\n\f\x00,:()[]{}'\"", p.text[end]) < 0 {
		end++
	}
	word := p.text[p.at:end]
	switch word {
	case "True":
		p.at = end
		return true, nil
	case "False":
		p.at = end
		return false, nil
	case "None":
		p.at = end
		return nil, nil
	}
	digits := strings.TrimSuffix(word, "L") // Python 2 wrote (6L, 1L)
	if trimmed := strings.TrimLeft(digits, "0"); len(trimmed) < len(digits) && trimmed != "" {
		return nil, p.errorf("a value") // 010 is none in Python
	}
	n, err := strconv.Atoi(digits)
	if err != nil {
		return nil, errors.Wrap(err, p.errorf("a value").Error())
	}
	p.at = end
	return n, nil
}

// items reads values up to the closing bracket, and whether a comma was there.
func (p *literal) items(closing byte) (items []any, comma bool, err error) {
	for !p.skip(closing) {
		if len(items) > 0 && !comma {
			return nil, false, p.errorf("a comma or " + string(closing))
		}
		v, err := p.value()
		if err != nil {
			return nil, false, err
		}
		items = append(items, v)
		comma = p.skip(',')
	}
	return items, comma || len(items) > 1, nil
}

func (p *literal) dict() (any, error) {
	dict, comma := map[string]any{}, true
	for !p.skip('}') {
		if !comma {
			return nil, p.errorf("a comma or }")
		}
		k, err := p.value()
		if err != nil {
			return nil, err
		}
		key, ok := k.(string)
		if !ok || !p.skip(':') {
			return nil, p.errorf("a key and :")
		}
		if dict[key], err = p.value(); err != nil {
			return nil, err
		}
		comma = p.skip(',')
	}
	return dict, nil
}

// quoted reads a string up to its quote.
func (p *literal) quoted(quote byte) (any, error) {
	var b strings.Builder
	for p.at < len(p.text) {
		c := p.text[p.at]
		switch c {
		case quote:
			p.at++
			return b.String(), nil
		case '\n':
			return nil, p.errorf("a quote")
		case '\\':
			r, _, rest, err := strconv.UnquoteChar(p.text[p.at:], quote)
			if err != nil {
				return nil, p.errorf("an escape")
			}
			b.WriteRune(r)
			p.at = len(p.text) - len(rest)
			continue
		}
		_, n := utf8.DecodeRuneInString(p.text[p.at:])
		b.WriteString(p.text[p.at : p.at+n])
		p.at += n
	}
	return nil, p.errorf("a quote")
}
