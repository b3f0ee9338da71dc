package executor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate"
	"github.com/atoll-sql/atoll/executor/spill"
)

// everyAggregate are functions of all families, by their names.
func everyAggregate(t testing.TB) map[string]*aggregate.Function {
	out := map[string]*aggregate.Function{}
	add := func(name string, f *aggregate.Function, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = f
	}
	plain := func(name string, distinct bool, args ...arrow.DataType) {
		t.Helper()
		f, err := aggregate.Lookup(name, args, distinct)
		add(strings.TrimSpace(map[bool]string{true: "distinct "}[distinct]+fmt.Sprint(name, args)), f, err)
	}
	plain("count", false)
	for _, dt := range []arrow.DataType{tInt32, tInt64, tFloat32, tFloat64, tMoney, aggregate.Wide, tInterval} {
		plain("sum", false, dt)
	}
	for _, dt := range []arrow.DataType{tInt32, tFloat64, tMoney, aggregate.Wide} {
		for _, name := range []string{"avg", "var_samp", "stddev_pop"} {
			plain(name, false, dt)
		}
	}
	for _, dt := range []arrow.DataType{tInt16, tInt32, tInt64, tFloat32, tFloat64, tMoney, aggregate.Wide, tText, tDate, tTime, tStamp, tInterval} {
		plain("min", false, dt)
		plain("max", false, dt)
		plain("count", true, dt)
	}
	for _, name := range []string{"bool_and", "bool_or"} {
		plain(name, false, tBool)
	}
	for _, name := range []string{"bit_and", "bit_or", "bit_xor"} {
		plain(name, false, tInt64)
	}
	for _, name := range []string{"covar_pop", "corr", "regr_count", "regr_slope", "regr_r2"} {
		plain(name, false, tFloat64, tFloat64)
	}
	for _, name := range []string{"sum", "avg", "var_pop"} {
		plain(name, true, tInt64)
		plain(name, true, tMoney)
	}
	plain("count", true, tUUID)
	addOrdered(add)
	addSketches(add)
	return out
}

func addOrdered(add func(string, *aggregate.Function, error)) {
	half := &aggregate.Constant{Text: "0.5"}
	by := func(arg int, desc bool, dt arrow.DataType) []aggregate.OrderKey {
		return []aggregate.OrderKey{{Arg: arg, Desc: desc, Type: dt}}
	}
	for _, distinct := range []bool{false, true} {
		f, err := aggregate.LookupOrdered("string_agg", []arrow.DataType{tText, tText}, distinct, aggregate.Ordering{Constant: &aggregate.Constant{Text: ","}})
		add(fmt.Sprint("string_agg constant ", distinct), f, err)
		f, err = aggregate.LookupOrdered("string_agg", []arrow.DataType{tText, tText}, distinct, aggregate.Ordering{Keys: by(0, true, nil)})
		add(fmt.Sprint("string_agg travelling ", distinct), f, err)
	}
	f, err := aggregate.LookupOrdered("string_agg", []arrow.DataType{tText, tText}, false, aggregate.Ordering{Keys: by(-1, true, tInt64), Constant: &aggregate.Constant{Text: ";"}})
	add("string_agg by another", f, err)
	for _, dt := range []arrow.DataType{tInt64, tText, tMoney} {
		f, err = aggregate.LookupOrdered("mode", []arrow.DataType{dt}, false, aggregate.Ordering{Keys: by(0, false, nil)})
		add(fmt.Sprint("mode ", dt), f, err)
	}
	for _, o := range []aggregate.Ordering{{Keys: by(0, false, nil), Constant: half}, {Keys: by(0, true, nil)}} {
		f, err = aggregate.LookupOrdered("percentile_disc", []arrow.DataType{tText, tFloat64}, false, o)
		add(fmt.Sprint("percentile_disc ", o.Constant != nil), f, err)
		f, err = aggregate.LookupOrdered("percentile_cont", []arrow.DataType{tFloat64, tFloat64}, false, o)
		add(fmt.Sprint("percentile_cont ", o.Constant != nil), f, err)
	}
}

