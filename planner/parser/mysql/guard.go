package mysql

import (
	"strings"
	"unicode/utf8"

	"github.com/atoll-sql/atoll/planner/ast"
)

// The limits of a query's text: those of the PostgreSQL door, so that what comes after a parser meets the same depths
// from both, but for the nesting, of which the grammar bears less.
const (
	maxBytes   = 4 << 20
	maxTokens  = 600_000 // a list of 100,000 rows of two columns has 600,000
	maxChain   = 4_000   // operators on one path from the root, not counting AND and OR
	maxNesting = 190     // ( and CASE; the grammar stops at 200
	maxSetOps  = 1_000   // UNION in all
	maxJoins   = 1_000   // JOIN in all
)

// guardText refuses text by its bytes.
func guardText(sql string) error {
	if len(sql) > maxBytes {
		return ast.Errorf("54000", -1, "the query is too long: %d bytes, of which at most %d are allowed", len(sql), maxBytes)
	}
	if pos := strings.IndexByte(sql, 0); pos >= 0 {
		return ast.Errorf("22021", pos, "the query contains a NUL byte")
	}
	for i := 0; i < len(sql); {
		r, size := utf8.DecodeRuneInString(sql[i:])
		if r == utf8.RuneError && size == 1 {
			return ast.Errorf("22021", i, "the query is not valid UTF-8")
		}
		i += size
	}
	return nil
}

// group is an open bracket or CASE. It is divided into segments by what only makes lists longer; a segment is as deep
// as it has operators, plus its deepest group.
type group struct {
	isCase   bool
	fixed    int // joins and set operations, which reach across commas
	deepest  int // the deepest segment that is complete
	chain    int // operators in the current segment
	inner    int // its deepest group
	betweens int // BETWEEN whose AND is yet to come
}

func (g *group) depth() int { return g.fixed + max(g.deepest, g.chain+g.inner) }

func (g *group) endSegment() {
	g.deepest = max(g.deepest, g.chain+g.inner)
	g.chain, g.inner, g.betweens = 0, 0, 0
}

// meter finds from the tokens an upper bound for the depth of the tree.
type meter struct {
	groups        []group // the open ones, outermost first; groups[0] is the text itself
	joins, setOps int
}

// guardShape refuses what would make too deep a tree.
func guardShape(toks []token) error {
	m := &meter{groups: make([]group, 1, 16)}
	for i := range toks {
		t := &toks[i]
		if t.kind != kindWord && t.kind != kindSymbol {
			continue
		}
		if err := m.token(t); err != nil {
			return err
		}
	}
	return nil
}

func (m *meter) token(t *token) error {
	g := &m.groups[len(m.groups)-1]
	word := t.word
	if t.kind == kindSymbol {
		word = t.text
	}
	switch word {
	case "(", "case":
		if len(m.groups) > maxNesting {
			return tooComplex(t.pos, "more than %d levels of parentheses and CASE", maxNesting)
		}
		m.groups = append(m.groups, group{isCase: word == "case"})
		return nil
	case ")", "end":
		m.close(word == "end")
	case ",", "or", "||", "when", "then", "else", "&&":
		g.endSegment()
	case "and":
		if g.betweens == 0 {
			g.endSegment()
		} else {
			g.betweens--
		}
	case "between":
		g.betweens++
		g.chain++
	case "+", "-", "*", "/", "%", "=", "<", ">", "<=", ">=", "<>", "!=", "<=>", "!", "div", "mod", "not", "is", "in", "like", "interval":
		g.chain++
	case "join", "straight_join":
		m.joins++
		g.fixed++
		if m.joins > maxJoins {
			return tooComplex(t.pos, "more than %d joins", maxJoins)
		}
	case "union":
		m.setOps++
		g.fixed++
		if m.setOps > maxSetOps {
			return tooComplex(t.pos, "more than %d set operations (UNION)", maxSetOps)
		}
	}
	if m.groups[len(m.groups)-1].depth() > maxChain {
		return tooComplex(t.pos, "more than %d operators in a chain", maxChain)
	}
	return nil
}

// close ends the innermost group if it was opened so; where it was not, the grammar will say so.
func (m *meter) close(isCase bool) {
	last := len(m.groups) - 1
	if last == 0 || m.groups[last].isCase != isCase {
		return
	}
	depth := m.groups[last].depth()
	m.groups = m.groups[:last]
	m.groups[last-1].inner = max(m.groups[last-1].inner, depth)
}

func tooComplex(pos int, format string, args ...any) *ast.Error {
	e := ast.Errorf("54001", pos, "the query is too complex: "+format, args...)
	e.Hint = "put long lists of values into one IN (…) list"
	return e
}
