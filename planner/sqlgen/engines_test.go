package sqlgen_test

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/jackc/pgx/v5"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/connectors/postgres"
	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/pgtest"
	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/sqlgen"
)

// engine is a live shard that runs what a dialect wrote.
type engine struct {
	name string
	site sqlgen.Site
	conn connectors.Connector
}

// live holds one engine for each way to write SQL: PostgreSQL under C, PostgreSQL under an ICU collation, DuckDB; and
// a connection to the first, which says what is right.
type live struct {
	engines []engine
	oracle  *pgx.Conn
}

// startLive makes the tables in every engine and fills samples with the same rows.
func startLive(t *testing.T) *live {
	t.Helper()
	cluster := pgtest.Start(t, 1)[0]
	ddl := func(dialect string) []string {
		var out []string
		for _, table := range append(plantest.Tables(), plantest.SamplesTable()) {
			out = append(out, plantest.DDL(table, dialect))
		}
		return out
	}
	l := &live{}
	for name, locale := range map[string]string{"bytewise": "", "icu": " LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"} {
		if err := cluster.Exec(t.Context(), "CREATE DATABASE "+name+" TEMPLATE template0"+locale); err != nil {
			t.Fatal(err)
		}
		for _, sql := range append(ddl("postgres"), "INSERT INTO samples VALUES "+sampleRows) {
			if err := cluster.ExecIn(t.Context(), name, sql); err != nil {
				t.Fatal(err)
			}
		}
		site := sqlgen.Site{Dialect: "postgres", Schema: "public", BinaryCollation: name == "bytewise"}
		l.add(t, "PostgreSQL "+name, site, postgres.Open, cluster.DSNFor(name))
	}
	var err error
	if l.oracle, err = pgx.Connect(t.Context(), cluster.DSNFor("bytewise")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.oracle.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	for _, sql := range append(plantest.PseudonymDDL(), plantest.SketchDDL()...) {
		if err := cluster.ExecIn(t.Context(), "bytewise", sql); err != nil {
			t.Fatal(err)
		}
	}
	l.addDuckDB(t, ddl("duckdb"), cluster.DSNFor("bytewise"))
	return l
}

func (l *live) add(t *testing.T, name string, site sqlgen.Site, open connectors.Opener, dsn string) engine {
	t.Helper()
	conn, err := open(connectors.Config{Shard: name, DSN: dsn, Schema: site.Schema})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
	e := engine{name, site, conn}
	l.engines = append(l.engines, e)
	return e
}

// addDuckDB makes a file, with the samples that PostgreSQL has.
func (l *live) addDuckDB(t *testing.T, ddl []string, samples string) {
	t.Helper()
	fields := make([]arrow.Field, 0, 16)
	for _, c := range plantest.SamplesTable().Columns {
		typ, err := plan.ParseType(c.Type)
		if err != nil {
			t.Fatal(err)
		}
		fields = append(fields, typ.Field(c.Name))
	}
	from := (&live{}).add(t, "samples", sqlgen.Site{Schema: "public"}, postgres.Open, samples)
	src := &source{schema: arrow.NewSchema(fields, nil)}
	var err error
	if src.reader, err = from.conn.Query(t.Context(), connectors.Statement{SQL: "SELECT * FROM samples ORDER BY id", Schema: src.schema}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "shard.duckdb")
	err = duckdb.CreateFile(t.Context(), path, ddl, []duckdb.FileTable{{Name: "samples", Source: src}})
	if err := errors.Join(err, src.reader.Close()); err != nil {
		t.Fatal(err)
	}
	l.add(t, "DuckDB", sqlgen.Site{Dialect: "duckdb", BinaryCollation: true}, duckdb.Open, path)
}

// source is a stream of batches; without a reader an empty one.
type source struct {
	schema *arrow.Schema
	reader connectors.Reader
}

func (s *source) Schema() *arrow.Schema { return s.schema }

func (s *source) Next(ctx context.Context) (arrow.Record, error) {
	if s.reader == nil {
		return nil, io.EOF
	}
	return s.reader.Next(ctx)
}

// answer runs a statement whose columns are cols.
func (e engine) answer(ctx context.Context, st plan.Statement, cols []plan.Column, args []connectors.Arg) (logictest.Answer, error) {
	schema := schemaOf(cols)
	r, err := e.conn.Query(ctx, connectors.Statement{SQL: st.SQL, Args: args, Schema: schema})
	if err != nil {
		return logictest.Answer{}, err
	}
	return readAll(ctx, r, schema)
}

func readAll(ctx context.Context, r connectors.Reader, schema *arrow.Schema) (a logictest.Answer, err error) {
	defer func() { err = errors.Join(err, r.Close()) }()
	var recs []arrow.Record
	defer func() {
		for _, rec := range recs {
			rec.Release()
		}
	}()
	for {
		rec, err := r.Next(ctx)
		if err == io.EOF {
			return logictest.FromArrow(schema, recs)
		}
		if err != nil {
			return a, err
		}
		rec.Retain()
		recs = append(recs, rec)
	}
}

func schemaOf(cols []plan.Column) *arrow.Schema {
	fields := make([]arrow.Field, len(cols))
	for i, name := range plan.Aliases(cols) {
		fields[i] = cols[i].Type.Field(name)
	}
	return arrow.NewSchema(fields, nil)
}

// sampleRows are the rows of samples: the usual, NULLs, nothing, negatives, extremes, and texts that can be cast.
const sampleRows = `
(1, true, 7, 42, 9000000000, 123.456, 1.5, 2.25, 'Hello, World', '\x00ff41', '2020-02-29', '12:30:15.25',
 '2020-02-29 23:59:59.999999', '2020-02-29 23:30:00+00', '1 mon 2 days 03:04:05.6', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'),
(2, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null),
(3, false, 0, 0, 0, 0, 0, 0, '', '', '1970-01-01', '00:00', '1970-01-01 00:00:00', '1970-01-01 00:00:00+00', '0', '00000000-0000-0000-0000-000000000000'),
(4, true, -7, -43, -9000000001, -123.455, -1.5, -2.75, 'äÖü ß  ', '\xfe', '1899-12-31', '23:59:59.999999',
 '1899-12-31 01:02:03', '1899-12-31 22:00:00-02', '-1 year -2 mons +3 days -04:05:06', 'ffffffff-ffff-ffff-ffff-ffffffffffff'),
(5, false, -32768, 2147483647, 9223372036854775807, 999999999.999, 3.4e38, 'NaN', 'a_b%c\d', '\x00', '9999-12-31', '24:00',
 '9999-12-31 23:59:59', '0001-01-01 00:00:00+00', '178000 years', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12'),
(6, true, 1, 3, 12, 2.500, 0.1, 0.5, '12', '\x31', '2024-02-29', '01:02:03', '2021-03-04 05:06:07.5', '2021-03-04 05:06:07.5+00', '90 min', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a13'),
(7, true, 2, 13, 100, -2.500, 'Infinity', '-Infinity', '2020-01-31', '\x32', '2020-01-31', '12:00', '2020-01-31 12:00:00', '2020-01-31 12:00:00+00', '1 mon', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a14'),
(8, false, 3, 1, 2, 0.001, 'NaN', 1e-30, 'true', '\x33', '2000-02-28', '06:00', '2000-02-28 06:00:00', '2000-02-28 06:00:00+00', '-1 day', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a15'),
(9, true, 5, 65, 3, 1.000, 0.25, 3, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '\x34', '2021-12-31', '06:00', '2021-12-31 06:00:00', '2021-12-31 06:00:00+00', '25 hours', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a16')`
