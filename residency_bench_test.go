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

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/tpch"
)

// benchRules is how many rules BenchmarkCheck's policy has.
const benchRules = 100

// BenchmarkCheck measures what the check adds to planning TPC-H's queries over three shards in three regions, from text to SQL for each of them:
// without a policy, and under one of 100 rules, of which eight let everything out and the others do not apply. Both plan in turn; every text is new.
// ratio is the time with the policy by that without. Nothing is sent.
func BenchmarkCheck(b *testing.B) {
	free, bound := tpchPlanner(b, false), tpchPlanner(b, true)
	var totals [2]float64
	var ratios []float64
	for number := 1; number <= tpch.QueryCount; number++ {
		q, err := tpch.Query("postgres", number)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("q%02d", number), func(b *testing.B) {
			var took [2][]float64
			once := func() {
				text := fmt.Sprintf("%s -- %d", q.SQL, len(took[0])) // no text twice
				for i, e := range []*Engine{free, bound} {
					took[i] = append(took[i], planOnce(b, e, text))
				}
			}
			for range 40 { // so that a single iteration says something, too
				once()
			}
			for b.Loop() {
				once()
			}
			without, with := undisturbed(took[0]), undisturbed(took[1])
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(without, "µs-without")
			b.ReportMetric(with, "µs-with")
			b.ReportMetric(with/without, "ratio")
			totals[0], totals[1], ratios = totals[0]+without, totals[1]+with, append(ratios, with/without)
		})
	}
	b.Run("all", func(b *testing.B) {
		if len(ratios) == 0 {
			b.Skip("no query was planned")
		}
		for b.Loop() {
			continue
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(totals[1]/totals[0], "ratio")
		b.ReportMetric(middle(ratios), "median-ratio")
	})
}

// middle is the median.
func middle(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// undisturbed is what a fifth of the measurements stay below: what other processes on the machine add to half of them, they do not add to these.
func undisturbed(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/5]
}

// planOnce plans a statement and returns the microseconds it took.
func planOnce(tb testing.TB, e *Engine, text string) float64 {
	tb.Helper()
	at := e.hold()
	defer at.unpin()
	q, err := at.newQuery(text, nil)
	if err != nil {
		tb.Fatal(err)
	}
	start := time.Now()
	if _, err := at.plan(context.Background(), q); err != nil {
		tb.Fatalf("%v\n%s", err, text)
	}
	return time.Since(start).Seconds() * 1e6
}

