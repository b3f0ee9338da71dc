package atoll

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/internal/config"
	"github.com/atoll-sql/atoll/shardmap"
)

// edgesMap has tables with keys of every type, and texts that some engine takes for equal.
const edgesMap = `map_version: 1
shards:
  pg: {region: r, driver: postgres, dsn: "${PG}"}
  dd: {region: r, driver: duckdb, dsn: dd.duckdb}
  ms: {region: r, driver: sqlserver, dsn: "${MS}"}
tables:
  texts: {sharding: {strategy: lookup, key: [k], key_type: [text], map: {pg: [A, a, "A ", "Á"], dd: [B, b, "B ", ""], ms: [C, c, "C ", "Ç"]}}}
  span: {sharding: {strategy: range, key: [k], key_type: [text], ranges: [{shard: pg, to: M}, {shard: ms, from: M, to: c}, {shard: dd, from: c}]}}
  hashed: {sharding: {strategy: hash, key: [k], key_type: [text], buckets: [pg, dd, ms, pg, dd, ms]}}
  bools: {sharding: {strategy: lookup, key: [k], key_type: [boolean], map: {pg: [true], ms: [false]}}}
  ids: {sharding: {strategy: range, key: [k], key_type: [uuid], ranges: [{shard: pg, to: 50000000-0000-0000-0000-000000000000}, {shard: ms, from: 50000000-0000-0000-0000-000000000000, to: a0000000-0000-0000-0000-000000000000}, {shard: dd, from: a0000000-0000-0000-0000-000000000000}]}}
  days: {sharding: {strategy: range, key: [k], key_type: [date], ranges: [{shard: pg, to: "2020-01-01"}, {shard: ms, from: "2020-01-01", to: "2021-01-01"}, {shard: dd, from: "2021-01-01"}]}}
  times: {sharding: {strategy: range, key: [k], key_type: [timestamptz], ranges: [{shard: pg, to: "2020-01-01 00:00:00+00"}, {shard: ms, from: "2020-01-01 00:00:00+00", to: "2021-01-01 00:00:00+00"}, {shard: dd, from: "2021-01-01 00:00:00+00"}]}}
  k1: {sharding: {strategy: hash, key: [k1], key_type: [bigint], buckets: [pg, dd, ms, pg]}}
`

// edgeTable is a table with the key's type at each engine, and its keys as SQL literals of all engines.
type edgeTable struct {
	name, key  string // key is k where it is not given
	pg, dd, ms string // the key's type at each shard
	keys       []string
	moves      []shardmap.MoveSpec
	listed     map[string]string // types of tables of keys, by shard
}

