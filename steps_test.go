package atoll

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestTooManyRowsToSend holds that a query whose step brings more rows than may be sent is answered by another plan, and
// that nothing of the first is left.
func TestTooManyRowsToSend(t *testing.T) {
	s := calmSea(t)
	e := s.open(t, WithoutRules("estimates"))
	const sql = "SELECT p.name FROM people p JOIN generate_series(1, $1::bigint) g ON g = p.id"
	for _, last := range []int64{32, 300_000} { // four people, or all five
		x, err := e.Explain(t.Context(), sql, ExplainOptions{Analyze: true}, last)
		if err != nil {
			t.Fatal(err)
		}
		if sent := len(x.Steps) == 1; sent != (last == 32) || x.Analyzed.Rows != map[int64]int64{32: 4, 300_000: 5}[last] {
			t.Errorf("up to %d: %d steps, %d rows\n%s", last, len(x.Steps), x.Analyzed.Rows, x.Text())
		}
		got, err := ask(t.Context(), e, sql, last)
		if err != nil || int64(strings.Count(got, "; "))+1 != x.Analyzed.Rows {
			t.Errorf("up to %d: %v %v", last, got, err)
		}
		s.idle(t, time.Second)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

// TestStepsFail holds that an error of a step is the query's, and that the query's end is that of its steps.
func TestStepsFail(t *testing.T) {
	s := calmSea(t)
	e := s.open(t, WithoutRules("estimates"))
	for _, c := range []struct{ sql, state string }{
		{"SELECT name FROM people WHERE fee > (SELECT fee FROM people)", "21000"},
		{"SELECT name FROM people WHERE fee > (SELECT max(1 / (fee - fee)) FROM people)", "22012"},
		{"SELECT name FROM people WHERE id IN (SELECT word::bigint FROM people)", "22P02"},
	} {
		_, err := ask(t.Context(), e, c.sql)
		var ae *Error
		if !errors.As(err, &ae) || ae.SQLState != c.state {
			t.Errorf("%s: %v", c.sql, err)
		}
		s.idle(t, time.Second)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := ask(ctx, e, "SELECT name FROM people WHERE id > (SELECT count(*) FROM generate_series(1, 9000000000000) g WHERE g % 7 = 9)")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	s.idle(t, time.Second)
	r, err := e.Query(t.Context(), "SELECT name FROM people WHERE fee > (SELECT avg(fee) FROM people)")
	if err != nil {
		t.Fatal(err)
	}
	r.Release() // before its first row
	s.idle(t, time.Second)
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

// TestStepsAreShown holds that EXPLAIN tells of the edges from the coordinator to the shards.
func TestStepsAreShown(t *testing.T) {
	s := calmSea(t)
	e := s.open(t, WithoutRules("estimates"))
	x, err := e.Explain(t.Context(), "SELECT name FROM people WHERE fee > (SELECT avg(fee) FROM people)", ExplainOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(x.Steps) != 1 || !slices.Equal(x.Steps[0].Columns, []ExplainColumn{{"avg", "numeric"}}) || len(x.Fragments) != 2 {
		t.Errorf("%+v", x)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}
