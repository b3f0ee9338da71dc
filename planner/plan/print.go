package plan

import (
	"fmt"
	"strings"
)

// Format prints an expression in a form close to SQL. Equal texts mean equal expressions: columns are printed
// with their IDs, constants and calls with their types where those matter.
func Format(e Expr) string {
	var b strings.Builder
	format(&b, e)
	return b.String()
}

func format(b *strings.Builder, e Expr) {
	switch e := e.(type) {
	case nil:
		b.WriteString("<nil>")
	case *Col:
		fmt.Fprintf(b, "%s#%d", e.Column.Name, e.Column.ID)
	case *Const:
		if e.Null {
			b.WriteString("NULL")
		} else {
			b.WriteString("'" + strings.ReplaceAll(e.Text, "'", "''") + "'")
		}
		b.WriteString("::" + e.T.String())
	case *Param:
		fmt.Fprintf(b, "$%d::%s", e.N, e.T)
	case *Call:
		b.WriteString(e.Fn)
		formatList(b, e.Args, ", ")
	case *Cast:
		b.WriteString("cast(")
		format(b, e.X)
		b.WriteString(" as " + e.To.String())
		if e.Mod != nil {
			fmt.Fprintf(b, "%v", e.Mod)
		}
		b.WriteString(")")
	case *And:
		formatList(b, e.Args, " AND ")
	case *Or:
		formatList(b, e.Args, " OR ")
	case *Not:
		b.WriteString("NOT ")
		format(b, e.X)
	case *IsNull:
		formatOperand(b, e.X)
		b.WriteString(not(" IS ", e.Not) + "NULL")
	case *IsBool:
		formatOperand(b, e.X)
		b.WriteString(not(" IS ", e.Not) + strings.ToUpper(fmt.Sprint(e.Value)))
	case *In:
		formatOperand(b, e.X)
		b.WriteString(not(" ", e.Not) + "IN ")
		formatList(b, e.List, ", ")
	case *Case:
		b.WriteString("CASE")
		for _, w := range e.Whens {
			b.WriteString(" WHEN ")
			format(b, w.Cond)
			b.WriteString(" THEN ")
			format(b, w.Then)
		}
		if e.Else != nil {
			b.WriteString(" ELSE ")
			format(b, e.Else)
		}
		b.WriteString(" END")
	case *Subquery:
		b.WriteString(e.Kind.String())
		if len(e.X) > 0 {
			formatList(b, e.X, ", ")
			b.WriteString(e.Op)
		}
		b.WriteString("(" + strings.ReplaceAll(strings.TrimSpace(Tree(e.Root)), "\n", "; ") + ")")
	default:
		fmt.Fprintf(b, "%T", e)
	}
}

// formatOperand tells (NOT x) IS NULL, whose operand it prints, from NOT (x IS NULL).
func formatOperand(b *strings.Builder, e Expr) {
	if _, ok := e.(*Not); ok {
		formatList(b, []Expr{e}, "")
		return
	}
	format(b, e)
}

func not(prefix string, neg bool) string {
	if neg {
		return prefix + "NOT "
	}
	return prefix
}

func formatList(b *strings.Builder, list []Expr, sep string) {
	b.WriteByte('(')
	for i, x := range list {
		if i > 0 {
			b.WriteString(sep)
		}
		format(b, x)
	}
	b.WriteByte(')')
}

// FormatAgg prints an aggregate as Format prints expressions.
func FormatAgg(a Agg) string {
	var b strings.Builder
	b.WriteString(a.Fn)
	switch {
	case a.Star:
		b.WriteString("(*)")
	case a.Distinct:
		b.WriteString("(DISTINCT")
		formatList(&b, a.Args, ", ")
		b.WriteByte(')')
	default:
		formatList(&b, a.Args, ", ")
	}
	b.WriteString(formatOrder(a.Order))
	b.WriteString(a.Sketch.String())
	if a.Filter != nil {
		b.WriteString(" FILTER ")
		format(&b, a.Filter)
	}
	return b.String()
}

// Tree prints a plan, one operator a line, inputs indented below it.
func Tree(n Node) string {
	var b strings.Builder
	tree(&b, n, 0)
	return b.String()
}

func tree(b *strings.Builder, n Node, depth int) {
	b.WriteString(strings.Repeat("  ", depth))
	b.WriteString(Describe(n))
	b.WriteByte('\n')
	for _, x := range n.Inputs() {
		tree(b, x, depth+1)
	}
}

