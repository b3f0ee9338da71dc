package tsql

import "fmt"

func (p *printer) exprs(list []Expr) {
	p.list(len(list), func(i int) { p.expr(list[i]) })
}

func (p *printer) expr(x Expr) {
	switch x := x.(type) {
	case *Literal:
		p.put(printLiteral(x))
	case *Variable:
		p.put(x.Name)
	case *Column:
		p.put(dotted(x.Parts))
	case *Unary:
		p.put("(", string(x.Op))
		p.expr(x.X)
		p.put(")")
	case *BinaryOp:
		p.put("(")
		p.expr(x.L)
		p.put(" ", string(x.Op), " ")
		p.expr(x.R)
		p.put(")")
	case *Collate:
		p.put("(")
		p.expr(x.X)
		p.put(" COLLATE ", x.Collation, ")")
	case *Call:
		p.call(x)
	case *Cast:
		p.cast(x)
	case *Case:
		p.caseExpr(x)
	case *AtTimeZone:
		p.put("(")
		p.expr(x.X)
		p.put(" AT TIME ZONE ")
		p.expr(x.Zone)
		p.put(")")
	case *Subquery:
		p.put("(")
		p.query(x.Query)
		p.put(")")
	default:
		panic(fmt.Sprintf("expression %T", x))
	}
}

func printLiteral(l *Literal) string {
	switch l.Kind {
	case Null:
		return "NULL"
	case Varchar:
		return literalText(l.Text)
	case Nvarchar:
		return "N" + literalText(l.Text)
	case Binary:
		return "0x" + l.Text
	}
	return l.Text
}

func (p *printer) call(c *Call) {
	p.put(c.Name, "(")
	if c.Part != "" {
		p.put(c.Part, ", ")
	}
	if c.Star {
		p.put("*")
	}
	if c.Distinct {
		p.put("DISTINCT ")
	}
	p.exprs(c.Args)
	p.put(")")
	if len(c.Within) > 0 {
		p.put(" WITHIN GROUP (")
		p.orderBy(c.Within)
		p.put(")")
	}
	if c.Over != nil {
		p.over(c.Over)
	}
}

func (p *printer) over(o *Over) {
	p.put(" OVER (")
	if len(o.Partition) > 0 {
		p.put("PARTITION BY ")
		p.exprs(o.Partition)
	}
	if len(o.OrderBy) > 0 {
		if len(o.Partition) > 0 {
			p.put(" ")
		}
		p.orderBy(o.OrderBy)
	}
	if f := o.Frame; f != nil {
		mode := " RANGE"
		if f.Rows {
			mode = " ROWS"
		}
		p.put(mode, " BETWEEN ", boundText(f.First), " AND ", boundText(f.Last))
	}
	p.put(")")
}

func boundText(b Bound) string {
	if b.Word == "PRECEDING" || b.Word == "FOLLOWING" {
		return fmt.Sprint(b.Offset, " ", b.Word)
	}
	return b.Word
}

func (p *printer) cast(c *Cast) {
	if c.Try {
		p.put("TRY_")
	}
	if c.Style == nil {
		p.put("CAST(")
		p.expr(c.X)
		p.put(" AS ")
		p.typeName(c.To)
		p.put(")")
		return
	}
	p.put("CONVERT(")
	p.typeName(c.To)
	p.put(", ")
	p.expr(c.X)
	p.put(", ")
	p.expr(c.Style)
	p.put(")")
}

func (p *printer) caseExpr(c *Case) {
	p.put("CASE")
	if c.Operand != nil {
		p.put(" ")
		p.expr(c.Operand)
	}
	for _, w := range c.Whens {
		p.put(" WHEN ")
		if w.Cond != nil {
			p.cond(w.Cond)
		} else {
			p.expr(w.Value)
		}
		p.put(" THEN ")
		p.expr(w.Then)
	}
	if c.Else != nil {
		p.put(" ELSE ")
		p.expr(c.Else)
	}
	p.put(" END")
}

// negated returns " NOT" where a predicate is.
func negated(not bool) string {
	if not {
		return " NOT"
	}
	return ""
}

func (p *printer) cond(c Cond) {
	p.put("(")
	switch c := c.(type) {
	case *Compare:
		p.expr(c.L)
		p.put(" ", c.Op, " ")
		p.expr(c.R)
	case *IsNull:
		p.expr(c.X)
		p.put(" IS", negated(c.Not), " NULL")
	case *IsDistinct:
		p.expr(c.L)
		p.put(" IS", negated(c.Not), " DISTINCT FROM ")
		p.expr(c.R)
	case *In:
		p.in(c)
	case *Like:
		p.expr(c.X)
		p.put(negated(c.Not), " LIKE ")
		p.expr(c.Pattern)
		if c.Escape != nil {
			p.put(" ESCAPE ")
			p.expr(c.Escape)
		}
	case *Between:
		p.expr(c.X)
		p.put(negated(c.Not), " BETWEEN ")
		p.expr(c.Low)
		p.put(" AND ")
		p.expr(c.High)
	case *And:
		p.cond(c.L)
		p.put(" AND ")
		p.cond(c.R)
	case *Or:
		p.cond(c.L)
		p.put(" OR ")
		p.cond(c.R)
	case *Not:
		p.put("NOT ")
		p.cond(c.X)
	case *Exists:
		p.put("EXISTS (")
		p.query(c.Query)
		p.put(")")
	default:
		panic(fmt.Sprintf("condition %T", c))
	}
	p.put(")")
}

func (p *printer) in(c *In) {
	p.expr(c.X)
	p.put(negated(c.Not), " IN (")
	if c.Query != nil {
		p.query(c.Query)
	} else {
		p.exprs(c.List)
	}
	p.put(")")
}
