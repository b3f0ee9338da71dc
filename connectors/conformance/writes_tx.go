package conformance

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

// testCounts holds that Exec counts the rows that it affected.
func testCounts(t *testing.T, w Writes) {
	c := w.table(t, 0)
	tx := c.begin(t)
	text := func(s string) connectors.Arg { return connectors.Arg{Text: s} }
	for _, step := range []struct {
		sql  string
		args []connectors.Arg
		want int64
	}{
		{"INSERT INTO conformance_writes (id, n, v) VALUES (1, 10, 'one')", nil, 1},
		{"INSERT INTO conformance_writes (id, n, v) VALUES ({bigint}, {bigint}, {text}), ({bigint}, {bigint}, {text})",
			[]connectors.Arg{text("2"), {Null: true}, text(`O'Neil "\" %`), text("3"), text("-9223372036854775808"), {Null: true}}, 2},
		{"INSERT INTO conformance_writes (id, n, v) VALUES ({bigint}, 0, {text})", []connectors.Arg{text("4"), {Text: "", Secret: true}}, 1},
		{"UPDATE conformance_writes SET v = {text} WHERE id < {bigint}", []connectors.Arg{text("changed"), text("3")}, 2},
		{"UPDATE conformance_writes SET v = 'never' WHERE id = {bigint}", []connectors.Arg{text("99")}, 0},
		{"DELETE FROM conformance_writes WHERE id = {bigint}", []connectors.Arg{text("1")}, 1},
		{"DELETE FROM conformance_writes WHERE id = {bigint}", []connectors.Arg{text("1")}, 0},
	} {
		if got := c.exec(t, tx, step.sql, step.args...); got != step.want {
			t.Errorf("%s affected %d rows, want %d", step.sql, got, step.want)
		}
	}
	commit(t, tx)
	expectRows(t, "everybody", c, `2 NULL "changed"`, `3 -9223372036854775808 NULL`, `4 0 ""`)
}

// testVisibility holds that a transaction sees its own writes, and nobody else before they are committed; and that its statements
// see what others committed meanwhile.
func testVisibility(t *testing.T, w Writes) {
	c := w.table(t, 2)
	tx := c.begin(t)
	c.exec(t, tx, "UPDATE conformance_writes SET n = 5 WHERE id = 1")
	insert(t, tx, "conformance_writes", record(t, writesSchema, []string{"3", "6", `"mine"`}))
	before := []string{`1 0 "before"`, `2 0 "before"`}
	after := []string{`1 5 "before"`, `2 0 "before"`, `3 6 "mine"`}
	expectRows(t, "the transaction", inTx{c, tx}, after...)
	expectRows(t, "somebody else", c, before...)
	seen := snapshot(t, c)
	expectRows(t, "a snapshot", seen, before...)
	commit(t, tx)
	expectRows(t, "somebody else after the end", c, after...)
	expectRows(t, "the snapshot after the end", seen, before...)
	again := snapshot(t, c)
	expectRows(t, "a later snapshot", again, after...)
	other := c.begin(t)
	expectRows(t, "a later transaction", inTx{c, other}, after...)
	tx.Rollback()
	other.Rollback()
	expectRows(t, "somebody else at last", c, after...)
}

func testRollback(t *testing.T, w Writes) {
	c := w.table(t, 1)
	before := `1 0 "before"`
	for range 2 {
		tx := c.begin(t)
		insert(t, tx, "conformance_writes", record(t, writesSchema, []string{"2", "6", `"mine"`}))
		c.exec(t, tx, "DELETE FROM conformance_writes WHERE id = 1")
		expectRows(t, "the transaction", inTx{c, tx}, `2 6 "mine"`)
		tx.Rollback()
		tx.Rollback()
		expectRows(t, "everybody", c, before)
	}
	tx := c.begin(t) // a transaction in which nothing happens
	commit(t, tx)
	c.begin(t).Rollback()
	expectRows(t, "everybody", c, before)
}

// testTxReader leaves readers within a transaction before their end, which takes nothing from it.
func testTxReader(t *testing.T, w Writes) {
	c := w.table(t, 0)
	ctx := testContext(t)
	tx := c.begin(t)
	insert(t, tx, "conformance_writes", record(t, writesSchema, []string{"1", "6", `"mine"`}))
	long := connectors.Statement{SQL: w.Series(100_000), Schema: bigints, BatchRows: 100, Alloc: allocator(t)}
	for batches := range 3 {
		leftAfter(t, ctx, inTx{c, tx}, long, batches)
		expectRows(t, "the transaction", inTx{c, tx}, `1 6 "mine"`)
	}
	if out := mustRun(t, inTx{c, tx}, long); len(out.rows) != 100_000 {
		t.Errorf("%d rows", len(out.rows))
	}
	leftAfter(t, ctx, inTx{c, tx}, long, 1)
	c.exec(t, tx, "UPDATE conformance_writes SET n = 7")
	leftAfter(t, ctx, inTx{c, tx}, long, 1)
	commit(t, tx)
	expectRows(t, "everybody", c, `1 7 "mine"`)
}

