package ast

import (
	"fmt"
	"strconv"
	"strings"
)

// Dump writes a tree on one line, in prefix form, for tests and for debugging: not SQL, and not a format
// to rely on. Names are written bare, strings in single quotes, and clauses that are absent are left out.
//
//	(select (targets a (as (+ b 1) c)) (from t) (where (= a $1)))
func Dump(n Node) string {
	var d dumper
	d.node(n)
	return d.String()
}

type dumper struct{ strings.Builder }

// list writes (head item item …); a nil item is skipped, a nil interface within nodes is, too.
func (d *dumper) list(head string, items ...Node) {
	d.WriteByte('(')
	d.WriteString(head)
	for _, n := range items {
		if n != nil {
			d.WriteByte(' ')
			d.node(n)
		}
	}
	d.WriteByte(')')
}

// sub writes " (head item …)" unless there are no items.
func (d *dumper) sub(head string, items []Node) {
	if len(items) > 0 {
		d.WriteByte(' ')
		d.list(head, items...)
	}
}

func (d *dumper) word(format string, args ...any) { fmt.Fprintf(&d.Builder, " "+format, args...) }

func (d *dumper) wordIf(cond bool, word string) {
	if cond {
		d.WriteString(" " + word)
	}
}

func (d *dumper) names(head string, names []string) {
	if len(names) > 0 {
		d.word("(%s %s)", head, strings.Join(names, " "))
	}
}

func nodes[N Node](list []N) []Node {
	out := make([]Node, len(list))
	for i, n := range list {
		out[i] = n
	}
	return out
}

// one is the list of n, or no list when n is nil.
func one(n Expr) []Node {
	if n == nil {
		return nil
	}
	return []Node{n}
}

func (d *dumper) node(n Node) {
	switch n := n.(type) {
	case *Select:
		d.query(n)
	case TableExpr:
		d.table(n)
	case Expr:
		d.expr(n)
	default:
		d.clause(n)
	}
}

func (d *dumper) query(s *Select) {
	d.WriteString("(select")
	if s.With != nil {
		d.WriteByte(' ')
		d.node(s.With)
	}
	d.wordIf(s.Distinct, "distinct")
	d.sub("on", nodes(s.DistinctOn))
	d.sub("targets", nodes(s.Targets))
	d.sub("from", nodes(s.From))
	d.sub("where", one(s.Where))
	d.sub("group", nodes(s.GroupBy))
	d.sub("having", one(s.Having))
	d.sub("window", nodes(s.Windows))
	for _, row := range s.Values {
		d.WriteByte(' ')
		d.list("values", nodes(row)...)
	}
	if s.SetOp != nil {
		d.WriteByte(' ')
		d.node(s.SetOp)
	}
	d.sub("order", nodes(s.OrderBy))
	d.sub("limit", one(s.Limit))
	d.sub("offset", one(s.Offset))
	d.wordIf(s.WithTies, "with-ties")
	d.WriteByte(')')
}

func (d *dumper) clause(n Node) {
	switch n := n.(type) {
	case *With:
		head := "with"
		if n.Recursive {
			head = "with-recursive"
		}
		d.list(head, nodes(n.CTEs)...)
	case *CTE:
		d.WriteString("(" + n.Name)
		d.names("columns", n.Columns)
		d.WriteString([...]string{" ", " materialized ", " not-materialized "}[n.Materialize])
		d.node(n.Query)
		d.WriteByte(')')
	case *SetOp:
		head := strings.ToLower(n.Kind.String())
		if n.All {
			head += "-all"
		}
		d.list(head, n.Left, n.Right)
	case *Target:
		if n.Alias == "" {
			d.node(n.Expr)
			return
		}
		d.WriteString("(as ")
		d.node(n.Expr)
		d.WriteString(" " + n.Alias + ")")
	case *SortItem:
		d.sortItem(n)
	case *When:
		d.list("when", n.Cond, n.Result)
	case *WindowDef:
		d.window(n)
	case *ColumnDef:
		d.WriteString(n.Name + ":" + typeText(n.Type))
	case *TypeName:
		d.WriteString(typeText(n))
	default:
		fmt.Fprintf(&d.Builder, "%T", n)
	}
}

