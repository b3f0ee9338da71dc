package engine

// Like reports whether s matches the pattern under the collation of t, the common type of both. Spaces at the end count,
// except that those of a char or varchar s may be left over. A pattern's characters are compared by the collation one by
// one; hasEscape says whether escape was given, which must be one character (error 506).
func Like(s, pattern, escape String16, hasEscape bool, t Type) (bool, *Error) {
	c := collationOf(t.Collation)
	var esc String16
	if hasEscape {
		all := characters(escape, c.supplementary)
		if len(all) != 1 {
			return false, valueError(506, "The invalid escape character \"%s\" was specified in a LIKE predicate.", escape.String())
		}
		esc = all[0]
	}
	m := matcher{c: c, padded: !isUnicode(t.Kind), pattern: compilePattern(characters(pattern, c.supplementary), esc, c)}
	for _, character := range characters(s, c.supplementary) {
		m.text = append(m.text, character)
		m.units = append(m.units, c.unit(character))
	}
	return m.match(), nil
}

// element is one element of a pattern: % (any), _ (single), a character's unit, or a set of ranges.
type element struct {
	any, single bool
	unit        string
	ranges      [][2]string
	not, set    bool
}

func compilePattern(p []String16, escape String16, c *collation) []element {
	var out []element
	for i := 0; i < len(p); i++ {
		switch {
		case is(p[i], escape) && i+1 < len(p):
			i++
			out = append(out, element{unit: c.unit(p[i])})
		case isUnit(p[i], '%'):
			if len(out) == 0 || !out[len(out)-1].any {
				out = append(out, element{any: true})
			}
		case isUnit(p[i], '_'):
			out = append(out, element{single: true})
		case isUnit(p[i], '['):
			set, end := compileSet(p, i+1, escape, c)
			out = append(out, set)
			i = end
		default:
			out = append(out, element{unit: c.unit(p[i])})
		}
	}
	return out
}

// compileSet reads a set that opened before position i and returns the position of its ]. An empty set and one without ] match nothing.
func compileSet(p []String16, i int, escape String16, c *collation) (element, int) {
	e := element{set: true}
	if i < len(p) && isUnit(p[i], '^') {
		e.not = true
		i++
	}
	for ; i < len(p) && !isUnit(p[i], ']'); i++ {
		if is(p[i], escape) && i+1 < len(p) {
			i++
		}
		low := c.unit(p[i])
		high := low
		if i+2 < len(p) && isUnit(p[i+1], '-') && !isUnit(p[i+2], ']') {
			i += 2
			if is(p[i], escape) && i+1 < len(p) {
				i++
			}
			high = c.unit(p[i])
		}
		e.ranges = append(e.ranges, [2]string{low, high})
	}
	if i >= len(p) {
		return element{set: true}, i
	}
	return e, i
}

func isUnit(s String16, u uint16) bool { return len(s) == 1 && s[0] == u }

func is(s, escape String16) bool {
	return len(escape) > 0 && len(s) == len(escape) && s[0] == escape[0] && s[len(s)-1] == escape[len(s)-1]
}

type matcher struct {
	c       *collation
	padded  bool
	text    []String16
	units   []string
	pattern []element
}

// match walks text and pattern, going back to the last % when they part.
func (m *matcher) match() bool {
	i, j, star, mark := 0, 0, -1, 0
	for {
		switch {
		case j < len(m.pattern) && m.pattern[j].any:
			star, mark = j, i
			j++
		case j < len(m.pattern) && i < len(m.units) && m.pattern[j].matches(m.units[i]):
			i++
			j++
		case j == len(m.pattern) && (i == len(m.units) || m.padded && m.spaces(i)):
			return true
		case star >= 0 && mark < len(m.units):
			mark++
			i, j = mark, star+1
		default:
			return false
		}
	}
}

func (m *matcher) spaces(i int) bool {
	for ; i < len(m.text); i++ {
		if !isUnit(m.text[i], ' ') {
			return false
		}
	}
	return true
}

func (e *element) matches(unit string) bool {
	if e.single {
		return true
	}
	if !e.set {
		return e.unit == unit
	}
	in := false
	for _, r := range e.ranges {
		in = in || r[0] <= unit && unit <= r[1]
	}
	return in != e.not && (len(e.ranges) > 0)
}