// testConstraints breaks constraints: the class tells, and the text shows nothing of the row.
func testConstraints(t *testing.T, w Writes) {
	children := schemaOf(field("id", "bigint"), field("parent", "bigint"), field("u", "bigint"), field("k", "bigint"))
	for _, tc := range []struct {
		name, table string
		schema      *arrow.Schema
		line        []string
	}{
		{"primary key", "conformance_writes", writesSchema, []string{"424242", "1", `"secret-cell"`}},
		{"not null", "conformance_writes", writesSchema, []string{"NULL", "424242", `"secret-cell"`}},
		{"foreign key", "conformance_children", children, []string{"2", "434343", "NULL", "NULL"}},
		{"unique", "conformance_children", children, []string{"2", "NULL", "424242", "NULL"}},
		{"check", "conformance_children", children, []string{"2", "NULL", "NULL", "-424242"}},
	} {
		w.part(t, tc.name, func(t *testing.T) {
			w.Exec(t, "DROP TABLE IF EXISTS conformance_children", "DROP TABLE IF EXISTS conformance_writes",
				"CREATE TABLE conformance_writes (id bigint NOT NULL PRIMARY KEY, n bigint, v text)")
			if tc.table == "conformance_children" {
				w.Exec(t, "CREATE TABLE conformance_children (id bigint NOT NULL PRIMARY KEY, "+
					"parent bigint REFERENCES conformance_writes (id), u bigint UNIQUE, k bigint CHECK (k >= 0))",
					"INSERT INTO conformance_children (id, u) VALUES (1, 424242)")
			}
			w.Exec(t, "INSERT INTO conformance_writes (id, n, v) VALUES (424242, 0, 'before')")
			c := w.writer(t)
			tx := c.begin(t)
			_, err := tx.Insert(testContext(t), tc.table, record(t, tc.schema, tc.line))
			expectConstraint(t, "Insert", err)
			tx.Rollback()
			tx = c.begin(t)
			list := make([]string, len(tc.line))
			for i, f := range tc.schema.Fields() {
				list[i] = f.Name
			}
			sql := fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", tc.table, strings.Join(list, ", "),
				strings.ReplaceAll(strings.Join(tc.line, ", "), `"`, "'"))
			_, err = tx.Exec(testContext(t), sql, nil)
			expectConstraint(t, "Exec", err)
			tx.Rollback()
			expectRows(t, "everybody", c, `424242 0 "before"`)
		})
	}
}

func expectConstraint(t *testing.T, who string, err error) {
	t.Helper()
	e := mustBeError(t, err)
	if e.Class != connectors.ClassConstraint || e.Shard == "" {
		t.Errorf("%s: class %s: %v", who, e.Class, err)
	}
	expectNoData(t, err)
}

func expectNoData(t *testing.T, err error) {
	t.Helper()
	for _, data := range []string{"secret-cell", "42424", "43434"} {
		if strings.Contains(err.Error(), data) {
			t.Errorf("the error shows the row: %v", err)
		}
	}
}

// testMisfits inserts what does not fit the table.
func testMisfits(t *testing.T, w Writes) {
	w.Exec(t, "DROP TABLE IF EXISTS conformance_children", "DROP TABLE IF EXISTS conformance_writes",
		"CREATE TABLE conformance_writes (id bigint NOT NULL PRIMARY KEY, s smallint, d numeric(4,2), n bigint, v text)")
	c := w.writer(t)
	id := field("id", "bigint")
	for _, tc := range []struct {
		name, table string
		schema      *arrow.Schema
		value       string
		classes     []connectors.Class
		column      string
	}{
		{"missing table", "conformance_no_such_table", schemaOf(id, field("v", "text")), `"a"`, []connectors.Class{connectors.ClassSchema}, ""},
		{"missing column", "conformance_writes", schemaOf(id, field("no_such", "text")), `"a"`, []connectors.Class{connectors.ClassSchema}, "no_such"},
		{"text into bigint", "conformance_writes", schemaOf(id, field("n", "text")), `"424242"`, []connectors.Class{connectors.ClassSchema}, "n"},
		{"bigint into text", "conformance_writes", schemaOf(id, field("v", "bigint")), "424242", []connectors.Class{connectors.ClassSchema}, "v"},
		{"too large for smallint", "conformance_writes", schemaOf(id, field("s", "bigint")), "424242",
			[]connectors.Class{connectors.ClassData, connectors.ClassSchema}, "s"},
		{"too large for a numeric", "conformance_writes", schemaOf(id, field("d", "numeric(15,2)")), "424242.42",
			[]connectors.Class{connectors.ClassData, connectors.ClassSchema}, "d"},
		{"too fine for a numeric", "conformance_writes", schemaOf(id, field("d", "numeric(20,10)")), "1.0042424200",
			[]connectors.Class{connectors.ClassData, connectors.ClassSchema}, "d"},
	} {
		w.part(t, tc.name, func(t *testing.T) {
			tx := c.begin(t)
			_, err := tx.Insert(testContext(t), tc.table, record(t, tc.schema, []string{"1", "NULL"}, []string{"2", tc.value}))
			e := mustBeError(t, err)
			if !slices.Contains(tc.classes, e.Class) || e.Shard == "" || e.Column != tc.column {
				t.Errorf("class %s, column %q, want %v, %q: %v", e.Class, e.Column, tc.classes, tc.column, err)
			}
			expectNoData(t, err)
			tx.Rollback()
			out := mustRun(t, c, connectors.Statement{SQL: "SELECT id AS n FROM conformance_writes", Schema: bigints, Alloc: allocator(t)})
			if len(out.rows) != 0 {
				t.Errorf("the refused record left %d rows", len(out.rows))
			}
		})
	}
}

