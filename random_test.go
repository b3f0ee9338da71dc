package atoll

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/querygen"
	"github.com/atoll-sql/atoll/planner/place"
	"github.com/atoll-sql/atoll/planner/rules"
)

const (
	randomQueries = 300 // statements of a usual run
	randomSeed    = 20261123
	// randomTimeout bounds one statement on one side: longer is a hang.
	randomTimeout = 30 * time.Second
)

// TestRandom compares the answers to random statements with one PostgreSQL's. ATOLL_RANDOM=10000 asks for more of
// them over every configuration, ATOLL_RANDOM_SEED for others. Statement i has the seed randomSeed + i, which a
// failure prints: ATOLL_RANDOM=1 with that seed repeats it.
func TestRandom(t *testing.T) {
	count, long := envNumber(t, "ATOLL_RANDOM", randomQueries)
	seed, _ := envNumber(t, "ATOLL_RANDOM_SEED", randomSeed)
	w := newWorld(t)
	names, engines := randomEngines(t, w, long)
	failed := 0
	for i := range count {
		for j, name := range names {
			if !long && i%len(names) != j {
				continue // a usual run asks each statement of one configuration
			}
			if !w.random(t, engines[j], name, uint64(seed+i)) {
				failed++
			}
		}
		if failed >= 40 {
			t.Fatalf("enough: %d failures after %d statements", failed, i+1)
		}
	}
	t.Logf("%d statements from seed %d over %v", count, seed, names)
}

// randomEngines opens an engine per configuration. The hostile one runs without any rule, on batches of one row.
func randomEngines(t *testing.T, w *world, long bool) ([]string, []*Engine) {
	mixed := []string{"postgres", "duckdb", "postgres"}
	all := append([]string{}, place.Switches...)
	for _, r := range rules.All {
		all = append(all, r.Name)
	}
	names := []string{"mixed", "hostile"}
	engines := []*Engine{w.open(t, mixed), w.open(t, mixed, WithBatchRows(1), WithoutRules(all...))}
	if long {
		names = append(names, "postgres", "duckdb")
		engines = append(engines, w.open(t, []string{"postgres", "postgres", "postgres"}), w.open(t, []string{"duckdb", "duckdb", "duckdb"}))
	}
	return names, engines
}

func envNumber(t *testing.T, name string, usual int) (int, bool) {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual, false
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n, true
}

// random asks one statement; a failure is made smaller before it is reported.
func (w *world) random(t *testing.T, e *Engine, config string, seed uint64) bool {
	q := querygen.New(seed).Next()
	problem := w.difference(t.Context(), e, q)
	if problem == nil {
		return true
	}
	small := querygen.Shrink(q, func(s *querygen.Query) bool { return sameProblem(problem, w.difference(t.Context(), e, s)) })
	sql, args := small.SQL()
	whole, _ := q.SQL()
	t.Errorf("%s, ATOLL_RANDOM=1 ATOLL_RANDOM_SEED=%d: %v\n%s\n%v\nsmaller: %s\n%v", config, seed, problem, whole, w.difference(t.Context(), e, small), sql, args)
	return false
}

// problem says how the two sides differ: kind is one of answer, error, no error, or the other SQLSTATE.
type problem struct {
	kind string
	err  error
}

func (p *problem) Error() string { return fmt.Sprintf("%s: %v", p.kind, p.err) }

func sameProblem(a, b *problem) bool { return b != nil && a.kind == b.kind }

// difference asks both sides; nil if they agree.
func (w *world) difference(ctx context.Context, e *Engine, q *querygen.Query) *problem {
	ctx, cancel := context.WithTimeout(ctx, randomTimeout)
	defer cancel()
	sql, args := q.SQL()
	c := logictest.Case{File: "random", Name: fmt.Sprint(sql, args), SQL: sql, Args: args, Ordered: q.Ordered(), FloatTolerance: q.Loose()}
	want, wantErr := w.oracle.Answer(ctx, c)
	got, gotErr := asker(e)(ctx, sql, args)
	var pg *pgconn.PgError
	switch {
	case wantErr == nil && gotErr == nil:
		if err := logictest.Compare(c, want, got); err != nil {
			return &problem{"another answer", err}
		}
	case wantErr == nil:
		if admitted(stateOf(gotErr)) {
			return nil
		}
		return &problem{"only Atoll fails with " + stateOf(gotErr), gotErr}
	case !errors.As(wantErr, &pg):
		return &problem{"the oracle", wantErr}
	case gotErr == nil:
		return &problem{"only PostgreSQL fails with " + pg.Code, wantErr}
	case !sameClass(pg.Code, stateOf(gotErr)):
		return &problem{"PostgreSQL fails with " + pg.Code + ", Atoll with " + stateOf(gotErr), gotErr}
	}
	return nil
}

// admitted tells the errors that Atoll may raise where PostgreSQL answers.
func admitted(string) bool { return false }

// sameClass compares errors. Of two data errors in one statement (class 22) PostgreSQL raises the one it meets first, which
// depends on its plan and on where the rows lie; every other error must be the same.
func sameClass(want, got string) bool {
	return want == got || len(want) == 5 && len(got) == 5 && want[:2] == "22" && got[:2] == "22"
}
