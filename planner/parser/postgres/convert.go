package postgres

import (
	"strings"

	"github.com/pganalyze/pg_query_go/v6"

	"github.com/atoll-sql/atoll/planner/ast"
)

// converter builds the common tree from the grammar's. Its first error sticks: the methods then return nil or
// incomplete nodes, and the caller looks at err at the end, before anybody else sees the tree.
type converter struct {
	sql string
	err *ast.Error
}

// fail records an error unless there is one already.
func (c *converter) fail(e *ast.Error) {
	if c.err == nil {
		c.err = e
	}
}

// unsupported refuses a construct by its name.
func (c *converter) unsupported(pos ast.Pos, what string) {
	c.fail(ast.Unsupported(int(pos), what))
}

// refuseIf refuses a construct when it is there.
func (c *converter) refuseIf(there bool, pos ast.Pos, what string) {
	if there {
		c.unsupported(pos, what)
	}
}

// at converts a location of the grammar's. The grammar has -1 for unknown.
func at(location int32) ast.Pos { return ast.Pos(location) }

// firstKnown returns the first position that is known.
func firstKnown(positions ...ast.Pos) ast.Pos {
	for _, p := range positions {
		if p >= 0 {
			return p
		}
	}
	return ast.NoPos
}

// posOf is the position of an expression that may be nil.
func posOf(e ast.Expr) ast.Pos {
	if e == nil {
		return ast.NoPos
	}
	return ast.Pos(e.Position())
}

// nodeName names a node of the grammar for a message: "INSERT", "XmlExpr".
func nodeName(n *pg_query.Node) string {
	if n == nil || n.Node == nil {
		return "an empty node"
	}
	oneof := n.ProtoReflect().Descriptor().Oneofs().Get(0)
	field := n.ProtoReflect().WhichOneof(oneof)
	name := string(field.Message().Name())
	if words, ok := constructNames[name]; ok {
		return words
	}
	if verb, ok := strings.CutSuffix(name, "Stmt"); ok {
		return strings.ToUpper(verb)
	}
	return name
}

// constructNames are the names in SQL of nodes that have no place in the tree.
var constructNames = map[string]string{
	"XmlExpr":                   "XML",
	"XmlSerialize":              "XMLSERIALIZE",
	"RangeTableFunc":            "XMLTABLE",
	"RangeTableSample":          "TABLESAMPLE",
	"JsonTable":                 "JSON_TABLE",
	"JsonFuncExpr":              "JSON_VALUE, JSON_QUERY or JSON_EXISTS",
	"JsonParseExpr":             "JSON(…)",
	"JsonScalarExpr":            "JSON_SCALAR",
	"JsonSerializeExpr":         "JSON_SERIALIZE",
	"JsonObjectConstructor":     "JSON_OBJECT",
	"JsonArrayConstructor":      "JSON_ARRAY",
	"JsonArrayQueryConstructor": "JSON_ARRAY",
	"JsonObjectAgg":             "JSON_OBJECTAGG",
	"JsonArrayAgg":              "JSON_ARRAYAGG",
	"JsonIsPredicate":           "IS JSON",
	"NamedArgExpr":              "a named argument",
	"CurrentOfExpr":             "CURRENT OF",
	"SetToDefault":              "DEFAULT",
}

// located is what most nodes of the grammar offer.
type located interface{ GetLocation() int32 }

// nodePos is the location that a node itself has; many have none.
func nodePos(n *pg_query.Node) ast.Pos {
	if n == nil || n.Node == nil {
		return ast.NoPos
	}
	oneof := n.ProtoReflect().Descriptor().Oneofs().Get(0)
	field := n.ProtoReflect().WhichOneof(oneof)
	if l, ok := n.ProtoReflect().Get(field).Message().Interface().(located); ok {
		return at(l.GetLocation())
	}
	return ast.NoPos
}

// unknownNode refuses a node by its name.
func (c *converter) unknownNode(n *pg_query.Node, near ast.Pos) {
	c.unsupported(firstKnown(nodePos(n), near), nodeName(n))
}

// names returns the words of a list of String nodes.
func (c *converter) names(list []*pg_query.Node) []string {
	if len(list) == 0 {
		return nil
	}
	out := make([]string, 0, len(list))
	for _, n := range list {
		s := n.GetString_()
		if s == nil {
			c.unknownNode(n, ast.NoPos)
			return nil
		}
		out = append(out, s.GetSval())
	}
	return out
}

// exprs converts a list of expressions; nil stays nil.
func (c *converter) exprs(list []*pg_query.Node) []ast.Expr {
	if len(list) == 0 {
		return nil
	}
	out := make([]ast.Expr, len(list))
	for i, n := range list {
		out[i] = c.expr(n)
	}
	return out
}
