package atoll

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

const visitsTables = "  visits: {sharding: {strategy: lookup, key: [coop], map: {eu-1: [1, 2], br-1: [3], %s: [4]}}}\n"

const visitsDDL = `CREATE TABLE visits (coop int NOT NULL, g int, page %s, price decimal(10,2), score %s, day date, moment %s, who %s, n bigint, small smallint);`

// visitTypes are the types of page, score, moment and who.
var visitTypes = map[string][]any{
	"postgres": {"text", "double precision", "timestamp", "uuid"}, "duckdb": {"text", "double precision", "timestamp", "uuid"}, "sqlserver": {"nvarchar(60)", "float", "datetime2(6)", "uniqueidentifier"},
}

// visitRows are rows of a shard whose values are spread like words in a text; the rare ones differ from shard to shard. In group 3 all is NULL.
func visitRows(rng *rand.Rand, coops []int, rows int) string {
	draw := rand.NewZipf(rng, 1.3, 3, 400)
	var b strings.Builder
	for i := range rows {
		if i%500 == 0 {
			b.WriteString(";\nINSERT INTO visits VALUES ")
		} else {
			b.WriteString(", ")
		}
		coop := coops[i%len(coops)]
		if i%50 == 0 {
			fmt.Fprintf(&b, "(%d, 3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)", coop)
			continue
		}
		v := int(draw.Uint64())
		if v > 20 {
			v += coop
		}
		page := fmt.Sprintf("'p%d'", v)
		switch v {
		case 2:
			page = "'P1 '"
		case 3:
			page = "NULL"
		case 4:
			page = "''"
		case 5:
			page = "'é\"\\ü'"
		case 6:
			page = "'P1'"
		}
		fmt.Fprintf(&b, "(%d, %s, %s, %d.%02d, %d.25, '20%02d-03-%02d', '2024-01-%02d 10:%02d:00.5', '%08x-0000-4000-8000-0000000000ff', %d, %d)",
			coop, []string{"0", "1", "2", "NULL"}[i%4], page, v/3, v%3*25, v-4, v%20+10, v%28+1, v%28+1, v%60, v*7919, int64(v)<<40-5, v%9-4)
	}
	return b.String()[1:]
}

// visitWorld is an engine over shards with visits, and PostgreSQL with all of them.
type visitWorld struct {
	*Engine
	all *pgx.Conn
}

func visitSQL(kind, rows string) string { return fmt.Sprintf(visitsDDL, visitTypes[kind]...) + rows }

func (w *visitWorld) oracle(t *testing.T, s *sea, rows map[string]string) {
	t.Helper()
	dsn, err := s.server.CreateDatabase(t.Context(), s.prefix+"_all")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.server.ExecIn(t.Context(), s.prefix+"_all", visitSQL("postgres", "")+rows["eu-1"]+";"+rows["br-1"]+";"+rows["us-1"]); err != nil {
		t.Fatal(err)
	}
	if w.all, err = pgx.Connect(t.Context(), dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.all.Close(t.Context()) })
}

func visitRowsOf() map[string]string {
	rng := rand.New(rand.NewPCG(7, 11))
	return map[string]string{"eu-1": visitRows(rng, []int{1, 2}, 4000), "br-1": visitRows(rng, []int{3}, 3000), "us-1": visitRows(rng, []int{4}, 2500)}
}

// newVisits is a world of two PostgreSQL and one DuckDB.
func newVisits(t *testing.T) *visitWorld {
	t.Helper()
	rows := visitRowsOf()
	s := newSea(t, "visits", fmt.Sprintf(visitsTables, "us-1"), map[string]string{
		"eu-1": visitSQL("postgres", rows["eu-1"]), "br-1": visitSQL("postgres", rows["br-1"]), "us-1": visitSQL("duckdb", rows["us-1"])})
	w := &visitWorld{Engine: s.open(t)}
	w.oracle(t, s, rows)
	return w
}

// newServerVisits is a world of one PostgreSQL and two SQL Servers, or what stands in for them.
func newServerVisits(t *testing.T) *visitWorld {
	t.Helper()
	rows := visitRowsOf()
	n := strings.NewReplacer("'p", "N'p", "'é", "N'é", "'P", "N'P")
	r := newReef(t, "visitsms", fmt.Sprintf(visitsTables, "az-1"), map[string]string{
		"eu-1": visitSQL("postgres", rows["eu-1"]), "br-1": visitSQL("sqlserver", n.Replace(rows["br-1"])), "az-1": visitSQL("sqlserver", n.Replace(rows["us-1"]))})
	w := &visitWorld{Engine: r.open(t)}
	w.oracle(t, r.sea, rows)
	return w
}

