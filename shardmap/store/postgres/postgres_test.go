package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll/internal/pgtest"
	"github.com/atoll-sql/atoll/shardmap/store"
	"github.com/atoll-sql/atoll/shardmap/store/storetest"
)

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Opener {
		dsn := database(t, 0)
		return func(t *testing.T) store.Store { return open(t, Options{DSN: dsn}) }
	}, password)
}

func swap(t *testing.T, s store.Store, version uint64) {
	t.Helper()
	if err := s.Swap(t.Context(), version-1, storetest.Doc(version, "x")); err != nil {
		t.Fatal(err)
	}
}

func holds(t *testing.T, s store.Store, version uint64) {
	t.Helper()
	doc, err := s.Load(t.Context())
	if err != nil || doc.Version != version || string(doc.Text) != string(storetest.Text(version, "x")) {
		t.Fatalf("got %d, %v; want version %d", doc.Version, err, version)
	}
}

func TestMapsOfOneTableAreApart(t *testing.T) {
	dsn := database(t, 0)
	run(t, 0, `CREATE SCHEMA "odd ""name"`)
	one, other := open(t, Options{DSN: dsn, Name: "one"}), open(t, Options{DSN: dsn, Name: "o'ther"})
	odd := open(t, Options{DSN: dsn, Name: "one", Schema: `odd "name`})
	swap(t, one, 1)
	swap(t, one, 2)
	swap(t, other, 1)
	swap(t, odd, 1)
	holds(t, one, 2)
	holds(t, other, 1)
	holds(t, odd, 1)
}

// The moment that an answer names lies before the question.
func TestAsOfIsBeforeTheQuestion(t *testing.T) {
	dsn := database(t, 0)
	s := open(t, Options{DSN: dsn})
	swap(t, s, 1)
	locker, err := pgconn.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = locker.Close(context.Background()) }()
	do := func(sql string) []*pgconn.Result {
		t.Helper()
		results, err := locker.Exec(t.Context(), sql).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return results
	}
	do("BEGIN; LOCK TABLE atoll_map IN ACCESS EXCLUSIVE MODE")
	answer := make(chan store.Document, 1)
	go func() {
		doc, err := s.Load(context.Background())
		if err != nil {
			t.Error(err)
		}
		answer <- doc
	}()
	for string(do("SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")[0].Rows[0][0]) == "0" {
		time.Sleep(time.Millisecond)
	}
	asked := time.Now() // or later
	do("COMMIT")
	if doc := <-answer; doc.Version != 1 || !doc.AsOf.Before(asked) {
		t.Errorf("version %d as of %s, asked for before %s", doc.Version, doc.AsOf, asked)
	}
}

// What gets into the table past Swap is not served.
func TestRowsThatAreNoVersions(t *testing.T) {
	s := open(t, Options{DSN: database(t, 0)})
	swap(t, s, 1)
	for name, sql := range map[string]string{
		"another version in the text": "INSERT INTO atoll_map VALUES ('default', 2, 'map_version: 3')",
		"no YAML":                     "INSERT INTO atoll_map VALUES ('default', 2, 'map_version: [')",
	} {
		run(t, 0, sql)
		if doc, err := s.Load(t.Context()); !errors.Is(err, store.ErrBad) {
			t.Errorf("%s: %+v, %v", name, doc, err)
		}
		run(t, 0, "DELETE FROM atoll_map WHERE version = 2")
		holds(t, s, 1)
	}
	run(t, 0, "UPDATE atoll_map SET document = 'map_version: 1'") // the resolver tells, if the store does not hide it
	if doc, err := s.Load(t.Context()); err != nil || string(doc.Text) != "map_version: 1" {
		t.Errorf("%s, %v: a text that was changed in place is not seen", doc.Text, err)
	}
}

