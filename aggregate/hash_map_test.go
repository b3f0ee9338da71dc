package aggregate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate/column"
	"github.com/atoll-sql/atoll/scalar"
)

// plainGroup is what a map holds of a group.
type plainGroup struct {
	keys     string // as they were first seen
	count    int64
	ints     *big.Int // sum(int4)
	bigs     *big.Int // sum(int8)
	total, n int64    // avg(int4)
	least    *string
	distinct map[int64]bool
}

// TestHashEqualsMap holds groups, by keys of all types with NULLs, both zeros, NaN and blanks, to a map. On the way the groups are written down and
// read again, and at some time the rows of new groups go elsewhere, as they do when memory is short.
func TestHashEqualsMap(t *testing.T) {
	blank := key("k", types["text"])
	blank.Metadata = arrow.NewMetadata([]string{"atoll.type"}, []string{"bpchar"})
	for i, keys := range [][]arrow.Field{
		{key("k", types["int64"])}, {key("k", types["int16"])}, {key("k", types["bool"])}, {key("k", types["date"])},
		{key("k", types["float64"])}, {key("k", types["float32"])}, {key("k", types["text"])}, {blank}, {key("k", types["numeric"])},
		{key("k", types["int64"]), key("l", types["float64"])}, {blank, key("l", types["text"]), key("m", types["int16"])},
	} {
		for seed := range uint64(4) {
			alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
			rng := rand.New(rand.NewPCG(seed, uint64(i)))
			spec := plainSpec(keys, lookup(t, "count", false), lookup(t, "sum", false, "int32"), lookup(t, "sum", false, "int64"),
				lookup(t, "avg", false, "int32"), lookup(t, "min", false, "text"), lookup(t, "count", true, "int64"))
			m := &mapped{t: t, alloc: alloc, spec: spec, of: map[string]*plainGroup{}}
			got := m.run(rng)
			if want := m.lines(); !slices.Equal(got, want) {
				t.Errorf("%v, seed %d: %d groups, want %d", keys, seed, len(got), len(want))
				for j := range min(len(got), len(want)) {
					if got[j] != want[j] {
						t.Fatalf("%s\nwant %s", got[j], want[j])
					}
				}
			}
			alloc.AssertSize(t, 0)
		}
	}
}

// mapped groups by a map what a Hash groups.
type mapped struct {
	t     testing.TB
	alloc memory.Allocator
	spec  HashSpec
	of    map[string]*plainGroup
}

// run merges batches by both, and returns the groups of the Hash as sorted lines.
func (m *mapped) run(rng *rand.Rand) []string {
	h, others := m.hash(), m.hash()
	defer func() { h.Release(); others.Release() }()
	pool, frozen, ctx := 3+rng.IntN(2000), 6+rng.IntN(10), context.Background()
	for i := range 14 {
		rec := m.batch(rng, pool, 300)
		m.see(rec)
		if i < frozen {
			m.must(h.Consume(ctx, rec))
		} else {
			left, err := h.ConsumeKnown(ctx, rec)
			m.must(err)
			rest := m.rows(rec, left)
			m.must(others.Consume(ctx, rest))
			rest.Release()
		}
		rec.Release()
		if rng.IntN(4) == 0 {
			h = m.again(h)
		}
	}
	out := append(m.results(h), m.results(others)...)
	slices.Sort(out)
	return out
}

func (m *mapped) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *mapped) hash() *Hash {
	h, err := NewHash(m.alloc, m.spec)
	m.must(err)
	return h
}

// again is h, written down and read.
func (m *mapped) again(h *Hash) *Hash {
	out := m.hash()
	m.must(h.Save(97, out.Load))
	h.Release()
	return out
}

// rows are some rows of a batch.
func (m *mapped) rows(rec arrow.Record, at []int32) arrow.Record {
	var cols []arrow.Array
	for _, c := range rec.Columns() {
		a, err := takeRows(m.alloc, c, at)
		m.must(err)
		cols = append(cols, a)
	}
	return record(m.t, m.spec.Input, cols...)
}

func (m *mapped) results(h *Hash) (out []string) {
	r := h.Results(50)
	defer r.Close()
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		m.must(err)
		for row := range int(rec.NumRows()) {
			var line []string
			for _, c := range rec.Columns() {
				line = append(line, show(c, row))
			}
			out = append(out, strings.Join(line, "|"))
		}
	}
}

// batch makes a batch that begins within its buffers, of keys out of a pool. Some batches have no NULLs.
func (m *mapped) batch(rng *rand.Rand, pool, rows int) arrow.Record {
	b := array.NewRecordBuilder(m.alloc, m.spec.Input)
	defer b.Release()
	nulls := rng.IntN(3) > 0
	counts := map[int]bool{} // columns that hold no negative numbers
	for _, a := range m.spec.Aggs {
		for i, p := range a.Function.Partials {
			counts[a.Inputs[i]] = p.Op == OpCountStar || p.Op == OpCount
		}
	}
	for c := range m.spec.Input.NumFields() {
		for range rows + 5 {
			if nulls && rng.IntN(9) == 0 {
				b.Field(c).AppendNull()
				continue
			}
			if counts[c] {
				b.Field(c).(*array.Int64Builder).Append(rng.Int64N(4))
				continue
			}
			appendAny(m.t, b.Field(c), rng, pool)
		}
	}
	whole := b.NewRecord()
	defer whole.Release()
	return whole.NewSlice(5, int64(rows+5))
}

