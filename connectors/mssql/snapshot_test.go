package mssql

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/internal/tdstest"
	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// asked lets helpers that ask a connector ask a snapshot.
type asked struct {
	connectors.Connector
	snapshot connectors.Snapshot
}

func (a asked) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	return a.snapshot.Query(ctx, stmt)
}

func openSnapshot(t *testing.T, s *shard) asked {
	n := s.Snapshot(func() error { return nil })
	t.Cleanup(n.Close)
	return asked{s, n}
}

// sentTexts is what a server got, each statement's own text left out.
func sentTexts(srv *tdstest.Server) []string {
	var out []string
	for _, sent := range srv.Statements() {
		before, _, _ := strings.Cut(sent.Text, "SELECT ")
		out = append(out, strings.Join(strings.Fields(before), " "))
	}
	return out
}

const (
	underSnapshot = "SET TRANSACTION ISOLATION LEVEL SNAPSHOT;"
	underCommit   = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED;"
)

// TestSnapshotOnTheWire holds that the first statement opens the transaction in its own round trip, the others run in it, and
// the connection is given back without it.
func TestSnapshotOnTheWire(t *testing.T) {
	srv := server(t, "CREATE TABLE t (a bigint)", "INSERT INTO t (a) VALUES (7)")
	s := openShard(t, connectors.Config{DSN: srv.DSN(), MaxConns: 1})
	stmt := connectors.Statement{SQL: "SELECT t.a AS a FROM t AS t WHERE t.a = CAST(@p1 AS bigint) AND N'it''s' = @p2", Schema: oneInt,
		Args: []connectors.Arg{{Text: "7"}, {Text: "it's"}}}
	mustValues(t, s, stmt)
	srv.ClearRecord()
	n := openSnapshot(t, s)
	for i := range 3 {
		if got, stats := mustValues(t, n, stmt); got != "7" || stats.RoundTrips != 1 {
			t.Errorf("statement %d: %q, %d round trips", i, got, stats.RoundTrips)
		}
	}
	n.snapshot.Close()
	mustValues(t, s, stmt)
	want := []string{underSnapshot + " BEGIN TRANSACTION;", underSnapshot, underSnapshot, "ROLLBACK TRANSACTION", underSnapshot}
	if got := sentTexts(srv); !slices.Equal(got, want) {
		t.Errorf("sent %q", got)
	}
	if n := len(srv.Logins()); n > 1 {
		t.Errorf("%d logins", n)
	}
}

// TestSnapshotKeepsSecrets: a statement with a secret opens the transaction in a round trip before, since its parameters would become
// literals otherwise. One that fails there leaves neither the transaction nor the connection behind.
func TestSnapshotKeepsSecrets(t *testing.T) {
	srv := server(t, "CREATE TABLE t (a bigint)", "INSERT INTO t (a) VALUES (7)")
	s := openShard(t, connectors.Config{DSN: srv.DSN(), MaxConns: 1})
	stmt := connectors.Statement{SQL: "SELECT t.a AS a FROM t AS t WHERE CAST(7 AS bigint) = CAST(@p1 AS bigint) AND N'hush' = @p2", Schema: oneInt,
		Args: []connectors.Arg{{Text: "7"}, {Text: "hush", Secret: true}}}
	wrong := stmt
	wrong.SQL = strings.Replace(stmt.SQL, "FROM t AS t", "FROM nothing AS t", 1)
	mustValues(t, s, stmt)
	srv.ClearRecord()
	broken := openSnapshot(t, s)
	if _, _, err := values(t, broken, wrong); err == nil {
		t.Error("there is a table called nothing")
	}
	broken.snapshot.Close()
	n := openSnapshot(t, s)
	for i, trips := range []int{2, 1} {
		if got, stats := mustValues(t, n, stmt); got != "7" || stats.RoundTrips != trips {
			t.Errorf("statement %d: %q, %d round trips", i, got, stats.RoundTrips)
		}
	}
	n.snapshot.Close()
	mustValues(t, s, stmt)
	opening := underSnapshot + " BEGIN TRANSACTION"
	want := []string{opening, underSnapshot, "ROLLBACK TRANSACTION", opening, underSnapshot, underSnapshot, "ROLLBACK TRANSACTION", underSnapshot}
	if got := sentTexts(srv); !slices.Equal(got, want) {
		t.Errorf("sent %q", got)
	}
	for _, sent := range srv.Statements() {
		if strings.Contains(strings.Replace(sent.Text, "N'hush'", "", 1), "hush") {
			t.Errorf("a secret stands in %q", sent.Text)
		}
	}
}

