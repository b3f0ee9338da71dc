package transfer

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/atoll-sql/atoll/bench/report"
)

// Names of the report's series. Their conditions are "engine", "type" and "reader"; of [Speed] "against" is the reader that Atoll is held to.
const (
	Rows        = "rows"
	Payload     = "payload on the wire"
	Arrow       = "Arrow batches"
	PerRow      = "payload of a row"
	Allocations = "allocations a row"
	Speed       = "speed of atoll / the reader's"
)

// Run fills tables, checks that each reader brings what the engine says is there, and measures: within a round the readers of an engine take turns, so that
// what else the machine does falls on all alike.
func Run(ctx context.Context, o Options) (r *report.Report, err error) {
	if o, err = o.complete(); err != nil {
		return nil, err
	}
	m := &measurement{o: o, r: report.New("transfer", o.Seed)}
	m.r.Settings = []report.Setting{
		{Name: "rows", Value: fmt.Sprint(o.Rows)}, {Name: "columns of a type", Value: fmt.Sprint(o.Columns)},
		{Name: "NULLs", Value: fmt.Sprintf("%g %%", 100*o.Nulls)}, {Name: "rounds", Value: fmt.Sprint(o.Rounds)},
		{Name: Mixed, Value: "bigint, integer, numeric(15,2), text of 6 bytes, date, timestamptz; long texts have 200 bytes, bytea has 32"},
	}
	for _, name := range o.Engines {
		if err := m.engine(ctx, name); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	m.finish()
	return m.r, nil
}

// measurement is a run.
type measurement struct {
	o Options
	r *report.Report
}

// engine measures one engine, which it starts and stops.
func (m *measurement) engine(ctx context.Context, name string) (err error) {
	if name == SQLServer && m.o.SQLServerDSN == "" {
		m.r.Peers = append(m.r.Peers, report.Peer{Name: SQLServer, Missing: "no server; name one with --sqlserver-dsn"})
		return nil
	}
	e, err := m.start(ctx, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.close(context.WithoutCancel(ctx))) }()
	version, err := e.version(ctx)
	if err != nil {
		return err
	}
	m.r.Versions = append(m.r.Versions, report.Setting{Name: name, Value: version})
	readers := e.readers()
	peers := m.peers(e, readers)
	for _, kind := range m.o.Types {
		m.o.Progress(fmt.Sprintf("%s: %s", name, kind))
		if err := m.kind(ctx, e, readers, kind); err != nil {
			return err
		}
		for i := range peers {
			peers[i].Equal, peers[i].Checked = peers[i].Equal+1, peers[i].Checked+1 // otherwise it would have failed
		}
	}
	m.r.Peers = append(m.r.Peers, peers...)
	return nil
}

func (m *measurement) start(ctx context.Context, name string) (engine, error) {
	switch name {
	case Postgres:
		return startPostgres(ctx, m.o.PostgresDSN)
	case DuckDB:
		return startDuckDB()
	}
	return startSQLServer(ctx, m.o.SQLServerDSN)
}

// peers are what Atoll is held to, and what is missing of it.
func (m *measurement) peers(e engine, readers []reader) (out []report.Peer) {
	for _, r := range readers {
		out = append(out, report.Peer{Name: r.engine + ": " + r.name, Setup: r.setup})
	}
	if p, ok := e.(*pg); ok && p.psql == "" {
		m.r.Peers = append(m.r.Peers, report.Peer{Name: Postgres + ": " + PSQL, Missing: p.missing})
	}
	return out
}

// kind measures one type.
func (m *measurement) kind(ctx context.Context, e engine, readers []reader, kind string) (err error) {
	t := newTable(e.table(), kind, m.o)
	if err := e.fill(ctx, t); err != nil {
		return fmt.Errorf("filling a table of %s: %w", kind, err)
	}
	defer func() { err = errors.Join(err, e.drop(context.WithoutCancel(ctx), t)) }()
	if err := warmUp(ctx, e, readers, t); err != nil {
		return err
	}
	for range m.o.Rounds {
		if err := m.round(ctx, readers, t); err != nil {
			return err
		}
	}
	return nil
}

// warmUp has each reader read once, and holds what it brings to the engine's own totals and to the others.
func warmUp(ctx context.Context, e engine, readers []reader, t *table) error {
	bytes := map[string]int64{}
	for _, r := range readers {
		if r.name == Atoll {
			if err := verify(ctx, e, r.engine, t); err != nil {
				return err
			}
		}
		read := r.read
		if r.warm != nil {
			read = r.warm
		}
		b, err := read(ctx, t)
		if err != nil {
			return fmt.Errorf("%s of %s by %s: %w", t.kind, r.engine, r.name, err)
		}
		if err := r.complete(b, t); err != nil {
			return err
		}
		if r.counts == "" || e.dialect() != dialectPostgres {
			continue
		}
		if n, known := bytes[r.counts]; known && n != b.bytes {
			return fmt.Errorf("%s of %s: %s counts %d bytes, and another reader of the same %d", t.kind, r.engine, r.name, b.bytes, n)
		}
		bytes[r.counts] = b.bytes
	}
	return nil
}

// complete holds the rows of a read to those of the table.
func (r reader) complete(b brought, t *table) error {
	if b.rows >= 0 && b.rows != t.rows {
		return fmt.Errorf("%s of %s: %s brought %d rows of %d", t.kind, r.engine, r.name, b.rows, t.rows)
	}
	return nil
}

// round has each reader read once.
func (m *measurement) round(ctx context.Context, readers []reader, t *table) error {
	rates := map[string]float64{} // by engine and reader
	for _, r := range readers {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		b, err := r.read(ctx, t)
		took := time.Since(start).Seconds()
		runtime.ReadMemStats(&after)
		if err == nil {
			err = r.complete(b, t)
		}
		if err != nil {
			return fmt.Errorf("%s of %s by %s: %w", t.kind, r.engine, r.name, err)
		}
		rates[r.engine+r.name] = float64(t.rows) / took
		m.observe(r, t, b, took, float64(after.Mallocs-before.Mallocs))
	}
	for _, r := range readers {
		if r.name != Atoll {
			m.r.Observe(Speed, report.Ratio, report.Higher, rates[r.engine+Atoll]/rates[r.engine+r.name], "engine", r.engine, "type", t.kind, "against", r.name)
		}
	}
	return nil
}

// outside are readers that do their work in another process or within the engine: what this one allocates is not theirs.
var outside = []string{PSQL, Scan}

func (m *measurement) observe(r reader, t *table, b brought, took, mallocs float64) {
	where := []string{"engine", r.engine, "type", t.kind, "reader", r.name}
	rows := float64(t.rows)
	m.r.Observe(Rows, report.RowsPerS, report.Higher, rows/took, where...)
	if b.bytes > 0 {
		m.r.Observe(Payload, report.BytesPerS, report.Higher, float64(b.bytes)/took, where...)
		m.r.Observe(PerRow, report.Bytes, "", float64(b.bytes)/rows, where...)
	}
	if r.name == Atoll {
		m.r.Observe(Arrow, report.BytesPerS, report.Higher, float64(b.arrow)/took, where...)
	}
	if !slices.Contains(outside, r.name) {
		m.r.Observe(Allocations, report.Count, report.Lower, mallocs/rows, where...)
	}
}