func (d *dumper) sortItem(n *SortItem) {
	if !n.Desc && n.Nulls == NullsDefault {
		d.node(n.Expr)
		return
	}
	if n.Desc {
		d.WriteString("(desc ")
	} else {
		d.WriteString("(asc ")
	}
	d.node(n.Expr)
	d.WriteString([...]string{"", " nulls-first", " nulls-last"}[n.Nulls] + ")")
}

func (d *dumper) window(n *WindowDef) {
	d.WriteString("(window")
	d.wordIf(n.Name != "", n.Name)
	d.wordIf(n.Ref != "", "ref:"+n.Ref)
	d.sub("partition", nodes(n.PartitionBy))
	d.sub("order", nodes(n.OrderBy))
	if f := n.Frame; f != nil {
		d.word("(%s %s", [...]string{"?", "range", "rows", "groups"}[f.Mode], boundText(f.Start))
		d.sub("offset", one(f.StartOffset))
		d.word("%s", boundText(f.End))
		d.sub("offset", one(f.EndOffset))
		d.wordIf(f.Exclude != ExcludeNone, "exclude-"+[...]string{"none", "current-row", "group", "ties"}[f.Exclude])
		d.WriteByte(')')
	}
	d.WriteByte(')')
}

func boundText(k BoundKind) string {
	return [...]string{"?", "unbounded-preceding", "preceding", "current-row", "following", "unbounded-following"}[k]
}

func (d *dumper) table(n TableExpr) {
	switch n := n.(type) {
	case *TableName:
		name := qualified(n.Schema, n.Name)
		if n.Alias == "" {
			d.WriteString(name)
			return
		}
		d.WriteString("(table " + name)
		d.alias(n.Alias, n.ColumnAliases)
	case *SubqueryTable:
		d.WriteString("(subquery")
		d.wordIf(n.Lateral, "lateral")
		d.WriteByte(' ')
		d.node(n.Query)
		d.alias(n.Alias, n.ColumnAliases)
	case *FuncTable:
		d.WriteString("(functions")
		d.wordIf(n.Lateral, "lateral")
		d.wordIf(n.RowsFrom, "rows-from")
		for _, f := range n.Funcs {
			d.WriteByte(' ')
			d.node(f)
		}
		d.wordIf(n.WithOrdinality, "ordinality")
		d.sub("defs", nodes(n.Columns))
		d.alias(n.Alias, n.ColumnAliases)
	case *JoinTable:
		d.join(n)
	}
}

func (d *dumper) join(n *JoinTable) {
	d.WriteString("(join-" + strings.ToLower(n.Kind.String()) + " ")
	d.node(n.Left)
	d.WriteByte(' ')
	d.node(n.Right)
	d.wordIf(n.Natural, "natural")
	d.names("using", n.Using)
	d.wordIf(n.UsingAlias != "", "using-as:"+n.UsingAlias)
	d.sub("on", one(n.On))
	d.alias(n.Alias, n.ColumnAliases)
}

// alias writes " alias (columns …))": it closes the table's parenthesis.
func (d *dumper) alias(alias string, columns []string) {
	d.wordIf(alias != "", alias)
	d.names("columns", columns)
	d.WriteByte(')')
}

func qualified(schema, name string) string {
	if schema == "" {
		return name
	}
	return schema + "." + name
}

func typeText(t *TypeName) string {
	s := qualified(t.Schema, t.Name)
	if t.Fields != "" {
		s += "[" + t.Fields + "]"
	}
	if len(t.Mods) > 0 {
		mods := make([]string, len(t.Mods))
		for i, m := range t.Mods {
			mods[i] = strconv.Itoa(m)
		}
		s += "(" + strings.Join(mods, ",") + ")"
	}
	if t.Array {
		s += "[]"
	}
	return s
}
