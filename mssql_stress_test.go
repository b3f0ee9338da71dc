package atoll

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/atoll-sql/atoll/internal/tdstest"
	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// reefAsked are queries with their answers or SQLSTATEs.
var reefAsked = []struct{ sql, want, state string }{
	{"SELECT count(*), sum(id) FROM people", "5 136", ""},
	{"SELECT id FROM people ORDER BY id DESC LIMIT 2", "41; 32", ""},
	{"SELECT id FROM people WHERE coop = 3 AND fee > 0", "31", ""},
	{"SELECT a.id FROM people a JOIN people b ON a.id = b.id + 10 ORDER BY 1", "21; 31; 41", ""},
	{"SELECT atoll_region, count(*) FROM people GROUP BY 1 ORDER BY 1", "brazilsouth 2; eastus 1; eu-central-1 2", ""},
	{"SELECT coop, sum(id) FROM many WHERE id <= 1000 GROUP BY coop ORDER BY coop", "1 500500; 3 500500; 4 500500", ""},
	{"SELECT count(*) FROM (SELECT id, word FROM many WHERE id % 10 = 0 LIMIT 3000) q", "3000", ""},
	{"SELECT sum(id) / 0 FROM people", "", "22012"},
	{"SELECT id / (coop - 3) FROM people", "", "22012"},
	{"SELECT sum(word::integer) FROM people", "", "22P02"},
	{"SELECT id, word FROM half", "", "22012"},
	{"SELECT nothing FROM people", "", "42703"},
}

// TestReefStress asks 200 times at once over pools of four connections, while servers drop connections and deadlock, and
// ends a third of the queries early. Every answer must be right, the query's own end, or the failure that was planted.
func TestReefStress(t *testing.T) {
	r := newReef(t, "reefstr", "")
	before := goleak.IgnoreCurrent()
	e := r.open(t, WithBatchRows(256))
	stop := make(chan struct{})
	var faults, all sync.WaitGroup
	faults.Go(func() { plague(r, stop) })
	for g := range 200 {
		all.Go(func() {
			rnd := rand.New(rand.NewPCG(11, uint64(g)))
			for range 2 {
				reefOnce(t, e, rnd)
			}
		})
	}
	all.Wait()
	close(stop)
	faults.Wait()
	r.heal()
	r.idle(t, 5*time.Second)
	for name, s := range r.servers {
		if n := s.Connections(); n > 4 {
			t.Errorf("%s: %d connections", name, n)
		}
	}
	for _, q := range reefAsked[:7] {
		answers(t, e, q.sql, q.want)
	}
	shut(t, e)
	r.await(t, 5*time.Second, "all connections are closed", func() bool { return r.connections() == 0 })
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}

// plague lets a server misbehave now and then.
func plague(r *reef, stop <-chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		case <-time.After(20 * time.Millisecond):
		}
		s := r.servers[[]string{"br-1", "az-1"}[i%2]]
		r.heal() // so that faults which struck nobody do not gather
		switch i % 20 {
		case 0, 5, 10:
			s.FailStatements(strikes("people", tdstest.Fault{Error: tdstest.ErrDeadlock()}))
		case 1, 6, 11, 16:
			s.FailStatements(strikes("many", tdstest.Fault{AfterRows: 300, Drop: true}))
		case 2, 12:
			s.DropConnections()
		case 3:
			s.FailStatements(strikes("people", tdstest.Fault{Error: tdstest.ErrThrottled()}))
		case 4:
			s.FailLogins(tdstest.Fault{Error: tdstest.ErrUnavailable()})
		}
	}
}

func reefOnce(t *testing.T, e *Engine, rnd *rand.Rand) {
	q := reefAsked[rnd.IntN(len(reefAsked))]
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if rnd.IntN(3) == 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, time.Duration(rnd.IntN(300_000))*time.Microsecond)
		defer stop()
	}
	got, err := ask(ctx, e, q.sql)
	switch state := stateOf(err); {
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
	case q.state != "" && state == q.state:
	case err == nil && q.want != "" && got == q.want:
	case state == "40001", state == "08006", state == "08001", state == "53300", state == "57P03": // planted
	default:
		t.Error(fmt.Errorf("%s: %q, %w", q.sql, got, err))
	}
}

// TestReefForLong asks a thousand times, one after the other, with a failure now and then. Nothing may grow.
func TestReefForLong(t *testing.T) {
	r := newReef(t, "reeflon", "")
	e := r.open(t)
	var goroutines, logins int
	for i := range 1000 {
		if i%100 == 50 {
			r.servers["br-1"].FailStatements(strikes("people", tdstest.Fault{Times: -1, Error: tdstest.ErrDeadlock()}))
			fails(t, e, refused{sql: "SELECT count(*) FROM people", state: "40001", shard: "br-1", saying: "deadlock"})
			r.heal()
		}
		q := reefAsked[i%5]
		answers(t, e, q.sql, q.want)
		if i == 100 {
			goroutines, logins = runtime.NumGoroutine(), len(r.servers["br-1"].Logins())
		}
	}
	if n := runtime.NumGoroutine(); n > goroutines+10 {
		t.Errorf("%d goroutines, after the first hundred queries %d", n, goroutines)
	}
	if n := len(r.servers["br-1"].Logins()); n > logins {
		t.Errorf("%d logins more than after the first hundred queries", n-logins)
	}
}

