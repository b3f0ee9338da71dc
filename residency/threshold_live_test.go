package residency_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/jackc/pgx/v5"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/connectors/mssql"
	"github.com/atoll-sql/atoll/connectors/postgres"
	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/pgtest"
	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/internal/tdstest"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/sqlgen"
	"github.com/atoll-sql/atoll/residency"
)

// engine is a shard with the rows of the table samples.
type engine struct {
	name string
	site sqlgen.Site
	conn connectors.Connector
}

func openEngine(t *testing.T, name string, site sqlgen.Site, open connectors.Opener, dsn string) engine {
	t.Helper()
	conn, err := open(connectors.Config{Shard: name, DSN: dsn, Schema: site.Schema})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
	return engine{name, site, conn}
}

// engines makes the table in PostgreSQL, DuckDB and the test server for T-SQL, and fills it; the connection is to PostgreSQL.
func engines(t *testing.T, inserts []string) ([]engine, *pgx.Conn) {
	t.Helper()
	cluster := pgtest.Start(t, 1)[0]
	samples := plantest.SamplesTable()
	for _, sql := range append([]string{plantest.DDL(samples, "postgres")}, inserts...) {
		if err := cluster.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	oracle, err := pgx.Connect(t.Context(), cluster.DSN)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := oracle.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	path := filepath.Join(t.TempDir(), "shard.duckdb")
	if err := duckdb.CreateFile(t.Context(), path, append([]string{plantest.DDL(samples, "duckdb")}, inserts...), nil); err != nil {
		t.Fatal(err)
	}
	server := tdstest.Start(t)
	for _, sql := range append([]string{"CREATE TABLE samples (id int NOT NULL, b bit, i2 smallint, i4 int, i8 bigint, n decimal(12,3), f4 real, f8 float, t nvarchar(40))"}, inserts...) {
		if err := server.Exec(t.Context(), strings.NewReplacer("true", "1", "false", "0").Replace(sql)); err != nil {
			t.Fatalf("%v\n%s", err, sql)
		}
	}
	return []engine{
		openEngine(t, "PostgreSQL", sqlgen.Site{Dialect: "postgres", Schema: "public", BinaryCollation: true}, postgres.Open, cluster.DSN),
		openEngine(t, "DuckDB", sqlgen.Site{Dialect: "duckdb", BinaryCollation: true}, duckdb.Open, path),
		openEngine(t, "SQL Server", sqlgen.Site{Dialect: "tsql", Schema: "dbo"}, mssql.Open, server.DSN()),
	}, oracle
}

// run writes a tree for the engine and runs it.
func (e engine) run(ctx context.Context, root plan.Node) (a logictest.Answer, sql string, err error) {
	st, err := sqlgen.Generate(root, e.site)
	if err != nil {
		return a, "", err
	}
	fields := make([]arrow.Field, len(root.Columns()))
	for i, name := range plan.Aliases(root.Columns()) {
		fields[i] = root.Columns()[i].Type.Field(name)
	}
	schema := arrow.NewSchema(fields, nil)
	r, err := e.conn.Query(ctx, connectors.Statement{SQL: st.SQL, Schema: schema})
	if err != nil {
		return a, st.SQL, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	var recs []arrow.Record
	defer func() {
		for _, rec := range recs {
			rec.Release()
		}
	}()
	for {
		rec, err := r.Next(ctx)
		if err == io.EOF {
			a, err = logictest.FromArrow(schema, recs)
			return a, st.SQL, err
		}
		if err != nil {
			return a, st.SQL, err
		}
		rec.Retain()
		recs = append(recs, rec)
	}
}

// worlds is how many sets of rows there are: each has an id of its own in the table.
const worlds = 24

// randomRows fills worlds with few entities and many, NULLs among keys, entities and values, and contributions of all sizes.
func randomRows(r *rand.Rand) []string {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	var out []string
	for world := range worlds {
		var rows []string
		people := []int{1, 3, 6, 16, 30}[r.IntN(5)]
		for range []int{0, 1, 4, 20, 60, 90}[world%6] {
			person, other, n := fmt.Sprint(r.IntN(people)), fmt.Sprint(r.IntN(4)), fmt.Sprintf("%d.%03d", r.IntN(100)-30, r.IntN(3)*250)
			switch r.IntN(12) {
			case 0:
				person = "NULL"
			case 1:
				other = "NULL"
			case 2:
				n = pick("NULL", "0", "-900000.5", "999999999.999")
			}
			f := fmt.Sprintf("%d.5", r.IntN(40)-10)
			if r.IntN(10) == 0 {
				f = pick("NULL", "0", "5000")
			}
			rows = append(rows, fmt.Sprintf("(%d, %s, %s, %s, %s, %s, %s, %s)", world, pick("true", "false", "NULL"), pick("1", "2", "NULL", "1"), person, other, n, f,
				pick("'a'", "'A'", "'a '", "NULL", "'a'", "'a'")))
		}
		if len(rows) > 0 {
			out = append(out, "INSERT INTO samples (id, b, i2, i4, i8, n, f8, t) VALUES "+strings.Join(rows, ", "))
		}
	}
	return out
}

// shape is a kind of question: the keys of its groups and what it computes of each.
type shape struct{ keys, aggs string }

var questions = []shape{
	{"i2", "count(*) as c, sum(n) as s"},
	{"t", "count(*) as c, sum(n) as s, min(i4) as lo"},
	{"i2, b", "sum(f8) as s, count(n) as c"},
	{"b, t", "max(n) as hi, sum(i4) as s, count(distinct i8) as d"},
	{"i2", ""},
	{"t, i2", ""},
	{"", "count(*) as c, sum(n) as s, max(t) as hi"},
	{"", "sum(i8) as s"},
	{"i2 % 2", "count(*) as c"},
}

// asked is one case: a question over a world under a threshold.
type asked struct {
	shape
	world int
	t     residency.Threshold
}

func (q asked) String() string {
	s := fmt.Sprintf("world %d, %s by %s, on small %d, fence %t:", q.world, q.aggs, q.keys, q.t.OnSmall, q.t.Fence)
	for _, e := range q.t.Entities {
		s += fmt.Sprintf(" %d of %s", e.Min, e.Col.Name)
	}
	for _, d := range q.t.Dominance {
		s += fmt.Sprintf(" %d of %s at most %d%% of %s", d.Largest, d.Entity.Name, d.Percent, d.Arg.Name)
	}
	return s
}

func (q asked) rows() string {
	return fmt.Sprintf("(select b, i2, i4, i8, n, f8, t from samples where id = %d) as s", q.world)
}

// sql is the question.
func (q asked) sql() string { return selecting(q.keys, q.aggs, q.rows()) + grouping(q.keys) }

func selecting(keys, aggs, from string) string {
	if keys == "i2 % 2" {
		keys += " as k"
	}
	return "select " + strings.Trim(keys+", "+aggs, ", ") + " from " + from
}

func grouping(keys string) string {
	if keys == "" {
		return ""
	}
	return " group by " + keys
}

// bound returns the question's tree and its aggregate, with the threshold's columns found by name in the aggregate's input.
func (q *asked) bound(t *testing.T, w *plantest.World) (plan.Node, *plan.Aggregate) {
	t.Helper()
	b, err := w.Bind(q.sql())
	if err != nil {
		t.Fatalf("%s: %v", q.sql(), err)
	}
	agg := aggregateOf(b.Root)
	for i, e := range q.t.Entities {
		q.t.Entities[i].Col = columnNamed(agg, e.Col.Name)
	}
	for i, d := range q.t.Dominance {
		q.t.Dominance[i].Entity, q.t.Dominance[i].Arg = columnNamed(agg, d.Entity.Name), columnNamed(agg, d.Arg.Name)
	}
	return b.Root, agg
}

// passes is the condition, in PostgreSQL's own words, that a group of rows of from passes; keys are the group's, of the row g.
func (q asked) passes(keys []string, from string) string {
	same := "true"
	for _, k := range keys {
		same += " and x." + k + " is not distinct from g." + k
	}
	var all []string
	for _, e := range q.t.Entities {
		all = append(all, fmt.Sprintf("(select count(distinct x.%s) from %s x where %s) >= %d", e.Col.Name, from, same, e.Min))
	}
	for _, d := range q.t.Dominance {
		value := "abs(x." + d.Arg.Name + "::numeric)"
		known := fmt.Sprintf("coalesce((select sum(v) from (select sum(%s) as v from %s x where %s and x.%[4]s is not null group by x.%[4]s order by v desc nulls last limit %[5]d) as o), 0)",
			value, from, same, d.Entity.Name, d.Largest)
		unknown := fmt.Sprintf("coalesce((select sum(%s) from %s x where %s and x.%s is null), 0)", value, from, same, d.Entity.Name)
		all = append(all, fmt.Sprintf("100 * (%s + %s) <= %d * coalesce((select sum(%s) from %s x where %s), 0)", known, unknown, d.Percent, value, from, same))
	}
	return strings.Join(all, " and ")
}

// answer is what the threshold leaves of the answer, in PostgreSQL's own words; small counts the groups that do not pass. The keys are columns
// of their own, beside those that are counted and added up.
func (q asked) answer() (answer, small string) {
	with, from := "with r as (select *", "r"
	var names, outputs []string
	for i, k := range strings.Split(q.keys, ", ") {
		if k == "" {
			break
		}
		name, output := fmt.Sprint("key", i), k
		if k == "i2 % 2" {
			output = "k"
		}
		with += ", " + k + " as " + name
		names, outputs = append(names, name), append(outputs, name+" as "+output)
	}
	with += " from " + q.rows() + ")"
	keys := strings.Join(names, ", ")
	small = with + " select count(*) as small_groups from (select 1) as g where not (" + q.passes(nil, from) + ")"
	if keys == "" {
		return with + " select a.* from (select 1) as g left join (" + selecting("", q.aggs, from) + ") as a on " + q.passes(nil, from), small
	}
	small = strings.Replace(small, "(select 1)", "(select distinct "+keys+" from r)", 1)
	small = strings.Replace(small, q.passes(nil, from), q.passes(names, from), 1)
	if q.t.OnSmall == residency.Remainder {
		with += ", m as (select b, i2, i4, i8, n, f8, t"
		for _, k := range names {
			with += ", case when " + q.passes(names, from) + " then " + k + " end as " + k
		}
		with += " from r as g)"
		from = "m"
	}
	with += ", a as (" + selecting(keys, q.aggs, from) + grouping(keys) + ")"
	if q.aggs != "" {
		for _, a := range strings.Split(q.aggs, ", ") {
			outputs = append(outputs, a[strings.LastIndex(a, " ")+1:])
		}
	}
	return with + " select " + strings.Join(outputs, ", ") + " from a as g where " + q.passes(names, from), small
}

func randomCase(r *rand.Rand) asked {
	column := func(names ...string) plan.Column { return plan.Column{Name: names[r.IntN(len(names))]} }
	q := asked{shape: questions[r.IntN(len(questions))], world: r.IntN(worlds)}
	q.t.OnSmall, q.t.Fence = residency.OnSmall(r.IntN(3)), r.IntN(2) == 0
	least := func() int64 { return []int64{1, 2, 3, 11}[r.IntN(4)] }
	q.t.Entities = []residency.EntityMin{{Col: column("i4", "i4", "t"), Min: least()}}
	if r.IntN(3) == 0 {
		q.t.Entities = append(q.t.Entities, residency.EntityMin{Col: column("i8"), Min: 1 + r.Int64N(3)})
	}
	for range max(0, r.IntN(5)-2) {
		q.t.Dominance = append(q.t.Dominance, residency.DominanceTerm{Entity: column("i4", "i8", "t"), Arg: column("n", "f8", "i4", "i2"),
			Largest: 1 + r.Int64N(3), Percent: []int64{30, 50, 60, 85, 99, 100}[r.IntN(6)]})
	}
	return q
}

// TestThresholdLive: on each engine, over random rows, a protected tree gives what PostgreSQL says that the threshold leaves.
func TestThresholdLive(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 11))
	shards, oracle := engines(t, randomRows(r))
	w := plantest.Samples(t, "postgres")
	outcomes := map[string]int{}
	for range 250 {
		q := randomCase(r)
		root, agg := q.bound(t, w)
		next := counter(root)
		protected, err := residency.Protect(agg, q.t, next)
		if err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		if got, ok := residency.Unprotect(protected); !ok || plan.Tree(got) != plan.Tree(agg) || !residency.Protected(protected, got, q.t) {
			t.Errorf("%s: %t, not recognised:\n%s", q, ok, plan.Tree(protected))
		}
		counting, err := residency.SmallGroups(agg, q.t, next)
		if err != nil {
			t.Fatal(err)
		}
		answer, small := q.answer()
		want, err := logictest.FromPostgres(t.Context(), oracle, answer, nil)
		if err != nil {
			t.Fatalf("%s: %v\n%s", q, err, answer)
		}
		wantSmall, err := logictest.FromPostgres(t.Context(), oracle, small, nil)
		if err != nil {
			t.Fatalf("%s: %v\n%s", q, err, small)
		}
		anySmall := wantSmall.Rows[0][0].Text != "0"
		outcomes[fmt.Sprintf("on small %d, rows %t, small %t", q.t.OnSmall, len(want.Rows) > 0, anySmall)]++
		for _, e := range shards {
			got, sql, err := e.run(t.Context(), replaced(root, agg, protected))
			if fails := q.t.OnSmall == residency.Fail && anySmall; fails != (sqlState(err) == "22012") {
				t.Fatalf("%s, %s: %v %v, fails %t\n%s", q, e.name, got.Rows, err, fails, sql)
			} else if !fails {
				compareAnswers(t, q.String()+", "+e.name, want, got, err, sql+"\n"+answer)
			}
			got, sql, err = e.run(t.Context(), counting)
			compareAnswers(t, q.String()+", small groups, "+e.name, wantSmall, got, err, sql+"\n"+small)
		}
	}
	if len(outcomes) != 12 {
		t.Errorf("not every outcome was met: %v", outcomes)
	}
}

func compareAnswers(t *testing.T, what string, want, got logictest.Answer, err error, sql string) {
	t.Helper()
	if err == nil {
		err = logictest.Compare(logictest.Case{FloatTolerance: true}, want, got)
	}
	if err != nil {
		t.Fatalf("%s: %v %v\n%s", what, err, errors.Unwrap(err), sql)
	}
}

func sqlState(err error) string {
	var e *connectors.Error
	if errors.As(err, &e) {
		return e.SQLState
	}
	return ""
}

func replaced(root, old, with plan.Node) plan.Node {
	return plan.Transform(root, func(n plan.Node) plan.Node {
		if n == old {
			return with
		}
		return n
	})
}
