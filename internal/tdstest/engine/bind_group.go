package engine

import (
	"reflect"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// grouping is what the clauses behind GROUP BY can name: the keys and the aggregates, which are the columns of the
// grouped row, in that order.
type grouping struct {
	keys       []bound
	slots      map[string]int // of a key's or aggregate's text: the column of the grouped row
	columns    []scopeColumn
	shapes     map[reflect.Type]bool // of the keys, to look for matches only where there can be one
	aggregates []*aggregateCall
}

// aggregateCall is one aggregate of a grouped query.
type aggregateCall struct {
	name     string
	distinct bool
	arg      bound
	natural  Type      // of the value that the accumulator gives
	result   Type      // what this server makes of it (MissingDecimalScale)
	order    []sortKey // of STRING_AGG WITHIN GROUP
	joiner   *bound    // STRING_AGG's separator
	naive    bool      // MissingStableVariance
	argType  Type
}

// groupBy binds the keys of a grouped query; what is bound afterwards sees them and aggregates only.
func (b *binder) groupBy(s *scope, sel *tsql.Select) (*grouping, error) {
	g := &grouping{slots: map[string]int{}, shapes: map[reflect.Type]bool{}}
	s.clause = inGroupBy
	for _, e := range sel.GroupBy {
		if hasSubquery(e) || hasAggregate(e) {
			return nil, newError(144, "Cannot use an aggregate or a subquery in an expression used for the group by list of a GROUP BY clause.")
		}
		key, err := b.expr(s, e)
		if err != nil {
			return nil, err
		}
		if key.high < key.low {
			return nil, newError(164, "Each GROUP BY expression must contain at least one column that is not an outer reference.")
		}
		if err := groupable(key.typ); err != nil {
			return nil, err
		}
		text := b.key(s, e)
		if _, ok := g.slots[text]; ok {
			continue
		}
		g.slots[text] = len(g.keys)
		g.shapes[reflect.TypeOf(e)] = true
		g.keys = append(g.keys, key)
		g.columns = append(g.columns, scopeColumn{typ: Settle(key.typ), strength: key.strength, nullable: key.nullable})
	}
	return g, nil
}

func groupable(t Type) error {
	if t.Kind == Unreadable {
		return newError(306, "The %s data type cannot be compared or sorted, except when using IS NULL or LIKE operator.", t.Name)
	}
	return nil
}

// grouped finds an expression among the keys.
func (b *binder) grouped(s *scope, e tsql.Expr) (bound, bool, error) {
	if !s.groups.shapes[reflect.TypeOf(e)] {
		return bound{}, false, nil
	}
	slot, ok := s.groups.slots[b.key(s, e)]
	if !ok {
		return bound{}, false, nil
	}
	return columnAt(s.groups.columns[slot], slot, 0), true, nil
}

func nestedAggregate() *Error {
	return newError(130, "Cannot perform an aggregate function on an expression containing an aggregate or a subquery.")
}

// aggregate binds a call of an aggregate to a column of the grouped row.
func (b *binder) aggregate(s *scope, e *tsql.Call) (bound, error) {
	switch {
	case s.clause == inAggregate:
		return bound{}, nestedAggregate()
	case s.clause == inOn:
		return bound{}, newError(1015, "An aggregate cannot appear in an ON clause unless it is in a subquery contained in a HAVING clause or select list, "+
			"and the column being aggregated is an outer reference.")
	case s.groups == nil && s.clause == inWhere:
		return bound{}, newError(147, "An aggregate may not appear in the WHERE clause unless it is in a subquery contained in a HAVING clause or a select "+
			"list, and the column being aggregated is an outer reference.")
	case s.groups == nil:
		return bound{}, newError(157, "An aggregate may not appear here.")
	}
	g := s.groups
	text := "aggregate " + b.key(s, e)
	if slot, ok := g.slots[text]; ok {
		return columnAt(g.columns[slot], slot, 0), nil
	}
	call, err := b.aggregateCall(s, e)
	if err != nil {
		return bound{}, err
	}
	slot := len(g.keys) + len(g.aggregates)
	g.slots[text] = slot
	g.aggregates = append(g.aggregates, call)
	column := scopeColumn{typ: call.result, strength: call.arg.strength, nullable: e.Name != "COUNT" && e.Name != "COUNT_BIG"}
	g.columns = append(g.columns, column)
	return columnAt(column, slot, 0), nil
}

// aggregateCall binds an aggregate's arguments, which see the rows, not the groups.
func (b *binder) aggregateCall(s *scope, e *tsql.Call) (*aggregateCall, error) {
	groups, clause := s.groups, s.clause
	s.groups, s.clause = nil, inAggregate
	defer func() { s.groups, s.clause = groups, clause }()
	if e.Star {
		return b.aggregateOf(e, constantOf(int64(1), Type{Kind: Int}))
	}
	args, err := b.exprs(s, e.Args)
	if err != nil {
		return nil, err
	}
	call, err := b.aggregateOf(e, args[0])
	if err == nil && e.Name == "STRING_AGG" {
		err = b.stringAgg(s, e, call, args)
	}
	return call, err
}

// aggregateOf is an aggregate of one argument. A column of a query around may not meet one of the rows that are aggregated;
// alone it would make the aggregate one of that query, which is outside the subset.
func (b *binder) aggregateOf(e *tsql.Call, arg bound) (*aggregateCall, error) {
	switch {
	case arg.outward && arg.low <= arg.high:
		return nil, newError(8124, "Multiple columns are specified in an aggregated expression containing an outer reference. If an expression being aggregated "+
			"contains an outer reference, then that outer reference must be the only column referenced in the expression.")
	case arg.outward:
		return nil, notServed("an aggregate of a column of a query around")
	}
	call := &aggregateCall{name: e.Name, distinct: e.Distinct, arg: arg}
	if err := groupable(call.arg.typ); err != nil && !e.Star && e.Name != "COUNT" && e.Name != "COUNT_BIG" {
		return nil, newError(8117, "Operand data type %s is invalid for %s operator.", call.arg.typ.Name, e.Name)
	}
	call.argType = call.arg.typ
	typ, bad := AggregateType(e.Name, e.Distinct, call.arg.typ)
	if bad != nil {
		return nil, placed(bad, b.run.batch, e.Pos)
	}
	call.natural, call.result = typ, typ
	if e.Name == "SUM" && typ.Kind == Decimal && b.run.db.options.lacks(MissingDecimalScale) {
		call.result.Scale = min(typ.Scale, 2)
	}
	switch e.Name {
	case "VAR", "VARP", "STDEV", "STDEVP":
		call.naive = !e.Distinct && b.run.db.options.lacks(MissingStableVariance)
	}
	return call, nil
}

func (b *binder) stringAgg(s *scope, e *tsql.Call, call *aggregateCall, args []bound) error {
	joiner := args[1]
	if !joiner.constant || !isText(joiner.typ.Kind) {
		return newError(8733, "Separator parameter for STRING_AGG must be a string literal or variable.")
	}
	call.joiner = &joiner
	for _, item := range e.Within {
		x, err := b.expr(s, item.Expr)
		if err != nil {
			return err
		}
		call.order = append(call.order, sortKey{value: x, desc: item.Desc})
	}
	return nil
}
