package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// base is a configuration of which the tests change one line.
const base = `version: 1
coordinator: {region: eu}
regions:
  eu: {jurisdiction: EU}
  br: {}
shards:
  eu-1: {region: eu, driver: postgres, dsn: "${DSN}"}
  br-1: {region: br, driver: duckdb, dsn: br.duckdb}
tables:
  t:
    sharding: {strategy: hash, key: [id], shards: [eu-1, br-1]}
`

const secret = "hunter2"

var seed = strings.Repeat("0f", 32)

func testEnv(name string) (string, bool) {
	v, ok := map[string]string{
		"DSN": "postgres://u:" + secret + "@h/db", "PW": secret, "HOST": "h.example", "EMPTY": "", "SEED": seed, "SHORT": "abcdef",
	}[name]
	return v, ok
}

func parse(text string) (*Config, error) {
	return Parse([]byte(text), "atoll.yaml", "conf", testEnv)
}

// errorCase changes base and says what is wrong then.
type errorCase struct {
	old, new string
	at       string // line:column
	text     string // contained in the message
	meaning  bool   // JSON Schema cannot see this fault
}

const hash11 = "    sharding: {strategy: hash, key: [id], shards: [eu-1, br-1]}"
const eu7 = `dsn: "${DSN}"`

var errorCases = []errorCase{
	{"version: 1", "vresion: 1", "1:1", `unknown key "vresion": did you mean version?`, false},
	{"version: 1", "", "2:1", "version is missing", false},
	{"version: 1", "version: 2", "1:10", "version 2 is not supported", false},
	{"version: 1", `version: "1"`, "1:10", "version needs an integer, not text", false},
	{"version: 1", "version: 1\nversion: 1", "2:1", `key "version" is given already at line 1, column 1`, true},
	{"version: 1", "version: 1\nresidency: [r.yaml]", "2:1", "residency needs text, not a list", false},
	{"version: 1", "version: 1\nresidency: ' '", "2:12", "residency is empty", false},
	{"version: 1", "version: 1\naudit: {sync: always}", "2:15", `sync "always" is not supported by this version: use group, each or none`, false},
	{"version: 1", "version: 1\naudit: {checkpoint_every: 0}", "2:27", "must be a whole number from 1 to", false},
	{"version: 1", "version: 1\naudit: {folder: x}", "2:9", `unknown key "folder"`, false},
	{"version: 1", "version: 1\naudit: {dir: 5}", "2:14", "audit.dir needs text", false},
	{"version: 1", "version: 1\naudit: {key: '" + seed + "'}", "2:9", "a secret stands only in the environment", false},
	{"version: 1", "version: 1\naudit: {key: 'x${SEED}'}", "2:9", "a secret stands only in the environment", false},
	{"version: 1", "version: 1\naudit: {key: [hunter2]}", "2:9", "a secret stands only in the environment", false},
	{"version: 1", "version: 1\naudit: {key: '${NOPE}'}", "2:14", "environment variable NOPE is not set", true},
	{"version: 1", "version: 1\naudit: {key: '${PW}'}", "2:14", "environment variable PW must hold hexadecimal digits, two for each of 32 bytes", true},
	{"version: 1", "version: 1\naudit: {key: '${SHORT}'}", "2:14", "environment variable SHORT holds 3 bytes in hexadecimal digits, not 32", true},
	{"version: 1", "version: 1\ndialect: oracle", "2:10", `dialect "oracle" is not supported by this version: use postgres or mysql`, false},
	{"coordinator: {region: eu}", "coordinator: {region: us}", "2:23", `unknown region "us": the regions are eu, br`, true},
	{"coordinator: {region: eu}", "coordinator: {}", "2:1", "coordinator.region is missing", false},
	{"coordinator: {region: eu}", "coordinator: eu", "2:14", "coordinator needs a mapping, not text", false},
	{"jurisdiction: EU", "jurisdiction: 7", "4:22", `regions.eu.jurisdiction needs text, not an integer: write "7", in quotes`, false},
	{"  br: {}", "  -br: {}", "5:3", `"-br" is not a name for a region`, false},
	{"  br: {}", "  br:", "5:3", "regions.br needs a mapping, not nothing", false},
	{"driver: postgres", "driver: oracle", "7:30", `driver "oracle" is not supported by this version: use postgres, sqlserver or duckdb`, false},
	{"driver: postgres", "dirver: postgres", "7:3", "shards.eu-1.driver is missing", false},
	{"{region: eu, driver", "{region: mars, driver", "7:18", `unknown region "mars": the regions are eu, br`, true},
	{eu7, `dsn: "${NOPE}"`, "7:46", "environment variable NOPE is not set", true},
	{eu7, `dsn: "host=${HOST} user=${NOPE}"`, "7:64", "environment variable NOPE is not set", true},
	{eu7, `dsn: "${EMPTY}"`, "7:45", "is empty once its variables are expanded", true},
	{eu7, `dsn: "a$b"`, "7:47", "write ${NAME} for a variable", true},
	{eu7, `dsn: ""`, "7:45", "shards.eu-1.dsn is empty", false},
	{eu7, `dsn: "x", dsn_file: y`, "7:50", "either dsn or dsn_file", false},
	{", " + eu7, "", "7:3", "shards.eu-1.dsn is missing", false},
	{eu7, `dsn: "postgres://u:hunter2@h/db"`, "7:40", "holds a password", true},
	{eu7, `dsn: "postgres://u:hunter2${PW}@h/db"`, "7:40", "holds a password", true},
	{eu7, `dsn: "postgres://u:hunter2/@h/db"`, "7:40", "holds a password", true},
	{eu7, `dsn: "postgres://u@h/db?sslmode=require&pass%77ord=hunter2"`, "7:40", "holds a password", true},
	{eu7, `dsn: "host=h password = 'hunter2 '"`, "7:40", "holds a password", true},
	{eu7, `dsn: "host=h PASSWORD=hunter2"`, "7:40", "holds a password", true},
	{eu7, `dsn: "server=h;user id=u;pwd=hunter2;database=d"`, "7:40", "holds a password", true},
	{eu7, `dsn: "odbc:server=h;user id=u;pwd={hunter2};database=d"`, "7:40", "holds a password", true},
	{eu7, `dsn: "sqlserver://h?fedauth=ActiveDirectoryServicePrincipal&client secret=hunter2"`, "7:40", "another secret", true},
	{eu7, `password: hunter2, dsn: x`, "7:40", `unknown key "password"`, false},
	{eu7, "dsn_file: missing.dsn", "7:50", "no such file", true},
	{eu7, "dsn_file: ..", "7:50", "not a regular file", true},
	{eu7, eu7 + ", max_conns: 0", "7:66", "must be a whole number from 1 to 10000", false},
	{eu7, eu7 + ", connect_timeout: 5", "7:72", `write "5", in quotes`, false},
	{eu7, eu7 + ", connect_timeout: soon", "7:72", "must be a positive duration", false},
	{eu7, eu7 + ", statement_timeout: 0s", "7:74", "must be a positive duration", true},
	{eu7, eu7 + ", max_staleness: 5s", "7:55", "shards.eu-1.max_staleness is about replicas, and shards.eu-1 has none", false},
	{eu7, eu7 + ", replicas: {}", "7:55", "is empty", false},
	{eu7, eu7 + ", replicas: {r: {dsn: x}}", "7:66", "shards.eu-1.replicas.r.region is missing", false},
	{eu7, eu7 + ", replicas: {r: {region: eu}}", "7:66", "shards.eu-1.replicas.r.dsn is missing", false},
	{eu7, eu7 + ", replicas: {r: {region: mars, dsn: x}}", "7:78", `unknown region "mars": the regions are eu, br`, true},
	{eu7, eu7 + `, replicas: {r: {region: br, dsn: "${DSN}"}}`, "7:66", "has the dsn of shards.eu-1's own server", true},
	{eu7, eu7 + `, replicas: {r: {region: br, dsn: "x"}, s: {region: br, dsn: "x"}}`, "7:93", "or of another of its replicas", true},
	{eu7, eu7 + `, replicas: {r: {region: br, dsn: "host=h password=hunter2"}}`, "7:82", "holds a password", true},
	{eu7, eu7 + `, replicas: {br-1: {region: br, dsn: x}}`, "7:66", "replica br-1 of shard eu-1 is called as shard br-1 is", true},
	{eu7, eu7 + `, replicas: {eu-1: {region: br, dsn: x}}`, "7:66", "replica eu-1 of shard eu-1 is called as shard eu-1 is", true},
	{eu7, eu7 + `, replicas: {r: {region: br, dsn: x}}, max_staleness: some`, "7:107", "must be a positive duration such as 500ms, 10s or 5m, or any", false},
	{eu7, eu7 + `, replicas: {r: {region: br, dsn: x}}, max_staleness: -5s`, "7:107", "must be a positive duration", false},
	{eu7, eu7 + `, replicas: {r: {region: br, dsn: x, driver: duckdb}}`, "7:90", `unknown key "driver"`, false},
	{"dsn: br.duckdb", "dsn: br.duckdb, replicas: {r: {region: br, dsn: x.duckdb}}", "8:54", "does not tell how far behind it is: add max_staleness: any", true},
	{"dsn: br.duckdb", "dsn: md:coops", "8:43", "path of a local file", true},

	{hash11, "    shardng: {}", "10:3", "tables.t.sharding is missing", false},
	{hash11, "    sharding: {strategy: modulo, key: [id]}", "11:26", `unknown strategy "modulo"`, false},
	{hash11, "    sharding: {key: [id]}", "11:5", "no strategy is given", false},
	{hash11, "    sharding: {strategy: hash, key: id, shards: [eu-1]}", "11:37", "needs a list, not text: write [id]", false},
	{hash11, "    sharding: {strategy: hash, key: [], shards: [eu-1]}", "11:32", "needs key", false},
	{hash11, "    sharding: {strategy: hash, key: [a, a], shards: [eu-1]}", "11:41", "in the key twice", false},
	{hash11, "    sharding: {strategy: hash, key: [id]}", "11:5", "needs shards", false},
	{hash11, "    sharding: {strategy: hash, key: [id], shards: [eu-1, eu-2]}", "11:58", `unknown shard "eu-2": the shards are eu-1, br-1`, true},
	{hash11, "    sharding: {strategy: hash, key: [id], shards: [eu-1, eu-1]}", "11:58", "listed twice", false},
	{hash11, "    sharding: {strategy: hash, key: [id], shards: [eu-1], buckets: [eu-1]}", "11:59", "not both", false},
	{hash11, "    sharding: {strategy: hash, key: [id], key_type: [numeric], shards: [eu-1]}", "11:54", `type "numeric" cannot be a key`, false},
	{hash11, "    sharding: {strategy: hash, key: [id], key_type: [text, text], shards: [eu-1]}", "11:43", "2 types for 1", true},
	{hash11, "    sharding: {strategy: hash, key: [id], ranges: [], shards: [eu-1]}", "11:43", "hash does not take ranges", false},
	{hash11, "    sharding: {strategy: lookup, key: [id], directory: d}", "11:5", "needs shards", false},
	{hash11, "    sharding: {strategy: lookup, key: [id], directory: d, shards: [eu-1]}", "11:56", `unknown table "d"`, true},
	{hash11, "    sharding: {strategy: lookup, key: [id], directory: {key: k}, shards: [eu-1]}", "11:45", "directory.table is missing", false},
	{hash11, "    sharding: {strategy: lookup, key: [id], directory: {table: d, cache: {ttl: 1s, negative_ttl: 2s}}, shards: [eu-1]}", "11:98", "cannot be remembered longer", true},
	{hash11, "    sharding: {strategy: lookup, key: [id], directory: {table: d, cache: {ttl: 3s, max_stale: 2s}}, shards: [eu-1]}", "11:95", "an answer is given for ttl at least: max_stale is 2s, and ttl 3s", true},
	{hash11, "    sharding: {strategy: lookup, key: [id], directory: {table: d, cache: some}, shards: [eu-1]}", "11:74", `cache "some" is not supported`, false},
	{hash11, "    indexes: {m: {table: d, key: [id]}}\n    sharding: {strategy: hash, key: [id], shards: [eu-1]}", "11:26", `unknown table "d"`, true},
	{hash11, "    indexes: {m: {table: d}}\n    sharding: {strategy: hash, key: [id], shards: [eu-1]}", "11:15", "key is missing", false},
	{hash11, "    sharding: {strategy: lookup, key: [id], map: {}}", "11:45", "needs map", false},
	{hash11, "    sharding: {strategy: lookup, key: [id], map: {eu-1: []}}", "11:51", "lists no key", false},
	{hash11, "    sharding: {strategy: lookup, key: [id], map: {eu-1: [1], br-1: [2, 1]}}", "11:72", "listed already at map.eu-1[0]", true},
	{hash11, "    sharding: {strategy: lookup, key: [id], map: {eu-1: [[1]]}}", "11:58", "needs a single value, not a list", false},
	{hash11, "    sharding: {strategy: lookup, key: [a, b], map: {eu-1: [1]}}", "11:34", "one column, not 2", false},
	{hash11, "    sharding: {strategy: lookup, key: [id], key_type: [bigint], map: {eu-1: [1, x]}}", "11:81", `"x" is not a value of the key's type bigint`, true},
	{hash11, "    sharding: {strategy: list, key: [c], lists: {eu-1: [DE]}, default: us-1}", "11:72", `unknown shard "us-1"`, true},
	{hash11, "    sharding:\n      strategy: range\n      key: [d]\n      ranges:\n      - {shard: eu-1, to: 2020-01-01}\n      - {shard: br-1, from: 2020-01-03}", "16:9", `from "2020-01-01" to below "2020-01-03" belong to no shard`, true},
	{hash11, "    sharding: {strategy: range, key: [d], ranges: [{shard: eu-1, to: 5}, {shard: br-1, from: 3}]}", "11:74", "ascending order and may not overlap", true},
	{hash11, "    sharding: {strategy: range, key: [d], ranges: [{to: 5}]}", "11:52", "ranges[0].shard is missing", false},
	{hash11, "    sharding: {strategy: range, key: [d], ranges: [{shard: eu-1, until: 5}]}", "11:66", `unknown key "until"`, false},
	{hash11, "    sharding: {strategy: hash, key: [id], shards: [eu-1], hash: sha3}", "11:65", `unknown hash function "sha3": the functions are xxhash64,`, false},
	{hash11, "    sharding: {strategy: hash, key: [id], shards: [eu-1], hash: postgres, key_bytes: text}", "11:86", "remove key_bytes", true},
	{hash11, "    sharding: {strategy: hash, key: [id], partitions: [{shard: eu-1, modulus: 2, remainder: 0}]}", "11:43", "modulo 2 is 1 belong to no partition", true},
	{hash11, "    sharding: {strategy: hash, key: [id], partitions: [{shard: eu-1, modulus: 2, remainder: 0}, {shard: br-1, modulus: 1, remainder: 0}]}", "11:97", "modulo 2 is 0 belong to partitions[0] already", true},
	{hash11, "    sharding: {strategy: hash, key: [id], partitions: [{shard: eu-1, modulus: 2}]}", "11:56", "remainder is missing", false},
	{hash11, "    sharding: {strategy: hash, key: [id], partitions: [{shard: eu-1, modulus: 0, remainder: 0}]}", "11:79", "must be a whole number from 1", false},
	{hash11, "    sharding: {strategy: jump, key: [id], shards: [eu-1], hash: crc32}", "11:65", "crc32 does not mix", false},
	{hash11, "    sharding: {strategy: jump, key: [id], shards: [eu-1], buckets: [eu-1]}", "11:59", "jump does not take buckets", false},
	{hash11, "    sharding: {strategy: ring, key: [id], shards: [eu-1], points: 0}", "11:67", "must be a whole number from 1", false},
	{hash11, "    sharding: {strategy: ring, key: [id], shards: [eu-1, br-1], points: 4000000}", "11:73", "the most for 2 shards", true},
	{hash11, "    sharding: {strategy: virtual, key: [id], virtual: 8, assign: {eu-1: [0-4], br-1: [5, 4]}}", "11:90", "4 is assigned already at assign.eu-1[0]", true},
	{hash11, "    sharding: {strategy: virtual, key: [id], virtual: 8, assign: {eu-1: [0-4], br-1: [6-7]}}", "11:58", "virtual shards 5 of 8 are assigned to no shard", true},
	{hash11, "    sharding: {strategy: virtual, key: [id], virtual: 8, assign: {eu-1: [all]}}", "11:74", `"all" is neither a virtual shard`, false},
	{hash11, "    sharding: {strategy: virtual, key: [id], assign: {eu-1: [0]}}", "11:5", "needs virtual", false},
	{hash11, "    sharding: {strategy: geography, key: [c], places: {EU: [DE], MARS: [X]}}", "11:66", `unknown place "MARS"`, true},
	{hash11, "    sharding: {strategy: geography, key: [c, d], places: {EU: [DE]}, within: list}", "11:78", "use hash, jump or ring", false},
	{hash11, "    sharding: {strategy: composite, key: [a, b], first: {strategy: hash, shards: [x, z]}, branches: {x: {strategy: single, shard: eu-1}}}", "11:86", `unknown branch "z"`, true},
	{hash11, "    sharding: {strategy: composite, key: [a, b], first: {strategy: hash, shards: [x]}, branches: {x: {strategy: range, ranges: [{shard: eu-1, to: 5}]}}}", "11:129", `from "5" on belong to no shard`, true},
	{hash11, "    sharding: {strategy: composite, key: [a, b], first: {strategy: hash, shards: [x]}, branches: {x: {strategi: single}}}", "11:103", `unknown key "strategi"`, false},
	{hash11, "    sharding: {strategy: composite, key: [a, b], first: {strategy: hash, shards: [x]}, branches: {x: {strategy: reference}}}", "11:113", "for whole tables", false},
	{hash11, "    sharding: {strategy: composite, key: [a, b], first: {strategy: hash, shards: [x]}, branches: {}}", "11:88", "branches is empty", false},
	{hash11, "    sharding: {strategy: tenant, key: [id]}", "11:5", "needs shards with schemas or databases of tenants", true},
	{hash11, "    sharding: {strategy: reference, key: [id]}", "11:37", "has no key", false},
	{hash11, "    sharding: {strategy: single}", "11:5", "needs shard", false},
	{hash11, hash11 + "\n  u:\n    sharding: {key: [id]}\n    colocated_with: x", "14:21", `unknown table "x"`, true},
	{hash11, hash11 + "\n  u:\n    sharding: {key: [id], shards: [eu-1]}\n    colocated_with: t", "13:27", "inherited from table t", false},
	{hash11, hash11 + "\ncolocation: {c: {t: [id], u: [t_id]}}", "12:27", `unknown table "u": the tables are t`, true},
	{hash11, hash11 + "\ncolocation: {c: {t: []}}", "12:18", "name the column of table t", false},
	{hash11, hash11 + "\ncolocation: {c: {t: 5}}", "12:21", "needs text, not an integer", false},
	{hash11, hash11 + "\ncolocation: {c: {}}", "12:14", "colocation.c is empty", false},
	{hash11, hash11 + "\ncolocation: [t]", "12:1", "needs a mapping, not a list", false},
	{hash11, hash11 + "\nlimits: {memory: lots}", "12:18", "must be a size such as 512MiB", false},
	{hash11, hash11 + "\nlimits: {memory: 1e9GB}", "12:18", "must be a size", false},
	{hash11, hash11 + "\nlimits: {timeout: -5s}", "12:19", "positive duration", false},
	{hash11, hash11 + "\nlimits: {concurrency: 1.5}", "12:23", "needs an integer, not a number", false},
	{hash11, hash11 + "\nlimits: {batch_rows: 2000000}", "12:22", "from 1 to 1048576", false},
	{hash11, hash11 + "\nlimits: {connections: 0}", "12:23", "from 1 to 1000000", false},
	{hash11, hash11 + "\nlimits: {open_shards: 0}", "12:23", "from 1 to 1000000", false},
	{hash11, hash11 + "\nlimits: {idle: 0s}", "12:16", "must be a positive duration", true},
}

