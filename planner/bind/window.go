package bind

import (
	"strings"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// windowSet collects the window functions of one SELECT, and holds its WINDOW clause.
type windowSet struct {
	items []plan.WindowFn
	named []*ast.WindowDef
}

// windowFunctions are those that are no aggregates: how many arguments each takes, and the kind of its result, Unknown
// for that of its first argument.
var windowFunctions = map[string]struct {
	least, most int
	result      plan.Kind
}{
	"row_number": {0, 0, plan.Int8}, "rank": {0, 0, plan.Int8}, "dense_rank": {0, 0, plan.Int8},
	"percent_rank": {0, 0, plan.Float8}, "cume_dist": {0, 0, plan.Float8}, "ntile": {1, 1, plan.Int4},
	"lag": {1, 3, plan.Unknown}, "lead": {1, 3, plan.Unknown},
	"first_value": {1, 1, plan.Unknown}, "last_value": {1, 1, plan.Unknown}, "nth_value": {2, 2, plan.Unknown},
}

func isWindowFunction(name string) bool { _, ok := windowFunctions[name]; return ok }

// window binds a call with OVER and returns what stands for its value.
func (b *binder) window(e *ast.FuncCall, v *env) (plan.Expr, error) {
	if v.windows == nil {
		return nil, errorAt(e, "42P20", "window functions are not allowed in %s", v.clause)
	}
	switch {
	case e.Distinct:
		return nil, unsupported(e, "DISTINCT in a window function")
	case len(e.OrderBy) > 0 || e.WithinGroup:
		return nil, unsupported(e, "ORDER BY in the arguments of a window function")
	}
	inner := *v
	inner.windows, inner.clause = nil, "a window function"
	f := plan.WindowFn{}
	if err := b.windowCall(e, &inner, &f.Agg); err != nil {
		return nil, err
	}
	def, err := v.windows.resolve(e.Over)
	if err != nil {
		return nil, err
	}
	if err := b.windowDef(def, &inner, &f); err != nil {
		return nil, err
	}
	return v.windows.add(b, f), nil
}

// add notes a function. An average is its sum by its count, as PostgreSQL computes it.
func (w *windowSet) add(b *binder, f plan.WindowFn) plan.Expr {
	if f.Agg.Fn != "avg" {
		f.Col = b.newColumn(f.Agg.Fn, f.Agg.T)
		w.items = append(w.items, f)
		return col(f.Col)
	}
	sum, count := f, f
	x := f.Agg.Args[0].Type()
	sum.Agg.Fn, sum.Agg.T = "sum", sumType(x)
	count.Agg.Fn, count.Agg.T = "count", plan.T(plan.Int8)
	kind := plan.Numeric
	if x.IsFloat() {
		kind = plan.Float8
		sum.Agg.Args, sum.Agg.T = []plan.Expr{castTo(f.Agg.Args[0], plan.T(kind))}, plan.T(kind)
	}
	args := []plan.Expr{asKind(w.add(b, sum), kind), asKind(w.add(b, count), kind)}
	return &plan.Call{Fn: "/", Args: args, T: f.Agg.T}
}

func (b *binder) windowCall(e *ast.FuncCall, v *env, agg *plan.Agg) error {
	*agg = plan.Agg{Fn: e.Name, Star: e.Star}
	spec, own := windowFunctions[e.Name]
	if !own {
		if !isAggregate(e.Name) {
			if futureAggregates[e.Name] {
				return unsupported(e, "window function "+e.Name)
			}
			return errorAt(e, "42809", "OVER specified, but %s is not a window function nor an aggregate function", e.Name)
		}
		if approximate[e.Name] {
			return unsupported(e, e.Name+" as a window function")
		}
		return b.windowAggregate(e, v, agg)
	}
	if e.Filter != nil {
		return errorAt(e, "0A000", "FILTER is not implemented for non-aggregate window functions")
	}
	if e.Star || len(e.Args) < spec.least || len(e.Args) > spec.most {
		return errorAt(e, "42883", "function %s does not exist with these arguments", e.Name)
	}
	if err := b.windowArgs(e, v, agg); err != nil {
		return err
	}
	agg.T = plan.T(spec.result)
	if spec.result == plan.Unknown {
		agg.T = agg.Args[0].Type()
	}
	return nil
}

// windowArgs binds the arguments of lag, ntile and the like. Counts must be constants that need no check of each row.
func (b *binder) windowArgs(e *ast.FuncCall, v *env, agg *plan.Agg) error {
	for i, a := range e.Args {
		bind := b.typed
		if i == 2 { // it takes on the type of the first
			bind = b.expr
		}
		x, err := bind(a, v)
		if err != nil {
			return err
		}
		switch {
		case i == 2: // the default of lag and lead
			pair, err := b.common(a, e.Name, []plan.Expr{agg.Args[0], x})
			if err != nil {
				return err
			}
			agg.Args[0], x = pair[0], pair[1]
			if pair[0].Type() != x.Type() {
				t := unifyNumeric(pair[0].Type(), x.Type())
				agg.Args[0], x = numericAs(pair[0], t), numericAs(x, t)
			}
		case i == 1 || e.Name == "ntile":
			if x, err = b.coerce(a, x, plan.T(plan.Int4)); err != nil {
				return err
			}
			if err := positiveCount(e, a, x); err != nil {
				return err
			}
		}
		agg.Args = append(agg.Args, x)
	}
	return nil
}

func positiveCount(e *ast.FuncCall, at ast.Node, x plan.Expr) error {
	state := map[string]string{"ntile": "22014", "nth_value": "22016"}[e.Name]
	if state == "" {
		return nil
	}
	c, ok := x.(*plan.Const)
	switch {
	case !ok || c.Null:
		return unsupported(at, e.Name+" with anything but a constant")
	case c.Text == "0" || strings.HasPrefix(c.Text, "-"):
		return errorAt(at, state, "argument of %s must be greater than zero", e.Name)
	}
	return nil
}

func (b *binder) windowAggregate(e *ast.FuncCall, v *env, agg *plan.Agg) error {
	if e.Name == "every" {
		agg.Fn = "bool_and"
	}
	switch agg.Fn {
	case "count", "sum", "avg", "min", "max", "bool_and", "bool_or", "bit_and", "bit_or", "bit_xor":
	default:
		return unsupported(e, e.Name+" as a window function")
	}
	if err := b.aggregateArgs(e, v, agg); err != nil {
		return err
	}
	if (agg.Fn == "sum" || agg.Fn == "avg") && agg.T.Kind == plan.Interval {
		return unsupported(e, e.Name+" of interval as a window function")
	}
	if e.Filter == nil {
		return nil
	}
	f, err := b.condition(e.Filter, v)
	agg.Filter = f
	return err
}

// resolve finds a window by name and completes one that is built upon another.
func (w *windowSet) resolve(d *ast.WindowDef) (*ast.WindowDef, error) {
	name := d.Ref
	if d.Name != "" {
		name = d.Name
	}
	if name == "" {
		return d, nil
	}
	base, err := w.find(d, name)
	if err != nil || d.Name != "" {
		return base, err
	}
	out := *d
	switch {
	case len(d.PartitionBy) > 0:
		return nil, errorAt(d, "42P20", "cannot override PARTITION BY clause of window %q", name)
	case len(d.OrderBy) > 0 && len(base.OrderBy) > 0:
		return nil, errorAt(d, "42P20", "cannot override ORDER BY clause of window %q", name)
	case base.Frame != nil:
		return nil, errorAt(d, "42P20", "cannot copy window %q because it has a frame clause", name)
	}
	out.PartitionBy = base.PartitionBy
	if len(out.OrderBy) == 0 {
		out.OrderBy = base.OrderBy
	}
	return &out, nil
}

func (w *windowSet) find(at ast.Node, name string) (*ast.WindowDef, error) {
	for i, d := range w.named {
		if d.Name != name {
			continue
		}
		if d.Ref == "" {
			return d, nil
		}
		earlier := windowSet{named: w.named[:i]}
		anonymous := *d
		anonymous.Name = ""
		return earlier.resolve(&anonymous)
	}
	return nil, errorAt(at, "42704", "window %q does not exist", name)
}

func (b *binder) windowDef(d *ast.WindowDef, v *env, f *plan.WindowFn) error {
	for _, p := range d.PartitionBy {
		x, err := b.typed(p, v)
		if err != nil {
			return err
		}
		if err := sortable(p, x.Type().Kind); err != nil {
			return err
		}
		if err := groupable(p, "PARTITION BY", x.Type()); err != nil {
			return err
		}
		f.Partition = append(f.Partition, comparisonKey(x))
	}
	for _, o := range d.OrderBy {
		x, err := b.typed(o.Expr, v)
		if err != nil {
			return err
		}
		if err := sortable(o, x.Type().Kind); err != nil {
			return err
		}
		k := plan.WindowKey{Expr: arrayKey(x), Desc: o.Desc, NullsFirst: o.Desc}
		if o.Nulls != ast.NullsDefault {
			k.NullsFirst = o.Nulls == ast.NullsFirst
		}
		f.Order = append(f.Order, k)
	}
	if d.Frame == nil {
		return nil
	}
	var err error
	f.Frame, err = b.frame(d.Frame, v, f.Order)
	return err
}

var (
	frameModes  = map[ast.FrameMode]string{ast.FrameRange: "RANGE", ast.FrameRows: "ROWS", ast.FrameGroups: "GROUPS"}
	frameBounds = map[ast.BoundKind]string{ast.UnboundedPreceding: "UNBOUNDED PRECEDING", ast.OffsetPreceding: "PRECEDING",
		ast.CurrentRow: "CURRENT ROW", ast.OffsetFollowing: "FOLLOWING", ast.UnboundedFollowing: "UNBOUNDED FOLLOWING"}
	frameExclusions = map[ast.Exclude]string{ast.ExcludeCurrentRow: "CURRENT ROW", ast.ExcludeGroup: "GROUP", ast.ExcludeTies: "TIES"}
)

func (b *binder) frame(a *ast.Frame, v *env, order []plan.WindowKey) (*plan.Frame, error) {
	f := &plan.Frame{Mode: frameModes[a.Mode], Start: frameBounds[a.Start], End: frameBounds[a.End], Exclude: frameExclusions[a.Exclude]}
	switch {
	case a.Mode == ast.FrameGroups && len(order) == 0:
		return nil, errorAt(a, "42P20", "GROUPS mode requires an ORDER BY clause")
	case a.Mode == ast.FrameRange && (a.StartOffset != nil || a.EndOffset != nil) && len(order) != 1:
		return nil, errorAt(a, "42P20", "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column")
	}
	var err error
	if f.StartOffset, err = b.frameOffset(a.StartOffset, a, v, order); err != nil {
		return nil, err
	}
	f.EndOffset, err = b.frameOffset(a.EndOffset, a, v, order)
	return f, err
}

// frameOffset binds the distance of a bound: a count of rows or groups, or for RANGE a distance in the order's values.
func (b *binder) frameOffset(e ast.Expr, a *ast.Frame, v *env, order []plan.WindowKey) (plan.Expr, error) {
	if e == nil {
		return nil, nil
	}
	x, err := b.expr(e, v)
	if err != nil {
		return nil, err
	}
	if readsColumns([]plan.Expr{x}) {
		return nil, errorAt(e, "42P10", "argument of %s must not contain variables", frameModes[a.Mode])
	}
	want := plan.T(plan.Int8)
	if a.Mode == ast.FrameRange {
		switch t := order[0].Expr.Type(); {
		case t.IsInteger() && x.Type().IsInteger() && x.Type().Kind > t.Kind:
			want = x.Type() // a distance may be of a wider type than the values
		case t.IsInteger(), t.IsFloat():
			want = t
		case t.Kind == plan.Date, t.Kind == plan.Timestamp, t.Kind == plan.TimestampTZ:
			want = plan.T(plan.Interval)
		default:
			return nil, unsupported(e, "RANGE with an offset over "+t.String())
		}
	}
	if x, err = b.coerce(e, x, want); err != nil {
		return nil, err
	}
	if c, ok := x.(*plan.Const); !ok || c.Null {
		return nil, unsupported(e, "a frame offset that is not a constant")
	} else if strings.HasPrefix(c.Text, "-") {
		return nil, errorAt(e, "22013", "frame starting or ending offset must not be negative")
	}
	return x, nil
}
