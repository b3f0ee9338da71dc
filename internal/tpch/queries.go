package tpch

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/atoll-sql/atoll/internal/logictest"
)

// Dialects in which the queries are written: standard text as PostgreSQL reads it, and MySQL's.
var Dialects = []string{"postgres", "mysql"}

// QueryCount is how many queries there are, numbered from 1.
const QueryCount = 22

// tied are the queries whose ORDER BY may leave rows in any order among equals: its columns, from 1. The order of all others is total.
var tied = map[int][]int{3: {2, 3}, 5: {2}, 10: {3}, 11: {2}, 18: {5, 4}}

// Query reads a query with the specification's validation parameters from testdata/tpch, as a case that says how its
// answers compare.
func Query(dialect string, number int) (logictest.Case, error) {
	root, err := moduleRoot()
	if err != nil {
		return logictest.Case{}, err
	}
	name := fmt.Sprintf("q%02d", number)
	text, err := os.ReadFile(filepath.Join(root, "testdata", "tpch", dialect, name+".sql"))
	if err != nil {
		return logictest.Case{}, err
	}
	keys := tied[number]
	return logictest.Case{Name: name, File: dialect, SQL: string(text), Keys: keys, Ordered: keys == nil}, nil
}

// moduleRoot is the nearest directory with a go.mod, from the working directory upwards.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if filepath.Dir(dir) == dir {
			return "", fmt.Errorf("no go.mod above the working directory: run within the module, where testdata/tpch is")
		}
		dir = filepath.Dir(dir)
	}
}