// Head says in a line what a step, the nth, is for and which parameters it gives.
func (s *Step) Head(n int) string {
	params := append([]int{}, s.Params...)
	if !s.Value {
		params = append(params, s.Rows)
	}
	return fmt.Sprintf("step %d, before the rest: %s, as %s", n, s.Why, join(params, func(p int) string { return fmt.Sprintf("$%d", p) }, ", "))
}

// Describe prints one operator without its inputs.
func Describe(n Node) string {
	switch n := n.(type) {
	case *Scan:
		return "scan " + n.Table + " [" + columnNames(n.Columns()) + "]"
	case *OneRow:
		return "one row"
	case *Filter:
		return "filter " + join(n.Conds, Format, " AND ")
	case *Project:
		return "project " + join(n.Items, formatAssign, ", ")
	case *Join:
		if n.Lateral {
			return n.Kind.String() + " lateral join"
		}
		return n.Kind.String() + " join on " + join(n.On, Format, " AND ")
	case *Aggregate:
		s := "aggregate by [" + join(n.Groups, formatAssign, ", ") + "]" + formatSets(n.Sets)
		if len(n.Aggs) > 0 {
			s += " computing " + join(n.Aggs, func(a AggAssign) string {
				return fmt.Sprintf("%s#%d=%s", a.Col.Name, a.Col.ID, FormatAgg(a.Agg))
			}, ", ")
		}
		return s
	case *Sort:
		return "sort by " + join(n.Keys, FormatKey, ", ")
	case *Limit:
		return fmt.Sprintf("limit %d offset %d", n.Count, n.Offset)
	case *Window:
		return "window " + join(n.Fns, formatWindow, ", ")
	case *SetOp:
		return strings.ToLower(n.Kind.String()) + " giving [" + columnNames(n.Cols) + "]"
	case *Values:
		return fmt.Sprintf("values of %d rows [%s]", len(n.Rows), columnNames(n.Cols))
	case *Series:
		name := n.Fn
		if name == "" {
			name = "series"
		}
		return name + " " + join(n.Args, Format, ", ") + " [" + columnNames(n.Cols) + "]"
	case *Recursion:
		kind := "all"
		if n.Distinct {
			kind = "distinct"
		}
		return fmt.Sprintf("recursion %d of %s rows giving [%s]", n.Work, kind, columnNames(n.Cols))
	case *WorkTable:
		return fmt.Sprintf("work table %d [%s]", n.Work, columnNames(n.Cols))
	case *Shipped:
		return "shipped rows [" + columnNames(n.Cols) + "]"
	case *Gather:
		s := fmt.Sprintf("gather fragment %d", n.Fragment.ID)
		if len(n.Keys) > 0 {
			s += " merging by " + join(n.Keys, FormatKey, ", ")
		}
		return s
	case *MergeAggregate:
		return "merge aggregate by [" + columnNames(n.Keys) + "]" + formatSets(n.Sets) + " computing " + join(n.Aggs, formatMerge, ", ")
	case *Narrow:
		return describeNarrow(n)
	case *Residual:
		return "residual " + n.Statement.SQL
	case *Input:
		return fmt.Sprintf("input %d [%s]", n.N, columnNames(n.Cols))
	}
	return fmt.Sprintf("%T", n)
}

func formatSets(sets [][]int) string {
	if sets == nil {
		return ""
	}
	return " in sets " + strings.ReplaceAll(fmt.Sprint(sets), " ", ",")
}

// FormatKey prints a sort key.
func FormatKey(k SortKey) string {
	s := fmt.Sprintf("%s#%d", k.Col.Name, k.Col.ID)
	if k.Desc {
		s += " DESC"
	}
	if k.NullsFirst {
		return s + " NULLS FIRST"
	}
	return s + " NULLS LAST"
}

func formatAssign(a Assign) string {
	if c, ok := a.Expr.(*Col); ok && c.Column.ID == a.Col.ID {
		return fmt.Sprintf("%s#%d", a.Col.Name, a.Col.ID)
	}
	return fmt.Sprintf("%s#%d=%s", a.Col.Name, a.Col.ID, Format(a.Expr))
}

func columnNames(cols []Column) string {
	return join(cols, func(c Column) string { return fmt.Sprintf("%s#%d", c.Name, c.ID) }, ", ")
}

func join[T any](list []T, f func(T) string, sep string) string {
	parts := make([]string, len(list))
	for i, x := range list {
		parts[i] = f(x)
	}
	return strings.Join(parts, sep)
}
