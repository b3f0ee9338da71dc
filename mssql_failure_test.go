package atoll

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/internal/tdstest"
	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// TestReefFaults holds that whatever a SQL Server does in place of an answer is reported as that shard's, without a row,
// stops the others, and does not spoil the next query.
func TestReefFaults(t *testing.T) {
	r := newReef(t, "reeffau", "")
	e := r.open(t)
	const count, read = "SELECT count(*), min(word) FROM people", "SELECT min(a.word) FROM many a JOIN many b ON a.id = b.id + 1"
	for _, c := range []struct {
		name  string
		fault tdstest.Fault
		want  refused
	}{
		{"dropped", tdstest.Fault{Times: -1, Drop: true}, refused{sql: count, state: "08006", saying: "the connection broke"}},
		{"garbage", tdstest.Fault{Garbage: true}, refused{sql: count, state: "08P01", saying: "protocol"}},
		{"wrong types", tdstest.Fault{WrongTypes: true}, refused{sql: count, state: "", saying: "the shard returns|is expected"}},
		{"deadlock", tdstest.Fault{Times: -1, Error: tdstest.ErrDeadlock()}, refused{sql: count, state: "40001", saying: "deadlock"}},
		{"lock timeout", tdstest.Fault{Error: &engine.Error{Number: 1222, Severity: 16, State: 51, Text: "Lock request time out period exceeded for " + planted}},
			refused{sql: count, state: "55P03", saying: "lock"}},
		{"fatal", tdstest.Fault{Times: -1, Error: &engine.Error{Number: 823, Severity: 24, State: 2, Text: "I/O error near " + planted}},
			refused{sql: count, state: "08006", saying: "ended the connection"}},
		{"unknown", tdstest.Fault{Error: &engine.Error{Number: 77777, Severity: 16, State: 1, Text: planted}},
			refused{sql: count, state: "", saying: "the server failed (error 77777)"}},
		{"dropped midway", tdstest.Fault{Times: -1, AfterRows: 6000, Drop: true}, refused{sql: read, state: "08006", saying: "the connection broke"}},
		{"dropped within a row", tdstest.Fault{Times: -1, AfterBytes: 300_001, Drop: true}, refused{sql: read, state: "08006", saying: "the connection broke"}},
		{"garbage midway", tdstest.Fault{AfterRows: 6000, Garbage: true}, refused{sql: read, state: "08P01", saying: "protocol"}},
		{"deadlock midway", tdstest.Fault{Times: -1, AfterRows: 6000, Error: tdstest.ErrDeadlock()}, refused{sql: read, state: "40001", saying: "deadlock"}},
		{"throttled midway", tdstest.Fault{AfterRows: 20_000, Error: tdstest.ErrThrottled()}, refused{sql: read, state: "53300", saying: "throttles"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer r.heal()
			table := "people"
			if c.want.sql == read {
				table = "many"
			}
			r.servers["br-1"].FailStatements(strikes(table, c.fault))
			c.want.shard, c.want.saying = "br-1", "br-1|"+c.want.saying
			fails(t, e, c.want)
			r.idle(t, time.Second)
			r.heal()
			answers(t, e, "SELECT count(*), sum(id) FROM people", "5 136")
		})
	}
}

// TestReefPatience holds that what passes by itself is waited for until the first row, and no longer.
func TestReefPatience(t *testing.T) {
	r := newReef(t, "reefpat", "")
	r.limits = "limits: {timeout: 5s}\n"
	e := r.open(t)
	br := r.servers["br-1"]
	for name, fault := range map[string]*engine.Error{"40613": tdstest.ErrUnavailable(), "10928": tdstest.ErrThrottled()} {
		t.Run(name, func(t *testing.T) {
			r.forget()
			br.FailStatements(strikes("people", tdstest.Fault{Times: 2, Error: fault}))
			answers(t, e, "SELECT count(*), sum(id) FROM people", "5 136")
			if n := len(r.sent("br-1", "people")); n != 3 {
				t.Errorf("the statement was sent %d times, want 3", n)
			}
			br.DropConnections()
			r.forget()
			br.FailLogins(tdstest.Fault{Times: 2, Error: fault})
			answers(t, e, "SELECT count(*), sum(id) FROM people", "5 136")
			if n := len(br.Logins()); n != 3 {
				t.Errorf("%d logins, want 3", n)
			}
		})
	}
	// After rows were consumed nothing is repeated.
	r.forget()
	br.FailStatements(strikes("many", tdstest.Fault{AfterRows: 50_000, Error: tdstest.ErrUnavailable()}))
	got, err := ask(t.Context(), e, "SELECT id FROM many WHERE coop = 3")
	if rows := strings.Count(got, ";"); stateOf(err) != "57P03" || rows == 0 || rows > 50_000 || len(r.sent("br-1", "many")) != 1 {
		t.Errorf("%d rows, %v, sent %d times", rows, err, len(r.sent("br-1", "many")))
	}
	r.forget()
	br.FailStatements(strikes("people", tdstest.Fault{Error: tdstest.ErrDeadlock()}))
	answers(t, e, "SELECT count(*) FROM people", "5")
	if n := len(r.sent("br-1", "people")); n != 2 {
		t.Errorf("a deadlocked statement was sent %d times, want 2", n)
	}
	// Patience ends with the query's time, with the reason and not with the timeout's.
	r.forget()
	br.FailStatements(strikes("people", tdstest.Fault{Times: -1, Error: tdstest.ErrUnavailable()}))
	fails(t, e, refused{sql: "SELECT count(*) FROM people", state: "57P03", shard: "br-1", saying: "br-1|not available"})
	answers(t, e, "SELECT count(*) FROM people WHERE coop = 4", "1")
	r.heal()
	answers(t, e, "SELECT count(*) FROM people", "5")
}

