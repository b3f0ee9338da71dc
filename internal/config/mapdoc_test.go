package config

import (
	"reflect"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/internal/yamldoc"
	"github.com/atoll-sql/atoll/shardmap"
)

const storeHead = `version: 1
coordinator: {region: r}
regions: {r: {jurisdiction: J}}
map: {store: file, path: map.yaml, ttl: 2s, max_stale: 1m}
`

const document = `# the map
map_version: 7
shards:
  a: {region: r, driver: postgres, dsn: "${A}", max_conns: 4}
  b:
    region: r
    driver: duckdb
    dsn: b.duckdb
    state: draining
tables:
  t: {sharding: {strategy: lookup, key: [id], map: {a: [1, 2], b: ["3", 4]}}}
  u: {sharding: {key: [t_id]}, colocated_with: t}
  "odd: name": {sharding: {strategy: list, key: ["a b"], lists: {a: ["yes", "x\"y\\z", "é"], b: ['#1']}}}
  r:
    sharding: {strategy: range, key: [n], ranges: [{shard: a, to: 10}, {shard: b, from: 10}]}
  d: {sharding: {strategy: range, key: [on], ranges: [{shard: a, to: 2020-01-01}, {shard: b, from: 2020-01-01}]}}
  h: {sharding: {strategy: hash, key: [n], shards: [a, b], hash: murmur3_128}}
  v: {sharding: {strategy: virtual, key: [n], virtual: 16, assign: {a: [0-7, 9], b: [8, 10-15]}}}
colocation:
  c: {t: id, u: [t_id]}
`