type listedVisit struct {
	Value   json.RawMessage
	Count   int64
	Error   int64
	Certain bool
}

// lists asks for a list by group, in the order of the groups.
func (w *visitWorld) lists(t *testing.T, call, where string) map[string][]listedVisit {
	t.Helper()
	sql := "SELECT g, " + call + " FROM visits WHERE " + where + " GROUP BY g"
	r, err := w.Query(t.Context(), sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer r.Release()
	out := map[string][]listedVisit{}
	for r.Next() {
		for i := range int(r.Record().NumRows()) {
			var list []listedVisit
			if cell := r.Record().Column(1); cell.IsValid(i) {
				if err := json.Unmarshal([]byte(cell.ValueStr(i)), &list); err != nil {
					t.Fatalf("%s: %v", cell.ValueStr(i), err)
				}
			}
			out[r.Record().Column(0).ValueStr(i)] = list
		}
	}
	if r.Err() != nil {
		t.Fatalf("%s: %v", sql, r.Err())
	}
	return out
}

// truth is how often each value occurs in each group, the most frequent first.
type truth struct {
	order []string
	count map[string]int64
	total int64
}

func (w *visitWorld) truth(t *testing.T, x, where string) map[string]*truth {
	t.Helper()
	sql := fmt.Sprintf(`SELECT coalesce(g::text, '(null)'), coalesce(to_jsonb(%[1]s)::text, ''), count(%[1]s) FROM visits WHERE %s GROUP BY g, %[1]s
		ORDER BY g, count(%[1]s) DESC, %[1]s`, x, where)
	rows, err := w.all.Query(t.Context(), sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer rows.Close()
	out := map[string]*truth{}
	for rows.Next() {
		var g, v string
		var n int64
		if err := rows.Scan(&g, &v, &n); err != nil {
			t.Fatal(err)
		}
		if out[g] == nil {
			out[g] = &truth{count: map[string]int64{}}
		}
		if n > 0 {
			out[g].order, out[g].count[v], out[g].total = append(out[g].order, v), n, out[g].total+n
		}
	}
	if rows.Err() != nil {
		t.Fatalf("%s: %v", sql, rows.Err())
	}
	return out
}

var visitColumns = []string{"page", "price", "score", "day", "moment", "who", "n", "small", "n % 10", "coop"}

// checkLists compares the lists of each group with what PostgreSQL counts.
func (w *visitWorld) checkLists(t *testing.T, call, x, where string, check func(t *testing.T, list []listedVisit, of *truth)) {
	t.Run(call, func(t *testing.T) {
		got, want := w.lists(t, call, where), w.truth(t, x, where)
		if len(got) != len(want) {
			t.Fatalf("%d groups, want %d", len(got), len(want))
		}
		for g, of := range want {
			list, ok := got[g]
			if !ok || list == nil != (of.total == 0) {
				t.Errorf("group %s of %d rows has the list %v", g, of.total, list)
				continue
			}
			for _, l := range list {
				if n := of.count[string(l.Value)]; n < l.Count || n > l.Count+l.Error || n == 0 {
					t.Errorf("group %s: %s occurs %d times, not from %d to %d", g, l.Value, n, l.Count, l.Count+l.Error)
				}
			}
			check(t, list, of)
		}
	})
}

func testTopK(t *testing.T, w *visitWorld) {
	for _, x := range visitColumns {
		w.checkLists(t, "approx_top_k("+x+", 12, 12)", x, "true", func(t *testing.T, list []listedVisit, of *truth) {
			for _, l := range list {
				if at := slices.Index(of.order, string(l.Value)); l.Certain && at >= 12 {
					t.Errorf("%s is said to be certain, and is number %d", l.Value, at+1)
				}
			}
		})
		w.checkLists(t, "approx_top_k("+x+", 7, 1000)", x, "n > 0", exactly(7))
	}
	w.checkLists(t, "approx_top_k(coop, 2)", "coop", "true", exactly(2))
	w.checkLists(t, "approx_top_k(page, 3) FILTER (WHERE n > 0)", "CASE WHEN n > 0 THEN page END", "true", exactly(3))
}

// exactly is a check that the list is what one database holding all rows would give.
func exactly(k int) func(*testing.T, []listedVisit, *truth) {
	return func(t *testing.T, list []listedVisit, of *truth) {
		t.Helper()
		var got, want []string
		for _, l := range list {
			got = append(got, fmt.Sprint(string(l.Value), " ", l.Count, l.Error, l.Certain))
		}
		for _, v := range of.order[:min(k, len(of.order))] {
			want = append(want, fmt.Sprint(v, " ", of.count[v], int64(0), true))
		}
		if !slices.Equal(got, want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
	}
}

func testHeavyHitters(t *testing.T, w *visitWorld) {
	for _, x := range visitColumns {
		for where, share := range map[string]float64{"true": 0.01, "coop IN (3, 4)": 0.02, "coop < 3": 0.1} {
			w.checkLists(t, fmt.Sprintf("approx_heavy_hitters(%s, %g)", x, share), x, where, func(t *testing.T, list []listedVisit, of *truth) {
				found := map[string]bool{}
				for _, l := range list {
					found[string(l.Value)] = true
					if sure := float64(l.Count) >= share*float64(of.total); sure != l.Certain {
						t.Errorf("%s: %d of %d rows, certain: %v", l.Value, l.Count, of.total, l.Certain)
					}
					if float64(l.Error) > share*float64(of.total) {
						t.Errorf("%s: an error of %d in %d rows", l.Value, l.Error, of.total)
					}
				}
				for v, n := range of.count {
					if float64(n) >= share*float64(of.total) && !found[v] {
						t.Errorf("%s has %d of %d rows and is not listed", v, n, of.total)
					}
				}
			})
		}
	}
}

func TestTopLists(t *testing.T) {
	w := newVisits(t)
	testTopK(t, w)
	t.Run("heavy", func(t *testing.T) { testHeavyHitters(t, w) })
	t.Run("grouping sets", func(t *testing.T) { testTopListSets(t, w) })
}

func TestTopListsOfSQLServer(t *testing.T) {
	w := newServerVisits(t)
	testTopK(t, w)
	x, err := w.Explain(t.Context(), "SELECT approx_heavy_hitters(page, 0.02) FROM visits WHERE coop IN (3, 4)", ExplainOptions{})
	if err != nil || !strings.Contains(x.Text(), "HASHBYTES") {
		t.Errorf("the servers make no sketches: %v, %v", x, err)
	}
	t.Run("heavy", func(t *testing.T) { testHeavyHitters(t, w) })
}

// testTopListSets: what finer groups sent bounds the coarser ones, beside exact aggregates and in expressions.
func testTopListSets(t *testing.T, w *visitWorld) {
	of := map[string]int64{}
	for _, g := range w.truth(t, "page", "true") {
		for v, n := range g.count {
			of[v] += n
		}
	}
	for _, call := range []string{"approx_top_k(page, 5, 12)", "approx_heavy_hitters(page, 0.02)"} {
		got, err := ask(t.Context(), w.Engine, "SELECT "+call+" FROM (SELECT * FROM visits) v GROUP BY ROLLUP (g) HAVING grouping(g) = 1")
		if err != nil {
			t.Fatal(err)
		}
		var list []listedVisit
		if err := json.Unmarshal([]byte(got), &list); err != nil || len(list) < 5 {
			t.Fatalf("%s: %v", got, err)
		}
		for i, l := range list {
			if n := of[string(l.Value)]; n < l.Count || n > l.Count+l.Error || i > 0 && cmp.Compare(list[i-1].Count, l.Count) < 0 {
				t.Errorf("%s: %s occurs %d times, not from %d to %d", call, l.Value, n, l.Count, l.Count+l.Error)
			}
		}
	}
	answers(t, w.Engine, "SELECT approx_top_k(page, 1) -> 0 ->> 'value', count(*), count(DISTINCT coop) FROM visits", "p0 9500 4")
	answers(t, w.Engine, "SELECT approx_top_k(page, 3) IS NULL, approx_heavy_hitters(page, 0.5) IS NULL FROM visits WHERE g = 3", "true true")
	answers(t, w.Engine, "SELECT approx_heavy_hitters(n, 1) FROM visits", "[]")
}
