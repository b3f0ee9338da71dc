package demo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"regexp"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/cmd/atoll/internal/output"
)

// world is the hash of all rows of all sites as CSV. The README and tests elsewhere show figures of this world: change
// it on purpose only.
const world = "03868c8f054902f61bfea15df21696b66832bc226b12b0f2b8b8746bfdfb3a4b"

func TestTheWorldIsTheSameEverywhere(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	h := sha256.New()
	rows := map[string]int64{}
	for _, s := range Sites {
		for _, table := range Generate(s, mem) {
			rows[table.Name] += write(t, h, &table)
			table.Release()
		}
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != world {
		t.Errorf("hash of the world is %s, not %s; rows %v", got, world, rows)
	}
	if rows["payments"] != Payments {
		t.Errorf("%d payments, want %d", rows["payments"], Payments)
	}
	if rows["currencies"] != int64(3*len(currencies)) {
		t.Errorf("%d currencies; each shard should hold all", rows["currencies"])
	}
}

// write writes a table as CSV and returns its rows.
func write(t *testing.T, w io.Writer, table *Table) int64 {
	t.Helper()
	r, err := array.NewRecordReader(table.Schema, table.Batches)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	out, err := output.New(output.CSV, w, table.Schema, output.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := output.Copy(out, r)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// Ids are unique over all shards, so that the demo is one database in three places.
func TestIdsAreUniqueAcrossShards(t *testing.T) {
	seen := map[string]map[int64]bool{"cooperatives": {}, "units": {}, "members": {}, "payments": {}}
	for _, s := range Sites {
		for _, table := range Generate(s, memory.DefaultAllocator) {
			ids, ok := seen[table.Name]
			if !ok {
				continue
			}
			for _, b := range table.Batches {
				for i := range int(b.NumRows()) {
					id := idAt(b.Column(0), i)
					if ids[id] {
						t.Fatalf("%s: id %d twice", table.Name, id)
					}
					ids[id] = true
				}
			}
		}
	}
}

func idAt(a any, i int) int64 {
	if v, ok := a.(*array.Int32); ok {
		return int64(v.Value(i))
	}
	return a.(*array.Int64).Value(i)
}

// The world must have what makes it worth asking: NULLs, empty strings, quotes, letters beyond ASCII; tax numbers of each country, and members who
// agreed, who did not, and who were not asked.
func TestTheWorldHasEdges(t *testing.T) {
	var all bytes.Buffer
	for _, s := range Sites {
		for _, table := range Generate(s, memory.DefaultAllocator) {
			write(t, &all, &table)
		}
	}
	for _, want := range []string{`,""` + "\r\n", `""última vez""`, "Müller", "Gonçalves", "O'Brien", ",,,", ",-", ",true\r", ",false\r"} {
		if !bytes.Contains(all.Bytes(), []byte(want)) {
			t.Errorf("no %q anywhere", want)
		}
	}
	for _, want := range []string{`,0\d \d{3} \d{3} \d{3},`, `,\d{3}\.\d{3}\.\d{3}-\d\d,`, `,9\d\d-\d\d-\d{4},`, `,\d{4}-\d\d-\d\d,,\r`} {
		if !regexp.MustCompile(want).Match(all.Bytes()) {
			t.Errorf("nothing like %s anywhere", want)
		}
	}
}

func BenchmarkGenerate(b *testing.B) {
	for b.Loop() {
		for _, s := range Sites {
			for _, t := range Generate(s, memory.DefaultAllocator) {
				t.Release()
			}
		}
	}
}
