package bind

import (
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/scalar"
)

// The usual relative error of approx_percentile of numbers, and the usual width of its buckets of timestamps in microseconds, one hour.
const (
	usualAlpha = 0.005
	usualWidth = 3600e6
)

// middle is the fraction of a median.
const middle = "0.5"

// approxPercentile binds approx_percentile(x, fraction [, error]) and approx_median(x [, error]). It has percentile_disc's meaning: the answer
// is near a value that is there. The error is a relative one of numbers, the width of a bucket of timestamps.
func (b *binder) approxPercentile(e *ast.FuncCall, v *env, agg *plan.Agg) error {
	args, from := e.Args, "approx_percentile takes a value, a fraction"
	if e.Name == "approx_median" {
		from = "approx_median takes a value"
		if len(args) > 0 {
			args = append([]ast.Expr{args[0], &ast.Literal{Pos: e.Pos, Kind: ast.LitNumeric, Text: middle}}, args[1:]...)
		}
	}
	switch {
	case len(args) < 2 || len(args) > 3:
		return errorAt(e, "42883", "function %s and, if wanted, an error", from)
	case e.Distinct:
		return unsupported(e, e.Name+"(DISTINCT …)")
	}
	x, err := b.typedFor(args[0], v, true)
	if err != nil {
		return err
	}
	s, err := percentileSketch(args[0], e.Name, x.Type())
	if err != nil {
		return err
	}
	f, err := b.fraction(e, args[1], v)
	if err != nil {
		return err
	}
	if f, err = b.knownFraction(args[1], e.Name, f); err != nil {
		return err
	}
	if len(args) == 3 {
		if err := b.percentileError(args[2], v, e.Name, s); err != nil {
			return err
		}
	}
	s.Of = e.Name + "(" + spoken(x) + ")"
	agg.Fn, agg.Sketch, agg.T = "approx_percentile", s, x.Type()
	if x.Type().IsNumber() {
		agg.T = plan.T(plan.Float8)
	}
	agg.Args = []plan.Expr{x, f}
	return nil
}

// percentileSketch is the usual sketch of values of a type.
func percentileSketch(at ast.Node, name string, t plan.Type) (*plan.Sketch, error) {
	switch {
	case t.IsNumber():
		return &plan.Sketch{Alpha: usualAlpha}, nil
	case t.Kind == plan.Date:
		return &plan.Sketch{}, nil
	case t.Kind == plan.Timestamp || t.Kind == plan.TimestampTZ:
		return &plan.Sketch{Width: usualWidth}, nil
	case t.Kind == plan.Interval || t.Kind == plan.Time:
		return nil, unsupported(at, name+" of "+t.String())
	}
	return nil, errorAt(at, "42883", "function %s(%s) does not exist: it takes numbers, dates and timestamps", name, t)
}

// knownFraction requires a fraction that the coordinator knows without computing.
func (b *binder) knownFraction(at ast.Expr, name string, f plan.Expr) (plan.Expr, error) {
	inner := f
	for {
		c, ok := inner.(*plan.Cast)
		if !ok {
			break
		}
		inner = c.X
	}
	switch x := inner.(type) {
	case *plan.Const:
		return b.coerceConst(at, x, f.Type())
	case *plan.Param:
		if inner == f {
			return f, nil
		}
	}
	return nil, unsupported(at, name+" with a fraction that is neither a literal nor a parameter of double precision")
}

// percentileError reads the last argument.
func (b *binder) percentileError(at ast.Expr, v *env, name string, s *plan.Sketch) error {
	x, err := b.expr(at, v)
	if err != nil {
		return err
	}
	c, ok := x.(*plan.Const)
	known := ok && !c.Null
	switch {
	case s.Alpha > 0:
		if known && c.T.IsNumber() {
			s.Alpha, err = strconv.ParseFloat(c.Text, 64)
		}
		if !known || !c.T.IsNumber() || err != nil || !(s.Alpha >= scalar.LeastAlpha && s.Alpha <= scalar.MostAlpha) {
			return errorAt(at, "22023", "the relative error of %s of numbers must be a literal from %g to %g", name, scalar.LeastAlpha, scalar.MostAlpha)
		}
	case s.Width > 0:
		if known && c.T.Kind == plan.Interval {
			s.Width = clockWidth(c.Text)
		}
		if !known || c.T.Kind != plan.Interval || !(s.Width >= scalar.LeastWidth && s.Width <= scalar.MostWidth) || s.Width%1e6 != 0 {
			return errorAt(at, "22023", "the third argument of %s of timestamps, the width of its buckets, must be an interval literal of whole seconds from "+
				"one second to 366 days, without months", name)
		}
	default:
		return errorAt(at, "22023", "%s of dates has no error to choose: it is exact", name)
	}
	return nil
}

// clockWidth reads days and hh:mm:ss in microseconds from an interval's canonical text; 0 if there is anything else in it.
func clockWidth(s string) int64 {
	words := strings.Fields(s)
	var total int64
	if len(words) >= 2 && strings.HasPrefix(words[1], "day") {
		n, err := strconv.ParseInt(words[0], 10, 32)
		if err != nil || n < 0 {
			return 0
		}
		total, words = n*86400, words[2:]
	}
	if len(words) > 0 {
		parts := strings.Split(words[0], ":")
		if len(words) > 1 || len(parts) != 3 {
			return 0
		}
		of := int64(0)
		for _, p := range parts {
			n, err := strconv.ParseUint(p, 10, 32)
			if err != nil {
				return 0
			}
			of = 60*of + int64(n)
		}
		total += of
	}
	return total * 1e6
}

// median writes median(x), which PostgreSQL does not have, as percentile_cont(0.5) WITHIN GROUP (ORDER BY x).
func median(e *ast.FuncCall) (*ast.FuncCall, error) {
	if e.Name != "median" {
		return e, nil
	}
	switch {
	case e.Star || e.WithinGroup || len(e.Args) != 1 || len(e.OrderBy) > 0:
		return nil, errorAt(e, "42883", "function median takes one argument")
	case e.Distinct:
		return nil, unsupported(e, "median(DISTINCT …)")
	case e.Over != nil:
		return nil, unsupported(e, "median as a window function")
	}
	out := *e
	out.Name, out.WithinGroup = "percentile_cont", true
	out.Args = []ast.Expr{&ast.Literal{Pos: e.Pos, Kind: ast.LitNumeric, Text: middle}}
	out.OrderBy = []*ast.SortItem{{Pos: e.Pos, Expr: e.Args[0]}}
	return &out, nil
}
