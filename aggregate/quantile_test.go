package aggregate

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/scalar"
)

// populations are what percentiles are estimated of; NaN stands for NULL.
var populations = map[string]func(r *rand.Rand, n int) float64{
	"uniform":  func(r *rand.Rand, _ int) float64 { return r.Float64() * 1000 },
	"integers": func(r *rand.Rand, _ int) float64 { return float64(r.IntN(2000) - 1000) },
	"zipf": func(r *rand.Rand, n int) float64 {
		return float64(rand.NewZipf(r, 1.2, 1, uint64(n)+1).Uint64())
	},
	"constant":  func(*rand.Rand, int) float64 { return 123456.789 },
	"bimodal":   func(r *rand.Rand, _ int) float64 { return float64(r.IntN(2))*1e9 + r.NormFloat64() },
	"normal":    func(r *rand.Rand, _ int) float64 { return r.NormFloat64() },
	"lognormal": func(r *rand.Rand, _ int) float64 { return math.Exp(40 * r.NormFloat64()) },
	"mostly NULL": func(r *rand.Rand, _ int) float64 {
		if r.IntN(100) > 0 {
			return math.NaN()
		}
		return r.ExpFloat64()
	},
	"edges": func(r *rand.Rand, _ int) float64 { // of buckets
		return math.Exp(float64(r.IntN(100000)-50000)*0.01) * (1 + (r.Float64()-0.5)*1e-12)
	},
}

// asEngine is the number of the bucket of x as an engine computes it whose logarithms are up to slip off, as far as the last bits go.
func asEngine(x, alpha, slip float64) int64 {
	if x == 0 {
		return 0
	}
	n := scalar.BucketOffset + int64(math.Floor(math.Log(math.Abs(x))*(1+slip)/(2*alpha)))
	if x < 0 {
		return -n
	}
	return n
}

func floatsOf(alloc memory.Allocator, list []float64) arrow.Array {
	b := array.NewFloat64Builder(alloc)
	defer b.Release()
	for _, v := range list {
		if math.IsNaN(v) {
			b.AppendNull()
		} else {
			b.Append(v)
		}
	}
	return b.NewArray()
}

// histogramOf is what a shard sends for its values, in any order.
func histogramOf(alloc memory.Allocator, list []float64, alpha, slip float64) []arrow.Array {
	counts, nulls := map[int64]int64{}, int64(0)
	for _, x := range list {
		if math.IsNaN(x) {
			nulls++
		} else {
			counts[asEngine(x, alpha, slip)]++
		}
	}
	b, c := array.NewInt32Builder(alloc), array.NewInt64Builder(alloc)
	defer b.Release()
	defer c.Release()
	for n, times := range counts {
		b.Append(int32(n))
		c.Append(times)
	}
	b.AppendNull()
	c.Append(nulls)
	return []arrow.Array{b.NewArray(), c.NewArray()}
}