func TestErrors(t *testing.T) {
	if _, err := parse(base); err != nil {
		t.Fatal(err)
	}
	for _, c := range errorCases {
		text := strings.Replace(base, c.old, c.new, 1)
		if text == base {
			t.Errorf("%q changes nothing", c.old)
		}
		_, err := parse(text)
		var first *Error
		if !errors.As(err, &first) {
			t.Errorf("%q: %v", c.new, err)
			continue
		}
		if at := fmt.Sprintf("%d:%d", first.Line, first.Column); at != c.at || !strings.Contains(first.Text, c.text) {
			t.Errorf("%q: want %s %q, got\n%v", c.new, c.at, c.text, err)
		}
		if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), seed) {
			t.Errorf("%q: the error tells the password:\n%v", c.new, err)
		}
		hidden := strings.Contains(c.text, "only in the environment") && !strings.Contains(c.text, "password")
		if !strings.HasPrefix(first.Error(), "atoll.yaml:"+c.at+": ") || strings.HasSuffix(first.Excerpt, "^") == hidden {
			t.Errorf("%q: no excerpt in %v", c.new, err)
		}
	}
}

func TestByteOrderMarkAndLineEnds(t *testing.T) {
	if _, err := parse("\ufeff" + strings.ReplaceAll(base, "\n", "\r\n")); err != nil {
		t.Error(err)
	}
}

