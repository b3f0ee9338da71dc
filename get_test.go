package atoll

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/atoll-sql/atoll/internal/pgtest"
)

func TestGet(t *testing.T) {
	w := newWritten(t, "{strategy: hash, key: [country, id], key_type: [text, bigint], shards: [s0, s1]}", "", "postgres", "duckdb")
	for i := range 20 {
		execs(t, w.Engine, "INSERT INTO t (country, id, n) VALUES ($1, $2, $3)", writtenCountries[i%5], i, i*i)
	}
	for i := range 20 {
		r, err := w.Get(t.Context(), "t", writtenCountries[i%5], i)
		if err != nil {
			t.Fatal(err)
		}
		n := int64(0)
		for r.Next() {
			n += r.Record().NumRows()
		}
		shards := map[string]bool{}
		for _, f := range r.Stats().Shards {
			if !f.Pruned {
				shards[f.Shard] = true
			}
		}
		if r.Err() != nil || n != 1 || len(shards) != 1 {
			t.Errorf("%d: %d rows of %v, %v", i, n, shards, r.Err())
		}
		r.Release()
	}
	for _, c := range []struct {
		table string
		key   []any
		want  string
	}{
		{"t", []any{"DE"}, "table t: the sharding key has 2 columns (country, id), and 1 values were given"},
		{"t", []any{"DE", nil}, "table t: the value of the sharding key column id is NULL, which no row can be got by"},
		{"nothing", []any{1}, `table "nothing" does not exist`},
		{"t", []any{"DE", "x"}, `parameter $2: invalid input syntax for type bigint: "x"`},
	} {
		if _, err := w.Get(t.Context(), c.table, c.key...); textOf(err) != c.want {
			t.Errorf("%s %v: %v, want %s", c.table, c.key, err, c.want)
		}
	}
}

func TestGetNeedsOneShard(t *testing.T) {
	w := newWritten(t, byCountry, "", "postgres", "duckdb")
	if _, err := w.Get(t.Context(), "t", "XX"); codeOf(err) != "0A000" {
		t.Errorf("%v", err)
	}
}

// BenchmarkGet reads one row by its key: through Get, through Query with the same predicate, and by the bare driver. It reports the median of each.
func BenchmarkGet(b *testing.B) {
	clusters, err := pgtest.Shared(1)
	if err != nil {
		b.Fatal(err)
	}
	const db = "bench_get"
	dsn, err := clusters[0].CreateDatabase(b.Context(), db)
	if err != nil {
		b.Fatal(err)
	}
	if err := clusters[0].ExecIn(b.Context(), db, "CREATE TABLE t (id bigint PRIMARY KEY, name text, fee numeric(10,2)); INSERT INTO t SELECT i, 'n' || i, i FROM generate_series(1, 1000) i"); err != nil {
		b.Fatal(err)
	}
	cfg, err := ParseConfig([]byte("version: 1\ncoordinator: {region: r}\nregions: {r: {}}\nshards:\n  a: {region: r, driver: postgres, dsn: \"${DSN}\"}\n"+
		"tables:\n  t: {sharding: {strategy: hash, key: [id], key_type: [bigint], shards: [a]}}\n"), b.TempDir(), func(string) (string, bool) { return dsn, true })
	if err != nil {
		b.Fatal(err)
	}
	e, err := Open(b.Context(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	drain := func(r *Result, err error) error {
		if err != nil {
			return err
		}
		defer r.Release()
		for r.Next() {
			_ = r.Record().NumRows()
		}
		return r.Err()
	}
	conn, err := pgx.Connect(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(context.Background())
	ways := []struct {
		name string
		read func(i int) error
	}{
		{"get", func(i int) error { return drain(e.Get(b.Context(), "t", i%1000+1)) }},
		{"query", func(i int) error { return drain(e.Query(b.Context(), "SELECT * FROM t WHERE id = $1", i%1000+1)) }},
		{"pgx", func(i int) error {
			var id int64
			var name, fee string
			return conn.QueryRow(b.Context(), "SELECT id, name, fee::text FROM t WHERE id = $1", i%1000+1).Scan(&id, &name, &fee)
		}},
	}
	took := make([][]time.Duration, len(ways))
	for i := 0; b.Loop(); i++ { // one after the other, so that all have the same machine
		for j, w := range ways {
			start := time.Now()
			if err := w.read(i); err != nil {
				b.Fatal(err)
			}
			took[j] = append(took[j], time.Since(start))
		}
	}
	for j, w := range ways {
		slices.Sort(took[j])
		b.ReportMetric(float64(took[j][len(took[j])/2].Microseconds()), w.name+"-p50-µs")
	}
}
