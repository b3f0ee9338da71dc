package mysql

import (
	"strconv"
	"strings"

	"github.com/xwb1989/sqlparser"

	"github.com/atoll-sql/atoll/planner/ast"
)

// converter builds the common tree from the grammar's. It goes through the tree in the order of the text and keeps its place
// among the tokens: a leaf is a token's index, and a keyword or operator is the next of its kind. Its first error sticks: the
// methods then return nil or incomplete nodes, and the caller looks at err before anybody else sees the tree.
type converter struct {
	toks   []token
	at     int // the token last met
	copies int // how many functions that need an argument twice are open
	// aliases are the columns of the SELECT list to which HAVING may refer by name; nil elsewhere.
	aliases map[string]selected
	named   int // how often HAVING did
	err     *ast.Error
}

// fail records an error unless there is one already.
func (c *converter) fail(e *ast.Error) {
	if c.err == nil {
		c.err = e
	}
}

// here is the position of the token last met.
func (c *converter) here() ast.Pos {
	if c.at < 0 || c.at >= len(c.toks) {
		return ast.NoPos
	}
	return ast.Pos(c.toks[c.at].pos)
}

// leaf is the token of a leaf. Where the grammar's text is no index, which would be a fault of this package, it fails.
func (c *converter) leaf(text string) *token {
	i, err := strconv.Atoi(text)
	if err != nil || i < 0 || i >= len(c.toks) {
		c.fail(ast.Errorf("XX000", int(c.here()), "the grammar's tree names an unknown token %q", text))
		return &token{}
	}
	c.at = i
	return &c.toks[i]
}

// find goes to the next token that is one of these words or symbols, and returns its position. Without one it stays.
func (c *converter) find(list ...string) ast.Pos {
	for i := c.at + 1; i < len(c.toks); i++ {
		if c.toks[i].isAny(list...) {
			c.at = i
			return c.here()
		}
	}
	return ast.NoPos
}

// next is the position of the next token that is not one of these words.
func (c *converter) next(skip ...string) ast.Pos {
	for i := c.at + 1; i < len(c.toks); i++ {
		if !c.toks[i].isAny(skip...) {
			return ast.Pos(c.toks[i].pos)
		}
	}
	return ast.NoPos
}

// column is a column's name, or an alias.
func (c *converter) column(id sqlparser.ColIdent) string { return c.leaf(id.String()).name() }

func (c *converter) table(id sqlparser.TableIdent) string { return c.leaf(id.String()).name() }

// alias is an optional alias: "" if there is none.
func (c *converter) alias(text string) string {
	if text == "" {
		return ""
	}
	t := c.leaf(text)
	if t.name() == "" {
		c.fail(ast.Errorf("42601", t.pos, "an alias is empty"))
	}
	return t.name()
}

// query converts a SELECT, a SELECT in parentheses, or a UNION.
func (c *converter) query(s sqlparser.SelectStatement) *ast.Select {
	defer func(outer map[string]selected) { c.aliases = outer }(c.aliases)
	c.aliases = nil
	switch s := s.(type) {
	case *sqlparser.Select:
		return c.selectQuery(s)
	case *sqlparser.ParenSelect:
		return c.query(s.Select)
	case *sqlparser.Union:
		return c.union(s)
	}
	c.fail(ast.Errorf("XX000", int(c.here()), "the grammar's tree has a query of type %T", s))
	return &ast.Select{Pos: ast.NoPos}
}

func (c *converter) selectQuery(s *sqlparser.Select) *ast.Select {
	out := &ast.Select{Pos: c.find("select"), Distinct: s.Distinct != ""}
	if s.Hints != "" {
		c.fail(unsupported(int(c.next("distinct")), "SELECT STRAIGHT_JOIN"))
	}
	aliases := map[string]selected{}
	for i, e := range s.SelectExprs {
		if i > 0 {
			c.find(",")
		}
		start := c.at
		target := c.target(e)
		if x, ok := e.(*sqlparser.AliasedExpr); ok && !x.As.IsEmpty() {
			aliases[target.Alias] = selected{x.Expr, start}
		}
		out.Targets = append(out.Targets, target)
	}
	out.From = c.from(s.From)
	if s.Where != nil {
		out.Where = c.expr(s.Where.Expr)
	}
	out.GroupBy = c.exprs(sqlparser.Exprs(s.GroupBy))
	if s.Having != nil {
		out.Having = c.having(s.Having.Expr, out.GroupBy, aliases)
	}
	c.tail(out, s.OrderBy, s.Limit)
	return out
}