func appendAny(t testing.TB, b array.Builder, rng *rand.Rand, pool int) {
	n := rng.IntN(pool)
	odd := []float64{math.Copysign(0, -1), 0, math.NaN(), math.Float64frombits(0xfff8000000000001), math.Inf(1), math.Inf(-1)}
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(n%2 == 0)
	case *array.Float64Builder:
		b.Append(append(odd, float64(n), -float64(n))[rng.IntN(len(odd)+2)])
	case *array.Float32Builder:
		b.Append(float32(append(odd, float64(n), -float64(n))[rng.IntN(len(odd)+2)]))
	case *array.StringBuilder:
		b.Append(strings.Repeat("a", n%3) + fmt.Sprint(n) + strings.Repeat(" ", rng.IntN(3)) + strings.Repeat("\x00", rng.IntN(2)))
	case *array.Date32Builder:
		b.Append(arrow.Date32(n - 5))
	case *array.Decimal128Builder:
		b.Append(decimal128.New(rng.Int64N(1<<30)-(1<<29), rng.Uint64()))
	case *array.Decimal256Builder:
		b.Append(decimal256.New(uint64(n%2), 0, 0, uint64(n)))
	case *array.Int64Builder:
		b.Append(int64(n-1) * (1<<40 + 1))
	case *array.Int16Builder:
		b.Append(int16(n - 1))
	default:
		t.Fatalf("no value of %T", b)
	}
}

// see groups a batch by the map.
func (m *mapped) see(rec arrow.Record) {
	k := len(m.spec.Keys)
	for row := range int(rec.NumRows()) {
		var same, shown []string
		for c := range k {
			same, shown = append(same, identity(m.spec.Input.Field(c), rec.Column(c), row)), append(shown, show(rec.Column(c), row))
		}
		g := m.of[fmt.Sprintf("%q", same)]
		if g == nil {
			g = &plainGroup{keys: strings.Join(shown, "|"), distinct: map[int64]bool{}}
			m.of[fmt.Sprintf("%q", same)] = g
		}
		g.add(rec.Columns()[k:], row)
	}
}

func (g *plainGroup) add(cols []arrow.Array, row int) {
	at := func(c int) int64 { // of columns of counts and sums
		if cols[c].IsNull(row) {
			return 0
		}
		return cols[c].(*array.Int64).Value(row)
	}
	plus := func(sum *big.Int, c int, v *big.Int) *big.Int {
		if cols[c].IsNull(row) {
			return sum
		}
		if sum == nil {
			sum = new(big.Int)
		}
		return sum.Add(sum, v)
	}
	g.count += at(0)
	g.ints = plus(g.ints, 1, big.NewInt(at(1)))
	g.bigs = plus(g.bigs, 2, cols[2].(*array.Decimal128).Value(row).BigInt())
	g.total, g.n = g.total+at(3), g.n+at(4)
	if v := cols[5].(*array.String); v.IsValid(row) && (g.least == nil || v.Value(row) < *g.least) {
		s := strings.Clone(v.Value(row))
		g.least = &s
	}
	if cols[6].IsValid(row) {
		g.distinct[at(6)] = true
	}
}

// identity is a text that is the same for what PostgreSQL calls equal.
func identity(f arrow.Field, col arrow.Array, row int) string {
	if col.IsNull(row) {
		return "NULL"
	}
	switch a := col.(type) {
	case *array.Float64:
		return fmt.Sprint(a.Value(row) + 0) // of both zeros 0
	case *array.Float32:
		return fmt.Sprint(a.Value(row) + 0)
	case *array.String:
		if column.IsBpchar(f) {
			return "'" + strings.TrimRight(a.Value(row), " ")
		}
		return "'" + a.Value(row)
	}
	return show(col, row)
}

func (m *mapped) lines() (out []string) {
	for _, g := range m.of {
		sum := func(v *big.Int) string {
			if v == nil {
				return "NULL"
			}
			return v.String()
		}
		avg, least := "NULL", "NULL"
		if g.n > 0 {
			d, _, err := scalar.Avg(g.n, scalar.NewDecimal(big.NewInt(g.total), 0))
			m.must(err)
			wide, err := d.Wide()
			m.must(err)
			avg = trim(wide.ToString(38))
		}
		if g.least != nil {
			least = *g.least
		}
		out = append(out, fmt.Sprintf("%s|%d|%s|%s|%s|%s|%d", g.keys, g.count, sum(g.ints), sum(g.bigs), avg, least, len(g.distinct)))
	}
	slices.Sort(out)
	return out
}
