package atoll

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/internal/pgtest"
	"github.com/atoll-sql/atoll/internal/tdstest"
	"github.com/atoll-sql/atoll/internal/tdstest/engine"
	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// reef is a configuration over a PostgreSQL shard, eu-1, and two SQL Servers that can be told to misbehave: br-1, whose
// database ignores letter case, and az-1, whose database minds it and keeps varchar in UTF-8.
type reef struct {
	*sea    // the PostgreSQL side
	servers map[string]*tdstest.Server
	env     map[string]string // DSNs
}

// manyRows is how many rows the table many has on each shard, which is more than sockets and batches hold together.
const manyRows = 100_000

const reefTables = peopleTableOfReef + `  slow: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], br-1: [3], az-1: [4]}}}
  many: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], br-1: [3], az-1: [4]}}}
  half: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], br-1: [3], az-1: [4]}}}
`

const peopleTableOfReef = "  people: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1, 2], br-1: [3], az-1: [4]}}}\n"

// The cooperatives 1 and 2 are in Frankfurt, 3 in São Paulo, 4 in Virginia. Of slow, PostgreSQL sends nothing for a long
// time, of half some rows before it fails; what the SQL Servers do with them is up to faults.
var reefRows = map[string]string{
	"eu-1": peopleOf["eu-1"] + `
		CREATE VIEW slow AS SELECT 1 AS coop, g::bigint AS id FROM generate_series(1, 3) g WHERE pg_sleep(60) IS NOT NULL;
		CREATE VIEW half AS SELECT 1 AS coop, 100 / (60000 - g)::bigint AS id, '` + planted + `'::text AS word FROM generate_series(1, 100000) g;
		CREATE TABLE many AS SELECT 1 AS coop, g::bigint AS id, 'a text of some length, of which there are many'::text AS word FROM generate_series(1, ` +
		fmt.Sprint(manyRows) + `) g;`,
	"br-1": tsqlPeople + `(3, 31, N'Caio', 3.25, 7, N'3'), (3, 32, N'` + planted + `', 0, 0, N'` + planted + `');` + tsqlSlow +
		"(3, 1), (3, 2), (3, 3);" + tsqlHalf + "(3, 1, N'" + planted + "')",
	"az-1": tsqlPeople + `(4, 41, N'Dee', 4.75, 1, N'4');` + tsqlSlow + "(4, 1), (4, 2), (4, 3);" + tsqlHalf + "(4, 1, N'" + planted + "')",
}

const (
	tsqlPeople = `CREATE TABLE people (coop int NOT NULL, id bigint NOT NULL, name nvarchar(40) NULL, fee decimal(10,2) NULL, big bigint NULL, word nvarchar(20) NULL);
		INSERT INTO people VALUES `
	tsqlSlow = `CREATE TABLE slow (coop int NOT NULL, id bigint NOT NULL); INSERT INTO slow VALUES `
	tsqlHalf = `CREATE TABLE half (coop int NOT NULL, id bigint NOT NULL, word nvarchar(20) NULL); INSERT INTO half VALUES `
)

// reefEngines are what the servers of a reef play unless a test says otherwise.
var reefEngines = map[string]engine.Options{
	"br-1": {AllowSnapshot: true},
	"az-1": {AllowSnapshot: true, Collation: "Latin1_General_100_CS_AS_SC_UTF8"},
}

// newReef makes a database and two servers of the test's own, with the tables above and what the given SQL adds.
func newReef(t *testing.T, prefix, tables string, sql ...map[string]string) *reef {
	t.Helper()
	clusters, err := pgtest.Shared(1)
	if err != nil {
		t.Fatal(err)
	}
	s := &sea{server: clusters[0], prefix: prefix, tables: reefTables + tables}
	r := &reef{sea: s, servers: map[string]*tdstest.Server{}, env: map[string]string{}}
	if r.env["eu-1"], err = s.server.CreateDatabase(t.Context(), s.db("eu-1")); err != nil {
		t.Fatal(err)
	}
	for name, options := range reefEngines {
		r.servers[name] = tdstest.Start(t, tdstest.WithEngine(options))
		r.env[name] = r.servers[name].DSN()
		loadMany(t, r.servers[name], map[string]int64{"br-1": 3, "az-1": 4}[name])
	}
	for _, m := range append([]map[string]string{reefRows}, sql...) {
		for name, stmts := range m {
			r.exec(t, name, stmts)
		}
	}
	return r
}

