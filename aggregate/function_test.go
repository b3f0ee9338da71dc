package aggregate

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

const (
	ints   = "1 2 2 NULL 7"
	bigint = "9223372036854775807 -5 9223372036854775807 NULL 3"
	decs   = "1.10 2.25 2.25 NULL -9.99"
	wides  = "0.1 1000000000000000000000000000000 12345678901234567890.123456789 NULL -3"
	floats = "1.5 -2.25 1e10 NULL 0.1"
	others = "2 3.5 -7 4 0.2"
)

// cases holds answers of PostgreSQL 15 (numerics without trailing zeros).
var cases = []struct {
	name     string
	distinct bool
	types    string
	args     []string
	want     string
}{
	{"count", false, "", []string{ints}, "5"},
	{"count", false, "int32", []string{ints}, "4"},
	{"count", true, "int32", []string{ints}, "3"},
	{"count", true, "text", []string{"a b a NULL ''"}, "3"},
	{"count", true, "float64", []string{"0 -0 NaN NaN 1"}, "3"},
	{"count", true, "numeric", []string{"1 1.0 2 NULL NULL"}, "2"},
	{"count", false, "int32", []string{"NULL NULL"}, "0"},
	{"sum", false, "int16", []string{ints}, "12"},
	{"sum", false, "int32", []string{ints}, "12"},
	{"sum", false, "int32", []string{"NULL NULL"}, "NULL"},
	{"sum", true, "int32", []string{ints}, "10"},
	{"sum", false, "int64", []string{bigint}, "18446744073709551612"},
	{"sum", true, "int64", []string{bigint}, "9223372036854775805"},
	{"sum", false, "n(10,2)", []string{decs}, "-4.39"},
	{"sum", false, "n(30,5)", []string{decs}, "-4.39"},
	{"sum", true, "n(30,5)", []string{decs}, "-6.64"},
	{"sum", false, "numeric", []string{wides}, "1000000000012345678901234567887.223456789"},
	{"sum", false, "float64", []string{floats}, "9999999999.35"},
	{"sum", false, "float64", []string{"inf 1"}, "+Inf"},
	{"sum", false, "float64", []string{"-0 NULL"}, "-0"},
	{"sum", false, "float32", []string{"1.5 2"}, "3.5"},
	{"avg", false, "int32", []string{ints}, "3"},
	{"avg", true, "int32", []string{ints}, "3.3333333333333333"},
	{"avg", false, "int64", []string{bigint}, "4611686018427387903"},
	{"avg", false, "n(10,2)", []string{decs}, "-1.0975"},
	{"avg", true, "n(10,2)", []string{decs}, "-2.2133333333333333"},
	{"avg", false, "numeric", []string{wides}, "250000000003086419725308641971.805864197"},
	{"avg", false, "numeric", []string{"0.000000001 0.000000002"}, "0.0000000015"},
	{"avg", false, "float64", []string{floats}, "2499999999.8375"},
	{"avg", false, "float64", []string{"inf 1"}, "+Inf"},
	{"avg", false, "float64", []string{"-0"}, "0"},
	{"max", false, "interval", []string{`{"months":1,"days":0,"nanoseconds":0} {"months":0,"days":30,"nanoseconds":1000} {"months":0,"days":29,"nanoseconds":0}`}, `{"months":0,"days":30,"nanoseconds":1000}`},
	{"avg", false, "int32", []string{"NULL"}, "NULL"},
	{"var_pop", false, "int32", []string{ints}, "5.5"},
	{"var_samp", false, "int32", []string{ints}, "7.3333333333333333"},
	{"variance", false, "int32", []string{"5"}, "NULL"},
	{"stddev_pop", false, "int32", []string{ints}, "2.3452078799117148"},
	{"stddev", false, "int32", []string{ints}, "2.7080128015453201"},
	{"stddev_samp", true, "int32", []string{ints}, "3.2145502536643183"},
	{"var_pop", false, "n(10,2)", []string{decs}, "26.57926875"},
	{"var_samp", false, "n(10,2)", []string{decs}, "35.439025"},
	{"var_pop", true, "n(10,2)", []string{decs}, "30.4586888888888889"},
	{"stddev_pop", false, "n(10,2)", []string{decs}, "5.1555085830594832"},
	{"stddev_samp", false, "n(10,2)", []string{decs}, "5.9530685364776374"},
	{"var_pop", false, "int32", []string{"4 4 4"}, "0"},
	{"var_pop", false, "float64", []string{floats}, "1.87500000008125e+19"},
	{"var_pop", true, "float64", []string{floats}, "1.87500000008125e+19"},
	{"var_samp", false, "float64", []string{floats}, "2.500000000108333e+19"},
	{"stddev_pop", false, "float64", []string{floats}, "4330127019.016012"},
	{"stddev_samp", false, "float64", []string{floats}, "5000000000.108333"},
	{"var_pop", false, "float64", []string{"inf 1"}, "NaN"},
	{"var_pop", true, "float64", []string{"inf 1"}, "NaN"},
	{"var_pop", false, "float64", []string{"nan"}, "NaN"},
	{"var_samp", false, "float64", []string{"nan"}, "NULL"},
	{"min", false, "int16", []string{ints}, "1"},
	{"max", false, "int32", []string{ints}, "7"},
	{"min", false, "int64", []string{bigint}, "-5"},
	{"min", false, "n(10,2)", []string{decs}, "-9.99"},
	{"max", false, "n(10,2)", []string{decs}, "2.25"},
	{"min", false, "numeric", []string{wides}, "-3"},
	{"max", true, "numeric", []string{wides}, "1000000000000000000000000000000"},
	{"max", false, "float64", []string{"1 NaN inf"}, "NaN"},
	{"min", false, "float64", []string{"NaN -inf 3"}, "-Inf"},
	{"max", false, "float32", []string{"1 2"}, "2"},
	{"min", false, "text", []string{"b B NULL a"}, "B"},
	{"max", false, "text", []string{"b é z"}, "é"},
	{"min", false, "text", []string{"NULL '' a"}, ""},
	{"min", false, "date", []string{"2020-01-01 1899-12-31"}, "1899-12-31"},
	{"bool_and", false, "bool", []string{"true NULL true"}, "true"},
	{"every", false, "bool", []string{"true false"}, "false"},
	{"bool_or", true, "bool", []string{"false true"}, "true"},
	{"bool_or", false, "bool", []string{"NULL"}, "NULL"},
	{"bit_and", false, "int32", []string{ints}, "0"},
	{"bit_or", false, "int64", []string{ints}, "7"},
	{"bit_xor", false, "int16", []string{ints}, "6"},
	{"bit_xor", true, "int32", []string{ints}, "4"},
	{"covar_pop", false, "float64 float64", []string{floats, others}, "-16687500001.266563"},
	{"covar_samp", false, "float64 float64", []string{floats, others}, "-22250000001.68875"},
	{"corr", false, "float64 float64", []string{floats, others}, "-0.9569892473637277"},
	{"regr_count", false, "float64 float64", []string{floats, others}, "4"},
	{"regr_avgx", false, "float64 float64", []string{floats, others}, "-0.325"},
	{"regr_avgy", false, "float64 float64", []string{floats, others}, "2499999999.8375"},
	{"regr_sxx", false, "float64 float64", []string{floats, others}, "64.8675"},
	{"regr_syy", false, "float64 float64", []string{floats, others}, "7.500000000325e+19"},
	{"regr_sxy", false, "float64 float64", []string{floats, others}, "-66750000005.06625"},
	{"regr_slope", false, "float64 float64", []string{floats, others}, "-1029020696.1123251"},
	{"regr_intercept", false, "float64 float64", []string{floats, others}, "2165568273.6009946"},
	{"regr_r2", false, "float64 float64", []string{floats, others}, "0.9158284195697939"},
	{"corr", false, "float64 float64", []string{"2 3 5", "1 1 1"}, "NULL"},
	{"regr_r2", false, "float64 float64", []string{"1 1 1", "2 3 5"}, "1"},
	{"regr_r2", false, "float64 float64", []string{"2 3 5", "1 1 1"}, "NULL"},
	{"regr_slope", false, "float64 float64", []string{"1 1 1", "2 3 5"}, "0"},
	{"covar_samp", false, "float64 float64", []string{"1", "2"}, "NULL"},
	{"regr_avgx", false, "float64 float64", []string{"NULL", "2"}, "NULL"},
	{"regr_count", false, "float64 float64", []string{"NULL", "2"}, "0"},
}

