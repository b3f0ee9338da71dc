package peers

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/atoll-sql/atoll/internal/logictest"
)

// questions are put to all peers; what DuckDB or Trino spells in another way is beside PostgreSQL's words.
var questions = []struct {
	name string
	Query
	ordered bool
	how     map[string]string // where it is not Equal
}{
	{name: "rows", Query: Query{SQL: "select * from item"}},
	{name: "groups", Query: Query{SQL: "select i_kind, count(*), sum(i_price), min(i_day), max(i_code) from item group by i_kind"}},
	{name: "average", Query: Query{SQL: "select i_kind, avg(i_price) as mean from item group by i_kind", Of: map[string]string{
		Trino: "select i_kind, avg(cast(i_price as double)) as mean from item group by i_kind"}},
		how: map[string]string{DuckDB: EqualWithin, Trino: EqualWithin}},
	{name: "rounded average", Query: Query{SQL: "select i_kind, avg(i_price) as mean from item group by i_kind"},
		how: map[string]string{DuckDB: EqualWithin, Trino: "differs: column mean"}},
	{name: "join", Query: Query{SQL: "select k_name, sum(i_weight) as w from item join kind on k_id = i_kind where i_day < date '2024-06-01' group by k_name"},
		how: map[string]string{FDW: EqualWithin, DuckDB: EqualWithin, Trino: EqualWithin}},
	{name: "top", Query: Query{SQL: "select i_id, i_note from item where i_note is null or i_new order by i_id desc limit 20"}, ordered: true},
	{name: "nothing", Query: Query{SQL: "select sum(i_price), count(i_note) from item where i_id < 0"}},
}

// ask asks every question and holds the answers to the single server's.
func ask(t *testing.T, w World, p Peer) {
	t.Helper()
	single, _, err := Open(t.Context(), PostgreSQL, w, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer closePeer(t, single)
	for _, q := range questions {
		want, err := single.Ask(t.Context(), q.SQL, time.Minute)
		if err != nil {
			t.Fatalf("%s: %v", q.name, err)
		}
		got, err := p.Ask(t.Context(), q.For(p.Name()), time.Minute)
		if err != nil {
			t.Errorf("%s: %v", q.name, err)
			continue
		}
		wanted := q.how[p.Name()]
		if wanted == "" {
			wanted = Equal
		}
		equal, how := Check(logictest.Case{Ordered: q.ordered}, want.Answer, got.Answer)
		if how == Equal && wanted == EqualWithin { // sums of floats may come out the same
			wanted = Equal
		}
		if how != wanted || equal == strings.HasPrefix(how, "differs") {
			t.Errorf("%s: it %s (%t), want %s; types %q, want %q", q.name, how, equal, wanted, got.Answer.Types, want.Answer.Types)
		}
		if got.Took <= 0 {
			t.Errorf("%s: it took %s", q.name, got.Took)
		}
		t.Logf("%s: %s, %d rows in %s (single %s)", q.name, how, len(got.Answer.Rows), got.Took, want.Took)
	}
}

func closePeer(t *testing.T, p Peer) {
	t.Helper()
	if err := p.Close(); err != nil {
		t.Errorf("%s: %v", p.Name(), err)
	}
}

// slow asks what takes long, and then something else.
func slow(t *testing.T, p Peer, sql string) {
	t.Helper()
	if _, err := p.Ask(t.Context(), sql, 200*time.Millisecond); !errors.Is(err, ErrTimeout) {
		t.Errorf("a query beyond its limit: %v, want ErrTimeout", err)
	}
	got, err := p.Ask(t.Context(), "select count(*) from item", time.Minute)
	if err != nil || len(got.Answer.Rows) != 1 || got.Answer.Rows[0][0].Text != "500" {
		t.Errorf("after a timeout: %v, %v", got.Answer.Rows, err)
	}
}

func TestServers(t *testing.T) {
	w := newWorld(t)
	for range 2 { // the second time everything is there
		p, about, err := Open(t.Context(), FDW, w, Options{})
		if err != nil || p == nil {
			t.Fatalf("%v, missing %q", err, about.Missing)
		}
		if !strings.HasPrefix(about.Version, "PostgreSQL ") || about.Setup == "" || about.Start <= 0 {
			t.Errorf("it is described as %+v", about)
		}
		ask(t, w, p)
		slow(t, p, "select pg_sleep(20)")
		closePeer(t, p)
	}
	partitionsHold(t, w)
	p, _, err := Open(t.Context(), PostgreSQL, w, Options{})
	if err != nil {
		t.Fatal(err)
	}
	slow(t, p, "select pg_sleep(20)")
	// A connection that the server ended costs the query that it had, and none of the next.
	if _, err := p.Ask(t.Context(), "select pg_terminate_backend(pg_backend_pid())", time.Minute); err == nil {
		t.Error("a connection was ended, and its query has an answer")
	}
	slow(t, p, "select pg_sleep(20)")
	closePeer(t, p)
}

// partitionsHold looks whether each key is on the shard whose partition PostgreSQL looks for it in.
func partitionsHold(t *testing.T, w World) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), w.FDW.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	var wrong, local int
	err = conn.QueryRow(t.Context(), `select count(*) from item where not
		satisfies_hash_partition('item'::regclass, 2, right(tableoid::regclass::text, 1)::integer, i_id)`).Scan(&wrong)
	if err == nil {
		err = conn.QueryRow(t.Context(), "select count(*) from kind join pg_class c on c.oid = kind.tableoid where relkind = 'r'").Scan(&local)
	}
	if err != nil || wrong != 0 || local != 7 {
		t.Errorf("%d keys are on another shard than their partition, want none; the reference table has %d local rows, want 7; %v", wrong, local, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	if _, _, err := Open(t.Context(), "oracle", World{}, Options{}); err == nil || !strings.Contains(err.Error(), "postgres_fdw") {
		t.Errorf("an unknown peer: %v", err)
	}
	if _, _, err := Open(t.Context(), DuckDB, World{}, Options{}); err == nil || !strings.Contains(err.Error(), "no shards") {
		t.Errorf("no shards: %v", err)
	}
}
