package atoll

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/internal/pgtest"
	"github.com/atoll-sql/atoll/internal/tdstest"
	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// chaos is a configuration over four shards, whose servers stand behind straits: eu-1, a PostgreSQL with a replica, ap-1, a PostgreSQL that can
// be killed, br-1, a SQL Server, and us-1, a DuckDB file. Another PostgreSQL, the oracle, has the rows of all.
type chaos struct {
	primary, standby, lonely *pgtest.Cluster
	tds                      *tdstest.Server
	straits                  map[string]*strait // by shard; "eu-1/near" is the replica's
	dsn                      map[string]string
	oracle                   *pgconn.PgConn
	known                    map[string][][]string // what the oracle answered
}

// chaosShards are in the order of coop, which is the number of the shard from 1 on.
var chaosShards = []string{"eu-1", "ap-1", "br-1", "us-1"}

const (
	chaosPeople = 300  // of each shard
	chaosVisits = 4000 // of each shard
	chaosTeams  = 7
	chaosTables = `CREATE TABLE people (coop integer NOT NULL, id bigint NOT NULL, team integer, name NAME NULL, fee numeric(10,2) NULL);
		CREATE TABLE visits (coop integer NOT NULL, id bigint NOT NULL, person bigint NOT NULL, n integer NOT NULL, word NAME NULL);
		CREATE TABLE teams (team integer NOT NULL, title NAME NOT NULL);`
)

// chaosSQL fills a shard, or with all four the oracle. The values follow from their numbers alone; text is the dialect's type for text.
func chaosSQL(text string, shards ...int) (out []string) {
	out = strings.SplitAfter(strings.TrimSpace(strings.ReplaceAll(chaosTables, "NAME", text)), ";")
	var rows []string
	insert := func(table string) {
		for part := range slices.Chunk(rows, 500) {
			out = append(out, "INSERT INTO "+table+" VALUES "+strings.Join(part, ", "))
		}
		rows = nil
	}
	for _, s := range shards {
		for i := range chaosPeople {
			id := s*100_000 + i
			fee := fmt.Sprintf("%d.%02d", id*37%500, id%100)
			if i%11 == 0 {
				fee = "NULL"
			}
			rows = append(rows, fmt.Sprintf("(%d, %d, %d, 'p%d', %s)", s, id, (i*s)%(chaosTeams+1), id%97, fee))
		}
	}
	insert("people")
	for _, s := range shards {
		for i := range chaosVisits {
			// A visit's person is of the shard itself, or for every seventh visit of the next one.
			home := s
			if i%7 == 0 {
				home = s%len(chaosShards) + 1
			}
			rows = append(rows, fmt.Sprintf("(%d, %d, %d, %d, 'a visit with some words to it, number %d')", s, s*1_000_000+i, home*100_000+i*13%chaosPeople, i*s%101, i%1000))
		}
	}
	insert("visits")
	for i := range chaosTeams {
		rows = append(rows, fmt.Sprintf("(%d, 'team %d')", i, i))
	}
	insert("teams")
	return out
}

