package atoll

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/pgtest"
	"github.com/atoll-sql/atoll/shardmap"
)

// port is a world of three shards of two engines with a directory and index tables, and an oracle that has all rows.
type port struct {
	*Engine
	t      *testing.T
	cfg    *Config
	oracle *pgx.Conn
	exec   map[string]func(sql string) // by shard
	now    time.Time
}

const portConfig = `version: 1
coordinator: {region: r}
regions: {r: {jurisdiction: J}}
shards:
  s0: {region: r, driver: postgres, dsn: "${S0}"}
  s1: {region: r, driver: duckdb, dsn: s1.duckdb}
  s2: {region: r, driver: postgres, dsn: "${S2}"}
tables:
  coops: {sharding: {strategy: lookup, key: [id], directory: DIRECTORY, shards: [s0, s1, s2]}}
  accounts: {sharding: {key: [coop]}, colocated_with: coops, indexes: {ref: {table: ref_index, key: [owner], cache: CACHE}}}
  coop_directory: {sharding: {strategy: single, shard: s0}}
  ref_index: {sharding: {strategy: hash, key: [ref], key_type: [text], shards: [s0, s1, s2]}}
  members:
    sharding: {strategy: hash, key: [tenant, country], key_type: [bigint, text], shards: [s0, s1, s2]}
    indexes: {email: {table: email_index, column: mail, key: [t, c], cache: CACHE}}
  email_index: {sharding: {strategy: reference}}
`

const portTables = `CREATE TABLE coops (id bigint, name varchar);
CREATE TABLE accounts (coop bigint, ref varchar, amount bigint);
CREATE TABLE coop_directory (id bigint, shard varchar);
CREATE TABLE ref_index (ref varchar, owner bigint);
CREATE TABLE members (tenant bigint, country varchar, id bigint, email varchar);
CREATE TABLE email_index (mail varchar, t bigint, c varchar)`

// openPort fills the shards. Of the cooperatives, 28 is listed for two shards, 27 for one that there is not, and 29 and 30 are not listed.
func openPort(t *testing.T, directory, cache string, opts ...Option) *port {
	t.Helper()
	clusters, err := pgtest.Shared(1)
	if err != nil {
		t.Fatal(err)
	}
	p := &port{t: t, exec: map[string]func(string){}, now: time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)}
	name := fmt.Sprintf("port_%d", time.Now().UnixNano())
	env, dir := map[string]string{}, t.TempDir()
	for _, db := range []string{"S0", "S2", "oracle"} {
		if env[db], err = clusters[0].CreateDatabase(t.Context(), name+"_"+strings.ToLower(db)); err != nil {
			t.Fatal(err)
		}
	}
	if p.oracle, err = pgx.Connect(t.Context(), env["oracle"]); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.oracle.Close(context.Background()) })
	for shard, db := range map[string]string{"s0": "s0", "s2": "s2"} {
		p.exec[shard] = func(sql string) { p.must(clusters[0].ExecIn(t.Context(), name+"_"+db, sql)) }
	}
	p.exec["s1"] = func(sql string) { p.must(duckdb.Exec(t.Context(), filepath.Join(dir, "s1.duckdb"), sql)) }
	for _, shard := range []string{"s0", "s1", "s2"} {
		p.exec[shard](portTables)
	}
	_, err = p.oracle.Exec(t.Context(), portTables)
	p.must(err)
	text := strings.NewReplacer("DIRECTORY", directory, "CACHE", cache).Replace(portConfig)
	p.cfg, err = ParseConfig([]byte(text), dir, func(n string) (string, bool) { v, ok := env[n]; return v, ok })
	p.must(err)
	p.fill()
	p.Engine, err = Open(t.Context(), p.cfg, append([]Option{WithInvariantChecks(), WithClock(func() time.Time { return p.now })}, opts...)...)
	p.must(err)
	t.Cleanup(func() { p.must(p.Close()) })
	return p
}

func (p *port) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// insert puts a row on a shard, and into the oracle.
func (p *port) insert(shard, table, values string) {
	p.t.Helper()
	sql := "INSERT INTO " + table + " VALUES " + values
	p.exec[shard](sql)
	_, err := p.oracle.Exec(p.t.Context(), sql)
	p.must(err)
}

