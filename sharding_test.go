package atoll

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/internal/pgtest"
)

// shardings are schemes by (country, id); of some of them rows with NULLs may be anywhere.
var shardings = map[string]string{
	"hash":       "{strategy: hash, KEY, shards: [s0, s1, s2]}",
	"postgres":   "{strategy: hash, KEY, hash: postgres, partitions: [{shard: s0, modulus: 2, remainder: 0}, {shard: s1, modulus: 4, remainder: 1}, {shard: s2, modulus: 4, remainder: 3}]}",
	"jump":       "{strategy: jump, KEY, shards: [s0, s1, s2]}",
	"ring":       "{strategy: ring, KEY, hash: murmur3_128, points: 16, shards: [s0, s1, s2]}",
	"virtual":    "{strategy: virtual, KEY, virtual: 16, assign: {s0: [0-7], s1: [8, 10-15], s2: [9]}}",
	"geography":  "{strategy: geography, KEY, within: jump, places: {J: [DE, FR], s2: [BR]}, default: J}",
	"partial":    "{strategy: geography, KEY, places: {J: [DE, FR], s2: [BR]}}",
	"composite":  "{strategy: composite, KEY, first: {strategy: list, lists: {x: [DE], y: [BR, FR]}, default: y}, branches: {x: {strategy: hash, shards: [s0, s1]}, y: {strategy: range, ranges: [{shard: s2, to: 20}, {shard: s0, from: 20}]}}}",
	"later key":  "{strategy: composite, KEY, first: {strategy: hash, key: [id], shards: [x, y]}, branches: {x: {strategy: list, key: [country], lists: {s0: [DE], s1: [BR]}, default: s2}, y: {strategy: single, shard: s1}}}",
	"everywhere": "{strategy: hash, KEY, shards: [s0]}",
}

const shardingHead = `version: 1
coordinator: {region: r}
regions: {r: {jurisdiction: J}, q: {jurisdiction: Q}}
shards:
  s0: {region: r, driver: duckdb, dsn: s0.duckdb}
  s1: {region: r, driver: duckdb, dsn: s1.duckdb}
  s2: {region: q, driver: duckdb, dsn: s2.duckdb}
tables:
  t: {sharding: SHARDING}
  u: {sharding: {KEY}, colocated_with: t}
`

var shardingQueries = []string{
	"SELECT count(*), sum(v) FROM t",
	"SELECT * FROM t WHERE country = 'DE' AND id = 7 ORDER BY v",
	"SELECT * FROM t WHERE id = 7 ORDER BY country, v",
	"SELECT * FROM t WHERE country = 'BR' ORDER BY id, v",
	"SELECT * FROM t WHERE country IN ('FR', 'XX') AND id BETWEEN 15 AND 25 ORDER BY country, id, v",
	"SELECT * FROM t WHERE country IS NULL OR id IS NULL ORDER BY country, id, v",
	"SELECT * FROM t WHERE country IS NOT NULL AND id IN (1, 2, 21) ORDER BY country, id, v",
	"SELECT country, count(*), sum(v) FROM t GROUP BY country ORDER BY country",
	"SELECT country, id, count(*), sum(v) FROM t GROUP BY country, id ORDER BY country, id",
	"SELECT count(*), sum(t.v), sum(u.v) FROM t JOIN u ON t.country = u.country AND t.id = u.id",
	"SELECT count(*), sum(t.v), sum(u.v) FROM t LEFT JOIN u ON t.country = u.country AND t.id = u.id WHERE t.id < 20",
	"SELECT count(DISTINCT id), count(DISTINCT country) FROM t",
}

// TestShardings asks the same of rows under every strategy. Rows that a scheme places are where it says; rows with NULLs, and
// those whose key is not listed, are spread over the shards that may have them.
func TestShardings(t *testing.T) {
	want := answersUnder(t, shardings["everywhere"])
	for name, s := range shardings {
		t.Run(name, func(t *testing.T) {
			for i, got := range answersUnder(t, s) {
				if got != want[i] {
					t.Errorf("%s:\n%s\nwant\n%s", shardingQueries[i], got, want[i])
				}
			}
		})
	}
}

