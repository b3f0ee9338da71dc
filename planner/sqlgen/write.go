package sqlgen

import (
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// Set is a column of a table that a statement writes, and what it gets: a value of the column's type, computed of the row as it was, or its DEFAULT
// where that is nil.
type Set struct {
	Column string
	Type   plan.Type // of the column
	Value  plan.Expr
}

// Target is a column of a table that an INSERT gives values.
type Target struct {
	Column string
	Type   plan.Type
}

// Insert writes the statement that adds rows of values, column by column, to a table. A value that is nil is the column's DEFAULT. How many rows and
// parameters a statement may have is for the caller to know: see [MaxRows] and [MaxParams].
func Insert(table string, cols []Target, rows [][]plan.Expr, site Site) (plan.Statement, error) {
	g, err := newWriter(site)
	if err != nil {
		return plan.Statement{}, err
	}
	names := make([]string, len(cols))
	for i, c := range cols {
		g.assignable(table, c.Column, c.Type)
		names[i] = g.d.ident(c.Column)
	}
	lines := make([]string, len(rows))
	for i, row := range rows {
		values := make([]string, len(row))
		for j, e := range row {
			values[j] = g.assigned(table, cols[j].Column, e)
		}
		lines[i] = "(" + strings.Join(values, ", ") + ")"
	}
	return g.statement("INSERT INTO " + g.tableName(table) + " (" + strings.Join(names, ", ") + ") VALUES " + strings.Join(lines, ", "))
}

// Update writes the statement that sets columns in the rows of a table for which where is true; without where, in all. The scan offers the columns that
// where and the values read.
func Update(n *plan.Scan, sets []Set, where plan.Expr, site Site) (plan.Statement, error) {
	g, err := newWriter(site)
	if err != nil {
		return plan.Statement{}, err
	}
	from, cond := g.target(n, where, sets)
	values := make([]string, len(sets))
	for i, s := range sets {
		g.assignable(n.Table, s.Column, s.Type)
		values[i] = g.d.ident(s.Column) + " = " + g.assigned(n.Table, s.Column, s.Value)
	}
	return g.statement("UPDATE " + from + " SET " + strings.Join(values, ", ") + cond)
}

// Delete writes the statement that takes the rows of a table away for which where is true; without where, all. The scan offers the columns that where reads;
// where may hold subqueries.
func Delete(n *plan.Scan, where plan.Expr, site Site) (plan.Statement, error) {
	g, err := newWriter(site)
	if err != nil {
		return plan.Statement{}, err
	}
	from, cond := g.target(n, where, nil)
	return g.statement("DELETE FROM " + from + cond)
}

func newWriter(site Site) (*gen, error) {
	d, err := dialectOf(site.Dialect)
	if err != nil {
		return nil, err
	}
	return &gen{site: site, d: d}, nil
}

// target writes the table of a statement and its condition, and leaves the table's columns in scope. In Transact-SQL, where the table that is written has
// no alias, its columns are qualified by its name.
func (g *gen) target(n *plan.Scan, where plan.Expr, sets []Set) (from, cond string) {
	var conds []plan.Expr
	if where != nil {
		conds = []plan.Expr{where}
	}
	whole := &plan.Filter{Input: n, Conds: conds}
	for _, s := range sets { // for the names that its subqueries must not take
		if s.Value != nil {
			whole.Conds = append(whole.Conds, s.Value)
		}
	}
	g.kept = kept(whole)
	g.reserve(whole)
	if g.site.Dialect == "tsql" {
		n = &plan.Scan{Table: n.Table, Alias: n.Table, Cols: n.Cols}
		delete(g.aliases, strings.ToLower(n.Table))
	}
	b := g.scan(n)
	if where != nil {
		b = g.filter(b, &plan.Filter{Input: n, Conds: conds})
		cond = " WHERE " + strings.Join(b.where, " AND ")
	}
	g.cols = b.cols
	if g.site.Dialect == "tsql" {
		return g.tableName(n.Table), cond
	}
	return b.from, cond
}

func (g *gen) tableName(name string) string {
	if g.site.Schema != "" {
		return g.d.ident(g.site.Schema) + "." + g.d.ident(name)
	}
	return g.d.ident(name)
}

func (g *gen) statement(marked string) (plan.Statement, error) {
	if g.err != nil {
		return plan.Statement{}, g.err
	}
	sql, params := numbered(marked)
	return plan.Statement{SQL: sql, Params: params}, nil
}

// assigned writes what a column gets.
func (g *gen) assigned(table, column string, e plan.Expr) string {
	if e == nil {
		return "DEFAULT"
	}
	if g.site.Dialect == "tsql" && g.native(table, column) != "" {
		base, _ := baseType(g.native(table, column))
		if c, ok := e.(*plan.Const); base == "varchar" && !(ok && (c.Null || isASCII(c.Text))) {
			return g.unsupported("assigning to column %s, whose type %s may lack letters of the value,", column, g.native(table, column))
		}
	}
	return g.expr(e)
}

// assignable reports a column of which the engine's own type keeps less of a value than the plan's type does, and says nothing.
func (g *gen) assignable(table, column string, t plan.Type) {
	native := g.native(table, column)
	if native == "" || g.site.Dialect == "postgres" {
		return
	}
	base, facets := baseType(native)
	ok := false
	switch g.site.Dialect {
	case "duckdb":
		ok = duckAssignable(base, t)
	case "tsql":
		ok = tsqlAssignable(base, facets, t)
	}
	if !ok {
		g.unsupported("assigning to column %s of type %s", column, native)
	}
}

func (g *gen) native(table, column string) string {
	if g.site.Native == nil {
		return ""
	}
	return strings.ToLower(g.site.Native(table, column))
}

// baseType splits a type's name from what stands in parentheses behind it.
func baseType(native string) (base, facets string) {
	base, rest, _ := strings.Cut(native, "(")
	facets, after, _ := strings.Cut(rest, ")")
	return strings.TrimSpace(base) + after, facets
}

func duckAssignable(base string, t plan.Type) bool {
	if t.Kind == plan.Array || t.Kind == plan.JSON || t.Kind == plan.JSONB || t.Kind == plan.Bpchar || t.Wide() {
		return false
	}
	switch base {
	case "boolean", "smallint", "integer", "bigint", "float", "double", "decimal", "varchar", "blob", "date", "time", "timestamp",
		"timestamp with time zone", "interval", "uuid":
		return true
	}
	return false // an ENUM, an integer of another width, a moment of other precision
}

func tsqlAssignable(base, facets string, t plan.Type) bool {
	if t.Wide() {
		return false
	}
	switch base {
	case "bit", "smallint", "int", "bigint", "real", "float", "decimal", "numeric", "nvarchar", "varchar", "varbinary", "date", "uniqueidentifier":
		return true
	case "time", "datetime2", "datetimeoffset":
		return facets == "" || facets == "6" || facets == "7"
	}
	return false // what fills up with blanks or zeros, rounds moments, or counts money
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// MaxRows is how many rows of values one INSERT of a dialect may have.
func MaxRows(dialect string) int {
	if dialect == "tsql" {
		return 500 // of 1,000
	}
	return 2_000 // what a parser reads without trouble
}

// MaxParams is how many parameters a statement of a dialect may have.
func MaxParams(dialect string) int {
	if dialect == "tsql" {
		return 2_000 // of 2,100, some of which a driver may take
	}
	return 30_000 // of 65,535
}
