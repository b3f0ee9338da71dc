package duckdb

import (
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/connectors"
)

// TestErrorClasses provokes DuckDB's own errors and looks at what a caller is told.
func TestErrorClasses(t *testing.T) {
	c := newShard(t, newFile(t, "CREATE TABLE t (n BIGINT, s VARCHAR)", "INSERT INTO t VALUES (5, 'secret-cell')"))
	for _, tc := range []struct {
		sql   string
		class connectors.Class
		state string
	}{
		{"SELECT n + 9223372036854775807 FROM t", connectors.ClassData, "22003"},
		{"SELECT (n * 100000)::SMALLINT FROM t", connectors.ClassData, "22003"},
		{"SELECT (n * 100.0)::DECIMAL(4,2)::BIGINT FROM t", connectors.ClassData, "22003"},
		{"SELECT s::BIGINT FROM t", connectors.ClassData, "22P02"},
		{"SELECT (s || ' out of range')::BIGINT FROM t", connectors.ClassData, "22P02"},
		{"SELECT s::UUID::VARCHAR::BIGINT FROM t", connectors.ClassData, "22P02"},
		{"SELECT count(s::DATE) FROM t", connectors.ClassData, "22007"},
		{"SELECT count(s::TIMESTAMP) FROM t", connectors.ClassData, "22007"},
		{"SELECT count(s::INTERVAL) FROM t", connectors.ClassData, "22007"},
		{"SELECT count(('2020-13-0' || n)::DATE) FROM t", connectors.ClassData, "22008"},
		{"SELECT count(TIMESTAMP '294246-01-01' + to_years(n::INTEGER * 1000)) FROM t", connectors.ClassData, "22008"},
		{"SELECT ln(n - 5)::BIGINT FROM t", connectors.ClassData, "2201E"},
		{"SELECT sqrt(n - 6)::BIGINT FROM t", connectors.ClassData, "2201F"},
		{"SELECT count(regexp_matches(s, '(' || s)) FROM t", connectors.ClassData, "2201B"},
		{"SELECT (SELECT x FROM (VALUES (1), (2)) v(x))::BIGINT FROM t", connectors.ClassData, "21000"},
		{"SELECT CASE WHEN n = 5 THEN error('sqlstate:22012') END::BIGINT FROM t", connectors.ClassData, "22012"},
		{"SELECT CASE WHEN n = 5 THEN error(s) END::BIGINT FROM t", connectors.ClassInternal, "XX000"},
		{"SELECT n FROM missing", connectors.ClassSchema, "42P01"},
		{"SELECT missing FROM t", connectors.ClassSchema, "42703"},
		{"SELECT t.missing FROM t", connectors.ClassSchema, "42703"},
		{"SELECT missing(n) FROM t", connectors.ClassSchema, "42883"},
		{"SELECT n + DATE '2020-01-01' || 1 << s FROM t", connectors.ClassSchema, "42804"},
		{"SELECT FROM WHERE 'sqlstate:22012'", connectors.ClassInternal, "42601"},
		{"DELETE FROM t", connectors.ClassPermission, "25006"},
	} {
		_, err := query(t, c, connectors.Statement{SQL: tc.sql, Schema: bigint})
		if err == nil {
			t.Errorf("%s: no error", tc.sql)
			continue
		}
		e := mustError(t, err)
		if e.Class != tc.class || e.SQLState != tc.state || e.Unwrap() == nil && tc.state != "25006" {
			t.Errorf("%s: class %q, %v, from %v", tc.sql, e.Class, err, e.Unwrap())
		}
		if strings.Contains(err.Error(), "secret-cell") || !strings.Contains(err.Error(), "us-1") {
			t.Errorf("%s: the text shows data or lacks the shard: %v", tc.sql, err)
		}
	}
}
