package bounds

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// rankings number rows within their window.
var rankings = map[string]bool{"row_number": true, "rank": true, "dense_rank": true, "percent_rank": true, "cume_dist": true, "ntile": true}

// window: the rows stay; what a function says of them depends on the rows around them.
func (a *analysis) window(n *plan.Window) (rel, error) {
	r, err := a.walk(n.Input)
	if err != nil {
		return r, err
	}
	out := make([]known, len(n.Fns))
	err = a.around(r.home, func() error {
		for i := range n.Fns {
			if out[i], err = a.windowFn(&n.Fns[i], r); err != nil {
				return err
			}
		}
		return nil
	})
	for i, f := range n.Fns {
		a.cols[f.Col.ID] = out[i]
	}
	return r, err
}

func (a *analysis) windowFn(f *plan.WindowFn, r rel) (known, error) {
	parts, err := a.exprs(f.Partition)
	if err != nil {
		return known{}, err
	}
	order := make([]known, len(f.Order))
	for i, k := range f.Order {
		if order[i], err = a.expr(k.Expr); err != nil {
			return known{}, err
		}
	}
	bounds, err := a.exprs(offsets(f.Frame))
	if err != nil {
		return known{}, err
	}
	if r.rows == some && len(a.filledKeys(keyed(r.home, f.Partition))) > 0 {
		r = rel{} // the partition lies on one shard
	}
	inexact := func(list []known) bool { return slices.ContainsFunc(list, func(k known) bool { return !k.exact() }) }
	k, err := a.agg(f.Agg, r)
	if err != nil {
		return known{}, err
	}
	k.rank = rankings[f.Agg.Fn]
	switch fixed := !inexact(parts) && !inexact(order) && !inexact(bounds); {
	case fixed && k.exact() && r.rows == all:
		return k, nil
	case !fixed || r.rows == chosen:
		k.claim &= facts
	case f.Agg.Fn == "rank" || f.Agg.Fn == "dense_rank":
		k.claim = up | filled
	case !growing(f):
		k.claim &= facts
	}
	if rankings[f.Agg.Fn] {
		k.claim |= filled | nonNegative
	}
	if framed(f) {
		k.claim &^= filled // the frame may be empty
		if f.Agg.Fn == "count" {
			k.claim |= filled
		}
	}
	k.why = "it looks at the rows around, some of which may be missing"
	return k.closed(), nil
}

func offsets(f *plan.Frame) []plan.Expr {
	var out []plan.Expr
	if f != nil {
		for _, x := range []plan.Expr{f.StartOffset, f.EndOffset} {
			if x != nil {
				out = append(out, x)
			}
		}
	}
	return out
}

func framed(f *plan.WindowFn) bool { return f.Frame != nil }

// growing reports an aggregate over a frame that keeps its rows when others come: all of the partition, or all up to
// the row's equals.
func growing(f *plan.WindowFn) bool {
	if rankings[f.Agg.Fn] || slices.Contains([]string{"lag", "lead", "first_value", "last_value", "nth_value"}, f.Agg.Fn) {
		return false
	}
	return f.Frame == nil || f.Frame.Exclude == "" && f.Frame.Start == "UNBOUNDED PRECEDING" &&
		(f.Frame.End == "UNBOUNDED FOLLOWING" || f.Frame.End == "CURRENT ROW" && f.Frame.Mode != "ROWS")
}
