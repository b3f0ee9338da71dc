package bounds_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/internal/querygen"
	"github.com/atoll-sql/atoll/planner/bounds"
)

const (
	randomQueries = 200 // statements of a usual run
	randomSeed    = 20261124
	// mostRows bounds what is paired row by row.
	mostRows = 2000
)

// TestRandom asks one PostgreSQL random statements over all rows and over those of some shards, and holds what is said of the second
// answer against the first. ATOLL_RANDOM=10000 asks for more of them, ATOLL_RANDOM_SEED for others: statement i has the seed
// randomSeed + i, which a failure prints.
func TestRandom(t *testing.T) {
	count, seed := envNumber(t, "ATOLL_RANDOM", randomQueries), envNumber(t, "ATOLL_RANDOM_SEED", randomSeed)
	s := newSea(t)
	tally := map[string]int{}
	failed := 0
	for i := range count {
		q := querygen.New(uint64(seed+i), nil).Next()
		set := s.sets[(seed+i)%len(s.sets)]
		homes := (seed+i)%4 != 0
		how, err := s.try(t.Context(), q, set, homes, tally)
		if tally[how]++; err == nil {
			continue
		}
		small := querygen.Shrink(q, func(x *querygen.Query) bool {
			_, err := s.try(t.Context(), x, set, homes, map[string]int{})
			return err != nil
		})
		sql, args := small.SQL()
		m, _ := s.meaning(sql, args, set.shards, homes)
		_, why := s.try(t.Context(), small, set, homes, map[string]int{})
		t.Errorf("ATOLL_RANDOM=1 ATOLL_RANDOM_SEED=%d, without %v: %v\nsmaller: %s\n%v\n%v\n%v", seed+i, set.shards, err, sql, args, why, m)
		if failed++; failed >= 20 {
			t.Fatalf("enough: %d failures after %d statements", failed, i+1)
		}
	}
	t.Logf("%d statements from seed %d: %v", count, seed, tally)
	if count >= randomQueries && tally[string(bounds.Subset)]+tally[string(bounds.Groups)]+tally[string(bounds.AllRows)] < count/5 {
		t.Errorf("of %d statements too few were claimed anything of: %v", count, tally)
	}
}

// try tests one statement, and says what came of it.
func (s *sea) try(ctx context.Context, q *querygen.Query, set lost, homes bool, tally map[string]int) (string, error) {
	sql, args := q.SQL()
	m, err := s.meaning(sql, args, set.shards, homes)
	var unsound *bounds.Unsound
	switch {
	case errors.As(err, &unsound):
		tally["refused for "+unsound.Construct]++
		return "refused", nil
	case errors.Is(err, errNotBound):
		return "not bound", nil
	case err != nil:
		return "", err
	}
	whole := q
	if m.Rows == bounds.RowsOfAnswered {
		if querygen.Choices(sql) != 1 {
			return "several choices", nil // one of them may choose among rows that are all there, and stays
		}
		whole = q.Unlimited()
	}
	wholeSQL, wholeArgs := whole.SQL()
	return s.compare(ctx, m, statement{sql, args, q.Loose()}, statement{wholeSQL, wholeArgs, q.Loose()}, "public", set.plain, tally)
}

type statement struct {
	sql   string
	args  []any
	loose bool
}

// compare asks for both answers and holds them against each other.
func (s *sea) compare(ctx context.Context, m bounds.Meaning, part, whole statement, from, without string, tally map[string]int) (string, error) {
	f, err := s.ask(ctx, from, whole.sql, whole.args)
	if stateOf(err) != "" {
		return "PostgreSQL fails", nil
	}
	if err != nil {
		return "", err
	}
	a, err := s.ask(ctx, without, part.sql, part.args)
	if stateOf(err) != "" {
		return "PostgreSQL fails", nil
	}
	if err != nil {
		return "", err
	}
	if len(a.Rows) > mostRows || len(f.Rows) > mostRows {
		return "too many rows", nil
	}
	if err := s.claims(m, part.loose).Broken(ctx, a, f); err != nil {
		return "", fmt.Errorf("%w\n%v", err, m)
	}
	for _, col := range m.Columns {
		tally["column "+string(col.Kind)]++
	}
	if m.Rows == bounds.AllRows && m.Complete() {
		return "complete", nil
	}
	return string(m.Rows), nil
}

func envNumber(t *testing.T, name string, usual int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// TestLogic does so with every statement of testdata/logic.
func TestLogic(t *testing.T) {
	s := newSea(t)
	tally := map[string]int{}
	for i, c := range plantest.LogicCases(t) {
		set := s.sets[i%len(s.sets)]
		m, err := s.meaning(c.SQL, c.Args, set.shards, i%4 != 0)
		var unsound *bounds.Unsound
		switch {
		case errors.As(err, &unsound):
			tally["refused"]++
			continue
		case errors.Is(err, errNotBound):
			tally["not bound"]++
			continue
		case err != nil:
			t.Errorf("%s/%s: %v", c.File, c.Name, err)
			continue
		case m.Rows == bounds.RowsOfAnswered:
			tally[string(m.Rows)]++
			continue // what it would be without LIMIT is another text
		}
		st := statement{c.SQL, c.Args, c.FloatTolerance}
		from, without := "public", set.plain
		if c.Pseudo {
			from, without = "pseudo", set.pseudo
		}
		how, err := s.compare(t.Context(), m, st, st, from, without, tally)
		if tally[how]++; err != nil {
			t.Errorf("%s/%s, without %v: %s\n%v", c.File, c.Name, set.shards, c.SQL, err)
		}
	}
	t.Logf("%v", tally)
}
