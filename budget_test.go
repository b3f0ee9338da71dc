package atoll

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/atoll-sql/atoll/connectors/pool"
)

// TestQueriesWithinASmallBudget has queries of all kinds run at the same time where few shards may be open: they take turns, each answer is right, and
// none waits for ever.
func TestQueriesWithinASmallBudget(t *testing.T) {
	const n = 8
	e, err := Open(t.Context(), manyFiles(t, n, "open_shards: 3, connections: 5, timeout: 5m"))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var rows, sum int64
	var ids []string
	for i := range int64(n) {
		for _, s := range salesOf(i) {
			rows++
			sum += s.amount
			ids = append(ids, fmt.Sprintf("[%d]", s.id))
		}
	}
	five, least, above := int64(len(salesOf(5))), int64(1000), 0
	for _, s := range append(salesOf(2), salesOf(5)...) {
		least = min(least, s.amount)
	}
	for _, s := range append(salesOf(1), salesOf(5)...) {
		if s.amount >= least {
			above++
		}
	}
	ask := []struct{ sql, want string }{
		{"SELECT count(*), sum(amount) FROM sales", fmt.Sprintf("[[%d %d]]", rows, sum)},
		{"SELECT count(*) FROM sales WHERE tenant = 5", fmt.Sprintf("[[%d]]", five)},
		{"SELECT id FROM sales ORDER BY id", "[" + strings.Join(ids, " ") + "]"},
		{"SELECT count(*) FROM sales a JOIN sales b ON a.tenant = b.tenant AND a.id = b.id", fmt.Sprintf("[[%d]]", rows)},
		{"SELECT count(*) FROM sales WHERE tenant IN (1, 5) AND amount >= (SELECT min(amount) FROM sales WHERE tenant IN (2, 5))", fmt.Sprintf("[[%d]]", above)},
	}
	var g sync.WaitGroup
	for c := range 6 {
		g.Go(func() {
			for i := range 2 * len(ask) {
				q := ask[(c+i)%len(ask)]
				if got, err := numbersOf(t.Context(), e, q.sql); err != nil || fmt.Sprint(got) != q.want {
					t.Errorf("%s: %v, %v, want %s", q.sql, got, err, q.want)
				}
			}
		})
	}
	g.Wait()
	_, err = e.Query(t.Context(), "SELECT count(*) FROM (SELECT DISTINCT amount FROM sales) a JOIN (SELECT amount FROM sales WHERE id > 3) b ON a.amount = b.amount")
	var e1 *Error
	var much *pool.ExceededError
	if !errors.As(err, &e1) || e1.SQLState != "53300" || !errors.As(err, &much) || !strings.Contains(e1.Hint, "limits.") {
		t.Errorf("a query that asks 8 shards twice, of which 3 may be open: %v", err)
	}
	if s := e.budget.Stats(); s.Reserved != 0 || s.Waiting != 0 || s.Shards > 3 {
		t.Errorf("the budget holds %+v", s)
	}
}
