package conformance

import (
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/connectors"
)

// tableColumns is the suite's table for Describe: name, declared type, canonical type.
var tableColumns = []struct{ name, ddl, want string }{
	{"id", "bigint NOT NULL", "bigint"},
	{"c_small", "smallint", "smallint"},
	{"c_int", "integer", "integer"},
	{"c_real", "real", "real"},
	{"c_double", "double precision", "double precision"},
	{"c_bool", "boolean", "boolean"},
	{"c_numeric", "numeric(15,2)", "numeric(15,2)"},
	{"c_text", "text", "text"},
	{"c_varchar", "varchar(10)", "text"},
	{"c_char", "char(5)", "character(5)"},
	{"c_bytea", "bytea", "bytea"},
	{"c_date", "date", "date"},
	{"c_time", "time", "time without time zone"},
	{"c_timestamp", "timestamp", "timestamp without time zone"},
	{"c_timestamptz", "timestamp with time zone", "timestamp with time zone"},
	{"c_interval", "interval", "interval"},
	{"c_uuid", "uuid", "uuid"},
	{"c_json", "json", "json"},
	{`"Odd ""Name"""`, "integer", "integer"},
}

func testDescribe(t *testing.T, h Harness) {
	var defs []string
	for _, col := range tableColumns {
		defs = append(defs, col.name+" "+col.ddl)
	}
	h.Exec(t,
		"DROP VIEW IF EXISTS conformance_view", "DROP TABLE IF EXISTS conformance_types", `DROP TABLE IF EXISTS "Conformance Odd"`,
		"CREATE TABLE conformance_types ("+strings.Join(defs, ", ")+")",
		`CREATE TABLE "Conformance Odd" (a integer)`,
		"CREATE VIEW conformance_view AS SELECT id, c_text FROM conformance_types",
	)
	c := h.open(t)
	names := []string{"Conformance Odd", "no_such_table_here", "conformance_types", "conformance_view"}
	tables, err := c.Describe(testContext(t), names)
	if err != nil {
		t.Fatal(err)
	}
	if len(tables) != 3 || tables[0].Name != names[0] || tables[1].Name != names[2] || tables[2].Name != names[3] {
		t.Fatalf("described %+v, want %q without the missing one, in order", tables, names)
	}
	checkColumns(t, h, tables[1].Columns)
	if view := tables[2]; len(view.Columns) != 2 || view.Columns[0].Type != "bigint" {
		t.Errorf("the view: %+v", view)
	}
	for _, table := range tables {
		if table.Rows < -1 || table.Bytes < -1 {
			t.Errorf("table %s: %d rows, %d bytes", table.Name, table.Rows, table.Bytes)
		}
	}
	if none, err := c.Describe(testContext(t), nil); err != nil || len(none) != 0 {
		t.Errorf("describing nothing: %v, %v", none, err)
	}
}

func checkColumns(t *testing.T, h Harness, cols []connectors.Column) {
	t.Helper()
	if len(cols) != len(tableColumns) {
		t.Fatalf("%d columns, want %d", len(cols), len(tableColumns))
	}
	for i, col := range cols {
		want := tableColumns[i]
		name := want.name
		if strings.HasPrefix(want.name, `"`) {
			name = strings.ReplaceAll(want.name[1:len(want.name)-1], `""`, `"`)
		}
		typ := want.want
		if other, ok := h.Describe[name]; ok {
			typ = other
		}
		if h.FoldsNames {
			name = strings.ToLower(name)
		}
		if col.Name != name || col.Type != typ || col.Native == "" {
			t.Errorf("column %d: %+v, want %s %s", i+1, col, name, typ)
		}
		if col.NotNull != (name == "id") {
			t.Errorf("column %s: NotNull is %v", name, col.NotNull)
		}
	}
}

// testReadOnly tries to write through the connector.
func testReadOnly(t *testing.T, h Harness) {
	h.Exec(t, "DROP TABLE IF EXISTS conformance_ro", "CREATE TABLE conformance_ro (n bigint)")
	c := h.open(t)
	for _, sql := range []string{"INSERT INTO conformance_ro VALUES (1) RETURNING n", "DROP TABLE conformance_ro"} {
		if _, err := run(testContext(t), c, connectors.Statement{SQL: sql, Schema: bigints}); err == nil {
			t.Errorf("%s was let through", sql)
		}
	}
	out := mustRun(t, c, connectors.Statement{SQL: "SELECT n FROM conformance_ro", Schema: bigints})
	if len(out.rows) != 0 {
		t.Errorf("the write arrived: %v", out.rows)
	}
}
