package aggregate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// tallies are how often each value occurs at each shard.
type tallies []map[string]int64

func (w tallies) all() map[string]int64 {
	out := map[string]int64{}
	for _, shard := range w {
		for v, n := range shard {
			out[v] += n
		}
	}
	return out
}

// ranked are the values by their numbers from above, then in order.
func ranked(of map[string]int64) []string {
	return slices.SortedFunc(maps.Keys(of), func(a, b string) int { return cmp.Or(cmp.Compare(of[b], of[a]), cmp.Compare(a, b)) })
}

// worlds are shards whose values are spread in different ways.
var worlds = map[string]func(rng *rand.Rand, shards int) tallies{
	"alike": func(rng *rand.Rand, shards int) tallies {
		return zipf(rng, shards, func(_, v int) string { return fmt.Sprintf("v%04d", v) })
	},
	"disjoint": func(rng *rand.Rand, shards int) tallies {
		return zipf(rng, shards, func(s, v int) string { return fmt.Sprintf("s%d-%04d", s, v) })
	},
	"half": func(rng *rand.Rand, shards int) tallies {
		return zipf(rng, shards, func(s, v int) string { return fmt.Sprintf("h%d-%04d", (s+v)%2*(s+1), v) })
	},
	"turned": func(rng *rand.Rand, shards int) tallies { // what is frequent at one is rare at the next
		return zipf(rng, shards, func(s, v int) string { return fmt.Sprintf("v%04d", (v+37*s)%500) })
	},
	"even": func(rng *rand.Rand, shards int) tallies {
		w := make(tallies, shards)
		for s := range w {
			w[s] = map[string]int64{}
			for v := range 300 {
				w[s][fmt.Sprintf("v%04d", v)] = 7 + int64(v%2)
			}
		}
		return w
	},
	"constant": func(_ *rand.Rand, shards int) tallies {
		w := make(tallies, shards)
		for s := range w {
			w[s] = map[string]int64{"only": int64(s + 1)}
		}
		return w
	},
}

func zipf(rng *rand.Rand, shards int, name func(shard, v int) string) tallies {
	draw := rand.NewZipf(rng, 1.1+rng.Float64(), 1+4*rng.Float64(), 499)
	w := make(tallies, shards)
	for s := range w {
		w[s] = map[string]int64{}
		for range rng.IntN(2000) {
			w[s][name(s, int(draw.Uint64()))]++
		}
	}
	return w
}

// rows are what shards send, a partial column in each place.
type rows [][]string

// topRows is what shards send of group 1 for approx_top_k.
func (w tallies) topRows(capacity int) (out rows, floors int64) {
	for _, shard := range w {
		list, floor := ranked(shard), int64(0)
		if len(list) > capacity {
			list, floor = list[:capacity], shard[list[capacity]]
		}
		once := floor
		for _, v := range list {
			out = append(out, []string{"1", v, fmt.Sprint(shard[v]), fmt.Sprint(floor), fmt.Sprint(once)})
			once = 0
		}
		floors += floor
	}
	return append(out, []string{"1", "NULL", "0", "0", "0"}, []string{"2", "NULL", "0", "0", "0"}, []string{"1", "NULL", "NULL", "NULL", "NULL"}), floors
}

func hashOf(v string) int64 {
	h := fnv.New64a()
	h.Write([]byte(v))
	x := h.Sum64()
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	return int64(x ^ x>>29)
}

// heavyRows is what shards send of group 1 for approx_heavy_hitters.
func (w tallies) heavyRows(s HeavySketch) (out rows) {
	for _, shard := range w {
		total, cells := int64(0), map[int64]int64{}
		for _, n := range shard {
			total += n
		}
		for v, n := range shard {
			h := hashOf(v)
			if n*Millionth >= s.Parts*total {
				out = append(out, []string{"1", fmt.Sprint(h), fmt.Sprint(n), v})
				continue
			}
			for j := range HeavyRows {
				cells[s.Cell(j, h)] += n
			}
		}
		for c, n := range cells {
			out = append(out, []string{"1", fmt.Sprint(c), fmt.Sprint(n), "NULL"})
		}
	}
	return append(out, []string{"1", "NULL", "0", "NULL"}, []string{"2", "NULL", "0", "NULL"}, []string{"1", "NULL", "NULL", "NULL"})
}

// values are the rows of the form in which all values arrive.
func (w tallies) values() (out rows) {
	for _, shard := range w {
		for v, n := range shard {
			out = append(out, []string{"1", v, fmt.Sprint(n)})
		}
	}
	return append(out, []string{"1", "NULL", "3"}, []string{"2", "NULL", "3"})
}

