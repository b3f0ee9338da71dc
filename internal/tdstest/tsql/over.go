package tsql

import "strconv"

// over reads the OVER clause behind a call, which some functions must have and others may not.
func (p *parser) over(c *Call, f function) {
	if p.err != nil {
		return
	}
	must := f.use == ranking || f.use == positional
	pos := p.peek().pos
	if !p.accept("OVER") {
		if must {
			p.fail(10753, c.Pos, "The function '"+c.Name+"' must have an OVER clause.")
		}
		return
	}
	switch {
	case !must && f.use != aggregate && f.use != counting:
		p.fail(4113, pos, "The function '"+c.Name+"' is not a valid windowing function, and cannot be used with the OVER clause.")
	case c.Distinct:
		p.fail(10759, pos, "Use of DISTINCT is not allowed with the OVER clause.")
	}
	c.Over = p.window()
	switch o := c.Over; {
	case p.err != nil:
	case must && len(o.OrderBy) == 0:
		p.fail(4112, pos, "The function '"+c.Name+"' must have an OVER clause with ORDER BY.")
	case f.use == ranking && o.Frame != nil:
		p.fail(10752, pos, "The function '"+c.Name+"' may not have a window frame.")
	case o.Frame != nil && len(o.OrderBy) == 0:
		p.fail(10756, pos, "Window frame with ROWS or RANGE must have an ORDER BY clause.")
	}
}

// window reads what stands in the parentheses of OVER. A named window is SQL Server 2022's and outside the subset.
func (p *parser) window() *Over {
	o := &Over{}
	p.expect("(")
	if p.accept("PARTITION", "BY") {
		o.Partition = p.inners()
	}
	if p.accept("ORDER", "BY") {
		o.OrderBy = p.orderItems()
	}
	if p.at("ROWS") || p.at("RANGE") {
		o.Frame = p.frame()
	}
	p.expect(")")
	return o
}

func (p *parser) frame() *Frame {
	t := p.advance()
	f := &Frame{Rows: t.is("ROWS"), Last: Bound{Word: "CURRENT ROW"}}
	if p.accept("BETWEEN") {
		f.First = p.bound()
		p.expect("AND")
		f.Last = p.bound()
	} else {
		f.First = p.bound()
	}
	offset := func(b Bound) bool { return b.Word == "PRECEDING" || b.Word == "FOLLOWING" }
	switch {
	case p.err != nil:
	case !f.Rows && (offset(f.First) || offset(f.Last)):
		p.fail(4194, t.pos, "RANGE is only supported with UNBOUNDED and CURRENT ROW window frame delimiters.")
	case f.First.place() > f.Last.place(), f.First.Word == "UNBOUNDED FOLLOWING", f.Last.Word == "UNBOUNDED PRECEDING":
		p.fail(4193, t.pos, "'BETWEEN "+f.First.Word+" AND "+f.Last.Word+"' is not a valid window frame and cannot be used with the OVER clause.")
	}
	return f
}

// place orders bounds from the first to the last row.
func (b Bound) place() int {
	const unbounded = 1 << 40
	switch b.Word {
	case "UNBOUNDED PRECEDING":
		return -unbounded
	case "PRECEDING":
		return -b.Offset
	case "FOLLOWING":
		return b.Offset
	case "UNBOUNDED FOLLOWING":
		return unbounded
	}
	return 0
}

// bound reads one bound. Its number is a plain literal.
func (p *parser) bound() Bound {
	switch {
	case p.accept("UNBOUNDED", "PRECEDING"):
		return Bound{Word: "UNBOUNDED PRECEDING"}
	case p.accept("UNBOUNDED", "FOLLOWING"):
		return Bound{Word: "UNBOUNDED FOLLOWING"}
	case p.accept("CURRENT", "ROW"):
		return Bound{Word: "CURRENT ROW"}
	}
	t := p.peek()
	n, err := strconv.ParseInt(t.text, 10, 32)
	if t.kind != integer || err != nil {
		p.unexpected()
		return Bound{}
	}
	p.advance()
	if p.accept("FOLLOWING") {
		return Bound{Word: "FOLLOWING", Offset: int(n)}
	}
	p.expect("PRECEDING")
	return Bound{Word: "PRECEDING", Offset: int(n)}
}
