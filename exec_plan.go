package atoll

import (
	"fmt"
	"slices"
	"strings"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/planner/parser/postgres"
	"github.com/atoll-sql/atoll/planner/place"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/rules"
	"github.com/atoll-sql/atoll/planner/sqlgen"
	"github.com/atoll-sql/atoll/shardmap"
)

// writePlanner plans one statement that writes.
type writePlanner struct {
	*topology
	cat   *catalog.Catalog
	query *query
	table *shardmap.Table
	bound *bind.Write
	where place.Env
	uses  []plan.KeyUse // for counting
}

// planWriteOver plans over one catalog snapshot. It asks nobody.
func (t *topology) planWriteOver(cat *catalog.Catalog, q *query) (*write, error) {
	if t.opts.dialect == "mysql" {
		return nil, refuseWrite("statements that write are read in PostgreSQL's dialect only", "open the engine with dialect postgres")
	}
	tree, err := postgres.ParseWrite(q.sql)
	if err != nil {
		return nil, err
	}
	table, ok := t.Map.Table(tree.Table.Name)
	if err := t.writable(table); ok && err != nil {
		return nil, err
	}
	bound, err := bind.BindWrite(tree, cat, bind.Options{Params: q.params, Now: q.now})
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("internal error: table %q is not in the shard map", bound.Table)
	}
	p := &writePlanner{topology: t, cat: cat, query: q, table: table, bound: bound}
	p.where = place.Env{Map: t.Map, Catalog: cat, Params: nullable(bound.Args), Region: t.cfg.Coordinator.Region}
	if bound.Kind == ast.Insert {
		return p.counted(p.insert())
	}
	return p.counted(p.change())
}

// writable refuses tables whose rows no single shard has, or of which the map alone does not tell where they are. table may be nil.
func (t *topology) writable(table *shardmap.Table) error {
	if table == nil {
		return nil
	}
	if table.Replicated() && len(table.Shards()) > 1 {
		return refuseWrite(fmt.Sprintf("table %s is replicated: a write would have to reach all of its copies (%s)", table.Name(), t.listed(table.Shards())),
			"write to the place from which the copies are made")
	}
	if d, ok := table.Directory(); ok {
		return refuseWrite(fmt.Sprintf("the rows of table %s are placed by the directory in table %s, which is not asked for a write", table.Name(), d.Table),
			"write to the shard itself, or list the keys in the map")
	}
	return nil
}

func refuseWrite(text, hint string) error {
	return &Error{SQLState: "0A000", Text: text, Hint: hint, Pos: -1}
}

// listed lists shards for a message.
func (t *topology) listed(shards []int) string {
	const most = 5
	var out []string
	for i, s := range shards {
		if i == most {
			out = append(out, fmt.Sprintf("and %d more", len(shards)-most))
			break
		}
		out = append(out, t.Map.Shard(s).Name)
	}
	return strings.Join(out, ", ")
}

// change plans an UPDATE or DELETE.
func (p *writePlanner) change() (*write, error) {
	if err := p.keepsPlace(); err != nil {
		return nil, err
	}
	sets, err := p.sets()
	if err != nil {
		return nil, err
	}
	scan, conds, never, err := p.condition()
	if err != nil {
		return nil, err
	}
	at, err := p.where.Touches(scan, conds)
	if err != nil {
		return nil, err
	}
	p.countBounds(at.Key)
	out := &write{kind: p.bound.Kind}
	if never || at.Never {
		return out, nil
	}
	if len(at.Shards) != 1 {
		return nil, p.tooWide(at.Shards)
	}
	shard := at.Shards[0]
	if err := p.mayChange(shard, at.Key); err != nil {
		return nil, err
	}
	if err := p.tellsNothing(shard, conds); err != nil {
		return nil, err
	}
	one, err := p.part(shard)
	if err != nil {
		return nil, err
	}
	st, err := p.changeStatement(one.shard.Name, scan, sets, conds)
	if err != nil {
		return nil, err
	}
	one.stmts, one.kept = []plan.Statement{st}, p.foreign(shard)
	out.parts, out.args = []part{one}, p.bound.Args
	return out, nil
}

