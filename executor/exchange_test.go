package executor

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

func TestExchangeReadsAll(t *testing.T) {
	for _, c := range []struct {
		name    string
		scripts []string
		spec    ExchangeSpec
		want    string
	}{
		{"three shards", []string{"1:a 2:b;3:c", "4:d", "slow;5:NULL"}, ExchangeSpec{}, "1:a 2:b 3:c 4:d 5:NULL"},
		{"empty shards", []string{"", "1:a", ""}, ExchangeSpec{}, "1:a"},
		{"one at a time", []string{"1:a", "2:b", "3:c"}, ExchangeSpec{MaxConcurrent: 1, Buffer: 1}, "1:a 2:b 3:c"},
		{"no shard", nil, ExchangeSpec{}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, schemaKV)
			c.spec.Schema, c.spec.Sources = schemaKV, w.sources(c.scripts...)
			x := NewExchange(c.spec)
			op := newChecker(x, w.alloc)
			got, err := rows(t, context.Background(), op)
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(got)
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("%q, want %q", s, c.want)
			}
			var total int64
			for _, p := range x.Progress() {
				if p.State != Done {
					t.Errorf("%s is %s", p.Shard, p.State)
				}
				total += p.Stats.Rows
			}
			if total != int64(len(got)) {
				t.Errorf("progress counts %d rows of %d", total, len(got))
			}
			if err := op.Close(); err != nil {
				t.Fatal(err)
			}
			w.checkClosed()
		})
	}
}

func TestExchangeFailsFast(t *testing.T) {
	for _, c := range []struct {
		name    string
		scripts []string
		want    string
	}{
		{"failing", []string{"1:a;hang", "2:b;err", "hang"}, "shard s1: boom"},
		{"not opening", []string{"hang", "noopen"}, "shard s1: refused"},
		{"panicking", []string{"hang", "panic"}, "internal error while reading shard s1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, schemaKV)
			x := NewExchange(ExchangeSpec{Schema: schemaKV, Sources: w.sources(c.scripts...)})
			op := newChecker(x, w.alloc)
			_, err := rows(t, context.Background(), op)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
				t.Fatalf("%v, want %s", err, c.want)
			}
			if _, again := op.Next(context.Background()); !errors.Is(again, err) {
				t.Fatalf("%v is not sticky: %v", err, again)
			}
			if got := x.Progress()[1].State; got != Failed {
				t.Errorf("s1 is %s", got)
			}
			if err := op.Close(); err != nil {
				t.Fatal(err)
			}
			w.checkClosed()
		})
	}
}

func TestExchangePanicKeepsItsValue(t *testing.T) {
	w := newWorld(t, schemaKV)
	x := NewExchange(ExchangeSpec{Schema: schemaKV, Sources: w.sources("panic")})
	defer x.Close()
	_, err := x.Next(context.Background())
	var p *PanicError
	if !errors.As(err, &p) || p.Value != "secret row data" || len(p.Stack) == 0 {
		t.Fatal(err)
	}
}

func TestExchangeCancellation(t *testing.T) {
	w := newWorld(t, schemaKV)
	x := NewExchange(ExchangeSpec{Schema: schemaKV, Sources: w.sources("hang", "hang")})
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if _, err := x.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	w.checkClosed()
}

func TestExchangeCloseAnyTime(t *testing.T) {
	w := newWorld(t, schemaKV)
	x := NewExchange(ExchangeSpec{Schema: schemaKV, Sources: w.sources("1:a")})
	if err := errors.Join(x.Close(), x.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Next(context.Background()); err == nil || errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	x = NewExchange(ExchangeSpec{Schema: schemaKV, Sources: w.sources("1:a;2:b;3:c;4:d", "hang"), Buffer: 1})
	if _, err := x.Next(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(x.Close(), x.Close()); err != nil {
		t.Fatal(err)
	}
	w.checkClosed()
}

// TestExchangeBackPressure shows that shards stop while nobody reads.
func TestExchangeBackPressure(t *testing.T) {
	w := newWorld(t, schemaKV)
	script := strings.TrimSuffix(strings.Repeat("1:a;", 100), ";")
	x := NewExchange(ExchangeSpec{Schema: schemaKV, Sources: w.sources(script), Buffer: 2})
	if _, err := x.Next(context.Background()); err != nil {
		t.Fatal(err)
	}
	time.Sleep(30 * time.Millisecond)
	if n := x.Progress()[0].Batches; n > 4 {
		t.Errorf("%d batches were read ahead", n)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestExchangeSlowShard shows that others go on while one is slow.
func TestExchangeSlowShard(t *testing.T) {
	w := newWorld(t, schemaKV)
	x := NewExchange(ExchangeSpec{Schema: schemaKV, Sources: w.sources("hang", "1:a;2:b;3:c")})
	defer x.Close()
	for range 3 {
		if _, err := x.Next(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestExchangeSchemaDrift(t *testing.T) {
	other := arrow.NewSchema(schemaKV.Fields()[:1], nil)
	w := newWorld(t, other)
	x := NewExchange(ExchangeSpec{Schema: schemaKV, Sources: w.sources("1")})
	defer x.Close()
	if _, err := x.Next(context.Background()); err == nil || !strings.Contains(err.Error(), "shard s0: unexpected columns") {
		t.Fatal(err)
	}
}

// TestExchangeCloseError shows that a reader's error of closing reaches who read its rows.
func TestExchangeCloseError(t *testing.T) {
	x := NewExchange(ExchangeSpec{Schema: schemaKV, Sources: []Source{{Shard: "s0",
		Open: func(context.Context) (connectors.Reader, error) { return badCloser{}, nil }}}})
	defer x.Close()
	if _, err := x.Next(context.Background()); !errors.Is(err, errShard) {
		t.Fatal(err)
	}
}

type badCloser struct{}

func (badCloser) Next(context.Context) (arrow.Record, error) { return nil, io.EOF }
func (badCloser) Stats() connectors.Stats                    { return connectors.Stats{} }
func (badCloser) Close() error                               { return errShard }
