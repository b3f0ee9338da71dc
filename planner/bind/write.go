package bind

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/planner/plan"
)

// Write is a bound statement that writes one table.
type Write struct {
	Kind  ast.WriteKind
	Table string
	// Scan offers the columns of the table that an UPDATE or DELETE may read, Where are its conditions, joined by AND.
	Scan  *plan.Scan
	Where []plan.Expr
	Sets  []Assigned
	// Columns are those that an INSERT gives values, and Rows the values: nil for the column's default, else of the column's type.
	Columns []Assigned
	Rows    [][]plan.Expr
	Params  []plan.Type // as in Query
	Args    []Param
}

// Assigned is a column that is written.
type Assigned struct {
	Column string
	Type   plan.Type
	Pos    int       // where it is named in the text, -1 where it is not
	Value  plan.Expr // of an UPDATE, of the column's type; nil for its default
}

// BindWrite resolves w. Values become of their columns' types as PostgreSQL's assignments make them; what a shard's own type says beyond that (the n of
// varchar(n)) is for the shard to see to. Subqueries, and what names the shard, are refused by name.
func BindWrite(w *ast.Write, cat *catalog.Catalog, opts Options) (*Write, error) {
	b := &binder{cat: cat, opts: opts, params: make([]plan.Type, len(opts.Params)), args: slices.Clone(opts.Params), at: map[plan.Expr]int{},
		spelled: map[int]*plan.Const{}}
	node, sc, err := b.from([]ast.TableExpr{w.Table})
	if err != nil {
		return nil, err
	}
	scan, ok := node.(*plan.Scan)
	if !ok {
		return nil, unsupported(w.Table, "writing to this")
	}
	out := &Write{Kind: w.Kind, Table: w.Table.Name, Scan: scan}
	table := &target{Table: cat.Table(w.Table.Name), at: w.Table}
	if w.Kind == ast.Insert {
		err = b.insertion(w, table, out)
	} else {
		err = b.change(w, table, sc, out)
	}
	if err != nil {
		return nil, err
	}
	if n := len(opts.Params); n > b.used {
		return nil, ast.Errorf("08P01", -1, "the statement was given %d parameters, but has only %d", n, b.used)
	}
	out.Params, out.Args = b.params, b.args
	return out, nil
}

// target is the table that is written.
type target struct {
	*catalog.Table
	at ast.Node
}

// column finds a column that may be written.
func (t *target) column(n *ast.ColumnName) (*catalog.Column, error) {
	c := t.Table.Column(n.Name)
	if c == nil {
		err := ast.Errorf("42703", n.Position(), "column %q of relation %q does not exist", n.Name, t.Table.Table)
		var names []string
		for _, c := range t.Columns {
			names = append(names, c.Name)
		}
		err.Hint = suggestion(n.Name, names)
		return nil, err
	}
	if c.Problem != "" {
		return nil, errorAt(n, c.State, "column %q of table %q cannot be used: %s", n.Name, t.Table.Table, c.Problem)
	}
	return c, nil
}

// change binds WHERE and SET; a parameter that is both compared and assigned has the type of what it is compared with, as in PostgreSQL.
func (b *binder) change(w *ast.Write, t *target, sc *scope, out *Write) error {
	if w.Where != nil {
		x, err := b.condition(w.Where, &env{scope: sc, clause: "WHERE"})
		if err != nil {
			return err
		}
		if err := b.ownRow(w.Where, x, out.Scan); err != nil {
			return err
		}
		out.Where = plan.Conjuncts(x)
	}
	set := map[string]bool{}
	for _, s := range w.Sets {
		c, err := t.column(s.Column)
		if err != nil {
			return err
		}
		if set[c.Name] {
			return errorAt(s.Column, "42601", "multiple assignments to same column %q", c.Name)
		}
		set[c.Name] = true
		a := Assigned{Column: c.Name, Type: c.Type, Pos: s.Column.Position()}
		if _, byDefault := s.Value.(*ast.Default); !byDefault {
			if a.Value, err = b.valueFor(s.Value, c, &env{scope: sc, clause: "UPDATE"}); err != nil {
				return err
			}
		}
		out.Sets = append(out.Sets, a)
	}
	for i, s := range out.Sets {
		if s.Value != nil {
			if err := b.ownRow(w.Sets[i].Value, s.Value, out.Scan); err != nil {
				return err
			}
		}
	}
	return nil
}

// ownRow refuses what reads more than the row that is written.
func (b *binder) ownRow(at ast.Node, x plan.Expr, scan *plan.Scan) error {
	if plan.HasSubquery(x) {
		return unsupported(at, "a subquery in a statement that writes")
	}
	read := map[int]bool{}
	plan.ColumnsOf(x, read)
	for _, c := range scan.Cols {
		if c.Pseudo && read[c.Column.ID] {
			return unsupported(at, c.Source+" in a statement that writes")
		}
	}
	return nil
}