func TestConnectionsThatDiedAreReplaced(t *testing.T) {
	s := open(t, Options{DSN: database(t, 0)})
	swap(t, s, 1)
	kill := func() {
		t.Helper()
		run(t, 0, "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	}
	w := storetest.Watch(t, s)
	kill()
	if err := w.End(t); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("the lost watch ended with %v", err)
	}
	holds(t, s, 1)
	kill()
	swap(t, s, 2)
	w = storetest.Watch(t, s)
	swap(t, s, 3)
	w.Sees(t, s, 3)
}

// A connection that answers nothing is a lost watch, and one that is merely quiet is none.
func TestQuietWatches(t *testing.T) {
	s := open(t, Options{DSN: database(t, 0)})
	swap(t, s, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen, ended := make(chan struct{}, 10), make(chan error, 1)
	go func() { ended <- s.watch(ctx, func() { seen <- struct{}{} }, time.Millisecond) }()
	<-seen
	for range 20 { // some silences
		holds(t, s, 1)
	}
	swap(t, s, 2)
	select {
	case <-seen:
	case err := <-ended:
		t.Fatal(err)
	case <-time.After(30 * time.Second):
		t.Fatal("a quiet watch went deaf")
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestUnreachable(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	mute := open(t, Options{DSN: "postgres://user:" + password + "@" + addr + "/db?sslmode=disable"})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := mute.Load(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a server that does not answer: %v", err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	for name, dsn := range map[string]string{
		"refused": "postgres://user:" + password + "@" + addr + "/db?sslmode=disable",
		"no file": "host=/none password=" + password,
	} {
		s := open(t, Options{DSN: dsn})
		_, loadErr := s.Load(t.Context())
		for _, err := range []error{loadErr, s.Swap(t.Context(), 0, storetest.Doc(1, "x")), s.Watch(t.Context(), func() {})} {
			if err == nil || errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrConflict) {
				t.Errorf("%s: %v", name, err)
			}
			for _, word := range []string{password, addr, "user"} {
				if strings.Contains(fmt.Sprintf("%v", err), word) {
					t.Errorf("%s: %q stands in %v", name, word, err)
				}
			}
		}
	}
	refused := open(t, Options{DSN: database(t, 0) + "&user=nobody-we-know"})
	if _, err := refused.Load(t.Context()); err == nil || !strings.Contains(err.Error(), "refused the connection (SQLSTATE 28000)") || strings.Contains(err.Error(), "nobody") {
		t.Errorf("a user that is not there: %v", err)
	}
	for _, dsn := range []string{"", "postgres://u:" + password + "@h:port/x", "password=" + password + " x"} {
		if _, err := Open(Options{DSN: dsn}); err == nil || strings.Contains(err.Error(), password) {
			t.Errorf("a DSN that cannot be read: %v", err)
		}
	}
}

func TestSwapWithoutPermission(t *testing.T) {
	dsn := database(t, 0)
	admin := open(t, Options{DSN: dsn})
	swap(t, admin, 1)
	run(t, 0, "DROP ROLE IF EXISTS map_reader; CREATE ROLE map_reader LOGIN; GRANT SELECT ON atoll_map TO map_reader")
	reader := open(t, Options{DSN: strings.Replace(dsn, pgtest.User+"@", "map_reader@", 1) + "&user=map_reader"})
	holds(t, reader, 1)
	err := reader.Swap(t.Context(), 1, storetest.Doc(2, "x"))
	if err == nil || errors.Is(err, store.ErrConflict) || !strings.Contains(err.Error(), "permission denied") {
		t.Error(err)
	}
	holds(t, reader, 1)
}

// A standby that the DSN of the primary leads to, as after a failover, says nothing of what is the newest.
func TestStandbyIsNoPrimary(t *testing.T) {
	above, err := os.MkdirTemp("", "atoll-map-") // which the server's account may enter, unlike t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(above); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(above, 0o755); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(above, "cluster")
	c, err := pgtest.Open(dir, "wal_level=replica")
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, Options{DSN: c.DSN})
	swap(t, s, 1)
	if err := errors.Join(s.Close(), c.Stop()); err != nil {
		t.Fatal(err)
	}
	versions, err := filepath.Glob(filepath.Join(dir, "*", "PG_VERSION"))
	if err != nil || len(versions) != 1 {
		t.Fatal(versions, err)
	}
	signal := filepath.Join(filepath.Dir(versions[0]), "standby.signal")
	info, err := os.Stat(versions[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(signal, nil, info.Mode()); err != nil {
		t.Fatal(err)
	}
	c, err = pgtest.Open(dir, "wal_level=replica")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	}()
	s = open(t, Options{DSN: c.DSN})
	if doc, err := s.Load(t.Context()); err == nil || !strings.Contains(err.Error(), "standby") {
		t.Errorf("%+v, %v", doc, err)
	}
	if err := s.Swap(t.Context(), 1, storetest.Doc(2, "x")); err == nil {
		t.Error("a standby was written")
	}
}
