package mssql

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	driver "github.com/microsoft/go-mssqldb"

	"github.com/atoll-sql/atoll/connectors"
)

func TestCheckReadOnly(t *testing.T) {
	for _, sql := range []string{
		"SELECT 1", "select 1", " \n\tSELECT(1)", "-- SELECT\nSELECT 1", "/* a /* b */ DROP TABLE */ SELECT 1", "SELECT/**/1",
		"SELECT 'x; DROP TABLE t', [DROP], \"INTO\", [a]]; DROP]", "SELECT N'it''s; INTO' AS x -- ; DROP", "SELECT a.[update] FROM t AS a",
		"SELECT inserted, dropped, into_, #into FROM t", "SELECT @into", "SELECT 1 /*",
	} {
		err := checkReadOnly("br-1", sql)
		if open := strings.HasSuffix(sql, "/*"); (err != nil) != open {
			t.Errorf("%q: %v", sql, err)
		}
	}
	for _, sql := range []string{
		"", "  -- SELECT", "INSERT INTO t VALUES (1)", "WITH x AS (SELECT 1 AS a) DELETE FROM x", "SELECT 1; DROP TABLE t", "SELECT 1 DROP TABLE t",
		"SELECT * INTO t FROM u", "SELECT 1 exec p", "SELECT 1;", "SELECTED", "EXEC p", "DROP TABLE t", "'SELECT'", "SELECT 'x", "SELECT [x",
		"SELECT 1 uPdAtE t SET a = 1", "SELECT * FROM OPENROWSET(BULK 'x', SINGLE_BLOB) AS x", "SELEKT 1", ";SELECT 1", "(SELECT 1)",
		"SELECT 1 /* /* */ DROP TABLE t", "SELECT 'a''; DROP", "SELECT 1 WAITFOR DELAY '1'",
	} {
		if err := checkReadOnly("br-1", sql); err == nil {
			t.Errorf("%q was let through", sql)
		}
	}
}

func TestInline(t *testing.T) {
	args := []connectors.Arg{{Text: "it's"}, {Null: true}, {Text: "a\\\nb\\\r\nc"}, {Text: "@p1"}}
	for _, tc := range []struct{ sql, want string }{
		{"SELECT @p1", "SELECT CAST(N'it''s' AS nvarchar(max))"}, {"SELECT @p1, @p2", "SELECT CAST(N'it''s' AS nvarchar(max)), CAST(NULL AS nvarchar(max))"},
		{"SELECT '@p1', N'it''s @p1', [@p1], [a]]@p1], \"@p1\" -- @p1\n, @p1", "SELECT '@p1', N'it''s @p1', [@p1], [a]]@p1], \"@p1\" -- @p1\n, CAST(N'it''s' AS nvarchar(max))"},
		{"SELECT /* @p1 /* */ @p1 */ @P4", "SELECT /* @p1 /* */ @p1 */ CAST(N'@p1' AS nvarchar(max))"},
		{"SELECT @p3", "SELECT (CAST(N'' AS nvarchar(max)) + N'a\\' + N'\nb\\' + N'\r\nc')"},
		{"SELECT @p10, @p01, @p, @p1x, @@p1, @p5, x@p1", "SELECT @p10, @p01, @p, @p1x, @@p1, @p5, x@p1"},
	} {
		if got := inline(tc.sql, args); got != tc.want {
			t.Errorf("%q\n got %q\nwant %q", tc.sql, got, tc.want)
		}
	}
}

func TestCompose(t *testing.T) {
	stmt := connectors.Statement{SQL: "SELECT @p1, @p2", Args: []connectors.Arg{{Text: "x"}, {Null: true}}}
	text, args := compose(stmt, snapshot)
	if text != "SET TRANSACTION ISOLATION LEVEL SNAPSHOT;\nSELECT @p1, @p2" || len(args) != 2 ||
		args[0].Value != driver.NVarCharMax("x") || args[0].Ordinal != 1 || args[1].Value != (sql.NullString{}) {
		t.Errorf("%q, %v", text, args)
	}
	stmt.SQL = "SELECT"
	for i := range maxParams + 1 {
		stmt.SQL += fmt.Sprintf(" + @p%d", i+1)
		stmt.Args = append(stmt.Args[:i], connectors.Arg{Text: fmt.Sprint(i)})
	}
	text, args = compose(stmt, "")
	if len(args) != 0 || strings.Contains(text, "@") || !strings.HasSuffix(text, "+ CAST(N'1999' AS nvarchar(max)) + CAST(N'2000' AS nvarchar(max))") {
		t.Errorf("…%q, %d parameters", text[len(text)-40:], len(args))
	}
}

// TestComposeSecrets: beyond maxParams, too, a secret stays a parameter, under the number that it has among the secrets.
func TestComposeSecrets(t *testing.T) {
	stmt := connectors.Statement{SQL: "SELECT @p2001, @p1, @p2002, @p2, @p2001"}
	for i := range maxParams {
		stmt.Args = append(stmt.Args, connectors.Arg{Text: fmt.Sprint("plain-", i)})
	}
	stmt.Args = append(stmt.Args, connectors.Arg{Text: "hidden-1", Secret: true}, connectors.Arg{Text: "hidden-2", Secret: true})
	text, args := compose(stmt, "")
	want := "SELECT @p1, CAST(N'plain-0' AS nvarchar(max)), @p2, CAST(N'plain-1' AS nvarchar(max)), @p1"
	if text != want || len(args) != 2 || args[0].Value != driver.NVarCharMax("hidden-1") || args[1].Value != driver.NVarCharMax("hidden-2") ||
		args[0].Ordinal != 1 || args[1].Ordinal != 2 {
		t.Errorf("%q, %v", text, args)
	}
}

// FuzzScan: every byte belongs to one token, and what is inlined stays one statement.
func FuzzScan(f *testing.F) {
	f.Add("SELECT @p1, 'a''b', [c]]d], \"e\" /* /* */ */ -- f\n", "it's")
	f.Fuzz(func(t *testing.T, sql, arg string) {
		var b strings.Builder
		for pos := 0; pos < len(sql); {
			_, end := scan(sql, pos)
			if end <= pos || end > len(sql) {
				t.Fatalf("token of %q from %d to %d", sql, pos, end)
			}
			b.WriteString(sql[pos:end])
			pos = end
		}
		if b.String() != sql {
			t.Fatalf("%q became %q", sql, b.String())
		}
		if checkReadOnly("", sql) == nil {
			if err := checkReadOnly("", inline(sql, []connectors.Arg{{Text: arg}})); err != nil {
				t.Fatalf("%q with %q: %v", sql, arg, err)
			}
		}
	})
}
