package planpage

import (
	"slices"
	"strings"
)

// clause is a piece of a statement that gets lines of its own, and how many parentheses it stands in.
type clause struct {
	Depth int
	Text  string
}

// heads are words that begin a clause where they belong to a SELECT.
var heads = []string{"FROM", "WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "OFFSET", "UNION", "INTERSECT", "EXCEPT", "JOIN"}

// joins are words that may stand before JOIN, and begin the clause then.
var joins = []string{"LEFT", "RIGHT", "FULL", "INNER", "CROSS"}

// clauses cuts a statement where a reader would begin a line. The pieces together are the statement; a cut in the wrong place
// is unsightly and nothing else, so this knows of every dialect only what quotes.
func clauses(sql string) []clause {
	s := splitter{sql: sql, selects: []bool{false}}
	for i := 0; i < len(sql); {
		i = s.token(i)
	}
	return s.upTo(len(sql), 0).out
}

type splitter struct {
	sql     string
	out     []clause
	from    int    // where the piece begins
	depth   int    // of the piece
	selects []bool // of each open parenthesis, and of none: does a SELECT stand in it
	before  string // the word before
	beforeI int    // and its place
}

// token reads what begins at i and returns where it ends.
func (s *splitter) token(i int) int {
	switch c := s.sql[i]; {
	case c == '\'' || c == '"' || c == '`':
		return s.quoted(i, c)
	case c == '[':
		return s.quoted(i, ']')
	case c == '(':
		s.selects = append(s.selects, false)
	case c == ')' && len(s.selects) > 1:
		last := len(s.selects) - 1
		ends := s.selects[last]
		s.selects = s.selects[:last]
		if ends {
			s.upTo(i+1, last-1)
		}
	case wordByte(c):
		end := i
		for end < len(s.sql) && wordByte(s.sql[end]) {
			end++
		}
		s.word(i, s.sql[i:end])
		return end
	}
	return i + 1
}

func (s *splitter) quoted(i int, end byte) int {
	n := strings.IndexByte(s.sql[i+1:], end)
	if n < 0 {
		return len(s.sql)
	}
	return i + n + 2
}

func wordByte(c byte) bool {
	return c == '_' || c == '$' || c == '@' || c == '.' || c >= 0x80 || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

func (s *splitter) word(i int, w string) {
	open := len(s.selects) - 1
	switch {
	case w == "SELECT":
		s.selects[open] = true
		s.upTo(i, open)
	case !s.selects[open] || !slices.Contains(heads, w) || s.before == "DISTINCT" || s.before == "WITHIN":
	case w == "JOIN" && slices.Contains(joins, s.before):
		s.upTo(s.beforeI, open)
	default:
		s.upTo(i, open)
	}
	s.before, s.beforeI = w, i
}

// upTo ends the piece, and begins one of a depth.
func (s *splitter) upTo(i, depth int) *splitter {
	if i > s.from {
		s.out = append(s.out, clause{min(s.depth, 8), s.sql[s.from:i]})
		s.from = i
	}
	s.depth = depth
	return s
}
