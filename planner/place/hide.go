package place

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/sqlgen"
	"github.com/atoll-sql/atoll/shardmap"
)

// While keys move from one shard to another, some of their rows are on both. The map says which of the two has them; a statement for the other one leaves
// them out where it reads the table, so that every row counts once whatever of it was copied or taken away so far.

// hiding is a tree as one shard may read it, and what tells it from the same tree for another shard, "" if there is nothing to tell.
func (e Env) hiding(root plan.Node, shard int, site *sqlgen.Site) (plan.Node, string, error) {
	if e.WithMoving || len(e.Map.Moves()) == 0 {
		return root, "", nil
	}
	var ids []string
	plan.VisitAll(root, func(n plan.Node) {
		if s, ok := n.(*plan.Scan); ok {
			for _, m := range e.Map.Hidden(s.Table, shard) {
				ids = append(ids, s.Table+" "+m.ID)
			}
		}
	})
	if len(ids) == 0 {
		return root, "", nil
	}
	h := &hider{env: e, shard: shard, next: plan.LastColumn(root), native: site.Native, keys: map[string]string{}}
	out := h.node(root)
	site.Native = h.nativeOf
	return out, strings.Join(ids, "\x00"), h.err
}

// hider puts conditions over the scans of a statement.
type hider struct {
	env    Env
	shard  int
	next   int // last column ID in use
	native func(table, column string) string
	keys   map[string]string // tables of keys: the tables whose keys they list
	err    error
}

// nativeOf knows the columns of tables of keys, which the catalog does not: they are of the types of the keys.
func (h *hider) nativeOf(table, column string) string {
	of, ok := h.keys[table]
	if !ok {
		return h.native(table, column)
	}
	n, err := strconv.Atoi(strings.TrimPrefix(column, "k"))
	t, _ := h.env.Map.Table(of)
	if err != nil || n < 1 || n > len(t.Key()) {
		return ""
	}
	return h.native(of, t.Key()[n-1])
}

func (h *hider) node(root plan.Node) plan.Node {
	return plan.Transform(root, func(n plan.Node) plan.Node {
		if s, ok := n.(*plan.Scan); ok {
			return h.scan(s)
		}
		return plan.MapOwn(n, func(x plan.Expr) plan.Expr {
			if !plan.HasSubquery(x) {
				return x
			}
			return plan.Map(x, func(x plan.Expr) plan.Expr {
				q, ok := x.(*plan.Subquery)
				if !ok {
					return x
				}
				c := *q
				c.Root = h.node(q.Root)
				return &c
			})
		})
	})
}

// scan reads a table without the rows that do not count on the shard.
func (h *hider) scan(s *plan.Scan) plan.Node {
	moves := h.env.Map.Hidden(s.Table, h.shard)
	if len(moves) == 0 {
		return s
	}
	t, _ := h.env.Map.Table(s.Table)
	wide := &plan.Scan{Table: s.Table, Alias: s.Alias, Cols: append([]plan.ScanCol(nil), s.Cols...)}
	key := make([]plan.Column, len(t.Key()))
	for i, name := range t.Key() {
		key[i] = h.keyColumn(wide, name)
	}
	f := &plan.Filter{Input: wide}
	for _, m := range moves {
		f.Conds = append(f.Conds, h.elsewhere(m, t, key))
	}
	out := &plan.Project{Input: f}
	for _, c := range s.Cols {
		out.Items = append(out.Items, plan.Assign{Col: c.Column, Expr: &plan.Col{Column: c.Column}})
	}
	return out
}

// keyColumn is a column of a scan, which is given it if it did not read it so far.
func (h *hider) keyColumn(s *plan.Scan, name string) plan.Column {
	for _, c := range s.Cols {
		if c.Source == name && !c.Pseudo {
			return c.Column
		}
	}
	var known *catalog.Column
	if t := h.env.Catalog.Table(s.Table); t != nil {
		known = t.Column(name)
	}
	if known == nil || known.Problem != "" {
		h.fail("keys of table %q are moving, and the column %q of its key cannot be read", s.Table, name)
		return plan.Column{Name: name, Type: plan.T(plan.Text)}
	}
	h.next++
	c := plan.Column{ID: h.next, Name: name, Type: known.Type}
	s.Cols = append(s.Cols, plan.ScanCol{Column: c, Source: name})
	return c
}

func (h *hider) fail(format string, args ...any) {
	if h.err == nil {
		h.err = fmt.Errorf(format, args...)
	}
}

// elsewhere is true of the rows whose key is none of a move's, and of those without a key.
func (h *hider) elsewhere(m *shardmap.Move, t *shardmap.Table, key []plan.Column) plan.Expr {
	if len(m.Keys.Buckets) > 0 {
		return h.unlisted(m, t, key)
	}
	col := &plan.Col{Column: key[0]}
	if kind, ok := shardmap.KindOf(key[0].Type.String()); !ok || kind != t.Scheme().KeyKinds[0] {
		h.fail("keys of table %q are moving, and its column %q is of another type than the shard map's keys", t.Name(), key[0].Name)
	}
	value := func(v shardmap.Value) plan.Expr { return &plan.Const{Text: v.String(), T: key[0].Type} }
	compare := func(op string, v shardmap.Value) plan.Expr {
		return &plan.Call{Fn: op, Args: []plan.Expr{col, value(v)}, T: plan.T(plan.Bool)}
	}
	out := &plan.Or{Args: []plan.Expr{&plan.IsNull{X: col}}}
	if values := m.Values(); len(values) > 0 {
		in := &plan.In{X: col, Not: true}
		for _, v := range values {
			in.List = append(in.List, value(v))
		}
		out.Args = append(out.Args, in)
		return out
	}
	low, high, _ := m.Interval()
	if low.Kind() != shardmap.NoValue {
		out.Args = append(out.Args, compare("<", low))
	}
	if high.Kind() != shardmap.NoValue {
		out.Args = append(out.Args, compare(">=", high))
	}
	return out
}

// unlisted is true of the rows whose key the shard's table of moved keys does not list.
func (h *hider) unlisted(m *shardmap.Move, t *shardmap.Table, key []plan.Column) plan.Expr {
	table := shardmap.KeyTable(m.ID)
	h.keys[table] = t.Name()
	listed := &plan.Scan{Table: table}
	same := &plan.Filter{Input: listed}
	for i, c := range key {
		h.next++
		k := plan.Column{ID: h.next, Name: "k" + strconv.Itoa(i+1), Type: c.Type}
		listed.Cols = append(listed.Cols, plan.ScanCol{Column: k, Source: k.Name})
		same.Conds = append(same.Conds, &plan.Call{Fn: "=", Args: []plan.Expr{&plan.Col{Column: k}, &plan.Col{Column: c}}, T: plan.T(plan.Bool)})
	}
	return &plan.Not{X: &plan.Subquery{Kind: plan.ExistsSubquery, Root: same, Output: same.Columns(), T: plan.T(plan.Bool)}}
}
