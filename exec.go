package atoll

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/plan"
)

// ExecResult tells what a statement wrote.
type ExecResult struct {
	// Rows is how many rows were affected; -1 where a residency policy is in force and some of them are in another region than those who would learn it.
	Rows   int64
	Shards []ShardRows // the shards written to, in the order of the map; none if the condition can be true for no row
}

// ShardRows is one shard's part in an [ExecResult]. Rows is -1 as there.
type ShardRows struct {
	Shard string
	Rows  int64
}

// Exec runs one INSERT, UPDATE or DELETE; see [Session.Exec], of whose caller nothing is known here.
func (e *Engine) Exec(ctx context.Context, sql string, args ...any) (*ExecResult, error) {
	return e.As(Caller{}).Exec(ctx, sql, args...)
}

// Exec runs one INSERT … VALUES, UPDATE or DELETE in a transaction on the shard that has the rows. The condition of an UPDATE or DELETE must fix that
// shard by the table's sharding key; the rows of an INSERT are split by it, and may be of several shards, each with a transaction of its own. What does
// not fit that is refused by name, and then nothing was written. docs/writes.md says what is written how. args are as in [Session.Query].
//
// Where an error has SQLSTATE 40003, whether some of the rows were written is not known; with 58000 an INSERT into several shards was committed on some
// of them only. Both name the shards. After any other error nothing was written.
func (s *Session) Exec(ctx context.Context, sql string, args ...any) (*ExecResult, error) {
	clock := time.Now()
	place, err := s.turnToWrite(ctx)
	if err != nil {
		return nil, err
	}
	defer place.Leave()
	t, err := s.engine.pin(ctx)
	if err != nil {
		return nil, err
	}
	defer t.unpin()
	q, err := s.queryOver(t, sql, args)
	if err != nil {
		return nil, err
	}
	return t.exec(ctx, q, clock)
}

// write is what a statement does, by shard.
type write struct {
	kind  ast.WriteKind
	parts []part // in the order of the map
	uses  []plan.KeyUse
	args  []bind.Param
}

// part is what one shard gets.
type part struct {
	shard *shard
	index int // in the map
	stmts []plan.Statement
	kept  bool // how many rows it affects is not told
}

// exec plans and runs a write. Its time counts from clock, as a query's does ([topology.run]).
func (t *topology) exec(ctx context.Context, q *query, clock time.Time) (*ExecResult, error) {
	rec, err := t.intent(ctx, q)
	if err != nil {
		return nil, err
	}
	w, err := inTime(ctx, t.Engine, clock, func(ctx context.Context) (*write, error) { return t.planWrite(ctx, q) })
	if err = rec.decided(ctx, w.plan(), err); err != nil {
		return nil, err
	}
	ctx, cancel := t.timed(ctx, clock)
	defer cancel()
	start := time.Now()
	out, err := t.runWrite(ctx, w)
	t.heat.wrote(t, w, time.Since(start), err)
	told := int64(0)
	if out != nil {
		told = max(out.Rows, 0)
	}
	if err = rec.ended(wrapError(overran(ctx, err)), told); err != nil {
		return nil, err
	}
	return out, nil
}

// plan shows the audit log what runs where.
func (w *write) plan() *plan.Plan {
	out := &plan.Plan{Root: &plan.OneRow{}}
	if w == nil {
		return out
	}
	for i, p := range w.parts {
		f := &plan.Fragment{ID: i + 1}
		for _, s := range p.stmts {
			f.Targets = append(f.Targets, plan.Target{Shard: p.shard.Name, Region: p.shard.Region, Statement: s})
		}
		out.Fragments = append(out.Fragments, f)
	}
	return out
}

// planWrite is the road from text to statements. As with queries, shards that have not answered so far are asked again, once.
func (t *topology) planWrite(ctx context.Context, q *query) (*write, error) {
	w, err := t.planWriteOver(t.snapshot(), q)
	var shard *connectors.Error
	var text *ast.Error
	if !errors.As(err, &shard) && !(errors.As(err, &text) && text.SQLState == bind.ShardsDown) {
		return w, err
	}
	cat, loadErr := t.loadCatalog(ctx)
	if loadErr != nil {
		return nil, loadErr
	}
	return t.planWriteOver(cat, q)
}

// argsOf are the values of a statement's parameters.
func (w *write) argsOf(s plan.Statement) []connectors.Arg {
	all := make([]bind.Param, len(s.Params))
	for i, n := range s.Params {
		all[i] = w.args[n-1]
	}
	return connectorArgs(all)
}

// result adds up what the shards affected.
func (w *write) result(rows []int64) *ExecResult {
	out := &ExecResult{}
	for i, p := range w.parts {
		n := rows[i]
		if p.kept {
			n = -1
		}
		out.Shards = append(out.Shards, ShardRows{Shard: p.shard.Name, Rows: n})
		out.Rows += n
	}
	if slices.ContainsFunc(w.parts, func(p part) bool { return p.kept }) {
		out.Rows = -1
	}
	return out
}
