package bounds_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/pgtest"
	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/bounds"
	"github.com/atoll-sql/atoll/planner/plan"
)

// sea is the world of testdata/logic in one PostgreSQL: all of its rows, and for every set of shards a copy without theirs.
type sea struct {
	*plantest.World
	conn  *pgx.Conn
	dsn   string
	in    map[string]*pgx.Conn // by the schema that they read
	sets  []lost
	order func(ctx context.Context, typ, a, b string) (int, error)
}

// lost is a set of shards that are left out, and the schemas without their rows.
type lost struct {
	shards        []string
	plain, pseudo string
}

// settings give values one text each, and end what takes too long.
const settings = "set statement_timeout = 10000; set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres'; set timezone = 'UTC'; set jit = off"

func newSea(t *testing.T) *sea {
	t.Helper()
	s := connect(t, plantest.Logic(t, plantest.Setup{Dialects: []string{"postgres", "postgres", "postgres"}}))
	data, err := logictest.NewDataset()
	if err != nil {
		t.Fatal(err)
	}
	l := logictest.Layout{Shards: logictest.NewShards(3), Hash: func(table string, key []logictest.Cell) (string, error) {
		p, err := s.Map.Explain(table, []string{key[0].Text})
		if err != nil {
			return "", err
		}
		return p.Shards[0].Name, nil
	}}
	if _, err := logictest.NewOracle(t.Context(), s.conn, data, l); err != nil {
		t.Fatal(err)
	}
	for set := 1; set < 7; set++ {
		var gone []string
		for i, shard := range l.Shards {
			if set&(1<<i) != 0 {
				gone = append(gone, shard.Name)
			}
		}
		s.without(t, data, gone)
	}
	return s
}

// connect makes an empty database.
func connect(t *testing.T, w *plantest.World) *sea {
	t.Helper()
	s := &sea{World: w, in: map[string]*pgx.Conn{}}
	var err error
	if s.dsn, err = pgtest.Start(t, 1)[0].CreateDatabase(t.Context(), "sea"); err != nil {
		t.Fatal(err)
	}
	if s.conn, err = pgx.Connect(t.Context(), s.dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, conn := range append(slices.Collect(maps.Values(s.in)), s.conn) {
			if err := conn.Close(context.Background()); err != nil {
				t.Error(err)
			}
		}
	})
	s.exec(t, settings)
	s.order = logictest.Ordering(s.conn)
	return s
}

func (s *sea) exec(t *testing.T, sql string) {
	t.Helper()
	if _, err := s.conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// without makes the schemas that lack the rows of shards.
func (s *sea) without(t *testing.T, data *logictest.Dataset, gone []string) {
	t.Helper()
	set := lost{gone, "plain" + fmt.Sprint(len(s.sets)), "pseudo" + fmt.Sprint(len(s.sets))}
	s.exec(t, "create schema "+set.plain)
	s.exec(t, "create schema "+set.pseudo)
	for _, table := range data.Tables {
		where, cols := "", make([]string, len(table.Columns))
		for i, c := range table.Columns {
			cols[i] = `"` + c.Name + `"`
		}
		if m, ok := s.Map.Table(table.Name); ok && !m.Replicated() {
			where = " where atoll_shard not in ('" + strings.Join(gone, "', '") + "')"
		}
		s.exec(t, fmt.Sprintf("create table %s.%s as select %s from pseudo.%[2]s%[4]s", set.plain, table.Name, strings.Join(cols, ", "), where))
		s.exec(t, fmt.Sprintf("create table %s.%s as select * from pseudo.%[2]s%[3]s", set.pseudo, table.Name, where))
	}
	s.sets = append(s.sets, set)
}

// ask asks over one schema.
func (s *sea) ask(ctx context.Context, schema, sql string, args []any) (logictest.Answer, error) {
	conn := s.in[schema]
	if conn == nil {
		var err error
		if conn, err = pgx.Connect(ctx, s.dsn); err != nil {
			return logictest.Answer{}, err
		}
		s.in[schema] = conn
		if _, err := conn.Exec(ctx, settings+"; set search_path = "+schema); err != nil {
			return logictest.Answer{}, err
		}
	}
	return logictest.FromPostgres(ctx, conn, sql, args)
}

// errNotBound: the statement is none, or one that Atoll does not take.
var errNotBound = errors.New("not bound")

// meaning is what an answer without some shards says; homes tells how rows lie.
func (s *sea) meaning(sql string, args []any, gone []string, homes bool) (bounds.Meaning, error) {
	params := make([]bind.Param, len(args))
	for i, a := range args {
		if params[i] = (bind.Param{Text: fmt.Sprint(a)}); a == nil {
			params[i] = bind.Param{Null: true}
		}
	}
	q, err := s.Bind(sql, params...)
	if err != nil {
		return bounds.Meaning{}, fmt.Errorf("%w: %w", errNotBound, err)
	}
	return bounds.Of(q.Root, q.Output, missing(s.World, gone, homes))
}

// missing is what lacks rows without some shards.
func missing(w *plantest.World, gone []string, homes bool) bounds.Missing {
	out := bounds.Missing{Scan: func(n *plan.Scan) bool {
		t, ok := w.Map.Table(n.Table)
		return ok && !t.Replicated() && slices.ContainsFunc(t.Shards(), func(i int) bool { return slices.Contains(gone, w.Map.Shard(i).Name) })
	}}
	if !homes {
		return out
	}
	out.Home = func(n *plan.Scan) bounds.Home {
		t, ok := w.Map.Table(n.Table)
		if !ok {
			return bounds.Home{}
		}
		h := bounds.Home{Scheme: t.Scheme().ID, Key: t.Scheme().Key, NotNull: true}
		for _, key := range h.Key {
			h.NotNull = h.NotNull && w.Catalog.Table(n.Table).Column(key).NotNull
		}
		return h
	}
	return out
}

// claims are what is said of an answer.
func (s *sea) claims(m bounds.Meaning, loose bool) logictest.Claims {
	c := logictest.Claims{Rows: string(m.Rows), Loose: loose, Order: s.order}
	for _, col := range m.Columns {
		c.Columns = append(c.Columns, string(col.Kind))
	}
	return c
}

// stateOf is the SQLSTATE of an error of PostgreSQL, "" for any other.
func stateOf(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}