func parseStore(t *testing.T) *Config {
	t.Helper()
	cfg, err := Parse([]byte(storeHead), "atoll.yaml", "/etc/atoll", func(string) (string, bool) { return "postgres://x@h/db?password=pw", true })
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestMapDocument(t *testing.T) {
	cfg := parseStore(t)
	if cfg.Map != nil || cfg.Store == nil || cfg.Store.Path != "/etc/atoll/map.yaml" {
		t.Fatalf("%+v", cfg.Store)
	}
	doc, err := cfg.ParseMap([]byte(document), "map.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if doc.Version != 7 || doc.Map.Version() != 7 || len(doc.Shards) != 2 || doc.Map.State(1) != shardmap.StateDraining {
		t.Errorf("%+v", doc)
	}
}

// TestEditMap makes changes of every kind. What is not meant to change does not, and the text is read as the same map again.
func TestEditMap(t *testing.T) {
	cfg := parseStore(t)
	text := []byte(document)
	edits := []struct {
		table    string
		keys     shardmap.KeySet
		from, to string
		key      []string // one that moved
	}{
		{"t", shardmap.KeySet{Values: []string{"2"}}, "a", "b", []string{"2"}},
		{"t", shardmap.KeySet{Values: []string{"1"}}, "a", "b", []string{"1"}},
		{"t", shardmap.KeySet{Values: []string{"3", "4"}}, "b", "a", []string{"4"}},
		{"odd: name", shardmap.KeySet{Values: []string{`x"y\z`}}, "a", "b", []string{`x"y\z`}},
		{"r", shardmap.KeySet{From: new("5"), To: new("7")}, "a", "b", []string{"6"}},
		{"r", shardmap.KeySet{To: new("5")}, "a", "b", []string{"-3"}},
		{"d", shardmap.KeySet{From: new("2021-01-01")}, "b", "a", []string{"2022-02-02"}},
		{"h", shardmap.KeySet{Buckets: []int{0}}, "a", "b", nil},
		{"v", shardmap.KeySet{Buckets: []int{3, 9}}, "a", "b", nil},
		{"v", shardmap.KeySet{Buckets: []int{0, 1, 2, 4, 5, 6, 7}}, "a", "b", nil},
	}
	for i, e := range edits {
		doc, err := cfg.ParseMap(text, "map.yaml")
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		next := shardmap.Sharding{}
		for _, s := range doc.Tables {
			if s.Name == e.table {
				next = s.Sharding
			}
		}
		table, _ := doc.Map.Table(e.table)
		if next, err = table.Reassign(next, e.keys, e.from, e.to); err != nil {
			t.Fatal(i, err)
		}
		move := shardmap.MoveSpec{ID: "m-1", Table: e.table, Keys: e.keys, From: e.from, To: e.to, Phase: shardmap.PhaseSwitched}
		text, err = EditMap(text, MapEdit{Version: doc.Version + 1, Sharding: map[string]shardmap.Sharding{e.table: next}, Moves: []shardmap.MoveSpec{move}})
		if err != nil {
			t.Fatal(i, err)
		}
		after, err := cfg.ParseMap(text, "map.yaml")
		if err != nil {
			t.Fatalf("%d: %v\n%s", i, err, text)
		}
		if after.Version != doc.Version+1 || !reflect.DeepEqual(after.Shards, doc.Shards) || !reflect.DeepEqual(specOf(after.Map.Moves()), []shardmap.MoveSpec{move}) {
			t.Errorf("%d: version %d, moves %v\n%s", i, after.Version, after.Map.Moves(), text)
		}
		for j, s := range after.Tables {
			if s.Name == e.table {
				continue
			}
			if !reflect.DeepEqual(s, doc.Tables[j]) {
				t.Errorf("%d: table %s became %+v, from %+v", i, s.Name, s, doc.Tables[j])
			}
		}
		if e.key != nil {
			if p, err := after.Map.Explain(e.table, e.key); err != nil || len(p.Shards) != 1 || p.Shards[0].Name != e.to {
				t.Errorf("%d: key %v lives on %v: %v", i, e.key, p.Shards, err)
			}
		}
	}
	if !strings.HasPrefix(string(text), "# the map\nmap_version: 17\n") {
		t.Errorf("the head is not kept:\n%s", text)
	}
	if strings.Contains(string(text), "pw") || !strings.Contains(string(text), `dsn: "${A}"`) {
		t.Errorf("a variable is not left as it stands:\n%s", text)
	}
}

func specOf(moves []shardmap.Move) []shardmap.MoveSpec {
	var out []shardmap.MoveSpec
	for _, m := range moves {
		out = append(out, m.MoveSpec)
	}
	return out
}

// TestFormat writes trees that are read as equal ones.
func TestFormat(t *testing.T) {
	for _, text := range []string{document, "a: null\nb: {c: [], d: {}, e: \"\", f: \" x \", g: \"true\", h: true, i: 1.5, j: \"1.5\", k: \"a\\u0085b\\n\"}\n",
		"x: [{y: [[1, 2], []]}]\n", "\"1\": {\"- a\": \"-\", b: \"~\", c: \"null\", d: \"2020-01-01\", e: 2020-01-01, f: \"a: b\", g: \"[\", h: \"0x1F\", i: \"1e3\"}\n"} {
		_, root, err := yamldoc.Parse([]byte(text), "x", "")
		if err != nil {
			t.Fatal(err)
		}
		out := yamldoc.Format(root)
		_, again, err := yamldoc.Parse(out, "x", "")
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if a, b := plainTree(root), plainTree(again); !reflect.DeepEqual(a, b) {
			t.Errorf("%s\nis read as %v, not %v", out, b, a)
		}
	}
}

// plainTree is a tree without places.
func plainTree(n *yamldoc.Node) any {
	if n.Scalar() {
		return []any{n.Key, n.Kind, n.Text}
	}
	out := []any{n.Key, n.Kind}
	for _, c := range n.Children {
		out = append(out, plainTree(c))
	}
	return out
}

// TestMapDocumentFaults holds each fault to its place.
func TestMapDocumentFaults(t *testing.T) {
	cfg := parseStore(t)
	move := "moves: [{id: m-1, table: t, keys: [1], from: a, to: b, phase: copying}]\n"
	for _, c := range []struct{ old, new, want string }{
		{"map_version: 7", "", "map_version is missing"},
		{"map_version: 7", "map_version: 0", "must be a whole number"},
		{"colocation:", "regions: {}\ncolocation:", "unknown key"},
		{"a: [1, 2]", "c: [1, 2]", "unknown shard"},
		{"to: 10}", "to: 9}", "gap"},
		{"colocation:", move + "colocation:", ""},
		{"colocation:", strings.Replace(move, "keys: [1]", "keys: [3]", 1) + "colocation:", "does not list this key for shard"},
		{"colocation:", strings.Replace(move, "copying", "switched", 1) + "colocation:", "does not list this key for shard"},
		{"colocation:", strings.Replace(move, "copying", "flying", 1) + "colocation:", "unknown phase"},
		{"colocation:", strings.Replace(move, "to: b", "to: a", 1) + "colocation:", "to itself"},
		{"colocation:", strings.Replace(move, "table: t", "table: u", 1) + "colocation:", "is placed as table"},
		{"colocation:", strings.Replace(move, "keys: [1]", "buckets: [1]", 1) + "colocation:", "keys move by name"},
		{"colocation:", strings.Replace(move, "keys: [1]", "keys: [1], buckets: [1]", 1) + "colocation:", "in one way"},
		{"colocation:", strings.Replace(move, "table: t, keys: [1]", "table: r, range: {from: 5, to: 12}", 1) + "colocation:", "not all keys of this range"},
		{"colocation:", strings.Replace(move, "table: t, keys: [1]", "table: r, range: {from: 5, to: 5}", 1) + "colocation:", "the range is empty"},
		{"colocation:", strings.Replace(move, "table: t, keys: [1]", "table: v, buckets: [8]", 1) + "colocation:", "is not shard"},
		{"colocation:", strings.Replace(move, "}]", "}, {id: m-2, table: t, keys: [2, 1], from: a, to: b, phase: copying}]", 1) + "colocation:", "shares keys with move"},
		{"state: draining", "state: retired", "is retired"},
		{"state: draining", "state: moving", "is not supported"},
	} {
		_, err := cfg.ParseMap([]byte(strings.Replace(document, c.old, c.new, 1)), "map.yaml")
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.new, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %s", c.new, err, c.want)
		}
	}
}

