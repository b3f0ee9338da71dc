package sqlgen

import (
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// noOrder is what a function that must have an ORDER BY is ordered by where all rows are peers.
const noOrder = "ORDER BY (SELECT NULL)"

// windowFn writes a window function. What computes on averages or variances of sliding rows is nowhere promised to the last
// digit, so that it is left out.
func (d tsql) windowFn(g *gen, f plan.WindowFn) string {
	before := g.inGroup
	g.inGroup = true
	defer func() { g.inGroup = before }()
	switch f.Agg.Fn {
	case "row_number", "rank", "dense_rank":
		return strings.ToUpper(f.Agg.Fn) + "()" + d.ordered(g, f)
	case "ntile":
		return d.ntile(g, f)
	case "percent_rank", "cume_dist":
		return d.relativeRank(g, f)
	case "lag", "lead":
		return d.offsetFn(g, f)
	case "first_value", "last_value":
		over := d.over(g, f, true)
		return d.typed(g, strings.ToUpper(f.Agg.Fn)+"("+d.chosen(g, f.Agg.Args[0])+")"+over, f)
	case "count", "sum", "min", "max", "bool_and", "bool_or":
		return d.windowAggregate(g, f)
	case "avg":
		if f.Agg.Args[0].Type().IsFloat() {
			return d.windowAggregate(g, f)
		}
	}
	return g.unsupported("window function %s", f.Agg.Fn)
}

func (d tsql) windowAggregate(g *gen, f plan.WindowFn) string {
	if f.Agg.Distinct {
		return g.unsupported("DISTINCT in a window")
	}
	g.over = d.over(g, f, false)
	defer func() { g.over = "" }()
	return d.aggregate(g, f.Agg)
}

// chosen writes a value that a window function takes from another row; a text has one collation and no bound.
func (d tsql) chosen(g *gen, e plan.Expr) string {
	switch {
	case e.Type().Wide():
		if _, ok := known(e); !ok {
			return g.unsupported("an unconstrained numeric in a window")
		}
	case e.Type().Kind == plan.Bpchar:
		return g.unsupported("a %s in a window", e.Type())
	}
	return d.result(g, e)
}

// ordered is the window of a function that wants an order and takes no frame.
func (d tsql) ordered(g *gen, f plan.WindowFn) string {
	order, _ := d.windowOrder(g, f.Order)
	if order == "" {
		order = noOrder
	}
	return " OVER (" + strings.Join(append(d.partition(g, f), order), " ") + ")"
}

// partition writes PARTITION BY; its keys are those of GROUP BY.
func (d tsql) partition(g *gen, f plan.WindowFn) []string {
	var keys []string
	for _, x := range f.Partition {
		_, k := d.groupKey(g, x)
		keys = append(keys, k...)
	}
	if len(keys) == 0 {
		return nil
	}
	return []string{"PARTITION BY " + strings.Join(keys, ", ")}
}

// windowOrder writes ORDER BY, nothing where it names constants only. long reports a key that the order of a RANGE frame,
// of which the server takes 900 bytes, has no room for.
func (d tsql) windowOrder(g *gen, list []plan.WindowKey) (sql string, long bool) {
	for _, k := range list {
		kind := k.Expr.Type().Kind
		long = long || kind == plan.Text || kind == plan.Bytea
	}
	return strings.TrimSpace(g.orderBy(list)), long || len(list) > maxRangeKeys
}

// maxRangeKeys is how many keys of at most 40 bytes, their tests for NULL included, the order of a RANGE frame holds.
const maxRangeKeys = 20

// over writes the window of an aggregate or of a value of its frame. A frame needs an order; without one all rows are peers,
// so that each frame of RANGE is the whole partition.
func (d tsql) over(g *gen, f plan.WindowFn, mustOrder bool) string {
	parts := d.partition(g, f)
	order, long := d.windowOrder(g, f.Order)
	frame := d.frame(g, f.Frame)
	rows := strings.HasPrefix(frame, "ROWS")
	switch {
	case order == "" && (rows || mustOrder):
		order = noOrder
	case order == "":
		frame = ""
	case long && !rows:
		g.unsupported("a RANGE frame ordered by text, bytes or more than %d keys", maxRangeKeys)
	}
	for _, p := range []string{order, frame} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return " OVER (" + strings.Join(parts, " ") + ")"
}

// frame writes a frame; nothing for the default, which is PostgreSQL's.
func (d tsql) frame(g *gen, f *plan.Frame) string {
	if f == nil {
		return ""
	}
	start, _ := offsetConst(f.StartOffset)
	end, _ := offsetConst(f.EndOffset)
	switch {
	case f.Mode == "GROUPS", f.Exclude != "", f.Mode == "RANGE" && (f.StartOffset != nil || f.EndOffset != nil):
		return g.unsupported("a frame of GROUPS, of RANGE with an offset or with EXCLUDE")
	case f.Start == "PRECEDING" && f.End == "PRECEDING" && start < end, f.Start == "FOLLOWING" && f.End == "FOLLOWING" && start > end:
		return g.unsupported("a frame that ends before it begins")
	}
	return f.Mode + " BETWEEN " + d.frameBound(g, f.StartOffset, f.Start) + " AND " + d.frameBound(g, f.EndOffset, f.End)
}

func (d tsql) frameBound(g *gen, offset plan.Expr, word string) string {
	if offset == nil {
		return word
	}
	n, ok := offsetConst(offset)
	if !ok {
		return g.unsupported("a frame with a computed offset")
	}
	return itoa(n) + " " + word
}

// offsetConst reads the plain constant that alone may bound a frame, or say how far away a row is.
func offsetConst(e plan.Expr) (int, bool) {
	for {
		c, ok := e.(*plan.Cast)
		if !ok || !c.To.IsInteger() || !c.X.Type().IsInteger() {
			break
		}
		e = c.X
	}
	c, ok := e.(*plan.Const)
	if !ok || c.Null {
		return 0, false
	}
	n, err := strconv.ParseInt(c.Text, 10, 32)
	return int(n), err == nil && n >= 0
}

func (d tsql) ntile(g *gen, f plan.WindowFn) string {
	n, ok := offsetConst(f.Agg.Args[0])
	if !ok || n == 0 {
		return g.unsupported("ntile of a computed number of buckets")
	}
	return "CAST(NTILE(" + itoa(n) + ")" + d.ordered(g, f) + " AS int)"
}

// relativeRank writes percent_rank and cume_dist by what they are made of, so that the division is that of two exact floats.
// The rows not behind a row are all but those before it in the reverse order.
func (d tsql) relativeRank(g *gen, f plan.WindowFn) string {
	defer d.nest(g)()
	total := "COUNT_BIG(*) OVER (" + strings.Join(d.partition(g, f), " ") + ")"
	if f.Agg.Fn == "percent_rank" {
		return "CASE WHEN " + total + " > 1 THEN CAST(RANK()" + d.ordered(g, f) + " - 1 AS float) / CAST(" + total + " - 1 AS float) ELSE CAST(0 AS float) END"
	}
	reverse := f
	reverse.Order = make([]plan.WindowKey, len(f.Order))
	for i, k := range f.Order {
		reverse.Order[i] = plan.WindowKey{Expr: k.Expr, Desc: !k.Desc, NullsFirst: !k.NullsFirst}
	}
	return "(CAST(" + total + " - RANK()" + d.ordered(g, reverse) + " + 1 AS float) / CAST(" + total + " AS float))"
}

// offsetFn writes lag and lead. What stands in for a row that is not there becomes of the type of the value, so both have one.
func (d tsql) offsetFn(g *gen, f plan.WindowFn) string {
	args := f.Agg.Args
	n, ok := 1, true
	if len(args) > 1 {
		n, ok = offsetConst(args[1])
	}
	if !ok {
		return g.unsupported("%s by a computed or negative number of rows", f.Agg.Fn)
	}
	value, t := args[0], args[0].Type()
	write := func(e plan.Expr) string {
		if t.Kind == plan.Text {
			g.needsText([]plan.Column{{Type: t}})
			return d.long(g, e)
		}
		return d.chosen(g, e)
	}
	sql := strings.ToUpper(f.Agg.Fn) + "(" + write(value) + ", " + itoa(n)
	if len(args) > 2 {
		other := write(args[2])
		if args[2].Type().Kind != t.Kind {
			return g.unsupported("%s with a %s instead of a row that is not there", f.Agg.Fn, args[2].Type())
		}
		if t.Kind == plan.Numeric {
			dt, ok := known(args[2])
			vt, vok := known(value)
			if !ok || !vok || dt.Scale > vt.Scale || dt.Precision-dt.Scale > vt.Precision-vt.Scale {
				return g.unsupported("%s with a numeric of other digits instead of a row that is not there", f.Agg.Fn)
			}
			other = d.castSQL(g, other, vt)
		}
		sql += ", " + other
	}
	return d.typed(g, sql+")"+d.ordered(g, f), f)
}

// typed gives a value of another row the digits of the result's type.
func (d tsql) typed(g *gen, sql string, f plan.WindowFn) string {
	t := f.Agg.T
	if from, ok := known(f.Agg.Args[0]); t.Kind != plan.Numeric || t.Wide() || ok && from == t {
		return sql
	}
	return d.castSQL(g, sql, t)
}
