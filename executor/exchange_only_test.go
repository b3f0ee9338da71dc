package executor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
)

// batches is the script of a source of n batches of a row each, and what follows.
func batches(n int, then ...string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf("%d:a", i)
	}
	return strings.Join(append(parts, then...), ";")
}

// TestExchangeOfOne reads an only source to its end: in the consumer's goroutine alone, and partly ahead.
func TestExchangeOfOne(t *testing.T) {
	for n := range behind + 4 {
		w := newWorld(t, schemaKV)
		after := 0
		sources := w.sources(batches(n))
		sources[0].After = func(ctx context.Context) error {
			after++
			return ctx.Err()
		}
		x := NewExchange(ExchangeSpec{Schema: schemaKV, Sources: sources})
		op := newChecker(x, w.alloc)
		if p := x.Progress()[0]; p.State != Waiting {
			t.Errorf("%d batches: it is %s before it is asked", n, p.State)
		}
		got, err := rows(t, t.Context(), op)
		if p := x.Progress()[0]; err != nil || len(got) != n || p.State != Done || p.Batches != int64(n) || p.Stats.Rows != int64(n) || after != 1 {
			t.Errorf("%d batches: %d rows, %+v, after: %d, %v", n, len(got), p, after, err)
		}
		if err := errors.Join(op.Close(), op.Close()); err != nil {
			t.Error(err)
		}
		w.checkClosed()
	}
}

// TestExchangeOfOneFails has an only source fail, panic, hang until the call's own context ends, and be closed, at each batch of the first few.
func TestExchangeOfOneFails(t *testing.T) {
	for n := range behind + 3 {
		for script, want := range map[string]string{"err": "shard s0: boom", "panic": "internal error while reading shard s0", "hang": context.DeadlineExceeded.Error()} {
			w := newWorld(t, schemaKV)
			x := NewExchange(ExchangeSpec{Schema: schemaKV, Sources: w.sources(batches(n, script))})
			op := newChecker(x, w.alloc)
			for range n {
				if _, err := op.Next(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			if script != "hang" {
				ctx = t.Context()
			}
			_, err := op.Next(ctx)
			cancel()
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s after %d batches: %v", script, n, err)
			}
			if _, again := op.Next(t.Context()); again == nil || again.Error() != err.Error() {
				t.Errorf("%s after %d batches: %v, then %v", script, n, err, again)
			}
			if err := op.Close(); err != nil {
				t.Error(err)
			}
			if p := x.Progress()[0]; p.State != Failed || p.Batches != int64(n) {
				t.Errorf("%s after %d batches: %+v", script, n, p)
			}
			w.checkClosed()
		}
	}
}

func TestExchangeOfOneClosedEarly(t *testing.T) {
	for n := range behind + 3 {
		w := newWorld(t, schemaKV)
		sources := w.sources(batches(behind + 40)) // more than are read ahead
		sources[0].After = func(context.Context) error {
			t.Error("what follows all rows ran without them")
			return nil
		}
		x := NewExchange(ExchangeSpec{Schema: schemaKV, Sources: sources, Buffer: 1})
		op := newChecker(x, w.alloc)
		for range n {
			if _, err := op.Next(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(op.Close(), op.Close()); err != nil {
			t.Error(err)
		}
		if _, err := op.Next(t.Context()); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("after Close: %v", err)
		}
		if p := x.Progress()[0]; n > 0 && p.State != Failed {
			t.Errorf("closed after %d batches it is %s", n, p.State)
		}
		w.checkClosed()
	}
}

// TestExchangeOfOneArrived shows each batch to who counts what arrives, whose error ends the stream.
func TestExchangeOfOneArrived(t *testing.T) {
	for n := range behind + 3 {
		w := newWorld(t, schemaKV)
		sources, seen := w.sources(batches(behind+4)), 0
		sources[0].Arrived = func(_ string, rec arrow.Record) error {
			if seen++; seen > n {
				return errShard
			}
			return nil
		}
		op := newChecker(NewExchange(ExchangeSpec{Schema: schemaKV, Sources: sources}), w.alloc)
		got, err := rows(t, t.Context(), op)
		if !errors.Is(err, errShard) || len(got) != n {
			t.Errorf("%d rows of %d, %v", len(got), n, err)
		}
		if err := op.Close(); err != nil {
			t.Error(err)
		}
		w.checkClosed()
	}
}
