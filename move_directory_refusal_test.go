package atoll

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/connectors/duckdb"
	saga "github.com/atoll-sql/atoll/move"
)

const refusedDirectories = `map_version: 1
shards:
  a: {region: r, driver: duckdb, dsn: a.duckdb}
  b: {region: r, driver: duckdb, dsn: b.duckdb}
  kept: {region: r, driver: duckdb, dsn: kept.duckdb, state: read_only}
tables:
  coops: {sharding: {strategy: lookup, key: [id], directory: dir, shards: [a, b]}}
  dir: {sharding: {strategy: single, shard: a}}
  spread: {sharding: {strategy: lookup, key: [id], directory: spread_dir, shards: [a, b]}}
  spread_dir: {sharding: {strategy: hash, key: [id], shards: [a, b]}}
  copied: {sharding: {strategy: lookup, key: [id], directory: copied_dir, shards: [a, b]}}
  copied_dir: {sharding: {strategy: reference, shards: [a, b]}}
  fixed: {sharding: {strategy: lookup, key: [id], directory: fixed_dir, shards: [a, b]}}
  fixed_dir: {sharding: {strategy: single, shard: kept}}
  typed: {sharding: {strategy: lookup, key: [id], directory: typed_dir, shards: [a, b]}}
  typed_dir: {sharding: {strategy: single, shard: a}}
  lost: {sharding: {strategy: lookup, key: [id], directory: lost_dir, shards: [a, b]}}
  lost_dir: {sharding: {strategy: single, shard: a}}
  bound: {sharding: {strategy: lookup, key: [id], directory: bound_dir, shards: [a, b]}}
  bound_dir: {sharding: {strategy: single, shard: a}}
`

// TestMoveDirectoryRefused names what stands in the way of a move of keys that a directory lists. Nothing is changed.
func TestMoveDirectoryRefused(t *testing.T) {
	dir := t.TempDir()
	const tables = "CREATE TABLE coops (id bigint PRIMARY KEY); CREATE TABLE spread (id bigint PRIMARY KEY); CREATE TABLE copied (id bigint PRIMARY KEY);" +
		" CREATE TABLE fixed (id bigint PRIMARY KEY); CREATE TABLE typed (id bigint PRIMARY KEY); CREATE TABLE lost (id bigint PRIMARY KEY); CREATE TABLE bound (id bigint PRIMARY KEY)"
	for name, ddl := range map[string]string{
		"a": tables + `; CREATE TABLE dir (id bigint, shard varchar); INSERT INTO dir VALUES (1, 'a'), (2, 'b'), (3, 'a'), (3, 'a'), (4, NULL), (5, 'gone'), (6, 'kept');
			CREATE TABLE typed_dir (id bigint, shard bigint); INSERT INTO coops VALUES (1);
			CREATE TABLE bound_dir (id bigint, shard varchar CHECK (shard = 'a')); INSERT INTO bound_dir VALUES (1, 'a')`,
		"b":    tables,
		"kept": "CREATE TABLE fixed_dir (id bigint, shard varchar)",
	} {
		if err := duckdb.CreateFile(t.Context(), filepath.Join(dir, name+".duckdb"), strings.Split(ddl, ";"), nil); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "map.yaml")
	if err := os.WriteFile(file, []byte(refusedDirectories), 0o600); err != nil {
		t.Fatal(err)
	}
	e := openTide(t, dir, nil)
	defer e.Close()
	keys := func(k ...string) MoveKeys { return MoveKeys{Values: k} }
	for want, q := range map[string]MoveRequest{
		"1 of the keys are not listed in table dir on shard a":                   {Table: "coops", Keys: keys("1", "9"), To: "b"},
		"lists one of the keys twice":                                            {Table: "coops", Keys: keys("3"), To: "b"},
		"one of the keys is named twice":                                         {Table: "coops", Keys: keys("1", "01"), To: "b"},
		"lists one of the keys without a shard":                                  {Table: "coops", Keys: keys("4"), To: "b"},
		"for a shard that the shard map does not have":                           {Table: "coops", Keys: keys("5"), To: "b"},
		`shard "kept" is not among the shards that the directory of table coops`: {Table: "coops", Keys: keys("6"), To: "b"},
		"not all of the keys are on one shard":                                   {Table: "coops", Keys: keys("1", "2"), To: "b"},
		"or not on the one named":                                                {Table: "coops", Keys: keys("1"), From: "b", To: "a"},
		"shard b has the keys already":                                           {Table: "coops", Keys: keys("2"), To: "b"},
		"shard kept is read_only":                                                {Table: "coops", Keys: keys("1"), To: "kept"},
		"are listed in a directory: name those that move":                        {Table: "coops", Keys: MoveKeys{From: new("1")}, To: "b"},
		"table coops are listed in a directory: name those":                      {Table: "coops", Keys: MoveKeys{Buckets: []int{1}}, To: "b"},
		"table spread_dir, which has strategy hash":                              {Table: "spread", Keys: keys("1"), To: "b"},
		"table copied_dir, which has strategy reference":                         {Table: "copied", Keys: keys("1"), To: "b"},
		"shard kept, which has the directory of table fixed, is read_only":       {Table: "fixed", Keys: keys("1"), To: "b"},
		"table typed_dir on shard a has no column shard of texts":                {Table: "typed", Keys: keys("1"), To: "b"},
		"shard a has no table lost_dir, the directory of table lost":             {Table: "lost", Keys: keys("1"), To: "b"},
		"a write breaks a check constraint":                                      {Table: "bound", Keys: keys("1"), To: "b"},
	} {
		_, err := e.Move(t.Context(), q, MoveOptions{Alone: true})
		var refused *Error
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
		if _, err := e.PlanMove(t.Context(), q, MoveOptions{Alone: true}); err == nil {
			t.Errorf("planned, want %s", want)
		}
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != refusedDirectories {
		t.Error(err, string(text))
	}
	p, err := e.PlanMove(t.Context(), MoveRequest{Table: "coops", Keys: keys("1"), To: "b"}, MoveOptions{})
	if err != nil || p.Move.From != "a" || p.Tables[0].Rows != 1 {
		t.Error(p, err)
	}
	if shard := shardOfKeyOne(t, e); shard != "a" {
		t.Error("a plan has changed the directory:", shard)
	}
	policedDirectory(t, e)
}

// shardOfKeyOne is what the directory says.
func shardOfKeyOne(t *testing.T, e *Engine) string {
	t.Helper()
	text, err := tideAnswer(t.Context(), e, "SELECT shard FROM dir WHERE id = 1")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Trim(text, "|\n")
}

// policedDirectory asks from a region of another jurisdiction, under a policy.
func policedDirectory(t *testing.T, e *Engine) {
	t.Helper()
	reach := &moveShards{engine: e, open: map[string]*openShard{}}
	defer reach.close()
	_, err := saga.New(mapKeeper{e}, reach, saga.Options{Region: "q", Policed: true}).Prepare(t.Context(), saga.Request{Table: "coops", Keys: MoveKeys{Values: []string{"1"}}, To: "b"})
	var law *saga.ResidencyError
	if !errors.As(err, &law) || !strings.Contains(err.Error(), "the directory in table dir on shard a in r, jurisdiction J") {
		t.Error(err)
	}
}
