package ast

import (
	"fmt"
	"strconv"
	"strings"
)

func (d *dumper) expr(n Expr) {
	switch n := n.(type) {
	case *ColumnRef:
		d.WriteString(strings.Join(n.Parts, "."))
	case *Star:
		d.WriteString(strings.Join(append(n.Table[:len(n.Table):len(n.Table)], "*"), "."))
	case *Literal:
		d.WriteString(literalText(n))
	case *Param:
		d.WriteString("$" + strconv.Itoa(n.N))
	case *FuncCall:
		d.call(n)
	case *Case:
		d.WriteString("(case")
		if n.Operand != nil {
			d.WriteByte(' ')
			d.node(n.Operand)
		}
		for _, w := range n.Whens {
			d.WriteByte(' ')
			d.node(w)
		}
		d.sub("else", one(n.Else))
		d.WriteByte(')')
	case *Cast:
		d.list("cast", n.X, n.Type)
	case *Quantified:
		d.quantified(n)
	case *InSubquery:
		d.list(not(n.Not, "in-query"), n.X, n.Query)
	case *Exists:
		d.list("exists", n.Query)
	case *ScalarSubquery:
		d.list("scalar", n.Query)
	case *ArraySubquery:
		d.list("array-query", n.Query)
	default:
		d.list(head(n), nodes(operands(n))...)
	}
}

// quoteEscapes keeps a string on one line.
var quoteEscapes = strings.NewReplacer("'", "''", "\n", `\n`, "\r", `\r`)

func literalText(n *Literal) string {
	switch n.Kind {
	case LitNull:
		return "null"
	case LitString:
		return "'" + quoteEscapes.Replace(n.Text) + "'"
	case LitBitString:
		return "b'" + n.Text + "'"
	}
	return n.Text
}

func not(negated bool, word string) string {
	if negated {
		return "not-" + word
	}
	return word
}

func (d *dumper) quantified(n *Quantified) {
	head := n.Op + "-any"
	if n.All {
		head = n.Op + "-all"
	}
	if n.Query != nil {
		d.list(head, n.X, n.Query)
		return
	}
	d.list(head, n.X, n.Array)
}

func (d *dumper) call(n *FuncCall) {
	d.WriteString("(call " + qualified(n.Schema, n.Name))
	d.wordIf(n.Distinct, "distinct")
	d.wordIf(n.Star, "*")
	for i, a := range n.Args {
		d.WriteByte(' ')
		if n.Names != nil && n.Names[i] != "" {
			d.WriteString(n.Names[i] + "=>")
		}
		if n.Variadic && i == len(n.Args)-1 {
			d.WriteString("variadic ")
		}
		d.node(a)
	}
	if n.WithinGroup {
		d.sub("within-group", nodes(n.OrderBy))
	} else {
		d.sub("order", nodes(n.OrderBy))
	}
	d.sub("filter", one(n.Filter))
	if n.Over != nil {
		d.WriteByte(' ')
		d.node(n.Over)
	}
	d.WriteByte(')')
}

// head names an expression whose children are operands(n).
func head(n Expr) string {
	switch n := n.(type) {
	case *Binary:
		return n.Op
	case *Unary:
		return "unary" + n.Op
	case *And:
		return "and"
	case *Or:
		return "or"
	case *Not:
		return "not"
	case *IsNull:
		return not(n.Not, "is-null")
	case *IsBool:
		return not(n.Not, "is-"+[...]string{"?", "true", "false", "unknown"}[n.Test])
	case *IsDistinct:
		return not(n.Not, "distinct-from")
	case *Like:
		if n.CaseInsensitive {
			return not(n.Not, "ilike")
		}
		return not(n.Not, "like")
	case *SimilarTo:
		return not(n.Not, "similar")
	case *Between:
		if n.Symmetric {
			return not(n.Not, "between-symmetric")
		}
		return not(n.Not, "between")
	case *In:
		return not(n.Not, "in")
	case *Collate:
		return "collate " + qualified(n.Schema, n.Name)
	case *Row:
		return "row"
	case *Array:
		return "array"
	case *Subscript:
		if n.Slice {
			return "slice"
		}
		return "subscript"
	case *FieldSelect:
		return "field " + n.Field
	case *Extract:
		return "extract " + n.Field
	case *GroupingSet:
		return [...]string{"?", "empty", "rollup", "cube", "sets"}[n.Kind]
	}
	return fmt.Sprintf("%T", n)
}