// fill spreads the rows.
func (p *port) fill() {
	p.t.Helper()
	rows := map[[2]string][]string{} // by shard and table
	put := func(shard, table, format string, args ...any) {
		at := [2]string{shard, table}
		rows[at] = append(rows[at], fmt.Sprintf(format, args...))
	}
	for id := 1; id <= 30; id++ {
		on := []string{"s0", "s1", "s2"}[id%3]
		switch id {
		case 27:
			put("s0", "coop_directory", "(27, 'gone')")
		case 28:
			put("s0", "coop_directory", "(28, 's1'), (28, 's2')")
		case 29, 30:
		default:
			put("s0", "coop_directory", "(%d, '%s')", id, on)
		}
		put(on, "coops", "(%d, 'coop %d')", id, id)
		for i := range 3 {
			ref := fmt.Sprintf("r%d", (id*3+i)%40)
			put(on, "accounts", "(%d, '%s', %d)", id, ref, id*10+i)
			put(p.home("ref_index", shardmap.Text(ref)), "ref_index", "('%s', %d)", ref, id)
		}
	}
	put("s1", "coops", "(NULL, 'nobody')")
	put("s1", "accounts", "(NULL, 'lost', 5), (3, NULL, 6)")
	put(p.home("ref_index", shardmap.Text("lost")), "ref_index", "('lost', NULL)")
	for i := range 60 {
		tenant, country, mail := i%12, []string{"DE", "BR"}[i%2], fmt.Sprintf("m%d@x", i%25)
		put(p.home("members", shardmap.Int(int64(tenant)), shardmap.Text(country)), "members", "(%d, '%s', %d, '%s')", tenant, country, i, mail)
		put("every", "email_index", "('%s', %d, '%s')", mail, tenant, country)
	}
	put("s2", "members", "(5, NULL, 100, 'half@x'), (NULL, NULL, 101, 'none@x'), (NULL, 'DE', 102, NULL)")
	put("every", "email_index", "('half@x', 5, NULL), ('none@x', NULL, NULL)")
	for at, list := range rows {
		values := strings.Join(list, ", ")
		if at[0] != "every" {
			p.insert(at[0], at[1], values)
			continue
		}
		p.insert("s0", at[1], values)
		p.exec["s1"]("INSERT INTO " + at[1] + " VALUES " + values)
		p.exec["s2"]("INSERT INTO " + at[1] + " VALUES " + values)
	}
}

func (p *port) home(table string, key ...shardmap.Value) string {
	p.t.Helper()
	i, ok := p.cfg.Map.Route(table, key)
	if !ok {
		p.t.Fatalf("table %s has no place for a key", table)
	}
	return p.cfg.Map.Shard(i).Name
}

// asked are the shards that a query reads rows from, sorted, and the explanation.
func (p *port) asked(sql string, args ...any) (string, *Explanation) {
	p.t.Helper()
	x, err := p.Explain(p.t.Context(), sql, ExplainOptions{}, args...)
	p.must(err)
	var out []string
	for _, f := range x.Fragments {
		for _, s := range f.Shards {
			if !slices.Contains(out, s.Shard) {
				out = append(out, s.Shard)
			}
		}
	}
	slices.Sort(out)
	return strings.Join(out, " "), x
}

