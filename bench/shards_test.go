package bench_test

import (
	"context"
	"os"
	"testing"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/bench/world"
)

// openEngine opens an engine that the benchmark's end closes.
func openEngine(b *testing.B, config string, opts ...atoll.Option) *atoll.Engine {
	b.Helper()
	cfg, err := atoll.ParseConfig([]byte(config), b.TempDir(), os.LookupEnv)
	if err != nil {
		b.Fatal(err)
	}
	e, err := atoll.Open(context.Background(), cfg, opts...)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := e.Close(); err != nil {
			b.Error(err)
		}
	})
	return e
}

// paymentShards starts n servers with rows payments each, and returns their DSNs.
func paymentShards(b *testing.B, n, rows int) []string {
	return shardsOf(b, world.Options{Shards: n, Rows: rows, Concurrency: 16})
}

// shardsOf starts a world that the benchmark's end closes, and returns its shards' DSNs.
func shardsOf(b *testing.B, o world.Options) (dsns []string) {
	b.Helper()
	w, err := world.Start(context.Background(), o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := w.Close(); err != nil {
			b.Error(err)
		}
	})
	for _, s := range w.Shards {
		dsns = append(dsns, s.DSN)
	}
	return dsns
}

// drain reads a query's answer to its end and returns its statistics and the number of rows.
func drain(b *testing.B, e *atoll.Engine, sql string) *atoll.QueryStats {
	b.Helper()
	r, err := e.Query(context.Background(), sql)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Release()
	for r.Next() {
	}
	if err := r.Err(); err != nil {
		b.Fatal(err)
	}
	return r.Stats()
}
