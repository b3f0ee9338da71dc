package mysql

import (
	"sort"
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/planner/ast"
)

// writer writes tokens for the grammar: keywords and symbols as they are, all else by its index. Where a function has words
// between its arguments, EXTRACT(YEAR FROM a), it writes commas; where the grammar has its own idea of a type, in CAST, it
// writes CHAR with the index of a token that holds the type.
type writer struct {
	sql    string
	toks   []token
	out    strings.Builder
	starts []int    // by token, where it begins in out
	calls  []string // of every open parenthesis the word before it, if it is in wordyCalls
}

// wordyCalls are functions whose arguments may be separated by words, with the words that stand for a comma.
var wordyCalls = map[string]string{
	"cast": "", "convert": "", "extract": "from", "trim": "from", "position": "in", "substring": "from for", "substr": "from for", "mid": "from for",
}

func newWriter(sql string, toks []token) *writer {
	w := &writer{sql: sql, toks: toks, starts: make([]int, len(toks))}
	w.out.Grow(len(toks) * 8)
	return w
}

func (w *writer) write() error {
	for i := 0; i < len(w.toks); i++ {
		w.starts[i] = w.out.Len()
		last := i
		var err error
		switch t := &w.toks[i]; t.kind {
		case kindQuoted:
			w.name(i)
		case kindString, kindTemporal:
			w.index("'", i, "'")
		case kindNumber:
			w.index("", i, "")
		case kindParam:
			w.index(":v", i, "")
		case kindSymbol:
			last, err = w.symbol(i)
		default:
			last, err = w.word(i)
		}
		if err != nil {
			return err
		}
		for ; i < last; i++ {
			w.starts[i+1] = w.starts[i]
		}
	}
	return nil
}

func (w *writer) emit(s string) {
	w.out.WriteString(s)
	w.out.WriteByte(' ')
}

func (w *writer) index(before string, i int, after string) {
	w.emit(before + strconv.Itoa(i) + after)
}

func (w *writer) name(i int) { w.index("`", i, "`") }

// at is the token at an index, an empty one beyond the ends.
func (w *writer) at(i int) *token {
	if i < 0 || i >= len(w.toks) {
		return &token{}
	}
	return &w.toks[i]
}

// call is the function to whose parentheses the place belongs, if it is in wordyCalls.
func (w *writer) call() string {
	if len(w.calls) == 0 {
		return ""
	}
	return w.calls[len(w.calls)-1]
}

// symbol writes a symbol and returns the index of the last token that it took.
func (w *writer) symbol(i int) (int, error) {
	t := &w.toks[i]
	switch t.text {
	case "(":
		call := ""
		if _, ok := wordyCalls[w.at(i-1).word]; ok {
			call = w.at(i - 1).word
		}
		w.calls = append(w.calls, call)
	case ")":
		if len(w.calls) > 0 {
			w.calls = w.calls[:len(w.calls)-1]
		}
	case ",":
		switch w.call() {
		case "convert":
			w.emit(",")
			return w.castType(i + 1)
		case "extract", "position", "trim":
			return 0, syntaxError(t)
		}
	}
	w.emit(t.text)
	return i, nil
}

// word writes a word, and returns the index of the last token that it took.
func (w *writer) word(i int) (int, error) {
	t, prev, next := &w.toks[i], w.at(i-1), w.at(i+1)
	call := next.is("(")
	switch {
	case t.word == "":
		w.name(i)
	case w.call() != "" && strings.Contains(wordyCalls[w.call()], t.word) && t.isAny("from", "for", "in"):
		w.emit(",")
	case t.is("as") && w.call() == "cast":
		w.emit("as")
		return w.castType(i + 1)
	case t.is("using") && w.call() == "convert":
		return 0, named(t.pos, "CONVERT … USING", "all text is UTF-8: leave it out")
	case t.isAny("both", "leading", "trailing") && w.call() == "trim" && prev.is("("):
		w.index("'", i, "'")
		if !next.is("from") {
			w.emit(",")
		}
	case momentWords[t.word]:
		w.name(i)
		if !call {
			w.emit("()")
		}
	case t.is("offset") && w.at(i-2).is("limit"):
		w.emit(t.word)
	case t.is("all") && prev.is("select"):
		// SELECT ALL is SELECT
	case callWords[t.word] && call && !(t.is("mod") && operandEnd(prev)):
		w.name(i)
	case keywords[t.word]:
		w.emit(t.word)
	case reserved[t.word], callWords[t.word]:
		e := syntaxError(t)
		e.Hint = "it is a reserved word of MySQL: a name goes in backquotes"
		return 0, e
	default:
		w.name(i)
	}
	return i, nil
}

// castType reads the type that begins at i and ends before a closing parenthesis.
func (w *writer) castType(i int) (int, error) {
	end := i
	for depth := 0; end < len(w.toks); end++ {
		if w.toks[end].is("(") {
			depth++
		}
		if w.toks[end].is(")") {
			if depth--; depth < 0 {
				break
			}
		}
	}
	if end == i || end == len(w.toks) {
		return 0, w.endError(end)
	}
	typ, err := typeName(w.toks[i:end])
	if err != nil {
		return 0, err
	}
	w.toks[i].kind, w.toks[i].typ, w.toks[i].n = kindType, typ, end-i
	w.starts[i] = w.out.Len()
	w.index("char (", i, ")")
	return end - 1, nil
}

// endError is the error at the token of an index, or at the end of the text.
func (w *writer) endError(i int) *ast.Error {
	if i < len(w.toks) {
		return syntaxError(&w.toks[i])
	}
	return ast.Errorf("42601", len(strings.TrimRight(w.sql, " \t\r\n\f\v;")), "syntax error at end of input")
}

// syntaxError translates the grammar's error: it says behind which byte of its text it met what it did not expect.
func (w *writer) syntaxError(err error) error {
	message := err.Error()
	_, after, ok := strings.Cut(message, " at position ")
	digits, _, _ := strings.Cut(after, " ")
	pos, convErr := strconv.Atoi(digits)
	if !ok || convErr != nil {
		return ast.Errorf("42601", -1, "syntax error: %s", message)
	}
	if pos-1 >= w.out.Len() {
		return w.endError(len(w.toks))
	}
	i := sort.Search(len(w.starts), func(i int) bool { return w.starts[i] >= pos-1 }) - 1
	if strings.HasPrefix(message, "max nesting") {
		return tooComplex(w.at(i).pos, "more than %d levels of parentheses", maxNesting)
	}
	return w.endError(max(i, 0))
}
