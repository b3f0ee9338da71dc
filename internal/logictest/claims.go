package logictest

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Claims are what is said of an answer over some of the rows, to be held against the answer over all of them. The words are those of
// package planner/bounds and of the completeness report.
type Claims struct {
	Rows    string   // "all", "subset" or "groups"; "of_answered" where the other answer is the one without LIMIT and the like
	Columns []string // "exact", "exact_or_null", "at_least", "at_most" or "of_answered", one for each column
	Loose   bool     // the last digits of floating-point numbers are open
	// Order compares two values of a type as PostgreSQL does: -1, 0, 1.
	Order func(ctx context.Context, typ, a, b string) (int, error)
}

// Broken says which claim does not hold, nil if all do: every row of part has a row of whole of its own that it may stand for.
func (c Claims) Broken(ctx context.Context, part, whole Answer) error {
	switch {
	case !slices.Contains([]string{"all", "subset", "groups", "of_answered"}, c.Rows):
		return fmt.Errorf("nobody knows rows that are %q", c.Rows)
	case len(c.Columns) != len(part.Columns) || len(part.Columns) != len(whole.Columns):
		return fmt.Errorf("%d columns, of %d, and something is said of %d", len(part.Columns), len(whole.Columns), len(c.Columns))
	case c.Rows == "all" && len(part.Rows) != len(whole.Rows):
		return fmt.Errorf("%d rows, of %d; all were promised", len(part.Rows), len(whole.Rows))
	case c.Rows == "subset" && slices.ContainsFunc(c.Columns, func(kind string) bool { return kind != "exact" }):
		return fmt.Errorf("rows of the whole answer were promised, but not their values: %q", c.Columns)
	}
	p := pairing{Claims: c, types: part.Types}
	groups := p.byKey(whole.Rows)
	for key, rows := range p.byKey(part.Rows) {
		if left := p.unmatched(ctx, rows, groups[key]); left >= 0 && p.err == nil {
			return fmt.Errorf("row %v stands for no row of the whole answer; there are %d rows for %d like it, the first %v",
				rows[left], len(groups[key]), len(rows), groups[key][:min(1, len(groups[key]))])
		}
	}
	return p.err
}

// pairing looks for a row of its own for each row.
type pairing struct {
	Claims
	types []string
	err   error // of the comparison of values
}

func (p *pairing) byKey(rows [][]Cell) map[string][][]Cell {
	out := map[string][][]Cell{}
	for _, row := range rows {
		key := p.key(row)
		out[key] = append(out[key], row)
	}
	return out
}

// key is what rows that stand for each other agree in, text for text.
func (p *pairing) key(row []Cell) string {
	var b strings.Builder
	for i, cell := range row {
		if p.Columns[i] == "exact" && !p.likely(i) {
			b.WriteString(cell.String())
		}
		b.WriteByte('|')
	}
	return b.String()
}

// likely reports a type of which equal values have several texts, or nearly equal ones are equal enough.
func (p *pairing) likely(i int) bool {
	return p.types[i] == "interval" || p.types[i] == "character" || p.types[i] == "jsonb" || p.Loose && p.float(i)
}

func (p *pairing) float(i int) bool { return p.types[i] == "double precision" || p.types[i] == "real" }

// unmatched pairs rows with rows of their own that they may stand for, by augmenting paths; it returns one that has none, or -1.
func (p *pairing) unmatched(ctx context.Context, rows, of [][]Cell) int {
	owner := make([]int, len(of))
	for i := range owner {
		owner[i] = -1
	}
	var place func(i int, seen []bool) bool
	place = func(i int, seen []bool) bool {
		for j := range of {
			if seen[j] || !p.fits(ctx, rows[i], of[j]) {
				continue
			}
			seen[j] = true
			if owner[j] < 0 || place(owner[j], seen) {
				owner[j] = i
				return true
			}
		}
		return false
	}
	taken := make([]bool, len(of))
	for i := range rows {
		if j := slices.IndexFunc(of, func(f []Cell) bool { return slices.Equal(rows[i], f) }); j >= 0 && !taken[j] {
			taken[j], owner[j] = true, i // most rows stand for their equals
			continue
		}
		if !place(i, make([]bool, len(of))) {
			return i
		}
		for j := range of {
			taken[j] = owner[j] >= 0
		}
	}
	return -1
}

// fits reports that a row may stand for one of the whole answer.
func (p *pairing) fits(ctx context.Context, row, of []Cell) bool {
	for i, kind := range p.Columns {
		if !p.holds(ctx, i, kind, row[i], of[i]) {
			return false
		}
	}
	return true
}

func (p *pairing) holds(ctx context.Context, i int, kind string, a, f Cell) bool {
	switch {
	case kind == "of_answered", kind != "exact" && a.Null, a == f:
		return true
	case a.Null || f.Null:
		return false
	case p.Loose && p.float(i) && near(a.Text, f.Text):
		return true
	}
	o, err := p.Order(ctx, p.types[i], f.Text, a.Text)
	if err != nil && p.err == nil {
		p.err = fmt.Errorf("comparing %s %q and %q: %w", p.types[i], a.Text, f.Text, err)
	}
	switch kind {
	case "at_least":
		return o >= 0
	case "at_most":
		return o <= 0
	case "exact", "exact_or_null":
		return o == 0
	}
	if p.err == nil {
		p.err = fmt.Errorf("nobody knows a column that is %q", kind)
	}
	return false
}

func near(a, b string) bool {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && math.Abs(x-y) <= max(1e-9, 1e-5*max(math.Abs(x), math.Abs(y)))
}

// Ordering compares values as the PostgreSQL of a connection does, and remembers. It is not safe for concurrent use.
func Ordering(conn *pgx.Conn) func(ctx context.Context, typ, a, b string) (int, error) {
	known := map[[3]string]int{}
	return func(ctx context.Context, typ, a, b string) (int, error) {
		key := [3]string{typ, a, b}
		if a == b {
			return 0, nil
		}
		if o, ok := known[key]; ok {
			return o, nil
		}
		var o int
		sql := fmt.Sprintf(`select case when $1::%[1]s < $2::%[1]s then -1 when $1::%[1]s = $2::%[1]s then 0 else 1 end`, "text::"+typ)
		err := conn.QueryRow(ctx, sql, a, b).Scan(&o)
		if err == nil {
			known[key] = o
		}
		return o, err
	}
}

// Order compares two values of a type as the oracle does: -1, 0, 1. It fits [Claims].
func (o *Oracle) Order(ctx context.Context, typ, a, b string) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.order == nil {
		o.order = Ordering(o.conn)
	}
	return o.order(ctx, typ, a, b)
}
