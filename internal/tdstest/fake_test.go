package tdstest

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	_ "github.com/microsoft/go-mssqldb"
	"go.uber.org/goleak"

	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// fake is an Executor whose batches are names of what it does, so that the wire is tested apart from the engine.
type fake struct {
	do map[string]func(ctx context.Context, params []engine.Param, each func(engine.Result) error) error

	mu     sync.Mutex
	tx     uint64
	resets int
	closed int
	levels []string
}

func (f *fake) Execute(ctx context.Context, batch string, params []engine.Param, each func(engine.Result) error) error {
	if do := f.do[batch]; do != nil {
		return do(ctx, params, each)
	}
	switch strings.TrimSuffix(strings.ToLower(batch), ";") {
	case "echo": // the parameters
		columns, row := make([]engine.Column, len(params)), make([]engine.Value, len(params))
		for i, p := range params {
			columns[i] = engine.Column{Name: strings.TrimPrefix(p.Name, "@"), Type: p.Type, Nullable: true}
			row[i] = p.Value
		}
		return each(engine.Result{Rows: &fakeRows{columns: columns, rows: [][]engine.Value{row}}})
	case "endless":
		return each(engine.Result{Rows: &fakeRows{columns: intColumns, endless: true}})
	case "wait":
		<-ctx.Done()
		return ctx.Err()
	case "divide":
		return &engine.Error{Number: 8134, Severity: 16, State: 1, Text: "Divide by zero error encountered.", Line: 3}
	case "begin":
		f.Begin("")
		return each(engine.Result{})
	case "rollback":
		return f.Rollback()
	}
	if n := 0; strings.HasPrefix(batch, "rows ") {
		if _, err := fmt.Sscan(batch[5:], &n); err != nil {
			return err
		}
		return each(engine.Result{Rows: &fakeRows{columns: intColumns, rows: intRows(n)}})
	}
	return each(engine.Result{Affected: 1})
}

func (f *fake) Begin(level string) uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.levels = append(f.levels, level)
	f.tx++
	return f.tx
}

func (f *fake) Commit() error { return f.Rollback() }

func (f *fake) Rollback() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tx == 0 {
		return &engine.Error{Number: 3903, Severity: 16, State: 1, Text: "no transaction"}
	}
	f.tx = 0
	return nil
}

func (f *fake) Transaction() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.tx
}

func (f *fake) Reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.resets++
	f.tx = 0
}

func (f *fake) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed++
}

var intColumns = []engine.Column{{Name: "n", Type: engine.Type{Kind: engine.Int}}}

func intRows(n int) [][]engine.Value {
	rows := make([][]engine.Value, n)
	for i := range rows {
		rows[i] = []engine.Value{int64(i)}
	}
	return rows
}

// fakeRows are rows in memory; endless ones repeat 1 until the context ends.
type fakeRows struct {
	columns []engine.Column
	rows    [][]engine.Value
	endless bool
	err     error // in place of io.EOF
	next    int
}

func (r *fakeRows) Columns() []engine.Column { return r.columns }

func (r *fakeRows) Next(ctx context.Context) ([]engine.Value, error) {
	if r.endless {
		return []engine.Value{int64(1)}, ctx.Err()
	}
	if r.next == len(r.rows) {
		if r.err != nil {
			return nil, r.err
		}
		return nil, io.EOF
	}
	r.next++
	return r.rows[r.next-1], nil
}

func (r *fakeRows) Close() {}

// startFake starts a server whose connections all use f.
func startFake(tb testing.TB, f *fake, opts ...Option) *Server {
	tb.Helper()
	return Start(tb, append(opts, WithSessions(func(Login) Executor { return f }))...)
}

// returns makes a batch that returns one result of one row or more.
func returns(columns []engine.Column, rows ...[]engine.Value) *fake {
	return &fake{do: map[string]func(context.Context, []engine.Param, func(engine.Result) error) error{
		"go now": func(_ context.Context, _ []engine.Param, each func(engine.Result) error) error {
			return each(engine.Result{Rows: &fakeRows{columns: columns, rows: rows}})
		},
	}}
}

func open(tb testing.TB, dsn string) *sql.DB {
	tb.Helper()
	db, err := sql.Open("sqlserver", dsn)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	return db
}

func seconds(tb testing.TB, n int) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(n)*time.Second)
	tb.Cleanup(cancel)
	return ctx
}

func text(s string) engine.String16 { return utf16.Encode([]rune(s)) }

// panicking is an Executor that panics.
type panicking struct{ *fake }

func (panicking) Execute(context.Context, string, []engine.Param, func(engine.Result) error) error {
	panic("boom")
}