// portCases are queries and the shards that they should be sent to.
var portCases = []struct {
	sql    string
	args   []any
	shards string // by the directory as it is
	whole  string // the same where the directory is complete; "" if it is alike
}{
	{"SELECT * FROM coops WHERE id = 4", nil, "s1", ""},
	{"SELECT * FROM coops WHERE id IN (4, 7, 3)", nil, "s0 s1", ""},
	{"SELECT * FROM coops WHERE id IN (4, 7, 3, NULL)", nil, "s0 s1", ""},
	{"SELECT * FROM coops WHERE id = $1", []any{int64(5)}, "s2", ""},
	{"SELECT * FROM coops WHERE id = $1", []any{nil}, "s0", ""},
	{"SELECT * FROM coops WHERE id = 27", nil, "s0 s1 s2", ""}, // listed for a shard that there is not
	{"SELECT * FROM coops WHERE id = 28", nil, "s1 s2", ""},    // listed twice
	{"SELECT * FROM coops WHERE id = 5 OR id = 8", nil, "s2", ""},
	{"SELECT * FROM coops WHERE id = 5 OR name = 'coop 1'", nil, "s0 s1 s2", ""},
	{"SELECT * FROM coops WHERE id = 5 OR id IS NULL", nil, "s0 s1 s2", ""},
	{"SELECT * FROM coops WHERE id BETWEEN 4 AND 5", nil, "s1 s2", ""},
	{"SELECT * FROM coops WHERE id <> 5 AND id < 8", nil, "s0 s1 s2", ""},
	{"SELECT count(*) FROM coops WHERE id IN (4, 99)", nil, "s0 s1 s2", "s1"}, // 99 is not listed
	{"SELECT c.name, a.amount FROM coops c JOIN accounts a ON a.coop = c.id WHERE c.id = 6", nil, "s0", ""},
	{"SELECT c.name, a.amount FROM coops c LEFT JOIN accounts a ON a.coop = c.id AND a.amount > 61 WHERE c.id IN (6, 9)", nil, "s0", ""},
	{"SELECT sum(amount) FROM accounts WHERE coop = 8", nil, "s2", ""},
	{"SELECT c.name FROM coops c WHERE c.id = 7 AND EXISTS (SELECT 1 FROM accounts a WHERE a.coop = c.id)", nil, "s1", ""},
	// The directory beyond an index: r14 is of 4 and 18.
	{"SELECT * FROM accounts WHERE ref = 'r14'", nil, "s0 s1", ""},
	{"SELECT * FROM accounts WHERE ref = 'nowhere'", nil, "s0", ""},
	{"SELECT * FROM accounts WHERE ref = 'lost'", nil, "s0 s1 s2", ""}, // of a row without a key
	{"SELECT * FROM accounts WHERE ref IS NULL", nil, "s0 s1 s2", ""},
	{"SELECT c.name, a.amount FROM coops c JOIN accounts a ON a.coop = c.id WHERE a.ref = 'r14'", nil, "s0 s1", ""},
	{"SELECT * FROM members WHERE email = 'm3@x'", nil, "MEMBERS m3@x", ""},
	{"SELECT id FROM members WHERE email = $1", []any{"m3@x"}, "MEMBERS m3@x", ""},
	{"SELECT id FROM members WHERE email IN ('m3@x', 'm4@x')", nil, "MEMBERS m3@x m4@x", ""},
	{"SELECT id FROM members WHERE email = 'm3@x' AND tenant = 3", nil, "MEMBERS m3@x 3", ""},
	{"SELECT id FROM members WHERE email = 'm3@x' OR email = 'm4@x'", nil, "MEMBERS m3@x m4@x", ""},
	{"SELECT id FROM members WHERE email = 'nobody@x'", nil, "s0", ""},
	{"SELECT id FROM members WHERE email IN ('nobody@x', 'half@x')", nil, "s0 s1 s2", ""},
	{"SELECT id FROM members WHERE email = 'none@x'", nil, "s0 s1 s2", ""},
	{"SELECT id FROM members WHERE email IS NOT DISTINCT FROM 'm3@x'", nil, "MEMBERS m3@x", ""},
	{"SELECT id FROM members WHERE email IS NOT DISTINCT FROM $1", []any{"m3@x"}, "MEMBERS m3@x", ""},
	{"SELECT id FROM members WHERE email IS NOT DISTINCT FROM 'nobody@x'", nil, "s0", ""},
	{"SELECT id FROM members WHERE email IS NOT DISTINCT FROM $1", []any{nil}, "s0 s1 s2", ""},
	{"SELECT id FROM members WHERE email IS NOT DISTINCT FROM NULL", nil, "s0 s1 s2", ""},
	{"SELECT id FROM members WHERE email IS DISTINCT FROM 'm3@x'", nil, "s0 s1 s2", ""},
	{"SELECT * FROM coops WHERE id IS NOT DISTINCT FROM 4", nil, "s1", ""},
	{"SELECT id FROM members WHERE email LIKE 'm3%'", nil, "s0 s1 s2", ""},
	{"SELECT id FROM members WHERE NOT email = 'm3@x'", nil, "s0 s1 s2", ""},
	{"SELECT id FROM members WHERE email IS NULL", nil, "s0 s1 s2", ""},
	{"SELECT id FROM members WHERE lower(email) = 'm3@x'", nil, "s0 s1 s2", ""},
	{"SELECT tenant, count(*) FROM members WHERE email = 'm7@x' GROUP BY tenant", nil, "MEMBERS m7@x", ""},
	{"SELECT m.id, n.id FROM members m JOIN members n ON n.email = m.email WHERE m.email = 'm3@x'", nil, "", ""},
	{"SELECT id FROM members WHERE email = (SELECT min(email) FROM members)", nil, "", ""},
	{"SELECT * FROM coops WHERE id IN (SELECT tenant FROM members WHERE email = 'm3@x')", nil, "", ""},
}

