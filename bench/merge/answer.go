package merge

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// answer is what a merge makes, row by row: the key and the values behind it, which are numbers.
type answer []answerRow

type answerRow struct {
	text   string
	number int64
	values [2]float64
}

// answerOf has the rows in the order of their keys, but for those of sorted streams, which stay as they come.
func answerOf(ctx context.Context, m merger, s *state) (answer, error) {
	var out answer
	err := m.merge(ctx, func(rec arrow.Record) error {
		for i := range int(rec.NumRows()) {
			row, err := answerRowOf(rec, i)
			if err != nil {
				return err
			}
			out = append(out, row)
		}
		return nil
	})
	if !s.sorted() {
		slices.SortFunc(out, func(a, b answerRow) int { return cmp.Or(cmp.Compare(a.text, b.text), cmp.Compare(a.number, b.number)) })
	}
	return out, err
}

func answerRowOf(rec arrow.Record, i int) (row answerRow, err error) {
	switch k := rec.Column(0).(type) {
	case *array.Int64:
		row.number = k.Value(i)
	case *array.String:
		row.text = string([]byte(k.Value(i))) // the batch is not kept
	default:
		return row, fmt.Errorf("a key is %s", k.DataType())
	}
	for c, col := range rec.Columns()[1:] {
		if col.IsNull(i) {
			return row, fmt.Errorf("column %q is NULL in a row", rec.ColumnName(c+1))
		}
		switch v := col.(type) {
		case *array.Int64:
			row.values[c] = float64(v.Value(i)) // far from 2⁵³
		case *array.Float64:
			row.values[c] = v.Value(i)
		case *array.Decimal256:
			row.values[c] = v.Value(i).ToFloat64(v.DataType().(*arrow.Decimal256Type).Scale)
		default:
			return row, fmt.Errorf("column %q is %s", rec.ColumnName(c+1), v.DataType())
		}
	}
	return row, nil
}

// closeness is by how much of itself a quotient may differ, as a float's differs from a numeric's. Whole numbers must be the same.
const closeness = 1e-12

// differ says where two answers do, "" if they do not.
func (a answer) differ(b answer) string {
	if len(a) != len(b) {
		return fmt.Sprintf("%d rows and %d", len(a), len(b))
	}
	for i := range a {
		if a[i].text != b[i].text || a[i].number != b[i].number {
			return fmt.Sprintf("the keys of row %d", i)
		}
		for c, v := range a[i].values {
			if w := b[i].values[c]; v != w && (whole(v) && whole(w) || math.Abs(v-w) > closeness*math.Abs(v)) {
				return fmt.Sprintf("value %d of row %d: %v and %v", c, i, v, b[i].values[c])
			}
		}
	}
	return ""
}

func whole(v float64) bool { return v == math.Trunc(v) }

// estimates says what is wrong with the answer of HLL, in which every hash differs from all others; "" if nothing is.
func (a answer) estimates(in *input) string {
	const error14 = 1.04 / 128 // of one sketch of 2¹⁴ registers; of all together it is smaller
	sum := 0.0
	for _, row := range a {
		sum += row.values[0]
	}
	if want := float64(in.rows * hashes); math.Abs(sum-want) > 5*error14*want {
		return fmt.Sprintf("the estimates sum to %.0f, and %.0f hashes were sent", sum, want)
	}
	return ""
}
