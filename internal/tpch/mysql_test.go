package tpch

import (
	"regexp"
	"testing"

	"github.com/atoll-sql/atoll/internal/logictest"
)

// fromMySQL writes what only the MySQL texts use as PostgreSQL does.
var fromMySQL = []struct {
	mysql    *regexp.Regexp
	postgres string
}{
	{regexp.MustCompile(`date_add\(('[0-9-]+'), interval ([0-9]+) (month|year)\)`), `(date $1 + interval '$2 $3')`},
	{regexp.MustCompile(`date_sub\(('[0-9-]+'), interval ([0-9]+) day\)`), `(date $1 - interval '$2 day')`},
	{regexp.MustCompile(`year\(([a-z_]+)\)`), `extract(year from $1)`},
}

// TestMySQLTextsAskTheSame asks one PostgreSQL both texts of each query.
func TestMySQLTextsAskTheSame(t *testing.T) {
	conn, _, _ := loaded(t)
	for n := 1; n <= QueryCount; n++ {
		q, err := Query("postgres", n)
		if err != nil {
			t.Fatal(err)
		}
		other, err := Query("mysql", n)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range fromMySQL {
			other.SQL = r.mysql.ReplaceAllString(other.SQL, r.postgres)
		}
		want, err := logictest.FromPostgres(t.Context(), conn, q.SQL, nil)
		if err != nil {
			t.Fatalf("query %d: %v", n, err)
		}
		got, err := logictest.FromPostgres(t.Context(), conn, other.SQL, nil)
		if err != nil {
			t.Fatalf("query %d in MySQL's spelling: %v", n, err)
		}
		if err := logictest.Compare(q, want, got); err != nil {
			t.Errorf("query %d: %v", n, err)
		}
	}
}