// union converts a chain of UNIONs, which the grammar builds to the left.
func (c *converter) union(s *sqlparser.Union) *ast.Select {
	out := &ast.Select{}
	left := c.query(s.Left)
	out.Pos = left.Pos
	if _, paren := s.Left.(*sqlparser.ParenSelect); !paren && (left.OrderBy != nil || left.Limit != nil) {
		c.find("union")
		e := ast.Errorf("42601", int(c.here()), "ORDER BY and LIMIT stand before a UNION")
		e.Hint = "put the query that they belong to into parentheses, or write them at the end for the whole"
		c.fail(e)
	}
	right := c.query(s.Right)
	out.SetOp = &ast.SetOp{Pos: right.Pos, Kind: ast.Union, All: s.Type == sqlparser.UnionAllStr, Left: left, Right: right}
	c.tail(out, s.OrderBy, s.Limit)
	return out
}

// tail converts ORDER BY and LIMIT.
func (c *converter) tail(out *ast.Select, order sqlparser.OrderBy, limit *sqlparser.Limit) {
	out.OrderBy = c.order(order)
	switch {
	case limit == nil:
		return
	case c.find("limit") >= 0 && c.commaFollows(): // LIMIT offset, count
		out.Offset = c.count(limit.Offset)
		out.Limit = c.count(limit.Rowcount)
	default:
		out.Limit = c.count(limit.Rowcount)
		if limit.Offset != nil {
			out.Offset = c.count(limit.Offset)
		}
	}
}

// count converts a number of rows, which the grammar lets be any expression.
func (c *converter) count(e sqlparser.Expr) ast.Expr {
	pos := c.next(",", "offset")
	x := c.expr(e)
	switch x := x.(type) {
	case *ast.Param:
		return x
	case *ast.Literal:
		if x.Kind == ast.LitInt {
			return x
		}
	}
	c.fail(ast.Errorf("42601", int(pos), "LIMIT and OFFSET take a number or a parameter"))
	return nil
}

// commaFollows tells LIMIT a, b from LIMIT b OFFSET a: both take numbers and parameters only.
func (c *converter) commaFollows() bool {
	return c.at+2 < len(c.toks) && c.toks[c.at+2].is(",")
}

// order converts ORDER BY. NULLs are the least of values to MySQL, the greatest to PostgreSQL.
func (c *converter) order(list sqlparser.OrderBy) []*ast.SortItem {
	var out []*ast.SortItem
	for _, o := range list {
		item := &ast.SortItem{Expr: c.expr(o.Expr), Desc: o.Direction == sqlparser.DescScr, Nulls: ast.NullsFirst}
		item.Pos = posOf(item.Expr)
		if item.Desc {
			item.Nulls = ast.NullsLast
		}
		out = append(out, item)
	}
	return out
}

func (c *converter) target(e sqlparser.SelectExpr) *ast.Target {
	out := &ast.Target{Pos: c.next("distinct", "all")}
	switch e := e.(type) {
	case *sqlparser.StarExpr:
		out.Expr = c.star(e, out.Pos)
	case *sqlparser.AliasedExpr:
		out.Expr = c.expr(e.Expr)
		if out.Alias = c.alias(e.As.String()); out.Alias == "" {
			out.Alias = c.calledName(e.Expr, out.Expr)
		}
	default:
		c.fail(ast.Errorf("XX000", int(out.Pos), "the grammar's tree has a column of type %T", e))
	}
	return out
}

func (c *converter) star(e *sqlparser.StarExpr, pos ast.Pos) *ast.Star {
	out := &ast.Star{Pos: pos, Table: c.qualifiers(e.TableName)}
	c.find("*")
	return out
}

// qualifiers are the parts of a table's name.
func (c *converter) qualifiers(n sqlparser.TableName) []string {
	var out []string
	if !n.Qualifier.IsEmpty() {
		out = append(out, c.table(n.Qualifier))
	}
	if !n.Name.IsEmpty() {
		out = append(out, c.table(n.Name))
	}
	return out
}

// calledName is the name of an unnamed column that was written as a call and became something else: the function's, as if the
// call had stayed. "" leaves the name to the binder.
func (c *converter) calledName(from sqlparser.Expr, to ast.Expr) string {
	call, ok := from.(*sqlparser.FuncExpr)
	if !ok {
		return ""
	}
	i, err := strconv.Atoi(call.Name.String())
	if err != nil || i >= len(c.toks) {
		return ""
	}
	name := strings.ToLower(c.toks[i].text)
	if f, ok := to.(*ast.FuncCall); ok && f.Name == name {
		return ""
	}
	return name
}

// posOf is the position of an expression that may be nil.
func posOf(e ast.Expr) ast.Pos {
	if e == nil {
		return ast.NoPos
	}
	return ast.Pos(e.Position())
}
