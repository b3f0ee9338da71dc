package tap

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/jackc/pgx/v5"
	_ "github.com/microsoft/go-mssqldb" // the driver whose conversation is recorded
	"go.uber.org/goleak"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/internal/pgtest"
	"github.com/atoll-sql/atoll/internal/tdstest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := errors.Join(pgtest.StopShared(), goleak.Find()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// found checks what a recorder heard of one conversation, and forgets it.
func found(t *testing.T, r *Recorder, what string, want ...Value) {
	t.Helper()
	hits := r.Find(finder(t))
	for _, v := range want {
		heard := false
		for _, h := range hits {
			heard = heard || h.Value == v && !h.Out
		}
		if !heard {
			t.Errorf("%s: %q is not found", what, v.Text)
		}
	}
	if len(want) == 0 && len(hits) > 0 {
		t.Errorf("%s: found %v", what, hits)
	}
	r.Forget()
}

// TestPostgresIsHeard lets PostgreSQL send values that its client does not name: they come from a table.
func TestPostgresIsHeard(t *testing.T) {
	clusters, err := pgtest.Shared(1)
	if err != nil {
		t.Fatal(err)
	}
	dsn, err := clusters[0].CreateDatabase(t.Context(), "tap")
	if err != nil {
		t.Fatal(err)
	}
	err = clusters[0].ExecIn(t.Context(), "tap", fmt.Sprintf(
		`CREATE TABLE v (w text, n bigint, a numeric, d date, k uuid); INSERT INTO v VALUES ('%s', %s, %s, '%s', '%s')`, word.Text, count.Text, amount.Text, birth.Text, key.Text))
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	p := listen(t, Options{Shard: "pg", Network: "unix", Address: u.Query().Get("host") + "/.s.PGSQL." + u.Query().Get("port")})
	conn, err := pgx.Connect(t.Context(), "postgres://"+pgtest.User+"@"+p.Addr()+"/tap?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	found(t, &p.Recorder, "connecting")
	for sql, want := range map[string][]Value{
		"*":                                    {word, count, amount, birth, key},
		"row_to_json(v)":                       {word, count, amount, birth, key},
		"v":                                    {word, count, amount, birth, key},
		"array[a], array[d], array[n]":         {amount, birth, count},
		"substr(w, 5, 9), left(w, 8)":          {word},
		"upper(w)":                             {word},
		"reverse(w)":                           {word},
		"md5(w)":                               {word},
		"sha256(w::bytea)":                     {word},
		"encode(w::bytea, 'hex')":              {word},
		"encode(w::bytea, 'base64')":           {word},
		"encode(('ab' || w)::bytea, 'base64')": {word},
		"n::text, d::text":                     {count, birth},
		"n::float8, a::float8":                 {count, amount},
		"n::numeric, a * 1.000":                {count, amount},
		"to_hex(n)":                            {count},
		"(a * 100)::bigint":                    {amount},
		"to_char(d, 'DD.MM.YYYY')":             {birth},
		"d::timestamp":                         {birth},
		"extract(epoch from d)::bigint":        {birth},
		"k::text":                              {key},
		"replace(k::text, '-', '')":            {key},
		"length(w), n > 5, d is null":          nil,
	} {
		if _, err := conn.Exec(t.Context(), "SELECT "+sql+" FROM v"); err != nil { // as text
			t.Fatal(sql, err)
		}
		found(t, &p.Recorder, "text of "+sql, want...)
		rows, err := conn.Query(t.Context(), "SELECT "+sql+" FROM v WHERE $1", true) // in binary
		if err != nil {
			t.Fatal(sql, err)
		}
		rows.Close()
		if rows.Err() != nil {
			t.Fatal(sql, rows.Err())
		}
		found(t, &p.Recorder, "binary of "+sql, want...)
	}
	if _, err := conn.Exec(t.Context(), "SELECT 1 WHERE $1 = 'x'", word.Text); err != nil {
		t.Fatal(err)
	}
	hits := p.Find(finder(t))
	if len(hits) == 0 || !hits[0].Out {
		t.Errorf("a parameter on its way to the server is not found: %v", hits)
	}
}

func listen(t *testing.T, o Options) *Proxy {
	t.Helper()
	p, err := Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// TestSQLServerIsHeard does the same over TDS, with packets so small that values are cut in two.
func TestSQLServerIsHeard(t *testing.T) {
	s := tdstest.Start(t, tdstest.WithEncryption(tdstest.EncryptionAbsent))
	err := s.Exec(t.Context(), fmt.Sprintf(
		`CREATE TABLE v (pad nvarchar(400), w nvarchar(60), n bigint, a decimal(18,2), d date, k uniqueidentifier); INSERT INTO v VALUES (N'', N'%s', %s, %s, '%s', '%s')`,
		word.Text, count.Text, amount.Text, birth.Text, key.Text))
	if err != nil {
		t.Fatal(err)
	}
	p := listen(t, Options{Shard: "tds", Network: "tcp", Address: s.Addr(), TDS: true})
	u := s.URL()
	u.Host = p.Addr()
	q := u.Query()
	q.Set("packet size", "512")
	u.RawQuery = q.Encode()
	db, err := sql.Open("sqlserver", u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for sql, want := range map[string][]Value{
		"w, n, a, d, k":             {word, count, amount, birth, key},
		"SUBSTRING(w, 5, 9)":        {word},
		"CAST(w AS varbinary(100))": {word},
		"CAST(n AS decimal(20, 0))": {count},
		"CAST(n AS float)":          {count},
		"CAST(a AS money)":          {amount},
		"CAST(a AS decimal(38, 6))": {amount},
		"CAST(a AS float)":          {amount},
		"CAST(d AS datetime)":       {birth},
		"CAST(d AS datetime2(7))":   {birth},
		"CAST(d AS nvarchar(30))":   {birth},
		"CAST(k AS nvarchar(40))":   {key},
		"CAST(n AS varchar(30))":    {count},
		"LEN(w), CAST(1 AS bit)":    nil,
	} {
		drainSQL(t, db, "SELECT "+sql+" FROM v")
		found(t, &p.Recorder, sql, want...)
	}
	for pad := 150; pad < 260; pad++ { // wherever the packet ends
		drainSQL(t, db, fmt.Sprintf("SELECT N'%s', w FROM v", strings.Repeat("x", pad)))
		found(t, &p.Recorder, fmt.Sprint("after a pad of ", pad), word)
	}
}

func drainSQL(t *testing.T, db *sql.DB, text string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), text)
	if err != nil {
		t.Fatal(text, err)
	}
	for rows.Next() {
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		t.Fatal(text, err)
	}
}

// TestDuckDBIsHeard does the same without a socket.
func TestDuckDBIsHeard(t *testing.T) {
	file := filepath.Join(t.TempDir(), "v.duckdb")
	err := duckdb.Exec(t.Context(), file, fmt.Sprintf(
		`CREATE TABLE v AS SELECT '%s' AS w, %s::bigint AS n, %s::decimal(18,2) AS a, '%s'::date AS d, '%s'::uuid AS k`, word.Text, count.Text, amount.Text, birth.Text, key.Text))
	if err != nil {
		t.Fatal(err)
	}
	var record Recorder
	conn, err := Wrap(duckdb.Open, func(string) *Recorder { return &record })(connectors.Config{Shard: "ap-1", DSN: file})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, ok := conn.(connectors.Pooled); !ok {
		t.Error("the bound of connections is lost")
	}
	if _, err := conn.Describe(t.Context(), []string{"v"}); err != nil {
		t.Fatal(err)
	}
	found(t, &record, "description")
	fields := []arrow.Field{
		{Name: "w", Type: arrow.BinaryTypes.String}, {Name: "n", Type: arrow.PrimitiveTypes.Int64},
		{Name: "a", Type: &arrow.Decimal128Type{Precision: 18, Scale: 2}}, {Name: "d", Type: arrow.FixedWidthTypes.Date32},
	}
	snapshot := conn.Snapshot(func() error { return nil })
	defer snapshot.Close()
	stmt := connectors.Statement{SQL: "SELECT w, n, a, d FROM v", Schema: arrow.NewSchema(fields, nil)}
	drainReader(t, conn.Query, stmt)
	found(t, &record, "query", word, count, amount, birth)
	drainReader(t, snapshot.Query, stmt)
	found(t, &record, "query of a snapshot", word, count, amount, birth)
	drainReader(t, conn.Query, connectors.Statement{SQL: "SELECT length(w) AS n FROM v", Schema: arrow.NewSchema(fields[1:2], nil)})
	found(t, &record, "length")
	drainReader(t, conn.Query, connectors.Statement{SQL: "SELECT n FROM v WHERE w = $1", Schema: arrow.NewSchema(fields[1:2], nil), Args: []connectors.Arg{{Text: word.Text + "!"}}})
	if hits := record.Find(finder(t)); len(hits) == 0 || !hits[0].Out {
		t.Errorf("a parameter is not found: %v", hits)
	}
}

func drainReader(t *testing.T, query func(context.Context, connectors.Statement) (connectors.Reader, error), stmt connectors.Statement) {
	t.Helper()
	r, err := query(t.Context(), stmt)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = r.Next(t.Context())
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}
