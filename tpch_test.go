package atoll

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/jackc/pgx/v5"

	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/pgtest"
	"github.com/atoll-sql/atoll/internal/tpch"
)

// refusedTPCH lists by dialect the queries that are refused today, each with words of the message. It must shrink: a query that is
// answered, or refused for another reason, fails the test until it is taken out.
var refusedTPCH = map[string]map[int]string{
	"postgres": {},
	"mysql":    {},
}

// TestTPCH holds the 22 queries over shards of mixed engines against one PostgreSQL with all the rows. ATOLL_TPCH sets the scale
// factor; with it, six shards are tried as well as three.
func TestTPCH(t *testing.T) {
	w := newTPCH(t)
	counts := []int{3}
	if os.Getenv("ATOLL_TPCH") != "" {
		counts = append(counts, 6)
	}
	for _, dialect := range tpch.Dialects {
		for _, n := range counts {
			t.Run(fmt.Sprintf("%s/%d_shards", dialect, n), func(t *testing.T) {
				alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
				e := w.open(t, dialect, n, WithAllocator(alloc), WithInvariantChecks())
				for q := 1; q <= tpch.QueryCount; q++ {
					t.Run(fmt.Sprintf("q%02d", q), func(t *testing.T) { w.check(t, e, dialect, q) })
				}
				if err := e.Close(); err != nil {
					t.Error(err)
				}
				alloc.AssertSize(t, 0)
			})
		}
	}
}

// tpchWorld is the oracle of one scale factor and the shards that were filled beside it.
type tpchWorld struct {
	scale   float64
	rows    *tpch.Generator
	cluster *pgtest.Cluster
	oracle  *pgx.Conn
	layouts map[int]*tpch.Layout
	answers map[int]logictest.Answer // of the oracle
	dir     string
}

func newTPCH(t *testing.T) *tpchWorld {
	t.Helper()
	w := &tpchWorld{scale: 0.01, layouts: map[int]*tpch.Layout{}, answers: map[int]logictest.Answer{}, dir: t.TempDir()}
	if text := os.Getenv("ATOLL_TPCH"); text != "" {
		var err error
		if w.scale, err = strconv.ParseFloat(text, 64); err != nil {
			t.Fatalf("ATOLL_TPCH must be a scale factor: %v", err)
		}
	}
	var err error
	if w.rows, err = tpch.New(w.scale, 1); err != nil {
		t.Fatal(err)
	}
	clusters, err := pgtest.Shared(1)
	if err != nil {
		t.Fatal(err)
	}
	w.cluster = clusters[0]
	w.oracle = w.connect(t, "tpch_oracle")
	for _, table := range tpch.Tables {
		w.fillPostgres(t, w.oracle, table, nil)
	}
	return w
}

func (w *tpchWorld) connect(t *testing.T, db string) *pgx.Conn {
	t.Helper()
	dsn, err := w.cluster.CreateDatabase(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return conn
}

func (w *tpchWorld) fillPostgres(t *testing.T, conn *pgx.Conn, table *tpch.Table, keep tpch.Keep) {
	t.Helper()
	s := w.rows.All(table, keep)
	defer s.Close()
	if err := tpch.Fill(t.Context(), conn, table, s); err != nil {
		t.Fatal(err)
	}
}

// layout fills n shards, every second of them a DuckDB file, unless that has been done.
func (w *tpchWorld) layout(t *testing.T, n int) *tpch.Layout {
	t.Helper()
	if l := w.layouts[n]; l != nil {
		return l
	}
	shards := logictest.NewShards(n)
	l := tpch.NewLayout(shards)
	for i := range shards {
		s := &shards[i]
		name := fmt.Sprintf("tpch_%d_%s", n, s.Name)
		if s.Driver = mixed[i%2]; s.Driver == "duckdb" {
			s.DSN = filepath.Join(w.dir, name+".duckdb")
			w.fillDuckDB(t, s.DSN, l, i)
			continue
		}
		s.DSN, s.Schema = w.cluster.DSNFor(name), "public"
		conn := w.connect(t, name)
		for _, table := range tpch.Tables {
			w.fillPostgres(t, conn, table, l.Keep(table, i))
		}
	}
	w.layouts[n] = l
	return l
}

func (w *tpchWorld) fillDuckDB(t *testing.T, path string, l *tpch.Layout, shard int) {
	t.Helper()
	var ddl []string
	var fill []duckdb.FileTable
	for _, table := range tpch.Tables {
		s := w.rows.All(table, l.Keep(table, shard))
		defer s.Close()
		ddl = append(ddl, table.Create(true))
		fill = append(fill, duckdb.FileTable{Name: table.Name, Source: s})
	}
	if err := duckdb.CreateFile(t.Context(), path, ddl, fill); err != nil {
		t.Fatal(err)
	}
}

// open opens an engine over n shards; the caller closes it.
func (w *tpchWorld) open(t *testing.T, dialect string, n int, opts ...Option) *Engine {
	t.Helper()
	yaml := strings.Replace(w.layout(t, n).ConfigYAML(), "dialect: postgres", "dialect: "+dialect, 1)
	cfg, err := ParseConfig([]byte(yaml), w.dir, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	e, err := Open(t.Context(), cfg, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// check holds one query to the oracle's answer, or to the refusal it is known for.
func (w *tpchWorld) check(t *testing.T, e *Engine, dialect string, number int) {
	q, err := tpch.Query(dialect, number)
	if err != nil {
		t.Fatal(err)
	}
	words, known := refusedTPCH[dialect][number]
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	start := time.Now()
	got, err := asker(e)(ctx, q.SQL, nil)
	var refusal *Error
	switch {
	case errors.As(err, &refusal) && known && strings.Contains(refusal.Error(), words):
		t.Logf("refused: %v", refusal)
		return
	case err != nil:
		t.Fatalf("%v\n%s", err, q.SQL)
	case known:
		t.Errorf("it is answered: take it out of refusedTPCH[%q]", dialect)
	}
	t.Logf("%d rows in %s", len(got.Rows), time.Since(start).Round(time.Millisecond))
	if err := logictest.Compare(q, w.answer(t, dialect, number, got.Columns), got); err != nil {
		t.Error(err)
	}
}

// answer returns the oracle's answer to a query as a dialect has it: columns without an alias bear the names found, and MySQL's year() is
// an integer.
func (w *tpchWorld) answer(t *testing.T, dialect string, number int, columns []string) logictest.Answer {
	t.Helper()
	a, asked := w.answers[number]
	if !asked {
		q, err := tpch.Query("postgres", number)
		if err != nil {
			t.Fatal(err)
		}
		if a, err = logictest.FromPostgres(t.Context(), w.oracle, q.SQL, nil); err != nil {
			t.Fatal(err)
		}
		w.answers[number] = a
	}
	if saysNothing(a) && w.scale >= 0.1 {
		t.Errorf("the oracle's answer is empty at scale %v: the rows are not what the specification has", w.scale)
	}
	if number == unnamedColumn && len(columns) == len(a.Columns) {
		a.Columns = columns
	}
	a.Types = slices.Clone(a.Types)
	for i, name := range a.Columns {
		if dialect == "mysql" && strings.HasSuffix(name, "_year") {
			a.Types[i] = "integer"
		}
	}
	return a
}

// saysNothing reports that an answer has no row, or only one without a value.
func saysNothing(a logictest.Answer) bool {
	return len(a.Rows) == 0 || len(a.Rows) == 1 && a.Rows[0][0].Null
}

// unnamedColumn is the query one of whose columns is a function without an alias.
const unnamedColumn = 18
