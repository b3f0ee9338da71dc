package atoll

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/internal/tdstest"
)

// TestReefAnswers is the reef in good order.
func TestReefAnswers(t *testing.T) {
	r := newReef(t, "reefok", "")
	e := r.open(t)
	answers(t, e, "SELECT count(*), sum(id), sum(big) FROM people", "5 136 18446744073709551622")
	answers(t, e, "SELECT name FROM people WHERE id <> 32 ORDER BY name", "Ada; Bo; Caio; Dee")
	answers(t, e, "SELECT coop, count(*), sum(id) FROM many GROUP BY coop ORDER BY coop", "1 100000 5000050000; 3 100000 5000050000; 4 100000 5000050000")
	answers(t, e, "SELECT id FROM many WHERE coop = 3 ORDER BY id LIMIT 3", "1; 2; 3")
	if n := r.connections(); n > 8 {
		t.Errorf("%d connections over pools of 4", n)
	}
}

// TestReefCancel ends queries over mixed shards in every phase. What runs on the SQL Servers must be stopped by ATTENTION,
// or lose its connection, and soon.
func TestReefCancel(t *testing.T) {
	r := newReef(t, "reefcan", "")
	e := r.open(t)
	for _, c := range []struct {
		name, sql string
		table     string // whose statements are still running then
		faults    func()
	}{
		{name: "before the first row", sql: "SELECT id FROM slow", table: "slow", faults: func() { r.all(hangs("slow", 0)) }},
		{name: "aggregate", sql: "SELECT count(*), sum(id) FROM slow", table: "slow", faults: func() { r.all(hangs("slow", 0)) }},
		{name: "ordered", sql: "SELECT id FROM slow ORDER BY 1 LIMIT 3", table: "slow", faults: func() { r.all(hangs("slow", 0)) }},
		{name: "computing", sql: "SELECT count(*) FROM many a JOIN many b ON a.coop = b.coop WHERE a.id + b.id < 0", table: "many"},
		{name: "mid-stream", sql: "SELECT id, word FROM many", table: "many", faults: func() { r.all(hangs("many", 5000)) }},
		{name: "mid-stream, one shard", sql: "SELECT id, word FROM many WHERE coop = 3", table: "many", faults: func() { r.servers["br-1"].FailStatements(hangs("many", 5000)) }},
		{name: "mid-stream, ordered", sql: "SELECT id, word FROM many ORDER BY id", table: "many", faults: func() { r.all(hangs("many", 5000)) }},
		{name: "a join at the coordinator", sql: "SELECT a.id FROM many a JOIN many b ON a.id = b.id + 1", table: "many", faults: func() { r.all(hangs("many", 5000)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer r.heal()
			r.forget()
			if c.faults != nil {
				c.faults()
			}
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			start := time.Now()
			_, err := ask(ctx, e, c.sql)
			if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took > 1500*time.Millisecond {
				t.Errorf("%v after %s", err, took)
			}
			r.idle(t, time.Second)
			r.stopped(t, "br-1", c.table)
		})
	}
	answers(t, e, "SELECT count(*), sum(id) FROM people", "5 136")
}

// all adds a fault at every server.
func (r *reef) all(f tdstest.Fault) {
	for _, s := range r.servers {
		s.FailStatements(f)
	}
}

// stopped checks that a server got statements over a table, that all are over, and that at least one did not end by itself.
func (r *reef) stopped(t *testing.T, shard, table string) {
	t.Helper()
	found := r.sent(shard, table)
	for _, stmt := range found {
		if stmt.Attention || stmt.Error != nil {
			return
		}
	}
	t.Errorf("%s: no statement over %s was stopped: %+v", shard, table, found)
}

// TestReefConnecting ends queries while their shard's server accepts connections and does not let them log in.
func TestReefConnecting(t *testing.T) {
	r := newReef(t, "reefcon", "")
	e := r.open(t)
	answers(t, e, "SELECT count(*) FROM people", "5")
	r.servers["br-1"].DropConnections()
	r.servers["br-1"].FailLogins(tdstest.Fault{Times: -1, Delay: 2 * time.Second})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	start := time.Now()
	_, err := ask(ctx, e, "SELECT count(*) FROM people")
	if took := time.Since(start); !errors.Is(err, context.Canceled) || took > time.Second {
		t.Errorf("%v after %s", err, took)
	}
	answers(t, e, "SELECT count(*) FROM people WHERE coop IN (1, 2, 4)", "3")
	r.await(t, 4*time.Second, "the login is given up", func() bool { return r.servers["br-1"].Connections() == 0 })
	r.idle(t, time.Second)
	r.heal()
	answers(t, e, "SELECT count(*) FROM people", "5")
}

// TestReefFullPool ends queries that wait for a connection while others hold all of them.
func TestReefFullPool(t *testing.T) {
	r := newReef(t, "reefful", "")
	e := r.open(t, WithBatchRows(500))
	r.servers["br-1"].FailStatements(hangs("many", 5000))
	var held []*Result
	for range 4 {
		res, err := e.Query(t.Context(), "SELECT id FROM many WHERE coop = 3")
		if err != nil {
			t.Fatal(err)
		}
		if !res.Next() {
			t.Fatal(res.Err())
		}
		held = append(held, res)
	}
	start := time.Now()
	_, err := ask(within(t, 150*time.Millisecond), e, "SELECT count(*) FROM people")
	if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took > time.Second {
		t.Errorf("%v after %s", err, took)
	}
	answers(t, e, "SELECT count(*) FROM people WHERE coop IN (1, 4)", "2")
	start = time.Now()
	for _, res := range held {
		res.Release()
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("releasing took %s", took)
	}
	r.idle(t, time.Second)
	for _, stmt := range r.sent("br-1", "many") {
		if !stmt.Attention {
			t.Errorf("not stopped by ATTENTION: %+v", stmt)
		}
	}
	answers(t, e, "SELECT count(*) FROM people", "5")
	if n := r.servers["br-1"].Connections(); n > 4 {
		t.Errorf("%d connections", n)
	}
}

// TestReefOtherFails holds that a shard's failure stops the statements of the others.
func TestReefOtherFails(t *testing.T) {
	r := newReef(t, "reefoth", "")
	e := r.open(t)
	for _, c := range []struct {
		name   string
		faults func()
		want   refused
	}{
		{"PostgreSQL fails", func() { r.all(hangs("half", 0)) },
			refused{sql: "SELECT sum(id), min(word) FROM half", state: "22012", shard: "eu-1", saying: "division by zero"}},
		{"PostgreSQL fails midway", func() { r.all(hangs("half", 1)) },
			refused{sql: "SELECT min(a.word) FROM half a JOIN half b ON a.id = b.id + 1", state: "22012", shard: "eu-1", saying: "division by zero"}},
		{"a SQL Server fails", func() {
			r.servers["br-1"].FailStatements(strikes("slow", tdstest.Fault{Times: -1, Delay: 100 * time.Millisecond, Error: tdstest.ErrDeadlock()}))
			r.servers["az-1"].FailStatements(hangs("slow", 0))
		}, refused{sql: "SELECT count(*) FROM slow", state: "40001", shard: "br-1", saying: "deadlock"}},
		{"a SQL Server is cut off", func() {
			r.servers["az-1"].FailStatements(strikes("many", tdstest.Fault{AfterRows: 50_000, Drop: true}))
			r.servers["br-1"].FailStatements(hangs("many", 5000))
		}, refused{sql: "SELECT min(a.word) FROM many a JOIN many b ON a.id = b.id + 1", state: "08006", shard: "az-1", saying: "the connection broke"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer r.heal()
			r.forget()
			c.faults()
			start := time.Now()
			fails(t, e, c.want)
			if took := time.Since(start); took > 3*time.Second {
				t.Errorf("that took %s", took)
			}
			r.idle(t, time.Second)
			answers(t, e, "SELECT count(*) FROM people", "5")
		})
	}
}

// TestReefEnough holds that statements stop whose rows nobody wants any more: a limit is reached, or the result released.
func TestReefEnough(t *testing.T) {
	r := newReef(t, "reefeno", "")
	e := r.open(t, WithBatchRows(256))
	r.all(hangs("many", 5000))
	answers(t, e, "SELECT count(*) FROM (SELECT id FROM many WHERE id % 2 = 0 LIMIT 10) q", "10")
	r.idle(t, time.Second)
	r.forget()
	for batches := range 4 {
		release(t.Context(), t, e, "SELECT id, word FROM many", batches)
	}
	r.idle(t, 2*time.Second)
	for _, shard := range []string{"br-1", "az-1"} {
		for _, stmt := range r.sent(shard, "many") {
			if !stmt.Attention && stmt.Error == nil && stmt.Rows > 50_000 {
				t.Errorf("%s sent all of its rows: %+v", shard, stmt)
			}
		}
	}
	r.heal()
	answers(t, e, "SELECT count(*) FROM people", "5")
}
