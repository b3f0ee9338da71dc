package mysql

import (
	"strings"

	"github.com/xwb1989/sqlparser"

	"github.com/atoll-sql/atoll/planner/ast"
)

// maxCopies bounds the nesting of GREATEST and LEAST, whose arguments stand twice in the tree.
const maxCopies = 4

// function is one of MySQL's functions: how many arguments it takes, and what it becomes.
type function struct {
	min, max int // max < 0: any number
	make     func(call *call) ast.Expr
}

// call is a call whose arguments are converted.
type call struct {
	c    *converter
	pos  ast.Pos
	name string // in lower case
	args []ast.Expr
}

// call converts a function call. Only functions that are known by MySQL's meaning pass: one of the same name may mean
// something else to PostgreSQL.
func (c *converter) call(e *sqlparser.FuncExpr) ast.Expr {
	if !e.Qualifier.IsEmpty() {
		c.table(e.Qualifier)
		c.fail(unsupported(int(c.here()), "a function qualified by a schema"))
		return nil
	}
	t := c.leaf(e.Name.String())
	k := &call{c: c, pos: ast.Pos(t.pos), name: lowerASCII(t.text)}
	if name, ok := aggregates[k.name]; ok {
		return c.aggregate(k, name, e)
	}
	if e.Distinct {
		c.fail(ast.Errorf("42809", t.pos, "DISTINCT specified, but %s is not an aggregate function", k.name))
		return nil
	}
	switch k.name {
	case "date_add", "date_sub", "adddate", "subdate":
		return c.dateAdd(k, e.Exprs)
	case "greatest", "least":
		return c.extreme(k, e.Exprs)
	}
	f, ok := functions[k.name]
	if !ok {
		c.fail(named(t.pos, "the function "+strings.ToUpper(k.name), functionHints[k.name]))
		return nil
	}
	k.args = c.args(e.Exprs)
	if n := len(k.args); n < f.min || f.max >= 0 && n > f.max {
		c.fail(ast.Errorf("42883", t.pos, "%s does not take this number of arguments (%d)", strings.ToUpper(k.name), n))
	}
	if c.err != nil {
		return nil
	}
	return f.make(k)
}

// args converts a call's arguments; an alias or a star among them is a syntax error.
func (c *converter) args(list sqlparser.SelectExprs) []ast.Expr {
	var out []ast.Expr
	for _, e := range list {
		x, ok := e.(*sqlparser.AliasedExpr)
		if !ok {
			c.find("*")
			c.fail(syntaxError(&c.toks[max(c.at, 0)]))
			return nil
		}
		out = append(out, c.expr(x.Expr))
		if !x.As.IsEmpty() {
			c.fail(syntaxError(c.leaf(x.As.String())))
		}
	}
	return out
}

// aggregates are the aggregate functions by MySQL's names, with PostgreSQL's.
var aggregates = map[string]string{
	"count": "count", "sum": "sum", "avg": "avg", "min": "min", "max": "max",
	"std": "stddev_pop", "stddev": "stddev_pop", "stddev_pop": "stddev_pop", "stddev_samp": "stddev_samp",
	"variance": "var_pop", "var_pop": "var_pop", "var_samp": "var_samp",
}

func (c *converter) aggregate(k *call, name string, e *sqlparser.FuncExpr) ast.Expr {
	out := &ast.FuncCall{Pos: k.pos, Name: name, Distinct: e.Distinct}
	if len(e.Exprs) == 1 && name == "count" && !e.Distinct {
		if star, ok := e.Exprs[0].(*sqlparser.StarExpr); ok && star.TableName.IsEmpty() {
			c.find("*")
			out.Star = true
			return out
		}
	}
	defer func(outer map[string]selected) { c.aliases = outer }(c.aliases)
	c.aliases = nil
	out.Args = c.args(e.Exprs)
	switch n := len(out.Args); {
	case n > 1 && e.Distinct:
		c.fail(named(int(k.pos), "COUNT(DISTINCT …) of several expressions", "count the rows of SELECT DISTINCT … in a derived table"))
	case n != 1:
		c.fail(ast.Errorf("42883", int(k.pos), "%s takes one argument, not %d", strings.ToUpper(k.name), n))
	}
	return out
}

// groupConcat converts GROUP_CONCAT into string_agg.
func (c *converter) groupConcat(e *sqlparser.GroupConcatExpr) ast.Expr {
	out := &ast.FuncCall{Pos: c.find("group_concat"), Name: "string_agg", Distinct: e.Distinct != ""}
	var x ast.Expr
	if args := c.args(e.Exprs); len(args) == 1 {
		x = cast(args[0], "text")
	} else {
		x = concat(out.Pos, args)
	}
	out.OrderBy = c.order(e.OrderBy)
	separator := &ast.Literal{Pos: out.Pos, Kind: ast.LitString, Text: ","}
	if digits := strings.TrimSuffix(strings.TrimPrefix(e.Separator, " separator '"), "'"); digits != "" {
		t := c.leaf(digits)
		separator = &ast.Literal{Pos: ast.Pos(t.pos), Kind: ast.LitString, Text: t.text}
	}
	out.Args = []ast.Expr{x, separator}
	return out
}