type answer struct {
	Value        string
	Count, Error int64
	Certain      bool
}

// mergeLists merges rows in some order and some batches.
func mergeLists(t testing.TB, name string, o SketchOptions, in rows, rng *rand.Rand) (string, []answer) {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	f, err := LookupSketch(name, typesOf(t, "text"), o)
	if err != nil {
		t.Fatal(err)
	}
	spec := plainSpec([]arrow.Field{key("k", types["int32"])}, f)
	rng.Shuffle(len(in), func(i, j int) { in[i], in[j] = in[j], in[i] })
	var batches []arrow.Record
	for len(in) > 0 {
		n := 1 + rng.IntN(min(len(in), 1000))
		cols := make([]arrow.Array, spec.Input.NumFields())
		for c := range cols {
			var words []string
			for _, r := range in[:n] {
				words = append(words, r[c])
			}
			cols[c] = parse(t, alloc, spec.Input.Field(c).Type, strings.Join(words, " "))
		}
		batches, in = append(batches, record(t, spec.Input, cols...)), in[n:]
	}
	defer func() {
		for _, b := range batches {
			b.Release()
		}
	}()
	lines, err := merge(t, alloc, spec, batches...)
	if err != nil {
		t.Fatal(err)
	}
	var text string
	for _, l := range lines {
		if rest, ok := strings.CutPrefix(l, "1|"); ok {
			text = rest
		} else if l != "2|NULL" {
			t.Fatalf("a group without values has %s", l)
		}
	}
	var list []answer
	if text != "NULL" {
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	return text, list
}

// checkBounds: what is listed occurs as often as its bounds say, and stands in order.
func checkBounds(t *testing.T, list []answer, truth map[string]int64) {
	t.Helper()
	for i, a := range list {
		if n := truth[a.Value]; n < a.Count || n > a.Count+a.Error {
			t.Errorf("%q occurs %d times, not from %d to %d", a.Value, n, a.Count, a.Count+a.Error)
		}
		if i > 0 && cmp.Or(cmp.Compare(list[i-1].Count, a.Count), cmp.Compare(a.Value, list[i-1].Value)) <= 0 {
			t.Errorf("%v stands before %v", list[i-1], a)
		}
	}
}

func everyWorld(t *testing.T, check func(t *testing.T, w tallies, rng *rand.Rand)) {
	for name, make := range worlds {
		for _, shards := range []int{1, 2, 7, 64} {
			t.Run(fmt.Sprintf("%s over %d", name, shards), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(uint64(shards), uint64(len(name))))
				for range 2 {
					check(t, make(rng, shards), rng)
				}
			})
		}
	}
}

func TestTopK(t *testing.T) {
	everyWorld(t, func(t *testing.T, w tallies, rng *rand.Rand) {
		truth := w.all()
		best := ranked(truth)
		k := 1 + rng.IntN(20)
		o := SketchOptions{K: k, Capacity: k + rng.IntN(60)}
		in, floors := w.topRows(o.Capacity)
		text, list := mergeLists(t, "approx_top_k", o, in, rng)
		if again, _ := mergeLists(t, "approx_top_k", o, in, rng); again != text {
			t.Fatalf("in another order:\n%s\n%s", text, again)
		}
		checkBounds(t, list, truth)
		if len(list) != min(k, len(truth)) {
			t.Fatalf("%d values of %d listed, %d asked for", len(list), len(truth), k)
		}
		seen := map[string]bool{}
		for _, a := range list {
			seen[a.Value] = true
			if a.Certain && slices.Index(best, a.Value) >= k {
				t.Errorf("%q is said to be certain, and is number %d", a.Value, slices.Index(best, a.Value)+1)
			}
			if a.Error > floors {
				t.Errorf("%q: error %d of floors that are %d together", a.Value, a.Error, floors)
			}
		}
		for v, n := range truth {
			if !seen[v] && n > list[len(list)-1].Count+floors {
				t.Errorf("%q occurs %d times and is not listed", v, n)
			}
		}
		if floors == 0 {
			checkExactTop(t, list, best[:len(list)])
		}
	})
}

func checkExactTop(t *testing.T, list []answer, want []string) {
	t.Helper()
	for i, a := range list {
		if a.Value != want[i] || a.Error != 0 || !a.Certain {
			t.Errorf("number %d is %v, want %q", i+1, a, want[i])
		}
	}
}

