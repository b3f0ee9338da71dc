package sqlgen

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// block is one SELECT under construction. Operators are folded into it as long as SQL's own order of
// evaluation allows; otherwise it becomes a derived table of the next.
type block struct {
	from    string
	simple  bool  // from is one table or join without any clause yet
	joined  bool  // from is a join
	fixed   bool  // some column is a constant, which an outer join would not turn into NULL
	alien   []int // the columns that are written without any column of from: of constants, or of the queries around
	cols    map[int]string
	where   []string
	group   []string
	grouped bool
	having  []string
	// aggregates are the columns in which an aggregate is calculated.
	aggregates []int
	constants  bool // it was to be grouped by constants, which are not among group
	order      []string
	cut        bool // LIMIT or OFFSET bounds the rows
	count      int64
	offset     int64
	once       bool // its columns are costly: they are to be computed here, and nowhere again
}

func (g *gen) node(n plan.Node) *block {
	switch n := n.(type) {
	case *plan.Scan:
		return g.scan(n)
	case *plan.OneRow:
		return &block{simple: true, cols: map[int]string{}}
	case *plan.Window:
		return g.window(n)
	case *plan.SetOp:
		return g.setOp(n)
	case *plan.Values:
		return g.values(n)
	case *plan.Input:
		return g.input(n)
	case *plan.Shipped:
		return g.shipped(n)
	case *plan.Series:
		return g.series(n)
	case *plan.Recursion:
		return g.recursion(n)
	case *plan.WorkTable:
		return g.workTable(n)
	case *plan.Filter:
		return g.filter(g.node(n.Input), n)
	case *plan.Project:
		return g.project(g.node(n.Input), n)
	case *plan.Join:
		return g.join(n)
	case *plan.Aggregate:
		return g.group(g.node(n.Input), n)
	case *plan.Sort:
		return g.sort(g.node(n.Input), n)
	case *plan.Limit:
		return g.limit(g.node(n.Input), n)
	}
	g.unsupported("operator %T", n)
	return &block{cols: map[int]string{}}
}

func (g *gen) scan(n *plan.Scan) *block {
	table := g.d.ident(n.Table)
	if g.site.Schema != "" {
		table = g.d.ident(g.site.Schema) + "." + table
	}
	alias := n.Alias
	if alias == "" {
		alias = n.Table
	}
	alias = g.d.ident(g.uniqueAlias(alias))
	b := &block{from: table + " AS " + alias, simple: true, cols: map[int]string{}}
	for _, c := range n.Cols {
		native := ""
		if g.site.Native != nil && !c.Pseudo {
			native = g.site.Native(n.Table, c.Source)
		}
		b.cols[c.Column.ID] = g.d.column(g, alias+"."+g.d.ident(c.Source), c.Column.Type, native)
		if c.Pseudo {
			v := g.site.Shard
			if c.Source == plan.PseudoRegion {
				v = g.site.Region
			}
			b.fixed, b.alien = true, append(b.alien, c.Column.ID)
			b.cols[c.Column.ID] = g.d.constant(g, &plan.Const{Text: v, T: plan.T(plan.Text)})
		}
	}
	return b
}

// uniqueAlias keeps table aliases apart, whatever their case: the query's scopes may reuse a name that one
// flat FROM may not.
func (g *gen) uniqueAlias(name string) string {
	if g.aliases == nil {
		g.aliases = map[string]bool{}
	}
	alias := name
	for n := 2; g.aliases[strings.ToLower(alias)]; n++ {
		alias = plan.Suffixed(name, "_"+strconv.Itoa(n))
	}
	g.aliases[strings.ToLower(alias)] = true
	return alias
}

func (g *gen) derived(from string, cols []plan.Column) *block {
	alias := g.d.ident(g.uniqueAlias("t"))
	b := &block{from: from + " AS " + alias, simple: true, cols: map[int]string{}}
	for i, name := range plan.Aliases(cols) {
		b.cols[cols[i].ID] = alias + "." + g.d.ident(name)
	}
	return b
}

// wrap turns a block into a derived table that offers cols.
func (g *gen) wrap(b *block, cols []plan.Column) *block {
	return g.derived("("+g.selectSQL(b, cols, false)+")", cols)
}

func (g *gen) within(b *block, f func()) {
	before := g.cols
	g.cols = b.cols
	f()
	g.cols = before
}

