package duckdb

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/decimal256"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/conformance"
)

func TestConformance(t *testing.T) { conformance.Run(t, harness(t)) }

func TestConformanceWrites(t *testing.T) {
	conformance.RunWrites(t, conformance.Writes{
		Harness: harness(t),
		Column: func(typ string) (string, bool) {
			switch typ {
			case "numeric": // DuckDB has none without bounds
				return "", false
			case "character(5)", "jsonb":
				return "VARCHAR", true
			case "bytea":
				return "BLOB", true
			}
			return typ, true
		},
	})
}

// harness is the suite's for a new file.
func harness(t *testing.T) conformance.Harness {
	t.Helper()
	path := filepath.Join(t.TempDir(), "conformance.duckdb")
	exec := func(tb testing.TB, statements ...string) {
		tb.Helper()
		if err := Exec(testContext(tb), path, statements...); err != nil {
			tb.Fatal(err)
		}
	}
	exec(t)
	return conformance.Harness{
		Exec: exec,
		Open: func(tb testing.TB) connectors.Connector {
			c, err := Open(connectors.Config{Shard: "duck", DSN: path})
			if err != nil {
				tb.Fatal(err)
			}
			return c
		},
		Literal:        duckLiteral,
		Series:         func(n int) string { return fmt.Sprintf("SELECT range::BIGINT AS n FROM range(1, %d)", n+1) },
		Endless:        "SELECT count(*)::BIGINT FROM range(1000000) a, range(1000000) b WHERE (a.range * b.range) % 7 = 9",
		DivisionByZero: "SELECT CASE WHEN range = 3 THEN error('sqlstate:22012') ELSE range END::BIGINT FROM range(5)",
		Overflow:       "SELECT 9223372036854775807 + range FROM range(5)",
		BadCast:        "SELECT ('secret-cell' || range)::BIGINT FROM range(5)",
		TextColumn:     "SELECT 'secret-cell' AS v",
		Describe:       map[string]string{"c_char": "text"},
	}
}

// duckLiteral writes a PostgreSQL constant for DuckDB.
func duckLiteral(typ, text string) (string, bool) {
	quoted := literal(text)
	switch {
	case typ == "numeric":
		x, err := decimal256.FromString(text, 76, 38)
		if err != nil {
			return "", false
		}
		return fmt.Sprintf("unhex('%x')", appendWide(nil, x)), true
	case strings.HasPrefix(typ, "numeric"):
		return "CAST(" + quoted + " AS " + typ + ")", true
	case typ == "bytea":
		return "unhex('" + strings.TrimPrefix(text, `\x`) + "')", true
	case typ == "text", strings.HasPrefix(typ, "character"):
		return quoted + "::VARCHAR", true
	case typ == "jsonb":
		return quoted + "::VARCHAR", true
	case typ == "interval": // DuckDB reads no plus sign in one
		return literal(strings.ReplaceAll(text, "+", "")) + "::INTERVAL", true
	case strings.HasPrefix(typ, "date"), strings.HasPrefix(typ, "timestamp"):
		text = strings.Replace(text, " BC", " (BC)", 1)
		return literal(text) + "::" + typ, true
	}
	return "CAST(" + quoted + " AS " + typ + ")", true
}
