package atoll

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/internal/logictest"
)

// chaosAsk reads an answer to its end, and how complete it is.
func chaosAsk(ctx context.Context, s *Session, sql string) (rows [][]string, c *Completeness, err error) {
	r, err := s.Query(ctx, sql)
	if err != nil {
		return nil, nil, err
	}
	defer r.Release()
	rows = readRows(r)
	return rows, r.Completeness(), r.Err()
}

func sameRows(a, b [][]string) bool { return slices.EqualFunc(a, b, slices.Equal[[]string]) }

// untruth says what is wrong with an incomplete answer: it must be that of one PostgreSQL without the rows of the shards that are said to be
// missing, and what is said of its rows and columns must be true of the answer over all rows.
func (w *chaos) untruth(t *testing.T, sql string, got [][]string, c *Completeness) string {
	t.Helper()
	lost := c.Lost()
	if len(lost) == 0 || len(lost) == len(chaosShards) {
		return fmt.Sprintf("%d shards are missing", len(lost))
	}
	rest := slices.DeleteFunc(slices.Clone(chaosShards), func(s string) bool { return slices.Contains(lost, s) })
	if want := w.truth(t, sql, rest); !sameRows(got, want) {
		return fmt.Sprintf("that is not the answer of %v: %s", rest, want)
	}
	if c.Rows == "of_answered" {
		return ""
	}
	whole := w.truth(t, sql, chaosShards)
	inOrder := func(_ context.Context, _, a, b string) (int, error) { return order(a, b), nil }
	if err := claimsOf(c, false, inOrder).Broken(t.Context(), chaosAnswer(c, got), chaosAnswer(c, whole)); err != nil {
		return fmt.Sprintf("what is said of rows and columns is not true of %s: %v", whole, err)
	}
	return ""
}

// chaosAnswer is an answer whose columns have no types.
func chaosAnswer(c *Completeness, rows [][]string) logictest.Answer {
	out := logictest.Answer{Columns: make([]string, len(c.Columns)), Types: make([]string, len(c.Columns))}
	for _, row := range rows {
		cells := make([]logictest.Cell, len(row))
		for i, text := range row {
			cells[i] = logictest.Cell{Text: text, Null: text == array.NullValueStr}
		}
		out.Rows = append(out.Rows, cells)
	}
	return out
}

// order compares numbers as numbers, and everything else by its bytes.
func order(a, b string) int {
	x, okX := new(big.Rat).SetString(a)
	y, okY := new(big.Rat).SetString(b)
	if okX && okY {
		return x.Cmp(y)
	}
	return strings.Compare(a, b)
}
