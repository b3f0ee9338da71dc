package atoll

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/internal/pgtest"
)

// TestKilled kills the server of a shard by kill -9 in the middle of queries and starts it again: each query ends in the right answer or in an
// error that names the shard, and the engine goes on with the shard when that is back.
func TestKilled(t *testing.T) {
	g := newGale(t, "postgres", "killed")
	own := pgtest.Start(t, 1)[0]
	slow := "; CREATE VIEW slow AS SELECT 3 AS coop, g::bigint AS id FROM generate_series(1, 3) g WHERE pg_sleep(60) IS NOT NULL"
	for _, sql := range []string{peopleOf["br-1"] + fmt.Sprintf(manySQL, 3, "generate_series", manyRows) + slow, "CHECKPOINT"} {
		if err := own.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	g.dsn["br-1"] = own.DSN
	g.tables += "  slow: {sharding: {strategy: lookup, key: [coop], map: {br-1: [3]}}}\n"
	e := g.open(t)
	g.well(t, e)
	kill := func() {
		if err := own.Kill(); err != nil {
			t.Error(err)
		}
	}
	back := func() {
		if err := own.Restart(); err != nil {
			t.Fatal(err)
		}
		g.well(t, e)
	}
	t.Run("before the first row", func(t *testing.T) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			const one = `DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep') THEN RAISE 'none'; END IF; END $$`
			eventually(t, galeSettle, "the statement runs", func() bool { return own.Exec(t.Context(), one) == nil })
			kill()
		}()
		_, err := ask(t.Context(), e, "SELECT count(*) FROM slow")
		<-done
		namesKilled(t, err)
		back()
	})
	t.Run("in mid-stream", func(t *testing.T) {
		r, err := e.Query(t.Context(), "SELECT id, word FROM many WHERE coop = 3")
		if err != nil {
			t.Fatal(err)
		}
		defer r.Release()
		rows := int64(0)
		for r.Next() {
			if rows += r.Record().NumRows(); rows == r.Record().NumRows() {
				kill()
			}
		}
		if r.Err() == nil && rows != manyRows { // everything may have been on its way
			t.Errorf("%d rows pass for all", rows)
		}
		if r.Err() != nil {
			namesKilled(t, r.Err())
		}
		back()
	})
	t.Run("while idle", func(t *testing.T) {
		kill()
		if err := g.once(t, e, false); err != nil { // what the server had forked may answer once more
			namesKilled(t, err)
		}
		back()
	})
}

// namesKilled holds an error to be one of a killed server.
func namesKilled(t *testing.T, err error) {
	t.Helper()
	var ae *Error
	if !errors.As(err, &ae) || ae.Shard != "br-1" || !slices.Contains(strings.Fields(broken+" 57P01 57P02 57P03"), ae.SQLState) {
		t.Fatalf("%v [%s]", err, stateOf(err))
	}
	t.Logf("%v [%s %s]", ae, ae.SQLState, ae.Shard)
	discreet(t, ae.Error())
}
