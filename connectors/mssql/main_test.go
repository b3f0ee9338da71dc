package mssql

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"go.uber.org/goleak"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/failover"
	"github.com/atoll-sql/atoll/internal/tdstest"
	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server starts a server that allows snapshot isolation, and runs setup in it.
func server(tb testing.TB, setup ...string) *tdstest.Server {
	tb.Helper()
	s := tdstest.Start(tb, tdstest.WithEngine(engine.Options{AllowSnapshot: true}))
	for _, sql := range setup {
		if err := s.Exec(context.Background(), sql); err != nil {
			tb.Fatalf("%s: %v", sql, err)
		}
	}
	return s
}

// openShard opens a connector that closes with the test.
func openShard(tb testing.TB, cfg connectors.Config) *shard {
	tb.Helper()
	if cfg.Shard == "" {
		cfg.Shard = "br-1"
	}
	s, err := open(cfg, Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// patient is a connector that repeats what passes by itself, as an engine's shards do.
func patient(s *shard) connectors.Connector {
	return failover.New(s.name, failover.Endpoint{Conn: s}, nil, failover.Options{}).Primary()
}

// values reads a statement to its end and returns every cell as Arrow prints it.
func values(tb testing.TB, s connectors.Connector, stmt connectors.Statement) ([]string, connectors.Stats, error) {
	tb.Helper()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(tb, 0)
	stmt.Alloc = alloc
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r, err := s.Query(ctx, stmt)
	if err != nil {
		return nil, connectors.Stats{}, err
	}
	defer r.Close()
	var out []string
	for {
		rec, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return out, r.Stats(), nil
		}
		if err != nil {
			return out, r.Stats(), err
		}
		for i := range int(rec.NumRows()) {
			for j := range int(rec.NumCols()) {
				out = append(out, rec.Column(j).ValueStr(i))
			}
		}
	}
}

// mustValues is values for a statement that must succeed, joined by spaces.
func mustValues(tb testing.TB, s connectors.Connector, stmt connectors.Statement) (string, connectors.Stats) {
	tb.Helper()
	out, stats, err := values(tb, s, stmt)
	if err != nil {
		tb.Fatalf("%s: %v", stmt.SQL, err)
	}
	return strings.Join(out, " "), stats
}

func schemaOf(types ...arrow.DataType) *arrow.Schema {
	fields := make([]arrow.Field, len(types))
	for i, t := range types {
		fields[i] = arrow.Field{Name: string(rune('a' + i)), Type: t, Nullable: true}
	}
	return arrow.NewSchema(fields, nil)
}

var (
	oneInt  = schemaOf(arrow.PrimitiveTypes.Int64)
	oneText = schemaOf(arrow.BinaryTypes.String)
)

// asError returns the port's error in err.
func asError(tb testing.TB, err error) *connectors.Error {
	tb.Helper()
	var e *connectors.Error
	if !errors.As(err, &e) {
		tb.Fatalf("not an error of the port: %v", err)
	}
	return e
}

// eventually polls until the condition holds or the time is up.
func eventually(tb testing.TB, limit time.Duration, what string, holds func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(limit); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			tb.Fatalf("after %s still not: %s", limit, what)
		}
	}
}
