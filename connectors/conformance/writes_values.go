package conformance

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"

	"github.com/atoll-sql/atoll/connectors"
)

// appendCell is the inverse of cell.
func appendCell(b array.Builder, text string) error {
	if text == "NULL" {
		b.AppendNull()
		return nil
	}
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(text == "true")
		return nil
	case *array.Float32Builder:
		v, err := strconv.ParseFloat(text, 32)
		b.Append(float32(v))
		return err
	case *array.Float64Builder:
		v, err := strconv.ParseFloat(text, 64)
		b.Append(v)
		return err
	case *array.StringBuilder:
		v, err := strconv.Unquote(text)
		b.Append(v)
		return err
	case *array.BinaryBuilder:
		v, err := hex.DecodeString(text)
		b.Append(v)
		return err
	case *array.FixedSizeBinaryBuilder:
		v, err := hex.DecodeString(text)
		b.Append(v)
		return err
	case *array.MonthDayNanoIntervalBuilder:
		var v arrow.MonthDayNanoInterval
		_, err := fmt.Sscanf(text, "%d/%d/%d", &v.Months, &v.Days, &v.Nanoseconds)
		b.Append(v)
		return err
	}
	return appendNumber(b, text)
}

// appendNumber is appendCell for what cell writes as a number. Its point says nothing that the type does not.
func appendNumber(b array.Builder, text string) error {
	digits := make([]byte, 0, len(text))
	for i := range len(text) {
		if text[i] != '.' {
			digits = append(digits, text[i])
		}
	}
	n, ok := new(big.Int).SetString(string(digits), 10)
	if !ok {
		return fmt.Errorf("%q is no cell of %T", text, b)
	}
	switch b := b.(type) {
	case *array.Int16Builder:
		b.Append(int16(n.Int64()))
	case *array.Int32Builder:
		b.Append(int32(n.Int64()))
	case *array.Int64Builder:
		b.Append(n.Int64())
	case *array.Decimal128Builder:
		b.Append(decimal128.FromBigInt(n))
	case *array.Decimal256Builder:
		b.Append(decimal256.FromBigInt(n))
	case *array.Date32Builder:
		b.Append(arrow.Date32(n.Int64()))
	case *array.Time64Builder:
		b.Append(arrow.Time64(n.Int64()))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(n.Int64()))
	default:
		return fmt.Errorf("no builder of cells: %T", b)
	}
	return nil
}

// edgeTypes lists the types of the suite's values.
func edgeTypes() (types []string) {
	for _, e := range edges {
		if !slices.Contains(types, e.typ) {
			types = append(types, e.typ)
		}
	}
	return types
}

// testWriteTypes writes every value of every type and reads it again. A value that the engine lacks is refused or kept, never changed.
func testWriteTypes(t *testing.T, w Writes) {
	for _, typ := range edgeTypes() {
		w.part(t, typ, func(t *testing.T) {
			ddl, ok := w.Column(typ)
			if !ok {
				t.Skip("the engine has no such type")
			}
			w.Exec(t, "DROP TABLE IF EXISTS conformance_children", "DROP TABLE IF EXISTS conformance_writes",
				"CREATE TABLE conformance_writes (id bigint NOT NULL PRIMARY KEY, v "+ddl+")")
			c := w.writer(t)
			values := []string{"NULL"}
			if typ == "text" {
				values = append(values, strconv.Quote(longText))
			}
			var foreign []string
			for _, e := range edges {
				if _, has := w.Literal(typ, e.text); e.typ == typ && has {
					values = append(values, e.want)
				} else if e.typ == typ {
					foreign = append(foreign, e.want)
				}
			}
			roundTrip(t, c, typ, 1, append(values, "NULL"))
			for i, want := range foreign {
				offerForeign(t, c, typ, int64(1000+i), want)
			}
		})
	}
}

// valuesRecord holds the values under ids from first on, as a slice of a longer record.
func valuesRecord(t *testing.T, typ string, first int64, values []string) arrow.Record {
	lines := [][]string{{"NULL", "0"}}
	for i, v := range values {
		lines = append(lines, []string{v, strconv.FormatInt(first+int64(i), 10)})
	}
	rec := record(t, schemaOf(field("v", typ), field("id", "bigint")), append(lines, lines[0])...)
	part := rec.NewSlice(1, int64(1+len(values)))
	t.Cleanup(part.Release)
	return part
}

func roundTrip(t *testing.T, c writer, typ string, first int64, values []string) {
	t.Helper()
	tx := c.begin(t)
	insert(t, tx, "conformance_writes", valuesRecord(t, typ, first, values))
	expectValues(t, inTx{c, tx}, c.w, typ, first, values)
	commit(t, tx)
	expectValues(t, c, c.w, typ, first, values)
}