// TestReefLogin holds that a refused login is reported at once and by shard, and only to queries that need it.
func TestReefLogin(t *testing.T) {
	r := newReef(t, "reeflog", "")
	good := r.env["br-1"]
	e := r.open(t)
	br := r.servers["br-1"]
	br.DropConnections()
	r.forget()
	br.FailLogins(tdstest.Fault{Times: -1, Error: tdstest.ErrLoginFailed("teller " + planted)})
	fails(t, e, refused{sql: "SELECT count(*) FROM people", state: "28000", shard: "br-1", saying: "br-1|login refused"})
	if n := len(br.Logins()); n != 1 {
		t.Errorf("%d logins", n)
	}
	answers(t, e, "SELECT count(*) FROM people WHERE coop IN (1, 2, 4)", "3")
	r.heal()
	answers(t, e, "SELECT count(*) FROM people", "5")

	shut(t, e)
	r.env["br-1"] = strings.Replace(good, tdstest.DefaultPassword, password, 1)
	e = r.open(t)
	for range 2 {
		fails(t, e, refused{sql: "SELECT count(*) FROM people", state: "28000", shard: "br-1", saying: "br-1|login refused"})
	}
	answers(t, e, "SELECT count(*) FROM people WHERE coop IN (1, 2, 4)", "3")
	statusNames(t, e, "br-1", "login refused")
}

// TestReefReturns holds that a SQL Server which was down when the engine opened is used as soon as it is back, and that
// nobody who does not need it waits for it.
func TestReefReturns(t *testing.T) {
	r := newReef(t, "reefret", "")
	br := r.servers["br-1"]
	br.FailLogins(tdstest.Fault{Times: -1, Error: tdstest.ErrLoginFailed("x")})
	e := r.open(t)
	fails(t, e, refused{sql: "SELECT count(*) FROM people", state: "28000", shard: "br-1", saying: "login refused"})
	r.heal()
	answers(t, e, "SELECT count(*) FROM people", "5")

	shut(t, e)
	br.FailLogins(tdstest.Fault{Times: -1, Error: tdstest.ErrLoginFailed("x")})
	e = r.open(t)
	r.heal()
	br.FailLogins(tdstest.Fault{Times: -1, Delay: 4 * time.Second})
	waiting := make(chan error, 1)
	go func() {
		_, err := ask(within(t, 2*time.Second), e, "SELECT count(*) FROM people")
		waiting <- err
	}()
	time.Sleep(200 * time.Millisecond)
	start := time.Now()
	answers(t, e, "SELECT count(*) FROM people WHERE coop = 4", "1")
	if took := time.Since(start); took > time.Second {
		t.Errorf("a query that does not need the shard waited %s for it", took)
	}
	start = time.Now()
	if _, err := ask(within(t, 200*time.Millisecond), e, "SELECT count(*) FROM people"); err == nil || time.Since(start) > time.Second {
		t.Errorf("%v after %s", err, time.Since(start))
	}
	if err := <-waiting; err == nil {
		t.Error("an answer without the shard")
	}
	r.heal()
	r.await(t, 5*time.Second, "the logins are given up", func() bool { return br.Connections() == 0 })
	answers(t, e, "SELECT count(*) FROM people", "5")
}

// TestReefHalfway holds that a SQL Server which fails after it sent rows ends the result with its error, and not as if
// that were all.
func TestReefHalfway(t *testing.T) {
	r := newReef(t, "reefhal", "")
	e := r.open(t, WithBatchRows(500))
	for state, fault := range map[string]tdstest.Fault{
		"40001": {AfterRows: 50_000, Error: tdstest.ErrDeadlock()},
		"08006": {AfterRows: 50_000, Drop: true},
		"08P01": {AfterRows: 50_000, Garbage: true},
	} {
		r.servers["br-1"].FailStatements(strikes("many", fault))
		got, err := ask(t.Context(), e, "SELECT id FROM many WHERE coop = 3")
		var ae *Error
		if !errors.As(err, &ae) || ae.SQLState != state || ae.Shard != "br-1" || got == "" {
			t.Errorf("%d bytes of rows and %v, want SQLSTATE %s", len(got), err, state)
			continue
		}
		discreet(t, ae.Error())
	}
}

func shut(t *testing.T, e *Engine) {
	t.Helper()
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}
