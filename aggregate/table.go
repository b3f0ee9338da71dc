// Package aggregate knows, for every aggregate function, which partial columns a shard sends, how partials
// merge and how the result follows from what was merged. One table serves the planner, which asks for the
// partials ([Lookup]), and the executor, which merges them ([Hash]). Answers, types and errors are those
// that one PostgreSQL holding all rows would give; a sum or count that no result type holds is an error
// of SQLSTATE 22003, never rounded or wrapped.
package aggregate

import (
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Function is one aggregate over arguments of given types. It is immutable.
type Function struct {
	Kind     Kind
	Distinct bool // false where DISTINCT changes nothing, as for min
	Args     []arrow.DataType
	Partials []Partial
	Result   arrow.DataType

	// lifted are, of a distinct aggregate, the partials of its plain form, made here from single values.
	lifted []Partial
	// start makes the state that merges Partials, or lifted.
	start func(alloc memory.Allocator, in []arrow.Field) (accumulator, error)
}

// Field is the output column of the function: of its result type, with the metadata that type needs. Min
// and max of char(n) need the metadata of their argument, which the caller adds.
func (f *Function) Field(name string) arrow.Field {
	return fieldOf(name, f.Result)
}

// PartialField is the column that a shard sends for partial i.
func (f *Function) PartialField(i int, name string) arrow.Field {
	return fieldOf(name, f.Partials[i].Type)
}

func fieldOf(name string, dt arrow.DataType) arrow.Field {
	out := arrow.Field{Name: name, Type: dt, Nullable: true}
	if dt.ID() == arrow.DECIMAL256 {
		out.Metadata = arrow.NewMetadata([]string{"atoll.type"}, []string{"numeric"})
	}
	return out
}

// family resolves an aggregate over its arguments; it returns nil if there is no such form.
type family func(kind Kind, args []arrow.DataType) *Function

type entry struct {
	kind   Kind
	family family
	// distinct tells what DISTINCT means for it.
	distinct distinctness
}

type distinctness int

const (
	idempotent  distinctness = iota // duplicates change nothing: DISTINCT is ignored
	deduplicate                     // the state sees every value once
	unsupported                     // DISTINCT is refused
)

var table = map[string]entry{
	"count":          {Count, counts, deduplicate},
	"sum":            {Sum, sums, deduplicate},
	"avg":            {Avg, averages, deduplicate},
	"min":            {Min, extremes, idempotent},
	"max":            {Max, extremes, idempotent},
	"bool_and":       {BoolAnd, bools, idempotent},
	"every":          {BoolAnd, bools, idempotent},
	"bool_or":        {BoolOr, bools, idempotent},
	"bit_and":        {BitAnd, bitwise, idempotent},
	"bit_or":         {BitOr, bitwise, idempotent},
	"bit_xor":        {BitXor, bitwise, deduplicate},
	"var_pop":        {VarPop, variances, deduplicate},
	"var_samp":       {VarSamp, variances, deduplicate},
	"variance":       {VarSamp, variances, deduplicate},
	"stddev_pop":     {StddevPop, variances, deduplicate},
	"stddev_samp":    {StddevSamp, variances, deduplicate},
	"stddev":         {StddevSamp, variances, deduplicate},
	"covar_pop":      {CovarPop, regressions, unsupported},
	"covar_samp":     {CovarSamp, regressions, unsupported},
	"corr":           {Corr, regressions, unsupported},
	"regr_count":     {RegrCount, regressions, unsupported},
	"regr_avgx":      {RegrAvgX, regressions, unsupported},
	"regr_avgy":      {RegrAvgY, regressions, unsupported},
	"regr_sxx":       {RegrSXX, regressions, unsupported},
	"regr_syy":       {RegrSYY, regressions, unsupported},
	"regr_sxy":       {RegrSXY, regressions, unsupported},
	"regr_slope":     {RegrSlope, regressions, unsupported},
	"regr_intercept": {RegrIntercept, regressions, unsupported},
	"regr_r2":        {RegrR2, regressions, unsupported},
}

// Lookup resolves an aggregate by its PostgreSQL name in lower case, over arguments of the types that they
// have after the caller's casts: none for count(*). The error is an [*Error]: 42883 if there is no such
// aggregate of such arguments, 0A000 if its DISTINCT form is not supported.
func Lookup(name string, args []arrow.DataType, distinct bool) (*Function, error) {
	e, ok := table[name]
	if !ok {
		return nil, &Error{SQLState: "42883", Text: fmt.Sprintf("there is no aggregate %s", name)}
	}
	f := e.family(e.kind, args)
	if f == nil {
		return nil, &Error{SQLState: "42883", Text: fmt.Sprintf("aggregate %s does not take arguments %v", name, args)}
	}
	f.Kind, f.Args = e.kind, slices.Clone(args)
	if !distinct || e.distinct == idempotent {
		return f, nil
	}
	if e.distinct == unsupported || len(args) != 1 || !keyable(args[0]) {
		return nil, &Error{SQLState: "0A000", Text: fmt.Sprintf("%s(DISTINCT) over %v is not supported", name, args)}
	}
	return deduplicated(f), nil
}

// exact returns the type that holds any sum of values of an exact numeric type: PostgreSQL's result type
// of sum, in Atoll's representation; nil if dt is not an exact numeric.
func exact(dt arrow.DataType) arrow.DataType {
	switch t := dt.(type) {
	case *arrow.Int16Type, *arrow.Int32Type:
		return arrow.PrimitiveTypes.Int64
	case *arrow.Int64Type:
		return &arrow.Decimal128Type{Precision: 38, Scale: 0}
	case *arrow.Decimal128Type:
		if t.Precision+19 <= 38 {
			return &arrow.Decimal128Type{Precision: 38, Scale: t.Scale}
		}
		return Wide
	case *arrow.Decimal256Type:
		return Wide
	}
	return nil
}

func isFloat(dt arrow.DataType) bool {
	return dt.ID() == arrow.FLOAT32 || dt.ID() == arrow.FLOAT64
}

func one(args []arrow.DataType) (arrow.DataType, bool) {
	if len(args) != 1 {
		return nil, false
	}
	return args[0], true
}
