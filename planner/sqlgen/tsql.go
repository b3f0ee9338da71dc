package sqlgen

import (
	"fmt"
	"strings"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/plan"
)

// tsql writes Transact-SQL with PostgreSQL's meaning. docs/tsql.md names the vendor's page for each construct; they are:
//
//   - SELECT [TOP (n)] … FROM table, derived table, VALUES, parenthesised join; JOIN, LEFT, RIGHT, FULL and CROSS JOIN; WHERE,
//     GROUP BY expressions, HAVING, ORDER BY … [OFFSET n ROWS [FETCH NEXT n ROWS ONLY]]; UNION ALL, INTERSECT, EXCEPT;
//     ORDER BY (SELECT NULL) before an OFFSET without order; x IN (SELECT … FROM OPENJSON(N'…') WITH (v type '$'));
//     CROSS APPLY, OUTER APPLY; (SELECT …) as a value, EXISTS, x [NOT] IN (SELECT …).
//   - = <> < <= > >=, IN, LIKE … ESCAPE, IS NULL, AND, OR, NOT, searched CASE, + - * / % & | ^ ~, COLLATE, CAST, CONVERT
//     with styles 2 and 23, @p1, N'…', 0x…
//   - ABS, CEILING, CHARINDEX, COALESCE, CONCAT, DATALENGTH, DATEADD, DATEDIFF, DATEDIFF_BIG, DATEFROMPARTS, DATEPART, FLOOR,
//     HASHBYTES, LEFT, LEN, LOWER, LTRIM, MONTH, NCHAR, REPLACE, REPLICATE, REVERSE, RIGHT, ROUND, RTRIM, SIGN, SUBSTRING,
//     SWITCHOFFSET, TODATETIMEOFFSET, TRANSLATE, UNICODE, YEAR.
//   - AVG, COUNT_BIG, MAX, MIN, STDEV, STDEVP, SUM, VAR, VARP.
//   - OVER ([PARTITION BY …] [ORDER BY … [ROWS | RANGE BETWEEN … AND …]]) behind AVG, COUNT_BIG, MAX, MIN, SUM, ROW_NUMBER, RANK,
//     DENSE_RANK, NTILE, LAG, LEAD, FIRST_VALUE, LAST_VALUE.
//   - collations Latin1_General_100_BIN2, Latin1_General_100_BIN2_UTF8, Latin1_General_100_CI_AS_SC.
//
// A value of each type of the plan has one type here, so that data type precedence changes nothing: typeName says which.
// A numeric has exactly the digits of its type; of the wide ones only those exist whose digits are known (see known),
// and columns, which may hold the two summands of a long sum.
type tsql struct{}

// The collations: by code unit, by code point over UTF-8, and one that counts code points.
const (
	binary  = "Latin1_General_100_BIN2"
	utf8    = "Latin1_General_100_BIN2_UTF8"
	counted = "Latin1_General_100_CI_AS_SC"
)

// ident writes a name in brackets, reserved or not.
func (tsql) ident(name string) string { return "[" + strings.ReplaceAll(name, "]", "]]") + "]" }

func (d tsql) input(n int) string { return d.ident("in" + itoa(n)) }

var tsqlTypes = map[plan.Kind]string{
	plan.Unknown: "nvarchar(max)", plan.Bool: "bit", plan.Int2: "smallint", plan.Int4: "int", plan.Int8: "bigint", plan.Float4: "real",
	plan.Float8: "float", plan.Text: "nvarchar(max)", plan.Bpchar: "nvarchar(max)", plan.Bytea: "varbinary(max)", plan.Date: "date",
	plan.Time: "time(6)", plan.Timestamp: "datetime2(6)", plan.TimestampTZ: "datetimeoffset(6)", plan.UUID: "uniqueidentifier",
}

func (d tsql) typeName(g *gen, t plan.Type) string {
	if t.Kind == plan.Numeric && !t.Wide() {
		return fmt.Sprintf("decimal(%d, %d)", t.Precision, t.Scale)
	}
	name, ok := tsqlTypes[t.Kind]
	if !ok {
		return g.unsupported("type %s", t)
	}
	return name
}

func (d tsql) castSQL(g *gen, sql string, t plan.Type) string {
	if t.Kind == plan.Numeric && t.Precision == plan.MaxNarrow && t.Scale > 0 {
		g.needs(connectors.FeatureDecimalScale, "a numeric of 38 digits")
	}
	return "CAST(" + sql + " AS " + d.typeName(g, t) + ")"
}

// needs reports a construct that a server without a feature has no exact form of.
func (g *gen) needs(feature, what string) {
	if g.site.lacks(feature) {
		g.unsupported("%s on a server without %s", what, feature)
	}
}