func TestExcerpt(t *testing.T) {
	_, err := parse(strings.Replace(base, "jurisdiction", "jurisdicton", 1))
	want := "atoll.yaml:4:8: unknown key \"jurisdicton\": did you mean jurisdiction?\n" +
		"    4 |   eu: {jurisdicton: EU}\n" +
		"      |        ^"
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestAllErrorsAtOnce(t *testing.T) {
	_, err := parse("version: 3\nregions: {}\nx: 1\n")
	var all Errors
	if !errors.As(err, &all) || len(all) != 6 {
		t.Fatalf("%v", err)
	}
	if !slices.IsSortedFunc(all, func(a, b *Error) int { return a.Line - b.Line }) {
		t.Errorf("not in the order of the file:\n%v", err)
	}
}

func TestNotYAML(t *testing.T) {
	for _, c := range []struct{ text, at, want string }{
		{"", "1:1", "the file is empty"},
		{"# nothing\n", "1:1", "the file is empty"},
		{"- a\n", "1:1", "the file needs a mapping, not a list"},
		{"a: 1\n---\nb: 2\n", "3:1", "more than one YAML document"},
		{"a: &x 1\nb: *x\n", "1:4", "anchors, aliases"},
		{"a: !!str 1\n", "1:4", "anchors, aliases"},
		{"<<: {a: 1}\n", "1:1", "anchors, aliases"},
		{"? a\n: b\n", "1:1", "keys introduced by ?"},
		{"a: 1\n b: 2\n", "1:4", "not valid YAML"},
		{"a: [1\n", "1:4", "not valid YAML"},
		{"a: \"x\n", "1:4", "not valid YAML"},
		{"a: 1\nb: \xff\n", "2:1", "not valid UTF-8"},
		{"a: 1\n\n\x00", "3:1", "NUL"},
		{"null: 1\n", "1:1", "cannot be a key"},
		{strings.Repeat("[", 100_000), "1:33", "nested too deeply"},
		{strings.Repeat("{a: ", 100_000), "1:129", "nested too deeply"},
		{strings.Repeat("- ", 100_000), "1:65", "nested too deeply"},
		{strings.Repeat("#\n", MaxFileSize), "1:1", "larger than"},
	} {
		_, err := parse(c.text)
		var e *Error
		if !errors.As(err, &e) || fmt.Sprintf("%d:%d", e.Line, e.Column) != c.at || !strings.Contains(e.Text, c.want) {
			t.Errorf("%.20q: %v, want %s %s", c.text, err, c.at, c.want)
		}
	}
	var wide strings.Builder
	for i := range 10_010 {
		fmt.Fprintf(&wide, "k%d: 1\n", i)
	}
	if _, err := parse(wide.String()); err == nil || !strings.Contains(err.Error(), "more than 10000 keys") {
		t.Errorf("%.200v", err)
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("br.dsn", "\n postgres://u:"+secret+"@br/db?x=$y \n")
	t.Setenv("ATOLL_TEST_PW", secret)
	path := write("atoll.yaml", `
version: 1
coordinator: {region: eu}
regions: {eu: {jurisdiction: EU}, br: {}}
shards:
  eu-1: {region: eu, driver: postgres, dsn: "host=h password=${ATOLL_TEST_PW} options=$$x", schema: s, max_conns: 3, connect_timeout: 2s}
  br-1: {region: br, driver: postgres, dsn_file: br.dsn}
  us-1: {region: br, driver: duckdb, dsn: data/us.duckdb}
  us-2: {region: br, driver: duckdb, dsn: /data/us.duckdb}
tables:
  t: {sharding: {strategy: lookup, key: [id], map: {eu-1: [1], br-1: [2]}}}
  u: {sharding: {key: [t_id]}, colocated_with: t}
limits: {memory: 1.5GiB, timeout: 90s, concurrency: 4, batch_rows: 100, connections: 70, open_shards: 8, idle: 10s}
`)
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Limits{Memory: 3 << 29, Timeout: 90 * time.Second, Concurrency: 4, BatchRows: 100, Connections: 70, OpenShards: 8, Idle: 10 * time.Second}); c.Limits != want {
		t.Errorf("limits: %+v", c.Limits)
	}
	if c.File != path || c.Dialect != "postgres" || c.Coordinator.Region != "eu" {
		t.Errorf("%+v", c)
	}
	if r, _ := c.Map.Region("br"); r.Jurisdiction != "br" {
		t.Errorf("a region without jurisdiction is its own: %+v", r)
	}
	for i, want := range []string{
		"host=h password=" + secret + " options=$x", "postgres://u:" + secret + "@br/db?x=$y",
		filepath.Join(dir, "data/us.duckdb"), "/data/us.duckdb",
	} {
		if got := c.Shards[i].Connector(); got.DSN != want || got.Shard != c.Map.Shard(i).Name {
			t.Errorf("shard %d: %q", i, got.DSN)
		}
	}
	if got := c.Shards[0].Connector(); got.Schema != "s" || got.MaxConns != 3 || got.ConnectTimeout != 2*time.Second {
		t.Errorf("%+v", c.Shards[0])
	}
	if got := c.Map.Tables(); !slices.Equal(got, []string{"t", "u"}) {
		t.Errorf("tables: %v", got)
	}
	if _, err := Load(filepath.Join(dir, "none.yaml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if _, err := Load(dir); err == nil {
		t.Error("a folder was loaded")
	}
}
