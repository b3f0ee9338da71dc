// Package bind gives the names, operators and functions of a syntax tree their meaning: it resolves columns
// against the catalog, chooses overloads and implicit casts as PostgreSQL 15 does, and returns a logical plan.
//
// Binding is a pure function of its inputs. Every error is an [*ast.Error] that points at a place in the text.
package bind

import (
	"slices"
	"time"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/planner/plan"
)

// Param is the value of a query parameter, in a text form that PostgreSQL reads.
type Param struct {
	Text string
	Null bool
	// Secret is true of a value that must stand in no text that anybody gets to see: SQL, a plan, a log, an error.
	Secret bool
}

// String implements [fmt.Stringer] without telling a secret.
func (p Param) String() string {
	switch {
	case p.Secret:
		return "(secret)"
	case p.Null:
		return "NULL"
	}
	return p.Text
}

// Options are the inputs of Bind besides the tree and the catalog.
type Options struct {
	Params []Param   // $1, $2, …
	Now    time.Time // what current_date and its kin stand for
	// Pseudonym is the key of pseudonym(x); nil refuses it. It is not kept beyond the call.
	Pseudonym []byte
	// Approximate: count(DISTINCT x) is estimated.
	Approximate bool
	// KeyedSketches: values are hashed for sketches under the key of pseudonym(x), which there must be.
	KeyedSketches bool
}

// Query is a bound query.
type Query struct {
	Root   plan.Node
	Output []plan.Column // the columns of Root that the user sees: a prefix of Root.Columns()
	Params []plan.Type   // the types that context gave to the parameters; Unknown where one is not used
	// Args are the parameters' values, each in the canonical form of its type. Behind those of Options.Params stand hidden ones, if the
	// query needs any.
	Args []Param

	lasting lasting
}

// Bind resolves sel.
func Bind(sel *ast.Select, cat *catalog.Catalog, opts Options) (*Query, error) {
	b := &binder{cat: cat, opts: opts, params: make([]plan.Type, len(opts.Params)), args: slices.Clone(opts.Params), at: map[plan.Expr]int{},
		spelled: map[int]*plan.Const{}, lasting: lasting{given: len(opts.Params)}}
	q, err := b.query(sel)
	if err != nil {
		return nil, err
	}
	if n := len(opts.Params); n > b.used {
		return nil, ast.Errorf("08P01", -1, "the query was given %d parameters, but has only %d", n, b.used)
	}
	q.Params, q.Args, q.lasting = slices.Clip(b.params), b.args, b.lasting
	return q, nil
}

// binder carries what one query's binding shares.
type binder struct {
	lasting
	cat    *catalog.Catalog
	opts   Options
	nextID int
	params []plan.Type
	args   []Param // the parameters' values, canonical from the moment on that the type is known
	used   int     // the greatest N of the $N met
	blocks int     // the number of the first of the two hidden parameters of pseudonym(x), 0 if there are none
	// spelled are the parameters whose values stand in the plan as literals, by number.
	spelled map[int]*plan.Const
	at      map[plan.Expr]int // text positions of column references, and of literals and parameters that take on a type

	outer      []*scope  // what the queries around the one being bound offer, the nearest last
	lateral    *scope    // what the items of FROM on the left offer to a LATERAL one
	ctes       *cteScope // the WITH queries in scope
	expansions int       // how many of their copies have been bound
	current    *cteScope // the WITH query being bound, the innermost
	banned     []string  // why a recursive query may not refer to itself here, the innermost reason last
	recursive  bool      // the FROM being bound names the query that it is part of
}

// placeOf is where x stands in the text, or at if that is not known.
func (b *binder) placeOf(x plan.Expr, at ast.Node) ast.Node {
	if pos, ok := b.at[x]; ok {
		return place(pos)
	}
	return at
}

// place is a position in the text.
type place int

// Position implements ast.Node.
func (p place) Position() int { return int(p) }

func (b *binder) newColumn(name string, t plan.Type) plan.Column {
	b.nextID++
	return plan.Column{ID: b.nextID, Name: name, Type: t}
}

func col(c plan.Column) plan.Expr { return &plan.Col{Column: c} }

func errorAt(n ast.Node, state, format string, args ...any) error {
	return ast.Errorf(state, n.Position(), format, args...)
}

func unsupported(n ast.Node, what string) error { return ast.Unsupported(n.Position(), what) }

// query binds a whole query with its WITH, ORDER BY and LIMIT.
func (b *binder) query(sel *ast.Select) (*Query, error) {
	if sel.With == nil {
		return b.body(sel)
	}
	outer := b.ctes
	defer func() { b.ctes = outer }()
	if err := b.with(sel.With); err != nil {
		return nil, err
	}
	q, err := b.body(sel)
	if err != nil {
		return nil, err
	}
	return q, b.unusedCTEs(outer)
}

func (b *binder) body(sel *ast.Select) (*Query, error) {
	if err := refuseForms(sel); err != nil {
		return nil, err
	}
	switch {
	case b.current != nil && b.current.recursive && b.current.cte.Query == sel:
		return b.recursion(b.current, sel)
	case sel.SetOp != nil:
		return b.setOp(sel)
	case sel.Values != nil:
		return b.values(sel)
	}
	around := b.recursive
	b.recursive = false
	node, sc, err := b.from(sel.From)
	recursive := b.recursive
	b.recursive = around
	if err != nil {
		return nil, err
	}
	s := &selector{binder: b, sel: sel, scope: sc, node: node}
	q, err := s.run()
	if err == nil && recursive && len(s.aggs.items) > 0 {
		err = errorAt(sel, "42P19", "aggregate functions are not allowed in a recursive query's recursive term")
	}
	return q, err
}

// refuseForms names what a SELECT may hold but the binder does not know yet.
func refuseForms(sel *ast.Select) error {
	switch {
	case len(sel.Targets) == 0 && sel.SetOp == nil && sel.Values == nil:
		return unsupported(sel, "SELECT without output columns")
	}
	return nil
}