// testAfterError holds that what failed once can only be rolled back.
func testAfterError(t *testing.T, w Writes) {
	c := w.table(t, 1)
	for name, fail := range map[string]func(tx connectors.Tx) error{
		"Exec": func(tx connectors.Tx) error {
			_, err := tx.Exec(testContext(t), "UPDATE conformance_no_such_table SET n = 1", nil)
			return err
		},
		"Insert": func(tx connectors.Tx) error {
			_, err := tx.Insert(testContext(t), "conformance_writes", record(t, writesSchema, []string{"1", "1", "NULL"}))
			return err
		},
		"a reader": func(tx connectors.Tx) error {
			_, err := run(testContext(t), inTx{c, tx}, connectors.Statement{SQL: w.DivisionByZero, Schema: bigints, Alloc: allocator(t)})
			return err
		},
	} {
		w.part(t, name, func(t *testing.T) {
			tx := c.begin(t)
			insert(t, tx, "conformance_writes", record(t, writesSchema, []string{"2", "6", `"mine"`}))
			if e := mustBeError(t, fail(tx)); e.Shard == "" {
				t.Errorf("the text lacks the shard: %v", e)
			}
			expectDead(t, c, tx)
			tx.Rollback()
			expectRows(t, "everybody", c, `1 0 "before"`)
		})
	}
}

// expectDead calls everything of a transaction that is to be of no use.
func expectDead(t *testing.T, c writer, tx connectors.Tx) {
	t.Helper()
	ctx := testContext(t)
	_, execErr := tx.Exec(ctx, "UPDATE conformance_writes SET n = 99", nil)
	_, insertErr := tx.Insert(ctx, "conformance_writes", record(t, writesSchema, []string{"3", "6", `"late"`}))
	_, queryErr := run(ctx, inTx{c, tx}, connectors.Statement{SQL: c.w.Series(2), Schema: bigints, Alloc: allocator(t)})
	for name, err := range map[string]error{"Exec": execErr, "Insert": insertErr, "Query": queryErr, "Commit": tx.Commit(ctx)} {
		if err == nil {
			t.Errorf("%s succeeds", name)
		} else if e := mustBeError(t, err); e.Class == connectors.ClassUnknown || e.Shard == "" {
			t.Errorf("%s: class %s: %v", name, e.Class, err)
		}
	}
}

func testAfterEnd(t *testing.T, w Writes) {
	c := w.table(t, 1)
	for range 2 {
		tx := c.begin(t)
		commit(t, tx)
		expectDead(t, c, tx)
		tx.Rollback()
		tx = c.begin(t)
		tx.Rollback()
		expectDead(t, c, tx)
		tx.Rollback()
	}
	expectRows(t, "everybody", c, `1 0 "before"`)
}

func testKeys(t *testing.T, w Writes) {
	w.Exec(t, "DROP TABLE IF EXISTS conformance_keys", "DROP TABLE IF EXISTS conformance_keyless",
		"CREATE TABLE conformance_keys (a bigint NOT NULL, b bigint NOT NULL, c bigint UNIQUE, d bigint NOT NULL, PRIMARY KEY (d, a))",
		"CREATE TABLE conformance_keyless (a bigint NOT NULL, b bigint)")
	c := w.table(t, 0)
	keys, err := c.to.Keys(testContext(t), []string{"conformance_keys", "conformance_no_such_table", "conformance_keyless", "conformance_writes"})
	if err != nil {
		t.Fatal(err)
	}
	if len(keys) != 2 || !slices.Equal(keys["conformance_keys"], []string{"d", "a"}) || !slices.Equal(keys["conformance_writes"], []string{"id"}) {
		t.Errorf("keys %v", keys)
	}
	if none, err := c.to.Keys(testContext(t), nil); err != nil || len(none) != 0 {
		t.Errorf("the keys of no table: %v, %v", none, err)
	}
}