// TestFunctions merges every case's rows split over shards in several ways, empty shards included.
func TestFunctions(t *testing.T) {
	for _, c := range cases {
		name := fmt.Sprintf("%s(%v %s %v)", c.name, c.distinct, c.types, c.args)
		t.Run(strings.ReplaceAll(name, "/", "_"), func(t *testing.T) {
			alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer alloc.AssertSize(t, 0)
			f := lookup(t, c.name, c.distinct, strings.Fields(c.types)...)
			args := []arrow.Array{}
			dts := f.Args
			if len(dts) == 0 {
				dts = types2("int32")
			}
			for i, dt := range dts {
				a := parse(t, alloc, dt, c.args[i])
				defer a.Release()
				args = append(args, a)
			}
			rng := rand.New(rand.NewPCG(1, 2))
			for shards := 1; shards <= 4; shards++ {
				got, err := mergeSplit(t, alloc, f, args, shards, rng)
				if err != nil {
					t.Fatal(err)
				}
				if got != c.want && !(isFloat(f.Result) && near(got, c.want)) {
					t.Errorf("over %d shards: %s, want %s", shards, got, c.want)
				}
			}
		})
	}
}

func types2(n string) []arrow.DataType { return []arrow.DataType{types[n]} }

// mergeSplit deals rows to shards at random, takes each one's partials and merges them.
func mergeSplit(t testing.TB, alloc memory.Allocator, f *Function, args []arrow.Array, shards int, rng *rand.Rand) (string, error) {
	split := make([][]int, shards)
	for r := range args[0].Len() {
		s := rng.IntN(shards)
		split[s] = append(split[s], r)
	}
	spec := plainSpec(nil, f)
	var batches []arrow.Record
	defer func() {
		for _, b := range batches {
			b.Release()
		}
	}()
	for _, rows := range split {
		if !singly(f) {
			batches = append(batches, record(t, spec.Input, shard(t, alloc, f, args, rows)...))
			continue
		}
		for _, r := range rows {
			batches = append(batches, record(t, spec.Input, shard(t, alloc, f, args, []int{r})...))
		}
	}
	out, err := merge(t, alloc, spec, batches...)
	if err != nil {
		return "", err
	}
	if len(out) != 1 {
		t.Fatalf("an ungrouped aggregate gave %d rows", len(out))
	}
	return out[0], nil
}

