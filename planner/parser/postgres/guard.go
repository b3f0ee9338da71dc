package postgres

import (
	"strings"
	"unicode/utf8"

	"github.com/pganalyze/pg_query_go/v6"

	"github.com/atoll-sql/atoll/planner/ast"
)

// The limits of a query's text. The grammar's C code recurses over what it has read, about 340 bytes of stack
// for each operator of a chain and up to 2 kB for each level of nesting, without looking at the end of its
// stack (8 MB as a rule): beyond it the process dies. At all limits together it needs less than half of that.
const (
	maxBytes     = 4 << 20
	maxTokens    = 600_000     // a list of 100,000 rows of two columns has 600,000
	maxChain     = 4_000       // operators on one path from the root, not counting AND and OR
	maxNesting   = 1_000       // ( [ CASE
	maxSetOps    = 1_000       // UNION, INTERSECT, EXCEPT in all
	maxJoins     = 1_000       // JOIN in all
	maxWork      = 200_000_000 // tokens × depth: what the grammar spends on encoding its result
	unguardedLen = 2_000       // too short to reach a limit: neither a chain nor unclosed brackets of 2,000 hurt
)

// guard refuses text that the grammar should not see.
func guard(sql string) error {
	if len(sql) > maxBytes {
		return ast.Errorf("54000", -1, "the query is too long: %d bytes, of which at most %d are allowed", len(sql), maxBytes)
	}
	if pos := strings.IndexByte(sql, 0); pos >= 0 {
		return ast.Errorf("22021", pos, "the query contains a NUL byte")
	}
	if pos := invalidUTF8(sql); pos >= 0 {
		return ast.Errorf("22021", pos, "the query is not valid UTF-8")
	}
	if len(sql) <= unguardedLen {
		return nil
	}
	g := newMeter()
	if err := scan(sql, func(tok pg_query.Token, pos, _ int) error { return g.token(tok, pos) }); err != nil {
		return err
	}
	return g.finish()
}

// invalidUTF8 returns the offset of the first byte that is not UTF-8, or -1.
func invalidUTF8(s string) int {
	if utf8.ValidString(s) {
		return -1
	}
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return i
			}
		}
	}
	return -1
}

// meter finds from the tokens an upper bound for the depth of the tree that the grammar will build. Brackets
// and CASE … END are groups; a group is divided into segments by what only makes lists longer (comma, AND, OR,
// WHEN, THEN, ELSE). A segment is as deep as it has operators, plus its deepest group; a group is as deep as its
// deepest segment, plus its joins and set operations, which reach across commas.
type meter struct {
	groups  []group // the open ones, outermost first; groups[0] is the text itself
	prev    pg_query.Token
	tokens  int
	joins   int
	setOps  int
	deepest int // nesting, at most
}

type group struct {
	opener   pg_query.Token
	fixed    int // joins and set operations
	deepest  int // the deepest segment that is complete
	chain    int // operators in the current segment
	inner    int // its deepest group
	betweens int // BETWEEN whose AND is yet to come
}

func newMeter() *meter { return &meter{groups: make([]group, 1, 16)} }

func (g *group) depth() int { return g.fixed + max(g.deepest, g.chain+g.inner) }

func (g *group) endSegment() {
	g.deepest = max(g.deepest, g.chain+g.inner)
	g.chain, g.inner, g.betweens = 0, 0, 0
}

// token takes the next token; comments are not tokens.
func (m *meter) token(tok pg_query.Token, pos int) error {
	m.tokens++
	if m.tokens > maxTokens {
		return ast.Errorf("54000", pos, "the query is too long: more than %d words, numbers and signs", maxTokens)
	}
	afterDot := m.prev == pg_query.Token_ASCII_46
	m.prev = tok
	if afterDot && tok != pg_query.Token_ASCII_40 && tok != pg_query.Token_ASCII_91 {
		return nil // t.end and t.or are columns
	}
	return m.measure(tok, pos)
}

func (m *meter) measure(tok pg_query.Token, pos int) error {
	g := &m.groups[len(m.groups)-1]
	switch roles[tok&1023] {
	case roleOpen:
		return m.open(tok, pos)
	case roleClose:
		m.close(opens[tok])
	case roleSeparator:
		g.endSegment()
	case roleAnd:
		if g.betweens == 0 {
			g.endSegment()
			return nil
		}
		g.betweens--
	case roleBetween:
		g.betweens++
		g.chain++
	case roleOperator:
		g.chain++
	case roleJoin:
		m.joins++
		g.fixed++
		if m.joins > maxJoins {
			return tooComplex(pos, "more than %d joins", maxJoins)
		}
	case roleSetOp:
		m.setOps++
		g.fixed++
		if m.setOps > maxSetOps {
			return tooComplex(pos, "more than %d set operations (UNION, INTERSECT, EXCEPT)", maxSetOps)
		}
	}
	// Read again: close has made another group the innermost one.
	if m.groups[len(m.groups)-1].depth() > maxChain {
		return tooComplex(pos, "more than %d operators in a chain", maxChain)
	}
	return nil
}

func (m *meter) open(tok pg_query.Token, pos int) error {
	if len(m.groups) > maxNesting {
		return tooComplex(pos, "more than %d levels of parentheses, brackets and CASE", maxNesting)
	}
	m.groups = append(m.groups, group{opener: tok})
	m.deepest = max(m.deepest, len(m.groups))
	return nil
}

// close ends the innermost group that opener began, and with it those inside it that were never closed (a
// column may be called CASE). Where there is none the grammar will say so. END closes only the innermost.
func (m *meter) close(opener pg_query.Token) {
	at := len(m.groups) - 1
	for opener != pg_query.Token_CASE && at > 0 && m.groups[at].opener != opener {
		at--
	}
	if at == 0 || m.groups[at].opener != opener {
		return
	}
	for len(m.groups) > at {
		m.pop()
	}
}

func (m *meter) pop() {
	last := len(m.groups) - 1
	depth := m.groups[last].depth()
	m.groups = m.groups[:last]
	m.groups[last-1].inner = max(m.groups[last-1].inner, depth)
}

// finish judges the whole.
func (m *meter) finish() error {
	for len(m.groups) > 1 {
		m.pop()
	}
	depth := m.groups[0].depth()
	if depth > maxChain {
		return tooComplex(-1, "more than %d operators in a chain", maxChain)
	}
	if m.tokens*(depth+m.deepest) > maxWork {
		return tooComplex(-1, "a long list (%d words, numbers and signs) within deep nesting (%d)", m.tokens, depth+m.deepest)
	}
	return nil
}

func tooComplex(pos int, format string, args ...any) error {
	e := ast.Errorf("54001", pos, "the query is too complex: "+format, args...)
	e.Hint = "put long lists of values into one IN (…) list"
	return e
}
