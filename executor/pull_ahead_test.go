package executor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"
)

// awaits waits for a condition on the progress of an exchange's only source.
func awaits(t *testing.T, x *Exchange, what string, ok func(Progress) bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(x.Progress()[0]); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: %+v", what, x.Progress()[0])
		}
	}
}

// TestExchangeOfOneEnds: a statement whose rows have all arrived ends while its reader thinks about the first of them.
func TestExchangeOfOneEnds(t *testing.T) {
	for n := 1; n <= behind; n++ {
		w := newWorld(t, schemaKV)
		sources, after := w.sources(batches(n)), make(chan struct{})
		sources[0].After = func(context.Context) error {
			close(after)
			return nil
		}
		x := NewExchange(ExchangeSpec{Schema: schemaKV, Sources: sources})
		op := newChecker(x, w.alloc)
		if _, err := op.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		awaits(t, x, fmt.Sprintf("the statement of %d batches does not end", n), func(p Progress) bool { return p.State == Done })
		<-after
		got, err := rows(t, t.Context(), op)
		if err != nil || len(got) != n-1 {
			t.Errorf("%d batches: then %v, %v", n, got, err)
		}
		if err := op.Close(); err != nil {
			t.Error(err)
		}
		w.checkClosed()
	}
}

// TestExchangeOfOneSlowly reads an only source so slowly that all of it is read ahead: its rows, their order and its error are the same.
func TestExchangeOfOneSlowly(t *testing.T) {
	for n := range behind + 5 {
		for _, script := range []string{"", "err", "panic"} {
			w := newWorld(t, schemaKV)
			var then []string
			if script != "" {
				then = append(then, script)
			}
			x := NewExchange(ExchangeSpec{Schema: schemaKV, Sources: w.sources(batches(n, then...))})
			op := newChecker(x, w.alloc)
			var got, want []string
			var err error
			for err == nil {
				rec, failed := op.Next(t.Context())
				if err = failed; err == nil {
					got = append(got, texts(rec)...)
				}
				time.Sleep(2 * patientFor)
			}
			for i := range n {
				want = append(want, fmt.Sprintf("%d:a", i))
			}
			if !slices.Equal(got, want) || errors.Is(err, io.EOF) != (script == "") {
				t.Errorf("%d batches, then %q: %v, %v", n, script, got, err)
			}
			if err := op.Close(); err != nil {
				t.Error(err)
			}
			w.checkClosed()
		}
	}
}

// TestExchangeOfOneLeft closes, or gives up, what is being read ahead, or has been.
func TestExchangeOfOneLeft(t *testing.T) {
	for name, leave := range map[string]func(op Operator) error{
		"closed": func(Operator) error { return context.DeadlineExceeded },
		"given up": func(op Operator) error {
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
			defer cancel()
			var err error
			for err == nil {
				_, err = op.Next(ctx)
			}
			return err
		},
	} {
		for n := 1; n <= behind+2; n++ {
			w := newWorld(t, schemaKV)
			x := NewExchange(ExchangeSpec{Schema: schemaKV, Sources: w.sources(batches(n, "hang"))})
			op := newChecker(x, w.alloc)
			if _, err := op.Next(t.Context()); err != nil {
				t.Fatal(err)
			}
			awaits(t, x, "nothing is read ahead", func(p Progress) bool { return p.Batches == int64(min(n, 1+behind)) })
			time.Sleep(2 * patientFor)
			if err := leave(op); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s, of %d batches: %v", name, n, err)
			}
			if err := errors.Join(op.Close(), op.Close()); err != nil {
				t.Error(err)
			}
			if p := x.Progress()[0]; p.State != Failed {
				t.Errorf("%s, of %d batches: %+v", name, n, p)
			}
			w.checkClosed()
		}
	}
}

// TestExchangeOfOneAfterPanics has what follows all rows panic, in whichever goroutine.
func TestExchangeOfOneAfterPanics(t *testing.T) {
	for n := range behind + 3 {
		for _, pause := range []time.Duration{0, 2 * patientFor} {
			w := newWorld(t, schemaKV)
			sources := w.sources(batches(n))
			sources[0].After = func(context.Context) error { panic("secret row data") }
			op := newChecker(NewExchange(ExchangeSpec{Schema: schemaKV, Sources: sources}), w.alloc)
			var err error
			for err == nil {
				_, err = op.Next(t.Context())
				time.Sleep(pause)
			}
			var p *PanicError
			if !errors.As(err, &p) {
				t.Errorf("%d batches, after pauses of %v: %v", n, pause, err)
			}
			if err := op.Close(); err != nil {
				t.Error(err)
			}
			w.checkClosed()
		}
	}
}
