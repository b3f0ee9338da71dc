package scalar

import (
	"strings"
	"unicode/utf8"
)

var (
	errRegex        = fail("2201B", "invalid regular expression")
	errRegexOption  = fail("22023", "invalid regular expression option")
	errRegexFeature = fail("0A000", "regular expressions with back references, lookahead, lookbehind, named collating elements, or the options b or e are supported at PostgreSQL shards only")
	errRegexSize    = fail("0A000", "the regular expression is too large")
)

// pref is which of the matches that begin at one place a regular expression prefers.
type pref uint8

const (
	noPref  pref = 0
	longer  pref = 1
	shorter pref = 2
)

type reOp uint8

const (
	reEmpty reOp = iota
	reSet
	reAssert
	reConcat
	reAlt
	reCapture
	reRepeat
)

type reAssertion uint8

const (
	atStart reAssertion = iota
	atEnd
	atLineStart
	atLineEnd
	atWordStart
	atWordEnd
	atWordEdge
	notWordEdge
)

// reNode is a regular expression.
type reNode struct {
	op       reOp
	set      runeSet
	assert   reAssertion
	sub      []*reNode
	min, max int // of a repetition; max -1 is no limit
	quant    pref
	group    int  // of a capture
	captures bool // it or a part of it captures
	pref     pref
	mixed    bool // parts of it prefer otherwise than it does
}

// reOptions are the letters of an option string.
type reOptions struct {
	fold, dotStops, lines, expanded, literal, global bool
}

func (o *reOptions) set(c byte) error {
	switch c {
	case 'c':
		o.fold = false
	case 'i':
		o.fold = true
	case 'm', 'n':
		o.dotStops, o.lines = true, true
	case 'p':
		o.dotStops, o.lines = true, false
	case 's':
		o.dotStops, o.lines = false, false
	case 'w':
		o.dotStops, o.lines = false, true
	case 't':
		o.expanded = false
	case 'x':
		o.expanded = true
	case 'q':
		o.literal = true
	case 'b', 'e':
		return errRegexFeature
	default:
		return errRegexOption
	}
	return nil
}

// reParser reads PostgreSQL's advanced regular expressions.
type reParser struct {
	s      string
	opts   reOptions
	groups int
	depth  int
}

// maxRegexDepth bounds how deep parentheses nest.
const maxRegexDepth = 200

// parseRegex returns the expression and the number of its groups.
func parseRegex(s string, opts reOptions) (*reNode, int, error) {
	p := reParser{s: s, opts: opts}
	if err := p.prefixes(); err != nil {
		return nil, 0, err
	}
	if p.opts.literal {
		return p.literalNode(), 0, nil
	}
	n, err := p.alternation()
	if err != nil {
		return nil, 0, err
	}
	if p.s != "" { // a parenthesis that nothing opened
		return nil, 0, errRegex
	}
	return n, p.groups, nil
}

// prefixes takes a director, ***: or ***=, and embedded options.
func (p *reParser) prefixes() error {
	if p.opts.literal {
		return nil
	}
	if rest, ok := strings.CutPrefix(p.s, "***"); ok {
		switch {
		case strings.HasPrefix(rest, "="):
			p.opts.literal, p.s = true, rest[1:]
			return nil
		case strings.HasPrefix(rest, ":"):
			p.s = rest[1:]
		default:
			return errRegex
		}
	}
	if len(p.s) > 2 && strings.HasPrefix(p.s, "(?") && lowerASCII(p.s[2]) >= 'a' && lowerASCII(p.s[2]) <= 'z' {
		end := strings.IndexByte(p.s, ')')
		if end < 0 {
			return errRegex
		}
		for _, c := range []byte(p.s[2:end]) {
			if err := p.opts.set(c); err == errRegexOption {
				return errRegex
			} else if err != nil {
				return err
			}
		}
		p.s = p.s[end+1:]
	}
	return nil
}

func (p *reParser) literalNode() *reNode {
	n := &reNode{op: reConcat}
	for _, r := range p.s {
		n.sub = append(n.sub, p.char(r))
	}
	return n
}

