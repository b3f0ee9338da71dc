package logictest

import (
	"testing"

	"github.com/atoll-sql/atoll/internal/tdstest"
)

// TestMSSQLStatementsRun: a server takes every statement.
func TestMSSQLStatementsRun(t *testing.T) {
	l := drive("sqlserver", "sqlserver", "sqlserver")
	v := variantOf(t, newDataset(t), l)
	for _, shard := range l.Shards {
		server := tdstest.Start(t)
		statements, err := v.MSSQLStatements(l, shard.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, sql := range statements {
			if err := server.Exec(t.Context(), sql); err != nil {
				t.Errorf("%v\n%s", err, sql[:min(len(sql), 600)])
			}
		}
	}
}