func edgeTables() []edgeTable {
	words := []string{"A", "a", "A ", "Á", "B", "b", "B ", "", "C", "c", "C ", "Ç"}
	spans := []string{"", "A", "L", "M ", "LZ", "M", "N", "Nz", "Z", "a", "b", "bz", "c", "d", "z", "É", "~"}
	var hashes, numbers []string
	for i := range 24 {
		hashes = append(hashes, fmt.Sprintf("w%d", i), fmt.Sprintf("W%d", i), fmt.Sprintf("w%d ", i))
		numbers = append(numbers, fmt.Sprint(i))
	}
	var ids, days, times []string
	for i := range 16 {
		ids = append(ids, fmt.Sprintf("%x0000000-0000-0000-0000-0000000000%x0", i, 15-i))
		days = append(days, fmt.Sprintf("20%d-0%d-01", 19+i%4, 1+i%7))
		times = append(times, fmt.Sprintf("20%d-0%d-01 00:00:00+00:00", 19+i%4, 1+i%7))
	}
	values := func(from, to string, keys ...string) shardmap.MoveSpec {
		return shardmap.MoveSpec{Keys: shardmap.KeySet{Values: keys}, From: from, To: to}
	}
	within := func(from, to, low, high string) shardmap.MoveSpec {
		return shardmap.MoveSpec{Keys: shardmap.KeySet{From: &low, To: &high}, From: from, To: to}
	}
	buckets := func(from, to string, n ...int) shardmap.MoveSpec {
		return shardmap.MoveSpec{Keys: shardmap.KeySet{Buckets: n}, From: from, To: to}
	}
	return []edgeTable{
		{name: "texts", pg: "text", dd: "varchar", ms: "nvarchar(10)", keys: words,
			moves: []shardmap.MoveSpec{values("pg", "ms", "A", "Á"), values("pg", "dd", "a"), values("ms", "pg", "C "), values("dd", "ms", "", "B ")}},
		{name: "span", pg: "text", dd: "varchar", ms: "nvarchar(10)", keys: spans,
			moves: []shardmap.MoveSpec{within("pg", "ms", "A", "M"), within("ms", "pg", "N", "a"), within("dd", "ms", "c", "z")}},
		{name: "hashed", pg: "text", dd: "varchar", ms: "nvarchar(10)", keys: hashes, listed: map[string]string{"pg": "text", "dd": "varchar", "ms": "nvarchar(10)"},
			moves: []shardmap.MoveSpec{buckets("pg", "ms", 0), buckets("ms", "dd", 2), buckets("dd", "ms", 1), buckets("ms", "pg", 5)}},
		{name: "bools", pg: "boolean", dd: "boolean", ms: "bit", keys: []string{"true", "false"},
			moves: []shardmap.MoveSpec{values("pg", "ms", "true"), values("ms", "pg", "false")}},
		{name: "ids", pg: "uuid", dd: "uuid", ms: "uniqueidentifier", keys: ids,
			moves: []shardmap.MoveSpec{within("pg", "ms", "20000000-0000-0000-0000-000000000000", "40000000-0000-0000-0000-000000000000"),
				within("ms", "dd", "60000000-0000-0000-0000-000000000000", "80000000-0000-0000-0000-000000000000"),
				within("dd", "ms", "b0000000-0000-0000-0000-000000000000", "d0000000-0000-0000-0000-000000000000")}},
		{name: "days", pg: "date", dd: "date", ms: "date", keys: days,
			moves: []shardmap.MoveSpec{within("pg", "ms", "2019-03-01", "2019-06-01"), within("ms", "pg", "2020-02-01", "2020-05-01"), within("dd", "ms", "2021-01-01", "2022-01-01")}},
		{name: "times", pg: "timestamptz", dd: "timestamptz", ms: "datetimeoffset", keys: times,
			moves: []shardmap.MoveSpec{within("pg", "ms", "2019-03-01 00:00:00+00", "2019-06-01 00:00:00+00"), within("ms", "pg", "2020-02-01 00:00:00+00", "2020-05-01 00:00:00+00")}},
		{name: "k1", key: "k1", pg: "bigint", dd: "bigint", ms: "bigint", keys: numbers, listed: map[string]string{"pg": "bigint", "dd": "bigint", "ms": "bigint"},
			moves: []shardmap.MoveSpec{buckets("pg", "ms", 0), buckets("ms", "dd", 2), buckets("dd", "pg", 1)}},
	}
}

var edgeQueries = []string{
	"SELECT count(*), sum(w) FROM T",
	"SELECT w FROM T ORDER BY w",
	"SELECT count(*) FROM T AS atoll_moving_a JOIN T AS b ON atoll_moving_a.K = b.K",
	"SELECT count(*), sum((SELECT count(*) FROM T AS u WHERE u.K = t.K)) FROM T AS t WHERE K IS NOT NULL",
}

