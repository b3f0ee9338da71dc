package mssql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/internal/tdstest"
	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// tens is a derived table of 0 … 9.
const tens = "(VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS "

// counting yields the numbers from 1 to 10^digits.
func counting(digits int) string {
	var from []string
	sum := "1"
	for i := range digits {
		from = append(from, fmt.Sprintf("%st%d(n)", tens, i))
		sum = fmt.Sprintf("t%d.n + 10 * (%s)", i, sum)
	}
	return "SELECT CAST(" + sum + " AS bigint) AS a FROM " + strings.Join(from, " CROSS JOIN ")
}

func TestOneRoundTrip(t *testing.T) {
	srv := server(t)
	s := openShard(t, connectors.Config{DSN: srv.DSN()})
	stmt := connectors.Statement{SQL: "SELECT x.a + CAST(@p1 AS bigint) AS a FROM (" + counting(4) + ") AS x", Schema: oneInt,
		Args: []connectors.Arg{{Text: "1"}}}
	mustValues(t, s, stmt)
	for i := range 5 {
		srv.ClearRecord()
		_, stats := mustValues(t, s, stmt)
		if sent := srv.Statements(); len(sent) != 1 || stats.RoundTrips != 1 {
			t.Errorf("run %d: %d statements, %d round trips, want 1", i+2, len(sent), stats.RoundTrips)
		}
		if stats.Bytes < 10_000*8 || stats.Rows != 10_000 {
			t.Errorf("stats: %+v", stats)
		}
	}
	sent := srv.Statements()[0]
	if !strings.HasPrefix(sent.Text, "SET TRANSACTION ISOLATION LEVEL SNAPSHOT;\nSELECT") || len(sent.Params) != 1 || sent.Params[0].Type.Kind != engine.NVarchar {
		t.Errorf("sent %q with %+v", sent.Text, sent.Params)
	}
	// A failing statement costs no more, and the connection stays.
	stmt.SQL = "SELECT 1 / (CAST(@p1 AS bigint) - 1) AS a"
	if _, stats, err := values(t, s, stmt); err == nil || stats.RoundTrips > 1 {
		t.Errorf("failing statement: %v, %d round trips", err, stats.RoundTrips)
	}
	stmt.SQL = "SELECT CAST(@p1 AS bigint) AS a"
	mustValues(t, s, stmt)
	if n := len(srv.Logins()); n != 0 {
		t.Errorf("the failure cost the connection: %d logins", n)
	}
}

func TestLogin(t *testing.T) {
	srv := server(t)
	for _, tc := range []struct {
		params           []string
		login, full, ro  bool
		class            connectors.Class
		state, text, app string
	}{
		{params: nil, login: true, full: true, ro: true, app: "atoll"},
		{params: []string{"encrypt", ""}, login: true, full: true, ro: true, app: "atoll"},
		{params: []string{"encrypt", "false"}, login: true, ro: true, app: "atoll"},
		{params: []string{"encrypt", "strict"}, login: true, full: true, ro: true, app: "atoll"},
		{params: []string{"encrypt", "disable", "app name", "x"}, ro: true, app: "x"},
		{params: []string{"applicationintent", "ReadWrite"}, login: true, full: true, app: "atoll"},
		{params: []string{"certificate", "", "trustservercertificate", "true"}, login: true, full: true, ro: true, app: "atoll"},
		{params: []string{"certificate", ""}, class: connectors.ClassConfig, state: "08001", text: "authority that is not known"},
		{params: []string{"database", "nowhere"}, class: connectors.ClassAuth, state: "3D000", text: "database in its DSN"},
	} {
		srv.ClearRecord()
		s := openShard(t, connectors.Config{DSN: srv.DSNWith(tc.params...)})
		got, _, err := values(t, s, connectors.Statement{SQL: "SELECT CAST(7 AS bigint) AS a", Schema: oneInt})
		if tc.class != "" {
			if e := asError(t, err); e.Class != tc.class || e.SQLState != tc.state || !strings.Contains(e.Text, tc.text) {
				t.Errorf("%v: class %s: %v", tc.params, e.Class, err)
			}
			continue
		}
		if err != nil || got[0] != "7" {
			t.Errorf("%v: %v, %v", tc.params, got, err)
			continue
		}
		l := srv.Logins()[0]
		if l.LoginTLS != tc.login || l.TLS != tc.full || l.ReadOnlyIntent != tc.ro || l.AppName != tc.app {
			t.Errorf("%v: %+v", tc.params, l)
		}
	}
}

