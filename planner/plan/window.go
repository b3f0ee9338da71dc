package plan

import (
	"fmt"
	"strings"
)

// Window adds columns computed over the rows around each row of its input.
type Window struct {
	Input Node
	Fns   []WindowFn
}

// WindowFn is one window function with its window.
type WindowFn struct {
	Col       Column
	Agg       Agg // the function: an aggregate, or row_number, rank, lag and the like
	Partition []Expr
	Order     []WindowKey
	Frame     *Frame // nil for the default
}

// WindowKey is one item of a window's ORDER BY.
type WindowKey struct {
	Expr       Expr
	Desc       bool
	NullsFirst bool
}

// Frame bounds the rows that a function sees. Start and End are SQL's words but for the offset, which stands before
// PRECEDING or FOLLOWING.
type Frame struct {
	Mode                   string // "ROWS", "RANGE", "GROUPS"
	Start, End             string // "UNBOUNDED PRECEDING", "PRECEDING", "CURRENT ROW", "FOLLOWING", "UNBOUNDED FOLLOWING"
	StartOffset, EndOffset Expr   // nil where the bound has none
	Exclude                string // "", "CURRENT ROW", "GROUP", "TIES"
}

// Columns implements Node.
func (n *Window) Columns() []Column {
	out := append([]Column(nil), n.Input.Columns()...)
	for _, f := range n.Fns {
		out = append(out, f.Col)
	}
	return out
}

// Inputs implements Node.
func (n *Window) Inputs() []Node { return []Node{n.Input} }
func (*Window) node()            {}

// expressions lists every expression of the function.
func (f *WindowFn) expressions() []Expr {
	out := append(f.Agg.expressions(), f.Partition...)
	for _, k := range f.Order {
		out = append(out, k.Expr)
	}
	if f.Frame != nil {
		for _, x := range []Expr{f.Frame.StartOffset, f.Frame.EndOffset} {
			if x != nil {
				out = append(out, x)
			}
		}
	}
	return out
}

// Mapped returns the function with g applied to each of its expressions.
func (f WindowFn) Mapped(g func(Expr) Expr) WindowFn {
	f.Agg, f.Partition, f.Order = f.Agg.mapped(g), mapList(f.Partition, g), mapKeys(f.Order, g)
	if f.Frame != nil {
		frame := *f.Frame
		if frame.StartOffset != nil {
			frame.StartOffset = g(frame.StartOffset)
		}
		if frame.EndOffset != nil {
			frame.EndOffset = g(frame.EndOffset)
		}
		f.Frame = &frame
	}
	return f
}

func formatWindow(f WindowFn) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s#%d=%s over (", f.Col.Name, f.Col.ID, FormatAgg(f.Agg))
	if len(f.Partition) > 0 {
		b.WriteString("partition by " + join(f.Partition, Format, ", "))
	}
	if len(f.Order) > 0 {
		b.WriteString(" order by " + join(f.Order, formatWindowKey, ", "))
	}
	if fr := f.Frame; fr != nil {
		fmt.Fprintf(&b, " %s %s..%s %s", fr.Mode, bound(fr.StartOffset, fr.Start), bound(fr.EndOffset, fr.End), fr.Exclude)
	}
	return strings.TrimSpace(b.String()) + ")"
}

func formatWindowKey(k WindowKey) string {
	s := Format(k.Expr)
	if k.Desc {
		s += " DESC"
	}
	if k.NullsFirst {
		return s + " NULLS FIRST"
	}
	return s + " NULLS LAST"
}

func bound(offset Expr, word string) string {
	if offset == nil {
		return word
	}
	return Format(offset) + " " + word
}
