// Package postgres is the parser door for PostgreSQL's SQL: it turns text into the common syntax tree, with
// PostgreSQL's own grammar (release 17). What the grammar accepts and the tree cannot carry is refused by
// name and position; nothing that was written is dropped in silence.
//
// The grammar is C code that trusts its caller with the depth of what it reads; guard.go bounds that first.
package postgres

import (
	"github.com/pganalyze/pg_query_go/v6"
	"github.com/pganalyze/pg_query_go/v6/parser"
	"google.golang.org/protobuf/proto"

	"github.com/atoll-sql/atoll/planner/ast"
)

// recursionLimit is for decoding the grammar's result. The guard's limits keep real trees well below it, at
// up to six levels of protobuf for each level of nesting and two for each operator.
const recursionLimit = 100_000

// Parse reads one query: SELECT, VALUES, TABLE or WITH before one of them, with or without a final semicolon.
// Every error is an *ast.Error: 42601 for what is no SQL or empty text, 0A000 for statements and
// constructs that are not supported, 54000 and 54001 for a query that exceeds a limit, 22021 for bytes that
// are not UTF-8. Positions, those in the tree too, are byte offsets into sql. Parse is safe for concurrent use.
func Parse(sql string) (*ast.Select, error) {
	if err := guard(sql); err != nil {
		return nil, err
	}
	if err := refuseStatement(sql); err != nil {
		return nil, err
	}
	encoded, err := parser.ParseToProtobuf(sql)
	if err != nil {
		return nil, grammarError(sql, err)
	}
	var tree pg_query.ParseResult
	if err := (proto.UnmarshalOptions{RecursionLimit: recursionLimit}).Unmarshal(encoded, &tree); err != nil {
		return nil, ast.Errorf("XX000", -1, "the grammar's result cannot be decoded: %v", err)
	}
	return convert(sql, tree.GetStmts())
}

// convert turns the only statement into the common tree.
func convert(sql string, stmts []*pg_query.RawStmt) (*ast.Select, error) {
	start := skipSpace(sql, 0)
	if len(stmts) == 0 {
		return nil, ast.Errorf("42601", -1, "the query is empty")
	}
	if len(stmts) > 1 {
		second := skipSpace(sql, int(stmts[1].GetStmtLocation()))
		e := ast.Errorf("0A000", second, "several statements in one text are not supported")
		e.Hint = "send one query at a time"
		return nil, e
	}
	stmt := stmts[0].GetStmt()
	body := stmt.GetSelectStmt()
	if body == nil {
		return nil, onlyReading(bodyPos(sql, start), nodeName(stmt))
	}
	c := &converter{sql: sql}
	query := c.query(body)
	if c.err != nil {
		return nil, c.err
	}
	query.Pos = ast.Pos(start)
	return query, nil
}