func (g *gen) filter(b *block, n *plan.Filter) *block {
	if b.cut || b.grouped && !g.d.mixesLevels() && hasSubquery(n) {
		b = g.wrap(b, n.Columns())
	}
	b.simple = false
	g.within(b, func() {
		for _, c := range n.Conds {
			g.filtering = true
			s := g.conditionOperand(c)
			g.filtering = false
			if b.grouped {
				b.having = append(b.having, s)
			} else {
				b.where = append(b.where, s)
			}
		}
	})
	return b
}

// maxInline bounds the text of an expression that later operators may repeat.
const maxInline = 400

func (g *gen) project(b *block, n *plan.Project) *block {
	fence := b.cut && b.count == math.MaxInt64 && !passesOn(n.Items) // below it nothing may be computed
	if fence || b.grouped && !g.d.mixesLevels() && hasSubquery(n) {
		b = g.wrap(b, n.Input.Columns())
	}
	next := map[int]string{}
	big := false
	var alien []int
	g.within(b, func() {
		for _, it := range n.Items {
			if !b.offers(plan.Reads(&plan.Project{Items: []plan.Assign{it}})) {
				alien = append(alien, it.Col.ID)
			}
			s := g.expr(it.Expr)
			if !isWord(s) {
				big = big || len(s) > maxInline || g.d.heavy(s)
			}
			big = big || plan.HasSubquery(it.Expr)
			next[it.Col.ID] = s
		}
	})
	nb := *b
	nb.cols, nb.alien, nb.simple, nb.aggregates = next, alien, b.simple && passesOn(n.Items), reading(n.Items, b.aggregates)
	nb.once = b.once || hashes(n.Items) && g.d.fence() != ""
	if big {
		return g.wrap(&nb, n.Columns())
	}
	return &nb
}

// hashes reports that a value is hashed: a group of registers and the least of its hashes would each do so.
func hashes(items []plan.Assign) bool {
	return slices.ContainsFunc(items, func(it plan.Assign) bool {
		c, ok := it.Expr.(*plan.Call)
		return ok && hashFeatures[c.Fn] != ""
	})
}

// reading returns the columns of items that are calculated from any of the columns given.
func reading(items []plan.Assign, from []int) []int {
	var out []int
	for _, it := range items {
		found := false
		plan.Walk(it.Expr, func(e plan.Expr) bool {
			c, ok := e.(*plan.Col)
			found = found || ok && slices.Contains(from, c.Column.ID)
			return !found
		})
		if found {
			out = append(out, it.Col.ID)
		}
	}
	return out
}

// passesOn reports that items only choose columns.
func passesOn(items []plan.Assign) bool {
	for _, it := range items {
		if _, ok := it.Expr.(*plan.Col); !ok {
			return false
		}
	}
	return true
}

func (g *gen) join(n *plan.Join) *block {
	if n.Lateral {
		return g.lateral(n)
	}
	l, r := g.node(n.Left), g.node(n.Right)
	if l.fixed && (n.Kind == plan.Right || n.Kind == plan.Full) {
		l = g.wrap(l, n.Left.Columns())
	}
	if r.fixed && (n.Kind == plan.Left || n.Kind == plan.Full) {
		r = g.wrap(r, n.Right.Columns())
	}
	if n.Kind == plan.Inner && r.simple && l.plain() || l.simple && r.simple {
		return g.joinBlocks(n, l, r)
	}
	if !(l.simple || n.Kind == plan.Inner && l.plain()) {
		l = g.wrap(l, n.Left.Columns())
	}
	if !r.simple {
		r = g.wrap(r, n.Right.Columns())
	}
	return g.joinBlocks(n, l, r)
}

// plain reports that b has at most WHERE conditions, which an inner join may carry along.
func (b *block) plain() bool { return !b.grouped && !b.cut && len(b.order) == 0 && b.from != "" }

func (g *gen) joinBlocks(n *plan.Join, l, r *block) *block {
	out := &block{cols: map[int]string{}, simple: l.simple, joined: true, fixed: l.fixed || r.fixed, alien: slices.Concat(l.alien, r.alien), where: l.where}
	for id, s := range l.cols {
		out.cols[id] = s
	}
	for id, s := range r.cols {
		out.cols[id] = s
	}
	right := r.from
	if r.joined {
		right = "(" + right + ")"
	}
	g.within(out, func() {
		switch {
		case n.Kind == plan.Inner && len(n.On) == 0:
			out.from = l.from + " CROSS JOIN " + right
		default:
			word := strings.ToUpper(n.Kind.String())
			if n.Kind == plan.Inner {
				word = ""
			} else {
				word += " "
			}
			out.from = l.from + " " + word + "JOIN " + right + " ON " + g.conjunction(n.On)
		}
	})
	return out
}

