package atoll

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/connectors/duckdb"
)

// manyShards is how many embedded shards TestManyShards opens; ATOLL_MANY_SHARDS asks for more.
func manyShards(t *testing.T) int {
	text := os.Getenv("ATOLL_MANY_SHARDS")
	if text == "" {
		return 120
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 10 {
		t.Fatalf("ATOLL_MANY_SHARDS=%q is no number of shards from 10", text)
	}
	return n
}

// sale is a row of the test's table.
type sale struct{ tenant, id, amount int64 }

// salesOf are the rows of one tenant, which a shard holds alone.
func salesOf(tenant int64) []sale {
	var out []sale
	for i := range 3 + tenant%4 {
		out = append(out, sale{tenant, tenant*10 + i, (tenant*7919 + i*31) % 1000})
	}
	return out
}

// manyFiles writes a file for each tenant, and the configuration over them.
func manyFiles(t *testing.T, n int, limits string) *Config {
	t.Helper()
	dir := t.TempDir()
	var shards, keys strings.Builder
	var sql []string
	for i := range n {
		fmt.Fprintf(&shards, "  s%d: {region: here, driver: duckdb, dsn: s%d.duckdb}\n", i, i)
		fmt.Fprintf(&keys, "s%d: [%d], ", i, i)
		var values []string
		for _, s := range salesOf(int64(i)) {
			values = append(values, fmt.Sprintf("(%d, %d, %d)", s.tenant, s.id, s.amount))
		}
		sql = append(sql, fmt.Sprintf("ATTACH '%s' AS shard", filepath.Join(dir, fmt.Sprintf("s%d.duckdb", i))),
			"CREATE TABLE shard.sales (tenant BIGINT NOT NULL, id BIGINT NOT NULL, amount BIGINT NOT NULL)",
			"INSERT INTO shard.sales VALUES "+strings.Join(values, ", "), "DETACH shard")
	}
	if err := duckdb.Exec(t.Context(), filepath.Join(dir, "maker.duckdb"), sql...); err != nil {
		t.Fatal(err)
	}
	text := "version: 1\ncoordinator: {region: here}\nregions: {here: {jurisdiction: HERE}}\nshards:\n" + shards.String() +
		"tables:\n  sales: {sharding: {strategy: lookup, key: [tenant], map: {" + strings.TrimSuffix(keys.String(), ", ") + "}}}\nlimits: {" + limits + "}\n"
	cfg, err := ParseConfig([]byte(text), dir, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// descriptors counts the process's open files.
func descriptors(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("the process's descriptors cannot be counted here")
	}
	return len(all)
}

// mostDescriptors watches the process's descriptors until the function returned is called, which gives the most there were at one time.
func mostDescriptors(t *testing.T) func() int {
	t.Helper()
	stop, most := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		for tick := time.NewTicker(5 * time.Millisecond); ; {
			select {
			case <-stop:
				tick.Stop()
				most <- n
				return
			case <-tick.C:
				if all, err := os.ReadDir("/proc/self/fd"); err == nil {
					n = max(n, len(all))
				}
			}
		}
	}()
	return func() int {
		close(stop)
		return <-most
	}
}

// numbers reads an answer of whole numbers.
func numbers(t *testing.T, e *Engine, sql string, args ...any) [][]int64 {
	t.Helper()
	out, err := numbersOf(t.Context(), e, sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return out
}

func numbersOf(ctx context.Context, e *Engine, sql string, args ...any) (out [][]int64, err error) {
	r, err := e.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer r.Release()
	for r.Next() {
		rec := r.Record()
		for i := range int(rec.NumRows()) {
			row := make([]int64, rec.NumCols())
			for c := range row {
				if row[c], err = strconv.ParseInt(rec.Column(c).ValueStr(i), 10, 64); err != nil {
					return nil, fmt.Errorf("column %d is %s: %w", c, rec.Column(c).DataType(), err)
				}
			}
			out = append(out, row)
		}
	}
	return out, r.Err()
}

// TestManyShards has far more embedded shards than may be open: all answer, and the process's descriptors stay few.
func TestManyShards(t *testing.T) {
	n := manyShards(t)
	const open, besides = 24, 40
	start := time.Now()
	cfg := manyFiles(t, n, fmt.Sprintf("open_shards: %d, connections: 40", open))
	t.Logf("%d files: %v", n, time.Since(start))
	before := descriptors(t)
	most := mostDescriptors(t)
	watch := func(what string, since time.Time) { t.Logf("%s: %v", what, time.Since(since)) }
	start = time.Now()
	e, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	watch("open", start)
	var rows, sum, big int64
	for i := range int64(n) {
		for _, s := range salesOf(i) {
			rows++
			sum += s.amount
			big = max(big, s.amount)
		}
	}
	start = time.Now()
	if got, want := numbers(t, e, "SELECT count(*), sum(amount), max(amount) FROM sales"), [][]int64{{rows, sum, big}}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the aggregate over all shards is %v, want %v", got, want)
	}
	watch("aggregate", start)
	start = time.Now()
	last := int64(n - 1)
	var want [][]int64
	for _, s := range salesOf(last) {
		want = append(want, []int64{s.id, s.amount})
	}
	if got := numbers(t, e, "SELECT id, amount FROM sales WHERE tenant = $1 ORDER BY id", last); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("one tenant's rows are %v, want %v", got, want)
	}
	watch("one shard", start)
	start = time.Now()
	if got := numbers(t, e, "SELECT tenant, id FROM sales ORDER BY tenant DESC, id LIMIT 2"); fmt.Sprint(got) != fmt.Sprint([][]int64{{last, last * 10}, {last, last*10 + 1}}) {
		t.Errorf("the last rows of all are %v", got)
	}
	watch("order", start)
	if s := e.budget.Stats(); s.Shards > open || s.Reserved != 0 {
		t.Errorf("the budget holds %+v", s)
	}
	if n, limit := most(), before+open+besides; n > limit || n < before+open/2 {
		t.Errorf("%d descriptors were open, %d before: want at most %d, and it should be seen that files are open", n, before, limit)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if after := descriptors(t); after > before+5 {
		t.Errorf("%d descriptors are open after the close, %d were before", after, before)
	}
}
