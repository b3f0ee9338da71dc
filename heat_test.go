package atoll

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/planner/plan"
)

// warmWater is three shards of one law and one abroad, each with all kinds of tables, and a clock.
type warmWater struct {
	dir string
	mu  sync.Mutex
	now time.Time
}

func (w *warmWater) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *warmWater) sleep(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

const warmPolicy = `version: 1
rules:
- {id: tenants, effect: allow, from: [EU, BR], to: [EU], tables: [tenants], columns: [id, name], form: rows}
- {id: slots, effect: allow, from: [EU, BR], to: [EU], tables: [slots], columns: [k, v], form: rows}
- {id: ledger, effect: allow, from: [EU, BR], to: [EU], tables: [ledger], columns: [n], form: rows}
`

func newWarmWater(t *testing.T) *warmWater {
	t.Helper()
	w := &warmWater{dir: t.TempDir(), now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)}
	for i, shard := range []string{"eu-1", "eu-2", "eu-3", "br-1"} {
		sql := []string{"CREATE TABLE tenants (id INTEGER, name VARCHAR)", "CREATE TABLE orders (tenant INTEGER, v INTEGER)", "CREATE TABLE slots (k VARCHAR, v INTEGER)",
			"CREATE TABLE ledger (n INTEGER)", "CREATE TABLE rings (id INTEGER)", fmt.Sprintf("INSERT INTO tenants VALUES (%d, 'x')", i+1), fmt.Sprintf("INSERT INTO orders SELECT %d, range FROM range(10)", i+1)}
		if i < 2 {
			sql = append(sql, fmt.Sprintf("INSERT INTO ledger SELECT range FROM range(%d, %d)", 1000*i, 1000*i+1000))
		}
		if err := duckdb.Exec(t.Context(), filepath.Join(w.dir, shard+".duckdb"), sql...); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(w.dir, "residency.yaml"), []byte(warmPolicy), 0o600); err != nil {
		t.Fatal(err)
	}
	return w
}

const warmTables = `version: 1
coordinator: {region: de}
regions: {de: {jurisdiction: EU}, fr: {jurisdiction: EU}, br: {jurisdiction: BR}}
shards:
  eu-1: {region: de, driver: duckdb, dsn: eu-1.duckdb}
  eu-2: {region: de, driver: duckdb, dsn: eu-2.duckdb}
  eu-3: {region: fr, driver: duckdb, dsn: eu-3.duckdb}
  br-1: {region: br, driver: duckdb, dsn: br-1.duckdb}
tables:
  tenants: {sharding: {strategy: lookup, key: [id], map: {eu-1: [1, 11, 12], eu-2: [2], eu-3: [3], br-1: [4]}}}
  orders: {sharding: {key: [tenant]}, colocated_with: tenants}
  slots: {sharding: {strategy: virtual, key: [k], key_type: [text], virtual: 16, assign: {eu-1: [0-7], eu-2: [8-15]}}}
  ledger: {sharding: {strategy: range, key: [n], ranges: [{shard: eu-1, to: 1000}, {shard: eu-2, from: 1000}]}}
  rings: {sharding: {strategy: ring, key: [id], shards: [eu-1, eu-2]}}
`