func (p *reParser) char(r rune) *reNode {
	set := runeSet{r, r}
	if p.opts.fold {
		set = set.folded()
	}
	return &reNode{op: reSet, set: set}
}

// blank drops blanks and comments of the expanded syntax, and (?#…) of any.
func (p *reParser) blank() error {
	for {
		switch {
		case strings.HasPrefix(p.s, "(?#"):
			end := strings.IndexByte(p.s, ')')
			if end < 0 {
				p.s = ""
				return nil
			}
			p.s = p.s[end+1:]
		case p.opts.expanded && p.s != "" && strings.IndexByte(blanks, p.s[0]) >= 0:
			p.s = p.s[1:]
		case p.opts.expanded && strings.HasPrefix(p.s, "#"):
			_, p.s, _ = strings.Cut(p.s, "\n")
		default:
			return nil
		}
	}
}

func (p *reParser) alternation() (*reNode, error) {
	if p.depth++; p.depth > maxRegexDepth {
		return nil, errRegexSize
	}
	defer func() { p.depth-- }()
	alt := &reNode{op: reAlt, pref: longer}
	for {
		b, err := p.branch()
		if err != nil {
			return nil, err
		}
		alt.sub = append(alt.sub, b)
		alt.captures = alt.captures || b.captures
		alt.mixed = alt.mixed || b.mixed || b.pref == shorter
		if !strings.HasPrefix(p.s, "|") {
			break
		}
		p.s = p.s[1:]
	}
	if len(alt.sub) == 1 {
		return alt.sub[0], nil
	}
	return alt, nil
}

func (p *reParser) branch() (*reNode, error) {
	var items []*reNode
	for {
		if err := p.blank(); err != nil {
			return nil, err
		}
		if p.s == "" || p.s[0] == '|' || p.s[0] == ')' {
			return grouped(items), nil
		}
		n, constraint, err := p.atom()
		if err != nil {
			return nil, err
		}
		if !constraint {
			if n, err = p.quantified(n); err != nil {
				return nil, err
			}
		}
		items = append(items, n)
	}
}

// grouped arranges a branch as PostgreSQL does, on which the places of captures depend: what captures nothing and prefers one
// length stands together, anything else apart, each before all that follows it.
func grouped(items []*reNode) *reNode {
	lump := &reNode{op: reConcat}
	for i, n := range items {
		both := lump.pref | n.pref
		if !n.captures && !n.mixed && both != longer|shorter {
			lump.sub, lump.pref = append(lump.sub, n), both
			continue
		}
		rest := joined(n, grouped(items[i+1:]))
		if len(lump.sub) == 0 {
			return rest
		}
		return joined(lump, rest)
	}
	return lump
}

func joined(a, b *reNode) *reNode {
	if b.op == reConcat && len(b.sub) == 0 {
		return a
	}
	n := &reNode{op: reConcat, sub: []*reNode{a, b}, captures: a.captures || b.captures, pref: a.pref}
	if n.pref == noPref {
		n.pref = b.pref
	}
	n.mixed = a.mixed || b.mixed || a.pref|b.pref == longer|shorter
	return n
}

// quantified takes a quantifier, if there is one.
func (p *reParser) quantified(n *reNode) (*reNode, error) {
	if err := p.blank(); err != nil || p.s == "" {
		return n, err
	}
	lo, hi, prefers := 0, -1, true
	switch p.s[0] {
	case '*':
		p.s = p.s[1:]
	case '+':
		lo, p.s = 1, p.s[1:]
	case '?':
		hi, p.s = 1, p.s[1:]
	case '{':
		if len(p.s) < 2 || p.s[1] < '0' || p.s[1] > '9' {
			return n, nil
		}
		var err error
		if lo, hi, prefers, err = p.bound(); err != nil {
			return nil, err
		}
	default:
		return n, nil
	}
	q := &reNode{op: reRepeat, sub: []*reNode{n}, min: lo, max: hi, captures: n.captures, mixed: n.mixed, pref: n.pref}
	lazy := strings.HasPrefix(p.s, "?")
	if lazy {
		p.s = p.s[1:]
	}
	if prefers {
		if q.quant = longer; lazy {
			q.quant = shorter
		}
		q.mixed = q.mixed || n.pref|q.quant == longer|shorter
		q.pref = q.quant
	}
	if err := p.blank(); err != nil {
		return nil, err
	}
	if p.s != "" && (p.s[0] == '*' || p.s[0] == '+' || p.s[0] == '?' || p.s[0] == '{' && len(p.s) > 1 && p.s[1] >= '0' && p.s[1] <= '9') {
		return nil, errRegex
	}
	if hi == 0 {
		return &reNode{op: reEmpty}, nil
	}
	return q, nil
}

