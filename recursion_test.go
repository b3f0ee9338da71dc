package atoll

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestRunaway holds that a recursion, or a series, without an end stops with the query's context and at the memory limit,
// and that a LIMIT above it is an end.
func TestRunaway(t *testing.T) {
	s, tmp := calmSea(t), t.TempDir()
	t.Setenv("TMPDIR", tmp)
	e := s.open(t)
	for _, sql := range []string{
		"WITH RECURSIVE t(i) AS (SELECT 1::bigint UNION ALL SELECT i + 1 FROM t) SELECT count(*) FROM t",
		"WITH RECURSIVE t(i) AS (SELECT 1::bigint UNION ALL SELECT i + 1 FROM t) SELECT i FROM t",
		"WITH RECURSIVE t(i) AS (SELECT 1::bigint UNION ALL SELECT i + 1 FROM t) SELECT i FROM t ORDER BY i",
		"SELECT count(*) FROM generate_series(1, 9000000000000) g WHERE g % 7 = 9",
		"SELECT sum(b) FROM generate_series(1, 2) a, generate_series(a, 9000000000000) b",
	} {
		t.Run(sql, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			start := time.Now()
			_, err := ask(ctx, e, sql)
			if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took > 2*time.Second {
				t.Errorf("%v after %s", err, took)
			}
			s.idle(t, time.Second)
		})
	}
	if _, err := ask(t.Context(), e, "WITH RECURSIVE t(i) AS (SELECT 1::bigint UNION ALL SELECT i + 1 FROM t) SELECT i FROM t LIMIT 3"); err != nil {
		t.Error(err)
	}
	small := s.open(t, WithMemoryLimit(64<<20))
	_, err := ask(t.Context(), small, "WITH RECURSIVE t(i, s) AS (SELECT 1, repeat('x', 100000) UNION SELECT i + 1, s || i FROM t WHERE i < 100000) SELECT count(*) FROM t")
	var ae *Error
	if !errors.As(err, &ae) || ae.SQLState != "53200" {
		t.Errorf("beyond the memory limit: %v", err)
	}
	if err := errors.Join(e.Close(), small.Close()); err != nil {
		t.Error(err)
	}
	empty(t, tmp)
}
