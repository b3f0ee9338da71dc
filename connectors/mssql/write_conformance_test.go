package mssql

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/conformance"
	"github.com/atoll-sql/atoll/internal/tdstest"
)

// writesHarness is the suite's harness over the test server.
func writesHarness(t *testing.T, s *tdstest.Server) conformance.Writes {
	exec := func(tb testing.TB, statements ...string) {
		tb.Helper()
		for _, sql := range statements {
			sql = strings.ReplaceAll(transact(sql), " numeric(", " decimal(")
			if err := s.Exec(context.Background(), sql); err != nil {
				tb.Fatalf("%s: %v", sql, err)
			}
		}
	}
	exec(t, numbers("conformance_numbers")...)
	h := harness("conformance_numbers", "")
	h.Exec, h.Write = exec, exec
	h.Open = func(tb testing.TB) connectors.Connector { return openConformance(tb, s.DSN(), "") }
	h.Cut = func(testing.TB) { s.DropConnections() }
	return conformance.Writes{Harness: h, Column: writtenColumn, Waits: true, Param: func(n int, typ string) string {
		return fmt.Sprintf("CAST(@p%d AS %s)", n, map[string]string{"bigint": "bigint", "text": "nvarchar(max)"}[typ])
	}}
}

// writtenColumn is the type of a column that holds values of a PostgreSQL type.
func writtenColumn(typ string) (string, bool) {
	switch typ {
	case "interval", "numeric":
		return "", false
	case "json", "jsonb", "text":
		return "nvarchar(max)", true
	case "bytea":
		return "varbinary(max)", true
	case "double precision":
		return "float", true
	case "boolean":
		return "bit", true
	case "character(5)":
		return "nchar(5)", true
	case "uuid":
		return "uniqueidentifier", true
	case "time without time zone":
		return "time(6)", true
	case "timestamp without time zone":
		return "datetime2(6)", true
	case "timestamp with time zone":
		return "datetimeoffset(6)", true
	}
	return strings.Replace(typ, "numeric", "decimal", 1), true
}

func TestConformanceWrites(t *testing.T) {
	w := writesHarness(t, server(t))
	w.Lacks = map[string]string{"cancel": "x", "conflict": "x"}
	conformance.RunWrites(t, w)
}
