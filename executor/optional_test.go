package executor

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

// optional makes the sources ones that may be left out; what left says is which were.
func (w *world) optional(sources []Source, o *Optional) (left func() string) {
	var mu sync.Mutex
	var names []string
	if o.Leave == nil {
		o.Leave = func(shard string, err error) error {
			mu.Lock()
			defer mu.Unlock()
			names = append(names, shard+" "+string(connectors.ClassOf(err)))
			return nil
		}
	}
	if o.PerSource == 0 {
		o.PerSource, o.InAll = 1<<20, 1<<20
	}
	for i := range sources {
		sources[i].Optional, sources[i].Alone = o, func() bool { return true }
	}
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		slices.Sort(names)
		if held := o.held.Load(); held != 0 {
			w.t.Errorf("%d bytes are still counted as held back", held)
		}
		return strings.Join(names, ", ")
	}
}

// operators reads sources in both ways.
func operators(t *testing.T, w *world, sources []Source) map[string]func() Operator {
	return map[string]func() Operator{
		"exchange": func() Operator { return NewExchange(ExchangeSpec{Schema: w.schema, Sources: sources}) },
		"merge": func() Operator {
			m, err := NewOrderedMerge(MergeSpec{Schema: w.schema, Sources: sources, Keys: []SortKey{{Column: 0}}, Alloc: w.alloc})
			if err != nil {
				t.Fatal(err)
			}
			return m
		},
	}
}

// TestLeftOut: a source that fails before all of its rows are known to be there is left out with all of them.
func TestLeftOut(t *testing.T) {
	for _, c := range []struct {
		name    string
		scripts []string
		want    string
		left    string
	}{
		{"none fails", []string{"1:a;3:c", "2:b"}, "1:a 2:b 3:c", ""},
		{"not opening", []string{"1:a;3:c", "noopen"}, "1:a 3:c", "s1 unavailable"},
		{"in mid-stream", []string{"1:a;2:b;err", "3:c", "4:d;5:e"}, "3:c 4:d 5:e", "s0 internal"},
		{"at the end", []string{"1:a", "2:b;3:c;4:d;err"}, "1:a", "s1 internal"},
		{"several", []string{"err", "1:a", "2:b;err"}, "1:a", "s0 internal, s2 internal"},
		{"all", []string{"err", "noopen"}, "", "s0 internal, s1 unavailable"},
	} {
		for _, kind := range []string{"exchange", "merge"} {
			t.Run(c.name+"/"+kind, func(t *testing.T) {
				w := newWorld(t, schemaKV)
				sources := w.sources(c.scripts...)
				left := w.optional(sources, &Optional{})
				op := newChecker(operators(t, w, sources)[kind](), w.alloc)
				got, err := rows(t, context.Background(), op)
				if err != nil {
					t.Fatal(err)
				}
				slices.Sort(got)
				if s := strings.Join(got, " "); s != c.want {
					t.Errorf("%q, want %q", s, c.want)
				}
				if err := op.Close(); err != nil {
					t.Fatal(err)
				}
				if s := left(); s != c.left {
					t.Errorf("left out: %q, want %q", s, c.left)
				}
				w.checkClosed()
			})
		}
	}
}

// TestNotLeftOut: what has been handed on cannot be taken back, and who is asked may refuse.
func TestNotLeftOut(t *testing.T) {
	refusal := errors.New("too few are left")
	for _, c := range []struct {
		name    string
		scripts []string
		o       *Optional
		want    string
	}{
		{"no room", []string{"1:a;2:b;err", "3:c"}, &Optional{PerSource: 1, InAll: 1 << 20}, "boom"},
		{"no room for all", []string{"1:a;2:b;err", "3:c"}, &Optional{PerSource: 1 << 20, InAll: 1}, "boom"},
		{"refused", []string{"err", "3:c"}, &Optional{Leave: func(string, error) error { return refusal }}, "too few"},
	} {
		for _, kind := range []string{"exchange", "merge"} {
			t.Run(c.name+"/"+kind, func(t *testing.T) {
				w := newWorld(t, schemaKV)
				sources := w.sources(c.scripts...)
				o := &Optional{Leave: c.o.Leave, PerSource: c.o.PerSource, InAll: c.o.InAll}
				left := w.optional(sources, o)
				op := newChecker(operators(t, w, sources)[kind](), w.alloc)
				_, err := rows(t, context.Background(), op)
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%v, want %s", err, c.want)
				}
				if err := op.Close(); err != nil {
					t.Fatal(err)
				}
				if s := left(); s != "" {
					t.Errorf("left out: %s", s)
				}
				w.checkClosed()
			})
		}
	}
}

