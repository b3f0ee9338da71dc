package sqlgen

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/plan"
)

// conditionCalls are the functions and operators that T-SQL has as conditions.
var conditionCalls = map[string]bool{
	"=": true, "<>": true, "<": true, "<=": true, ">": true, ">=": true, "is_distinct": true, "is_not_distinct": true,
	"like": true, "ilike": true, "starts_with": true, "isfinite": true,
}

// predicate reports an expression that is a condition in T-SQL and no value.
func predicate(e plan.Expr) bool {
	switch e := e.(type) {
	case *plan.And, *plan.Or, *plan.Not, *plan.IsNull, *plan.IsBool, *plan.In:
		return true
	case *plan.Call:
		return conditionCalls[e.Fn]
	case *plan.Subquery:
		return e.Kind == plan.ExistsSubquery || e.Kind != plan.ScalarSubquery && listed(e)
	case *plan.Cast:
		return e.To.Kind == plan.Bool && e.X.Type().IsInteger()
	}
	return false
}

// certain reports a condition that is never unknown.
func certain(e plan.Expr) bool {
	switch e := e.(type) {
	case *plan.IsNull, *plan.IsBool:
		return true
	case *plan.Call:
		return e.Fn == "is_distinct" || e.Fn == "is_not_distinct"
	case *plan.Subquery:
		return e.Kind == plan.ExistsSubquery
	}
	return false
}

// condition writes e where a condition stands; a value becomes a comparison.
func (d tsql) condition(g *gen, e plan.Expr) (string, bool) {
	filtering := g.filtering
	g.filtering = false
	switch x := e.(type) {
	case *plan.And:
		return d.chain(g, x.Args, " AND ", true, filtering)
	case *plan.Or:
		return d.chain(g, x.Args, " OR ", false, filtering)
	case *plan.Subquery:
		if x.Kind != plan.ScalarSubquery && !predicate(x) {
			return d.condition(g, d.rewritten(x, filtering))
		}
	case *plan.IsBool:
		return d.isBool(g, x), false
	case *plan.Const:
		if !x.Null {
			return d.truth(x.Text == "true"), false
		}
	}
	if predicate(e) {
		return g.write(e)
	}
	return g.operand(e) + " = 1", false
}

// maxChain is how many conditions stand beside each other. A server reads a chain into a tree that is as deep as the chain is
// long, and refuses one that is too deep; so longer ones are written in groups.
const maxChain = 200

func (d tsql) chain(g *gen, args []plan.Expr, op string, empty, filtering bool) (string, bool) {
	g.filtering = filtering && len(args) == 1
	if len(args) <= 1 {
		return g.nary(args, op, empty)
	}
	parts := make([]string, len(args))
	for i, a := range args {
		g.filtering = filtering
		parts[i] = g.conditionOperand(a)
	}
	for len(parts) > maxChain {
		var groups []string
		for c := range slices.Chunk(parts, maxChain) {
			groups = append(groups, "("+strings.Join(c, op)+")")
		}
		parts = groups
	}
	return strings.Join(parts, op), false
}

// isBool writes IS [NOT] TRUE and FALSE, which are never unknown.
func (d tsql) isBool(g *gen, e *plan.IsBool) string {
	defer d.nest(g)()
	c := g.condition(e.X)
	if !e.Value {
		c = "NOT (" + c + ")"
	}
	if e.Not {
		return "CASE WHEN " + c + " THEN 1 ELSE 0 END = 0"
	}
	return "CASE WHEN " + c + " THEN 1 ELSE 0 END = 1"
}

// compare writes a comparison of two values of one type.
func (d tsql) compare(g *gen, op string, l, r plan.Expr) string {
	switch k := l.Type().Kind; {
	case k == plan.Text || k == plan.Unknown:
		return d.compareText(g, op, l, r)
	case k == plan.Bytea:
		return d.compareBytes(g, op, l, r)
	case k == plan.UUID && op != "=" && op != "<>":
		return uuidOrder(g.expr(l)) + " " + op + " " + uuidOrder(g.expr(r))
	case k == plan.Numeric:
		d.comparable(g, l, r)
	case tsqlTypes[k] == "" || k == plan.Bpchar:
		return g.unsupported("comparing %s", l.Type())
	}
	return g.operand(bare(l)) + " " + op + " " + g.operand(bare(r))
}

// bare removes a widening cast from a column, which an index could not follow; exact numbers and moments compare by their values
// whatever their types.
func bare(e plan.Expr) plan.Expr {
	c, ok := e.(*plan.Cast)
	if !ok || c.Mod != nil || c.To.Kind != plan.Numeric {
		return uncast(e)
	}
	if _, column := c.X.(*plan.Col); column && (c.X.Type().IsInteger() || c.X.Type().Kind == plan.Numeric && !c.X.Type().Wide()) {
		return c.X
	}
	return e
}

