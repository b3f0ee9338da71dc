package atoll

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// movedTables are two tables that are not joined shard by shard: queries over both ask every shard twice.
const movedTables = `  ledger: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], br-1: [3], az-1: [4]}}}
  vault: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], br-1: [3], az-1: [4]}}}
`

// movedQueries answer "0 300" however often amounts move from ledger to vault, if every shard shows them one state.
var movedQueries = []string{
	`SELECT l.n - v.n, l.s + v.s FROM (SELECT count(*) AS n, sum(amount) AS s FROM ledger) l
	 CROSS JOIN (SELECT count(*) AS n, sum(amount) AS s FROM vault) v`,
	`SELECT count(*) - (SELECT count(*) FROM vault), sum(amount) + (SELECT sum(amount) FROM vault) FROM ledger`,
	`SELECT sum(l.n) - sum(v.n), sum(l.s) + sum(v.s) FROM (SELECT account, count(*) AS n, sum(amount) AS s FROM ledger GROUP BY account) l
	 FULL JOIN (SELECT account, count(*) AS n, sum(amount) AS s FROM vault GROUP BY account) v USING (account)`,
	`SELECT sum(k), sum(amount) FROM (SELECT 1 AS k, amount FROM (SELECT amount FROM ledger OFFSET 0) a
	 UNION ALL SELECT -1, amount FROM (SELECT amount FROM vault OFFSET 0) b) q`,
}

// TestReefOneState moves amounts between two tables while queries read both with statements of their own: each shard must
// show them the state before a move or after it, never the one in one table and the other in the other.
func TestReefOneState(t *testing.T) {
	r := newReef(t, "reefone", movedTables, map[string]string{
		"eu-1": "CREATE TABLE ledger (coop integer, account integer, amount numeric(12,2)); CREATE TABLE vault (LIKE ledger);" +
			"INSERT INTO ledger VALUES (1, 1, 60); INSERT INTO vault VALUES (1, 1, 40)",
		"br-1": "CREATE TABLE ledger (coop int, account int, amount decimal(12,2)); CREATE TABLE vault (coop int, account int, amount decimal(12,2));" +
			"INSERT INTO ledger VALUES (3, 1, 60); INSERT INTO vault VALUES (3, 1, 40)",
		"az-1": "CREATE TABLE ledger (coop int, account int, amount decimal(12,2)); CREATE TABLE vault (coop int, account int, amount decimal(12,2));" +
			"INSERT INTO ledger VALUES (4, 1, 60); INSERT INTO vault VALUES (4, 1, 40)",
	})
	e := r.open(t)
	ctx, cancel := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for shard, coop := range map[string]int{"br-1": 3, "az-1": 4, "eu-1": 1} {
		move := fmt.Sprintf("INSERT INTO ledger VALUES (%d, 1, -1.25); INSERT INTO vault VALUES (%[1]d, 1, 1.25);", coop)
		writers.Go(func() {
			for ctx.Err() == nil {
				var err error
				if s := r.servers[shard]; s != nil {
					err = s.Exec(ctx, "BEGIN TRANSACTION; "+move+" COMMIT TRANSACTION")
				} else {
					err = r.server.ExecIn(ctx, r.db(shard), "BEGIN; "+move+" COMMIT")
				}
				if err != nil && ctx.Err() == nil {
					t.Errorf("%s: %v", shard, err)
					return
				}
				time.Sleep(time.Millisecond)
			}
		})
	}
	for range 10 {
		for _, sql := range movedQueries {
			answers(t, e, sql, "0 300")
		}
	}
	cancel()
	writers.Wait()
}

// TestReefOneStateCosts counts round trips: the second statement on a PostgreSQL shard takes the first one's state over in
// the round trip that it makes anyhow, and so does the one that opens a SQL Server's transaction.
func TestReefOneStateCosts(t *testing.T) {
	r := newReef(t, "reefcost", movedTables, map[string]string{
		"eu-1": "CREATE TABLE ledger (coop integer, account integer, amount numeric(12,2)); CREATE TABLE vault (LIKE ledger)",
		"br-1": "CREATE TABLE ledger (coop int, account int, amount decimal(12,2)); CREATE TABLE vault (coop int, account int, amount decimal(12,2))",
		"az-1": "CREATE TABLE ledger (coop int, account int, amount decimal(12,2)); CREATE TABLE vault (coop int, account int, amount decimal(12,2))",
	})
	e := r.open(t)
	for i := range 4 {
		time.Sleep(50 * time.Millisecond) // the transaction before is ended behind the query's back; until then its connection is busy
		res, err := e.Query(t.Context(), movedQueries[0])
		if err != nil {
			t.Fatal(err)
		}
		for res.Next() {
		}
		if res.Err() != nil {
			t.Fatal(res.Err())
		}
		if n := res.Progress().Shards; n != 6 {
			t.Errorf("%d statements instead of two for each shard", n)
		}
		for _, sh := range res.Stats().Shards {
			if i > 1 && sh.RoundTrips != 2 { // both connections have been opened
				t.Errorf("run %d, %s: %d round trips", i, sh.Shard, sh.RoundTrips)
			}
		}
		res.Release()
	}
	for _, shard := range []string{"br-1", "az-1"} {
		opened := 0
		for _, stmt := range append(r.sent(shard, "ledger"), r.sent(shard, "vault")...) {
			if strings.Contains(stmt.Text, "BEGIN TRANSACTION") {
				opened++
			}
		}
		if opened != 4 {
			t.Errorf("%s: %d statements opened a transaction, want one for each query", shard, opened)
		}
	}
}
