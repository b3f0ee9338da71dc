package atoll

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/residency/audit"
)

// TestMisplacedUnderPolicy: a rule that lets keys out lets out some rows' only, so that a check that relied on it would call a shard well of which it
// has seen a part. Nothing is asked of shards elsewhere.
func TestMisplacedUnderPolicy(t *testing.T) {
	e := openGuarded(t, "version: 1\nrules:\n- {id: keys, effect: allow, from: [BR], to: [EU], tables: [members], columns: [coop], form: rows, where: \"id > 12\"}\n")
	if a := e.ask(t, "", "SELECT coop FROM members WHERE atoll_shard = 'br-1'"); !strings.Contains(a, "2") {
		t.Fatalf("the rule lets nothing out: %s", a)
	}
	found, err := e.Misplaced(t.Context(), MisplacedOptions{})
	const kept = "0 rows, unchecked: under the residency policy its keys do not leave sa-east-1: check it from a coordinator there"
	want := "members eu-1: 1 rows, fine\nmembers br-1: " + kept + "\npayments eu-1: 1 rows, fine\npayments br-1: " + kept
	if got := told(found); err != nil || got != want {
		t.Errorf("%v\n%s\nwant\n%s", err, got, want)
	}
}

// TestMisplacedBesideTheMapUnderPolicy: of tables that shards elsewhere should not have, not even the rows are counted.
func TestMisplacedBesideTheMapUnderPolicy(t *testing.T) {
	rows := map[string]string{"p": "CREATE TABLE one (v int)", "q": "CREATE TABLE one (v int); INSERT INTO one VALUES (1)", "d": "CREATE TABLE x (v int)"}
	path := filepath.Join(t.TempDir(), "residency.yaml")
	if err := os.WriteFile(path, []byte("version: 1\nrules: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	e := openMisplaced(t, fmt.Sprintf("  one: {sharding: {strategy: single, shard: p}}\nresidency: %s\n", path), rows)
	found, err := e.Misplaced(t.Context(), MisplacedOptions{})
	const want = "one q: 0 rows, unchecked: under the residency policy its keys do not leave there: check it from a coordinator there"
	if got := told(found); err != nil || got != want {
		t.Errorf("%v\n%s", err, got)
	}
}

// TestMisplacedIsAudited: who has keys read is on record.
func TestMisplacedIsAudited(t *testing.T) {
	rows := map[string]string{"p": "CREATE TABLE t (k bigint); CREATE TABLE r (k int)", "q": "CREATE TABLE r (k int)", "d": "CREATE TABLE t (k bigint)"}
	dir := t.TempDir()
	e := openMisplaced(t, fmt.Sprintf("  t: {sharding: {strategy: hash, key: [k], key_type: [bigint], shards: [p, d]}}\n  r: {sharding: {strategy: reference, shards: [p, q]}}\naudit: {dir: %s}\n", dir), rows)
	if found, err := e.Misplaced(t.Context(), MisplacedOptions{}); err != nil || len(found) != 4 {
		t.Fatalf("%v\n%s", err, told(found))
	}
	texts := map[string]int{}
	err := audit.Read(dir, audit.ReadOptions{Region: "here"}, func(entry *audit.Entry) error {
		if entry.Type == audit.TypeIntent {
			texts[entry.Event.Text]++
		}
		return nil
	})
	if err != nil || len(texts) != 2 || texts[`SELECT count ( * ) FROM "r"`] != 2 {
		t.Errorf("%v %v", err, texts)
	}
}

// highWater notes the most bytes that were held at once.
type highWater struct {
	memory.Allocator
	now, most atomic.Int64
}

func (h *highWater) add(n int) {
	now := h.now.Add(int64(n))
	for most := h.most.Load(); now > most && !h.most.CompareAndSwap(most, now); most = h.most.Load() {
	}
}

func (h *highWater) Allocate(n int) []byte {
	h.add(n)
	return h.Allocator.Allocate(n)
}

func (h *highWater) Reallocate(n int, b []byte) []byte {
	h.add(n - len(b))
	return h.Allocator.Reallocate(n, b)
}

func (h *highWater) Free(b []byte) {
	h.add(-len(b))
	h.Allocator.Free(b)
}

// TestMisplacedStreams reads eight megabytes of keys, of which a few batches are held at once.
func TestMisplacedStreams(t *testing.T) {
	const n = 1_000_000
	rows := map[string]string{"p": "CREATE TABLE big (k bigint)", "q": "CREATE TABLE big (k bigint)", "d": fmt.Sprintf("CREATE TABLE big AS SELECT range AS k FROM range(%d)", n)}
	held := &highWater{Allocator: memory.NewGoAllocator()}
	e := openMisplaced(t, "  big: {sharding: {strategy: range, key: [k], key_type: [bigint], ranges: [{shard: p, to: 10}, {shard: q, from: 10, to: 1000}, {shard: d, from: 1000}]}}\n", rows,
		WithAllocator(held), func(o *options) { o.checked = false }) // the checker hands copies on
	found, err := e.Misplaced(t.Context(), MisplacedOptions{})
	const want = "big p: 0 rows, fine\nbig q: 0 rows, fine\nbig d: 1000000 rows, 10 of p, 990 of q"
	if got := told(found); err != nil || got != want {
		t.Errorf("%v\n%s", err, got)
	}
	if most := held.most.Load(); most == 0 || most > 3<<20 {
		t.Errorf("%d bytes were held at once", most)
	}
}

// TestMisplacedOnSQLServer has rows of another shard on SQL Server, and a shard that stops answering.
func TestMisplacedOnSQLServer(t *testing.T) {
	const far = "CREATE TABLE far (coop int NOT NULL, who nvarchar(20) NULL); INSERT INTO far VALUES "
	r := newReef(t, "misplacedreef", "  far: {sharding: {strategy: list, key: [who], lists: {eu-1: [a], br-1: [b], az-1: [c]}, default: eu-1}}\n", map[string]string{
		"eu-1": "CREATE TABLE far (coop int NOT NULL, who text); INSERT INTO far VALUES (1, 'a'), (1, 'zz')", "br-1": far + "(3, N'b'), (3, N'B'), (3, N'c'), (3, NULL)", "az-1": far + "(4, N'c')"})
	e := r.open(t)
	found, err := e.Misplaced(t.Context(), MisplacedOptions{Tables: []string{"far"}})
	const want = "far eu-1: 2 rows, fine\nfar br-1: 4 rows, 1 NULL, 0 unlisted, 1 of az-1, 1 of eu-1\nfar az-1: 1 rows, fine"
	if got := told(found); err != nil || got != want {
		t.Errorf("%v\n%s", err, got)
	}
	found, err = e.Misplaced(t.Context(), MisplacedOptions{Tables: []string{"far"}, Sample: 1})
	if err != nil || len(found) != 3 || found[1].Rows != 1 {
		t.Errorf("sample: %v\n%s", err, told(found))
	}
}
