package aggregate

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate/column"
)

// Ordering is what an aggregate whose result depends on the order of its values is told besides its arguments.
type Ordering struct {
	// Keys are the items of its ORDER BY; for mode and the percentiles the one of WITHIN GROUP, which is argument 0.
	Keys []OrderKey
	// Constant is argument 1 (the separator of string_agg, the fraction of a percentile) if it is one value for all
	// rows; it does not travel then.
	Constant *Constant
}

// OrderKey is one item of an aggregate's ORDER BY.
type OrderKey struct {
	Arg        int            // the argument that orders; negative for values of their own
	Type       arrow.DataType // of values of their own
	Desc       bool
	NullsFirst bool // whatever Desc says
}

// Constant is an argument that is the same for all rows: the bytes of a separator, or a fraction as a number.
type Constant struct {
	Null bool
	Text string
}

// IsOrdered reports an aggregate that [LookupOrdered] resolves, and [Lookup] does not.
func IsOrdered(name string) bool { _, ok := orderedTable[name]; return ok }

var orderedTable = map[string]func(f *Function, o Ordering) bool{
	"string_agg":      stringAggregate,
	"mode":            modes,
	"percentile_disc": percentiles,
	"percentile_cont": percentiles,
}

// LookupOrdered resolves an aggregate whose result depends on the order of its values: string_agg(x, separator),
// mode(x), percentile_disc(x, fraction) or percentile_cont(x, fraction). Shards send its values grouped, with their
// number; a [Partial].Arg at or beyond the number of arguments means the ORDER BY item that far beyond. Errors are as
// those of [Lookup].
func LookupOrdered(name string, args []arrow.DataType, distinct bool, o Ordering) (*Function, error) {
	resolve, ok := orderedTable[name]
	if !ok {
		return nil, &Error{SQLState: "42883", Text: fmt.Sprintf("there is no ordered aggregate %s", name)}
	}
	f := &Function{Kind: Kind(name), Distinct: distinct, Args: slices.Clone(args)}
	for _, k := range o.Keys {
		ok = ok && k.Arg < len(args) && (k.Arg >= 0 || keyable(k.Type))
	}
	if !ok || len(args) == 0 || !keyable(args[0]) || !resolve(f, o) {
		return nil, &Error{SQLState: "42883", Text: fmt.Sprintf("aggregate %s does not take arguments %v", name, args)}
	}
	return f, nil
}

func stringAggregate(f *Function, o Ordering) bool {
	id := f.Args[0].ID()
	if len(f.Args) != 2 || f.Args[1].ID() != id || id != arrow.STRING && id != arrow.BINARY {
		return false
	}
	f.Result = f.Args[0]
	f.Partials = []Partial{{Op: OpValue, Type: f.Args[0]}}
	l := layout{kept: []int{0}, count: -1}
	at := map[int]int{0: 0} // argument → partial
	if o.Constant == nil {
		at[1] = len(f.Partials)
		l.kept = append(l.kept, at[1])
		f.Partials = append(f.Partials, Partial{Op: OpValue, Arg: 1, Type: f.Args[1]})
	}
	for i, k := range o.Keys {
		p, travels := at[k.Arg]
		switch {
		case k.Arg < 0:
			p = len(f.Partials)
			f.Partials = append(f.Partials, Partial{Op: OpValue, Arg: len(f.Args) + i, Type: k.Type})
		case !travels:
			continue // a constant
		}
		l.order = append(l.order, sortBy{p, k.Desc, k.NullsFirst})
	}
	for _, p := range l.kept { // so that the result is one, whatever order rows arrive in
		if !slices.ContainsFunc(l.order, func(s sortBy) bool { return s.partial == p }) {
			l.order = append(l.order, sortBy{partial: p})
		}
	}
	if !f.Distinct {
		l.count = len(f.Partials)
		f.Partials = append(f.Partials, countPartial)
	}
	var separator []byte
	if o.Constant != nil && !o.Constant.Null {
		separator = []byte(o.Constant.Text)
	}
	f.start = func(alloc memory.Allocator, in []arrow.Field) (accumulator, error) {
		g, err := newGathered(alloc, in, l)
		return &joined{gathered: g, separator: separator}, err
	}
	return true
}

var countPartial = Partial{Op: OpCountStar, Type: arrow.PrimitiveTypes.Int64}

// withinGroup is the layout of what is sorted by its only values.
func withinGroup(f *Function, o Ordering) (layout, bool) {
	if f.Distinct || len(o.Keys) != 1 || o.Keys[0].Arg != 0 {
		return layout{}, false
	}
	f.Result = f.Args[0]
	f.Partials = []Partial{{Op: OpValue, Type: f.Args[0]}, countPartial}
	k := o.Keys[0]
	return layout{kept: []int{0}, count: 1, order: []sortBy{{0, k.Desc, k.NullsFirst}}}, true
}

func modes(f *Function, o Ordering) bool {
	l, ok := withinGroup(f, o)
	f.start = func(alloc memory.Allocator, in []arrow.Field) (accumulator, error) {
		g, err := newGathered(alloc, in, l)
		return &modeState{g}, err
	}
	return ok && len(f.Args) == 1
}

func percentiles(f *Function, o Ordering) bool {
	l, ok := withinGroup(f, o)
	between := f.Kind == PercentileCont
	if !ok || len(f.Args) != 2 || f.Args[1].ID() != arrow.FLOAT64 || between && f.Args[0].ID() != arrow.FLOAT64 {
		return false
	}
	constant := fraction{}
	if o.Constant == nil {
		f.Partials = append(f.Partials, Partial{Op: OpMax, Arg: 1, Type: f.Args[1]})
	} else if !o.Constant.Null {
		v, err := strconv.ParseFloat(o.Constant.Text, 64)
		if err != nil {
			return false
		}
		constant = fraction{v, true}
	}
	f.start = func(alloc memory.Allocator, in []arrow.Field) (accumulator, error) {
		g, err := newGathered(alloc, in, l)
		return &percentileState{gathered: g, between: between, constant: constant, travels: o.Constant == nil}, err
	}
	return true
}

// layout says what of the partial columns a [gathered] sorts by and keeps. Column 0 holds the values; NULLs among them
// do not count.
type layout struct {
	kept  []int
	order []sortBy
	count int // how often each row is meant; -1 if equal ones count once
}

type sortBy struct {
	partial    int
	desc       bool
	nullsFirst bool
}

func (l layout) encoder(in []arrow.Field) (*column.Encoder, error) {
	keys := make([]column.Key, len(l.order))
	for i, o := range l.order {
		keys[i] = column.Key{Field: in[o.partial], Desc: o.desc, NullsFirst: o.nullsFirst}
	}
	return column.NewEncoder(keys)
}
