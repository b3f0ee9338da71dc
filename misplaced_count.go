package atoll

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/planner/place"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/shardmap"
)

// besideTheMap looks for tables on shards that by the map hold nothing of them, and counts what they have: no query sees these rows.
func (e *topology) besideTheMap(ctx context.Context, cat *catalog.Catalog, tables []*shardmap.Table, sample int64) ([]Misplaced, error) {
	found := make([][]Misplaced, len(e.shards))
	g := e.shardGroup()
	for i, s := range e.shards {
		names, belong := e.notAt(i, tables)
		if len(names) == 0 || cat.Shard(s.Name).Err != nil { // that it is down is told where it should answer
			continue
		}
		g.Go(func() error {
			found[i] = e.besideAt(ctx, *cat.Shard(s.Name), s, names, belong, sample)
			return nil // what fails is told with the shard
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(found...), ctx.Err()
}

// notAt are those tables of which a shard has nothing by the map, and where their rows belong.
func (e *topology) notAt(shard int, tables []*shardmap.Table) (names []string, belong map[string]string) {
	belong = map[string]string{}
	for _, t := range tables {
		if all := t.Shards(); !slices.Contains(all, shard) {
			names = append(names, t.Name())
			belong[t.Name()] = shardNames(e.Map, all)
		}
	}
	return names, belong
}

func (e *topology) besideAt(ctx context.Context, at catalog.Shard, s *shard, names []string, belong map[string]string, sample int64) []Misplaced {
	asked, cancel := context.WithTimeout(ctx, describeTimeout)
	described, err := s.primary.Describe(asked, names)
	cancel()
	if err != nil {
		return []Misplaced{{Table: names[0], Shard: s.Name, Region: s.Region, Err: wrapError(err)}}
	}
	var out []Misplaced
	for _, t := range described {
		m := Misplaced{Table: t.Name, Shard: s.Name, Region: s.Region, Unchecked: e.keptIn(s.Region)}
		if m.Unchecked == "" {
			at.Tables = described
			m.Rows, m.Err = e.countAt(ctx, at, t.Name, sample)
		}
		if m.Rows > 0 {
			m.Astray = []Astray{{belong[t.Name], m.Rows}}
		}
		if !m.OK() {
			out = append(out, m)
		}
	}
	return out
}

// countAt counts the rows that a table has on one shard, whatever the map says of it; with a sample no more than so many.
func (e *topology) countAt(ctx context.Context, at catalog.Shard, table string, sample int64) (int64, error) {
	sql := "SELECT count(*) FROM " + e.quoted(table)
	if sample > 0 {
		sql = fmt.Sprintf("SELECT count(*) FROM (SELECT 1 AS one FROM %s LIMIT %d) AS few", e.quoted(table), sample)
	}
	q, err := e.newQuery(sql, nil)
	if err != nil {
		return 0, err
	}
	cat := catalog.Build([]catalog.Shard{at}, []catalog.Placement{{Table: table, Shards: []string{at.Name}}})
	n := int64(0)
	err = e.each(ctx, q, func() (*plan.Plan, error) { return e.planAt(cat, q, at) }, func(r array.RecordReader) error {
		n = r.Record().Column(0).(*array.Int64).Value(0)
		return nil
	})
	return n, err
}

// planAt leaves a whole query to one shard.
func (e *topology) planAt(cat *catalog.Catalog, q *query, at catalog.Shard) (*plan.Plan, error) {
	tree, err := e.trees.parse(q.sql)
	if err != nil {
		return nil, err
	}
	bound, err := bind.Bind(tree, cat, bind.Options{Now: q.now})
	if err != nil {
		return nil, err
	}
	st, err := place.Env{Map: e.Map, Catalog: cat}.Statement(bound.Root, at.Name, map[string]plan.Statement{})
	if err != nil {
		return nil, err
	}
	f := &plan.Fragment{ID: 1, Root: bound.Root, Why: "the result", EstRows: -1, Targets: []plan.Target{{Shard: at.Name, Region: at.Region, Statement: st}}}
	return &plan.Plan{Root: &plan.Gather{Fragment: f}, Fragments: []*plan.Fragment{f}, Output: bound.Output, Logical: bound.Root,
		Params: bound.Params, Args: connectorArgs(bound.Args)}, nil
}

// each runs the plan of a query that needs the newest rows, and gives its batches to do. It is recorded as any other.
func (e *topology) each(ctx context.Context, q *query, planned func() (*plan.Plan, error), do func(array.RecordReader) error) error {
	start := time.Now()
	q.newest = true
	rec, err := e.intent(ctx, q)
	if err != nil {
		return err
	}
	p, err := planned()
	if err = rec.decided(ctx, p, err); err != nil {
		return err
	}
	r, err := e.run(ctx, q, p, rec, start)
	if err != nil {
		return err
	}
	defer r.Release()
	for r.Next() {
		if err := do(r); err != nil {
			return err
		}
	}
	return r.Err()
}