func loadMany(t *testing.T, s *tdstest.Server, coop int64) {
	t.Helper()
	word := engine.NewString16("a text of some length, of which there are many")
	rows := make([][]engine.Value, manyRows)
	for i := range rows {
		rows[i] = []engine.Value{coop, int64(i + 1), word}
	}
	columns := []tsql.ColumnDef{{Name: "coop", Type: tsql.TypeName{Name: "int"}, NotNull: true}, {Name: "id", Type: tsql.TypeName{Name: "bigint"}, NotNull: true},
		{Name: "word", Type: tsql.TypeName{Name: "nvarchar", Args: []int{60}}}}
	if err := s.Database().Load("dbo", "many", columns, rows); err != nil {
		t.Fatal(err)
	}
}

// exec runs SQL on a shard, in the shard's own language.
func (r *reef) exec(t *testing.T, shard, sql string) {
	t.Helper()
	if s := r.servers[shard]; s == nil {
		r.sea.exec(t, shard, sql)
	} else if err := s.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v\n%s", shard, err, sql[:min(len(sql), 200)])
	}
}

func (r *reef) config(t *testing.T) *Config {
	t.Helper()
	text := fmt.Sprintf(`version: 1
coordinator: {region: eu-central-1}
regions: {eu-central-1: {jurisdiction: EU}, brazilsouth: {jurisdiction: BR}, eastus: {jurisdiction: US}}
shards:
  eu-1: {region: eu-central-1, driver: postgres, dsn: "${EU_1_DSN}", max_conns: 4}
  br-1: {region: brazilsouth, driver: sqlserver, dsn: "${BR_1_DSN}", max_conns: 4}
  az-1: {region: eastus, driver: sqlserver, dsn: "${AZ_1_DSN}", max_conns: 4}
tables:
%s%s`, r.tables, r.limits)
	cfg, err := ParseConfig([]byte(text), t.TempDir(), func(name string) (string, bool) {
		for shard, dsn := range r.env {
			if variable(shard) == name {
				return dsn, true
			}
		}
		return "", false
	})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// open opens an engine that is held to give everything back: memory, and when it closes its connections.
func (r *reef) open(t *testing.T, opts ...Option) *Engine {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	e, err := Open(t.Context(), r.config(t), append([]Option{WithAllocator(alloc), WithInvariantChecks()}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.heal()
		r.await(t, 5*time.Second, "the SQL Servers are idle", func() bool { return len(r.running()) == 0 })
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		alloc.AssertSize(t, 0)
		r.await(t, 5*time.Second, "all connections are closed", func() bool { return r.connections() == 0 })
	})
	return e
}

// heal ends all faults.
func (r *reef) heal() {
	for _, s := range r.servers {
		s.ClearFaults()
	}
}

func (r *reef) connections() (n int) {
	for _, s := range r.servers {
		n += s.Connections()
	}
	return n
}

// forget empties the servers' records.
func (r *reef) forget() {
	for _, s := range r.servers {
		s.ClearRecord()
	}
}

// idle waits until no server runs a statement any more.
func (r *reef) idle(t *testing.T, within time.Duration) {
	t.Helper()
	r.sea.idle(t, within)
	r.await(t, within, "the SQL Servers are idle", func() bool { return len(r.running()) == 0 })
}

// running lists the statements that the SQL Servers have neither answered nor given up.
func (r *reef) running() (texts []string) {
	for name, s := range r.servers {
		for _, stmt := range s.Statements() {
			if !stmt.Done {
				texts = append(texts, name+": "+stmt.Text)
			}
		}
	}
	return texts
}

func (r *reef) await(t *testing.T, within time.Duration, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Errorf("after %s still not: %s (%d connections, running %q)", within, what, r.connections(), r.running())
			return
		}
	}
}

// sent lists what a server was asked that mentions a table.
func (r *reef) sent(shard, table string) (found []tdstest.Statement) {
	for _, stmt := range r.servers[shard].Statements() {
		if strings.Contains(stmt.Text, "[dbo].["+table+"]") {
			found = append(found, stmt)
		}
	}
	return found
}

// hangs is a fault that lets statements over a table hang: before the first row, or after some.
func hangs(table string, after int64) tdstest.Fault {
	return tdstest.Fault{Times: -1, Match: "[dbo].[" + table + "]", AfterRows: after, Delay: time.Hour}
}

// strikes is a fault for all statements over a table.
func strikes(table string, f tdstest.Fault) tdstest.Fault {
	f.Match = "[dbo].[" + table + "]"
	return f
}

// within bounds a call's time.
func within(t *testing.T, limit time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}