// comparable reports numerics for which there is no type of 38 digits.
func (d tsql) comparable(g *gen, list ...plan.Expr) {
	whole, scale := 0, 0
	for _, e := range list {
		t, ok := known(e)
		if !ok {
			g.unsupported("comparing an unconstrained numeric")
			return
		}
		whole, scale = max(whole, t.Precision-t.Scale), max(scale, t.Scale)
	}
	if whole+scale > plan.MaxNarrow {
		g.unsupported("comparing numerics that need more than %d digits", plan.MaxNarrow)
	}
}

// compareBytes counts zeros at the end, which the server does not.
func (d tsql) compareBytes(g *gen, op string, l, r plan.Expr) string {
	a, b := g.operand(l), g.operand(r)
	la, lb := "DATALENGTH("+a+")", "DATALENGTH("+b+")"
	switch op {
	case "=":
		return "(" + a + " = " + b + " AND " + la + " = " + lb + ")"
	case "<>":
		return "(" + a + " <> " + b + " OR " + la + " <> " + lb + ")"
	}
	return "(" + a + " " + op[:1] + " " + b + " OR " + a + " = " + b + " AND " + la + " " + op + " " + lb + ")"
}

// uuidOrder writes a uuid so that it sorts by its bytes.
func uuidOrder(sql string) string { return collate("CONVERT(char(36), "+sql+")", binary) }

// distinct writes IS [NOT] DISTINCT FROM so that it is never unknown.
func (d tsql) distinct(g *gen, c *plan.Call) string {
	l, r := g.operand(c.Args[0]), g.operand(c.Args[1])
	same := "(" + d.compare(g, "=", c.Args[0], c.Args[1]) + ") AND " + l + " IS NOT NULL AND " + r + " IS NOT NULL OR " +
		l + " IS NULL AND " + r + " IS NULL"
	if c.Fn == "is_distinct" {
		return "NOT (" + same + ")"
	}
	return "(" + same + ")"
}

// maxInList is how many values an IN list has in the text of a statement; a longer one travels as JSON.
const maxInList = 1000

func (d tsql) in(g *gen, e *plan.In) string {
	k := e.X.Type().Kind
	switch {
	case len(e.List) > maxInList:
		return d.inJSON(g, e)
	case k == plan.Text || k == plan.Unknown:
		return d.inTexts(g, e)
	case k == plan.Bytea:
		var any []string
		for _, x := range e.List {
			any = append(any, d.compareBytes(g, "=", e.X, x))
		}
		if e.Not {
			return "NOT (" + strings.Join(any, " OR ") + ")"
		}
		return "(" + strings.Join(any, " OR ") + ")"
	case k == plan.Numeric:
		d.comparable(g, append([]plan.Expr{e.X}, e.List...)...)
	case tsqlTypes[k] == "" || k == plan.Bpchar:
		return g.unsupported("comparing %s", e.X.Type())
	}
	return g.inList(g.operand(bare(e.X)), e)
}

// inTexts compares texts exactly; beside that a plain comparison stands for an index, where the column has one.
func (d tsql) inTexts(g *gen, e *plan.In) string {
	parts := make([]string, len(e.List))
	for i, x := range e.List {
		parts[i] = d.exactly(g, x)
	}
	sql := d.firmly(g, e.X) + not(e.Not, " IN (") + strings.Join(parts, ", ") + ")"
	raw, ok := rawColumn(g.expr(e.X))
	if e.Not || !ok || !constants(e.List) {
		return sql
	}
	for i, x := range e.List {
		parts[i] = g.expr(x)
	}
	return "(" + raw + " IN (" + strings.Join(parts, ", ") + ") AND " + sql + ")"
}

func not(negate bool, sql string) string {
	if negate {
		return " NOT" + sql
	}
	return sql
}

func constants(list []plan.Expr) bool {
	return !slices.ContainsFunc(list, func(e plan.Expr) bool { _, ok := e.(*plan.Const); return !ok })
}

// inJSON sends a long list of constants as one JSON array.
func (d tsql) inJSON(g *gen, e *plan.In) string {
	g.needs(connectors.FeatureOpenJSON, "a list of more than 1000 values")
	t := e.X.Type()
	switch k := t.Kind; {
	case g.inGroup:
		return g.unsupported("a list of more than %d values within an aggregate or a group key", maxInList)
	case !constants(e.List):
		return g.unsupported("a list of more than %d expressions", maxInList)
	case !t.IsInteger() && k != plan.Text && k != plan.Date && k != plan.UUID && (k != plan.Numeric || t.Wide()):
		return g.unsupported("a list of more than %d values of type %s", maxInList, t)
	}
	values := make([]any, len(e.List))
	for i, x := range e.List {
		if c := x.(*plan.Const); !c.Null {
			d.constant(g, c) // whether it has a form
			values[i] = c.Text
		}
	}
	list, err := json.Marshal(values)
	if err != nil {
		return g.unsupported("a list that is no JSON")
	}
	x, v := g.operand(e.X), "[v]"
	if t.Kind == plan.Text {
		x, v = d.firmly(g, e.X), collate("[v]", binary)+" + NCHAR(0)"
	}
	return x + not(e.Not, " IN (") + "SELECT " + v + " FROM OPENJSON(" + nationalLiteral(string(list)) + ") WITH ([v] " + d.typeName(g, t) + " '$') AS [j])"
}
