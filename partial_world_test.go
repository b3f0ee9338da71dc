package atoll

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/connectors/postgres"
	"github.com/atoll-sql/atoll/internal/logictest"
)

// lapse is what a shard does wrong. Its class is one that nobody tries again, unless it says another.
type lapse struct {
	kind  string // "" for none, "refuse" after so many statements, "break" after so many batches, "hang", "silent" about its tables
	after int
	class connectors.Class
}

func (f lapse) String() string { return fmt.Sprintf("%s after %d", f.kind, f.after) }

func (f lapse) err(shard string) error {
	class := f.class
	if class == "" {
		class = connectors.ClassAuth
	}
	return connectors.NewError(shard, class, "28P01", "login refused", errors.New(planted))
}

// lapses tell shards what to do wrong. It is safe for concurrent use.
type lapses struct {
	mu    sync.Mutex
	by    map[string]lapse
	asked map[string]int // statements of each shard since it was told
}

func newLapses() *lapses { return &lapses{by: map[string]lapse{}, asked: map[string]int{}} }

func (f *lapses) set(shard string, what lapse) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.by[shard], f.asked[shard] = what, 0
}

func (f *lapses) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.by)
}

func (f *lapses) of(shard string) lapse {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.by[shard]
}

// statement is of for one statement more.
func (f *lapses) statement(shard string) (what lapse, refused bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	what = f.by[shard]
	f.asked[shard]++
	return what, what.kind == "silent" || what.kind == "refuse" && f.asked[shard] > what.after
}

// options make an engine whose shards fail as told. The time of a shard is over as soon as it hangs, and never otherwise.
func (f *lapses) options() []Option {
	return []Option{WithDriver("postgres", f.wrap(postgres.Open)), WithDriver("duckdb", f.wrap(duckdb.Open)), func(o *options) {
		o.afterFunc = func(shard string, _ time.Duration, late func()) func() bool {
			if f.of(shard).kind == "hang" {
				return time.AfterFunc(0, late).Stop
			}
			return func() bool { return true }
		}
	}}
}

func (f *lapses) wrap(open connectors.Opener) connectors.Opener {
	return func(cfg connectors.Config) (connectors.Connector, error) {
		inner, err := open(cfg)
		if err != nil {
			return nil, err
		}
		c := &lapsing{inner, cfg.Shard, f}
		if p, ok := inner.(connectors.Pooled); ok {
			return &lapsingPooled{c, p}, nil
		}
		return c, nil
	}
}

type lapsing struct {
	connectors.Connector
	shard  string
	lapses *lapses
}

type lapsingPooled struct {
	*lapsing
	connectors.Pooled
}

// Calibrate implements connectors.Connector.
func (c *lapsing) Calibrate(ctx context.Context) (connectors.Capabilities, error) {
	if what := c.lapses.of(c.shard); what.kind == "silent" {
		return connectors.Capabilities{}, what.err(c.shard)
	}
	return c.Connector.Calibrate(ctx)
}

// Query implements connectors.Connector.
func (c *lapsing) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	return c.lapses.query(ctx, c.shard, stmt, c.Connector.Query)
}

// Snapshot implements connectors.Connector.
func (c *lapsing) Snapshot(over func() error) connectors.Snapshot {
	return &lapsingSnapshot{c.Connector.Snapshot(over), c}
}

type lapsingSnapshot struct {
	connectors.Snapshot
	c *lapsing
}

// Query implements connectors.Snapshot.
func (s *lapsingSnapshot) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	return s.c.lapses.query(ctx, s.c.shard, stmt, s.Snapshot.Query)
}

func (f *lapses) query(ctx context.Context, shard string, stmt connectors.Statement,
	ask func(context.Context, connectors.Statement) (connectors.Reader, error)) (connectors.Reader, error) {
	what, refused := f.statement(shard)
	if refused {
		return nil, what.err(shard)
	}
	r, err := ask(ctx, stmt)
	if err != nil || what.kind == "" || what.kind == "refuse" {
		return r, err
	}
	return &lapsingReader{Reader: r, shard: shard, what: what}, nil
}

// lapsingReader stops in mid-stream, and at the end at the latest.
type lapsingReader struct {
	connectors.Reader
	shard string
	what  lapse
	sent  int
	end   error
}

// Next implements connectors.Reader.
func (r *lapsingReader) Next(ctx context.Context) (arrow.Record, error) {
	if r.end != nil {
		return nil, r.end
	}
	if r.sent < r.what.after {
		rec, err := r.Reader.Next(ctx)
		if !errors.Is(err, io.EOF) {
			r.sent++
			r.end = err
			return rec, err
		}
	}
	r.end = r.what.err(r.shard)
	if r.what.kind == "hang" {
		<-ctx.Done()
		r.end = connectors.NewError(r.shard, connectors.ClassCancelled, "57014", "cancelled", ctx.Err())
	}
	return nil, r.end
}

// lessWorld is an engine whose shards fail as told, the oracle of all rows, and one for each one or two shards without their rows.
type lessWorld struct {
	*rig
	lapses  *lapses
	without map[string]*logictest.Oracle // by the names of the shards, in the order of the map
	held    map[string]int               // reports that were held against the answer over all rows, by what they say of rows
}

func newLessWorld(t *testing.T, w *world, drivers []string, opts ...Option) *lessWorld {
	t.Helper()
	f := newLapses()
	out := &lessWorld{rig: w.open(t, drivers, append(f.options(), opts...)...), lapses: f, without: map[string]*logictest.Oracle{}, held: map[string]int{}}
	l := layout(logictest.NewShards(len(drivers)))
	for i := range l.Shards {
		l.Shards[i].Driver = driverOf(drivers[i])
	}
	for i, one := range l.Shards {
		data, err := out.data.Without(l, one.Name)
		if err != nil {
			t.Fatal(err)
		}
		out.without[one.Name] = w.lessOracle(t, "less_"+one.Name[:2], data, l)
		for _, two := range l.Shards[i+1:] {
			rest, err := data.Without(l, two.Name)
			if err != nil {
				t.Fatal(err)
			}
			out.without[one.Name+" "+two.Name] = w.lessOracle(t, "less_"+one.Name[:2]+"_"+two.Name[:2], rest, l)
		}
	}
	return out
}

// lessOracle makes an oracle once for the world.
func (w *world) lessOracle(t *testing.T, name string, data *logictest.Dataset, l logictest.Layout) *logictest.Oracle {
	t.Helper()
	if v := w.oracles[name]; v != nil {
		return v.oracle
	}
	o, err := logictest.NewOracle(t.Context(), w.connect(t, name), data, l)
	if err != nil {
		t.Fatal(err)
	}
	w.oracles[name] = &variant{data: data, oracle: o}
	return o
}

// askLess asks for an answer in part, and how complete it is.
func askLess(ctx context.Context, e *Engine, p Partial, sql string, args []any) (logictest.Answer, *Completeness, error) {
	r, err := e.As(Caller{}).Partial(p).Query(ctx, sql, args...)
	if err != nil {
		return logictest.Answer{}, nil, err
	}
	defer r.Release()
	a, err := readAnswer(r)
	return a, r.Completeness(), err
}
