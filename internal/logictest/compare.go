package logictest

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Tolerances of floating-point columns in cases marked with @float-tolerance: two values agree if they differ
// by at most the tolerance times the larger magnitude, or by at most the absolute tolerance near zero.
const (
	tolerance64       = 1e-9
	tolerance32       = 1e-5
	absoluteTolerance = 1e-12
)

// Compare returns nil if got is the answer that want is, as the case asks:
//
// Names and types of columns must be equal. Rows are a multiset, unless the case is ordered; with keys the
// values of those columns must also come in the same order. Values are equal as canonical text, so numerics
// compare by value and -0 equals 0. Floats must be equal bit for bit unless the case carries
// @float-tolerance, as it must where the order of additions, or a mathematical library, shows.
func Compare(c Case, want, got Answer) error {
	if !slices.Equal(want.Columns, got.Columns) {
		return fmt.Errorf("columns are %q, want %q", got.Columns, want.Columns)
	}
	if !slices.Equal(want.Types, got.Types) {
		return fmt.Errorf("column types are %q, want %q", got.Types, want.Types)
	}
	if len(want.Rows) != len(got.Rows) {
		return fmt.Errorf("%d rows, want %d%s", len(got.Rows), len(want.Rows), firstDifference(want, got))
	}
	m := matcher{types: want.Types, tolerant: c.FloatTolerance}
	for _, key := range c.Keys {
		if key > len(want.Columns) {
			return fmt.Errorf("@keys names column %d of %d", key, len(want.Columns))
		}
		for i := range want.Rows {
			if !m.cell(key-1, want.Rows[i][key-1], got.Rows[i][key-1]) {
				return fmt.Errorf("row %d: sort key %s is %v, want %v", i+1, want.Columns[key-1], got.Rows[i][key-1], want.Rows[i][key-1])
			}
		}
	}
	if c.Ordered {
		return m.inOrder(want.Rows, got.Rows)
	}
	return m.asMultiset(want.Rows, got.Rows)
}

// firstDifference shows a row that only one side has, to say more than a count.
func firstDifference(want, got Answer) string {
	count := map[string]int{}
	for _, row := range want.Rows {
		count[rowText(row)]++
	}
	for _, row := range got.Rows {
		count[rowText(row)]--
	}
	for text, n := range count {
		if n > 0 {
			return "; missing " + text
		}
		if n < 0 {
			return "; too many of " + text
		}
	}
	return ""
}

type matcher struct {
	types    []string
	tolerant bool
}

func (m matcher) inOrder(want, got [][]Cell) error {
	for i := range want {
		if !m.row(want[i], got[i]) {
			return fmt.Errorf("row %d is %s, want %s", i+1, rowText(got[i]), rowText(want[i]))
		}
	}
	return nil
}

// asMultiset pairs rows within groups that agree in every exactly compared column, so that a float's last
// digit cannot move a row to another place.
func (m matcher) asMultiset(want, got [][]Cell) error {
	groups := map[string][][]Cell{}
	for _, row := range got {
		key := m.exactText(row)
		groups[key] = append(groups[key], row)
	}
	for _, row := range want {
		key := m.exactText(row)
		rest := groups[key]
		at := slices.IndexFunc(rest, func(other []Cell) bool { return m.row(row, other) })
		if at < 0 {
			return fmt.Errorf("no row %s; of those left: %s", rowText(row), nearest(rest, groups))
		}
		groups[key] = slices.Delete(rest, at, at+1)
	}
	return nil
}

func nearest(sameGroup [][]Cell, groups map[string][][]Cell) string {
	if len(sameGroup) > 0 {
		return rowText(sameGroup[0])
	}
	for _, rows := range groups {
		if len(rows) > 0 {
			return rowText(rows[0])
		}
	}
	return "none"
}

func (m matcher) inexact(column int) bool {
	return m.tolerant && (m.types[column] == "double precision" || m.types[column] == "real")
}

func (m matcher) exactText(row []Cell) string {
	var b strings.Builder
	for i, cell := range row {
		if !m.inexact(i) {
			b.WriteString(cell.String())
		}
		b.WriteByte('|')
	}
	return b.String()
}

func (m matcher) row(want, got []Cell) bool {
	for i := range want {
		if !m.cell(i, want[i], got[i]) {
			return false
		}
	}
	return true
}

func (m matcher) cell(column int, want, got Cell) bool {
	if want == got {
		return true
	}
	if want.Null || got.Null || !m.inexact(column) {
		return false
	}
	a, errA := strconv.ParseFloat(want.Text, 64)
	b, errB := strconv.ParseFloat(got.Text, 64)
	if errA != nil || errB != nil || math.IsInf(a, 0) || math.IsInf(b, 0) {
		return false
	}
	tolerance := tolerance64
	if m.types[column] == "real" {
		tolerance = tolerance32
	}
	return math.Abs(a-b) <= max(absoluteTolerance, tolerance*max(math.Abs(a), math.Abs(b)))
}

func rowText(row []Cell) string {
	texts := make([]string, len(row))
	for i, cell := range row {
		texts[i] = cell.String()
	}
	return "(" + strings.Join(texts, ", ") + ")"
}
