package mysql

import (
	"strings"

	"github.com/atoll-sql/atoll/planner/ast"
)

// unsupported makes the error for what this door does not read; what names it, beginning in lower case or with a keyword.
func unsupported(pos int, what string) *ast.Error {
	e := ast.Errorf("0A000", pos, "%s is not supported in the mysql dialect", what)
	if e.Hint = hints[what]; e.Hint == "" {
		e.Hint = useOther
	}
	return e
}

// useOther is the hint where MySQL's SQL has nothing else to say it with that this door reads.
const useOther = "write the query in PostgreSQL's SQL, with --dialect postgres"

// syntaxError is the error at a token.
func syntaxError(t *token) *ast.Error {
	text := t.text
	if t.kind == kindParam {
		text = "?"
	}
	if r := []rune(text); len(r) > 40 {
		text = string(r[:40]) + "…"
	}
	return ast.Errorf("42601", t.pos, "syntax error at or near %q", text)
}

// oneStatement leaves the tokens of the only statement: without semicolons behind it and parentheses around it.
func oneStatement(toks []token) ([]token, error) {
	for len(toks) > 0 && toks[len(toks)-1].is(";") {
		toks = toks[:len(toks)-1]
	}
	if len(toks) == 0 {
		return nil, ast.Errorf("42601", -1, "the query is empty")
	}
	if err := firstWord(toks); err != nil {
		return nil, err
	}
	for i := range toks {
		if toks[i].is(";") {
			e := ast.Errorf("0A000", toks[i+1].pos, "several statements in one text are not supported")
			e.Hint = "send one query at a time"
			return nil, e
		}
	}
	for n := 0; n < maxNesting && toks[0].is("(") && closing(toks, 0) == len(toks)-1 && len(toks) > 2; n++ {
		toks = toks[1 : len(toks)-1]
	}
	return toks, nil
}

// firstWord refuses a statement that is no query by its first word.
func firstWord(toks []token) error {
	first := &toks[0]
	for i := 1; first.is("(") && i < len(toks); i++ {
		first = &toks[i]
	}
	switch {
	case first.is("select"):
		return nil
	case first.isAny("with", "values", "table"):
		return unsupported(first.pos, strings.ToUpper(first.word))
	case first.kind == kindWord && otherStatements[first.word]:
		e := ast.Errorf("0A000", first.pos, "%s is not supported: only reading queries (SELECT) are", strings.ToUpper(first.word))
		if first.isAny("explain", "describe", "desc") {
			e.Hint = "the command \"atoll explain\" shows the plan of a query"
		}
		return e
	}
	return syntaxError(first)
}

// closing is the index of the parenthesis that closes the one at i, or -1.
func closing(toks []token, i int) int {
	depth := 0
	for ; i < len(toks); i++ {
		switch {
		case toks[i].is("("):
			depth++
		case toks[i].is(")"):
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// refuse looks for what the grammar lacks or would misread.
func refuse(toks []token) error {
	none := token{}
	for i := range toks {
		next, after := &none, &none
		if i+1 < len(toks) {
			next = &toks[i+1]
		}
		if i+2 < len(toks) {
			after = &toks[i+2]
		}
		prev := &none
		if i > 0 {
			prev = &toks[i-1]
		}
		var err error
		switch toks[i].kind {
		case kindSymbol:
			err = refuseSymbol(toks, i, next)
		case kindWord:
			if toks[i].word != "" {
				err = refuseWord(&toks[i], prev, next, after)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func refuseSymbol(toks []token, i int, next *token) error {
	t := &toks[i]
	switch {
	case t.is(":") && next.kind == kindWord && next.pos == t.end:
		return named(t.pos, "a named parameter (:"+next.text+")", "write ?, and pass the values in their order")
	case t.is("$") && next.kind == kindNumber && next.pos == t.end:
		return named(t.pos, "the parameter $"+next.text, "write ?, and pass the values in their order")
	case t.isAny(":", "$", "\\"):
		return syntaxError(t)
	case refusedSymbols[t.text] != "":
		return unsupported(t.pos, refusedSymbols[t.text])
	case t.is("(") && derivedColumns(toks, i):
		return named(toks[i-1].pos, "a list of column names behind a derived table", "name the columns inside: SELECT … AS name")
	}
	return nil
}

// named is unsupported with a hint of its own; "" for the usual one.
func named(pos int, what, hint string) *ast.Error {
	e := unsupported(pos, what)
	if hint != "" {
		e.Hint = hint
	}
	return e
}

// derivedColumns says whether the parenthesis at i follows ") AS name" or ") name".
func derivedColumns(toks []token, i int) bool {
	if i < 2 || toks[i-1].kind != kindQuoted && !isPlainName(&toks[i-1]) {
		return false
	}
	i -= 2
	if i > 0 && toks[i].is("as") {
		i--
	}
	return toks[i].is(")")
}

// isPlainName: an unquoted word that cannot be a keyword or a call's name.
func isPlainName(t *token) bool {
	return t.kind == kindWord && t.word != "" && !keywords[t.word] && !reserved[t.word] && !callWords[t.word]
}

func refuseWord(t, prev, next, after *token) error {
	adjacent := next.kind == kindString && next.pos == t.end
	switch w := t.word; {
	case adjacent && (w == "x" || w == "b"):
		return unsupported(t.pos, "a hexadecimal or bit literal")
	case adjacent && w[0] != '_' && !keywords[w] && !reserved[w] && !isTemporalWord(t):
		return named(t.pos, "a string with a prefix ("+t.text+"'…')", "leave the prefix out; backslashes escape in every string")
	case w[0] == '_' && next.kind == kindString:
		return named(t.pos, "a string of a named character set ("+t.text+"'…')", "leave the name out: all text is UTF-8")
	case w == "with" && next.is("rollup"):
		return unsupported(t.pos, "GROUP BY … WITH ROLLUP")
	case w == "with":
		return unsupported(t.pos, "WITH")
	case w == "is" && (next.is("distinct") || next.is("not") && after.is("distinct")):
		return named(t.pos, "IS DISTINCT FROM", "write a <=> b, or NOT (a <=> b)")
	case w == "is" && (next.is("unknown") || next.is("not") && after.is("unknown")):
		return named(t.pos, "IS UNKNOWN", "write IS NULL")
	case w == "all" && prev.isAny("=", "<>", "!=", "<", "<=", ">", ">="):
		return unsupported(t.pos, "ALL (…)")
	}
	if pair, ok := refusedPairs[t.word]; ok && next.isAny(strings.Fields(pair.next)...) {
		return unsupported(t.pos, pair.what)
	}
	if what := refusedWords[t.word]; what != "" {
		return unsupported(t.pos, what)
	}
	return nil
}