func addSketches(add func(string, *aggregate.Function, error)) {
	half := &aggregate.Constant{Text: "0.5"}
	for _, s := range []struct {
		name string
		args []arrow.DataType
		o    aggregate.SketchOptions
	}{
		{"approx_count_distinct", []arrow.DataType{tText}, aggregate.SketchOptions{Precision: 8}},
		{"approx_count_distinct", []arrow.DataType{tText}, aggregate.SketchOptions{Precision: 8, Hash: 1, ByValue: true}},
		{"hll_sketch", []arrow.DataType{tText}, aggregate.SketchOptions{Precision: 6}},
		{"hll_merge", []arrow.DataType{tBytes}, aggregate.SketchOptions{}},
		{"approx_percentile", []arrow.DataType{tInt64, tFloat64}, aggregate.SketchOptions{Alpha: 0.005, Constant: half}},
		{"approx_percentile", []arrow.DataType{tFloat64, tFloat64}, aggregate.SketchOptions{Alpha: 0.005, Constant: half, ByValue: true}},
		{"approx_top_k", []arrow.DataType{tText}, aggregate.SketchOptions{K: 3, Capacity: 10}},
		{"approx_top_k", []arrow.DataType{tInt64}, aggregate.SketchOptions{K: 3, ByValue: true}},
		{"approx_heavy_hitters", []arrow.DataType{tText}, aggregate.SketchOptions{Share: 0.1}},
		{"approx_heavy_hitters", []arrow.DataType{tText}, aggregate.SketchOptions{Share: 0.1, ByValue: true}},
	} {
		f, err := aggregate.LookupSketch(s.name, s.args, s.o)
		add(fmt.Sprintf("%s %v %v", s.name, s.args, s.o), f, err)
	}
}

// aggregated merges batches under a limit.
func aggregated(t testing.TB, alloc memory.Allocator, spec aggregate.HashSpec, list []arrow.Record, sp *spill.Space, limit int64) ([]string, error) {
	t.Helper()
	spec.MaxBytes = limit
	in := &listOperator{operator: operator{schema: spec.Input}, list: list}
	a, err := NewHashAggregate(in, GroupsSpec{Hash: spec, Alloc: alloc, Account: NewAccount(0), Space: sp, BatchRows: 50})
	if err != nil {
		t.Fatal(err)
	}
	out, err := sortedRows(t, newChecker(a, alloc))
	if used := a.groups.Account.Used(); used != 0 {
		t.Errorf("%d bytes are still accounted for", used)
	}
	return out, err
}

