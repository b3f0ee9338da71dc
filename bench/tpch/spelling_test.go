package tpch

import (
	"testing"

	"github.com/atoll-sql/atoll/bench/peers"
	"github.com/atoll-sql/atoll/internal/logictest"
	rows "github.com/atoll-sql/atoll/internal/tpch"
)

// TestSpelling: each rewrite still finds what it changes, and peers without one are asked PostgreSQL's text.
func TestSpelling(t *testing.T) {
	for n := 1; n <= rows.QueryCount; n++ {
		c, err := rows.Query("postgres", n)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range Names {
			text, err := textFor(p, n, c)
			if err != nil {
				t.Error(err)
			}
			if _, own := spelling[p][n]; own == (text == c.SQL) {
				t.Errorf("query %d for %s: a text of its own: %t", n, p, text != c.SQL)
			}
		}
	}
	if _, err := textFor(peers.Trino, 1, logictest.Case{SQL: "select 1"}); err == nil {
		t.Error("a rewrite of what does not stand there is no error")
	}
}
