package querygen

import (
	"fmt"
	"slices"
	"strings"
)

// Kind is the type of a generated expression, by PostgreSQL's name.
type Kind string

// The kinds that expressions are made of.
const (
	Int2        Kind = "smallint"
	Int4        Kind = "integer"
	Int8        Kind = "bigint"
	Numeric     Kind = "numeric"
	Float4      Kind = "real"
	Float8      Kind = "double precision"
	Text        Kind = "text"
	Bool        Kind = "boolean"
	Date        Kind = "date"
	Timestamp   Kind = "timestamp without time zone"
	Timestamptz Kind = "timestamp with time zone"
	Interval    Kind = "interval"
	Time        Kind = "time without time zone"
	UUID        Kind = "uuid"
)

// Expr is an expression: a text in which each %s stands for an argument. A parameter has a value instead.
type Expr struct {
	Form  string
	Args  []*Expr
	Kind  Kind
	Param bool
	Value any // of a parameter: int64, bool, string or nil
	// Loose marks a floating-point value whose last digits the order of additions or a mathematical library decides.
	Loose bool
	// Column marks the name of a column.
	Column bool
	// Sub stands for the text of a query.
	Sub *Query
	// Near is how an approximate value relates to PostgreSQL's.
	Near Nearness
}

// write appends the SQL of an expression; parameters are numbered in the order of writing.
func (e *Expr) write(b *strings.Builder, params *[]any) {
	if e.Param {
		*params = append(*params, e.Value)
		fmt.Fprintf(b, "$%d", len(*params))
		return
	}
	if e.Sub != nil {
		e.Sub.write(b, params)
		return
	}
	rest := e.Form
	for _, a := range e.Args {
		before, after, _ := strings.Cut(rest, "%s")
		b.WriteString(before)
		a.write(b, params)
		rest = after
	}
	b.WriteString(rest)
}

func (e *Expr) clone() *Expr {
	c := *e
	c.Args = make([]*Expr, len(e.Args))
	for i, a := range e.Args {
		c.Args[i] = a.clone()
	}
	return &c
}

func (e *Expr) loose() bool {
	for _, a := range e.Args {
		if a.loose() {
			return true
		}
	}
	return e.Loose
}

// smaller returns variants of the expression with one node replaced by one of its arguments of the same kind,
// the largest cuts first.
func (e *Expr) smaller() []*Expr {
	var out []*Expr
	if e.Sub != nil {
		for _, q := range e.Sub.variants() {
			out = append(out, &Expr{Kind: e.Kind, Sub: q})
		}
		return out
	}
	for _, a := range e.Args {
		if a.Kind == e.Kind {
			out = append(out, a.clone())
		}
	}
	if plain := plainest(e.Kind); len(e.Args) > 0 && plain != nil {
		out = append(out, plain)
	}
	for i, a := range e.Args {
		for _, s := range a.smaller() {
			c := e.clone()
			c.Args[i] = s
			out = append(out, c)
		}
	}
	return out
}

// plainest is the literal that an expression is replaced with where its value does not matter.
func plainest(k Kind) *Expr {
	if len(literals[k]) == 0 {
		return nil
	}
	return leaf(k, literals[k][0])
}

// hasParam reports that a parameter is in the expression.
func (e *Expr) hasParam() bool {
	var b strings.Builder
	var params []any
	e.write(&b, &params)
	return len(params) > 0
}

// names reports that an expression reads a column.
func (e *Expr) names() bool { return e.Column || slices.ContainsFunc(e.Args, (*Expr).names) }

// sub makes an expression of a query: form has one %s, where the query stands.
func sub(k Kind, form string, q *Query, args ...*Expr) *Expr {
	return node(k, form, append(args, &Expr{Kind: "query", Sub: q})...)
}

func leaf(k Kind, form string) *Expr { return &Expr{Form: form, Kind: k} }

func node(k Kind, form string, args ...*Expr) *Expr { return &Expr{Form: form, Kind: k, Args: args} }
