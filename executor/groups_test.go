package executor

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/executor/spill"
)

// TestResultsAreAccounted holds that the account knows of what the results of ordered aggregates take besides their groups.
func TestResultsAreAccounted(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	spec := spillSpec([]arrow.DataType{tInt64}, everyAggregate(t)["percentile_cont true"])
	list := partials(t, alloc, spec, rand.New(rand.NewPCG(1, 1)), 200, 4, 500)
	defer releaseRecords(list)
	account := NewAccount(0)
	g, err := newGroups(GroupsSpec{Hash: spec, Alloc: alloc, Account: account, BatchRows: 50})
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range list {
		if err := g.consume(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
	}
	before := account.Used()
	if _, err := g.next(t.Context()); err != nil {
		t.Fatal(err)
	}
	if used, held := account.Used(), g.levels[0].hash.Heap(); used != held || used <= before {
		t.Errorf("%d bytes are accounted for, %d held, %d before", used, held, before)
	}
	if err := g.release(); err != nil || account.Used() != 0 {
		t.Errorf("%d bytes are still accounted for; %v", account.Used(), err)
	}
}

// TestSpilledChecksTypes holds that a batch of other types is refused also when its rows only go to disk, where they would be read back as numbers.
func TestSpilledChecksTypes(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	spec := spillSpec([]arrow.DataType{tInt64}, everyAggregate(t)["sum[int32]"])
	list := partials(t, alloc, spec, rand.New(rand.NewPCG(1, 1)), 300, 1, 500)
	defer releaseRecords(list)
	g, err := newGroups(GroupsSpec{Hash: spec, Alloc: alloc, Space: space(t, spill.Options{})})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := g.release(); err != nil {
			t.Error(err)
		}
	}()
	if err := g.consume(t.Context(), list[0]); err != nil {
		t.Fatal(err)
	}
	if done, err := g.levels[0].evict(t.Context()); !done || err != nil {
		t.Fatal(done, err)
	}
	floats := array.NewFloat64Builder(alloc)
	defer floats.Release()
	for range 500 {
		floats.Append(1)
	}
	col := floats.NewArray()
	defer col.Release()
	wrong := array.NewRecord(arrow.NewSchema([]arrow.Field{list[0].Schema().Field(0), list[0].Schema().Field(1), {Name: "f", Type: tFloat64}}, nil),
		[]arrow.Array{list[0].Column(0), list[0].Column(1), col}, 500)
	defer wrong.Release()
	if err := g.consume(t.Context(), wrong); err == nil || !strings.Contains(err.Error(), "int64") {
		t.Errorf("floats were taken for integers: %v", err)
	}
}

// TestSpillEqualKeys spills keys that differ in their bits and are equal: char(n) with blanks, both zeros, and NaNs.
func TestSpillEqualKeys(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	rng := rand.New(rand.NewPCG(1, 1))
	for _, dt := range []arrow.DataType{tText, tFloat64} {
		for _, keys := range [][]arrow.DataType{{dt}, {dt, tInt16}} {
			spec := spillSpec(keys, everyAggregate(t)["distinct count[utf8]"])
			fields := spec.Input.Fields()
			if dt == tText {
				fields[1].Metadata = arrow.NewMetadata([]string{"atoll.type"}, []string{"bpchar"})
			}
			spec.Input = arrow.NewSchema(fields, nil)
			list := partials(t, alloc, spec, rng, 40, 10, 400)
			for i, rec := range list {
				list[i] = equalKeys(alloc, rec, rng)
				rec.Release()
			}
			want, err := aggregated(t, alloc, spec, list, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			sp := space(t, spill.Options{})
			got, err := aggregated(t, alloc, spec, list, sp, 96<<10)
			if err != nil || !slices.Equal(got, want) || sp.Peak() == 0 {
				t.Errorf("%v: %d groups, want %d; %d bytes on disk; %v", keys, len(got), len(want), sp.Peak(), err)
			}
			releaseRecords(list)
		}
	}
}

// equalKeys is a batch with other keys of the same type in column 1.
func equalKeys(alloc memory.Allocator, rec arrow.Record, rng *rand.Rand) arrow.Record {
	b := array.NewBuilder(alloc, rec.Column(1).DataType())
	defer b.Release()
	floats := []float64{0, math.Copysign(0, -1), math.NaN(), math.Float64frombits(0xfff8000000000001), 1, 2, 3, 4}
	for range rec.NumRows() {
		switch b := b.(type) {
		case *array.StringBuilder:
			b.Append(string(rune('a'+rng.IntN(20))) + strings.Repeat(" ", rng.IntN(4)))
		case *array.Float64Builder:
			b.Append(floats[rng.IntN(len(floats))])
		}
	}
	col := b.NewArray()
	defer col.Release()
	cols := slices.Clone(rec.Columns())
	cols[1] = col
	return array.NewRecord(rec.Schema(), cols, rec.NumRows())
}

// TestManySetsLimit holds that many sets of one large group each, which no disk helps, are refused before they hold many times the limit.
func TestManySetsLimit(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	hash := spillSpec([]arrow.DataType{tInt64}, everyAggregate(t)["distinct count[utf8]"])
	hash.Output = arrow.NewSchema(append(slices.Clone(hash.Output.Fields()), arrow.Field{Name: "set", Type: tInt32, Nullable: true}), nil)
	hash.MaxBytes = 1 << 20
	list := partials(t, alloc, hash, rand.New(rand.NewPCG(1, 1)), 1, 200, 100)
	defer releaseRecords(list)
	spec := GroupingSetsSpec{Groups: GroupsSpec{Hash: hash, Alloc: alloc, Space: space(t, spill.Options{})}}
	for range 64 {
		spec.Sets = append(spec.Sets, []int{0})
	}
	g, err := NewGroupingSets(&listOperator{operator: operator{schema: hash.Input}, list: list}, spec)
	if err != nil {
		t.Fatal(err)
	}
	_, err = g.Next(t.Context())
	var limit *LimitError
	held := int64(0)
	for _, s := range g.sets {
		held += s.bytes()
	}
	if held != g.held {
		t.Errorf("%d bytes are held, %d counted", held, g.held)
	}
	if !errors.As(err, &limit) || held > 4*hash.MaxBytes || limit.Used <= limit.Max {
		t.Errorf("%d bytes are held, %d allowed: %v", held, hash.MaxBytes, err)
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
}

// TestEvictionIsCancelled holds that a query which is cancelled does not first write all of its groups.
func TestEvictionIsCancelled(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	spec := spillSpec([]arrow.DataType{tInt64}, everyAggregate(t)["distinct count[utf8]"])
	list := partials(t, alloc, spec, rand.New(rand.NewPCG(1, 1)), 300, 1, 500)
	defer releaseRecords(list)
	sp, account := space(t, spill.Options{}), NewAccount(0)
	g, err := newGroups(GroupsSpec{Hash: spec, Alloc: alloc, Account: account, Space: sp})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.consume(t.Context(), list[0]); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.levels[0].evict(ctx); !errors.Is(err, context.Canceled) || sp.Peak() != 0 {
		t.Errorf("%d bytes were written: %v", sp.Peak(), err)
	}
	if err := g.release(); err != nil || account.Used() != 0 {
		t.Errorf("%d bytes are still accounted for; %v", account.Used(), err)
	}
}
