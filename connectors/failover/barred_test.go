package failover

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-sql/atoll/connectors"
)

// TestReplicaThatLetsNobodyIn: a replica whose certificate or password is wrong costs no answer that another server has, and is left alone after a while. The
// primary's own error is the shard's.
func TestReplicaThatLetsNobodyIn(t *testing.T) {
	for _, class := range []connectors.Class{connectors.ClassConfig, connectors.ClassAuth} {
		synctest.Test(t, func(t *testing.T) {
			p, a := newFake("p"), newFake("a", step{err: failing(class, "08001")})
			w := open(t, Options{MaxStaleness: time.Hour}, p, a)
			w.follow(7)
			order := []*server{w.servers[1], w.servers[0]} // the replica is nearer
			w.order.Store(&order)
			for range breakerFailures + 10 {
				if got, _, err := w.values(t.Context()); got != "p/1" || err != nil {
					t.Fatal(got, err)
				}
			}
			if a.count() != breakerFailures {
				t.Errorf("the replica was asked %d times", a.count())
			}
			p.script, p.asked = []step{{err: failing(class, "08001")}}, 0
			if _, _, err := w.values(t.Context()); connectors.ClassOf(err) != class || p.count() != 1 {
				t.Errorf("%v after %d tries", err, p.count())
			}
		})
	}
}