// insertion binds the columns and rows of an INSERT.
func (b *binder) insertion(w *ast.Write, t *target, out *Write) error {
	columns := w.Columns
	if len(columns) == 0 {
		for _, c := range t.Columns {
			columns = append(columns, &ast.ColumnName{Pos: ast.NoPos, Name: c.Name})
		}
		if len(w.Rows) > 0 && len(w.Rows[0]) < len(columns) { // those that follow keep their defaults
			columns = columns[:len(w.Rows[0])]
		}
	}
	seen := map[string]bool{}
	var cols []*catalog.Column
	for _, n := range columns {
		c, err := t.column(n)
		if err != nil {
			return err
		}
		if seen[c.Name] {
			return errorAt(n, "42701", "column %q specified more than once", c.Name)
		}
		seen[c.Name] = true
		cols = append(cols, c)
		out.Columns = append(out.Columns, Assigned{Column: c.Name, Type: c.Type, Pos: n.Position()})
	}
	if len(w.Rows) == 0 {
		out.Rows = [][]plan.Expr{make([]plan.Expr, len(cols))}
		return nil
	}
	for _, row := range w.Rows {
		values, err := b.rowFor(w, row, cols)
		if err != nil {
			return err
		}
		out.Rows = append(out.Rows, values)
	}
	return nil
}

func (b *binder) rowFor(w *ast.Write, row []ast.Expr, cols []*catalog.Column) ([]plan.Expr, error) {
	first := w.Rows[0]
	switch {
	case len(row) != len(first):
		return nil, errorAt(row[0], "42601", "VALUES lists must all be the same length")
	case len(row) > len(cols):
		return nil, errorAt(row[len(cols)], "42601", "INSERT has more expressions than target columns")
	case len(row) < len(cols):
		return nil, errorAt(w.Columns[len(row)], "42601", "INSERT has more target columns than expressions")
	}
	values := make([]plan.Expr, len(row))
	for i, e := range row {
		if _, byDefault := e.(*ast.Default); byDefault {
			continue
		}
		x, err := b.valueFor(e, cols[i], &env{scope: &scope{}, clause: "VALUES"})
		if err != nil {
			return nil, err
		}
		if plan.HasSubquery(x) {
			return nil, unsupported(e, "a subquery in a statement that writes")
		}
		values[i] = x
	}
	return values, nil
}

// valueFor binds a value that a column gets, cast as an assignment does.
func (b *binder) valueFor(e ast.Expr, c *catalog.Column, v *env) (plan.Expr, error) {
	x, err := b.expr(e, v)
	if err != nil {
		return nil, err
	}
	if x.Type().Kind == plan.Unknown {
		if x, err = b.coerce(e, x, c.Type); err != nil {
			return nil, err
		}
	}
	from, to := x.Type(), c.Type
	switch {
	case from == to:
		return x, nil
	case from.Kind == plan.Array || to.Kind == plan.Array:
		if from.Kind == to.Kind && from.Elem == to.Elem && from.Elem != plan.Numeric {
			return x, nil
		}
		if from.Kind == plan.Array && to.Kind == plan.Text || from.Kind == to.Kind && from.Elem == to.Elem {
			return nil, unsupported(e, "assigning "+from.String()+" to a column of type "+to.String())
		}
	case assignable(from.Kind, to.Kind):
		if from.Kind == plan.Numeric && to.Wide() {
			return x, nil
		}
		return assignedTo(x, to), nil
	case from.Kind == plan.Bytea && to.Kind == plan.Text:
		return nil, unsupported(e, "assigning bytea to a column of type text")
	}
	err = errorAt(e, "42804", "column %q is of type %s but expression is of type %s", c.Name, to.Kind, from.Kind)
	err.(*ast.Error).Hint = "You will need to rewrite or cast the expression."
	return nil, err
}

// assignedTo casts to a column's type; a numeric is rounded to its digits after the point.
func assignedTo(x plan.Expr, to plan.Type) plan.Expr {
	if to.Kind == plan.Numeric && !to.Wide() {
		return &plan.Cast{X: x, To: to, Mod: []int{to.Precision, to.Scale}}
	}
	if c, ok := x.(*plan.Const); ok && c.Null {
		return &plan.Const{Null: true, T: to}
	}
	if to.Wide() {
		to = asNumeric(x.Type())
	}
	return castTo(x, to)
}

// assignable tells which casts an assignment makes: the implicit ones, those of pg_cast with castcontext 'a', and any type's to text.
func assignable(from, to plan.Kind) bool {
	number := func(k plan.Kind) bool { return k >= plan.Int2 && k <= plan.Float8 }
	switch {
	case implicit(from, to), number(from) && number(to), to == plan.Bpchar && from == plan.Text:
		return true
	case to == plan.Text || to == plan.Bpchar:
		return from != plan.Bytea
	}
	return slices.Contains(assignments[from], to)
}

var assignments = map[plan.Kind][]plan.Kind{
	plan.Timestamp:   {plan.Date, plan.Time},
	plan.TimestampTZ: {plan.Date, plan.Time, plan.Timestamp},
	plan.Interval:    {plan.Time},
	plan.JSON:        {plan.JSONB},
	plan.JSONB:       {plan.JSON},
}
