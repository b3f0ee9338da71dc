package atoll

import (
	"slices"
	"testing"
)

// TestPartialReplicas: a shard whose own server is gone and whose replica answers is not missing, and the report says whose rows it are. One without a
// replica is.
func TestPartialReplicas(t *testing.T) {
	w := newTwin(t)
	w.write(t, 1, "1h", "1, 2", "3, 4", withoutA...)
	e := w.open(t, twinHead)
	w.untilRead(t, e, sumOfPayments, "a b2", allPayments)
	w.must(t, w.primary.Kill())
	for _, c := range []struct {
		sql, want string
		lost      []string
	}{
		{"SELECT sum(amount) FROM payments WHERE coop IN (3, 4)", "385", nil},
		{"SELECT sum(amount) FROM payments", "385", []string{"a"}},
		{"SELECT count(*) FROM payments p JOIN coops c ON c.id = p.no", "4", []string{"a"}}, // what is asked of a shard twice, too
	} {
		got, complete, err := askLess(t.Context(), e, Partial{}, c.sql, nil)
		if err != nil {
			t.Errorf("%s: %v", c.sql, err)
			continue
		}
		at := slices.IndexFunc(complete.Shards, func(s ShardCompleteness) bool { return s.Shard == "b" })
		if got.Rows[0][0].Text != c.want || !slices.Equal(complete.Lost(), c.lost) || complete.Complete != (c.lost == nil) ||
			complete.Shards[at].State != ShardAnswered || complete.Shards[at].Replica != "b2" {
			t.Errorf("%s: %v, want %s; %+v", c.sql, got.Rows, c.want, complete)
		}
	}
}
