package peers

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/internal/logictest"
)

// Tolerance is how far a floating-point number may be from another number, relative to the larger, to be called equal within it: systems divide,
// average and add in other orders and types than PostgreSQL, above all where it answers with a numeric and they with a double.
const Tolerance = 1e-9

// What [Check] says of an answer that is right.
const (
	Equal       = "equal"
	EqualWithin = "equal within 1e-9"
)

// Compare returns nil if a peer's answer is the single PostgreSQL's. Atoll, and peers that are PostgreSQL, must give it in every respect: names, types,
// values. DuckDB and Trino have rules of their own for names of unnamed columns and for types of results, which [Check] allows for.
func Compare(peer string, c logictest.Case, want, got logictest.Answer) error {
	if peer != DuckDB && peer != Trino {
		return logictest.Compare(c, want, got)
	}
	if equal, how := Check(c, want, got); !equal {
		return errors.New(strings.TrimPrefix(how, "differs: "))
	}
	return nil
}

// Check compares a peer's answer with the single PostgreSQL's, more loosely than [logictest.Compare], which is for Atoll. Columns may have other
// names, and types of the same family: numbers, text, dates and times. Padding of character(n) does not count. Numbers are compared by value: exactly,
// unless either is a floating-point number and PostgreSQL's is no integer; those may differ by [Tolerance]. The order of the rows counts as the case says.
//
// How is [Equal], [EqualWithin], or else says what differs, by columns and numbers of rows: it has none of the values.
func Check(c logictest.Case, want, got logictest.Answer) (equal bool, how string) {
	if len(want.Columns) != len(got.Columns) {
		return false, fmt.Sprintf("differs: %d columns, not %d", len(got.Columns), len(want.Columns))
	}
	for i, name := range want.Columns {
		if family(want.Types[i]) != family(got.Types[i]) {
			return false, fmt.Sprintf("differs: column %s is of type %s, not %s", name, got.Types[i], want.Types[i])
		}
	}
	for _, key := range c.Keys {
		if key < 1 || key > len(want.Columns) {
			return false, fmt.Sprintf("cannot be compared: the case has a key in column %d of %d", key, len(want.Columns))
		}
	}
	if len(want.Rows) != len(got.Rows) {
		return false, fmt.Sprintf("differs: %d rows, not %d", len(got.Rows), len(want.Rows))
	}
	k := checker{names: want.Columns, want: rowsOf(want, got.Types), got: rowsOf(got, want.Types), loose: make([]bool, len(want.Columns))}
	if k.matches(c) {
		return true, Equal
	}
	for i, t := range want.Types {
		k.loose[i] = !slices.Contains(integers, t) && (slices.Contains(floats, t) || slices.Contains(floats, got.Types[i]))
	}
	if k.matches(c) {
		return true, EqualWithin
	}
	return false, "differs: " + k.difference()
}

// Types in which a number may come, by PostgreSQL's names; besides numeric.
var (
	integers = []string{"smallint", "integer", "bigint"}
	floats   = []string{"real", "double precision"}
)

// family is what types have in common that stand for each other in another system's answer.
func family(t string) string {
	switch t {
	case "smallint", "integer", "bigint", "numeric", "real", "double precision":
		return "number"
	case "text", "character":
		return "text"
	}
	return t
}

// rowsOf brings values to one spelling across the types of a family; others are the types of the other answer.
func rowsOf(a logictest.Answer, others []string) [][]logictest.Cell {
	out := make([][]logictest.Cell, len(a.Rows))
	for r, row := range a.Rows {
		out[r] = slices.Clone(row)
		for i := range row {
			switch cell := &out[r][i]; {
			case cell.Null:
			case a.Types[i] == "character" || others[i] == "character":
				cell.Text = strings.TrimRight(cell.Text, " ")
			case slices.Contains(floats, a.Types[i]):
				cell.Text = plain(cell.Text)
			}
		}
	}
	return out
}

// plain writes a floating-point number without an exponent, as a numeric is written.
func plain(text string) string {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return text
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// checker compares rows, some of whose columns loosely.
type checker struct {
	names     []string
	want, got [][]logictest.Cell
	loose     []bool
}

// matches reports whether the rows are the same, in the order that the case asks for.
func (k *checker) matches(c logictest.Case) bool {
	for _, key := range c.Keys {
		for i := range k.want {
			if !k.cell(key-1, k.want[i][key-1], k.got[i][key-1]) {
				return false
			}
		}
	}
	if !c.Ordered {
		return k.sameRows()
	}
	for i := range k.want {
		if !k.row(k.want[i], k.got[i]) {
			return false
		}
	}
	return true
}

// sameRows pairs rows without regard to their order, among those that agree in every exactly compared column.
func (k *checker) sameRows() bool {
	groups := map[string][][]logictest.Cell{}
	for _, row := range k.got {
		key := k.exact(row)
		groups[key] = append(groups[key], row)
	}
	for _, row := range k.want {
		key := k.exact(row)
		rest := groups[key]
		at := slices.IndexFunc(rest, func(other []logictest.Cell) bool { return k.row(row, other) })
		if at < 0 {
			return false
		}
		groups[key] = slices.Delete(rest, at, at+1)
	}
	return true
}

func (k *checker) exact(row []logictest.Cell) string {
	var b strings.Builder
	for i, cell := range row {
		if !k.loose[i] {
			b.WriteString(cell.String())
		}
		b.WriteByte('|')
	}
	return b.String()
}

func (k *checker) row(want, got []logictest.Cell) bool {
	for i := range want {
		if !k.cell(i, want[i], got[i]) {
			return false
		}
	}
	return true
}

func (k *checker) cell(column int, want, got logictest.Cell) bool {
	if want == got {
		return true
	}
	if want.Null || got.Null || !k.loose[column] {
		return false
	}
	a, errA := strconv.ParseFloat(want.Text, 64)
	b, errB := strconv.ParseFloat(got.Text, 64)
	return errA == nil && errB == nil && math.Abs(a-b) <= Tolerance*max(math.Abs(a), math.Abs(b)) // false of infinities and NaN
}

// difference names the columns whose values are others, whatever row they are in.
func (k *checker) difference() string {
	var columns []string
	for i, name := range k.names {
		one := checker{names: k.names[i : i+1], want: column(k.want, i), got: column(k.got, i), loose: k.loose[i : i+1]}
		if !one.sameColumn() {
			columns = append(columns, name)
		}
	}
	switch len(columns) {
	case 0:
		return "the columns have the same values, in other rows or another order"
	case 1:
		return "column " + columns[0]
	}
	return "columns " + strings.Join(columns, ", ")
}

func column(rows [][]logictest.Cell, i int) [][]logictest.Cell {
	out := make([][]logictest.Cell, len(rows))
	for r, row := range rows {
		out[r] = row[i : i+1]
	}
	return out
}

// sameColumn compares rows of one column, both sides sorted.
func (k *checker) sameColumn() bool {
	order := func(a, b []logictest.Cell) int {
		x, errX := strconv.ParseFloat(a[0].Text, 64)
		y, errY := strconv.ParseFloat(b[0].Text, 64)
		switch {
		case a[0].Null != b[0].Null:
			return strings.Compare(strconv.FormatBool(a[0].Null), strconv.FormatBool(b[0].Null))
		case k.loose[0] && errX == nil && errY == nil && x != y:
			return int(math.Copysign(1, x-y))
		}
		return strings.Compare(a[0].Text, b[0].Text)
	}
	want, got := slices.SortedFunc(slices.Values(k.want), order), slices.SortedFunc(slices.Values(k.got), order)
	return slices.EqualFunc(want, got, k.row)
}
