// Package sqlgen writes plan trees as SQL text: one generator, one dialect file for each engine.
//
// A dialect says for every function, operator, cast and aggregate how it is written so that its result is what
// PostgreSQL gives, or that it cannot be. What it cannot write exactly is an [Unsupported] error, and
// placement keeps such an expression away from the engine; nothing inexact is ever written.
package sqlgen

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// Site is where a statement will run.
type Site struct {
	Dialect string // "postgres", "duckdb" or "tsql"
	Schema  string // qualifies table names, "" for none
	Shard   string // values of the pseudo-columns
	Region  string
	// BinaryCollation is true where text compares bytewise without being told to.
	BinaryCollation bool
	// Missing lists features of the dialect that the server lacks (connectors.FeatureUTF8Collation, …).
	Missing []string
	// Native returns the engine's own name of a column's type, "" if it is not known; nil where no column's matters.
	Native func(table, column string) string
	// Columns returns the names of all columns of a table, read or not; nil where there are no tables.
	Columns func(table string) []string
}

func (s Site) lacks(feature string) bool { return slices.Contains(s.Missing, feature) }

// Unsupported says that a dialect has no exact way to write something.
type Unsupported struct{ Dialect, What string }

// Error implements error.
func (e *Unsupported) Error() string {
	return e.What + " has no exact form in " + e.Dialect + " SQL"
}

// dialect is what differs between engines.
type dialect interface {
	expressions
	clauses
}

// expressions is how a dialect writes expressions. Where its SQL has no boolean values, what stands as a value and what
// stands as a condition (in WHERE, ON, HAVING and WHEN) are written in different ways.
type expressions interface {
	value(g *gen, e plan.Expr) (sql string, atomic bool)
	condition(g *gen, e plan.Expr) (sql string, atomic bool)
	truth(b bool) string // a condition that always has this value
	constant(g *gen, c *plan.Const) string
	param(number string, t plan.Type) string
	in(g *gen, e *plan.In) string
	call(g *gen, c *plan.Call) (sql string, atomic bool)
	cast(g *gen, c *plan.Cast) (sql string, atomic bool)
	aggregate(g *gen, a plan.Agg) string
}

// clauses is how a dialect writes the clauses of a SELECT.
type clauses interface {
	ident(name string) string
	input(n int) string
	// column reads a column of a table, written as sql, whose own type the engine may call by another name.
	column(g *gen, sql string, t plan.Type, native string) string
	// output writes a column of the whole statement's result.
	output(g *gen, sql string, t plan.Type) string
	// passed writes a column that a set operation, or a list of rows, passes on.
	passed(g *gen, sql string, t plan.Type, kind plan.SetKind) string
	// heavy reports that an expression should not be repeated by those that read it.
	heavy(sql string) bool
	// fence is what keeps the server from merging a derived table into the SELECT around it, which computes its columns wherever they are
	// read; "" where it would not, or cannot be kept from it.
	fence() string
	countRows() string
	// groupKey returns how a key is selected and what stands for it in GROUP BY: nothing for a constant where none may.
	groupKey(g *gen, e plan.Expr) (selected string, keys []string)
	sortKey(g *gen, sql string, k plan.SortKey) []string
	// limited writes what bounds the rows: at the head of the SELECT and at its end. Count is -1 for no bound.
	limited(g *gen, count, offset int64, sorted bool) (head, tail string)
	// keepsOrder reports that ORDER BY may stand in a derived table without a bound on its rows.
	keepsOrder() bool
	// writes reports whether the dialect has forms of queries beyond joins, groups and set operations (a subquery in an
	// expression, WITH RECURSIVE, …); where it has not, it has said so by g.unsupported.
	writes(g *gen, form string) bool
	// windowFn writes a window function.
	windowFn(g *gen, f plan.WindowFn) string
	// quantified writes a comparison of e.X with the rows of a subquery.
	quantified(g *gen, e *plan.Subquery) (sql string, atomic bool)
	// applied writes a join of left with right, which reads the columns of left.
	applied(kind plan.JoinKind, left, right string) string
	// received reads a column of a set operation's result, whose inputs passed writes.
	received(g *gen, sql string, t plan.Type, kind plan.SetKind) string
	// mixesLevels reports that an aggregate may combine columns of a query around with its own, and that a subquery may
	// read what is grouped around it.
	mixesLevels() bool
	// shipped writes a derived table, with columns column1, column2, …, of rows that come as parameters.
	shipped(g *gen, n *plan.Shipped) string
	// setOp reports by g.unsupported a set operation that the engine has not.
	setOp(g *gen, n *plan.SetOp)
}

func dialectOf(name string) (dialect, error) {
	switch name {
	case "postgres":
		return postgres{}, nil
	case "duckdb":
		return duckdb{}, nil
	case "tsql":
		return tsql{}, nil
	}
	return nil, fmt.Errorf("no SQL dialect is called %q", name)
}