// near compares texts, floats within rounding.
func near(got, want string) bool {
	g, err1 := strconv.ParseFloat(got, 64)
	w, err2 := strconv.ParseFloat(want, 64)
	return err1 == nil && err2 == nil && math.Abs(g-w) <= 1e-14*math.Abs(w)
}

func TestNothingGivesOneRow(t *testing.T) {
	f := []*Function{lookup(t, "count", false), lookup(t, "sum", false, "int32"), lookup(t, "avg", false, "float64"),
		lookup(t, "min", false, "text"), lookup(t, "count", true, "int64"), lookup(t, "corr", false, "float64", "float64")}
	got, err := merge(t, memory.DefaultAllocator, plainSpec(nil, f...))
	if err != nil || len(got) != 1 || got[0] != "0|NULL|NULL|NULL|0|NULL" {
		t.Fatal(got, err)
	}
}

func TestOverflow(t *testing.T) {
	max38 := strings.Repeat("9", 38)
	for _, c := range []struct{ name, typ, partials string }{
		{"count", "int32", "9223372036854775807;1"},
		{"sum", "int32", "9223372036854775807;1"},
		{"sum", "int32", "-9223372036854775808;-1"},
		{"sum", "int64", max38 + ";1"},
		{"sum", "numeric", max38 + ";1"},
		{"sum", "float64", "1.7e308;1.7e308"},
		{"sum", "float32", "3e38;3e38"},
		{"avg", "float64", "1.7e308,1;1.7e308,1"},
		{"var_pop", "float64", "1,1e300,0;1,-1e300,0"},
		{"regr_sxx", "float64 float64", "1,1e300,1,0,0,0;1,-1e300,1,0,0,0"},
	} {
		f := lookup(t, c.name, false, strings.Fields(c.typ)...)
		spec := plainSpec(nil, f)
		var batches []arrow.Record
		for _, row := range strings.Split(c.partials, ";") {
			var cols []arrow.Array
			for i, v := range strings.Split(row, ",") {
				cols = append(cols, parse(t, memory.DefaultAllocator, f.Partials[i].Type, v))
			}
			batches = append(batches, record(t, spec.Input, cols...))
		}
		_, err := merge(t, memory.DefaultAllocator, spec, batches...)
		var e *Error
		if !errors.As(err, &e) || e.SQLState != "22003" || e.Column != string(f.Kind) {
			t.Errorf("%s(%s) of %s: %v", c.name, c.typ, c.partials, err)
		}
	}
}

