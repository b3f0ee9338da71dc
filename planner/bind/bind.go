// Package bind gives the names, operators and functions of a syntax tree their meaning: it resolves columns
// against the catalog, chooses overloads and implicit casts as PostgreSQL 15 does, and returns a logical plan.
//
// Binding is a pure function of its inputs. Every error is an [*ast.Error] that points at a place in the text.
package bind

import (
	"time"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/planner/plan"
)

// Param is the value of a query parameter, in PostgreSQL's text form.
type Param struct {
	Text string
	Null bool
}

// Options are the inputs of Bind besides the tree and the catalog.
type Options struct {
	Params []Param   // $1, $2, …
	Now    time.Time // what current_date and its kin stand for
}

// Query is a bound query.
type Query struct {
	Root   plan.Node
	Output []plan.Column // the columns of Root that the user sees: a prefix of Root.Columns()
	Params []plan.Type   // the types that context gave to the parameters; Unknown where one is not used
}

// Bind resolves sel.
func Bind(sel *ast.Select, cat *catalog.Catalog, opts Options) (*Query, error) {
	b := &binder{cat: cat, opts: opts, params: make([]plan.Type, len(opts.Params)), at: map[plan.Expr]int{}}
	q, err := b.query(sel)
	if err != nil {
		return nil, err
	}
	if n := len(opts.Params); n > b.used {
		return nil, ast.Errorf("08P01", -1, "the query was given %d parameters, but has only %d", n, b.used)
	}
	q.Params = b.params
	return q, nil
}

// binder carries what one query's binding shares.
type binder struct {
	cat    *catalog.Catalog
	opts   Options
	nextID int
	params []plan.Type
	used   int               // the greatest N of the $N met
	at     map[plan.Expr]int // text positions of bound column references
}

func (b *binder) newColumn(name string, t plan.Type) plan.Column {
	b.nextID++
	return plan.Column{ID: b.nextID, Name: name, Type: t}
}

func col(c plan.Column) plan.Expr { return &plan.Col{Column: c} }

func errorAt(n ast.Node, state, format string, args ...any) error {
	return ast.Errorf(state, n.Position(), format, args...)
}

func unsupported(n ast.Node, what string) error { return ast.Unsupported(n.Position(), what) }

// query binds a whole SELECT with its ORDER BY and LIMIT.
func (b *binder) query(sel *ast.Select) (*Query, error) {
	if err := refuseForms(sel); err != nil {
		return nil, err
	}
	node, sc, err := b.from(sel.From)
	if err != nil {
		return nil, err
	}
	s := &selector{binder: b, sel: sel, scope: sc, node: node}
	return s.run()
}

// refuseForms names what a SELECT may hold but the binder does not know yet.
func refuseForms(sel *ast.Select) error {
	switch {
	case sel.With != nil:
		return unsupported(sel.With, "WITH")
	case sel.SetOp != nil:
		return unsupported(sel.SetOp, sel.SetOp.Kind.String())
	case sel.Values != nil:
		return unsupported(sel, "VALUES")
	case len(sel.DistinctOn) > 0:
		return unsupported(sel.DistinctOn[0], "DISTINCT ON")
	case len(sel.Windows) > 0:
		return unsupported(sel.Windows[0], "WINDOW")
	case sel.WithTies:
		return unsupported(sel, "FETCH FIRST … WITH TIES")
	case len(sel.Targets) == 0:
		return unsupported(sel, "SELECT without output columns")
	}
	return nil
}
