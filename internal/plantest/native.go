package plantest

import (
	"strings"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/internal/logictest"
)

// onSQLServer returns the columns of a table as a SQL Server shard describes them. Columns of types that it has not are
// left out, or have a type without a mapping.
func onSQLServer(t Table) []connectors.Column {
	var out []connectors.Column
	for _, c := range t.Columns {
		native, mapped := logictest.MSSQLType(t.Name, logictest.Column{Name: c.Name, Type: c.Type})
		if native == "" {
			continue
		}
		if c.Native = native; !mapped {
			c.Type = ""
		}
		out = append(out, c)
	}
	return out
}

func ddlOnSQLServer(t Table) string {
	var parts []string
	for _, c := range onSQLServer(t) {
		null := " NULL"
		if c.NotNull {
			null = " NOT NULL"
		}
		parts = append(parts, "["+c.Name+"] "+c.Native+null)
	}
	return "CREATE TABLE [" + t.Name + "] (" + strings.Join(parts, ", ") + ")"
}