func (tsql) truth(b bool) string {
	if b {
		return "1 = 1"
	}
	return "1 = 0"
}

// maxCases bounds how deep CASE stands in CASE in one expression; the vendor's bound of ten holds for what is made of several.
const maxCases = 4

// value writes e as a value; a condition becomes a bit, in which unknown is NULL.
func (d tsql) value(g *gen, e plan.Expr) (string, bool) {
	if !predicate(e) {
		return d.plainValue(g, e)
	}
	defer d.nest(g)()
	c := g.condition(e)
	if certain(e) {
		return "CASE WHEN " + c + " THEN CAST(1 AS bit) ELSE CAST(0 AS bit) END", true
	}
	return "CASE WHEN " + c + " THEN CAST(1 AS bit) WHEN NOT (" + c + ") THEN CAST(0 AS bit) END", true
}

// plainValue writes what is a value by itself.
func (d tsql) plainValue(g *gen, e plan.Expr) (string, bool) {
	switch x := e.(type) {
	case *plan.Col:
		return g.write(e)
	case *plan.Case:
		if x.T.Wide() {
			break
		}
		return d.choose(g, x), true
	case *plan.Param:
		if x.T.IsFloat() { // nobody promises how the server rounds a text of many digits
			return g.unsupported("a floating-point parameter"), true
		}
		if !x.T.Wide() {
			d.castSQL(g, "", x.T) // whether the server has the type
			return g.write(e)
		}
	case *plan.Subquery:
		if x.Kind != plan.ScalarSubquery {
			return d.plainValue(g, d.rewritten(x, false))
		}
		if !x.T.Wide() {
			return g.write(e)
		}
	case *plan.Const, *plan.Call, *plan.Cast:
		if _, ok := known(e); ok || !e.Type().Wide() {
			return g.write(e)
		}
	default:
		return g.unsupported("expression %T", e), true
	}
	return g.unsupported("an unconstrained numeric"), true
}

// nest counts a CASE; what it returns ends it.
func (d tsql) nest(g *gen) func() {
	if g.cases++; g.cases > maxCases {
		g.unsupported("CASE nested more than %d deep", maxCases)
	}
	return func() { g.cases-- }
}

// choose writes a CASE. Texts get one collation: columns may have several, which do not mix.
func (d tsql) choose(g *gen, e *plan.Case) string {
	defer d.nest(g)()
	var b strings.Builder
	b.WriteString("CASE")
	for _, w := range e.Whens {
		b.WriteString(" WHEN " + g.condition(w.Cond) + " THEN " + d.result(g, w.Then))
	}
	if e.Else != nil {
		b.WriteString(" ELSE " + d.result(g, e.Else))
	}
	return b.String() + " END"
}

// result writes a value that is chosen among others of its type.
func (d tsql) result(g *gen, e plan.Expr) string {
	switch e.Type().Kind {
	case plan.Text:
		return d.text(g, e)
	case plan.Bpchar: // of one type, too, for the widest would fill the others with blanks
		g.needs(connectors.FeatureBinaryCollation, "a choice of texts")
		return d.long(g, e)
	}
	return g.expr(e)
}

// param reads a parameter, which comes as text in the canonical form of its type.
func (d tsql) param(number string, t plan.Type) string { return d.fromText("@p"+number, t) }

// fromText reads a value from PostgreSQL's text form.
func (d tsql) fromText(p string, t plan.Type) string {
	switch t.Kind {
	case plan.Text, plan.Unknown, plan.Bpchar:
		return p
	case plan.TimestampTZ: // canonical is +00, here a space stands before it, and minutes follow
		p = "REPLACE(" + p + ", N'+00', N' +00:00')"
	case plan.Bytea: // canonical is \x and hexadecimal digits
		return "CONVERT(varbinary(max), SUBSTRING(" + p + ", 3, 2147483647), 2)"
	}
	return d.castSQL(&gen{}, p, t)
}