func percentileOf(t *testing.T, p, alpha float64, byValue bool) *Function {
	t.Helper()
	o := SketchOptions{Alpha: alpha, ByValue: byValue, Constant: text(strconv.FormatFloat(p, 'g', -1, 64))}
	f, err := LookupSketch("approx_percentile", typesOf(t, "float64", "float64"), o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// merged merges what shards send, in any order, some of it added up before.
func merged(t *testing.T, alloc memory.Allocator, f *Function, sent [][]arrow.Array, r *rand.Rand) float64 {
	t.Helper()
	spec := plainSpec(nil, f)
	var batches []arrow.Record
	for _, i := range r.Perm(len(sent)) {
		batches = append(batches, record(t, spec.Input, sent[i]...))
	}
	got, err := merge(t, alloc, spec, batches...)
	for _, b := range batches {
		b.Release()
	}
	if err != nil {
		t.Fatal(err)
	}
	if got[0] == "NULL" {
		return math.NaN()
	}
	v, err := strconv.ParseFloat(got[0], 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestQuantileError: of every population, on any number of shards whose logarithms differ, each percentile is as near to the exact one as
// the relative error says; and what is made of values, of shards taken together or in another order is as near, too.
func TestQuantileError(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	for name, draw := range populations {
		for _, shards := range []int{1, 2, 7, 64} {
			for _, n := range []int{0, 1, 2, 10, 3000} {
				for _, alpha := range []float64{0.001, 0.005, 0.1} {
					r := rand.New(rand.NewPCG(uint64(shards), uint64(n)))
					holdQuantiles(t, alloc, fmt.Sprintf("%s, %d on %d shards, %g", name, n, shards, alpha), draw, n, shards, alpha, r)
				}
			}
		}
	}
}

func holdQuantiles(t *testing.T, alloc memory.Allocator, what string, draw func(*rand.Rand, int) float64, n, shards int, alpha float64, r *rand.Rand) {
	t.Helper()
	at := make([][]float64, shards)
	var known []float64
	for range n {
		x := draw(r, n)
		s := r.IntN(shards)
		at[s] = append(at[s], x)
		if !math.IsNaN(x) {
			known = append(known, x)
		}
	}
	slices.Sort(known)
	p := []float64{0, 1, 0.5, r.Float64(), 0.999}[r.IntN(5)]
	want := math.NaN()
	if len(known) > 0 {
		want = known[max(int(math.Ceil(p*float64(len(known)))), 1)-1]
	}
	var pushed, values, fewer [][]arrow.Array
	for i, list := range at {
		pushed = append(pushed, histogramOf(alloc, list, alpha, float64(i%5-2)*1e-15))
		ones := array.NewInt64Builder(alloc)
		for range list {
			ones.Append(1)
		}
		values = append(values, []arrow.Array{floatsOf(alloc, list), ones.NewArray()})
		ones.Release()
	}
	for i := 0; i < shards; i += 3 { // three shards' values at one
		fewer = append(fewer, histogramOf(alloc, slices.Concat(at[i:min(i+3, shards)]...), alpha, 0))
	}
	f, byValue := percentileOf(t, p, alpha, false), percentileOf(t, p, alpha, true)
	for how, got := range map[string]float64{"pushed": merged(t, alloc, f, pushed, r), "by value": merged(t, alloc, byValue, values, r), "fewer": merged(t, alloc, f, fewer, r)} {
		if math.IsNaN(want) != math.IsNaN(got) || math.Abs(got-want) > alpha*math.Abs(want) {
			t.Errorf("%s, %s: %v at %v, exactly %v: off by %g", what, how, got, p, want, math.Abs(got/want-1))
		}
	}
}

// TestQuantileValues: what stands for a bucket, of values at the ends of each type, and in which order.
func TestQuantileValues(t *testing.T) {
	for _, c := range []struct {
		typ, values, p, want string
	}{
		{"float64", "NaN inf 1 NULL", "1", "NaN"},
		{"float64", "NaN inf 1", "0.5", "+Inf"},
		{"float64", "-inf 0 1", "0", "-Inf"},
		{"float64", "-1e300 -0 0 1", "0.5", "0"},
		{"float64", "NULL NULL", "0.5", "NULL"},
		{"float64", "1.7976931348623157e308", "1", "1.7976931348623157e+308 ± 0.005"},
		{"float64", "-1.7976931348623157e308", "1", "-1.7976931348623157e+308 ± 0.005"},
		{"float64", "2.2250738585072014e-308", "1", "2.2250738585072014e-308 ± 0.005"},
		{"float64", "5e-324 NULL", "1", "5e-324"},
		{"float32", "0.1", "1", "0.10000000149011612 ± 0.005"},
		{"int16", "-32768 99 3", "0.5", "3"},
		{"int16", "-32768 99 3", "0", "-32768 ± 0.005"},
		{"int32", "1 2 3 4", "0.5", "2"},
		{"int64", "-9223372036854775808 9223372036854775807", "0", "-9223372036854775808 ± 0.005"},
		{"int64", "98 98 97", "0.9", "98"},
		{"n(10,2)", "0.98 0.07 -0.33", "1", "0.98"},
		{"n(10,2)", "0.98 0.07 -0.33", "0", "-0.33"},
		{"n(10,2)", "99999999.99", "0", "99999999.99 ± 0.005"},
		{"numeric", "99999999999999999999999999999999999999", "0", "99999999999999999999999999999999999999 ± 0.005"},
		{"numeric", "0.00000000000000000000000000000000000001", "0", "1e-38"},
		{"date", "1970-01-01 2024-02-29 0001-01-01 NULL", "0", "0001-01-01"},
		{"date", "1970-01-01 2024-02-29 0001-01-01 NULL", "1", "2024-02-29"},
		{"timestamp", "1970-01-01T00:00:00 1969-12-31T23:59:59.999999", "0", "1969-12-31 23:30:00Z"},
		{"timestamp", "1970-01-01T00:00:00 1969-12-31T23:59:59.999999", "1", "1970-01-01 00:30:00Z"},
		{"timestamp", "9999-12-31T23:59:59.999999", "1", "9999-12-31 23:30:00Z"},
	} {
		alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
		f, err := LookupSketch("approx_percentile", typesOf(t, c.typ, "float64"), SketchOptions{Alpha: 0.005, Width: 3600e6, ByValue: true, Constant: text(c.p)})
		if err != nil {
			t.Fatal(c.typ, err)
		}
		spec := plainSpec(nil, f)
		rec := record(t, spec.Input, parse(t, alloc, types[c.typ], c.values), parse(t, alloc, types["int64"], strings.Repeat("1 ", len(strings.Fields(c.values)))))
		got, err := merge(t, alloc, spec, rec)
		rec.Release()
		want, within, near := strings.Cut(c.want, " ± ")
		if err != nil || !near && got[0] != want {
			t.Errorf("%s %s at %s: %q %v, want %s", c.typ, c.values, c.p, got, err, c.want)
		}
		if near {
			g, _ := strconv.ParseFloat(got[0], 64)
			x, _ := strconv.ParseFloat(want, 64)
			most, _ := strconv.ParseFloat(within, 64)
			if !(math.Abs(g-x) <= most*math.Abs(x)) {
				t.Errorf("%s %s at %s: %q, want %s", c.typ, c.values, c.p, got, c.want)
			}
		}
		alloc.AssertSize(t, 0)
	}
}

// TestQuantileInfiniteMoments: infinities are sent as the ends of the numbers, and come back as the ends of the type.
func TestQuantileInfiniteMoments(t *testing.T) {
	for _, c := range []struct {
		typ, bucket, numbers string
		least, most          int64
	}{
		{"date", "int32", "-2147483647 0 2147483647", math.MinInt32, math.MaxInt32},
		{"timestamp", "int64", "-9223372036854775807 0 9223372036854775807", math.MinInt64, math.MaxInt64},
	} {
		for p, want := range map[string]int64{"0": c.least, "1": c.most} {
			f, err := LookupSketch("approx_percentile", typesOf(t, c.typ, "float64"), SketchOptions{Width: 3600e6, Constant: text(p)})
			if err != nil {
				t.Fatal(err)
			}
			h, err := NewHash(memory.DefaultAllocator, plainSpec(nil, f))
			if err != nil {
				t.Fatal(err)
			}
			rec := record(t, h.spec.Input, parse(t, memory.DefaultAllocator, types[c.bucket], c.numbers), parse(t, memory.DefaultAllocator, types["int64"], "1 1 1"))
			if err := h.Consume(t.Context(), rec); err != nil {
				t.Fatal(err)
			}
			r := h.Results(1)
			out, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			var got int64
			switch a := out.Column(0).(type) {
			case *array.Date32:
				got = int64(a.Value(0))
			case *array.Timestamp:
				got = int64(a.Value(0))
			}
			if got != want {
				t.Errorf("%s at %s: %d, want %d", c.typ, p, got, want)
			}
			r.Close()
			h.Release()
		}
	}
}

func TestQuantileRefuses(t *testing.T) {
	half := text("0.5")
	for _, c := range []struct {
		types string
		o     SketchOptions
	}{
		{"text float64", SketchOptions{Alpha: 0.005, Constant: half}}, {"interval float64", SketchOptions{Alpha: 0.005, Width: 1e6, Constant: half}},
		{"float64", SketchOptions{Alpha: 0.005, Constant: half}}, {"float64 int32", SketchOptions{Alpha: 0.005, Constant: half}},
		{"float64 float64", SketchOptions{Alpha: 0.005}}, {"float64 float64", SketchOptions{Alpha: 0.0009, Constant: half}},
		{"float64 float64", SketchOptions{Alpha: 0.11, Constant: half}}, {"float64 float64", SketchOptions{Alpha: 0.005, Constant: text("x")}},
		{"timestamp float64", SketchOptions{Constant: half}}, {"timestamp float64", SketchOptions{Width: 999_999, Constant: half}},
		{"float64 float64", SketchOptions{Alpha: 0.005, Constant: half, Mixed: true}},
	} {
		_, err := LookupSketch("approx_percentile", typesOf(t, strings.Fields(c.types)...), c.o)
		var e *Error
		if !errors.As(err, &e) || e.SQLState != "42883" {
			t.Errorf("%s %+v: %v", c.types, c.o, err)
		}
	}
	for _, c := range []struct {
		p    float64
		col  string
		max  int64
		want string
	}{{1.5, "1", 0, "22003"}, {math.NaN(), "1", 0, "22003"}, {0.5, "-1", 0, "22003"}, {0.5, "9223372036854775807", 0, "22003"}, {0.5, "1", 500, "53200"}} {
		spec := plainSpec(nil, percentileOf(t, c.p, 0.005, false))
		spec.MaxBytes = c.max
		rec := record(t, spec.Input, parse(t, memory.DefaultAllocator, types["int32"], "1048576 1048577"), parse(t, memory.DefaultAllocator, types["int64"], c.col+" 1"))
		_, err := merge(t, memory.DefaultAllocator, spec, rec)
		var e *Error
		var l *LimitError
		if !(errors.As(err, &e) && e.SQLState == c.want || errors.As(err, &l) && l.SQLState() == c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