// TestTopKCertain: what could be more frequent, seen or not, makes a value uncertain; what has exactly its share has it.
func TestTopKCertain(t *testing.T) {
	two := rows{{"1", "a", "10", "4", "4"}, {"1", "b", "9", "3", "3"}} // of two lists: b may occur 13 times
	halves := rows{{"1", "7", "5", "a"}, {"1", "8", "5", "b"}}
	for _, c := range []struct {
		name string
		o    SketchOptions
		in   rows
		want string
	}{
		{"approx_top_k", SketchOptions{K: 1, Capacity: 1}, two, "a 10 3 false"},
		{"approx_top_k", SketchOptions{K: 2, Capacity: 1}, two, "a 10 3 true, b 9 4 true"},
		{"approx_top_k", SketchOptions{K: 1, Capacity: 1}, rows{{"1", "a", "5", "5", "5"}}, "a 5 0 false"}, // one that the list leaves out may come before a
		{"approx_top_k", SketchOptions{K: 1, Capacity: 1}, rows{{"1", "a", "5", "4", "4"}}, "a 5 0 true"},
		{"approx_top_k", SketchOptions{K: 1, Capacity: 2}, rows{{"1", "b", "5", "0", "0"}, {"1", "a", "5", "0", "0"}}, "a 5 0 true"},
		{"approx_heavy_hitters", SketchOptions{Share: 0.5}, slices.Concat(halves, rows{{"2", "NULL", "0", "NULL"}}), "a 5 0 true, b 5 0 true"},
		{"approx_heavy_hitters", SketchOptions{Share: 0.500001}, halves, ""},
	} {
		_, list := mergeLists(t, c.name, c.o, slices.Clone(c.in), rand.New(rand.NewPCG(1, 2)))
		var got []string
		for _, a := range list {
			got = append(got, fmt.Sprint(a.Value, " ", a.Count, a.Error, a.Certain))
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s %+v of %v: %v, want %s", c.name, c.o, c.in, got, c.want)
		}
	}
}

// TestTopKOfAll: with room for all values, or where all arrive, nothing is estimated.
func TestTopKOfAll(t *testing.T) {
	everyWorld(t, func(t *testing.T, w tallies, rng *rand.Rand) {
		best := ranked(w.all())
		in, _ := w.topRows(1 << 20)
		_, list := mergeLists(t, "approx_top_k", SketchOptions{K: 10, Capacity: 1 << 20}, in, rng)
		checkExactTop(t, list, best[:min(10, len(best))])
		_, byValue := mergeLists(t, "approx_top_k", SketchOptions{K: 10, Capacity: 100, ByValue: true}, w.values(), rng)
		checkExactTop(t, byValue, best[:min(10, len(best))])
		if !slices.Equal(list, byValue) {
			t.Errorf("by value %v, by lists %v", byValue, list)
		}
	})
}

func TestHeavyHitters(t *testing.T) {
	loose, listed := 0, 0
	everyWorld(t, func(t *testing.T, w tallies, rng *rand.Rand) {
		truth, total := w.all(), int64(0)
		for _, n := range truth {
			total += n
		}
		share := []float64{0.002, 0.01, 0.05, 0.2, 1}[rng.IntN(5)]
		s := HeavySketchFor(share)
		in := w.heavyRows(s)
		text, list := mergeLists(t, "approx_heavy_hitters", SketchOptions{Share: share}, in, rng)
		if again, _ := mergeLists(t, "approx_heavy_hitters", SketchOptions{Share: share}, in, rng); again != text {
			t.Fatalf("in another order:\n%s\n%s", text, again)
		}
		checkBounds(t, list, truth)
		seen := map[string]bool{}
		for _, a := range list {
			seen[a.Value] = true
			listed++
			if float64(a.Error) > s.Epsilon*float64(total) {
				loose++
			}
			if sure := a.Count*Millionth >= s.Parts*total; a.Certain != sure || (a.Count+a.Error)*Millionth < s.Parts*total {
				t.Errorf("%v of %d: certain is %v", a, total, sure)
			}
		}
		var heavy []string
		for _, v := range ranked(truth) {
			if truth[v]*Millionth < s.Parts*total {
				continue
			}
			if heavy = append(heavy, v); !seen[v] {
				t.Errorf("%q has %d of %d rows and is not listed", v, truth[v], total)
			}
		}
		_, exact := mergeLists(t, "approx_heavy_hitters", SketchOptions{Share: share, ByValue: true}, w.values(), rng)
		if len(exact) != len(heavy) {
			t.Errorf("by value %d are heavy, want %d", len(exact), len(heavy))
		}
		checkExactTop(t, exact, heavy)
	})
	if most := 1 - HeavySketchFor(0.01).Certainty; float64(loose) > 2*most*float64(listed) {
		t.Errorf("%d of %d bounds are too loose", loose, listed)
	}
}