// TestSpillEqualsMemory merges random partial rows of every aggregate with and without room for them: the groups must be the same, to the
// last digit of a sum of floats.
func TestSpillEqualsMemory(t *testing.T) {
	for name, f := range everyAggregate(t) {
		t.Run(name, func(t *testing.T) {
			alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer alloc.AssertSize(t, 0)
			rng := rand.New(rand.NewPCG(8, uint64(len(name))))
			spec := spillSpec([]arrow.DataType{tInt64}, f)
			list := partials(t, alloc, spec, rng, 700, 12, 400)
			defer releaseRecords(list)
			want, err := aggregated(t, alloc, spec, list, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			sealed := rng.IntN(2) == 0
			sp := space(t, spill.Options{Encrypt: sealed})
			got, err := aggregated(t, alloc, spec, list, sp, 48<<10)
			if err != nil {
				t.Fatal(err)
			}
			if sp.Peak() == 0 {
				t.Error("nothing was spilled")
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d groups, want %d", len(got), len(want))
				for i := range min(len(got), len(want)) {
					if got[i] != want[i] {
						t.Fatalf("%s\nwant %s", got[i], want[i])
					}
				}
			}
		})
	}
}

// TestSpillKeys spills groups of every type of key, alone and two together, with several aggregates: one of a set, which makes groups in
// memory go to disk, too.
func TestSpillKeys(t *testing.T) {
	fns := everyAggregate(t)
	several := []*aggregate.Function{fns["distinct count[utf8]"], fns["sum[float64]"], fns["avg[float64]"], fns["min[utf8]"], fns["count[]"]}
	types := []arrow.DataType{tBool, tInt16, tInt32, tInt64, tFloat32, tFloat64, tMoney, aggregate.Wide, tText, tBytes, tDate, tTime, tStamp, tInterval, tUUID}
	var keys [][]arrow.DataType
	for i, dt := range types {
		keys = append(keys, []arrow.DataType{dt}, []arrow.DataType{dt, types[(i+8)%len(types)]})
	}
	for _, k := range keys {
		t.Run(fmt.Sprint(k), func(t *testing.T) {
			alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer alloc.AssertSize(t, 0)
			rng := rand.New(rand.NewPCG(3, 3))
			spec := spillSpec(k, several...)
			list := partials(t, alloc, spec, rng, 900, 10, 400)
			defer releaseRecords(list)
			want, err := aggregated(t, alloc, spec, list, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			sp := space(t, spill.Options{})
			limit := int64(64 << 10)
			if k[0] == tBool { // three groups of large sets
				limit = 160 << 10
			}
			got, err := aggregated(t, alloc, spec, list, sp, limit)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want) || sp.Peak() == 0 {
				t.Errorf("%d groups, want %d; %d bytes on disk", len(got), len(want), sp.Peak())
			}
		})
	}
}

// TestSpillNothing spills groups of which an aggregate has seen no value at all, of every kind.
func TestSpillNothing(t *testing.T) {
	fns := everyAggregate(t)
	for name, f := range fns {
		alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
		spec := spillSpec([]arrow.DataType{tInt64}, fns["distinct count[utf8]"], f)
		fields := spec.Input.Fields()
		fields[spec.Aggs[1].Inputs[0]].Name = absent
		spec.Input = arrow.NewSchema(fields, nil)
		list := partials(t, alloc, spec, rand.New(rand.NewPCG(4, 4)), 300, 4, 400)
		want, err := aggregated(t, alloc, spec, list, nil, 0)
		if err == nil {
			sp := space(t, spill.Options{})
			var got []string
			if got, err = aggregated(t, alloc, spec, list, sp, 40<<10); !slices.Equal(got, want) || sp.Peak() == 0 {
				t.Errorf("%s: %d groups, want %d; %d bytes on disk", name, len(got), len(want), sp.Peak())
			}
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		releaseRecords(list)
		alloc.AssertSize(t, 0)
	}
}

// TestSpillOneGroup wants more for one group than there is: that is refused by the name of the limit, as without disk.
func TestSpillOneGroup(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	rng := rand.New(rand.NewPCG(1, 1))
	for _, groups := range []int{1, 3} {
		spec := spillSpec([]arrow.DataType{tInt64}, everyAggregate(t)["distinct count[utf8]"])
		list := partials(t, alloc, spec, rng, groups, 20, 1000)
		_, err := aggregated(t, alloc, spec, list, space(t, spill.Options{}), 64<<10)
		releaseRecords(list)
		var limit *LimitError
		if !errors.As(err, &limit) || limit.Limit != LimitMemory {
			t.Errorf("%d groups: %v", groups, err)
		}
	}
}

// TestSpillGroupingSets spills several sets under one limit.
func TestSpillGroupingSets(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	fns := everyAggregate(t)
	hash := spillSpec([]arrow.DataType{tInt64, tText}, fns["sum[float64]"], fns["distinct count[int64]"])
	hash.Output = arrow.NewSchema(append(slices.Clone(hash.Output.Fields()), arrow.Field{Name: "set", Type: tInt32, Nullable: true}), nil)
	rng := rand.New(rand.NewPCG(5, 5))
	list := partials(t, alloc, hash, rng, 60, 20, 400)
	defer releaseRecords(list)
	run := func(sp *spill.Space, limit int64) []string {
		spec := GroupingSetsSpec{Groups: GroupsSpec{Hash: hash, Alloc: alloc, Account: NewAccount(0), Space: sp, BatchRows: 100}, Sets: [][]int{{0, 1}, {0}, {1}, {0, 1}}}
		spec.Groups.Hash.MaxBytes = limit
		g, err := NewGroupingSets(&listOperator{operator: operator{schema: hash.Input}, list: list}, spec)
		if err != nil {
			t.Fatal(err)
		}
		out, err := sortedRows(t, newChecker(g, alloc))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	want := run(nil, 0)
	sp := space(t, spill.Options{})
	if got := run(sp, 256<<10); !slices.Equal(got, want) || sp.Peak() == 0 {
		t.Errorf("%d groups, want %d; %d bytes on disk", len(got), len(want), sp.Peak())
	}
}

// TestSpillExits leaves an aggregate in every state that it can be in: nothing may be left of it.
func TestSpillExits(t *testing.T) {
	fns := everyAggregate(t)
	for _, fn := range []string{"count[]", "distinct count[utf8]"} {
		alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
		spec := spillSpec([]arrow.DataType{tText}, fns[fn])
		spec.MaxBytes = 48 << 10
		list := partials(t, alloc, spec, rand.New(rand.NewPCG(2, 2)), 2000, 10, 500)
		for stop := -1; stop < 40; stop++ {
			sp := space(t, spill.Options{})
			account := NewAccount(0)
			ctx, cancel := context.WithCancel(context.Background())
			in := &listOperator{operator: operator{schema: spec.Input}, list: list}
			if stop >= 0 && stop < 10 { // the input fails, or the caller gives up, after so many batches
				in.list, in.fail = list[:stop], errInput
				if stop%2 == 0 {
					in.fail = context.Canceled
				}
			}
			a, err := NewHashAggregate(in, GroupsSpec{Hash: spec, Alloc: alloc, Account: account, Space: sp, BatchRows: 100})
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; stop >= 0 && i <= stop-10; i++ { // or while the groups are read
				if _, err := a.Next(ctx); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatalf("batch %d: %v", i, err)
				}
			}
			if stop%3 == 0 {
				cancel()
			}
			if stop >= 0 {
				_, err = a.Next(ctx)
				if stop < 10 && !errors.Is(err, in.fail) && !errors.Is(err, context.Canceled) || stop >= 10 && stop%3 == 0 && !errors.Is(err, context.Canceled) && !errors.Is(err, io.EOF) {
					t.Errorf("stopped at %d: %v", stop, err)
				}
			}
			for range 2 {
				if err := a.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if account.Used() != 0 {
				t.Errorf("stopped at %d: %d bytes are accounted for", stop, account.Used())
			}
			cancel()
		}
		releaseRecords(list)
		alloc.AssertSize(t, 0)
	}
}

// TestSpillLimit runs out of the bytes allowed on disk, in every chunk once.
func TestSpillLimit(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	fns := everyAggregate(t)
	spec := spillSpec([]arrow.DataType{tText}, fns["distinct count[utf8]"])
	list := partials(t, alloc, spec, rand.New(rand.NewPCG(2, 2)), 2000, 10, 500)
	defer releaseRecords(list)
	refused := 0
	for limit := int64(2 << 10); limit < 4<<20; limit += limit / 3 {
		_, err := aggregated(t, alloc, spec, list, space(t, spill.Options{Limit: limit}), 48<<10)
		var full *spill.LimitError
		if err == nil {
			break
		}
		if refused++; !errors.As(err, &full) || full.SQLState() != "53400" {
			t.Fatal(err)
		}
	}
	if refused < 5 {
		t.Errorf("%d limits refused", refused)
	}
}

// TestSpillUnderPressure has room for its own groups, but not the engine for all queries.
func TestSpillUnderPressure(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	spec := spillSpec([]arrow.DataType{tInt64}, everyAggregate(t)["sum[float64]"])
	list := partials(t, alloc, spec, rand.New(rand.NewPCG(2, 2)), 100_000, 20, 5000)
	defer releaseRecords(list)
	total := NewTotal(8 << 20)
	total.Add(15 << 19) // others
	sp := space(t, spill.Options{})
	account := total.Query(0)
	a, err := NewHashAggregate(&listOperator{operator: operator{schema: spec.Input}, list: list}, GroupsSpec{Hash: spec, Alloc: alloc, Account: account, Space: sp})
	if err != nil {
		t.Fatal(err)
	}
	got, err := sortedRows(t, a)
	if err != nil {
		t.Fatal(err)
	}
	want, err := aggregated(t, alloc, spec, list, nil, 0)
	if err != nil || !slices.Equal(got, want) || sp.Peak() == 0 {
		t.Errorf("%d groups, want %d; %d bytes on disk; %v", len(got), len(want), sp.Peak(), err)
	}
}
