package sqlgen

import (
	"fmt"
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// duckdb writes DuckDB's SQL with PostgreSQL's meaning: where DuckDB's own operator or function gives
// another result, one of package scalar's is called, which the connector registers under the name pg_….
//
// A numeric that DECIMAL cannot hold ("wide") is a BLOB of 32 bytes in an order-preserving form; its arithmetic is
// all in those functions.
type duckdb struct{ standard }

var duckdbTypes = map[plan.Kind]string{
	plan.Unknown: "VARCHAR", plan.Bool: "BOOLEAN", plan.Int2: "SMALLINT", plan.Int4: "INTEGER", plan.Int8: "BIGINT", plan.Float4: "FLOAT",
	plan.Float8: "DOUBLE", plan.Text: "VARCHAR", plan.Bpchar: "VARCHAR", plan.Bytea: "BLOB", plan.Date: "DATE",
	plan.Time: "TIME", plan.Timestamp: "TIMESTAMP", plan.TimestampTZ: "TIMESTAMPTZ", plan.Interval: "INTERVAL",
	plan.UUID: "UUID", plan.JSON: "VARCHAR", plan.JSONB: "VARCHAR", plan.Array: "VARCHAR",
}

// scalarNames are the words for types in the names of package scalar's functions.
var scalarNames = map[plan.Kind]string{
	plan.Bool: "bool", plan.Int2: "int2", plan.Int4: "int4", plan.Int8: "int8", plan.Float4: "float4",
	plan.Float8: "float8", plan.Date: "date", plan.Time: "time", plan.Timestamp: "timestamp",
	plan.TimestampTZ: "timestamptz", plan.Interval: "interval", plan.Bytea: "bytea",
}

func (duckdb) typeName(t plan.Type) string {
	if t.Kind == plan.Numeric {
		if t.Wide() {
			return "BLOB"
		}
		return fmt.Sprintf("DECIMAL(%d,%d)", t.Precision, t.Scale)
	}
	return duckdbTypes[t.Kind]
}

func (d duckdb) castSQL(sql string, t plan.Type) string {
	return "CAST(" + sql + " AS " + d.typeName(t) + ")"
}

func (d duckdb) constant(g *gen, c *plan.Const) string {
	t := c.T
	switch {
	case c.Null:
		return d.castSQL("NULL", t)
	case t.Kind == plan.Text || t.Kind == plan.Unknown || t.Kind == plan.Array:
		return quoteLiteral(c.Text)
	case t.Kind == plan.Bool:
		return strings.ToUpper(c.Text)
	case t.Kind == plan.Int4 && !strings.HasPrefix(c.Text, "-"):
		return c.Text
	case t.IsInteger():
		return d.castSQL(c.Text, t)
	case t.Wide():
		return "pg_wide(" + quoteLiteral(c.Text) + ")"
	case t.Kind == plan.Numeric:
		return d.castSQL(quoteLiteral(c.Text), t)
	case t.Kind == plan.Date && isoDate(c.Text), t.Kind == plan.UUID:
		return d.castSQL(quoteLiteral(c.Text), t)
	}
	return d.fromText(g, quoteLiteral(c.Text), t)
}

// isoDate accepts the dates that DuckDB and PostgreSQL read alike: four digits of year, a day that every month has.
func isoDate(s string) bool {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return false
	}
	for _, i := range []int{0, 1, 2, 3, 5, 6, 8, 9} {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s[:4] != "0000" && s[5:7] >= "01" && s[5:7] <= "12" && s[8:] >= "01" && s[8:] <= "28"
}

func (d duckdb) param(number string, t plan.Type) string {
	switch t.Kind {
	case plan.Int2, plan.Int4, plan.Int8: // in canonical form; no function of ours, called again for every batch of rows
		return d.castSQL("$"+number, t)
	}
	return d.fromText(&gen{}, "$"+number, t)
}

func (d duckdb) in(g *gen, e *plan.In) string {
	if !keyed(e.X.Type().Kind) {
		return g.inList(g.operand(e.X), e)
	}
	list := make([]string, len(e.List))
	for i, x := range e.List {
		list[i] = d.key(g.expr(x), x.Type())
	}
	op := " IN ("
	if e.Not {
		op = " NOT IN ("
	}
	return d.key(g.expr(e.X), e.X.Type()) + op + strings.Join(list, ", ") + ")"
}

// fromText reads a value from PostgreSQL's text form.
func (d duckdb) fromText(g *gen, sql string, t plan.Type) string {
	switch t.Kind {
	case plan.Text, plan.Unknown, plan.Bpchar, plan.JSON, plan.JSONB:
		return d.castSQL(sql, plan.T(plan.Text))
	case plan.Numeric:
		return d.narrow("pg_wide("+sql+")", t)
	case plan.UUID:
		return d.castSQL(sql, t)
	case plan.Array:
		return "pg_array_in(" + sql + ", " + elemName(t.Elem) + ")"
	}
	name, ok := scalarNames[t.Kind]
	if !ok {
		return g.unsupported("reading %s from text", t)
	}
	return "pg_text_" + name + "(" + sql + ")"
}

// wide writes a number as wide numeric.
func (d duckdb) wide(g *gen, e plan.Expr) string {
	t := e.Type()
	if c, ok := e.(*plan.Const); ok && !c.Null && !t.IsFloat() {
		return "pg_wide(" + quoteLiteral(c.Text) + ")"
	}
	switch {
	case t.Wide():
		return g.expr(e)
	case t.Kind == plan.Numeric:
		return "pg_wide(CAST(" + g.expr(e) + " AS VARCHAR))"
	case t.IsInteger():
		return "pg_wide(CAST(" + g.expr(e) + " AS BIGINT))"
	case t.IsFloat():
		return "pg_wide(" + g.expr(e) + ")"
	}
	return g.unsupported("%s as numeric", t)
}

// narrow turns the SQL of a wide numeric into type t.
func (d duckdb) narrow(sql string, t plan.Type) string {
	if t.Wide() {
		return sql
	}
	return d.castSQL("pg_wide_text("+sql+")", t)
}

func (d duckdb) cast(g *gen, c *plan.Cast) (string, bool) {
	from, to := c.X.Type(), c.To
	if sql, ok := d.castJSON(g, c); ok {
		return sql, true
	}
	switch {
	case to.Kind == plan.Array:
		return d.castArrays(g, c), true
	case to.Kind == plan.Bpchar:
		return d.castBlank(g, c), true
	case from.Kind == plan.Bpchar && to.Kind != plan.Text:
		return d.cast(g, &plan.Cast{X: &plan.Cast{X: c.X, To: plan.T(plan.Text)}, To: to, Mod: c.Mod})
	case to.Kind == plan.Numeric:
		return d.castNumeric(g, c), true
	case to.Kind == plan.Text:
		return d.castText(g, c), true
	case from.Kind == plan.Text || from.Kind == plan.Unknown:
		return d.fromText(g, g.expr(c.X), to), true
	case from.Kind == plan.Numeric && to.IsInteger():
		return "pg_wide_to_" + scalarNames[to.Kind] + "(" + d.wide(g, c.X) + ")", true
	case from.Kind == plan.Numeric && to.IsFloat():
		return d.castSQL("pg_wide_to_float8("+d.wide(g, c.X)+")", to), true
	case from.IsFloat() && to.IsInteger():
		return "pg_float8_to_" + scalarNames[to.Kind] + "(" + d.castSQL(g.expr(c.X), plan.T(plan.Float8)) + ")", true
	case from.Kind == plan.Float8 && to.Kind == plan.Float4:
		return "pg_float8_to_float4(" + g.expr(c.X) + ")", true
	case from.Kind == plan.Time && to.Kind == plan.Interval:
		return "pg_time_sub(" + g.expr(c.X) + ", CAST('00:00' AS TIME))", true
	case from.Kind == plan.Interval && to.Kind == plan.Time:
		return "pg_time_add(CAST('00:00' AS TIME), " + g.expr(c.X) + ")", true
	case from.Kind == plan.Time, to.Kind == plan.JSON, to.Kind == plan.JSONB:
		return g.unsupported("a cast from %s to %s", from, to), true
	}
	return d.castMoment(g, c), true
}

// castMoment writes the casts between dates and timestamps, and what DuckDB casts as PostgreSQL does.
func (d duckdb) castMoment(g *gen, c *plan.Cast) string {
	from, to, x := c.X.Type().Kind, c.To.Kind, g.expr(c.X)
	stamp := from == plan.Timestamp || from == plan.TimestampTZ
	switch {
	case stamp && to == plan.Time: // an infinite moment has no time of day
		return "CASE WHEN isfinite(" + x + ") THEN " + d.castSQL(x, c.To) + " END"
	case stamp && to == plan.Date:
		return "pg_timestamp_to_date(" + x + ")"
	case from == plan.Date && (to == plan.Timestamp || to == plan.TimestampTZ):
		return "pg_date_to_" + scalarNames[to] + "(" + x + ")"
	}
	return d.castSQL(x, c.To)
}

func (d duckdb) castNumeric(g *gen, c *plan.Cast) string {
	from, to := c.X.Type(), c.To
	if c.Mod == nil && !to.Wide() && (from.IsInteger() || from.Kind == plan.Numeric && !from.Wide()) {
		return d.castSQL(g.expr(c.X), to)
	}
	sql := ""
	if from.Kind == plan.Text {
		sql = "pg_wide(" + g.expr(c.X) + ")"
	} else {
		sql = d.wide(g, c.X)
	}
	if c.Mod != nil {
		sql = fmt.Sprintf("pg_numeric_typmod(%s, %d, %d)", sql, c.Mod[0], c.Mod[1])
	}
	return d.narrow(sql, to)
}

func (d duckdb) castText(g *gen, c *plan.Cast) string {
	from, sql := c.X.Type(), ""
	switch {
	case from.Kind == plan.Text:
		sql = g.expr(c.X)
	case from.Kind == plan.Numeric:
		sql = d.numericText(g, c)
	case from.IsInteger(), from.Kind == plan.UUID, from.Kind == plan.Bool:
		sql = d.castSQL(g.expr(c.X), c.To)
	case isJSON(from.Kind), from.Kind == plan.Array:
		sql = g.expr(c.X)
	case from.Kind == plan.Bpchar:
		sql = "rtrim(" + g.expr(c.X) + ", ' ')"
	case scalarNames[from.Kind] == "":
		return g.unsupported("a cast from %s to text", from)
	default:
		sql = "pg_" + scalarNames[from.Kind] + "_text(" + g.expr(c.X) + ")"
	}
	if c.Mod != nil {
		sql = fmt.Sprintf("pg_left(%s, %d)", sql, c.Mod[0])
	}
	return sql
}

func (d duckdb) sortKey(_ *gen, sql string, k plan.SortKey) []string {
	sql = notOrdinal(sql)
	if k.Col.Type.Kind == plan.Bpchar {
		sql = d.key(sql, k.Col.Type)
	}
	if k.Desc {
		sql += " DESC"
	}
	return []string{sql + nulls(k)}
}
