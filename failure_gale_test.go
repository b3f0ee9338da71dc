package atoll

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"go.uber.org/goleak"

	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/internal/pgtest"
	"github.com/atoll-sql/atoll/internal/tdstest"
	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// gale is a configuration over eu-1, a PostgreSQL in good order, br-1, a PostgreSQL or a SQL Server behind a strait, and us-1, a DuckDB file.
// Each holds people, and a hundred thousand rows of the table many.
type gale struct {
	*sea   // the PostgreSQL side
	driver string
	tds    *tdstest.Server // br-1's, where it is a SQL Server
	x      *strait
}

const galeTables = "  many: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], br-1: [3], us-1: [4]}}}\n"

const manySQL = `CREATE TABLE many AS SELECT %d::integer AS coop, g::bigint AS id, 'a text of some length, of which there are many'::text AS word
	FROM %s(1, %d) t(g)`

func newGale(t *testing.T, driver, prefix string) *gale {
	t.Helper()
	clusters, err := pgtest.Shared(1)
	if err != nil {
		t.Fatal(err)
	}
	g := &gale{driver: driver, sea: &sea{server: clusters[0], prefix: prefix, tables: peopleTable + galeTables, dsn: map[string]string{}}}
	g.limits = "limits: {timeout: 2s}\n"
	if g.dsn["eu-1"], err = g.server.CreateDatabase(t.Context(), g.db("eu-1")); err != nil {
		t.Fatal(err)
	}
	g.exec(t, "eu-1", peopleOf["eu-1"]+fmt.Sprintf(manySQL, 1, "generate_series", manyRows))
	g.dsn["us-1"] = filepath.Join(t.TempDir(), "us-1.duckdb")
	if err := duckdb.Exec(t.Context(), g.dsn["us-1"], peopleOf["us-1"], fmt.Sprintf(manySQL, 4, "range", manyRows+1)); err != nil {
		t.Fatal(err)
	}
	if driver == "postgres" {
		if _, err = g.server.CreateDatabase(t.Context(), g.db("br-1")); err != nil {
			t.Fatal(err)
		}
		g.exec(t, "br-1", peopleOf["br-1"]+fmt.Sprintf(manySQL, 3, "generate_series", manyRows))
		g.x = newStrait(t, g.server)
		g.dsn["br-1"] = g.x.dsn(g.db("br-1"))
		return g
	}
	g.tds = tdstest.Start(t, tdstest.WithEngine(engine.Options{AllowSnapshot: true}))
	loadMany(t, g.tds, 3)
	if err := g.tds.Exec(t.Context(), reefRows["br-1"]); err != nil {
		t.Fatal(err)
	}
	g.x = newStraitTDS(t, g.tds)
	g.dsn["br-1"] = g.x.dsnTDS(g.tds)
	return g
}

func (g *gale) config(t *testing.T) *Config {
	t.Helper()
	text := fmt.Sprintf(`version: 1
coordinator: {region: eu-central-1}
regions: {eu-central-1: {jurisdiction: EU}, brazilsouth: {jurisdiction: BR}, us-east-1: {jurisdiction: US}}
shards:
  eu-1: {region: eu-central-1, driver: postgres, dsn: "${EU}", max_conns: 4}
  br-1: {region: brazilsouth, driver: %s, dsn: "${BR}", max_conns: 4, connect_timeout: 1s}
  us-1: {region: us-east-1, driver: duckdb, dsn: "${US}"}
tables:
%s%s`, g.driver, g.tables, g.limits)
	env := map[string]string{"EU": g.dsn["eu-1"], "BR": g.dsn["br-1"], "US": g.dsn["us-1"]}
	cfg, err := ParseConfig([]byte(text), t.TempDir(), func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// galeSettle is how long servers may take to notice that nobody waits for them any more, on a busy machine.
const galeSettle = 10 * time.Second

// open opens an engine that is held to leave nothing behind: no memory, goroutine, descriptor, connection or temporary file.
func (g *gale) open(t *testing.T, opts ...Option) *Engine {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	leftovers := nothingLeft(t)
	e, err := Open(t.Context(), g.config(t), append([]Option{WithAllocator(alloc), WithInvariantChecks()}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		g.x.up()
		shut(t, e)
		alloc.AssertSize(t, 0)
		leftovers()
	})
	return e
}

const (
	// straitOpens waits for connections to a strait that was opened again. It ends with the strait.
	straitOpens = "github.com/atoll-sql/atoll/internal/faultproxy.(*Proxy).accept.func1"
	// serverRuns waits for the end of a PostgreSQL that was started again. It ends with the test.
	serverRuns = "github.com/atoll-sql/atoll/internal/pgtest.keepAlive"
)

// nothingLeft sets up a folder for temporary files, and returns the check that what began since then has ended, with its descriptors and files.
func nothingLeft(t *testing.T) func() {
	t.Helper()
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	before, files := goleak.IgnoreCurrent(), descriptors(t)
	return func() {
		t.Helper()
		if err := goleak.Find(before, goleak.IgnoreAnyFunction(straitOpens), goleak.IgnoreAnyFunction(serverRuns)); err != nil {
			t.Error(err)
		}
		eventually(t, galeSettle, "the descriptors are closed", func() bool { return descriptors(t) <= files })
		empty(t, tmp)
	}
}

func eventually(t *testing.T, within time.Duration, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Errorf("after %s still not: %s", within, what)
			return
		}
	}
}

// calm waits until no server runs anything for the engine.
func (g *gale) calm(t *testing.T) {
	t.Helper()
	g.idle(t, galeSettle)
	if g.tds != nil {
		eventually(t, galeSettle, "the SQL Server is idle", func() bool {
			for _, s := range g.tds.Statements() {
				if !s.Done {
					return false
				}
			}
			return true
		})
	}
}

// drink reads an answer of ids to its end, and returns how many there were and their sum.
func drink(ctx context.Context, e *Engine, sql string) (rows, sum int64, err error) {
	r, err := e.Query(ctx, sql)
	if err != nil {
		return 0, 0, err
	}
	defer r.Release()
	for r.Next() {
		ids, ok := r.Record().Column(0).(*array.Int64)
		if !ok {
			return rows, sum, fmt.Errorf("column of type %s", r.Record().Column(0).DataType())
		}
		rows += int64(ids.Len())
		for _, id := range ids.Int64Values() {
			sum += id
		}
	}
	return rows, sum, r.Err()
}