// Generate writes the statement that computes n at a site. Output columns come in the order of
// n.Columns().
func Generate(n plan.Node, site Site) (plan.Statement, error) {
	d, err := dialectOf(site.Dialect)
	if err != nil {
		return plan.Statement{}, err
	}
	g := &gen{site: site, d: d, kept: kept(n)}
	g.reserve(n)
	b := g.node(n)
	if g.err != nil {
		return plan.Statement{}, g.err
	}
	sql := g.selectSQL(b, n.Columns(), true)
	if len(g.with) > 0 {
		sql = "WITH " + strings.Join(g.with, ", ") + " " + sql
	}
	sql, params := numbered(sql)
	return plan.Statement{SQL: sql, Params: params}, g.err
}

// Check reports whether a site can be given the expressions of one node exactly: nil, or an *Unsupported.
func Check(n plan.Node, site Site) error {
	d, err := dialectOf(site.Dialect)
	if err != nil {
		return err
	}
	g := &gen{site: site, d: d, anyColumn: true}
	switch n := n.(type) {
	case *plan.Filter:
		g.conjunction(n.Conds)
	case *plan.Join:
		if n.Lateral {
			g.checkLateral()
		}
		g.conjunction(n.On)
	case *plan.Series:
		g.series(n)
	case *plan.Shipped:
		g.shipped(n)
	case *plan.Project:
		g.assigns(n.Items)
	case *plan.Aggregate:
		g.checkGroups(n)
	case *plan.Sort:
		for _, k := range n.Keys {
			d.sortKey(g, g.column(k.Col), k)
		}
	case *plan.Limit:
		d.limited(g, n.Count, n.Offset, true)
	case *plan.SetOp:
		d.setOp(g, n)
	case *plan.Window:
		for _, f := range n.Fns {
			d.windowFn(g, f)
		}
	case *plan.Values:
		for _, r := range n.Rows {
			g.row(r)
		}
	}
	return g.err
}

func (g *gen) checkGroups(n *plan.Aggregate) {
	g.inGroup = true
	for _, a := range n.Groups {
		g.d.groupKey(g, a.Expr)
	}
	for _, a := range n.Aggs {
		g.aggregate(a.Agg)
	}
}

// aggregate writes an aggregate that an engine has. Estimates are made at the coordinator, of what shards count.
func (g *gen) aggregate(a plan.Agg) string {
	if a.Sketch != nil {
		return g.unsupported("aggregate %s", a.Fn)
	}
	return g.d.aggregate(g, a)
}

// gen writes one statement. Its first error sticks.
type gen struct {
	site      Site
	d         dialect
	cols      map[int]string   // the SQL of every column in scope
	outer     []map[int]string // those around the subquery being written, the nearest last
	aliases   map[string]bool  // table aliases in use, in lower case
	anyColumn bool             // Check: any column stands for itself
	over      string           // what follows an aggregate that is a window function
	depth     int              // expressions around the one being written
	inGroup   bool             // within a group key or an aggregate
	cases     int              // CASE expressions around the one being written
	quotients int              // quotients around the one whose scale is being written
	filtering bool             // the condition to be written next may as well be unknown as false
	kept      map[int]bool     // the inputs that are read through WITH queries
	written   map[int]bool     // those whose WITH query is written
	with      []string         // the WITH queries of the statement
	works     map[int]string   // the names of the recursions around, by number
	err       error
}

func (g *gen) unsupported(format string, args ...any) string {
	if g.err == nil {
		g.err = &Unsupported{g.site.Dialect, fmt.Sprintf(format, args...)}
	}
	return "NULL"
}

func (g *gen) assigns(items []plan.Assign) {
	for _, a := range items {
		g.expr(a.Expr)
	}
}

func (g *gen) column(c plan.Column) string {
	if s, ok := g.cols[c.ID]; ok {
		return s
	}
	if s, ok := g.outerColumn(c.ID); ok {
		return s
	}
	if !g.anyColumn && g.err == nil {
		g.err = fmt.Errorf("internal error: column %s#%d is not in scope of the fragment", c.Name, c.ID)
	}
	return g.d.ident("c" + strconv.Itoa(c.ID))
}

// expr writes the value of e without outer parentheses.
func (g *gen) expr(e plan.Expr) string {
	if g.err != nil {
		return "NULL" // nobody reads what cannot be written
	}
	s, _ := g.d.value(g, e)
	return s
}

// operand writes the value of e so that it can stand beside any operator.
func (g *gen) operand(e plan.Expr) string { return parens(g.d.value(g, e)) }

// condition writes a boolean e where a condition stands.
func (g *gen) condition(e plan.Expr) string {
	s, _ := g.d.condition(g, e)
	return s
}

// conditionOperand writes a condition that AND, OR or NOT can stand beside.
func (g *gen) conditionOperand(e plan.Expr) string { return parens(g.d.condition(g, e)) }

func parens(s string, atomic bool) string {
	if atomic {
		return s
	}
	return "(" + s + ")"
}

func (g *gen) list(es []plan.Expr) string {
	parts := make([]string, len(es))
	for i, e := range es {
		parts[i] = g.expr(e)
	}
	return strings.Join(parts, ", ")
}

