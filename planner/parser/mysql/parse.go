// Package mysql is the parser door for MySQL's SQL: it turns text into the common syntax tree, with the grammar of
// xwb1989/sqlparser and MySQL's meaning where that differs from PostgreSQL's and can be said in the tree. docs/mysql.md
// is the contract: what a spelling means here, and what is refused.
//
// The grammar is older than MySQL 8, knows no positions and drops or misreads what it does not know. So it never sees the
// text. scan.go makes tokens of it, with positions, by MySQL's rules; refuse.go refuses by name what the grammar lacks or
// would misread; write.go writes the tokens anew, keywords as they are and every name, string, number and parameter as
// its token's index. The leaves of the grammar's tree therefore lead back to the tokens, and to their places in the text.
package mysql

import (
	"github.com/xwb1989/sqlparser"

	"github.com/atoll-sql/atoll/planner/ast"
)

// Parse reads one query, a SELECT or a UNION of several, with or without a final semicolon. The parameters "?" become
// numbers from 1, left to right. Every error is an *ast.Error: 42601 for what is no SQL or empty text, 0A000 for
// what this door does not support, 54000 and 54001 for a query that exceeds a limit, 22021 for bytes that are not UTF-8.
// Positions, those in the tree too, are byte offsets into sql. Parse is safe for concurrent use.
func Parse(sql string) (*ast.Select, error) {
	toks, err := tokens(sql)
	if err != nil {
		return nil, err
	}
	w := newWriter(sql, toks)
	if err := w.write(); err != nil {
		return nil, err
	}
	stmt, grammarErr := sqlparser.Parse(w.out.String())
	if grammarErr != nil {
		return nil, w.syntaxError(grammarErr)
	}
	body, ok := stmt.(sqlparser.SelectStatement)
	if !ok {
		return nil, ast.Errorf("XX000", toks[0].pos, "the grammar took the query for a %T", stmt)
	}
	c := &converter{toks: toks, at: -1}
	query := c.query(body)
	if c.err != nil {
		return nil, c.err
	}
	return query, nil
}

// tokens cuts a text into the tokens of one query and refuses what the grammar must not see.
func tokens(sql string) ([]token, error) {
	if err := guardText(sql); err != nil {
		return nil, err
	}
	toks, err := scan(sql)
	if err != nil {
		return nil, err
	}
	if err := guardShape(toks); err != nil {
		return nil, err
	}
	if toks, err = oneStatement(toks); err != nil {
		return nil, err
	}
	if err := refuse(toks); err != nil {
		return nil, err
	}
	return joinLiterals(toks), nil
}