// expectValues reads the values under ids from first on.
func expectValues(t *testing.T, from connectors.Connector, w Writes, typ string, first int64, values []string) {
	t.Helper()
	column := "v"
	if w.Read != nil {
		column = w.Read(typ, "v") + " AS v"
	}
	out := mustRun(t, from, connectors.Statement{SQL: fmt.Sprintf("SELECT %s FROM conformance_writes WHERE id >= %d ORDER BY id", column, first),
		Schema: schemaOf(field("v", typ)), Alloc: allocator(t)})
	if len(out.rows) != len(values) {
		t.Fatalf("%d rows, want %d", len(out.rows), len(values))
	}
	for i, want := range values {
		if got := out.rows[i][0]; got != want {
			t.Errorf("%.200s was written and became %.200s", want, got)
		}
	}
}

// offerForeign writes one value that the engine need not have.
func offerForeign(t *testing.T, c writer, typ string, id int64, want string) {
	t.Helper()
	tx := c.begin(t)
	defer tx.Rollback()
	_, err := tx.Insert(testContext(t), "conformance_writes", valuesRecord(t, typ, id, []string{want}))
	if err == nil {
		commit(t, tx)
		expectValues(t, c, c.w, typ, id, []string{want})
		return
	}
	e := mustBeError(t, err)
	if e.Class != connectors.ClassData && e.Class != connectors.ClassSchema || e.Column == "" {
		t.Errorf("%s of %s is refused by class %s, column %q: %v", want, typ, e.Class, e.Column, err)
	}
}

// testWriteRowOfAll writes one row with a column of every type, in another order than the table's.
func testWriteRowOfAll(t *testing.T, w Writes) {
	ddl := "CREATE TABLE conformance_writes (id bigint NOT NULL PRIMARY KEY"
	var fields []arrow.Field
	var line []string
	list := "id"
	for i, typ := range edgeTypes() {
		column, ok := w.Column(typ)
		at := slices.IndexFunc(edges, func(e edge) bool {
			_, has := w.Literal(typ, e.text)
			return e.typ == typ && has
		})
		if !ok || at < 0 {
			continue
		}
		name := fmt.Sprintf("c%d", i)
		ddl += ", " + name + " " + column
		if w.Read != nil {
			list += ", " + w.Read(typ, name) + " AS " + name
		} else {
			list += ", " + name
		}
		fields, line = append(fields, field(name, typ)), append(line, edges[at].want)
	}
	w.Exec(t, "DROP TABLE IF EXISTS conformance_children", "DROP TABLE IF EXISTS conformance_writes", ddl+")")
	c := w.writer(t)
	read := connectors.Statement{SQL: "SELECT " + list + " FROM conformance_writes",
		Schema: schemaOf(append([]arrow.Field{field("id", "bigint")}, fields...)...), Alloc: allocator(t)}
	want := append([]string{"7"}, line...)
	slices.Reverse(fields)
	slices.Reverse(line)
	tx := c.begin(t)
	insert(t, tx, "conformance_writes", record(t, schemaOf(append(fields, field("id", "bigint"))...), append(line, "7")))
	commit(t, tx)
	if got := mustRun(t, c, read).rows; len(got) != 1 || !slices.Equal(got[0], want) {
		t.Errorf("the row became %.2000q, want %.2000q", got, want)
	}
}

// testWriteSizes inserts no row, one, and many at once.
func testWriteSizes(t *testing.T, w Writes) {
	c := w.table(t, 0)
	tx := c.begin(t)
	insert(t, tx, "conformance_writes", record(t, writesSchema))
	expectRows(t, "the transaction", inTx{c, tx})
	const many = 100_000
	lines := make([][]string, many)
	for i := range lines {
		lines[i] = []string{strconv.Itoa(i + 1), strconv.Itoa(-i), strconv.Quote(fmt.Sprintf("line %d", i))}
		if i%7 == 0 {
			lines[i][2] = "NULL"
		}
	}
	insert(t, tx, "conformance_writes", record(t, writesSchema, lines...))
	insert(t, tx, "conformance_writes", record(t, writesSchema, []string{"100001", "NULL", `""`}))
	commit(t, tx)
	got := mustRun(t, c, connectors.Statement{SQL: "SELECT id, n, v FROM conformance_writes ORDER BY id", Schema: writesSchema, Alloc: allocator(t)})
	if len(got.rows) != many+1 {
		t.Fatalf("%d rows, want %d", len(got.rows), many+1)
	}
	for i, line := range lines {
		if !slices.Equal(got.rows[i], line) {
			t.Fatalf("row %d became %q, want %q", i, got.rows[i], line)
		}
	}
	if last := got.rows[many]; last[1] != "NULL" || last[2] != `""` {
		t.Errorf("the last row became %q", last)
	}
}