// keepsPlace refuses assignments that could put a row where no one looks for it.
func (p *writePlanner) keepsPlace() error {
	for _, s := range p.bound.Sets {
		why := ""
		if slices.Contains(p.table.Key(), s.Column) {
			why = "belongs to the sharding key"
		}
		for _, c := range p.table.Classes() {
			if why == "" && slices.Contains(c.Columns, s.Column) {
				why = "belongs to colocation class " + c.Name
			}
		}
		if why != "" {
			return &ast.Error{SQLState: "0A000", Pos: s.Pos, Hint: "delete the row and insert it anew",
				Text: fmt.Sprintf("column %q of table %s cannot be set: it %s, which decides where the row lives", s.Column, p.bound.Table, why)}
		}
	}
	return nil
}

// condition is the scan and the conditions of an UPDATE or DELETE once the rules have been over them; never tells that they are true for no row.
func (p *writePlanner) condition() (scan *plan.Scan, conds []plan.Expr, never bool, err error) {
	scan = &plan.Scan{Table: p.bound.Scan.Table, Alias: p.bound.Scan.Alias}
	for _, c := range p.bound.Scan.Cols {
		if !c.Pseudo {
			scan.Cols = append(scan.Cols, c)
		}
	}
	if len(p.bound.Where) == 0 {
		return scan, nil, false, nil
	}
	root := plan.Node(&plan.Filter{Input: scan, Conds: p.bound.Where})
	switch n := rules.Rewrite(root, rules.NewEnv(root, nil), nil).(type) {
	case *plan.Scan:
		return n, nil, false, nil
	case *plan.Values:
		return scan, nil, len(n.Rows) == 0, nil
	case *plan.Filter:
		if s, ok := n.Input.(*plan.Scan); ok {
			return s, n.Conds, false, nil
		}
	}
	return nil, nil, false, refuseWrite("the condition has a form that is not supported in a statement that writes", "")
}

// tooWide says what a condition lacks.
func (p *writePlanner) tooWide(shards []int) error {
	hint := "write row by row, each with its key"
	if key := p.table.Key(); len(key) > 0 {
		var terms []string
		for _, k := range key {
			terms = append(terms, k+" = …")
		}
		hint = "add " + strings.Join(terms, " AND ")
	}
	return refuseWrite(fmt.Sprintf("the condition does not fix one shard: it may touch %s", p.listed(shards)), hint)
}

// sets are the assignments of an UPDATE, computed as far as they can be.
func (p *writePlanner) sets() ([]sqlgen.Set, error) {
	var out []sqlgen.Set
	for _, s := range p.bound.Sets {
		set := sqlgen.Set{Column: s.Column, Type: s.Type}
		if s.Value != nil {
			var err error
			if set.Value, _, err = p.settled(s.Value); err != nil {
				return nil, err
			}
		}
		out = append(out, set)
	}
	return out, nil
}

func (p *writePlanner) changeStatement(shard string, scan *plan.Scan, sets []sqlgen.Set, conds []plan.Expr) (plan.Statement, error) {
	scan, conds, site, err := p.where.Counting(scan, conds, shard)
	if err != nil {
		return plan.Statement{}, err
	}
	if p.bound.Kind == ast.Delete {
		st, err := sqlgen.Delete(scan, plan.Conjunction(conds), site)
		return st, unwritable(shard, err)
	}
	st, err := sqlgen.Update(scan, sets, plan.Conjunction(conds), site)
	return st, unwritable(shard, err)
}

// part is a shard as it is written to.
func (p *writePlanner) part(index int) (part, error) {
	name := p.Map.Shard(index).Name
	s := p.byName[name]
	if s == nil {
		return part{}, fmt.Errorf("internal error: the map names an unknown shard %s", name)
	}
	return part{shard: s, index: index}, nil
}