// TestMapStores reads the section map, and refuses what cannot be.
func TestMapStores(t *testing.T) {
	env := func(name string) (string, bool) { return "secret", name == "P" || name == "DSN" }
	for text, want := range map[string]string{
		"{store: file, path: m.yaml}":                    "",
		`{store: postgres, dsn: "${DSN}"}`:               "",
		"{store: file}":                                  "path is missing",
		"{store: files, path: m.yaml}":                   "is not supported",
		"{store: file, path: m, dsn: x}":                 "unknown key",
		"{path: m.yaml}":                                 "store is missing",
		"{store: etcd}":                                  "endpoints is missing",
		"{store: file, path: m, ttl: 2m, max_stale: 1m}": "is less than ttl",
		`{store: etcd, endpoints: ["e:2379"], user: u, password: "${P}"}`:                     "",
		`{store: etcd, endpoints: ["e:2379"], user: u, password: hunter2}`:                    "only in the environment",
		`{store: postgres, dsn: "postgres://u:hunter2@h/d"}`:                                  "a credential stands only in the environment",
		`{store: postgres, dsn: "${DSN}", replicas: [{region: x, dsn: "${DSN}"}], region: r}`: "",
		`{store: postgres, dsn: "${DSN}", replicas: [{dsn: "${DSN}"}]}`:                       "region is missing",
	} {
		cfg, err := Parse([]byte(strings.Replace(storeHead, "{store: file, path: map.yaml, ttl: 2s, max_stale: 1m}", text, 1)), "atoll.yaml", ".", env)
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %q", text, err, want)
		case err != nil && strings.Contains(err.Error(), "hunter2"):
			t.Errorf("a credential is shown: %v", err)
		case err == nil && (strings.Contains(cfg.Store.String(), "secret")):
			t.Errorf("a credential is shown: %v", cfg.Store)
		}
	}
	if _, err := Parse([]byte(storeHead+"tables: {}\n"), "atoll.yaml", ".", env); err == nil || !strings.Contains(err.Error(), "move it there") {
		t.Errorf("tables in both places: %v", err)
	}
}