func TestRefusedLogin(t *testing.T) {
	srv := server(t)
	u := srv.URL()
	u.User = nil
	for _, dsn := range []string{strings.Replace(srv.DSN(), tdstest.DefaultPassword, "wrong-secret", 1), u.String()} {
		s := openShard(t, connectors.Config{DSN: dsn})
		_, err := s.Calibrate(context.Background())
		if e := asError(t, err); e.Class != connectors.ClassAuth || strings.Contains(err.Error(), "secret") || e.SafeToRetry() {
			t.Errorf("%v", err)
		}
	}
}

func TestAccessToken(t *testing.T) {
	srv := tdstest.Start(t, tdstest.WithAccessToken("the-token"))
	u := srv.URL()
	u.User = nil
	for token, want := range map[string]bool{"the-token": true, "another": false, "": false} {
		c, err := NewOpener(Options{Token: func(ctx context.Context) (string, error) {
			if token == "" {
				return "", errors.New("no secret")
			}
			return token, ctx.Err()
		}})(connectors.Config{Shard: "br-1", DSN: u.String()})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Calibrate(context.Background())
		if (err == nil) != want || err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("token %q: %v", token, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestThrottling: a database that wakes, or is busy, says so; who asks it through a shard of servers waits for it.
func TestThrottling(t *testing.T) {
	srv := server(t)
	s := openShard(t, connectors.Config{DSN: srv.DSN()})
	waits := patient(s)
	stmt := connectors.Statement{SQL: "SELECT CAST(7 AS bigint) AS a", Schema: oneInt}
	srv.FailLogins(tdstest.Fault{Times: 2, Error: tdstest.ErrUnavailable()})
	_, _, err := values(t, s, stmt)
	if e := asError(t, err); e.Class != connectors.ClassUnavailable || e.SQLState != "57P03" || e.Patience() != connectors.Waking {
		t.Errorf("%v, patience %v", err, e.Patience())
	}
	mustValues(t, waits, stmt)
	if n := len(srv.Logins()); n != 3 {
		t.Errorf("%d logins, want 3", n)
	}
	for _, e := range []*engine.Error{tdstest.ErrUnavailable(), tdstest.ErrThrottled()} {
		srv.FailStatements(tdstest.Fault{Times: 1, Match: "7", Error: e})
		if got, _ := mustValues(t, waits, stmt); got != "7" {
			t.Errorf("%d: %s", e.Number, got)
		}
		srv.FailStatements(tdstest.Fault{Times: 1, Match: "7", Error: e})
		if _, _, err := values(t, s, stmt); !asError(t, err).SafeToRetry() || asError(t, err).Patience() != connectors.Waking {
			t.Error(err)
		}
	}
	// Once a batch was handed over nothing is repeated.
	srv.FailStatements(tdstest.Fault{AfterRows: 500, Match: "CROSS", Error: tdstest.ErrUnavailable()})
	out, _, err := values(t, waits, connectors.Statement{SQL: counting(3), Schema: oneInt, BatchRows: 100})
	if e := asError(t, err); e.Class != connectors.ClassUnavailable || len(out) < 100 || len(out) > 500 {
		t.Errorf("%d rows, %v", len(out), err)
	}
}

func TestFaults(t *testing.T) {
	srv := server(t)
	s := openShard(t, connectors.Config{DSN: srv.DSN()})
	stmt := connectors.Statement{SQL: counting(4), Schema: oneInt, BatchRows: 1000}
	mustValues(t, s, stmt)
	for _, tc := range []struct {
		name  string
		fault tdstest.Fault
		class connectors.Class
		state string
	}{
		{"deadlock", tdstest.Fault{Error: tdstest.ErrDeadlock()}, connectors.ClassConflict, "40001"},
		{"deadlock midway", tdstest.Fault{AfterRows: 3000, Error: tdstest.ErrDeadlock()}, connectors.ClassConflict, "40001"},
		{"drop midway", tdstest.Fault{Times: -1, AfterRows: 3000, Drop: true}, connectors.ClassUnavailable, "08006"},
		{"drop within a row", tdstest.Fault{Times: -1, AfterBytes: 30_001, Drop: true}, connectors.ClassUnavailable, "08006"},
		{"garbage midway", tdstest.Fault{AfterRows: 3000, Garbage: true}, connectors.ClassInternal, "08P01"},
		{"wrong types", tdstest.Fault{WrongTypes: true}, connectors.ClassSchema, ""},
		{"fatal", tdstest.Fault{Error: &engine.Error{Number: 823, Severity: 24, Text: "I/O error secret-cell"}}, connectors.ClassUnavailable, "08006"},
		{"lock timeout", tdstest.Fault{Error: &engine.Error{Number: 1222, Severity: 16, Text: "Lock request time out"}}, connectors.ClassTimeout, "55P03"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			srv.FailStatements(tc.fault)
			_, _, err := values(t, s, stmt)
			if e := asError(t, err); e.Class != tc.class || e.SQLState != tc.state || strings.Contains(err.Error(), "secret") {
				t.Errorf("class %s: %v", e.Class, err)
			}
			srv.ClearFaults()
			mustValues(t, s, stmt)
		})
	}
}

// TestServerClosesIdleConnection: the statement goes out again on a new connection, unseen by the caller.
func TestServerClosesIdleConnection(t *testing.T) {
	srv := server(t)
	s := openShard(t, connectors.Config{DSN: srv.DSN()})
	stmt := connectors.Statement{SQL: "SELECT CAST(7 AS bigint) AS a", Schema: oneInt}
	mustValues(t, s, stmt)
	srv.DropConnections()
	eventually(t, 5*time.Second, "the connections are gone", func() bool { return srv.Connections() == 0 })
	if got, _ := mustValues(t, s, stmt); got != "7" || len(srv.Logins()) != 2 {
		t.Errorf("%s, %d logins", got, len(srv.Logins()))
	}
	// A statement that itself brings the connection down is not sent for ever.
	srv.ClearRecord()
	srv.FailStatements(tdstest.Fault{Times: -1, Drop: true})
	if _, _, err := values(t, s, stmt); asError(t, err).Class != connectors.ClassUnavailable || len(srv.Statements()) > maxAttempts {
		t.Errorf("%v after %d statements", err, len(srv.Statements()))
	}
}

// hashesOver are the hashes that rest on a feature.
var hashesOver = map[string][]string{
	engine.MissingUTF8Collation: {connectors.FeatureHashText}, engine.MissingDateParts: {connectors.FeatureHashTime}, engine.MissingOffsets: {connectors.FeatureHashTime},
	engine.MissingSHA256:    {connectors.FeatureHashKeyed},
	engine.MissingHashBytes: {connectors.FeatureHashPortable, connectors.FeatureHashText},
}

func TestCalibration(t *testing.T) {
	for _, missing := range [][]string{nil, {engine.MissingUTF8Collation, engine.MissingHashBytes},
		{engine.MissingBinaryCollation, engine.MissingUTF8Collation, engine.MissingHashBytes}, {engine.MissingSupplementary},
		{engine.MissingTranslate}, {engine.MissingOpenJSON}, {engine.MissingDecimalScale}, {engine.MissingStableVariance}, {engine.MissingDateParts},
		{engine.MissingOffsets}, {engine.MissingHashBytes}, {engine.MissingSHA256}, {engine.MissingOffsetFetch}, {engine.MissingUTF16Bytes}, {engine.MissingOffsets, engine.MissingStableVariance, engine.MissingTranslate}} {
		srv := tdstest.Start(t, tdstest.WithEngine(engine.Options{Missing: missing, AllowSnapshot: missing == nil}))
		s := openShard(t, connectors.Config{DSN: srv.DSN()})
		caps, err := s.Calibrate(context.Background())
		if err != nil {
			t.Errorf("without %v: %v", missing, err)
			continue
		}
		missing = slices.Clone(missing)
		for _, feature := range missing[:len(missing):len(missing)] {
			missing = append(missing, hashesOver[feature]...)
		}
		slices.Sort(missing)
		missing = slices.Compact(missing)
		if !slices.Equal(caps.Missing, missing) {
			t.Errorf("missing %v, want %v", caps.Missing, missing)
		}
		if n := len(srv.Statements()); missing == nil && n != 2 {
			t.Errorf("%d statements to calibrate", n)
		}
		for _, want := range []string{"collation: SQL_Latin1_General_CP1_CI_AS (case-insensitive)",
			"snapshot isolation: " + map[bool]string{true: "on", false: "off"}[missing == nil], "missing: " + listOr(missing, "nothing")} {
			if !slices.ContainsFunc(caps.Findings, func(f connectors.Finding) bool { return strings.HasPrefix(f.Name+": "+f.Value, want) }) {
				t.Errorf("no %q in %v", want, caps.Findings)
			}
		}
		if caps.Dialect != "tsql" || !strings.HasPrefix(caps.Version, "SQL Server 16.0") {
			t.Errorf("%+v", caps)
		}
	}
}

func TestIsolationFollowsTheDatabase(t *testing.T) {
	srv := tdstest.Start(t)
	s := openShard(t, connectors.Config{DSN: srv.DSN()})
	mustValues(t, s, connectors.Statement{SQL: "SELECT CAST(7 AS bigint) AS a", Schema: oneInt})
	for _, sent := range srv.Statements() {
		if !strings.HasPrefix(sent.Text, "SET TRANSACTION ISOLATION LEVEL READ COMMITTED;\n") {
			t.Errorf("sent %q", sent.Text)
		}
	}
}

// TestOutsideSnapshots: what SNAPSHOT cannot read is read under READ COMMITTED, and only that.
func TestOutsideSnapshots(t *testing.T) {
	srv := server(t, "CREATE TABLE sessions (id bigint)", "INSERT INTO sessions (id) VALUES (7)", "CREATE TABLE others (id bigint)")
	srv.Database().MemoryOptimized("dbo", "sessions")
	s := openShard(t, connectors.Config{DSN: srv.DSN()})
	mustValues(t, s, connectors.Statement{SQL: "SELECT d.id AS a FROM [dbo].[others] AS d", Schema: oneInt})
	srv.ClearRecord()
	stmt := connectors.Statement{SQL: "SELECT s.id AS a FROM [dbo].[sessions] AS s WHERE s.id = CAST(@p1 AS bigint)", Schema: oneInt,
		Args: []connectors.Arg{{Text: "7"}}}
	if got, _ := mustValues(t, s, stmt); got != "7" {
		t.Errorf("got %q", got)
	}
	var levels []string
	for _, sent := range srv.Statements() {
		level, _, _ := strings.Cut(strings.TrimPrefix(sent.Text, "SET TRANSACTION ISOLATION LEVEL "), ";")
		levels = append(levels, level)
	}
	if !slices.Equal(levels, []string{snapshot, readCommitted}) {
		t.Errorf("sent under %v", levels)
	}
	srv.FailStatements(tdstest.Fault{Times: -1, Error: &engine.Error{Number: 41332, Severity: 16, State: 1}})
	if _, _, err := values(t, s, stmt); asError(t, err).Class != connectors.ClassConfig {
		t.Error(err)
	}
}

func TestMissingSchema(t *testing.T) {
	s := openShard(t, connectors.Config{DSN: server(t).DSN(), Schema: "nowhere"})
	_, err := s.Calibrate(context.Background())
	if e := asError(t, err); e.Class != connectors.ClassConfig || !strings.Contains(e.Text, `"nowhere"`) {
		t.Error(err)
	}
}

func TestManyParameters(t *testing.T) {
	s := openShard(t, connectors.Config{DSN: server(t).DSN()})
	for _, n := range []int{1, maxParams, maxParams + 1, 5000} {
		stmt := connectors.Statement{Schema: oneText}
		var list []string
		for i := range n {
			stmt.Args = append(stmt.Args, connectors.Arg{Text: fmt.Sprintf("it's %d", i)})
			list = append(list, fmt.Sprintf("(@p%d)", i+1))
		}
		stmt.Args = append(stmt.Args[:n-1], connectors.Arg{Text: "last 'ö'\\\n🏝"})
		stmt.SQL = fmt.Sprintf("SELECT MAX(v.x) AS a FROM (VALUES %s) AS v(x) WHERE v.x = CAST(@p%d AS nvarchar(40))", strings.Join(list, ", "), n)
		if n > 1000 {
			stmt.SQL = fmt.Sprintf("SELECT CAST(@p%d AS nvarchar(40)) AS a WHERE N'it''s 3' IN (%s)", n, strings.NewReplacer("(", "", ")", "").Replace(strings.Join(list, ", ")))
		}
		if got, _ := mustValues(t, s, stmt); got != "last 'ö'\\\n🏝" {
			t.Errorf("%d parameters: %q", n, got)
		}
	}
}

// TestFatRowsMakeSmallBatches: a batch is bounded in bytes as well as in rows.
func TestFatRowsMakeSmallBatches(t *testing.T) {
	s := openShard(t, connectors.Config{DSN: server(t).DSN()})
	ctx := context.Background()
	r, err := s.Query(ctx, connectors.Statement{Schema: oneText,
		SQL: "SELECT REPLICATE(CAST(N'x' AS nvarchar(max)), 1000000) AS a FROM " + tens + "t(n) CROSS JOIN (VALUES (1), (2)) AS u(n)"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for rows := int64(0); rows < 20; {
		rec, err := r.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if rec.NumRows() > 5 || len(rec.Column(0).ValueStr(0)) != 1_000_000 {
			t.Errorf("a batch of %d rows of %d bytes", rec.NumRows(), len(rec.Column(0).ValueStr(0)))
		}
		rows += rec.NumRows()
	}
}

func TestValuesOfTheServer(t *testing.T) {
	s := openShard(t, connectors.Config{DSN: server(t).DSN()})
	for _, tc := range []struct {
		sql  string
		typ  arrow.DataType
		want string
		fail string
	}{
		{"CAST(255 AS tinyint)", arrow.PrimitiveTypes.Int16, "255", ""}, {"CAST(-922337203685477.5808 AS money)", dec(19, 4), "-922337203685477.5808", ""},
		{"CAST(-214748.3648 AS smallmoney)", dec(10, 4), "-214748.3648", ""}, {"CAST(0.1 AS real)", arrow.PrimitiveTypes.Float32, "0.1", ""},
		{"CAST(N'123e4567-e89b-12d3-a456-426614174000' AS uniqueidentifier)", uuidType, "Ej5FZ+ibEtOkVkJmFBdAAA==", ""},
		{"CAST(N'2026-02-03 04:05:06.789' AS datetime)", timestamp, "2026-02-03 04:05:06.79Z", ""},
		{"CAST(N'2026-02-03 04:05:31' AS smalldatetime)", timestamp, "2026-02-03 04:06:00Z", ""},
		{"CAST(N'2026-02-03 04:05:06.1234567' AS datetime2(7))", timestamp, "", "22008"},
		{"CAST(N'2026-02-03 04:05:06.1234567 +01:00' AS datetimeoffset(6))", instant, "2026-02-03 03:05:06.123457Z", ""},
		{"CAST(N'Zürich 🏝' AS varbinary(max))", arrow.BinaryTypes.String, "Zürich 🏝", ""}, {"CAST(N'x' + NCHAR(55356) AS varbinary(max))", arrow.BinaryTypes.String, "", "22021"},
		{"N'x' + NCHAR(55356)", arrow.BinaryTypes.String, "", "22021"}, {"N'x' + NCHAR(65533)", arrow.BinaryTypes.String, "", "22021"},
		{"CAST(N'x' + NCHAR(65533) AS varbinary(max))", arrow.BinaryTypes.String, "x\uFFFD", ""},
		{"CAST(N'ü' AS varchar(10))", arrow.BinaryTypes.String, "", "22021"}, {"CAST('plain' AS varchar(10))", arrow.BinaryTypes.String, "plain", ""},
		{"CAST(1.25 AS decimal(38,20))", dec(3, 1), "", "22003"}, {"N'99999999999999999999999999999999999999;0.5'", wide, "", ""},
		{"CAST(5 AS bigint)", arrow.FixedWidthTypes.Date32, "", "schema"},
	} {
		out, _, err := values(t, s, connectors.Statement{SQL: "SELECT " + tc.sql + " AS a", Schema: schemaOf(tc.typ)})
		if tc.fail == "" {
			if err != nil || tc.want != "" && out[0] != tc.want {
				t.Errorf("%s as %s: %v, %v, want %s", tc.sql, tc.typ, out, err, tc.want)
			}
			continue
		}
		if e := asError(t, err); e.SQLState != tc.fail && string(e.Class) != tc.fail || e.Column != "a" {
			t.Errorf("%s as %s: %v, want %s", tc.sql, tc.typ, err, tc.fail)
		}
	}
}