// membersOn are the shards on which members may be whose tenant and country are those of members with one of some addresses, by the oracle: of a key of
// several columns each is bounded by itself.
func (p *port) membersOn(mails []string) string {
	p.t.Helper()
	tenant := ""
	if last := len(mails) - 1; !strings.Contains(mails[last], "@") {
		tenant, mails = " WHERE tenant = "+mails[last], mails[:last]
	}
	rows, err := p.oracle.Query(p.t.Context(), "SELECT * FROM (SELECT DISTINCT a.tenant, b.country FROM members a, members b WHERE a.email = ANY($1) AND b.email = ANY($1)) AS x"+tenant, mails)
	p.must(err)
	defer rows.Close()
	tenants, countries := map[int64]bool{}, map[string]bool{}
	for rows.Next() {
		var tenant int64
		var country string
		p.must(rows.Scan(&tenant, &country))
		tenants[tenant], countries[country] = true, true
	}
	p.must(rows.Err())
	var out []string
	for tenant := range tenants {
		for country := range countries {
			if s := p.home("members", shardmap.Int(tenant), shardmap.Text(country)); !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// TestLookups holds answers against the oracle, and the shards that are asked against those that have rows.
func TestLookups(t *testing.T) {
	for _, s := range []struct {
		name, directory, cache string
		opts                   []Option
	}{
		{"kept", "coop_directory", "{ttl: 1m}", nil},
		{"not kept", "{table: coop_directory, cache: none}", "none", nil},
		{"small", "{table: coop_directory, cache: {size: 1}}", "{size: 1}", nil},
		{"without pruning", "coop_directory", "none", []Option{WithoutRules("shard_pruning")}},
		{"without rules", "coop_directory", "none", []Option{WithoutRules("infer_predicates", "push_filters", "colocated_join", "semijoin_reduction")}},
	} {
		t.Run(s.name, func(t *testing.T) {
			p := openPort(t, s.directory, s.cache, s.opts...)
			p.runCases(len(s.opts) == 0, false)
			if s.cache == "{ttl: 1m}" {
				p.runCases(true, false) // by what is remembered
			}
		})
	}
	t.Run("complete", func(t *testing.T) {
		p := openPort(t, "{table: coop_directory, complete: true, cache: none}", "none")
		for _, sql := range []string{"DELETE FROM accounts WHERE coop IN (29, 30)", "DELETE FROM coops WHERE id IN (29, 30)"} {
			for _, exec := range p.exec {
				exec(sql)
			}
			_, err := p.oracle.Exec(t.Context(), sql)
			p.must(err)
		}
		p.runCases(true, true)
	})
	t.Run("default", func(t *testing.T) {
		p := openPort(t, "coop_directory, default: s0", "none")
		if got, _ := p.asked("SELECT * FROM coops WHERE id = 30"); got != "s0" {
			t.Error(got)
		}
		if r, err := p.Route("coops", "30"); err != nil || r.Shard != "s0" {
			t.Error(r, err)
		}
	})
}

func (p *port) runCases(pruned, whole bool) {
	for _, c := range portCases {
		want, err := logictest.FromPostgres(p.t.Context(), p.oracle, c.sql, c.args)
		p.must(err)
		got, err := asker(p.Engine)(p.t.Context(), c.sql, c.args)
		if err == nil {
			err = logictest.Compare(logictest.Case{SQL: c.sql}, want, got)
		}
		if err != nil {
			p.t.Errorf("%s: %v", c.sql, err)
		}
		shards := c.shards
		if whole && c.whole != "" {
			shards = c.whole
		}
		if mails, is := strings.CutPrefix(shards, "MEMBERS "); is {
			shards = p.membersOn(strings.Fields(mails))
		}
		if on, x := p.asked(c.sql, c.args...); pruned && shards != "" && on != shards {
			p.t.Errorf("%s: asks %s, want %s\n%s", c.sql, on, shards, x.Text())
		}
	}
}