// TestReefSnapshot transfers amounts between accounts while queries add them up: each statement must see all of a transfer
// or nothing of it.
func TestReefSnapshot(t *testing.T) {
	const tables = "  ledger: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], br-1: [3], az-1: [4]}}}\n"
	r := newReef(t, "reefsna", tables, map[string]string{
		"eu-1": "CREATE TABLE ledger (coop integer, account integer, amount numeric(12,2)); INSERT INTO ledger VALUES (1, 1, 100), (1, 2, 0)",
		"br-1": "CREATE TABLE ledger (coop int, account int, amount decimal(12,2)); INSERT INTO ledger VALUES (3, 1, 100), (3, 2, 0)",
		"az-1": "CREATE TABLE ledger (coop int, account int, amount decimal(12,2)); INSERT INTO ledger VALUES (4, 1, 100), (4, 2, 0)",
	})
	e := r.open(t)
	ctx, cancel := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for shard, coop := range map[string]int{"br-1": 3, "az-1": 4, "eu-1": 1} {
		move := fmt.Sprintf("INSERT INTO ledger VALUES (%d, 1, -1.25); INSERT INTO ledger VALUES (%[1]d, 2, 1.25);", coop)
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
	for i := range 40 {
		answers(t, e, "SELECT sum(amount), count(*) % 2 FROM ledger", "300 0")
		answers(t, e, "SELECT coop, sum(amount) FROM ledger GROUP BY coop ORDER BY coop", "1 100; 3 100; 4 100")
		if i%10 == 0 {
			answers(t, e, "SELECT sum(amount), count(*) % 2 FROM (SELECT amount FROM ledger OFFSET 0) q", "300 0")
		}
	}
	cancel()
	writers.Wait()
	for _, shard := range []string{"br-1", "az-1"} {
		for _, stmt := range r.sent(shard, "ledger") {
			if !strings.HasPrefix(stmt.Text, "SET TRANSACTION ISOLATION LEVEL SNAPSHOT;") {
				t.Errorf("%s was asked outside a snapshot: %s", shard, stmt.Text)
			}
		}
	}
}

// textQueries are what collations and missing features could make different.
var textQueries = []struct{ sql, want string }{
	{"SELECT count(*) FROM notes WHERE body = 'ada'", "3"},
	{"SELECT count(*) FROM notes WHERE body = 'ada '", "2"},
	{"SELECT body, count(*) FROM notes WHERE body IS NOT NULL AND body NOT LIKE '%é%' GROUP BY body ORDER BY body", " 1; ADA 3; Ada 2; ada 3; ada  2; É 1; 🏝 2"},
	{"SELECT min(body), max(body), count(DISTINCT body) FROM notes", " 🏝 8"},
	{"SELECT coop, body FROM notes WHERE body > 'z' ORDER BY body, coop", "4 É; 1 é; 3 é; 1 🏝; 3 🏝"},
	{"SELECT count(*) FROM notes WHERE body LIKE 'a%'", "5"},
	{"SELECT count(*) FROM notes WHERE body ILIKE 'ADA'", "8"},
	{"SELECT count(*) FROM notes a JOIN notes b ON a.body = b.body", "36"},
	{"SELECT length(body), upper(body) FROM notes WHERE body IN ('é', '🏝') ORDER BY 1, 2", "1 é; 1 é; 1 🏝; 1 🏝"},
}

const notesTables = "  notes: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1], br-1: [3], az-1: [4]}}}\n"

var notesRows = map[string]string{
	"eu-1": "CREATE TABLE notes (coop integer, body text); INSERT INTO notes VALUES (1, 'ada'), (1, 'Ada'), (1, 'ADA'), (1, ''), (1, NULL), (1, 'é'), (1, '🏝')",
	"br-1": "CREATE TABLE notes (coop int, body nvarchar(20) NULL); INSERT INTO notes VALUES (3, N'ada'), (3, N'Ada'), (3, N'ADA'), (3, N'ada '), (3, N'é'), (3, N'🏝')",
	"az-1": "CREATE TABLE notes (coop int, body varchar(20) NULL); INSERT INTO notes VALUES (4, N'ada'), (4, N'ADA'), (4, N'ada '), (4, N'É'), (4, NULL)",
}

// TestReefCollations asks for texts of which one database ignores the case, another minds it, and one keeps UTF-8; and then
// again where servers lack what the dialect would use.
func TestReefCollations(t *testing.T) {
	for name, missing := range map[string][]string{"recent": nil, "one collation less": {engine.MissingUTF8Collation}, "lesser": lesserMissing} {
		t.Run(name, func(t *testing.T) {
			usual := reefEngines["br-1"]
			defer func() { reefEngines["br-1"] = usual }()
			reefEngines["br-1"] = engine.Options{AllowSnapshot: missing == nil, Missing: missing}
			e := newReef(t, "reefcol", notesTables, notesRows).open(t)
			for _, q := range textQueries {
				answers(t, e, q.sql, q.want)
			}
			for _, q := range reefAsked[:7] {
				answers(t, e, q.sql, q.want)
			}
		})
	}
}
