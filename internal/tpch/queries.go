package tpch

import (
	"embed"
	"fmt"

	"github.com/atoll-sql/atoll/internal/logictest"
)

// texts are the queries, a folder for each dialect.
//
//go:embed queries
var texts embed.FS

// Dialects in which the queries are written: standard text as PostgreSQL reads it, and MySQL's.
var Dialects = []string{"postgres", "mysql"}

// QueryCount is how many queries there are, numbered from 1.
const QueryCount = 22

// tied are the queries whose ORDER BY may leave rows in any order among equals: its columns, from 1. The order of all others is total.
var tied = map[int][]int{3: {2, 3}, 5: {2}, 10: {3}, 11: {2}, 18: {5, 4}}

// Query returns a query with the specification's validation parameters, as a case that says how its answers compare.
func Query(dialect string, number int) (logictest.Case, error) {
	name := fmt.Sprintf("q%02d", number)
	text, err := texts.ReadFile("queries/" + dialect + "/" + name + ".sql")
	if err != nil {
		return logictest.Case{}, fmt.Errorf("there is no query %d of TPC-H in the dialect %s: %w", number, dialect, err)
	}
	keys := tied[number]
	return logictest.Case{Name: name, File: dialect, SQL: string(text), Keys: keys, Ordered: keys == nil}, nil
}
