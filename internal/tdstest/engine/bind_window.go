package engine

import "github.com/atoll-sql/atoll/internal/tdstest/tsql"

// windowCall is a function over the rows around each row of a query. Its value is a cell of env.over.
type windowCall struct {
	name      string
	args      []bound        // of functions that are no aggregates
	aggregate *aggregateCall // nil for them
	partition []bound
	order     []sortKey
	frame     tsql.Frame
}

// windowing are the window functions of a query, in the order of their cells.
type windowing struct{ calls []*windowCall }

// window binds a function with an OVER clause.
func (b *binder) window(s *scope, e *tsql.Call) (bound, error) {
	switch {
	case s.clause == inAggregate || s.clause == inWindow:
		return bound{}, newError(4109, "Windowed functions cannot be used in the context of another windowed function or aggregate.")
	case s.windows == nil || s.clause != inSelect && s.clause != inOrderBy:
		return bound{}, newError(4108, "Windowed functions can only appear in the SELECT or ORDER BY clauses.")
	}
	clause := s.clause
	s.clause = inWindow
	defer func() { s.clause = clause }()
	args, err := b.exprs(s, e.Args)
	if err != nil {
		return bound{}, err
	}
	w := &windowCall{name: e.Name, args: args}
	if w.partition, err = b.exprs(s, e.Over.Partition); err != nil {
		return bound{}, err
	}
	if err := b.windowOrder(s, e, w); err != nil {
		return bound{}, err
	}
	out := bound{column: -1, low: 0, high: everywhere, typ: Type{Kind: BigInt}}
	for _, x := range combined(w) {
		out.outward = out.outward || x.outward
	}
	if err := b.windowFunction(e, w, &out); err != nil {
		return bound{}, err
	}
	cell := len(s.windows.calls)
	s.windows.calls = append(s.windows.calls, w)
	out.eval = func(at *env) (Value, error) { return at.over[cell], nil }
	return out, nil
}

func combined(w *windowCall) []bound {
	all := append(append([]bound{}, w.args...), w.partition...)
	for _, k := range w.order {
		all = append(all, k.value)
	}
	return all
}

// maxRangeOrder is how many bytes the order of a RANGE frame may have.
const maxRangeOrder = 900

// windowOrder binds the ORDER BY of a window, and its frame.
func (b *binder) windowOrder(s *scope, e *tsql.Call, w *windowCall) error {
	size := 0
	for _, item := range e.Over.OrderBy {
		x, err := b.expr(s, item.Expr)
		if err != nil {
			return err
		}
		if literal, ok := item.Expr.(*tsql.Literal); ok && literal.Kind == tsql.Integer {
			return newError(5308, "Windowed functions, aggregates and NEXT VALUE FOR functions do not support integer indices as ORDER BY clause expressions.")
		}
		if x.constant && !hasSubquery(item.Expr) {
			return newError(5309, "Windowed functions, aggregates and NEXT VALUE FOR functions do not support constants as ORDER BY clause expressions.")
		}
		if err := groupable(Settle(x.typ)); err != nil {
			return err
		}
		size += storedBytes(Settle(x.typ))
		w.order = append(w.order, sortKey{value: x, desc: item.Desc})
	}
	w.frame = tsql.Frame{First: tsql.Bound{Word: "UNBOUNDED PRECEDING"}, Last: tsql.Bound{Word: "CURRENT ROW"}}
	switch {
	case e.Over.Frame != nil:
		w.frame = *e.Over.Frame
	case len(w.order) == 0:
		w.frame.Last.Word = "UNBOUNDED FOLLOWING"
	}
	switch framed := IsAggregate(e.Name) || e.Name == "FIRST_VALUE" || e.Name == "LAST_VALUE"; {
	case !framed || w.frame.Rows:
	case size >= unboundedBytes:
		return newError(8728, "ORDER BY list of RANGE window frame cannot contain expressions of LOB type.")
	case size > maxRangeOrder:
		return newError(8729, "ORDER BY list of RANGE window frame has total size of %d bytes. Largest size supported is %d bytes.", size, maxRangeOrder)
	}
	return nil
}

// unboundedBytes stands for the size of a (max) type.
const unboundedBytes = 1 << 30

// storedBytes is how many bytes a value of the type takes at most.
func storedBytes(t Type) int {
	switch {
	case !isText(t.Kind) && !isBytes(t.Kind):
		return 17
	case t.Length < 0:
		return unboundedBytes
	case isUnicode(t.Kind):
		return 2 * t.Length
	}
	return t.Length
}

// windowFunction finds the type of the function, and what it makes of its arguments.
func (b *binder) windowFunction(e *tsql.Call, w *windowCall, out *bound) error {
	if IsAggregate(e.Name) {
		return b.windowAggregate(e, w, out)
	}
	switch e.Name {
	case "NTILE":
		n, err := convertTo(w.args[0], Type{Kind: BigInt})
		w.args[0] = n
		return err
	case "LAG", "LEAD":
		out.nullable = true
		return b.offsets(w, out)
	case "FIRST_VALUE", "LAST_VALUE":
		out.typ, out.strength, out.nullable = Settle(w.args[0].typ), w.args[0].strength, true
	}
	return nil
}

// offsets is LAG and LEAD, of the type of the value: what stands in for a row that is not there is converted to it.
func (b *binder) offsets(w *windowCall, out *bound) error {
	out.typ, out.strength = Settle(w.args[0].typ), w.args[0].strength
	var err error
	if len(w.args) > 1 {
		if w.args[1], err = convertTo(w.args[1], Type{Kind: BigInt}); err != nil {
			return err
		}
	}
	if len(w.args) > 2 {
		w.args[2], err = convertTo(recollate(w.args[2], out.typ.Collation), out.typ)
	}
	return err
}

func (b *binder) windowAggregate(e *tsql.Call, w *windowCall, out *bound) error {
	if hasSubquery(e.Args) {
		return nestedAggregate()
	}
	arg := constantOf(int64(1), Type{Kind: Int})
	if !e.Star {
		arg = w.args[0]
	}
	call, err := b.aggregateOf(e, arg)
	if err != nil {
		return err
	}
	w.aggregate = call
	out.typ, out.strength, out.nullable = call.result, arg.strength, e.Name != "COUNT" && e.Name != "COUNT_BIG"
	return nil
}