// TestHeavyCells: the numbers of counters are those that shards compute with integers, rounding to zero.
func TestHeavyCells(t *testing.T) {
	s := HeavySketchFor(0.01)
	if s.Width != 4096 || s.Parts != 10_000 {
		t.Errorf("sketch %+v", s)
	}
	for _, c := range []struct {
		j    int
		hash int64
		want int64
	}{{0, 5, 5}, {0, -1, 4095}, {1, 5 << 16, 4096 + 5}, {1, -5 << 16, 4096 + 4091}, {3, 7<<48 + 1, 3*4096 + 7}, {3, -1, 3 * 4096}} {
		if got := s.Cell(c.j, c.hash); got != c.want {
			t.Errorf("row %d counts %d in %d, want %d", c.j, c.hash, got, c.want)
		}
	}
	for share, width := range map[float64]int64{1: 256, 0.1: 512, 0.0001: 65536} {
		if got := HeavySketchFor(share).Width; got != width {
			t.Errorf("share %g: width %d, want %d", share, got, width)
		}
	}
}

// TestListedValues: values of all types are written as jsonb writes them.
func TestListedValues(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"int16", "-7", "-7"}, {"int64", "9223372036854775807", "9223372036854775807"},
		{"n(10,2)", "1.50", "1.50"}, {"numeric", "0.1", "0.1"},
		{"float64", "-0", "0"}, {"float64", "1e20", "100000000000000000000"}, {"float64", "1e-7", "0.0000001"}, {"float64", "NaN", `"NaN"`},
		{"float32", "0.1", "0.1"}, {"bool", "true", "true"}, {"text", `a"\`, `"a\"\\"`}, {"text", "''", `""`},
		{"date", "2024-02-29", `"2024-02-29"`}, {"timestamp", "2024-02-29T01:02:03.5", `"2024-02-29T01:02:03.5"`},
	} {
		alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
		f, err := LookupSketch("approx_top_k", typesOf(t, c.name), SketchOptions{K: 1, Capacity: 1, ByValue: true})
		if err != nil {
			t.Fatal(err)
		}
		spec := plainSpec(nil, f)
		rec := record(t, spec.Input, parse(t, alloc, f.Args[0], c.in), parse(t, alloc, types["int64"], "2"))
		lines, err := merge(t, alloc, spec, rec)
		rec.Release()
		if want := `[{"count": 2, "error": 0, "value": ` + c.want + `, "certain": true}]`; err != nil || lines[0] != want {
			t.Errorf("%s: %v, %v, want %s", c.name, lines, err, want)
		}
		alloc.AssertSize(t, 0)
	}
}

func TestListsRefuse(t *testing.T) {
	for _, c := range []struct {
		name string
		args []arrow.DataType
		o    SketchOptions
	}{
		{"approx_top_k", typesOf(t, "text", "text"), SketchOptions{K: 1}}, {"approx_top_k", typesOf(t, "text"), SketchOptions{}},
		{"approx_top_k", typesOf(t, "text"), SketchOptions{K: 1, Mixed: true}}, {"approx_heavy_hitters", typesOf(t, "text"), SketchOptions{Share: 0.5, Mixed: true}},
		{"approx_heavy_hitters", typesOf(t, "text"), SketchOptions{Share: 1.5}}, {"approx_heavy_hitters", []arrow.DataType{arrow.ListOf(types["int32"])}, SketchOptions{Share: 0.5}},
	} {
		if f, err := LookupSketch(c.name, c.args, c.o); err == nil {
			t.Errorf("%s %v %+v is %v", c.name, c.args, c.o, f)
		}
	}
	alloc := memory.NewGoAllocator()
	f, err := LookupSketch("approx_top_k", typesOf(t, "text"), SketchOptions{K: 1, Capacity: 1})
	if err != nil {
		t.Fatal(err)
	}
	spec := plainSpec(nil, f)
	big := "9223372036854775807 1"
	for _, cols := range [][]string{{"a a", big, "0 0", "0 0"}, {"a a", "1 1", big, "0 0"}, {"a b", "1 1", "0 0", big}} {
		var in []arrow.Array
		for i, c := range cols {
			in = append(in, parse(t, alloc, spec.Input.Field(i).Type, c))
		}
		if got, err := merge(t, alloc, spec, record(t, spec.Input, in...)); err == nil || !strings.Contains(err.Error(), "22003") {
			t.Errorf("%v: %v, %v", cols, got, err)
		}
	}
}
