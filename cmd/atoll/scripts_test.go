package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/internal/pgtest"
)

var databases atomic.Int64

// startPostgres is `postgres VARIABLE FILE`: it runs the SQL of a file in a new database and puts its DSN into a variable.
func startPostgres(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: postgres VARIABLE FILE")
	}
	clusters, err := pgtest.Shared(1)
	ts.Check(err)
	db := fmt.Sprintf("script_%d", databases.Add(1))
	dsn, err := clusters[0].CreateDatabase(context.Background(), db)
	ts.Check(err)
	ts.Check(clusters[0].ExecIn(context.Background(), db, ts.ReadFile(args[1])))
	ts.Setenv(args[0], dsn)
	ts.Setenv(args[0]+"_DB", db)
}

// makeFile is `duckdb FILE SQL`: it runs the SQL of the second file in a DuckDB file.
func makeFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: duckdb FILE SQL")
	}
	ts.Check(duckdb.Exec(context.Background(), ts.MkAbs(args[0]), ts.ReadFile(args[1])))
}

// lockFile is `lock FILE`: until the script's end, the file is locked as a writer of DuckDB's would lock it.
func lockFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: lock FILE")
	}
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_RDWR, 0)
	ts.Check(err)
	ts.Defer(func() { ts.Check(f.Close()) })
	ts.Check(syscall.FcntlFlock(f.Fd(), syscall.F_SETLK, &syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart}))
}

// awaitActive is `active N VARIABLE...`: it waits until N statements run in the databases of those variables, at most ten
// seconds; for none, at most one.
func awaitActive(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: active N VARIABLE...")
	}
	clusters, err := pgtest.Shared(1)
	ts.Check(err)
	var dbs []string
	for _, v := range args[1:] {
		dbs = append(dbs, "'"+ts.Getenv(v+"_DB")+"'")
	}
	const sql = `DO $$ BEGIN IF (SELECT count(*) FROM pg_stat_activity WHERE datname IN (%s) AND state = 'active') <> %s
		THEN RAISE 'not so many'; END IF; END $$`
	limit := 10 * time.Second
	if args[0] == "0" {
		limit = time.Second
	}
	for end := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		err := clusters[0].Exec(context.Background(), fmt.Sprintf(sql, strings.Join(dbs, ", "), args[0]))
		if err == nil {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("not %s statements within %s: %v", args[0], limit, err)
		}
	}
}
