package querygen

import (
	"fmt"
	"strings"
)

// Item is one output column.
type Item struct {
	Expr  *Expr
	Alias string // "" for none
}

// Source is one element of FROM, and how it is joined to those before it: a table or a query of WITH, a derived table, or
// what an expression writes (VALUES, unnest, generate_series).
type Source struct {
	Join    string // "", "join", "left join", …, "cross join"
	Lateral bool
	Table   string
	Derived *Query
	Call    *Expr
	Alias   string
	Cols    []string // names of its columns
	On      []*Expr  // conjuncts of the join condition
	Using   string   // a column, instead of On
}

// CTE is a query of WITH.
type CTE struct {
	Name, Word string // Word is "", "materialized " or "not materialized "
	Query      *Query
}

// SetOp joins the rows of two queries.
type SetOp struct {
	Op          string // "union", "except all", …
	Left, Right *Query
}

// Query is one SELECT, or a set operation with nothing but an order and a limit of its own.
type Query struct {
	With     []CTE
	Set      *SetOp
	Distinct bool
	First    []*Expr // DISTINCT ON
	Items    []Item  // of a set operation: those of its left
	From     []Source
	Where    []*Expr // conjuncts
	Group    []*Expr
	Sets     string // "" or how Group is written: "rollup", "cube", "grouping sets", "mixed"
	Having   *Expr
	// By orders by expressions. They are total, or only rows that are equal in all of them are cut off together (Ties).
	By []*Expr
	// Total orders by every output column, with these words after each; nil for no order.
	Total  []string
	Limit  int // -1 for none
	Offset int // 0 for none
	Ties   bool
}

// SQL writes the statement and its parameters.
func (q *Query) SQL() (string, []any) {
	var b strings.Builder
	var params []any
	q.write(&b, &params)
	return b.String(), params
}

// Loose reports that output columns hold floating-point values whose last digits are not determined.
func (q *Query) Loose() bool {
	for _, s := range q.From {
		if s.Derived != nil && s.Derived.Loose() {
			return true
		}
	}
	for _, c := range q.With {
		if c.Query.Loose() {
			return true
		}
	}
	for _, it := range q.Items {
		if it.Expr.loose() {
			return true
		}
	}
	return false
}

// Ordered reports that the rows come in one order.
func (q *Query) Ordered() bool { return q.Total != nil }

func (q *Query) write(b *strings.Builder, params *[]any) {
	for i, c := range q.With {
		b.WriteString([]string{"with ", ", "}[min(i, 1)] + c.Name + " as " + c.Word + "(")
		c.Query.write(b, params)
		b.WriteString(")")
	}
	if len(q.With) > 0 {
		b.WriteString(" ")
	}
	if q.Set != nil {
		b.WriteString("(")
		q.Set.Left.write(b, params)
		b.WriteString(") " + q.Set.Op + " (")
		q.Set.Right.write(b, params)
		b.WriteString(")")
	} else {
		q.writeSelect(b, params)
	}
	q.writeOrder(b, params)
}

func (q *Query) writeSelect(b *strings.Builder, params *[]any) {
	b.WriteString("select ")
	if q.Distinct {
		b.WriteString("distinct ")
	}
	if len(q.First) > 0 {
		b.WriteString("distinct on (")
		list(b, params, "", q.First)
		b.WriteString(") ")
	}
	for i, it := range q.Items {
		comma(b, i)
		it.Expr.write(b, params)
		if it.Alias != "" {
			b.WriteString(" as " + it.Alias)
		}
	}
	for i, s := range q.From {
		if i == 0 {
			b.WriteString(" from ")
		}
		s.write(b, params)
	}
	conjuncts(b, params, " where ", q.Where)
	q.writeGroup(b, params)
	if q.Having != nil {
		conjuncts(b, params, " having ", []*Expr{q.Having})
	}
}

func (q *Query) writeGroup(b *strings.Builder, params *[]any) {
	if len(q.Group) == 0 {
		return
	}
	b.WriteString(" group by ")
	switch q.Sets {
	case "rollup", "cube":
		b.WriteString(q.Sets + " (")
		list(b, params, "", q.Group)
		b.WriteString(")")
	case "grouping sets":
		b.WriteString("grouping sets ((")
		list(b, params, "", q.Group)
		b.WriteString("), (), (")
		q.Group[0].write(b, params)
		b.WriteString("))")
	case "mixed":
		q.Group[0].write(b, params)
		b.WriteString(", rollup (")
		list(b, params, "", q.Group[len(q.Group)-1:])
		b.WriteString(")")
	default:
		list(b, params, "", q.Group)
	}
}

func (q *Query) writeOrder(b *strings.Builder, params *[]any) {
	list(b, params, " order by ", q.By)
	if q.Total != nil {
		b.WriteString(" order by ")
		for i := range q.Items {
			comma(b, i)
			fmt.Fprintf(b, "%d%s", i+1, q.Total[i%len(q.Total)])
		}
	}
	if q.Offset > 0 {
		fmt.Fprintf(b, " offset %d", q.Offset)
	}
	switch {
	case q.Limit >= 0 && q.Ties:
		fmt.Fprintf(b, " fetch first %d rows with ties", q.Limit)
	case q.Limit >= 0:
		fmt.Fprintf(b, " limit %d", q.Limit)
	}
}

func (s *Source) write(b *strings.Builder, params *[]any) {
	if s.Join != "" {
		b.WriteString(" " + s.Join + " ")
	}
	if s.Lateral {
		b.WriteString("lateral ")
	}
	switch {
	case s.Derived != nil:
		b.WriteString("(")
		s.Derived.write(b, params)
		b.WriteString(")")
	case s.Call != nil:
		s.Call.write(b, params)
	default:
		b.WriteString(s.Table)
	}
	b.WriteString(" " + s.Alias)
	if s.Cols != nil {
		b.WriteString("(" + strings.Join(s.Cols, ", ") + ")")
	}
	if s.Using != "" {
		b.WriteString(" using (" + s.Using + ")")
	}
	conjuncts(b, params, " on ", s.On)
}

func conjuncts(b *strings.Builder, params *[]any, word string, list []*Expr) {
	for i, e := range list {
		if i > 0 {
			word = " and "
		}
		b.WriteString(word)
		e.write(b, params)
	}
}

// list writes word and the expressions, nothing if there are none.
func list(b *strings.Builder, params *[]any, word string, exprs []*Expr) {
	for i, e := range exprs {
		if i == 0 {
			b.WriteString(word)
		}
		comma(b, i)
		e.write(b, params)
	}
}

func comma(b *strings.Builder, i int) {
	if i > 0 {
		b.WriteString(", ")
	}
}