// tpchPlanner is an engine over shards that describe TPC-H's tables and hold no rows.
func tpchPlanner(tb testing.TB, bound bool) *Engine {
	tb.Helper()
	dir := tb.TempDir()
	shards := logictest.NewShards(3)
	for i := range shards {
		shards[i].Driver, shards[i].DSN, shards[i].Schema = "postgres", "postgres://shard.invalid/tpch", "public"
	}
	yaml := tpch.NewLayout(shards).ConfigYAML()
	if bound {
		yaml += "residency: residency.yaml\naudit: {dir: audit, sync: none}\n"
		if err := os.WriteFile(filepath.Join(dir, "residency.yaml"), []byte(benchPolicy(shards)), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return openBench(tb, yaml, dir, WithDriver("postgres", func(connectors.Config) (connectors.Connector, error) { return tpchDescribed{}, nil }))
}

func openBench(tb testing.TB, yaml, dir string, opts ...Option) *Engine {
	tb.Helper()
	cfg, err := ParseConfig([]byte(yaml), dir, os.LookupEnv)
	if err != nil {
		tb.Fatal(err)
	}
	e, err := Open(context.Background(), cfg, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := e.Close(); err != nil {
			tb.Error(err)
		}
	})
	return e
}

// benchPolicy has a rule for each of TPC-H's tables that lets its rows out, after others which do not: they are for other purposes, other
// roles or other regions, lack columns, or are over.
func benchPolicy(shards []logictest.Shard) string {
	var regions []string
	for _, s := range shards {
		if !slices.Contains(regions, s.Region) {
			regions = append(regions, s.Region)
		}
	}
	all := strings.Join(regions, ", ")
	var b strings.Builder
	b.WriteString("version: 1\nentities: {customer: {customer: c_custkey, orders: o_custkey}}\nrules:\n")
	rule := func(n int, t *tpch.Table, from string, columns []string, rest string) {
		fmt.Fprintf(&b, "- id: rule-%d\n  effect: allow\n  from: [%s]\n  to: [%s]\n  tables: [%s]\n  columns: [%s]\n  %s\n", n, from, all, t.Name, strings.Join(columns, ", "), rest)
	}
	for n := range benchRules - len(tpch.Tables) {
		t := tpch.Tables[n%len(tpch.Tables)]
		columns := namesOf(t)
		switch n % 5 {
		case 0:
			rule(n, t, all, columns, "form: rows\n  purposes: [billing]")
		case 1:
			rule(n, t, all, columns, "form: rows\n  roles: [auditor]")
		case 2:
			rule(n, t, regions[n%len(regions)], columns, "form: rows\n  valid: {until: 2020-01-01}")
		case 3:
			rule(n, t, all, columns[:1], "form: rows")
		default:
			rule(n, t, all, columns[1:], fmt.Sprintf("form: rows\n  where: %s IS NOT NULL\n  filter_columns: [%s]", columns[0], columns[0]))
		}
	}
	for i, t := range tpch.Tables {
		rule(benchRules+i, t, all, namesOf(t), "form: rows")
	}
	return b.String()
}

func namesOf(t *tpch.Table) (out []string) {
	for _, c := range t.Columns {
		out = append(out, c.Name)
	}
	return out
}

// tpchDescribed is a shard that describes TPC-H's tables and answers nothing.
type tpchDescribed struct{}

func (tpchDescribed) Calibrate(context.Context) (connectors.Capabilities, error) {
	return connectors.Capabilities{Dialect: "postgres", Version: "PostgreSQL 15", BinaryCollation: true}, nil
}

func (tpchDescribed) Describe(_ context.Context, names []string) ([]connectors.Table, error) {
	var out []connectors.Table
	for _, t := range tpch.Tables {
		if !slices.Contains(names, t.Name) {
			continue
		}
		d := connectors.Table{Name: t.Name, Rows: map[string]int64{"region": 5, "nation": 25, "supplier": 10_000, "customer": 150_000, "lineitem": 6_000_000}[t.Name]}
		if d.Rows == 0 {
			d.Rows = 800_000
		}
		for _, c := range t.Columns {
			typ := c.Type
			if strings.HasPrefix(typ, "varchar") || strings.HasPrefix(typ, "char") {
				typ = "text"
			}
			d.Columns = append(d.Columns, connectors.Column{Name: c.Name, Type: typ, NotNull: true})
		}
		out = append(out, d)
	}
	return out, nil
}

func (tpchDescribed) Query(context.Context, connectors.Statement) (connectors.Reader, error) {
	return nil, errors.New("this shard holds no rows")
}

func (tpchDescribed) Close() error { return nil }

func (d tpchDescribed) Snapshot(func() error) connectors.Snapshot { return unreadSnapshot{d} }

// unreadSnapshot is a snapshot of which nothing is read.
type unreadSnapshot struct{ tpchDescribed }

func (unreadSnapshot) Close() {}

// TestBenchPolicyPermits holds what BenchmarkCheck measures to what it says: every query is permitted, by rules.
func TestBenchPolicyPermits(t *testing.T) {
	e := tpchPlanner(t, true)
	if n := len(e.policy.Load().Rules); n != benchRules {
		t.Errorf("%d rules", n)
	}
	for number := 1; number <= tpch.QueryCount; number++ {
		q, err := tpch.Query("postgres", number)
		if err != nil {
			t.Fatal(err)
		}
		at := e.hold()
		defer at.unpin()
		asked, err := at.newQuery(q.SQL, nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := at.plan(t.Context(), asked)
		if err != nil {
			t.Errorf("q%02d: %v", number, err)
		} else if len(p.Crossings) == 0 {
			t.Errorf("q%02d: nothing crosses a border", number)
		}
	}
}

// BenchmarkAudit measures what a record of each query adds: a small query to an embedded shard in another region, without a log and with one
// whose entries are synchronised in groups, in turn, one by one and eight at a time. added-ms is the difference of the medians.
func BenchmarkAudit(b *testing.B) {
	for _, at := range []int{1, 8} {
		b.Run(fmt.Sprintf("%d_at_a_time", at), func(b *testing.B) {
			engines := []*Engine{auditedBench(b, ""), auditedBench(b, "audit: {dir: audit, sync: group}\n")}
			var took [2][]float64
			for b.Loop() {
				for i, e := range engines {
					took[i] = append(took[i], askAtOnce(b, e, at)...)
				}
			}
			b.ReportMetric(0, "ns/op")
			without, with := middle(took[0]), middle(took[1])
			b.ReportMetric(without, "ms-without")
			b.ReportMetric(with, "ms-with")
			b.ReportMetric(with-without, "added-ms")
		})
	}
}

// askAtOnce asks from several goroutines and returns the milliseconds each query took.
func askAtOnce(b *testing.B, e *Engine, at int) []float64 {
	b.Helper()
	out := make([]float64, at*10)
	var wg sync.WaitGroup
	for i := range at {
		wg.Go(func() {
			for n := range 10 {
				start := time.Now()
				if _, err := answerOf(context.Background(), e.As(Caller{Purpose: "finance"}), "SELECT name, amount FROM payments WHERE id = 7"); err != nil {
					b.Error(err)
				}
				out[i*10+n] = time.Since(start).Seconds() * 1e3
			}
		})
	}
	wg.Wait()
	return out
}

// auditedBench is an engine over one embedded shard beyond a border.
func auditedBench(b *testing.B, audit string) *Engine {
	b.Helper()
	dir := b.TempDir()
	ddl := []string{"CREATE TABLE payments (id integer, name text, amount numeric(12,2))", "INSERT INTO payments SELECT i, 'n' || i, i FROM range(1000) t(i)"}
	if err := duckdb.CreateFile(context.Background(), filepath.Join(dir, "us.duckdb"), ddl, nil); err != nil {
		b.Fatal(err)
	}
	yaml := `version: 1
coordinator: {region: eu-central-1}
regions: {eu-central-1: {}, us-east-1: {}}
shards: {us: {region: us-east-1, driver: duckdb, dsn: us.duckdb}}
tables: {payments: {sharding: {strategy: hash, key: [id], shards: [us]}}}
` + audit
	if audit != "" {
		yaml += "residency: residency.yaml\n"
		policy := "version: 1\nrules:\n- {id: r, effect: allow, from: [us-east-1], to: [eu-central-1], tables: [payments], columns: [id, name, amount], form: rows}\n"
		if err := os.WriteFile(filepath.Join(dir, "residency.yaml"), []byte(policy), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	return openBench(b, yaml, dir)
}
