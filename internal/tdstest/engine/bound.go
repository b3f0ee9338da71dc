package engine

import (
	"context"
	"fmt"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// run is the execution of one statement. One goroutine uses it.
type run struct {
	ctx     context.Context // of the call being served; Rows.Next replaces it
	session *Session
	db      *Database
	state   *catalog // the version of the data that is read
	batch   string
	params  []Param
	ticks   uint
	nulls   bool // an aggregate skipped a NULL
}

// tick is called for every row that any operator touches, so that a statement ends soon after its context.
func (r *run) tick() error {
	if r.ticks++; r.ticks&127 != 0 {
		return nil
	}
	return r.ctx.Err()
}

// env is where expressions are evaluated: a row of their query, and the environment of the query around it.
type env struct {
	run   *run
	row   []Value
	over  []Value // the row's values of the query's window functions
	outer *env
}

type evaluator func(*env) (Value, error)

// bound is an expression whose names and types are resolved.
type bound struct {
	typ      Type
	strength Strength // of typ.Collation
	nullable bool
	constant bool // the same for every row of every query of the statement
	low      int  // low to high are the columns of the query's row that it may read; high < low: none
	high     int
	column   int  // of the query's row if it is just that column, else -1
	outward  bool // it reads a row of a query around its own
	eval     evaluator
}

// truth is the value of a condition.
type truth uint8

const (
	no truth = iota
	unknown
	yes
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

func (t truth) not() truth { return yes - t }

// test is a bound condition.
type test struct {
	constant  bool
	outward   bool
	low, high int
	eval      func(*env) (truth, error)
}

// constantOf is an expression with a known value.
func constantOf(v Value, t Type) bound {
	return bound{typ: t, nullable: v == nil, constant: true, high: -1, column: -1, eval: func(*env) (Value, error) { return v, nil }}
}

// text is a constant as nvarchar, as system functions return.
func (b *binder) text(s string) bound {
	return constantOf(NewString16(s), Type{Kind: NVarchar, Length: 128, Collation: b.run.db.options.Collation})
}

// combine is what an expression over others has in common with them: what it reads, and whether it is constant.
func combine(parts ...bound) bound {
	whole := bound{constant: true, high: -1, column: -1}
	for _, part := range parts {
		whole.constant = whole.constant && part.constant
		whole.nullable = whole.nullable || part.nullable
		whole.outward = whole.outward || part.outward
		whole.low, whole.high = joinSpan(whole.low, whole.high, part.low, part.high)
	}
	return whole
}

// joinSpan is the smallest span of columns that holds both.
func joinSpan(low, high, otherLow, otherHigh int) (int, int) {
	switch {
	case otherHigh < otherLow:
		return low, high
	case high < low:
		return otherLow, otherHigh
	}
	return min(low, otherLow), max(high, otherHigh)
}

// cached makes a constant expression evaluate once; its errors still come when, and only if, it is asked for.
func cached(x bound) bound {
	if !x.constant {
		return x
	}
	var (
		known bool
		value Value
		eval  = x.eval
	)
	x.eval = func(e *env) (Value, error) {
		if known {
			return value, nil
		}
		v, err := eval(e)
		if err == nil {
			known, value = true, v
		}
		return v, err
	}
	return x
}

// convertTo is x implicitly converted; x itself where its values are the same in both types.
func convertTo(x bound, to Type) (bound, error) {
	from := x.typ
	if !isText(to.Kind) {
		to.Collation = ""
	}
	converted := x
	converted.typ = to
	if from.IsNull() {
		return converted, nil
	}
	if !Implicit(from, to) {
		return bound{}, noImplicit(from, to)
	}
	if sameValues(from, to) {
		return converted, nil
	}
	eval := x.eval
	converted.column = -1
	converted.eval = func(e *env) (Value, error) {
		v, err := eval(e)
		if err != nil || v == nil {
			return nil, err
		}
		v, bad := Convert(v, from, to, -1)
		return v, lift(bad)
	}
	return cached(converted), nil
}

// sameValues reports whether every value of one type is, unchanged, the value it converts to.
func sameValues(from, to Type) bool {
	switch {
	case isInteger(from.Kind) && isInteger(to.Kind):
		return integerBytes[from.Kind] <= integerBytes[to.Kind]
	case from.Kind == Varchar && to.Kind == Varchar && from.Collation != to.Collation:
		return false
	case (from.Kind == Varchar || from.Kind == NVarchar) && (to.Kind == from.Kind || to.Kind == NVarchar), from.Kind == Varbinary && to.Kind == Varbinary:
		return to.Length == -1 || from.Length != -1 && from.Length <= to.Length
	case from.Kind != to.Kind:
		return false
	case from.Kind == Decimal:
		return from.Scale == to.Scale && from.Precision <= to.Precision
	case from.Kind == Time || from.Kind == DateTime2 || from.Kind == DateTimeOffset:
		return from.Scale <= to.Scale
	case isText(from.Kind) || isBytes(from.Kind):
		return from.Length == to.Length
	}
	return true
}

func isVariable(k Kind) bool { return k == Varchar || k == NVarchar || k == Varbinary }

// variableOf is the kind of varying length that goes with a fixed one.
func variableOf(k Kind) Kind {
	switch k {
	case Char:
		return Varchar
	case NChar:
		return NVarchar
	case Binary:
		return Varbinary
	}
	return k
}

// clause is the part of a query that an expression stands in.
type clause uint8

const (
	inSelect clause = iota
	inWhere
	inOn
	inGroupBy
	inHaving
	inOrderBy
	inAggregate
	inWindow
	inValues
	inTop
	inComputed
	inFrom
)

// binder resolves the names and types of one statement.
type binder struct {
	run   *run
	depth int // of queries in one another
}

// expr binds a scalar expression.
func (b *binder) expr(s *scope, e tsql.Expr) (bound, error) {
	if s.groups != nil {
		if slot, ok, err := b.grouped(s, e); ok || err != nil {
			return slot, err
		}
	}
	x, err := b.unfolded(s, e)
	if err != nil {
		return bound{}, err
	}
	return cached(x), nil
}

func (b *binder) unfolded(s *scope, e tsql.Expr) (bound, error) {
	switch e := e.(type) {
	case *tsql.Literal:
		v, t, err := LiteralIn(e, b.run.db.options.Collation)
		return constantOf(v, t), lift(err)
	case *tsql.Variable:
		return b.variable(e)
	case *tsql.Column:
		return b.columnRef(s, e)
	case *tsql.Unary:
		return b.unary(s, e)
	case *tsql.BinaryOp:
		return b.binaryOp(s, e)
	case *tsql.Collate:
		return b.collate(s, e)
	case *tsql.Call:
		return b.call(s, e)
	case *tsql.Cast:
		return b.cast(s, e)
	case *tsql.Case:
		return b.caseOf(s, e)
	case *tsql.AtTimeZone:
		return b.atTimeZone(s, e)
	case *tsql.Subquery:
		return b.scalarQuery(s, e)
	default:
		return bound{}, notServed("an expression of form %s", fmt.Sprintf("%T", e))
	}
}

// exprs binds a list.
func (b *binder) exprs(s *scope, list []tsql.Expr) ([]bound, error) {
	out := make([]bound, len(list))
	for i, e := range list {
		var err error
		if out[i], err = b.expr(s, e); err != nil {
			return nil, err
		}
	}
	return out, nil
}
