package sqlgen_test

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/connectors/mssql"
	"github.com/atoll-sql/atoll/connectors/postgres"
	"github.com/atoll-sql/atoll/internal/pgtest"
	"github.com/atoll-sql/atoll/internal/tdstest"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/sqlgen"
	"github.com/atoll-sql/atoll/scalar"
)

// hashColumns are a column of each type, with its own values, as PostgreSQL reads them; tsql says which of those SQL Server has, by its own type.
var hashColumns = []struct {
	name, typ string
	values    []string
	duck      string // DuckDB's type, if it has another name
	tsql      string // SQL Server's type, "" for none
	only      func(string) bool
}{
	{"b", "boolean", []string{"true", "false"}, "", "bit", nil},
	{"i2", "smallint", []string{"0", "1", "-1", "32767", "-32768"}, "", "smallint", nil},
	{"i4", "integer", []string{"0", "1", "-1", "2147483647", "-2147483648"}, "", "int", nil},
	{"i8", "bigint", []string{"0", "1", "-1", "4294967297", "8589934594", "9223372036854775807", "-9223372036854775808"}, "", "bigint", nil},
	{"n", "numeric(12,3)", []string{"0", "1.00", "1", "-1", "0.001", "-0.001", "10", "100.100", "12", "120000", "10000", "999999999.999", "-999999999.999", "-0.0004"}, "", "decimal(12,3)", nil},
	{"n0", "numeric(38,0)", []string{"0", "1", "-10", "1000000", "99999999999999999999999999999999999999"}, "", "decimal(38,0)", nil},
	{"ns", "numeric(38,38)", []string{"0", "0.00000000000000000000000000000000000001", "-0.5", "0.0001"}, "", "decimal(38,38)", nil},
	{"nw", "numeric", []string{"0", "1.00", "1", "-1.5", "1e37", "1e-38", "12345678901234567890.1234567890", "-0.00012", "10000", "100000000"}, "BLOB", "", nil},
	{"f4", "real", []string{"0", "-0", "1.5", "-1.5", "0.1", "3.4e38", "1e-45", "NaN", "Infinity", "-Infinity"}, "", "real", finite},
	{"f8", "double precision", []string{"0", "-0", "1", "-1", "0.1", "1e300", "5e-324", "123456789.123456789", "NaN", "Infinity", "-Infinity"}, "", "float", finite},
	{"t", "text", []string{"", "a", "a ", " a", "A", "äÖü ß", "日本語", "🏝 atoll", "a\u0301", "twelve bytes", "more than twelve bytes of text, for a turn or two", strings.Repeat("long ", 2000)}, "VARCHAR", "nvarchar(max)", nil},
	{"c", "character(8)", []string{"", "a", "a  ", "ä b", "12345678"}, "VARCHAR", "nchar(8)", nil},
	{"x", "bytea", []string{`\x`, `\x00`, `\xff00`, `\x` + strings.Repeat("ab", 9000)}, "BLOB", "varbinary(max)", nil},
	{"d", "date", []string{"2000-01-01", "1970-01-01", "1582-10-10", "0001-01-01", "9999-12-31", "0044-03-15 BC", "infinity", "-infinity", "294276-12-31"}, "", "date", common},
	{"tm", "time", []string{"00:00", "23:59:59.999999", "12:30:00.5", "24:00"}, "", "time(6)", func(s string) bool { return s != "24:00" }},
	{"ts", "timestamp", []string{"2000-01-01 00:00", "1999-12-31 23:59:59.999999", "1970-01-01 00:00", "0001-01-01 00:00", "9999-12-31 23:59:59.999999", "0044-03-15 12:00 BC", "infinity", "-infinity"},
		"", "datetime2(6)", common},
	{"tz", "timestamptz", []string{"2000-01-01 00:00:00+00", "2000-01-01 05:30:00+05:30", "1999-12-31 16:00:00.000001-08:00", "infinity"}, "TIMESTAMPTZ", "datetimeoffset(6)", common},
	{"iv", "interval", []string{"0", "1 month", "30 days", "720 hours", "-1 month", "1 year", "360 days", "1 year -5 days", "0.000001 s", "-178000 years", "290 years 11 months 29 days 23:59:59.999999"}, "", "", nil},
	{"u", "uuid", []string{"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"}, "", "uniqueidentifier", nil},
}

func finite(s string) bool { return !strings.Contains(s, "N") && !strings.Contains(s, "Inf") }