func (g *gen) group(b *block, n *plan.Aggregate) *block {
	if b.grouped || b.cut || b.once || len(b.order) > 0 {
		b = g.wrap(b, n.Input.Columns())
	}
	b = g.ownColumns(b, n)
	nb := &block{from: b.from, where: b.where, grouped: true, cols: map[int]string{}}
	g.inGroup = true
	g.within(b, func() {
		for _, a := range n.Groups {
			s, keys := g.d.groupKey(g, a.Expr)
			nb.constants = nb.constants || len(keys) == 0
			nb.group = append(nb.group, keys...)
			nb.cols[a.Col.ID] = s
		}
		for _, a := range n.Aggs {
			nb.cols[a.Col.ID] = g.aggregate(a.Agg)
			nb.aggregates = append(nb.aggregates, a.Col.ID)
		}
	})
	g.inGroup = false
	return nb
}

func (g *gen) sort(b *block, n *plan.Sort) *block {
	if b.cut {
		b = g.wrap(b, n.Columns())
	}
	b.simple, b.order = false, nil
	seen := map[string]bool{}
	for _, k := range n.Keys {
		if sql := b.cols[k.Col.ID]; !seen[sql] {
			seen[sql] = true
			b.order = append(b.order, g.d.sortKey(g, sql, k)...)
		}
	}
	return b
}

func (g *gen) limit(b *block, n *plan.Limit) *block {
	if b.cut {
		b = g.wrap(b, n.Columns())
	}
	b.simple = false
	b.cut, b.count, b.offset = n.Count >= 0 || n.Offset > 0, n.Count, n.Offset
	return b
}

// selectSQL writes the block's SELECT over cols.
func (g *gen) selectSQL(b *block, cols []plan.Column, top bool) string {
	var s strings.Builder
	head, tail, order := "", "", b.order
	if b.cut {
		head, tail = g.d.limited(g, b.count, b.offset, len(order) > 0)
	} else if !top && !g.d.keepsOrder() {
		order = nil
	}
	s.WriteString("SELECT " + head)
	for i, name := range plan.Aliases(cols) {
		if i > 0 {
			s.WriteString(", ")
		}
		sql, ok := b.cols[cols[i].ID]
		if !ok {
			sql = g.column(cols[i])
		}
		if top {
			sql = g.d.output(g, sql, cols[i].Type)
		}
		s.WriteString(sql)
		if alias := g.d.ident(name); !bears(sql, alias) {
			s.WriteString(" AS " + alias)
		}
	}
	if len(cols) == 0 {
		s.WriteString("1 AS " + g.d.ident("one"))
	}
	if b.from != "" {
		s.WriteString(" FROM " + b.from)
	}
	clause(&s, " WHERE ", b.where, " AND ")
	clause(&s, " GROUP BY ", b.group, ", ")
	clause(&s, " HAVING ", g.having(b, cols), " AND ")
	clause(&s, " ORDER BY ", order, ", ")
	if b.once && !b.cut {
		tail = g.d.fence()
	}
	s.WriteString(tail)
	return s.String()
}

// bears reports that sql is a column whose name is the alias already.
func bears(sql, alias string) bool {
	table, ok := strings.CutSuffix(sql, "."+alias)
	if !ok || !isWord(sql) {
		return false
	}
	if !strings.HasPrefix(alias, "[") {
		return true
	}
	// Within brackets anything may look like the end of a name: what stands before must be one name.
	name, open := strings.CutPrefix(table, "[")
	name, closed := strings.CutSuffix(name, "]")
	return open && closed && !strings.Contains(strings.ReplaceAll(name, "]]", ""), "]")
}

// having returns the conditions on groups. The one group of an aggregate without GROUP BY must show where no aggregate
// is selected: the statement would return every row. One group of constants is none if there are no rows.
func (g *gen) having(b *block, cols []plan.Column) []string {
	switch {
	case !b.grouped || len(b.group) > 0:
		return b.having
	case b.constants:
		return append([]string{g.d.countRows() + " > 0"}, b.having...)
	case len(b.having) > 0:
		return b.having
	}
	for _, c := range cols {
		if slices.Contains(b.aggregates, c.ID) {
			return nil
		}
	}
	return []string{g.d.countRows() + " >= 0"}
}

func clause(s *strings.Builder, word string, parts []string, sep string) {
	if len(parts) > 0 {
		s.WriteString(word + strings.Join(parts, sep))
	}
}
