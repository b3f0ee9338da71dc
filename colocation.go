package atoll

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/planner/place"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/shardmap"
)

// ColocationReport says of a colocation class how many of its values have rows on more than one shard: where there is any,
// the class is declared wrongly, and queries that rely on it answer wrongly.
type ColocationReport struct {
	Class  string
	Tables []string
	Astray int64
}

// classes are the members of each colocation class, by its name.
func (t *topology) classes() map[string][]shardmap.ClassMember {
	out := map[string][]shardmap.ClassMember{}
	for _, name := range t.Map.Tables() {
		table, _ := t.Map.Table(name)
		for _, c := range table.Classes() {
			out[c.Name] = append(out[c.Name], shardmap.ClassMember{Table: name, Columns: c.Columns})
		}
	}
	return out
}

// CheckColocation reads the columns of every colocation class on all shards and compares them with what is declared. It costs
// as much as a count of all different values of those columns.
func (e *Engine) CheckColocation(ctx context.Context) ([]ColocationReport, error) {
	t, err := e.pin(ctx)
	if err != nil {
		return nil, err
	}
	defer t.unpin()
	all := t.classes()
	var out []ColocationReport
	for _, name := range slices.Sorted(maps.Keys(all)) {
		r := ColocationReport{Class: name}
		for _, m := range all[name] {
			r.Tables = append(r.Tables, m.Table)
		}
		if r.Astray, err = t.astray(ctx, all[name]); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// astray counts the values of a class on several shards, by a plan that does not believe what is declared.
func (t *topology) astray(ctx context.Context, members []shardmap.ClassMember) (int64, error) {
	q, err := t.newQuery(t.astraySQL(members), nil)
	if err != nil {
		return 0, err
	}
	n := int64(0)
	planned := func() (*plan.Plan, error) {
		return t.planOver(t.snapshot(), q, place.Without(t.opts.off, "colocation_classes"))
	}
	err = t.each(ctx, q, planned, func(r array.RecordReader) error {
		n += r.Record().Column(0).(*array.Int64).Value(0)
		return nil
	})
	return n, err
}

func (e *Engine) astraySQL(members []shardmap.ClassMember) string {
	parts := make([]string, len(members))
	keys := make([]string, len(members[0].Columns))
	for i, m := range members {
		items, conds := make([]string, len(m.Columns)), make([]string, len(m.Columns))
		for j, c := range m.Columns {
			keys[j] = fmt.Sprintf("k%d", j)
			items[j] = e.quoted(c) + " AS " + keys[j]
			conds[j] = e.quoted(c) + " IS NOT NULL"
		}
		parts[i] = "SELECT DISTINCT " + strings.Join(items, ", ") + ", atoll_shard AS s FROM " + e.quoted(m.Table) + " WHERE " + strings.Join(conds, " AND ")
	}
	list := strings.Join(keys, ", ")
	return "SELECT count(*) FROM (SELECT " + list + " FROM (" + strings.Join(parts, " UNION ") + ") AS found GROUP BY " + list + " HAVING count(*) > 1) AS astray"
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// classProblems are the columns of classes that a table has not, or has with a type that is never equal to another member's.
func (t *topology) classProblems(cat *catalog.Catalog) []Problem {
	var out []Problem
	all := t.classes()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		var types []plan.Type
		for _, m := range all[name] {
			table := cat.Table(m.Table)
			for i, c := range m.Columns {
				col := table.Column(c)
				switch {
				case col == nil:
					out = append(out, Problem{Table: m.Table, Column: c, Text: "colocation class " + name + " names it, and there is no such column"})
				case len(types) <= i:
					types = append(types, col.Type)
				case col.Problem == "" && types[i].Kind != col.Type.Kind && !(types[i].IsInteger() && col.Type.IsInteger()):
					out = append(out, Problem{Table: m.Table, Column: c, Text: fmt.Sprintf("its type %s is not the %s of its colocation class %s", col.Type, types[i], name)})
				}
			}
		}
	}
	return out
}
