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

// Source is one element of FROM: a table or a derived table, and how it is joined to those before it.
type Source struct {
	Join    string // "", "join", "left join", …, "cross join", ","
	Table   string
	Derived *Query
	Alias   string
	On      []*Expr // conjuncts of the join condition
	Using   string  // a column, instead of On
}

// Query is one SELECT.
type Query struct {
	Distinct bool
	Items    []Item
	From     []Source
	Where    []*Expr // conjuncts
	Group    []*Expr
	Having   *Expr
	// Total orders by every output column, with these words after each; nil for no order.
	Total  []string
	Limit  int // -1 for none
	Offset int // 0 for none
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
	b.WriteString("select ")
	if q.Distinct {
		b.WriteString("distinct ")
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
	for i, g := range q.Group {
		if i == 0 {
			b.WriteString(" group by ")
		}
		comma(b, i)
		g.write(b, params)
	}
	if q.Having != nil {
		conjuncts(b, params, " having ", []*Expr{q.Having})
	}
	q.writeOrder(b)
}

func (q *Query) writeOrder(b *strings.Builder) {
	if q.Total != nil {
		b.WriteString(" order by ")
		for i := range q.Items {
			comma(b, i)
			fmt.Fprintf(b, "%d%s", i+1, q.Total[i%len(q.Total)])
		}
	}
	if q.Limit >= 0 {
		fmt.Fprintf(b, " limit %d", q.Limit)
	}
	if q.Offset > 0 {
		fmt.Fprintf(b, " offset %d", q.Offset)
	}
}

func (s *Source) write(b *strings.Builder, params *[]any) {
	switch s.Join {
	case "":
	case ",":
		b.WriteString(", ")
	default:
		b.WriteString(" " + s.Join + " ")
	}
	if s.Derived != nil {
		b.WriteString("(")
		s.Derived.write(b, params)
		b.WriteString(")")
	} else {
		b.WriteString(s.Table)
	}
	b.WriteString(" " + s.Alias)
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

func comma(b *strings.Builder, i int) {
	if i > 0 {
		b.WriteString(", ")
	}
}