// bound takes {m}, {m,} or {m,n}. Only those with a comma prefer a length.
func (p *reParser) bound() (lo, hi int, prefers bool, err error) {
	p.s = p.s[1:]
	if lo, err = p.number(); err != nil {
		return 0, 0, false, err
	}
	hi = lo
	if strings.HasPrefix(p.s, ",") {
		prefers, hi, p.s = true, -1, p.s[1:]
		if p.s != "" && p.s[0] >= '0' && p.s[0] <= '9' {
			if hi, err = p.number(); err != nil || hi < lo {
				return 0, 0, false, errRegex
			}
		}
	}
	if !strings.HasPrefix(p.s, "}") {
		return 0, 0, false, errRegex
	}
	p.s = p.s[1:]
	return lo, hi, prefers, nil
}

func (p *reParser) number() (int, error) {
	n := 0
	for p.s != "" && p.s[0] >= '0' && p.s[0] <= '9' {
		if n = n*10 + int(p.s[0]-'0'); n > 255 {
			return 0, errRegex
		}
		p.s = p.s[1:]
	}
	return n, nil
}

func assertion(a reAssertion) *reNode { return &reNode{op: reAssert, assert: a} }

// atom takes one atom or constraint; a constraint takes no quantifier.
func (p *reParser) atom() (n *reNode, constraint bool, err error) {
	r, size := utf8.DecodeRuneInString(p.s)
	switch r {
	case '*', '+', '?':
		return nil, false, errRegex
	case '{':
		if len(p.s) > 1 && p.s[1] >= '0' && p.s[1] <= '9' {
			return nil, false, errRegex
		}
	case '^', '$':
		p.s = p.s[1:]
		which := map[rune][2]reAssertion{'^': {atStart, atLineStart}, '$': {atEnd, atLineEnd}}[r]
		if p.opts.lines {
			return assertion(which[1]), true, nil
		}
		return assertion(which[0]), true, nil
	case '(':
		n, err = p.group()
		return n, false, err
	case '[':
		for text, a := range map[string]reAssertion{"[[:<:]]": atWordStart, "[[:>:]]": atWordEnd} {
			if rest, ok := strings.CutPrefix(p.s, text); ok {
				p.s = rest
				return assertion(a), true, nil
			}
		}
		p.s = p.s[1:]
		set, err := p.bracket()
		return &reNode{op: reSet, set: set}, false, err
	case '.':
		p.s = p.s[1:]
		set := anyRune
		if p.opts.dotStops {
			set = set.without('\n')
		}
		return &reNode{op: reSet, set: set}, false, nil
	case '\\':
		return p.escapeAtom()
	}
	p.s = p.s[size:]
	return p.char(r), false, nil
}

func (p *reParser) group() (*reNode, error) {
	p.s = p.s[1:]
	group := 0
	switch {
	case strings.HasPrefix(p.s, "?:"):
		p.s = p.s[2:]
	case strings.HasPrefix(p.s, "?=") || strings.HasPrefix(p.s, "?!") || strings.HasPrefix(p.s, "?<=") || strings.HasPrefix(p.s, "?<!"):
		return nil, errRegexFeature
	case strings.HasPrefix(p.s, "?"):
		return nil, errRegex
	default:
		p.groups++
		group = p.groups
	}
	n, err := p.alternation()
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(p.s, ")") {
		return nil, errRegex
	}
	p.s = p.s[1:]
	if group > 0 {
		n = &reNode{op: reCapture, sub: []*reNode{n}, group: group, captures: true, pref: n.pref, mixed: n.mixed}
	}
	return n, nil
}
