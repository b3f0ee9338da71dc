package atoll

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/atoll-sql/atoll/planner/plan"
)

// Get returns all rows of one sharding key; see [Session.Get], of whose caller nothing is known here.
func (e *Engine) Get(ctx context.Context, table string, key ...any) (*Result, error) {
	return e.As(Caller{}).Get(ctx, table, key...)
}

// Get returns all columns of a table's rows that have a sharding key: a value for each of its columns, in their order, as in [Session.Query], of which it is a
// short form. One shard is asked, in one round trip. It fails by name where the table has no key, where the map does not tell the one shard of the key,
// and where a value is NULL. The result must be released.
func (s *Session) Get(ctx context.Context, table string, key ...any) (out *Result, err error) {
	clock := time.Now()
	place, err := s.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer leaveWithout(place, &out)
	t, err := s.engine.pin(ctx)
	if err != nil {
		return nil, err
	}
	defer t.unpin()
	sql, err := t.getSQL(table, key)
	if err != nil {
		return nil, err
	}
	q, err := s.queryOver(t, sql, key)
	if err != nil {
		return nil, err
	}
	q.place = place
	rec, err := t.intent(ctx, q)
	if err != nil {
		return nil, err
	}
	p, err := inTime(ctx, t.Engine, clock, func(ctx context.Context) (*plan.Plan, error) { return t.plan(ctx, q) })
	if err == nil {
		err = oneShard(p, table)
	}
	if err = rec.decided(ctx, p, err); err != nil {
		return nil, err
	}
	return t.run(ctx, q, p, rec, clock)
}

// getSQL is the query that stands for a Get. It is the same text for every key, so that it is parsed once.
func (t *topology) getSQL(name string, key []any) (string, error) {
	table, ok := t.Map.Table(name)
	switch {
	case t.opts.dialect != "postgres":
		return "", usageError(fmt.Errorf("Get asks in PostgreSQL's dialect, and the engine was opened for %s", t.opts.dialect))
	case !ok:
		return "", &Error{SQLState: "42P01", Text: fmt.Sprintf("table %q does not exist", name), Pos: -1}
	}
	columns := table.Key()
	if len(columns) == 0 {
		return "", &Error{SQLState: "0A000", Text: fmt.Sprintf("table %s has no sharding key to get rows by", name), Pos: -1, Hint: "ask a query"}
	}
	if len(key) != len(columns) {
		return "", usageError(fmt.Errorf("table %s: the sharding key has %d columns (%s), and %d values were given",
			name, len(columns), strings.Join(columns, ", "), len(key)))
	}
	if i := slices.Index(key, nil); i >= 0 {
		return "", usageError(fmt.Errorf("table %s: the value of the sharding key column %s is NULL, which no row can be got by", name, columns[i]))
	}
	if sql, ok := t.gets.Load(name); ok {
		return sql.(string), nil
	}
	var b strings.Builder
	b.WriteString("SELECT * FROM " + quoted(name) + " WHERE ")
	for i, c := range columns {
		if i > 0 {
			b.WriteString(" AND ")
		}
		fmt.Fprintf(&b, "%s = $%d", quoted(c), i+1)
	}
	t.gets.Store(name, b.String())
	return b.String(), nil
}

// oneShard refuses a plan that asks more than one shard.
func oneShard(p *plan.Plan, table string) error {
	shards := 0
	for _, f := range p.Fragments {
		shards += len(f.Targets)
	}
	if shards > 1 {
		return &Error{SQLState: "0A000", Pos: -1, Text: fmt.Sprintf("the shard map does not tell which one of %d shards has this key of table %s", shards, table),
			Hint: "list the key in the table's sharding, or ask a query"}
	}
	return nil
}