func common(s string) bool { return !strings.ContainsAny(s, "BiI") && !strings.HasPrefix(s, "294") }

// hashWays are the hashes, and what package scalar calls them.
var hashWays = []struct {
	kind plan.HashKind
	here scalar.HashKind
}{{plan.HashFast, scalar.HashFast}, {plan.HashPortable, scalar.HashPortable}, {plan.HashKeyed, scalar.HashKeyed}}

// hashKey stands for the blocks of a policy's key.
func hashKey() []byte {
	key := make([]byte, scalar.HashKeySize)
	for i := range key {
		key[i] = byte(7*i + 3)
	}
	return key
}

// TestLiveHashes: every engine hashes every value of every type to what package scalar makes of it, equal values alike, and packs the least
// hashes of registers to the same bytes.
func TestLiveHashes(t *testing.T) {
	for _, e := range startHashes(t) {
		t.Run(e.name, func(t *testing.T) {
			for _, c := range hashColumns {
				typ, err := plan.ParseType(c.typ)
				if err != nil {
					t.Fatal(err)
				}
				for _, way := range hashWays {
					e.hashes(t, c.name, typ, way.kind, way.here)
				}
			}
		})
	}
}

// hashes runs a hash over a column of a table of its own.
func (e engine) hashes(t *testing.T, name string, typ plan.Type, kind plan.HashKind, in scalar.HashKind) {
	t.Helper()
	root := hashTree(name, typ, kind)
	st, err := sqlgen.Generate(root, e.site)
	if none := (*sqlgen.Unsupported)(nil); errors.As(err, &none) {
		if e.site.Dialect != "tsql" || kind != plan.HashFast && typ.Kind != plan.Interval && !typ.Wide() {
			t.Errorf("%s of %s: %v", kind, typ, err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	recs, err := e.records(t.Context(), st, root.Columns())
	if err != nil {
		t.Errorf("%s of %s: %v%s\n%s", kind, typ, err, causes(err), st.SQL)
		return
	}
	h, err := scalar.NewHasher(in, typ.Field(name), keyOf(kind))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, rec := range recs {
		want, err := h.Hash(nil, rec.Column(0))
		if err != nil {
			t.Fatal(err)
		}
		got := rec.Column(1).(*array.Int64)
		for i := range got.Len() {
			switch seen++; {
			case got.IsNull(i) != rec.Column(0).IsNull(i):
				t.Errorf("%s of %s: NULL is not hashed to NULL", kind, typ)
			case got.IsValid(i) && uint64(got.Value(i)) != want[i]:
				t.Errorf("%s of %s %s: %d here, %d in Go\n%s", kind, typ, rec.Column(0).ValueStr(i), got.Value(i), int64(want[i]), st.SQL)
			}
		}
		rec.Release()
	}
	if seen < 2 {
		t.Errorf("%s of %s: %d values were hashed", kind, typ, seen)
	}
	e.packs(t, name, typ, kind, h)
}

// packs compares the least hashes of the registers of a whole column.
func (e engine) packs(t *testing.T, name string, typ plan.Type, kind plan.HashKind, h *scalar.Hasher) {
	t.Helper()
	root := packTree(name, typ, kind)
	st, err := sqlgen.Generate(root, e.site)
	if err != nil {
		t.Errorf("%s of %s: %v", kind, typ, err)
		return
	}
	packed, err := e.records(t.Context(), st, root.Columns())
	if err != nil {
		t.Errorf("%s of %s: %v%s\n%s", kind, typ, err, causes(err), st.SQL)
		return
	}
	got := unpack(t, packed[0].Column(0).(*array.Binary).Value(0))
	if !packed[0].Column(1).IsNull(0) {
		t.Errorf("%s of %s: no hashes are packed to something", kind, typ)
	}
	packed[0].Release()
	scan := scanOf(name, typ)
	st, err = sqlgen.Generate(scan, e.site)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := e.records(t.Context(), st, scan.Columns())
	if err != nil {
		t.Fatal(err)
	}
	least := map[uint64]uint64{}
	for _, rec := range rows {
		hashes, err := h.Hash(nil, rec.Column(0))
		if err != nil {
			t.Fatal(err)
		}
		for i, sum := range hashes {
			if old, ok := least[sum>>60]; rec.Column(0).IsValid(i) && (!ok || sum < old) {
				least[sum>>60] = sum
			}
		}
		rec.Release()
	}
	var want []uint64
	for _, sum := range least {
		want = append(want, sum)
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s of %s: registers are %x, in Go %x", kind, typ, got, want)
	}
}

func unpack(t *testing.T, b []byte) []uint64 {
	t.Helper()
	if len(b) == 0 || len(b)%8 != 0 {
		t.Fatalf("%d bytes are no hashes", len(b))
	}
	var out []uint64
	for ; len(b) > 0; b = b[8:] {
		n := uint64(0)
		for _, c := range b[:8] {
			n = n<<8 | uint64(c)
		}
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

func keyOf(kind plan.HashKind) []byte {
	if kind == plan.HashKeyed {
		return hashKey()
	}
	return nil
}

func scanOf(name string, typ plan.Type) *plan.Scan {
	return &plan.Scan{Table: "hash_" + name, Alias: "hash_" + name, Cols: []plan.ScanCol{{Column: plan.Column{ID: 1, Name: name, Type: typ}, Source: name}}}
}

func hashTree(name string, typ plan.Type, kind plan.HashKind) plan.Node {
	x := plan.Column{ID: 1, Name: name, Type: typ}
	s := &plan.Sketch{Hash: kind, Inner: &plan.Param{N: 1, T: plan.T(plan.Bytea)}, Outer: &plan.Param{N: 2, T: plan.T(plan.Bytea)}}
	return &plan.Project{Input: scanOf(name, typ), Items: []plan.Assign{{Col: x, Expr: &plan.Col{Column: x}},
		{Col: plan.Column{ID: 2, Name: "h", Type: plan.T(plan.Int8)}, Expr: s.Call(&plan.Col{Column: x})}}}
}

// packTree has sixteen registers; its second column packs none.
func packTree(name string, typ plan.Type, kind plan.HashKind) plan.Node {
	int8 := plan.T(plan.Int8)
	h, register, least := plan.Column{ID: 2, Name: "h", Type: int8}, plan.Column{ID: 3, Name: "register", Type: int8}, plan.Column{ID: 4, Name: "least", Type: int8}
	read := func(c plan.Column) plan.Expr { return &plan.Col{Column: c} }
	mask := &plan.Const{Text: "-1152921504606846976", T: int8}
	touched := &plan.Aggregate{Input: hashTree(name, typ, kind),
		Groups: []plan.Assign{{Col: register, Expr: &plan.Call{Fn: "&", Args: []plan.Expr{read(h), mask}, T: int8}}},
		Aggs:   []plan.AggAssign{{Col: least, Agg: plan.Agg{Fn: "min", Args: []plan.Expr{read(h)}, T: int8}}}}
	pack := plan.Agg{Fn: "hash_pack", Args: []plan.Expr{read(least)}, T: plan.T(plan.Bytea)}
	none := pack
	none.Filter = &plan.IsNull{X: read(least)}
	return &plan.Aggregate{Input: touched, Aggs: []plan.AggAssign{{Col: plan.Column{ID: 5, Name: "packed", Type: pack.T}, Agg: pack}, {Col: plan.Column{ID: 6, Name: "none", Type: pack.T}, Agg: none}}}
}

// records runs a statement whose parameters, if any, are the blocks of the key. The caller releases what it gets.
func (e engine) records(ctx context.Context, st plan.Statement, cols []plan.Column) (recs []arrow.Record, err error) {
	key := hashKey()
	blocks := []string{`\x` + hex.EncodeToString(key[:64]), `\x` + hex.EncodeToString(key[64:])}
	var args []connectors.Arg
	for _, n := range st.Params {
		args = append(args, connectors.Arg{Text: blocks[n-1], Secret: true})
	}
	r, err := e.conn.Query(ctx, connectors.Statement{SQL: st.SQL, Args: args, Schema: schemaOf(cols)})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		rec, err := r.Next(ctx)
		if err == io.EOF {
			return recs, nil
		}
		if err != nil {
			return nil, err
		}
		rec.Retain()
		recs = append(recs, rec)
	}
}

// startHashes fills a table for each type in each engine.
func startHashes(t *testing.T) []engine {
	t.Helper()
	l := &live{}
	cluster := pgtest.Start(t, 1)[0]
	for name, locale := range map[string]string{"bytewise": "", "icu": " LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"} {
		if err := cluster.Exec(t.Context(), "CREATE DATABASE "+name+" TEMPLATE template0"+locale); err != nil {
			t.Fatal(err)
		}
		for _, c := range hashColumns {
			rows := "('" + strings.Join(c.values, "'), ('") + "'), (NULL)"
			for _, sql := range []string{fmt.Sprintf("CREATE TABLE hash_%s (%s %s)", c.name, c.name, c.typ), fmt.Sprintf("INSERT INTO hash_%s VALUES %s", c.name, rows)} {
				if err := cluster.ExecIn(t.Context(), name, sql); err != nil {
					t.Fatal(err)
				}
			}
		}
		l.add(t, "PostgreSQL "+name, sqlgen.Site{Dialect: "postgres", Schema: "public", BinaryCollation: name == "bytewise"}, postgres.Open, cluster.DSNFor(name))
	}
	l.addHashFile(t, l.engines[0])
	l.addHashServer(t)
	return l.engines
}

func (l *live) addHashFile(t *testing.T, from engine) {
	t.Helper()
	var ddl []string
	var tables []duckdb.FileTable
	for _, c := range hashColumns {
		native := cmp.Or(c.duck, c.typ)
		typ, err := plan.ParseType(c.typ)
		if err != nil {
			t.Fatal(err)
		}
		ddl = append(ddl, fmt.Sprintf("CREATE TABLE hash_%s (%s %s)", c.name, c.name, native))
		sql := fmt.Sprintf("SELECT %s FROM hash_%s", c.name, c.name)
		src := &column{source{schema: arrow.NewSchema([]arrow.Field{typ.Field(c.name)}, nil)}, from.conn, sql}
		tables = append(tables, duckdb.FileTable{Name: "hash_" + c.name, Source: src})
	}
	path := filepath.Join(t.TempDir(), "shard.duckdb")
	if err := duckdb.CreateFile(t.Context(), path, ddl, tables); err != nil {
		t.Fatal(err)
	}
	l.add(t, "DuckDB", sqlgen.Site{Dialect: "duckdb", BinaryCollation: true}, duckdb.Open, path)
}

// column is a source that asks when it is first read, since a shard answers a few at a time.
type column struct {
	source
	conn connectors.Connector
	sql  string
}

func (c *column) Next(ctx context.Context) (arrow.Record, error) {
	if c.reader == nil {
		var err error
		if c.reader, err = c.conn.Query(ctx, connectors.Statement{SQL: c.sql, Schema: c.schema}); err != nil {
			return nil, err
		}
	}
	rec, err := c.reader.Next(ctx)
	if err != nil {
		if closed := c.reader.Close(); closed != nil {
			return nil, closed
		}
		return nil, err
	}
	return rec, nil
}

func (l *live) addHashServer(t *testing.T) {
	t.Helper()
	s := tdstest.Start(t)
	for _, c := range hashColumns {
		if c.tsql == "" {
			continue
		}
		stmts := []string{fmt.Sprintf("CREATE TABLE [hash_%s] ([%s] %s)", c.name, c.name, c.tsql), fmt.Sprintf("INSERT INTO [hash_%s] VALUES (NULL)", c.name)}
		for _, v := range c.values {
			if c.only != nil && !c.only(v) {
				continue
			}
			stmts = append(stmts, fmt.Sprintf("INSERT INTO [hash_%s] VALUES (%s)", c.name, serverLiteral(c.tsql, v)))
		}
		for _, sql := range stmts {
			if err := s.Exec(t.Context(), sql); err != nil {
				t.Fatalf("%.200s: %v", sql, err)
			}
		}
	}
	e := l.add(t, "SQL Server", sqlgen.Site{Dialect: "tsql", Schema: "dbo"}, mssql.Open, s.DSN())
	caps, err := e.conn.Calibrate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l.engines[len(l.engines)-1].site.Missing = caps.Missing
}

func serverLiteral(typ, v string) string {
	switch typ {
	case "bit":
		return map[string]string{"true": "1", "false": "0"}[v]
	case "varbinary(max)":
		return "0x" + v[2:]
	case "datetimeoffset(6)":
		v = strings.Replace(strings.Replace(v, "+00", " +00:00", 1), "+05", " +05", 1)
		v = strings.Replace(v, "-08", " -08", 1)
	case "float", "real":
		if !strings.Contains(v, "e") {
			v += "e0"
		}
		return "CAST(" + v + " AS " + typ + ")"
	}
	return "N'" + strings.ReplaceAll(v, "'", "''") + "'"
}