// open opens an engine over the water; more is added to the configuration.
func (w *warmWater) open(t *testing.T, more string, opts ...Option) *Engine {
	t.Helper()
	cfg, err := ParseConfig([]byte(warmTables+more), w.dir, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	e, err := Open(t.Context(), cfg, append([]Option{func(o *options) { o.heatClock = w.clock }}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// warm asks n times.
func warm(t *testing.T, e *Engine, n int, sql string, args ...any) {
	t.Helper()
	for range n {
		if err := drained(t.Context(), e, sql, args...); err != nil {
			t.Fatal(err)
		}
	}
}

func drained(ctx context.Context, e *Engine, sql string, args ...any) error {
	r, err := e.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	defer r.Release()
	for r.Next() {
	}
	return r.Err()
}

func (r *HeatReport) of(shard string) ShardHeat {
	i := slices.IndexFunc(r.Shards, func(s ShardHeat) bool { return s.Shard == shard })
	return r.Shards[i]
}

// hottest writes the hottest parts and keys with their statements.
func (r *HeatReport) hottest(seconds float64) []string {
	var out []string
	for _, h := range r.Hot {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s %s %.1f", h.Shard, h.Table, h.Part, h.Key, h.Requests*seconds)))
	}
	slices.Sort(out)
	return out
}

// TestHeatOfQueries asks for keys in all the ways in which conditions fix them, and reads which parts they were counted for.
func TestHeatOfQueries(t *testing.T) {
	w := newWarmWater(t)
	e := w.open(t, "")
	slot, ok := e.top.Load().Map.Table("slots")
	if !ok {
		t.Fatal("no slots")
	}
	key, err := slot.ParseKey([]string{"alpha"})
	if err != nil {
		t.Fatal(err)
	}
	touch, _ := slot.TouchOf(key)
	ring, _ := e.Route("rings", "5")
	warm(t, e, 8, "SELECT name FROM tenants WHERE id = 1")
	warm(t, e, 4, "SELECT count(*) FROM orders WHERE tenant = $1", 2)
	warm(t, e, 2, "SELECT count(*) FROM tenants t JOIN orders o ON t.id = o.tenant WHERE t.id IN (3, 4)")
	warm(t, e, 2, "SELECT v FROM slots WHERE k = 'alpha'")
	warm(t, e, 6, "SELECT count(*) FROM ledger WHERE n BETWEEN 10 AND 20")
	warm(t, e, 2, "SELECT n FROM ledger WHERE n = 7")
	warm(t, e, 2, "SELECT n FROM ledger WHERE n = 999 OR n = 1000")
	warm(t, e, 1, "SELECT id FROM rings WHERE id = 5")
	warm(t, e, 3, "SELECT count(*) FROM tenants") // for nobody in particular
	w.sleep(10 * time.Second)
	r := e.Heat()
	// Of the 10 seconds that the counts have faded, rates give back what the average lost but for half of it: near enough for whole numbers.
	got := r.hottest(10)
	shard := e.top.Load().Map.Shard(touch.Shard).Name
	want := []string{
		"br-1 tenants key 4 2.0", "eu-1 tenants key 1 8.0", "eu-2 tenants key 2 4.0", "eu-3 tenants key 3 2.0",
		"eu-1 ledger range (-∞, 1000)  10.0", "eu-1 ledger range (-∞, 1000) 7 2.0", "eu-1 ledger range (-∞, 1000) 999 2.0",
		"eu-2 ledger range [1000, +∞)  2.0", "eu-2 ledger range [1000, +∞) 1000 2.0",
		shard + " slots " + touch.Part + "  2.0", shard + " slots " + touch.Part + " alpha 2.0", ring.Shard + " rings  5 1.0",
	}
	for i, s := range want {
		want[i] = strings.Join(strings.Fields(s), " ")
	}
	for i, s := range got {
		got[i] = strings.Join(strings.Fields(s), " ")
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if s := r.of("br-1"); fmt.Sprintf("%.1f", s.Requests*10) != "5.0" || s.P50 <= 0 || s.P50 > s.P99 || s.Rows <= 0 || s.Errors != 0 {
		t.Errorf("%+v", s)
	}
	if r.File != "" || len(r.Problems) != 0 || len(r.Alerts) != 0 {
		t.Errorf("%+v", r)
	}
}

// TestHeatAlert skews the work towards one tenant: the alert begins once, names the tenant, ends when others are asked as well, and can begin again.
func TestHeatAlert(t *testing.T) {
	w := newWarmWater(t)
	alerts := make(chan HeatAlert, 10)
	e := w.open(t, "heat: {window: 10m}\n", WithHeatAlert(func(a HeatAlert) { alerts <- a }))
	upkeep := func() { // ends a statement when it is due, and waits for what that starts
		w.sleep(time.Minute)
		warm(t, e, 1, "SELECT name FROM tenants WHERE id = 2")
		e.heat.work.Wait()
	}
	warm(t, e, 40, "SELECT name FROM tenants WHERE id = 2")
	warm(t, e, 40, "SELECT name FROM tenants WHERE id = 3")
	warm(t, e, 40, "SELECT name FROM tenants WHERE id = 4")
	warm(t, e, 10, "SELECT name FROM tenants WHERE id = 11")
	warm(t, e, 180, "SELECT count(*) FROM orders WHERE tenant = 1")
	upkeep()
	var first HeatAlert
	select {
	case first = <-alerts:
	case <-time.After(time.Minute):
		t.Fatal("no alert")
	}
	if first.Shard != "eu-1" || first.Region != "de" || first.Hottest == nil || first.Hottest.Part != "key 1" || first.Hottest.Table != "tenants" || first.Requests <= 3*first.Median {
		t.Errorf("%+v, hottest %+v", first, first.Hottest)
	}
	warm(t, e, 5, "SELECT count(*) FROM orders WHERE tenant = 1")
	upkeep()
	upkeep()
	if r := e.Heat(); len(r.Alerts) != 1 || !r.Alerts[0].Since.Equal(first.Since) || len(alerts) != 0 {
		t.Errorf("%+v, and %d more", r.Alerts, len(alerts))
	}
	// A little above the end of the alert, and below its beginning: it goes on.
	for _, id := range []int{2, 3, 4} {
		warm(t, e, 28, "SELECT name FROM tenants WHERE id = $1", id)
	}
	upkeep()
	if r := e.Heat(); len(r.Alerts) != 1 || r.of("eu-1").TimesMedian >= 3 || r.of("eu-1").TimesMedian <= 2.4 {
		t.Errorf("%+v, %v times the median", r.Alerts, r.of("eu-1").TimesMedian)
	}
	for _, id := range []int{2, 3, 4} {
		warm(t, e, 40, "SELECT name FROM tenants WHERE id = $1", id)
	}
	upkeep()
	if r := e.Heat(); len(r.Alerts) != 0 || len(alerts) != 0 {
		t.Errorf("%+v", r.Alerts)
	}
	warm(t, e, 600, "SELECT count(*) FROM orders WHERE tenant = 1")
	upkeep()
	if r := e.Heat(); len(r.Alerts) != 1 || len(alerts) != 1 {
		t.Errorf("%+v, %d called", r.Alerts, len(alerts))
	}
}

// TestHeatUnderAPolicy asks for keys that are data of rows: nothing of them is shown or written. What stands in the configuration is.
func TestHeatUnderAPolicy(t *testing.T) {
	w := newWarmWater(t)
	open := func(more string) *Engine { return w.open(t, "heat: {file: heat.json}\n"+more) }
	before := open("")
	warm(t, before, 2, "SELECT v FROM slots WHERE k = 'secret-before'")
	if err := before.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(w.dir, "heat.json")
	if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), "secret-before") {
		t.Fatalf("%s %v", text, err)
	}
	e := open("residency: residency.yaml\naudit: {dir: audit}\n")
	warm(t, e, 3, "SELECT v FROM slots WHERE k = 'secret-after'")
	warm(t, e, 3, "SELECT name FROM tenants WHERE id = 4")
	for range 2 { // in memory, and after it was written
		w.sleep(time.Minute)
		r := e.Heat()
		text := fmt.Sprintf("%+v", r.Hot)
		marks := 0
		for _, h := range r.Hot {
			if h.Hidden {
				marks++
			}
		}
		if strings.Contains(text, "secret") || !strings.Contains(text, "virtual shard") || !strings.Contains(text, "key 4") || marks != 1 {
			t.Errorf("%d marks: %s", marks, text)
		}
		warm(t, e, 1, "SELECT name FROM tenants WHERE id = 4")
		e.heat.work.Wait()
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(file); err != nil || strings.Contains(string(text), "secret") || strings.Contains(string(text), "#") || !strings.Contains(string(text), "key 4") {
		t.Errorf("%s %v", text, err)
	}
}

// TestHeatOfManyEngines lets engines count into one file at once. Their counts add up, in any of them and after them.
func TestHeatOfManyEngines(t *testing.T) {
	w := newWarmWater(t)
	var wait sync.WaitGroup
	for range 4 {
		e := w.open(t, "heat: {file: heat.json}\n")
		wait.Go(func() {
			for range 5 {
				if err := drained(context.Background(), e, "SELECT name FROM tenants WHERE id = 4"); err != nil {
					t.Error(err)
				}
			}
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	e := w.open(t, "heat: {file: heat.json}\n")
	warm(t, e, 10, "SELECT name FROM tenants WHERE id = 4")
	r := e.Heat()
	if got := r.of("br-1").Statements; got < 29.999 || got > 30.001 || r.Hot[0].Part != "key 4" || len(r.Problems) != 0 {
		t.Errorf("%v statements, %+v", got, r)
	}
}

// A file that cannot be read, or not be written, is named by the report, and fails nothing.
func TestHeatFileProblems(t *testing.T) {
	w := newWarmWater(t)
	file := filepath.Join(w.dir, "heat.json")
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	e := w.open(t, "heat: {file: heat.json}\n")
	warm(t, e, 1, "SELECT name FROM tenants WHERE id = 4")
	if r := e.Heat(); len(r.Problems) != 1 || !strings.Contains(r.Problems[0], "cannot be read") || r.of("br-1").Statements == 0 {
		t.Errorf("%q", r.Problems)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	e = w.open(t, "heat: {file: heat.json}\n")
	if r := e.Heat(); len(r.Problems) != 1 || !strings.Contains(r.Problems[0], "moved to "+file+".corrupt") || r.of("br-1").Statements == 0 {
		t.Errorf("%q", r.Problems)
	}
	e = w.open(t, "heat: {file: none/heat.json}\n")
	warm(t, e, 2, "SELECT name FROM tenants WHERE id = 4")
	w.sleep(time.Minute)
	warm(t, e, 1, "SELECT name FROM tenants WHERE id = 4")
	e.heat.work.Wait()
	if r := e.Heat(); len(r.Problems) != 1 || !strings.Contains(r.Problems[0], "no such file") || r.of("br-1").Statements < 2.9 {
		t.Errorf("%q %+v", r.Problems, r.of("br-1"))
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

// A statement that fails by a shard's fault is that shard's error, and nobody else's.
func TestHeatOfErrors(t *testing.T) {
	w := newWarmWater(t)
	e := w.open(t, "")
	for range 3 {
		if err := drained(t.Context(), e, "SELECT 1 / (id - 4) FROM tenants WHERE id IN (3, 4)"); err == nil {
			t.Fatal("no error")
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := drained(ctx, e, "SELECT name FROM tenants WHERE id = 2"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	w.sleep(time.Second)
	r := e.Heat()
	if br, eu := r.of("br-1"), r.of("eu-2"); br.Errors == 0 || br.Errors != br.Requests || eu.Errors != 0 {
		t.Errorf("%+v %+v", br, eu)
	}
}

// TestAdvise asks for advice over real shards: a hot tenant is to go to the idle shard of its law, a hot range is cut where half of its rows are, and not
// under a policy.
func TestAdvise(t *testing.T) {
	w := newWarmWater(t)
	e := w.open(t, "")
	if all, err := e.Advise(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("%+v %v", all, err)
	}
	warm(t, e, 120, "SELECT count(*) FROM orders WHERE tenant = 1")
	warm(t, e, 100, "SELECT count(*) FROM orders WHERE tenant = 11")
	warm(t, e, 30, "SELECT count(*) FROM orders WHERE tenant = 2")
	w.sleep(time.Minute)
	all, err := e.Advise(t.Context())
	if err != nil || len(all) != 1 || all[0].Command != "atoll move tenants --key 1 --to eu-3" || all[0].Rows <= 0 {
		t.Errorf("%+v %v", all, err)
	}
	for _, more := range []string{"", "residency: residency.yaml\n"} {
		e := w.open(t, more)
		warm(t, e, 200, "SELECT n FROM ledger WHERE n < 1000 LIMIT 1")
		w.sleep(time.Minute)
		all, err := e.Advise(t.Context())
		if err != nil || len(all) != 1 || all[0].Kind != "split" || all[0].Rows != 500 {
			t.Fatalf("%+v %v", all, err)
		}
		want := "atoll move ledger --range 499..1000 --to eu-2"
		if more != "" {
			want = ""
		}
		if got := strings.Replace(all[0].Command, "eu-3", "eu-2", 1); got != want || more != "" && !strings.Contains(all[0].Why, "must not be read") {
			t.Errorf("%q: %s", got, all[0].Why)
		}
	}
}

// BenchmarkHeat counts a statement with two keys.
func BenchmarkHeat(b *testing.B) {
	w := &warmWater{now: time.Now()}
	cfg, err := ParseConfig([]byte(warmTables), b.TempDir(), os.LookupEnv)
	if err != nil {
		b.Fatal(err)
	}
	m := newHeatMeter(cfg.Config, options{heatClock: w.clock})
	t := &topology{Map: cfg.Map}
	one := &write{parts: []part{{shard: &shard{Shard: cfg.Shards[0]}}}, uses: []plan.KeyUse{{Shard: "eu-1", Table: "slots", Part: "virtual shard 3", Key: "alpha"},
		{Shard: "eu-1", Table: "tenants", Part: "key 1"}}}
	b.ReportAllocs()
	for range b.N {
		m.wrote(t, one, time.Millisecond, nil)
	}
}

// TestHeatOfWrites counts writes for the shards and the keys that they are of.
func TestHeatOfWrites(t *testing.T) {
	w := newWritten(t, byCountry, "", "postgres", "duckdb")
	for _, sql := range []string{
		"INSERT INTO t (country, id) VALUES ('DE', 1), ('FR', 2), ('BR', 3)",
		"UPDATE t SET n = 1 WHERE country = 'DE'", "DELETE FROM t WHERE country = 'DE' AND country = 'BR'",
	} {
		execs(t, w.Engine, sql)
	}
	if _, err := w.Exec(t.Context(), "INSERT INTO t (country, id) VALUES ('FR', 2), ('BR', 4)"); err == nil {
		t.Error("a key that is there was inserted again")
	}
	sum := map[string]string{}
	for _, s := range w.heat.counted().Shards {
		sum[s.Name] = fmt.Sprintf("%.1f", s.Weight)
		for _, h := range s.Hot {
			sum[h.Part] = fmt.Sprintf("%.1f", h.Requests/s.Requests*s.Weight)
		}
	}
	if got, want := fmt.Sprint(sum), "map[key BR:1.0 key DE:1.5 key FR:1.5 s0:3.0 s1:1.0]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
