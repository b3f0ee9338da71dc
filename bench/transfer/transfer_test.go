package transfer

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"go.uber.org/goleak"

	"github.com/atoll-sql/atoll/bench/report"
	"github.com/atoll-sql/atoll/internal/pgtest"
	"github.com/atoll-sql/atoll/internal/tdstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestRun holds that the report is whole: every type, by every reader of every engine, with a value of each round, from a test server in SQL Server's place.
func TestRun(t *testing.T) {
	s := tdstest.Start(t)
	o := Options{Rows: 300, Columns: 2, Rounds: 2, Nulls: 0.2, SQLServerDSN: s.DSNWith("encrypt", "disable", "certificate", "")}
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	readers := map[string][]string{
		Postgres: {Atoll, PSQL, CopyTo, RawValues, Values}, PostgresTCP: {Atoll, PSQL, CopyTo}, DuckDB: {Atoll, Scan}, SQLServer: {Atoll, Bare},
	}
	for engine, names := range readers {
		for _, kind := range Types() {
			for _, name := range names {
				where := []string{"engine", engine, "type", kind, "reader", name}
				whole(t, r, Rows, o.Rounds, where...)
				if name == Atoll {
					whole(t, r, Payload, o.Rounds, where...)
					whole(t, r, PerRow, o.Rounds, where...)
					whole(t, r, Arrow, o.Rounds, where...)
					whole(t, r, Allocations, o.Rounds, where...)
				} else {
					whole(t, r, Speed, o.Rounds, "engine", engine, "type", kind, "against", name)
				}
			}
		}
	}
	for _, p := range r.Peers {
		if p.Missing != "" || p.Equal != len(Types()) || p.Checked != p.Equal || p.Setup == "" {
			t.Errorf("%+v", p)
		}
	}
	for _, g := range r.Goals {
		if !strings.Contains(g.Unknown, "it takes 200000") || g.Met() {
			t.Errorf("so few rows decide a goal: %+v", g)
		}
	}
	if len(r.Peers) != 12 || len(r.Goals) != 3 || len(r.Charts) != 7 || len(r.Versions) != 3 {
		t.Errorf("%d peers, %d goals, %d charts, %d versions", len(r.Peers), len(r.Goals), len(r.Charts), len(r.Versions))
	}
	for _, c := range r.Charts {
		for _, l := range c.Lines {
			if len(l.Y) != len(c.Categories) || len(l.Low) != len(l.Y) {
				t.Errorf("chart %s, line %s: %d values for %d types", c.Name, l.Name, len(l.Y), len(c.Categories))
			}
		}
	}
}

func whole(t *testing.T, r *report.Report, name string, rounds int, where ...string) {
	t.Helper()
	s := r.Find(name, where...)
	if s == nil || len(s.Values) != rounds {
		t.Errorf("%s of %q: %+v", name, where, s)
		return
	}
	for _, v := range s.Values {
		if !(v > 0) {
			t.Errorf("%s of %q: %v", name, where, s.Values)
		}
	}
}

// TestPayload holds the bytes of a row to what PostgreSQL's protocol frames: seven bytes, and of each bigint its length and eight.
func TestPayload(t *testing.T) {
	r, err := Run(t.Context(), Options{Engines: []string{Postgres}, Types: []string{"bigint"}, Rows: 100, Columns: 3, Rounds: 1})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Find(PerRow, "engine", Postgres, "reader", Atoll).Median(); got != 7+3*12 {
		t.Errorf("%v bytes a row", got)
	}
	if g := r.Goals[0]; g.Unknown == "" || g.Met() {
		t.Errorf("a goal about what was not measured: %+v", g)
	}
}

// TestOwnServer measures at a server that is named: nothing of the benchmark stays there, psql does not get to see the DSN, and SQL Server is told to be missing.
func TestOwnServer(t *testing.T) {
	c := pgtest.Start(t, 1)[0]
	o := Options{Engines: []string{Postgres, SQLServer}, Types: []string{"date"}, Rows: 50, Rounds: 1, PostgresDSN: c.DSN}
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	missing := map[string]string{}
	for _, p := range r.Peers {
		missing[p.Name] = p.Missing
	}
	if !strings.Contains(missing[SQLServer], "--sqlserver-dsn") || !strings.Contains(missing[Postgres+": "+PSQL], "command line") || missing[Postgres+": "+CopyTo] != "" {
		t.Errorf("%q", missing)
	}
	const none = `DO $$ BEGIN IF EXISTS (SELECT FROM pg_namespace WHERE nspname LIKE 'atoll_bench%') THEN RAISE 'a schema is left'; END IF; END $$`
	if err := c.Exec(t.Context(), none); err != nil {
		t.Error(err)
	}
}

// TestWrongRows holds that nothing is measured of rows which differ from the engine's.
func TestWrongRows(t *testing.T) {
	k := kindNamed("integer")
	digest := k.digest
	defer func() { k.digest = digest }()
	k.digest = func(a arrow.Array, i int) int64 { return digest(a, i) + 1 }
	_, err := Run(t.Context(), Options{Engines: []string{DuckDB}, Types: []string{"integer"}, Rows: 50, Rounds: 1})
	if err == nil || !strings.Contains(err.Error(), "wrong rows") {
		t.Errorf("%v", err)
	}
}

// TestInterrupt holds that an interrupt ends the run and leaves no files.
func TestInterrupt(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Run(ctx, Options{Engines: []string{DuckDB}, Quick: true, Progress: func(line string) {
		if strings.Contains(line, "double") {
			cancel()
		}
	}})
	if err == nil {
		t.Error("the run went on")
	}
	left, err := os.ReadDir(os.TempDir())
	if err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{Engines: []string{"oracle"}}, `engines: there is no "oracle"`}, {Options{Types: []string{"money"}}, `types: there is no "money"`},
		{Options{Rows: -1}, "rows: -1"}, {Options{Rows: 9_000_000_000}, "rows: "}, {Options{Columns: 501}, "columns: 501"}, {Options{Rounds: -2}, "rounds: -2"},
		{Options{Nulls: 0.95}, "nulls: 0.95"}, {Options{}, ""},
	} {
		err := c.o.Check()
		if (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.o, err)
		}
	}
}
