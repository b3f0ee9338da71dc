package atoll

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/shardmap"
)

// ShardStatus is what one shard says of itself now.
type ShardStatus struct {
	Shard, Region, Driver string
	State                 shardmap.State // active, read_only, moving, draining or retired; a retired one is not asked
	Version               string
	Findings              []connectors.Finding // results of calibration
	Missing               []string             // features that the server lacks (connectors.FeatureTranslate, …): plans do without
	Tables                []TableStatus
	Latency               time.Duration // of one question and its answer
	Err                   error         // nil if its own server answered
	// Servers are the shard's own server and its replicas, in this order, as Engine.Health tells of them.
	Servers []ServerStatus
}

// TableStatus is a configured table on one shard.
type TableStatus struct {
	Table string
	Rows  int64 // the shard's estimate, -1 if it has none
	Bytes int64 // -1 if unknown
}

// Shards asks every shard, all at the same time. A shard that does not answer is reported with its error.
func (e *Engine) Shards(ctx context.Context) ([]ShardStatus, error) {
	t, err := e.pin(ctx)
	if err != nil {
		return nil, err
	}
	defer t.unpin()
	return t.statuses(ctx)
}

func (e *topology) statuses(ctx context.Context) ([]ShardStatus, error) {
	out := make([]ShardStatus, len(e.shards))
	var g errgroup.Group
	for i := range e.shards {
		g.Go(func() error {
			out[i] = e.status(ctx, i)
			return nil // a shard's error is part of its status
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return out, ctx.Err()
}

func (e *topology) status(ctx context.Context, i int) ShardStatus {
	s := e.shards[i]
	if e.Map.State(i) == shardmap.StateRetired {
		return ShardStatus{Shard: s.Name, Region: s.Region, Driver: s.Driver, State: shardmap.StateRetired}
	}
	e.watch(ctx, s)
	d := e.describe(ctx, s, s.primary, e.tables[i])
	out := ShardStatus{Servers: servers(s),
		Shard: s.Name, Region: s.Region, Driver: s.Driver, State: e.Map.State(i), Version: d.Caps.Version, Findings: d.Caps.Findings, Missing: d.Caps.Missing, Err: wrapError(d.Err)}
	if d.Err != nil {
		return out
	}
	for _, t := range d.Tables {
		out.Tables = append(out.Tables, TableStatus{t.Name, t.Rows, t.Bytes})
	}
	out.Latency, d.Err = ping(ctx, s.primary)
	out.Err, out.Servers = wrapError(d.Err), servers(s)
	return out
}

// ping measures the way there and back, on a connection that is open already.
func ping(ctx context.Context, c connectors.Connector) (time.Duration, error) {
	one := arrow.Field{Name: "one", Type: arrow.PrimitiveTypes.Int32, Nullable: true}
	start := time.Now()
	r, err := c.Query(ctx, connectors.Statement{SQL: "SELECT 1 AS one", Schema: arrow.NewSchema([]arrow.Field{one}, nil)})
	if err != nil {
		return 0, err
	}
	for err == nil {
		_, err = r.Next(ctx)
	}
	took := time.Since(start)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return took, errors.Join(err, r.Close())
}

// CheckReport is the result of a check: the shards, and where they disagree.
type CheckReport struct {
	Shards   []ShardStatus
	Problems []Problem
}

// Problem is a difference between shards, a table that is missing on one, or a column that has no type here: queries
// that touch it fail. Or it is a replica that is not read.
type Problem struct {
	Table    string // "" if it is a replica's
	Column   string // "" if it concerns the whole table
	Text     string
	Unmapped bool // no difference: the column's type has no mapping

	Shard, Replica string // of a replica's problem
}

// OK reports that every shard answered and nothing differs between them.
func (r *CheckReport) OK() bool {
	for _, s := range r.Shards {
		if s.Err != nil {
			return false
		}
	}
	return r.Differences() == 0
}

// Differences counts the problems that are differences between shards, or replicas that are not read.
func (r *CheckReport) Differences() int {
	n := 0
	for _, p := range r.Problems {
		if !p.Unmapped {
			n++
		}
	}
	return n
}

// Unread counts the replicas that are not read.
func (r *CheckReport) Unread() int {
	n := 0
	for _, p := range r.Problems {
		if p.Replica != "" {
			n++
		}
	}
	return n
}

// Check connects to every shard, calibrates it and compares the schemas.
func (e *Engine) Check(ctx context.Context) (*CheckReport, error) {
	t, err := e.pin(ctx)
	if err != nil {
		return nil, err
	}
	defer t.unpin()
	shards, err := t.statuses(ctx)
	if err != nil {
		return nil, err
	}
	r := &CheckReport{Shards: shards}
	cat, err := t.loadCatalog(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range cat.Problems() {
		r.Problems = append(r.Problems, Problem{Table: p.Table, Column: p.Column, Text: p.Text, Unmapped: p.Unmapped})
	}
	r.Problems = append(r.Problems, t.classProblems(cat)...)
	r.Problems = append(r.Problems, t.lookupProblems(cat)...)
	r.Problems = append(r.Problems, replicaProblems(shards)...)
	return r, nil
}

// Routing says where a key lives.
type Routing struct {
	Shard, Region string // several, separated by commas, where the map does not tell
	Why           string
}

// Route tells which shard holds the rows of a table with a key, given as text, one value per key column. No
// shard is asked, but for a directory table, as a query of nobody in particular would ask it.
func (e *Engine) Route(table string, key ...string) (Routing, error) {
	t := e.hold()
	defer t.unpin()
	p, err := t.explainKey(table, key)
	if err != nil {
		return Routing{}, usageError(err)
	}
	var names, regions []string
	for _, s := range p.Shards {
		names = append(names, s.Name)
		if len(regions) == 0 || regions[len(regions)-1] != s.Region {
			regions = append(regions, s.Region)
		}
	}
	if len(names) == 0 {
		return Routing{}, usageError(fmt.Errorf("table %s: no shard holds this key", table))
	}
	return Routing{Shard: strings.Join(names, ", "), Region: strings.Join(regions, ", "), Why: p.Why}, nil
}
