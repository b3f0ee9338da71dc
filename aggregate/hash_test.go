package aggregate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

func key(name string, dt arrow.DataType) arrow.Field {
	return arrow.Field{Name: name, Type: dt, Nullable: true}
}

func TestGroupKeys(t *testing.T) {
	bpchar := key("k", types["text"])
	bpchar.Metadata = arrow.NewMetadata([]string{"atoll.type"}, []string{"bpchar"})
	for _, c := range []struct {
		name, want string
		keys       []arrow.Field
		values     []string
	}{
		{"int64", "1:2 NULL:2 0:1", []arrow.Field{key("k", types["int64"])}, []string{"1 NULL 1 0 NULL"}},
		{"int16", "-1:2 3:1", []arrow.Field{key("k", types["int16"])}, []string{"-1 3 -1"}},
		{"float", "-0:2 NaN:2 NULL:1 1:1", []arrow.Field{key("k", types["float64"])}, []string{"-0 NaN 0 nan NULL 1"}},
		{"bool", "true:2 false:1 NULL:1", []arrow.Field{key("k", types["bool"])}, []string{"true false true NULL"}},
		{"date", "1899-12-31:2 2020-01-01:1", []arrow.Field{key("k", types["date"])}, []string{"1899-12-31 2020-01-01 1899-12-31"}},
		{"text", "a:2 :1 NULL:1 A:1", []arrow.Field{key("k", types["text"])}, []string{"a '' NULL a A"}},
		{"text keeps blanks", "a:1 a :1", []arrow.Field{key("k", types["text"])}, []string{"a a_"}},
		{"bpchar", "a:2 b:1", []arrow.Field{bpchar}, []string{"a a_ b"}},
		{"decimal", "1.1:2 -1.1:1", []arrow.Field{key("k", types["n(10,2)"])}, []string{"1.10 -1.1 1.1"}},
		{"wide", "1:2 NULL:1 -1:1", []arrow.Field{key("k", types["numeric"])}, []string{"1 1.0 NULL -1"}},
		{"interval", `{"months":1,"days":0,"nanoseconds":0}:2`, []arrow.Field{key("k", types["interval"])},
			[]string{`{"months":1,"days":0,"nanoseconds":0} {"months":0,"days":30,"nanoseconds":0}`}},
		{"two", "a|1:2 NULL|1:1 a|NULL:1 NULL|NULL:2",
			[]arrow.Field{key("k", types["text"]), key("l", types["int32"])}, []string{"a NULL a a NULL NULL", "1 1 NULL 1 NULL NULL"}},
		{"no confusion", "ab|c:1 a|bc:1", []arrow.Field{key("k", types["text"]), key("l", types["text"])}, []string{"ab a", "c bc"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer alloc.AssertSize(t, 0)
			spec := plainSpec(c.keys, lookup(t, "count", false))
			var cols []arrow.Array
			for i, k := range c.keys {
				cols = append(cols, parse(t, alloc, k.Type, c.values[i]))
			}
			ones := strings.Repeat("1 ", cols[0].Len())
			b := record(t, spec.Input, append(cols, parse(t, alloc, types["int64"], ones))...)
			defer b.Release()
			got, err := merge(t, alloc, spec, b)
			if err != nil {
				t.Fatal(err)
			}
			for i, l := range got {
				at := strings.LastIndexByte(l, '|')
				got[i] = l[:at] + ":" + l[at+1:]
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("%s\nwant %s", s, c.want)
			}
		})
	}
}

// TestMergeIsAssociative merges random partial rows whole, and in batches of random sizes and order: the groups
// and their values must agree.
func TestMergeIsAssociative(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	fns := []*Function{
		lookup(t, "count", false), lookup(t, "sum", false, "int32"), lookup(t, "avg", false, "n(10,2)"),
		lookup(t, "min", false, "text"), lookup(t, "max", false, "float64"), lookup(t, "count", true, "text"),
		lookup(t, "sum", true, "int64"), lookup(t, "bit_xor", false, "int32"),
	}
	for _, keys := range [][]arrow.Field{
		{key("k", types["int64"])},
		{key("k", types["text"]), key("l", types["int16"])},
	} {
		spec := plainSpec(keys, fns...)
		rng := rand.New(rand.NewPCG(7, 7))
		all := randomBatch(t, alloc, spec.Input, 2000, rng)
		want, err := merge(t, alloc, spec, all)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(want)
		for range 5 {
			var parts []arrow.Record
			for at := int64(0); at < all.NumRows(); {
				to := min(at+1+rng.Int64N(400), all.NumRows())
				parts = append(parts, all.NewSlice(at, to))
				at = to
			}
			rng.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
			got, err := merge(t, alloc, spec, parts...)
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Fatalf("%d rows differ from %d", len(got), len(want))
			}
			for _, p := range parts {
				p.Release()
			}
		}
		all.Release()
	}
}

// randomBatch fills columns with few distinct values and some NULLs.
func randomBatch(t testing.TB, alloc memory.Allocator, schema *arrow.Schema, rows int, rng *rand.Rand) arrow.Record {
	var cols []arrow.Array
	for _, f := range schema.Fields() {
		b := array.NewBuilder(alloc, f.Type)
		for range rows {
			s := fmt.Sprint(rng.IntN(40))
			if f.Type.ID() == arrow.STRING {
				s = strings.Repeat("x", rng.IntN(3)) + s
			}
			if rng.IntN(10) == 0 {
				b.AppendNull()
			} else if err := b.AppendValueFromString(s); err != nil {
				t.Fatal(err)
			}
		}
		cols = append(cols, b.NewArray())
		b.Release()
	}
	return record(t, schema, cols...)
}

func TestMemoryLimit(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	spec := plainSpec([]arrow.Field{key("k", types["int64"])}, lookup(t, "sum", false, "int32"))
	spec.MaxBytes = 64 << 10
	h, err := NewHash(alloc, spec)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Release()
	var limit *LimitError
	for i := 0; ; i++ {
		if i == 100 {
			t.Fatal("no limit")
		}
		b := array.NewRecordBuilder(alloc, spec.Input)
		for r := range 1000 {
			b.Field(0).(*array.Int64Builder).Append(int64(i*1000 + r))
			b.Field(1).(*array.Int64Builder).Append(1)
		}
		rec := b.NewRecord()
		b.Release()
		err := h.Consume(context.Background(), rec)
		rec.Release()
		if err != nil {
			if !errors.As(err, &limit) || limit.SQLState() != "53200" || limit.Limit != "limits.memory" {
				t.Fatal(err)
			}
			return
		}
	}
}

func TestConsumeMisuse(t *testing.T) {
	spec := plainSpec(nil, lookup(t, "sum", false, "int32"))
	h, err := NewHash(memory.DefaultAllocator, spec)
	if err != nil {
		t.Fatal(err)
	}
	wrong := plainSpec(nil, lookup(t, "sum", false, "float64"))
	rec := record(t, wrong.Input, parse(t, memory.DefaultAllocator, types["float64"], "1"))
	if err := h.Consume(context.Background(), rec); err == nil {
		t.Fatal("a column of the wrong type was merged")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	h2, _ := NewHash(memory.DefaultAllocator, spec)
	if err := h2.Consume(ctx, rec); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	h2.Results(1).Close()
	if err := h2.Consume(context.Background(), rec); err == nil {
		t.Fatal("consumed after results")
	}
	h2.Release()
	h2.Release()
	if _, err := NewHash(memory.DefaultAllocator, HashSpec{Input: spec.Input, Output: wrong.Output, Aggs: spec.Aggs}); err == nil {
		t.Fatal("a wrong output schema was taken")
	}
}
