package duckdb

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	duck "github.com/duckdb/duckdb-go-bindings"

	"github.com/atoll-sql/atoll/connectors"
)

// prepare prepares a statement and binds $1, $2, … as texts. A statement need not use every argument.
func (r *reader) prepare(sql string, args []connectors.Arg) error {
	if duck.Prepare(r.conn.c, sql, &r.stmt) == duck.StateError {
		return engineError(duck.PrepareError(r.stmt))
	}
	count := int(duck.NParams(r.stmt))
	if count > 0 && duck.ParameterName(r.stmt, duck.IdxT(count)) == "" {
		// There are gaps, and DuckDB binds only by position up to the count.
		used := usedParams(sql)
		if len(used) == 0 || used[len(used)-1] > len(args) {
			return missingParams(args)
		}
		duck.DestroyPrepare(&r.stmt)
		dense := make([]connectors.Arg, len(used))
		for i, n := range used {
			dense[i] = args[n-1]
		}
		return r.prepare(renumber(sql, used), dense)
	}
	if count > len(args) {
		return missingParams(args)
	}
	return bindArgs(r.stmt, args[:count])
}

func missingParams(args []connectors.Arg) error {
	return fmt.Errorf("the statement uses parameters beyond the %d given", len(args))
}

func bindArgs(stmt duck.PreparedStatement, args []connectors.Arg) error {
	for i, arg := range args {
		var state duck.State
		index := duck.IdxT(i + 1)
		if arg.Null {
			state = duck.BindNull(stmt, index)
		} else {
			state = duck.BindVarcharLength(stmt, index, arg.Text, duck.IdxT(len(arg.Text)))
		}
		if state == duck.StateError {
			return fmt.Errorf("DuckDB refused parameter $%d", i+1)
		}
	}
	return nil
}

// lexemes matches what may hide a parameter, and parameters: texts, names, comments, dollar-quoted texts, $n.
var lexemes = regexp.MustCompile(`(?s)[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|\$\$.*?\$\$|[\pL_][\pL\pN_$]*|\$[0-9]+`)

// usedParams lists the numbers of the parameters in a statement, ascending.
func usedParams(sql string) []int {
	var used []int
	for _, lex := range lexemes.FindAllString(sql, -1) {
		if n := paramNumber(lex); n > 0 && !slices.Contains(used, n) {
			used = append(used, n)
		}
	}
	slices.Sort(used)
	return used
}

// renumber replaces each parameter by its place, from 1 on, in used.
func renumber(sql string, used []int) string {
	return lexemes.ReplaceAllStringFunc(sql, func(lex string) string {
		if n := paramNumber(lex); n > 0 {
			return "$" + strconv.Itoa(slices.Index(used, n)+1)
		}
		return lex
	})
}

// paramNumber is the number of a parameter, or 0 if the lexeme is something else.
func paramNumber(lex string) int {
	digits, ok := strings.CutPrefix(lex, "$")
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}
