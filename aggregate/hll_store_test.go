package aggregate

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate/hll"
)

// storedSketch makes a sketch of hashes from one seed on.
func storedSketch(t testing.TB, o hll.Origin, seed uint64, n int) []byte {
	t.Helper()
	s, err := hll.New(o)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(seed, 0))
	for range n {
		s.Insert(r.Uint64())
	}
	return s.Append(nil)
}

func mergeStored(t testing.TB, alloc memory.Allocator, max int64, rows ...[]byte) ([]byte, error) {
	t.Helper()
	spec := plainSpec(nil, sketchOf(t, "hll_merge", arrow.BinaryTypes.Binary, SketchOptions{ByValue: true}))
	spec.MaxBytes = max
	h, err := NewHash(alloc, spec)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Release()
	rec := record(t, spec.Input, binaries(alloc, rows...))
	defer rec.Release()
	if err := h.Consume(t.Context(), rec); err != nil {
		return nil, err
	}
	res := h.Results(10)
	defer res.Close()
	out, err := res.Next()
	if err != nil {
		return nil, err
	}
	return bytes.Clone(out.Column(0).(*array.Binary).Value(0)), nil
}

// TestMergeStored: in any order, any number of times, sparse and dense.
func TestMergeStored(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	for _, sizes := range [][3]int{{1, 2, 3}, {50, 0, 900}, {5000, 20, 4000}} {
		o := hll.Origin{Precision: 12, Hash: hll.Portable}
		a, b, c := storedSketch(t, o, 1, sizes[0]), storedSketch(t, o, 2, sizes[1]), storedSketch(t, o, 1, sizes[2]) // a and c overlap
		want, err := mergeStored(t, alloc, 0, a, b, c)
		if err != nil {
			t.Fatal(err)
		}
		ab, err := mergeStored(t, alloc, 0, a, nil, b)
		if err != nil {
			t.Fatal(err)
		}
		for _, rows := range [][][]byte{{c, b, a}, {b, nil, c, a, a, b}, {ab, c}, {want, a}, {want}} {
			if got, err := mergeStored(t, alloc, 0, rows...); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%v: other bytes, or %v", sizes, err)
			}
		}
	}
}

func TestMergeStoredRefuses(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	plain := storedSketch(t, hll.Origin{Precision: 14, Hash: hll.Portable}, 1, 10)
	keyed := hll.Origin{Precision: 14, Hash: hll.Keyed, Key: hll.Fingerprint([]byte("sea"))}
	other := keyed
	other.Key = hll.Fingerprint([]byte("land"))
	for _, c := range []struct {
		rows [][]byte
		want string
	}{
		{[][]byte{plain, storedSketch(t, hll.Origin{Precision: 12, Hash: hll.Portable}, 1, 10)}, "sketches of precision 14 and 12 cannot be merged: make both with the same precision"},
		{[][]byte{plain, storedSketch(t, keyed, 1, 10)}, "sketches of the portable and the keyed hash cannot be merged"},
		{[][]byte{storedSketch(t, other, 1, 10), storedSketch(t, keyed, 1, 10)}, "hashed under different keys cannot be merged"},
		{[][]byte{{}}, "not a sketch of hll_sketch: 0 bytes are fewer than the header's 16"},
		{[][]byte{plain, []byte("something that is long enough")}, "not a sketch of hll_sketch: it does not begin with HLL"},
		{[][]byte{plain[:len(plain)-1]}, "not a sketch of hll_sketch: 29 bytes are no list of registers"},
	} {
		_, err := mergeStored(t, alloc, 0, c.rows...)
		var e *Error
		if !errors.As(err, &e) || e.SQLState != "22023" || e.Column != "hll_merge" || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}

func TestSketchLimits(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	var limit *LimitError
	dense := storedSketch(t, hll.Origin{Precision: 14}, 1, 100_000)
	for _, c := range []struct {
		max  int64
		want bool
	}{{15_000, false}, {20_000, false}, {40_000, true}} { // it holds 16 KiB, and its bytes are as many
		if _, err := mergeStored(t, alloc, c.max, dense); (err == nil) != c.want || err != nil && !errors.As(err, &limit) {
			t.Errorf("%d bytes: %v", c.max, err)
		}
	}
	spec := plainSpec(nil, sketchOf(t, "approx_count_distinct", Wide, SketchOptions{Precision: 18}))
	spec.MaxBytes = 200_000
	list := make([]uint64, 100_000)
	for i := range list {
		list[i] = uint64(i) << 46
	}
	rec := record(t, spec.Input, binaries(alloc, leastHashes(18, list)))
	defer rec.Release()
	if _, err := merge(t, alloc, spec, rec); !errors.As(err, &limit) {
		t.Errorf("262,144 registers within 200,000 bytes: %v", err)
	}
}

// TestSketchMisuse covers what the planner does not do, and what a shard must not send.
func TestSketchMisuse(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	for _, o := range []SketchOptions{{}, {Precision: 3}, {Precision: 19}, {Precision: 260}, {Precision: 14, Hash: 3}, {Precision: 14, Hash: uint8(hll.Keyed)}} {
		spec := plainSpec(nil, sketchOf(t, "hll_sketch", types["int64"], o))
		if h, err := NewHash(alloc, spec); err == nil {
			h.Release()
			t.Errorf("%+v: taken", o)
		}
	}
	for name, args := range map[string][]arrow.DataType{"hll_sketch": {Wide, Wide}, "hll_merge": {types["text"]}, "approx_count_distinct": nil} {
		var e *Error
		if _, err := LookupSketch(name, args, SketchOptions{Precision: 14}); !errors.As(err, &e) || e.SQLState != "42883" {
			t.Errorf("%s: %v", name, err)
		}
	}
	noHash := plainSpec(nil, sketchOf(t, "hll_sketch", types["text"], SketchOptions{Precision: 14, Hash: 1, ByValue: true}))
	field := noHash.Input.Field(0)
	field.Metadata = arrow.NewMetadata([]string{"atoll.type"}, []string{"json"})
	noHash.Input = arrow.NewSchema([]arrow.Field{field}, nil)
	var e *Error
	if _, err := NewHash(alloc, noHash); !errors.As(err, &e) || e.SQLState != "42883" {
		t.Errorf("values of json: %v", err)
	}
	spec := plainSpec(nil, sketchOf(t, "approx_count_distinct", Wide, SketchOptions{Precision: 14}))
	rec := record(t, spec.Input, binaries(alloc, make([]byte, 12)))
	defer rec.Release()
	if _, err := merge(t, alloc, spec, rec); !errors.As(err, &e) || e.SQLState != "XX000" {
		t.Errorf("12 bytes of hashes: %v", err)
	}
}