// write writes e as itself: a condition if it is one, else a value.
func (g *gen) write(e plan.Expr) (sql string, atomic bool) {
	g.depth++
	defer func() { g.depth-- }()
	if g.depth > maxDuckDepth && g.site.Dialect == "duckdb" {
		return g.unsupported("an expression nested more than %d deep", maxDuckDepth), true
	}
	switch e := e.(type) {
	case *plan.Col:
		s := g.column(e.Column)
		return s, isWord(s)
	case *plan.Const:
		return g.d.constant(g, e), true
	case *plan.Param:
		if e.T.Kind == plan.Array && g.site.Dialect == "tsql" {
			return g.unsupported("a parameter of type %s", e.T), true
		}
		return g.d.param(paramMark(e.N), e.T), true
	case *plan.Call:
		return g.d.call(g, e)
	case *plan.Cast:
		return g.d.cast(g, e)
	case *plan.Subquery:
		return g.subquery(e)
	case *plan.And:
		return g.nary(e.Args, " AND ", true)
	case *plan.Or:
		return g.nary(e.Args, " OR ", false)
	case *plan.Not:
		return "NOT " + g.conditionOperand(e.X), false
	case *plan.IsNull:
		return g.operand(e.X) + is(e.Not) + "NULL", false
	case *plan.IsBool:
		return g.operand(e.X) + is(e.Not) + strings.ToUpper(strconv.FormatBool(e.Value)), false
	case *plan.In:
		return g.d.in(g, e), false
	case *plan.Case:
		return g.caseWhen(e), true
	}
	return g.unsupported("expression %T", e), true
}

// maxDuckDepth is the nesting that DuckDB's binder bears: its time grows faster than the square, and it does not stop when asked.
const maxDuckDepth = 400

func is(not bool) string {
	if not {
		return " IS NOT "
	}
	return " IS "
}

// inList writes operand [NOT] IN (list).
func (g *gen) inList(operand string, e *plan.In) string {
	op := " IN ("
	if e.Not {
		op = " NOT IN ("
	}
	return operand + op + g.list(e.List) + ")"
}

// nary joins conditions by an operator; without any it is the value empty.
func (g *gen) nary(args []plan.Expr, op string, empty bool) (string, bool) {
	if len(args) == 0 {
		s := g.d.truth(empty)
		return s, isWord(s)
	}
	if len(args) == 1 {
		return g.d.condition(g, args[0])
	}
	parts := make([]string, len(args))
	for i, a := range args {
		parts[i] = g.conditionOperand(a)
	}
	return strings.Join(parts, op), false
}

func (g *gen) caseWhen(e *plan.Case) string {
	var b strings.Builder
	b.WriteString("CASE")
	for _, w := range e.Whens {
		b.WriteString(" WHEN " + g.condition(w.Cond) + " THEN " + g.expr(w.Then))
	}
	if e.Else != nil {
		b.WriteString(" ELSE " + g.expr(e.Else))
	}
	b.WriteString(" END")
	return b.String()
}

// conjunction writes conditions joined by AND.
func (g *gen) conjunction(conds []plan.Expr) string {
	return g.condition(&plan.And{Args: conds})
}

// paramMark stands for the number of the query's parameter n until the statement is complete: some of what is
// written, such as a column that nobody selects, does not become part of it. No SQL holds a NUL.
func paramMark(n int) string { return "\x00" + strconv.Itoa(n) + "\x00" }

// numbered replaces the marks by the statement's own numbers, from 1 on, and lists the query's parameters behind them.
func numbered(marked string) (sql string, params []int) {
	parts := strings.Split(marked, "\x00") // text, number, text, …
	for i := 1; i < len(parts); i += 2 {
		n, err := strconv.Atoi(parts[i])
		if err != nil {
			return marked, nil
		}
		at := slices.Index(params, n)
		if at < 0 {
			at = len(params)
			params = append(params, n)
		}
		parts[i] = strconv.Itoa(at + 1)
	}
	return strings.Join(parts, ""), params
}

// isWord reports whether s needs no parentheses: a name, perhaps qualified and quoted, a literal, a call or
// a cast. It errs on the side of parentheses.
func isWord(s string) bool {
	depth, quote := 0, byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '[':
			quote = ']'
		case c == '(':
			depth++
		case c == ')':
			depth--
		case depth == 0 && (c == ' ' || strings.IndexByte("+-*/%<>=|&#~^!", c) >= 0):
			return false
		}
	}
	return true
}

// quoteLiteral writes a string literal with standard-conforming strings.
func quoteLiteral(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// quoteIdent writes an identifier, quoted unless it is a plain lower-case word that no engine reserves.
func quoteIdent(s string) string {
	if plainWord(s) && !reserved[s] {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

func plainWord(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c == '_' || c >= 'a' && c <= 'z' || i > 0 && c >= '0' && c <= '9') {
			return false
		}
	}
	return s != ""
}
