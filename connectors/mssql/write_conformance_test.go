package mssql

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/conformance"
)

// writes is a harness with what the suite must know in order to write.
func writes(h conformance.Harness) conformance.Writes {
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

// TestConformanceWrites runs the suite's part about writing against the test server; TestConformanceReal does so against another.
func TestConformanceWrites(t *testing.T) {
	s := server(t)
	exec := func(tb testing.TB, statements ...string) {
		tb.Helper()
		for _, sql := range statements {
			if err := s.Exec(context.Background(), transact(sql)); err != nil {
				tb.Fatalf("%s: %v", transact(sql), err)
			}
		}
	}
	exec(t, numbers("conformance_numbers")...)
	h := harness("conformance_numbers", "")
	h.Exec, h.Write = exec, exec
	h.Open = func(tb testing.TB) connectors.Connector { return openConformance(tb, s.DSN(), "") }
	h.Cut = func(testing.TB) { s.DropConnections() }
	conformance.RunWrites(t, writes(h))
}