// TestIntermediateOverflow shows that an answer that fits does not depend on the order of shards.
func TestIntermediateOverflow(t *testing.T) {
	f := lookup(t, "sum", false, "int32")
	spec := plainSpec(nil, f)
	b := record(t, spec.Input, parse(t, memory.DefaultAllocator, types["int64"], "9223372036854775807 5 -6"))
	got, err := merge(t, memory.DefaultAllocator, spec, b)
	if err != nil || got[0] != "9223372036854775806" {
		t.Fatal(got, err)
	}
}

func TestResultTypes(t *testing.T) {
	for _, c := range []struct{ name, typ, want string }{
		{"sum", "int16", "int64"}, {"sum", "int64", "decimal(38, 0)"}, {"sum", "n(10,2)", "decimal(38, 2)"},
		{"sum", "n(30,5)", "decimal256(76, 38)"}, {"sum", "float32", "float32"}, {"avg", "int16", "decimal256(76, 38)"},
		{"avg", "float32", "float64"}, {"var_pop", "float32", "float64"}, {"stddev", "int64", "decimal256(76, 38)"},
		{"min", "int16", "int16"}, {"max", "n(30,5)", "decimal(30, 5)"}, {"count", "uuid", "int64"},
	} {
		if got := lookup(t, c.name, false, c.typ).Result.String(); got != c.want {
			t.Errorf("%s(%s) is %s, want %s", c.name, c.typ, got, c.want)
		}
	}
}

func TestLookupRefuses(t *testing.T) {
	for _, c := range []struct {
		name, typ, state string
		distinct         bool
	}{
		{"sum", "text", "42883", false}, {"min", "bool", "42883", false}, {"min", "uuid", "42883", false},
		{"avg", "date", "42883", false}, {"nosuch", "int32", "42883", false}, {"corr", "float64", "42883", false},
		{"corr", "float64 float64", "0A000", true}, {"count", "", "0A000", true}, {"bit_and", "float64", "42883", false},
		{"count", "int32 int32", "42883", false}, {"bool_and", "int32", "42883", false},
	} {
		_, err := Lookup(c.name, typesOf(t, strings.Fields(c.typ)...), c.distinct)
		var e *Error
		if !errors.As(err, &e) || e.SQLState != c.state {
			t.Errorf("%s(%s): %v, want %s", c.name, c.typ, err, c.state)
		}
	}
}