// column reads a column of the table as the type of the plan; nothing is written where it has that type.
func (d tsql) column(g *gen, sql string, t plan.Type, native string) string {
	base, facets, _ := strings.Cut(strings.TrimSuffix(native, ")"), "(")
	to := ""
	switch base {
	case "":
	case "tinyint", "smallint", "int", "bigint", "decimal", "numeric", "money", "smallmoney":
		if want := d.typeName(&gen{}, t); !sameNumber(base, facets, t) && !t.Wide() {
			to = want
		}
	case "datetime":
		to = "datetime2(3)"
	case "smalldatetime":
		to = "datetime2(0)"
	case "datetime2", "time", "datetimeoffset":
		if facets == "" || facets == "7" {
			return microseconds(g, sql, base)
		}
	case "varchar", "char", "text", "ntext":
		if to = unicodeType(base, facets); base == "varchar" && to != "nvarchar(max)" {
			return "(" + sql + " + N'')" // as long as the column is by now, which a cast would cut
		}
	case "nvarchar":
		if facets == "4000" { // a type that no terminator fits into
			to = "nvarchar(max)"
		}
	case "timestamp", "rowversion":
		to = "binary(8)"
	}
	if to == "" {
		return sql
	}
	return "CAST(" + sql + " AS " + to + ")"
}

// sameNumber reports that a column's own type is what the plan's type is called here.
func sameNumber(base, facets string, t plan.Type) bool {
	if base == "decimal" || base == "numeric" {
		return strings.ReplaceAll(facets, " ", "") == fmt.Sprintf("%d,%d", t.Precision, t.Scale)
	}
	return tsqlTypes[t.Kind] == base
}

// microseconds reads a column of seven digits as one of six. The seventh is cut off: a CAST would round the last moment of a
// day into the next one, and that of the calendar, with which temporal tables mark their current rows, out of it.
func microseconds(g *gen, sql, base string) string {
	if !g.site.lacks(connectors.FeatureDateParts) {
		sql = "DATEADD(nanosecond, - (DATEPART(nanosecond, " + sql + ") % 1000), " + sql + ")"
	}
	return "CAST(" + sql + " AS " + base + "(6))"
}

// unicodeType is the type that holds any text of a column whose type is bound to a code page, and one character more.
func unicodeType(base, facets string) string {
	if base == "text" || base == "ntext" || facets == "max" || len(facets) == 4 && facets >= "4000" {
		return "nvarchar(max)"
	}
	return "n" + base + "(" + facets + ")"
}

// output sends text as the bytes of its UTF-16 units: the driver would put U+FFFD in place of what is none, so that it could
// not be told from the real one. The inner cast holds for a column that has become another type of text meanwhile.
func (d tsql) output(g *gen, sql string, t plan.Type) string {
	if t.Kind != plan.Text && t.Kind != plan.Bpchar || g.site.lacks(connectors.FeatureUTF16Bytes) {
		return sql
	}
	return "CAST(CAST(" + sql + " AS nvarchar(max)) AS varbinary(max))"
}

// passed gives the texts of a set operation's inputs one collation. Where rows are compared, something that is no blank ends
// each text, since blanks at its end would not count.
func (d tsql) passed(g *gen, sql string, t plan.Type, kind plan.SetKind) string {
	switch {
	case t.Kind == plan.Text && kind != plan.UnionAll:
		return collate(parens(sql, isWord(sql)), binary) + " + NCHAR(0)"
	case t.Kind == plan.Text && !constant(sql):
		g.needs(connectors.FeatureBinaryCollation, "text of several columns")
		return byUnit(parens(sql, isWord(sql)))
	case t.Kind == plan.Bpchar: // of one type, too, for the widest would fill the others with blanks
		g.needs(connectors.FeatureBinaryCollation, "text of several columns")
		return collate("CAST("+sql+" AS nvarchar(max))", binary)
	}
	return sql
}

// received takes off the end that passed put to a text.
func (d tsql) received(_ *gen, sql string, t plan.Type, kind plan.SetKind) string {
	if t.Kind != plan.Text || kind == plan.UnionAll {
		return sql
	}
	sql = collate(sql, binary)
	return collate("LEFT("+sql+", LEN("+sql+") - 1)", binary)
}

func (tsql) keepsOrder() bool { return false }

func (tsql) countRows() string { return "COUNT_BIG(*)" }

func (d tsql) setOp(g *gen, n *plan.SetOp) {
	if n.Kind == plan.IntersectAll || n.Kind == plan.ExceptAll {
		g.unsupported("%s", n.Kind)
	}
	for _, c := range n.Cols {
		switch k := c.Type.Kind; {
		case (k == plan.Bpchar || k == plan.Bytea) && n.Kind != plan.UnionAll: // blanks and zeros at the end would not count
			g.unsupported("%s of %s", n.Kind, c.Type)
		case c.Type.Wide():
			g.unsupported("%s of an unconstrained numeric", n.Kind)
		}
	}
	g.needsText(n.Cols)
}

func (g *gen) needsText(cols []plan.Column) {
	for _, c := range cols {
		if c.Type.Kind == plan.Text || c.Type.Kind == plan.Bpchar {
			g.needs(connectors.FeatureBinaryCollation, "text of several columns")
		}
	}
}
