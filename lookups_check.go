package atoll

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/shardmap"
)

// IndexReport says of an index table how many pairs of a value and a sharding key, which its table has, it has not: queries by such a value
// may miss rows. It has counts and names only.
type IndexReport struct {
	Table, Column string // what is indexed
	Index         string
	Missing       int64
	Err           error // why it could not be checked
}

// CheckIndexes reads the indexed columns and the sharding keys of tables on all shards and holds them against their index tables, in the order of the
// configuration. It costs as much as a join of both. Under a residency policy it is judged as a query of nobody in particular.
func (e *Engine) CheckIndexes(ctx context.Context) ([]IndexReport, error) {
	t, err := e.pin(ctx)
	if err != nil {
		return nil, err
	}
	defer t.unpin()
	cat, err := t.loadCatalog(ctx)
	if err != nil {
		return nil, err
	}
	var out []IndexReport
	for _, in := range t.allLookups() {
		if in.directory {
			continue
		}
		r := IndexReport{Table: in.table, Column: in.column, Index: in.in}
		if why := in.unfit(cat); why != "" {
			r.Err = usageError(fmt.Errorf("%s", why))
		} else if r.Missing, r.Err = t.countBy(ctx, cat, t.missingSQL(in)); ctx.Err() != nil {
			return nil, ctx.Err()
		}
		out = append(out, r)
	}
	return out, nil
}

// allLookups are the directories and indexes, in the order of the configuration.
func (t *topology) allLookups() []*lookupTable {
	if t.lookups == nil {
		return nil
	}
	var out []*lookupTable
	for _, name := range t.Map.Tables() {
		if d := t.lookups.directories[name]; d != nil {
			out = append(out, d)
		}
		table, _ := t.Map.Table(name)
		for _, x := range table.Indexes() {
			out = append(out, t.lookups.indexes[[2]string{name, x.Column}])
		}
	}
	return out
}

func (t *topology) missingSQL(in *lookupTable) string {
	keys, conds := []string{t.quoted(in.column) + " AS v"}, []string{"i." + t.quoted(in.as) + " = m.v"}
	for n, k := range in.key {
		keys = append(keys, fmt.Sprintf("%s AS k%d", t.quoted(k), n))
		there := "i." + t.quoted(in.gives[n])
		conds = append(conds, fmt.Sprintf("(%s = m.k%d OR (%s IS NULL AND m.k%d IS NULL))", there, n, there, n))
	}
	return fmt.Sprintf("SELECT count(*) FROM (SELECT DISTINCT %s FROM %s WHERE %s IS NOT NULL) AS m WHERE NOT EXISTS (SELECT 1 FROM %s AS i WHERE %s)",
		strings.Join(keys, ", "), t.quoted(in.table), t.quoted(in.column), t.quoted(in.in), strings.Join(conds, " AND "))
}

// countBy answers a query of one number, which no index and no directory has a part in.
func (t *topology) countBy(ctx context.Context, cat *catalog.Catalog, sql string) (int64, error) {
	q, err := t.newQuery(sql, nil)
	if err != nil {
		return 0, err
	}
	n := int64(0)
	err = t.each(ctx, q, func() (*plan.Plan, error) { return t.planOver(cat, q, t.opts.off) }, func(r array.RecordReader) error {
		n += r.Record().Column(0).(*array.Int64).Value(0)
		return nil
	})
	return n, err
}

// lookupProblems are the directories and indexes that queries cannot use.
func (t *topology) lookupProblems(cat *catalog.Catalog) []Problem {
	var out []Problem
	for _, in := range t.allLookups() {
		if why := in.unfit(cat); why != "" {
			out = append(out, Problem{Table: in.table, Column: in.column, Text: "queries do not use table " + in.in + " for it: " + why})
		}
	}
	return out
}

// maxDirectory bounds the rows of a directory that is read as a whole.
const maxDirectory = 5_000_000

// withDirectory is a table with all that its directory lists, read now, or why that cannot be.
func (t *topology) withDirectory(ctx context.Context, cat *catalog.Catalog, table *shardmap.Table) (*shardmap.Table, string) {
	in := t.directoryOf(table)
	if in == nil {
		return table, ""
	}
	if why := in.unfit(cat); why != "" {
		return table, why
	}
	if t.policy.Load() != nil && !in.near {
		return table, "under the residency policy its directory, table " + in.in + ", is not read whole from another region"
	}
	q, err := t.newQuery(fmt.Sprintf("SELECT %s, %s FROM %s", t.quoted(in.as), t.quoted(in.gives[0]), t.quoted(in.in)), nil)
	if err != nil {
		return table, err.Error()
	}
	entries, err := t.readDirectory(ctx, cat, q, in, table)
	if err != nil {
		return table, "its directory, table " + in.in + ", cannot be read: " + err.Error()
	}
	return table.WithDirectory(entries), ""
}

func (t *topology) readDirectory(ctx context.Context, cat *catalog.Catalog, q *query, in *lookupTable, table *shardmap.Table) ([]shardmap.DirectoryEntry, error) {
	shards := map[shardmap.Value][]int{}
	rows := int64(0)
	all := table.Shards()
	err := t.each(ctx, q, func() (*plan.Plan, error) { return t.planOver(cat, q, t.opts.off) }, func(r array.RecordReader) error {
		rec := r.Record()
		if rows += rec.NumRows(); rows > maxDirectory {
			return fmt.Errorf("it has more than %d rows", maxDirectory)
		}
		key := keyReader(cat.Table(in.in).Column(in.as).Type, rec.Column(0))
		name := keyReader(cat.Table(in.in).Column(in.gives[0]).Type, rec.Column(1))
		if key == nil || name == nil {
			return errKeyForm
		}
		for row := range int(rec.NumRows()) {
			if rec.Column(0).IsNull(row) {
				continue
			}
			k, on := key(row).Clone(), ""
			if !rec.Column(1).IsNull(row) {
				on = name(row).String()
			}
			if i, ok := t.Map.ShardIndex(on); ok && slices.Contains(all, i) {
				shards[k] = append(shards[k], i)
			} else {
				shards[k] = all // it may be on any
			}
		}
		return nil
	})
	out := make([]shardmap.DirectoryEntry, 0, len(shards))
	for k, list := range shards {
		list = slices.Clone(list)
		slices.Sort(list)
		out = append(out, shardmap.DirectoryEntry{Key: k, Shards: slices.Compact(list)})
	}
	return out, err
}