// TestLate: time ends for the source that is waited for, and for no other. Of a consumer that takes its time nothing counts.
func TestLate(t *testing.T) {
	for _, kind := range []string{"exchange", "merge"} {
		t.Run(kind, func(t *testing.T) {
			w := newWorld(t, schemaKV)
			sources := w.sources("1:a;hang", "2:b", "hang")
			o := &Optional{Within: time.Hour, AfterFunc: func(_ string, d time.Duration, f func()) func() bool {
				if d > time.Hour || d < 59*time.Minute {
					t.Errorf("waiting %s", d)
				}
				return time.AfterFunc(0, f).Stop // at once, where there is anything to wait for
			}}
			left := w.optional(sources, o)
			op := operators(t, w, sources)[kind]()
			got, err := rows(t, context.Background(), op)
			if err != nil {
				t.Fatal(err)
			}
			if s := strings.Join(got, " "); s != "2:b" {
				t.Errorf("%q", s)
			}
			if err := op.Close(); err != nil {
				t.Fatal(err)
			}
			if s := left(); s != "s0 timeout, s2 timeout" {
				t.Errorf("left out: %q", s)
			}
			w.checkClosed()
		})
	}
}

// TestLateNames: the error of a shard that cannot be left out says that it was late, and is of the class of timeouts.
func TestLateNames(t *testing.T) {
	w := newWorld(t, schemaKV)
	sources := w.sources("hang", "1:a")
	w.optional(sources, &Optional{Until: time.Now().Add(-time.Second)})
	sources[0].Alone = nil
	x := NewExchange(ExchangeSpec{Schema: schemaKV, Sources: sources})
	_, err := rows(t, context.Background(), x)
	if connectors.ClassOf(err) != connectors.ClassTimeout || !strings.Contains(err.Error(), "shard s0: no answer within") {
		t.Errorf("%v", err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	w.checkClosed()
}

// TestLateNamesNobodyElse: a shard that is cancelled because another one is late is not late itself.
func TestLateNamesNobodyElse(t *testing.T) {
	for _, kind := range []string{"exchange", "merge"} {
		t.Run(kind, func(t *testing.T) {
			w := newWorld(t, schemaKV)
			sources := w.sources("hang", "hang", "1:a")
			w.optional(sources, &Optional{Within: time.Hour, AfterFunc: func(shard string, _ time.Duration, f func()) func() bool {
				if shard == "s1" {
					return time.AfterFunc(0, f).Stop
				}
				return func() bool { return true }
			}})
			for i := range sources {
				sources[i].Alone = nil
			}
			op := operators(t, w, sources)[kind]()
			_, err := rows(t, context.Background(), op)
			if connectors.ClassOf(err) != connectors.ClassTimeout || !strings.Contains(err.Error(), "shard s1: no answer within") {
				t.Errorf("%v", err)
			}
			if err := op.Close(); err != nil {
				t.Fatal(err)
			}
			w.checkClosed()
		})
	}
}

// TestQueryEnds: when the whole query is cancelled no source is asked about.
func TestQueryEnds(t *testing.T) {
	w := newWorld(t, schemaKV)
	sources := w.sources("hang", "hang")
	left := w.optional(sources, &Optional{})
	ctx, cancel := context.WithCancel(context.Background())
	x := NewExchange(ExchangeSpec{Schema: schemaKV, Sources: sources})
	cancel()
	if _, err := x.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if s := left(); s != "" {
		t.Errorf("left out: %s", s)
	}
	w.checkClosed()
}

// failing yields batches and then an error.
type failing struct {
	operator
	recs []arrow.Record
	err  error
}

func (f *failing) Next(ctx context.Context) (arrow.Record, error) {
	return f.next(ctx, func(context.Context) (arrow.Record, error) {
		if len(f.recs) == 0 {
			return nil, f.err
		}
		rec := f.recs[0]
		f.recs = f.recs[1:]
		return rec, nil
	})
}

func (f *failing) Close() error {
	f.shut()
	for _, rec := range f.recs {
		rec.Release()
	}
	f.recs = nil
	return nil
}

// TestAhead: an error within what is held back comes before any row, a later one after those before it.
func TestAhead(t *testing.T) {
	for _, c := range []struct {
		name  string
		bytes int64
		want  string
	}{{"within", 1 << 20, ""}, {"beyond", 1, "1:a 2:b"}} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, schemaKV)
			in := &failing{operator: operator{schema: schemaKV}, err: errShard,
				recs: []arrow.Record{batch(t, w.alloc, schemaKV, "1:a"), batch(t, w.alloc, schemaKV, "2:b")}}
			op := newChecker(NewAhead(in, c.bytes), w.alloc)
			got, err := rows(t, context.Background(), op)
			if !errors.Is(err, errShard) || strings.Join(got, " ") != c.want {
				t.Errorf("%v, %v", got, err)
			}
			if err := op.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}