// TestMovingKeyTypes moves keys of every type, and texts of which an engine by itself takes some for equal. Nobody's rows but theirs are hidden.
func TestMovingKeyTypes(t *testing.T) {
	l := newCurrent(t)
	if err := os.WriteFile(l.path, []byte(edgesMap), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := l.config(t)
	doc := l.document(t, cfg)
	tables := edgeTables()
	literal := func(shard, key string) string {
		if shard == "ms" {
			if key == "true" || key == "false" {
				return map[string]string{"true": "1", "false": "0"}[key]
			}
			return "N'" + key + "'"
		}
		return "'" + key + "'"
	}
	w := 0
	for ti := range tables {
		e := &tables[ti]
		if e.key == "" {
			e.key = "k"
		}
		for shard, kind := range map[string]string{"pg": e.pg, "dd": e.dd, "ms": e.ms} {
			if shard == "ms" && strings.Contains(kind, "char") {
				kind += " COLLATE Latin1_General_CI_AI"
			}
			l.exec[shard](fmt.Sprintf("CREATE TABLE %s (%s %s, w bigint NOT NULL)", e.name, e.key, kind))
			l.exec[shard](fmt.Sprintf("INSERT INTO %s VALUES (NULL, %d)", e.name, 100000+w))
			w++
		}
		for _, key := range e.keys {
			p, err := doc.Map.Explain(e.name, []string{key})
			if err != nil {
				t.Fatal(err)
			}
			w++
			home := p.Shards[0].Name
			l.exec[home](fmt.Sprintf("INSERT INTO %s VALUES (%s, %d)", e.name, literal(home, key), w))
		}
	}
	e, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	l.through(t, e)
	ask := func(table edgeTable) (out []string) {
		for _, sql := range edgeQueries {
			sql = strings.ReplaceAll(onTable(sql, table.name), "K", table.key)
			a, err := asker(e)(t.Context(), strings.ReplaceAll(sql, table.key+"1", "k1"), nil)
			if err != nil {
				out = append(out, fmt.Sprint(sql, " ", err))
				continue
			}
			out = append(out, fmt.Sprint(sql, " ", a.Rows))
		}
		return out
	}
	want := map[string][]string{}
	for _, table := range tables {
		want[table.name] = ask(table)
		t.Log(table.name, want[table.name][0])
	}
	var specs []shardmap.MoveSpec
	for _, table := range tables {
		for i, m := range table.moves {
			m.ID, m.Table, m.Phase = fmt.Sprintf("%s-%d", table.name, i), table.name, shardmap.PhaseCopying
			specs = append(specs, m)
		}
	}
	trial, err := shardmap.New(shardmap.Spec{Version: 1, Regions: doc.Map.Regions(), Shards: doc.Map.Shards(), Tables: doc.Tables, Moves: specs})
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		root, _ := trial.Table(table.name)
		for _, m := range trial.MovesOf(table.name) {
			if table.listed != nil {
				for _, shard := range []string{m.From, m.To} {
					kind := table.listed[shard]
					if shard == "ms" && strings.Contains(kind, "char") {
						kind += " COLLATE Latin1_General_CI_AI"
					}
					l.exec[shard](fmt.Sprintf("CREATE TABLE %s (k1 %s)", shardmap.KeyTable(m.ID), kind))
				}
			}
			n := 0
			for _, key := range table.keys {
				v, err := root.ParseKey([]string{key})
				if err != nil {
					t.Fatal(err)
				}
				if !m.Contains(root, v) {
					continue
				}
				n++
				l.exec[m.To](fmt.Sprintf("INSERT INTO %s VALUES (%s, %d)", table.name, literal(m.To, key), 900000+n))
				for _, shard := range []string{m.From, m.To} {
					if table.listed != nil {
						l.exec[shard](fmt.Sprintf("INSERT INTO %s VALUES (%s)", shardmap.KeyTable(m.ID), literal(shard, key)))
					}
				}
			}
			if n == 0 {
				t.Errorf("nothing moves in %s", m.ID)
			}
		}
	}
	l.edit(t, config.MapEdit{Version: 2, Moves: specs})
	if v, err := e.RefreshMap(t.Context()); err != nil || v != 2 {
		t.Fatal(v, err)
	}
	for _, table := range tables {
		if got := ask(table); !slices.Equal(got, want[table.name]) {
			t.Errorf("%s:\n%s\nwant\n%s", table.name, strings.Join(got, "\n"), strings.Join(want[table.name], "\n"))
		}
	}
}