func answersUnder(t *testing.T, sharding string) []string {
	t.Helper()
	const key = "key: [country, id], key_type: [text, bigint]"
	text := strings.ReplaceAll(strings.Replace(shardingHead, "SHARDING", sharding, 1), "{KEY}", "{key: [country, id]}")
	dir := t.TempDir()
	cfg, err := ParseConfig([]byte(strings.ReplaceAll(text, "KEY", key)), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{} // by shard and table
	table, _ := cfg.Map.Table("t")
	for i := range 400 {
		country, id := []string{"DE", "FR", "BR", "XX", ""}[i%5], fmt.Sprint(i%37)
		if i%11 == 0 {
			id = ""
		}
		where := ""
		if country != "" && id != "" {
			p, err := cfg.Map.Explain("t", []string{country, id})
			if err != nil {
				t.Fatal(err)
			}
			where = p.Shards[(i%5+i%37)%len(p.Shards)].Name // rows with equal keys are on one shard
		} else if where = inBranch(sharding, country, id); where == "" {
			all := table.Shards()
			where = cfg.Map.Shard(all[i%len(all)]).Name
		}
		values := fmt.Sprintf("(nullif('%s', ''), nullif('%s', '')::bigint, %d)", country, id, i)
		rows[where+"t"] = append(rows[where+"t"], values)
		if i%3 == 0 {
			rows[where+"u"] = append(rows[where+"u"], values)
		}
	}
	for _, shard := range []string{"s0", "s1", "s2"} {
		var stmts []string
		for _, table := range []string{"t", "u"} {
			stmts = append(stmts, "CREATE TABLE "+table+" (country varchar, id bigint, v bigint NOT NULL)")
			if list := rows[shard+table]; len(list) > 0 {
				stmts = append(stmts, "INSERT INTO "+table+" VALUES "+strings.Join(list, ", "))
			}
		}
		if err := duckdb.CreateFile(t.Context(), filepath.Join(dir, shard+".duckdb"), stmts, nil); err != nil {
			t.Fatal(err)
		}
	}
	e, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var out []string
	for _, sql := range shardingQueries {
		a, err := asker(e)(t.Context(), sql, nil)
		if err != nil {
			t.Fatal(sql, err)
		}
		out = append(out, fmt.Sprint(a.Rows))
	}
	return out
}

// inBranch is a shard of the branch of a composite to which a key with a NULL leads; "" if it may be anywhere.
func inBranch(sharding, country, id string) string {
	switch {
	case strings.Contains(sharding, "key: [id]") && id != "":
		return "s1"
	case strings.Contains(sharding, "key: [id]") || country == "":
		return ""
	case strings.Contains(sharding, "composite") && country == "DE":
		return "s1"
	case strings.Contains(sharding, "composite"):
		return "s2"
	case strings.Contains(sharding, "geography") && country == "BR":
		return "s2"
	case strings.Contains(sharding, "geography"):
		return "s1"
	}
	return ""
}

// TestTenants has tenants with a schema each, and with a database each, on one server.
func TestTenants(t *testing.T) {
	c := pgtest.Start(t, 1)[0]
	ctx := t.Context()
	if err := c.Exec(ctx, `CREATE SCHEMA acme; CREATE TABLE acme.invoices (tenant int, v int); INSERT INTO acme.invoices VALUES (17, 1), (17, 2);
		CREATE SCHEMA zenit; CREATE TABLE zenit.invoices (tenant int, v int); INSERT INTO zenit.invoices VALUES (18, 10), (19, 20);
		CREATE TABLE rates (r int); INSERT INTO rates VALUES (100)`); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateDatabase(ctx, "opal"); err != nil {
		t.Fatal(err)
	}
	if err := c.ExecIn(ctx, "opal", "CREATE TABLE invoices (tenant int, v int); INSERT INTO invoices VALUES (20, 1000)"); err != nil {
		t.Fatal(err)
	}
	cfg, err := ParseConfig([]byte(`version: 1
coordinator: {region: r}
regions: {r: {}}
shards:
  pool: {region: r, driver: postgres, dsn: "${POOL_DSN}", max_conns: 2, schemas: {acme: [17], zenit: [18, 19]}, databases: {opal: [20]}}
tables:
  invoices: {sharding: {strategy: tenant, key: [tenant]}}
  rates: {sharding: {strategy: reference}}
`), t.TempDir(), func(string) (string, bool) { return c.DSN, true })
	if err != nil {
		t.Fatal(err)
	}
	e, err := Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for sql, want := range map[string]string{
		"SELECT count(*), sum(v) FROM invoices":                                    `[["5" "1033"]]`,
		"SELECT sum(v) FROM invoices WHERE tenant = 18":                            `[["10"]]`,
		"SELECT sum(v), min(atoll_shard) FROM invoices WHERE tenant = 20":          `[["1000" "pool.opal"]]`,
		"SELECT tenant, sum(v) FROM invoices GROUP BY tenant ORDER BY tenant DESC": `[["20" "1000"] ["19" "20"] ["18" "10"] ["17" "3"]]`,
		"SELECT count(*), sum(v * r) FROM invoices, rates":                         `[["5" "103300"]]`,
	} {
		if a, err := asker(e)(ctx, sql, nil); err != nil || fmt.Sprint(a.Rows) != want {
			t.Errorf("%s: %v %v, want %s", sql, a.Rows, err, want)
		}
	}
	if r, err := e.Route("invoices", "19"); err != nil || r.Shard != "pool.zenit" {
		t.Errorf("%v %v", r, err)
	}
}
