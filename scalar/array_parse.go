package scalar

import (
	"math"
	"strconv"
	"strings"
)

// ParseArray reads the text form of an array of any element type: {1,NULL,"a b"}, nested braces, and [2:3]= before them
// for lower bounds. The elements' texts are as written, without quotes and escapes. What PostgreSQL's array_in refuses is
// error 22P02, 2202E or 54000.
func ParseArray(s string) (Array, error) {
	p := arrayParser{s: s}
	p.blanks()
	explicit, err := p.bounds()
	if err != nil {
		return Array{}, err
	}
	if p.i >= len(s) || s[p.i] != '{' {
		return Array{}, errArraySyntax
	}
	if err := p.level(0); err != nil {
		return Array{}, err
	}
	if p.blanks(); p.i < len(s) {
		return Array{}, errArraySyntax
	}
	return p.array(explicit)
}

type arrayParser struct {
	s       string
	i       int
	lower   []int
	upper   []int
	dims    []int // by level, -1 before its first brace is closed
	items   []ArrayItem
	leaves  int // the depth of elements, 0 before the first
	scratch []byte
}

func (p *arrayParser) blanks() {
	for p.i < len(p.s) && strings.IndexByte(blanks, p.s[p.i]) >= 0 {
		p.i++
	}
}

// bounds reads [l:u]…= and reports whether there was any.
func (p *arrayParser) bounds() (bool, error) {
	for p.i < len(p.s) && p.s[p.i] == '[' {
		if len(p.lower) == maxArrayDims {
			return false, errArrayDims
		}
		p.i++
		low, err := p.bound()
		high := low
		if err == nil && p.i < len(p.s) && p.s[p.i] == ':' {
			p.i++
			high, err = p.bound()
		} else {
			low = 1
		}
		switch {
		case err != nil:
			return false, err
		case p.i >= len(p.s) || p.s[p.i] != ']':
			return false, errArraySyntax
		case high < low:
			return false, errArrayBounds
		}
		p.i++
		p.lower, p.upper = append(p.lower, low), append(p.upper, high)
		p.blanks()
	}
	if len(p.lower) == 0 {
		return false, nil
	}
	if p.i >= len(p.s) || p.s[p.i] != '=' {
		return false, errArraySyntax
	}
	p.i++
	p.blanks()
	return true, nil
}

func (p *arrayParser) bound() (int, error) {
	start := p.i
	for p.i < len(p.s) && (p.s[p.i] >= '0' && p.s[p.i] <= '9' || p.s[p.i] == '-' || p.s[p.i] == '+') {
		p.i++
	}
	n, err := strconv.Atoi(p.s[start:p.i])
	if err != nil {
		return 0, errArraySyntax
	}
	if n < math.MinInt32 || n > math.MaxInt32 {
		return 0, errArraySyntax
	}
	return n, nil
}

// level reads what stands between a pair of braces, the first of which is at p.i.
func (p *arrayParser) level(depth int) error {
	if depth == maxArrayDims {
		return errArrayDims
	}
	p.i++
	if depth == len(p.dims) {
		p.dims = append(p.dims, -1)
	}
	n := 0
	for first := true; ; first = false {
		p.blanks()
		if p.i >= len(p.s) {
			return errArraySyntax
		}
		c := p.s[p.i]
		if c == '}' && first && depth == 0 {
			break
		}
		if err := p.member(c, depth); err != nil {
			return err
		}
		n++
		p.blanks()
		if p.i >= len(p.s) {
			return errArraySyntax
		}
		if c = p.s[p.i]; c == '}' {
			break
		}
		if c != ',' {
			return errArraySyntax
		}
		p.i++
	}
	p.i++
	if p.dims[depth] >= 0 && p.dims[depth] != n {
		return errArraySyntax
	}
	p.dims[depth] = n
	return nil
}

// member reads an element or a nested level.
func (p *arrayParser) member(c byte, depth int) error {
	if c == '{' {
		if p.leaves > 0 && depth+1 >= p.leaves {
			return errArraySyntax
		}
		return p.level(depth + 1)
	}
	if p.leaves == 0 && len(p.dims) == depth+1 {
		p.leaves = depth + 1
	}
	if p.leaves != depth+1 {
		return errArraySyntax
	}
	if c == '"' {
		return p.quoted()
	}
	return p.unquoted()
}

func (p *arrayParser) quoted() error {
	p.i++
	start := p.i
	if j := strings.IndexAny(p.s[start:], `"\`); j >= 0 && p.s[start+j] == '"' {
		p.items = append(p.items, ArrayItem{Text: p.s[start : start+j]})
		p.i = start + j + 1
		return nil
	}
	out := p.scratch[:0]
	for ; p.i < len(p.s); p.i++ {
		switch c := p.s[p.i]; c {
		case '"':
			p.i++
			p.items = append(p.items, ArrayItem{Text: string(out)})
			p.scratch = out
			return nil
		case '\\':
			if p.i++; p.i < len(p.s) {
				out = append(out, p.s[p.i])
			}
		default:
			out = append(out, c)
		}
	}
	return errArraySyntax
}

// unquoted reads an element without quotes; blanks around it do not count, unless they are escaped.
func (p *arrayParser) unquoted() error {
	out, end, escaped := p.scratch[:0], 0, false
loop:
	for ; p.i < len(p.s); p.i++ {
		switch c := p.s[p.i]; {
		case c == ',' || c == '}':
			break loop
		case c == '"' || c == '{':
			return errArraySyntax
		case c == '\\':
			if p.i++; p.i >= len(p.s) {
				return errArraySyntax
			}
			escaped = true
			out = append(out, p.s[p.i])
			end = len(out)
		default:
			out = append(out, c)
			if strings.IndexByte(blanks, c) < 0 {
				end = len(out)
			}
		}
	}
	p.scratch = out
	text := string(out[:end])
	if text == "" && !escaped {
		return errArraySyntax
	}
	null := !escaped && strings.EqualFold(text, "null")
	if null {
		text = ""
	}
	p.items = append(p.items, ArrayItem{Text: text, Null: null})
	return nil
}

// array puts together what was read.
func (p *arrayParser) array(explicit bool) (Array, error) {
	if explicit {
		if len(p.lower) != len(p.dims) {
			return Array{}, errArraySyntax
		}
		for i, n := range p.dims {
			if p.upper[i]-p.lower[i]+1 != n {
				return Array{}, errArraySyntax
			}
		}
	}
	if len(p.items) == 0 {
		return Array{}, nil
	}
	if !explicit {
		p.lower = make([]int, len(p.dims))
		for i := range p.lower {
			p.lower[i] = 1
		}
	}
	if p.leaves != len(p.dims) {
		return Array{}, errArraySyntax
	}
	if _, err := arrayCount(p.dims); err != nil {
		return Array{}, err
	}
	if err := checkBounds(p.dims, p.lower); err != nil {
		return Array{}, err
	}
	return Array{Dims: p.dims, Lower: p.lower, Items: p.items}, nil
}