func newChaos(t *testing.T) *chaos {
	t.Helper()
	w := &chaos{straits: map[string]*strait{}, dsn: map[string]string{}, known: map[string][][]string{}}
	w.primary = pgtest.Start(t, 1, pgtest.Replicating...)[0]
	w.lonely = pgtest.Start(t, 1, "synchronous_commit=on")[0]
	w.tds = tdstest.Start(t, tdstest.WithEngine(engine.Options{AllowSnapshot: true}))
	w.dsn["us-1"] = filepath.Join(t.TempDir(), "us-1.duckdb")
	for _, err := range []error{
		w.primary.Exec(t.Context(), strings.Join(chaosSQL("text", 1), "; ")),
		w.lonely.Exec(t.Context(), strings.Join(chaosSQL("text", 2), "; ")),
		w.tds.Exec(t.Context(), strings.ReplaceAll(strings.Join(chaosSQL("nvarchar(60)", 3), "; "), "integer", "int")),
		duckdb.Exec(t.Context(), w.dsn["us-1"], chaosSQL("text", 4)...),
		w.lonely.Exec(t.Context(), "CHECKPOINT"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if w.standby, err = w.primary.NewStandby(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.standby.Stop(); err != nil {
			t.Error(err)
		}
	})
	for name, server := range map[string]*pgtest.Cluster{"eu-1": w.primary, "eu-1/near": w.standby, "ap-1": w.lonely} {
		w.straits[name] = newStrait(t, server)
		w.dsn[name] = w.straits[name].dsn("postgres")
	}
	w.straits["br-1"] = newStraitTDS(t, w.tds)
	w.dsn["br-1"] = w.straits["br-1"].dsnTDS(w.tds)
	w.makeOracle(t)
	return w
}

// makeOracle makes a database with all rows, whose tables show those of the shards that a setting names.
func (w *chaos) makeOracle(t *testing.T) {
	t.Helper()
	shared, err := pgtest.Shared(1)
	if err != nil {
		t.Fatal(err)
	}
	dsn, err := shared[0].CreateDatabase(t.Context(), "chaos")
	if err != nil {
		t.Fatal(err)
	}
	sql := append([]string{"CREATE SCHEMA whole; SET search_path = whole"}, chaosSQL("text", 1, 2, 3, 4)...)
	sql = append(sql, "SET search_path = public; CREATE VIEW teams AS TABLE whole.teams")
	for _, table := range []string{"people", "visits"} {
		sql = append(sql, "CREATE VIEW "+table+" AS SELECT * FROM whole."+table+" WHERE position(coop::text in current_setting('chaos.shards')) > 0")
	}
	if err := shared[0].ExecIn(t.Context(), "chaos", strings.Join(sql, "; ")); err != nil {
		t.Fatal(err)
	}
	if w.oracle, err = pgconn.Connect(t.Context(), dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.oracle.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// truth is the answer over the rows of the shards given.
func (w *chaos) truth(t *testing.T, sql string, shards []string) [][]string {
	t.Helper()
	coops := ""
	for i, s := range chaosShards {
		if slices.Contains(shards, s) {
			coops += fmt.Sprint(i + 1)
		}
	}
	key := coops + " " + sql
	if got, ok := w.known[key]; ok {
		return got
	}
	set := w.oracle.ExecParams(t.Context(), "SELECT set_config('chaos.shards', $1, false)", [][]byte{[]byte(coops)}, nil, nil, nil).Read()
	got := w.oracle.ExecParams(t.Context(), sql, nil, nil, nil, nil).Read()
	if err := errors.Join(set.Err, got.Err); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	rows := make([][]string, len(got.Rows))
	for i, row := range got.Rows {
		rows[i] = make([]string, len(row))
		for j, cell := range row {
			if rows[i][j] = string(cell); cell == nil {
				rows[i][j] = array.NullValueStr
			}
		}
	}
	w.known[key] = rows
	return rows
}

func (w *chaos) config(t *testing.T) *Config {
	t.Helper()
	text := `version: 1
coordinator: {region: eu-central-1}
regions: {eu-central-1: {jurisdiction: EU}, ap-south-1: {jurisdiction: IN}, brazilsouth: {jurisdiction: BR}, us-east-1: {jurisdiction: US}}
shards:
  eu-1: {region: eu-central-1, driver: postgres, dsn: "${EU}", max_conns: 4, connect_timeout: 1s, replicas: {near: {region: eu-central-1, dsn: "${NEAR}"}}}
  ap-1: {region: ap-south-1, driver: postgres, dsn: "${AP}", max_conns: 4, connect_timeout: 1s}
  br-1: {region: brazilsouth, driver: sqlserver, dsn: "${BR}", max_conns: 4, connect_timeout: 1s}
  us-1: {region: us-east-1, driver: duckdb, dsn: "${US}"}
tables:
  people: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], ap-1: [2], br-1: [3], us-1: [4]}}}
  visits: {sharding: {strategy: lookup, key: [coop]}, colocated_with: people}
  teams: {sharding: {strategy: reference}}
limits: {timeout: 2s}
`
	env := map[string]string{"EU": w.dsn["eu-1"], "NEAR": w.dsn["eu-1/near"], "AP": w.dsn["ap-1"], "BR": w.dsn["br-1"], "US": w.dsn["us-1"]}
	cfg, err := ParseConfig([]byte(text), t.TempDir(), func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// open opens an engine that is held to leave nothing behind.
func (w *chaos) open(t *testing.T) *Engine {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	leftovers := nothingLeft(t)
	e, err := Open(t.Context(), w.config(t), WithAllocator(alloc), WithInvariantChecks(), WithBatchRows(512))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.heal()
		w.idle(t)
		shut(t, e)
		alloc.AssertSize(t, 0)
		for name, x := range w.straits {
			eventually(t, galeSettle, "no connection to "+name+" is left", func() bool { return x.Connections() == 0 })
		}
		leftovers()
	})
	return e
}

func (w *chaos) heal() {
	for _, x := range w.straits {
		x.up()
	}
	w.tds.ClearFaults()
}

// idle waits until no server runs anything for the engine. It may be called after the test's end.
func (w *chaos) idle(t *testing.T) {
	t.Helper()
	const busy = `DO $$ DECLARE busy text := (SELECT string_agg(concat_ws(' ', state, wait_event, query), '; ')
		FROM pg_stat_activity WHERE datname = 'postgres' AND state <> 'idle' AND pid <> pg_backend_pid()); BEGIN IF busy <> '' THEN RAISE '%', busy; END IF; END $$`
	for name, server := range map[string]*pgtest.Cluster{"eu-1": w.primary, "eu-1/near": w.standby, "ap-1": w.lonely} {
		var err error
		eventually(t, galeSettle, name+" is idle", func() bool { err = server.Exec(context.Background(), busy); return err == nil })
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	eventually(t, galeSettle, "br-1 is idle", func() bool {
		return !slices.ContainsFunc(w.tds.Statements(), func(s tdstest.Statement) bool { return !s.Done })
	})
}