// extreme converts GREATEST and LEAST: NULL if any argument is, where PostgreSQL leaves NULLs out. So each argument that is
// no literal stands twice.
func (c *converter) extreme(k *call, list sqlparser.SelectExprs) ast.Expr {
	if c.copies++; c.copies > maxCopies {
		c.fail(named(int(k.pos), "GREATEST or LEAST at this depth", "they can be nested four deep"))
	}
	defer func() { c.copies-- }()
	start := c.at
	tests := c.args(list)
	if len(tests) < 2 {
		c.fail(ast.Errorf("42883", int(k.pos), "%s takes two arguments or more", strings.ToUpper(k.name)))
	}
	if c.err != nil {
		return nil
	}
	c.at = start
	choice := &ast.FuncCall{Pos: k.pos, Name: k.name, SQLSyntax: true, Args: c.args(list)}
	var nulls []ast.Expr
	for _, x := range tests {
		if lit, ok := x.(*ast.Literal); !ok || lit.Kind == ast.LitNull {
			nulls = append(nulls, &ast.IsNull{Pos: posOf(x), X: x})
		}
	}
	var cond ast.Expr
	switch len(nulls) {
	case 0:
		return choice
	case 1:
		cond = nulls[0]
	default:
		cond = &ast.Or{Pos: k.pos, Args: nulls}
	}
	null := &ast.Literal{Pos: k.pos, Kind: ast.LitNull}
	return &ast.Case{Pos: k.pos, Whens: []*ast.When{{Pos: k.pos, Cond: cond, Result: null}}, Else: choice}
}

// dateAdd converts DATE_ADD(x, INTERVAL n unit) and its kin; ADDDATE and SUBDATE take a number of days, too.
func (c *converter) dateAdd(k *call, list sqlparser.SelectExprs) ast.Expr {
	op := "+"
	if strings.Contains(k.name, "sub") {
		op = "-"
	}
	if len(list) != 2 {
		c.fail(ast.Errorf("42883", int(k.pos), "%s takes two arguments, not %d", strings.ToUpper(k.name), len(list)))
		return nil
	}
	x := c.args(list[:1])
	by, ok := list[1].(*sqlparser.AliasedExpr)
	if c.err != nil || !ok {
		c.fail(ast.Errorf("42601", int(k.pos), "%s wants INTERVAL n unit", strings.ToUpper(k.name)))
		return nil
	}
	if i, ok := by.Expr.(*sqlparser.IntervalExpr); ok {
		return c.shift(k.pos, op, x[0], c.interval(i))
	}
	if strings.HasPrefix(k.name, "date") {
		c.fail(ast.Errorf("42601", int(k.pos), "%s wants INTERVAL n unit", strings.ToUpper(k.name)))
		return nil
	}
	days := c.args(list[1:])
	if c.err != nil {
		return nil
	}
	return c.shift(k.pos, op, x[0], c.spanOf(days[0], units["day"]))
}

// convert converts CAST and CONVERT, whose type is a token of ours.
func (c *converter) convert(e *sqlparser.ConvertExpr) ast.Expr {
	out := &ast.Cast{Pos: c.find("cast", "convert")}
	out.X = c.expr(e.Expr)
	if e.Type == nil || e.Type.Length == nil {
		c.fail(unsupported(int(out.Pos), "this cast"))
		return nil
	}
	t := c.leaf(string(e.Type.Length.Val))
	c.at += max(t.n-1, 0)
	if out.Type = t.typ; out.Type == nil {
		c.fail(unsupported(t.pos, "this cast"))
		return nil
	}
	whole := len(out.Type.Mods) > 0 && out.Type.Mods[0] == 0
	lit, ok := out.X.(*ast.Literal)
	literal := ok && lit.Kind == ast.LitString && !strings.Contains(lit.Text, ".")
	switch {
	case whole && literal && (out.Type.Name == "timestamp" || out.Type.Name == "time"):
		out.Type = &ast.TypeName{Pos: out.Type.Pos, Name: out.Type.Name} // there is nothing to round
	case whole && out.Type.Name == "timestamp":
		return wholeSeconds(out.Pos, out.X)
	case whole && out.Type.Name == "time":
		c.fail(named(t.pos, "a cast to TIME that rounds to seconds", "write TIME(6)"))
	}
	return out
}

// wholeSeconds makes CAST(x AS DATETIME): rounded to seconds, a half upwards.
func wholeSeconds(pos ast.Pos, x ast.Expr) ast.Expr {
	half := &ast.Binary{Pos: pos, Op: "+", L: cast(x, "timestamp"), R: intervalLiteral(pos, "0.5 second")}
	return simple(pos, "date_trunc", text(pos, "second"), half)
}

func simple(pos ast.Pos, name string, args ...ast.Expr) *ast.FuncCall {
	return &ast.FuncCall{Pos: pos, Name: name, Args: args}
}

func text(pos ast.Pos, s string) *ast.Literal {
	return &ast.Literal{Pos: pos, Kind: ast.LitString, Text: s}
}

// concat makes CONCAT: NULL if any argument is.
func concat(pos ast.Pos, args []ast.Expr) ast.Expr {
	var out ast.Expr
	for i, x := range args {
		if i == 0 {
			if out = x; !isString(x) {
				out = cast(x, "text")
			}
			continue
		}
		out = &ast.Binary{Pos: pos, Op: "||", L: out, R: x}
	}
	return out
}

func isString(x ast.Expr) bool {
	lit, ok := x.(*ast.Literal)
	return ok && lit.Kind == ast.LitString
}
