package aggregate

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate/column"
)

// TestSaveLargeTexts holds that states of large texts are written down a few at a time, so that a batch takes little memory, and never more than the
// 2 GiB of one array.
func TestSaveLargeTexts(t *testing.T) {
	top, err := LookupSketch("approx_top_k", typesOf(t, "text"), SketchOptions{K: 1, ByValue: true})
	if err != nil {
		t.Fatal(err)
	}
	all, err := LookupOrdered("string_agg", typesOf(t, "text", "text"), true, Ordering{Constant: &Constant{Text: ","}})
	if err != nil {
		t.Fatal(err)
	}
	const groups, length = 40, 300 << 10
	for _, f := range []*Function{lookup(t, "min", false, "text"), lookup(t, "count", true, "text"), top, all} {
		alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
		spec := plainSpec([]arrow.Field{key("k", types["int64"])}, f)
		b := array.NewRecordBuilder(alloc, spec.Input)
		for i := range groups {
			b.Field(0).(*array.Int64Builder).Append(int64(i))
			b.Field(1).(*array.StringBuilder).Append(strings.Repeat(string(rune('a'+i%26)), length))
			if len(f.Partials) > 1 {
				b.Field(2).(*array.Int64Builder).Append(1)
			}
		}
		rec := b.NewRecord()
		b.Release()
		h, err := NewHash(alloc, spec)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Consume(context.Background(), rec); err != nil {
			t.Fatal(err)
		}
		saved := map[int]int64{}
		err = h.Save(4096, func(table int, rec arrow.Record) error {
			saved[table] += rec.NumRows()
			if n := textBytes(rec.Column(1)); n > savedBytes+length+100 {
				t.Errorf("%s: %d bytes at a time", f.Kind, n)
			}
			return nil
		})
		if err != nil || saved[0] != groups || saved[1] != groups {
			t.Errorf("%s: %v rows; %v", f.Kind, saved, err)
		}
		h.Release()
		rec.Release()
		alloc.AssertSize(t, 0)
	}
}

// textBytes is the length of all texts of a column; 0 of another.
func textBytes(col arrow.Array) (n int) {
	if _, ok := col.(*array.Binary); !ok {
		return 0
	}
	for i := range col.Len() {
		n += len(column.Text(col, i))
	}
	return n
}

// TestTooManyDistinctWords holds that a set of words refuses what its numbers cannot name, as that of texts does.
func TestTooManyDistinctWords(t *testing.T) {
	f := lookup(t, "count", true, "int64")
	acc, err := f.start(memory.DefaultAllocator, []arrow.Field{{Type: types["int64"]}})
	if err != nil {
		t.Fatal(err)
	}
	defer acc.release()
	s := acc.(*distinctState)
	s.grow(1)
	s.words.n = maxEntries // as if so many were there
	col := parse(t, memory.DefaultAllocator, types["int64"], "1")
	defer col.Release()
	var refused *Error
	if err := s.add([]uint32{0}, []arrow.Array{col}); !errors.As(err, &refused) || refused.SQLState != "54000" {
		t.Error(err)
	}
}