// TestSnapshotNotAllowed: without SNAPSHOT isolation statements run as they do by themselves.
func TestSnapshotNotAllowed(t *testing.T) {
	srv := tdstest.Start(t)
	s := openShard(t, connectors.Config{DSN: srv.DSN()})
	stmt := connectors.Statement{SQL: "SELECT CAST(7 AS bigint) AS a", Schema: oneInt}
	mustValues(t, s, stmt)
	srv.ClearRecord()
	n := openSnapshot(t, s)
	mustValues(t, n, stmt)
	mustValues(t, n, stmt)
	if got := sentTexts(srv); !slices.Equal(got, []string{underCommit, underCommit}) {
		t.Errorf("sent %q", got)
	}
}

// TestSnapshotWithTableOutside: a statement that SNAPSHOT cannot run leaves the others their state.
func TestSnapshotWithTableOutside(t *testing.T) {
	srv := server(t, "CREATE TABLE sessions (id bigint)", "INSERT INTO sessions (id) VALUES (7)", "CREATE TABLE others (id bigint)")
	srv.Database().MemoryOptimized("dbo", "sessions")
	outside := connectors.Statement{SQL: "SELECT s.id AS a FROM [dbo].[sessions] AS s", Schema: oneInt}
	inside := connectors.Statement{SQL: "SELECT COUNT_BIG(*) AS a FROM [dbo].[others] AS d", Schema: oneInt}
	for name, order := range map[string][]connectors.Statement{"first": {outside, inside, inside}, "later": {inside, outside, inside}} {
		t.Run(name, func(t *testing.T) {
			s := openShard(t, connectors.Config{DSN: srv.DSN(), MaxConns: 2})
			n := openSnapshot(t, s)
			before := ""
			for _, stmt := range order {
				got, _ := mustValues(t, n, stmt)
				switch {
				case stmt.SQL == outside.SQL && got != "7":
					t.Errorf("outside: %s", got)
				case stmt.SQL == inside.SQL && before != "" && got != before:
					t.Errorf("inside: %s rows, then %s", before, got)
				case stmt.SQL == inside.SQL:
					before = got
				}
				if err := srv.Exec(context.Background(), "INSERT INTO others (id) VALUES (1)"); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestSnapshotLost ends the transaction behind the connector's back: what still has to be asked fails, rather than read
// another state.
func TestSnapshotLost(t *testing.T) {
	srv := server(t, "CREATE TABLE t (a bigint)", "INSERT INTO t (a) VALUES (7)")
	stmt := connectors.Statement{SQL: "SELECT t.a AS a FROM t AS t", Schema: oneInt}
	for name, end := range map[string]func(t *testing.T, n asked){
		"the connection": func(t *testing.T, _ asked) { srv.DropConnections() },
		"by a deadlock": func(t *testing.T, n asked) {
			srv.FailStatements(tdstest.Fault{Times: 1, Error: &engine.Error{Number: 1205, Severity: 13, State: 1}})
			if _, _, err := values(t, n, stmt); asError(t, err).Class != connectors.ClassConflict {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := openShard(t, connectors.Config{DSN: srv.DSN()})
			n := openSnapshot(t, s)
			mustValues(t, n, stmt)
			end(t, n)
			for range 2 {
				if _, _, err := values(t, n, stmt); asError(t, err).Class != connectors.ClassUnavailable {
					t.Error(err)
				}
			}
			mustValues(t, s, stmt)
		})
	}
}

// TestSnapshotOpensAgain: a busy server refuses the statement that opens the snapshot; the next attempt opens it.
func TestSnapshotOpensAgain(t *testing.T) {
	srv := server(t)
	s := openShard(t, connectors.Config{DSN: srv.DSN(), MaxConns: 1})
	stmt := connectors.Statement{SQL: "SELECT CAST(7 AS bigint) AS a", Schema: oneInt}
	mustValues(t, s, stmt)
	srv.FailStatements(tdstest.Fault{Times: 1, Error: &engine.Error{Number: 40501, Severity: 16, State: 1}})
	n := asked{s, patient(s).Snapshot(func() error { return nil })}
	mustValues(t, n, stmt)
	mustValues(t, n, stmt)
	n.snapshot.Close()
	eventually(t, 10*time.Second, "the connection is back", func() bool { return len(s.pool.Idle()) == 1 })
}
