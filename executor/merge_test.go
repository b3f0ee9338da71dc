package executor

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
)

func schemaWith(types ...arrow.DataType) *arrow.Schema {
	var fields []arrow.Field
	for i, dt := range types {
		fields = append(fields, arrow.Field{Name: fmt.Sprintf("c%d", i), Type: dt, Nullable: true})
	}
	return arrow.NewSchema(fields, nil)
}

func TestOrderedMerge(t *testing.T) {
	asc := []SortKey{{Column: 0}}
	text := arrow.BinaryTypes.String
	for _, c := range []struct {
		name    string
		schema  *arrow.Schema
		keys    []SortKey
		limit   int64
		scripts []string
		want    string
	}{
		{"integers", schemaKV, asc, 0, []string{"1:a 4:b;7:c", "2:d 3:e 5:f 6:g", "", "-1:h"}, "-1:h 1:a 2:d 3:e 4:b 5:f 6:g 7:c"},
		{"ties by source", schemaKV, asc, 0, []string{"1:a 1:b", "1:c 2:d", "1:e"}, "1:a 1:b 1:c 1:e 2:d"},
		{"nulls last", schemaKV, asc, 0, []string{"1:a NULL:b", "2:c NULL:d"}, "1:a 2:c NULL:b NULL:d"},
		{"desc nulls first", schemaKV, []SortKey{{0, true, true}}, 0, []string{"NULL:a 3:b 1:c", "2:d"}, "NULL:a 3:b 2:d 1:c"},
		{"desc nulls last", schemaKV, []SortKey{{0, true, false}}, 0, []string{"3:b 1:c NULL:a", "2:d"}, "3:b 2:d 1:c NULL:a"},
		{"limit", schemaKV, asc, 3, []string{"1:a 4:b;hang", "2:d 3:e;hang"}, "1:a 2:d 3:e"},
		{"limit within a batch", schemaKV, asc, 2, []string{"1:a 2:b 3:c"}, "1:a 2:b"},
		{"two keys", schemaKV, []SortKey{{0, false, false}, {1, true, false}}, 0, []string{"1:b 1:a 2:x", "1:ab 2:y"}, "1:b 1:ab 1:a 2:y 2:x"},
		{"bytewise text", schemaWith(text), asc, 0, []string{"A Z a", "AB _ é"}, "A AB Z _ a é"},
		{"text desc", schemaWith(text), []SortKey{{0, true, false}}, 0, []string{"ab a", "b aa"}, "b ab aa a"},
		{"floats", schemaWith(arrow.PrimitiveTypes.Float64), asc, 0, []string{"-inf -1 0 NaN", "-2 0 1e300 inf NaN"}, "-Inf -2 -1 0 0 1e+300 +Inf NaN NaN"},
		{"decimals", schemaWith(&arrow.Decimal128Type{Precision: 20, Scale: 1}), asc, 0, []string{"-10.5 0.1", "-0.1 10"}, "-10.5 -0.1 0.1 10"},
		{"dates", schemaWith(arrow.FixedWidthTypes.Date32), asc, 0, []string{"1899-12-31 2024-02-29", "1970-01-01"}, "1899-12-31 1970-01-01 2024-02-29"},
		{"booleans", schemaWith(arrow.FixedWidthTypes.Boolean), asc, 0, []string{"false true", "false"}, "false false true"},
		{"no sources", schemaKV, asc, 0, nil, ""},
	} {
		for _, batchRows := range []int{1, 2, 1000} {
			t.Run(fmt.Sprintf("%s/%d", c.name, batchRows), func(t *testing.T) {
				w := newWorld(t, c.schema)
				m, err := NewOrderedMerge(MergeSpec{Schema: c.schema, Sources: w.sources(c.scripts...), Keys: c.keys,
					Limit: c.limit, BatchRows: batchRows, Alloc: w.alloc})
				if err != nil {
					t.Fatal(err)
				}
				op := newChecker(m, w.alloc)
				got, err := rows(t, context.Background(), op)
				if err != nil {
					t.Fatal(err)
				}
				if s := strings.Join(got, " "); s != c.want {
					t.Errorf("%q\nwant %q", s, c.want)
				}
				if err := op.Close(); err != nil {
					t.Fatal(err)
				}
				w.checkClosed()
			})
		}
	}
}

func TestOrderedMergeFails(t *testing.T) {
	for _, c := range []struct {
		name, want string
		scripts    []string
	}{
		{"unsorted", "shard s1: rows came out of order", []string{"1:a;hang", "2:b 1:c"}},
		{"unsorted across batches", "shard s0: rows came out of order", []string{"2:b;1:c", "1:a;hang"}},
		{"failing late", "shard s1: boom", []string{"1:a;hang", "2:b;err"}},
		{"failing first", "shard s1: boom", []string{"hang", "err"}},
		{"panicking", "internal error while reading shard s0", []string{"panic", "hang"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, schemaKV)
			m, err := NewOrderedMerge(MergeSpec{Schema: schemaKV, Sources: w.sources(c.scripts...), Keys: []SortKey{{Column: 0}}, Alloc: w.alloc})
			if err != nil {
				t.Fatal(err)
			}
			op := newChecker(m, w.alloc)
			_, err = rows(t, context.Background(), op)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%v, want %s", err, c.want)
			}
			if err := op.Close(); err != nil {
				t.Fatal(err)
			}
			w.checkClosed()
		})
	}
}

func TestOrderedMergeCancellation(t *testing.T) {
	w := newWorld(t, schemaKV)
	m, err := NewOrderedMerge(MergeSpec{Schema: schemaKV, Sources: w.sources("1:a;hang", "hang"), Keys: []SortKey{{Column: 0}}, Alloc: w.alloc})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if _, err := m.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	if err := errors.Join(m.Close(), m.Close()); err != nil {
		t.Fatal(err)
	}
	w.checkClosed()
}

// TestOrderedMergeIsASort deals random rows to sources, sorts each, and compares the merge with sorting all.
func TestOrderedMergeIsASort(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		n := 1 + rng.IntN(6)
		split, all := make([][]int, n), []int{}
		for range rng.IntN(500) {
			s, v := rng.IntN(n), rng.IntN(50)*(1+rng.IntN(2)*rng.IntN(100))
			split[s], all = append(split[s], v), append(all, v)
		}
		slices.Sort(all)
		var scripts []string
		for _, vals := range split {
			slices.Sort(vals)
			var b strings.Builder
			for i, v := range vals {
				sep := " "
				if i == 0 {
					sep = ""
				} else if rng.IntN(20) == 0 {
					sep = ";"
				}
				fmt.Fprintf(&b, "%s%d:x", sep, v)
			}
			scripts = append(scripts, b.String())
		}
		w := newWorld(t, schemaKV)
		m, err := NewOrderedMerge(MergeSpec{Schema: schemaKV, Sources: w.sources(scripts...), Keys: []SortKey{{Column: 0}},
			BatchRows: 1 + rng.IntN(64), Alloc: w.alloc})
		if err != nil {
			t.Fatal(err)
		}
		got, err := rows(t, context.Background(), m)
		if err != nil || len(got) != len(all) {
			t.Fatal(len(got), len(all), err)
		}
		for i, v := range all {
			if got[i] != fmt.Sprintf("%d:x", v) {
				t.Fatalf("row %d is %s, want %d", i, got[i], v)
			}
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
