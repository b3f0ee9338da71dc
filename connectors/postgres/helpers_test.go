package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll/connectors"
)

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

// lineCounter counts, over all connections it dialled, how often a read followed a write.
type lineCounter struct {
	mu    sync.Mutex
	turns int
}

func (l *lineCounter) adjust(cfg *pgconn.Config) {
	dial := cfg.DialFunc
	cfg.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &countedLine{Conn: c, count: l}, nil
	}
}

func (l *lineCounter) take() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.turns
	l.turns = 0
	return n
}

type countedLine struct {
	net.Conn
	count *lineCounter
	wrote bool
}

func (c *countedLine) Write(p []byte) (int, error) {
	c.count.mu.Lock()
	c.wrote = true
	c.count.mu.Unlock()
	return c.Conn.Write(p)
}

func (c *countedLine) Read(p []byte) (int, error) {
	c.count.mu.Lock()
	if c.wrote {
		c.wrote = false
		c.count.turns++
	}
	c.count.mu.Unlock()
	return c.Conn.Read(p)
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
