package scalar

import (
	"math/big"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

func parse(t testing.TB, s string) Decimal {
	t.Helper()
	d, err := ParseDecimal(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDecimalText(t *testing.T) {
	for in, want := range map[string]string{"1.50": "1.50", " -0.05 ": "-0.05", "1e3": "1000", "1.5e-3": "0.0015", "0.00": "0.00", "-.5": "-0.5", "+7.": "7"} {
		if got := parse(t, in).String(); got != want {
			t.Errorf("%q reads as %s, want %s", in, got, want)
		}
	}
	if got := (Decimal{}).String(); got != "0" {
		t.Errorf("the zero Decimal is %q", got)
	}
}

func TestDecimalArrow(t *testing.T) {
	d := DecimalFrom128(decimal128.FromI64(-12345), 2)
	if d.String() != "-123.45" || d.Sign() != -1 || d.Scale() != 2 {
		t.Errorf("from decimal128: %s", d)
	}
	w, err := d.Wide()
	if err != nil {
		t.Fatal(err)
	}
	if back := DecimalFromWide(w, 0); back.Cmp(d) != 0 || back.String() != "-123.45" {
		t.Errorf("there and back: %s", back)
	}
	if back := DecimalFromWide(w, 4); back.String() != "-123.4500" {
		t.Errorf("with a hint: %s", back)
	}
	if back := DecimalFrom256(w, 38); back.Cmp(d) != 0 {
		t.Errorf("from decimal256: %s", back)
	}
	n, err := d.Decimal128(4, 1)
	if err != nil || n != decimal128.FromI64(-1235) {
		t.Errorf("rounded to numeric(4,1): %v, %v", n, err)
	}
	if _, err := d.Decimal128(3, 1); err == nil {
		t.Error("numeric(3,1) holds 123.5")
	}
}

func TestTrimWideAtEveryScale(t *testing.T) {
	for scale := range 39 {
		for _, coef := range []int64{1, -7, 10203, 9999999999999999} {
			d := NewDecimal(big.NewInt(coef), scale)
			w, err := d.Wide()
			if err != nil {
				t.Fatal(err)
			}
			var z big.Int
			if got := trimWide(&z, w); got != scale || z.Int64() != coef {
				t.Errorf("%s: trimmed to %v at scale %d", d, &z, got)
			}
		}
		d := NewDecimal(pow10(37), scale) // zeros before and after the point
		w, err := d.Wide()
		if err != nil {
			t.Fatal(err)
		}
		if back := DecimalFromWide(w, 0); back.Cmp(d) != 0 || back.scale > 0 && scale <= 37 {
			t.Errorf("%s came back as %s", d, back)
		}
	}
}

func TestLimbsAddUp(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	values := []string{"1", "-1", "99999999999999999999999999999999999998.5", "-0.00000000000000000000000000000000000001", "-12345.678", "0", "-99999999999999999999999999999999999999"}
	limb := findFunction(t, "pg_wide_limb", types(wideType, tInt4))
	total := Decimal{}
	var sums [limbs]big.Int
	for _, s := range values {
		total = total.Add(parse(t, s))
		arg := columnOf(t, alloc, wideType, s)
		for i := range sums {
			index := columnOf(t, alloc, tInt4, big.NewInt(int64(i)).String())
			out, err := limb.Eval(alloc, []arrow.Array{arg, index}, 1)
			if err != nil {
				t.Fatal(err)
			}
			sums[i].Add(&sums[i], big.NewInt(out.(*array.Int64).Value(0)))
			out.Release()
			index.Release()
		}
		arg.Release()
	}
	row, args := make([]string, limbs), make([]arrow.DataType, limbs)
	for i := range sums {
		row[i], args[i] = sums[i].String(), tText
	}
	f := findFunction(t, "pg_wide_from_limbs", args)
	if got, want := call(t, f, row), total.trimmed().String(); got != want {
		t.Errorf("sum by limbs %s, want %s", got, want)
	}
	row[7] = "170141183460469231731687303715884105727"
	if got := call(t, f, row); got != "ERR 22003" {
		t.Errorf("overflow gives %s", got)
	}
	row[0] = "x"
	if got := call(t, f, row); got != "ERR 22P02" {
		t.Errorf("bad limb gives %s", got)
	}
}

func TestFinals(t *testing.T) {
	sum, sumSq := parse(t, "10.00"), parse(t, "30.0000")
	for _, c := range []struct {
		name, want string
		n          int64
		ok         bool
	}{{"avg", "2.5000000000000000", 4, true}, {"var_samp", "1.6666666666666667", 4, true}, {"stddev_pop", "1.1180339887498948", 4, true}, {"avg", "0", 0, false}, {"var_samp", "0", 1, false}, {"stddev_pop", "0", 0, false}} {
		v, ok, err := aggregates[c.name](c.n, sum, sumSq)
		if err != nil || ok != c.ok || ok && v.String() != c.want {
			t.Errorf("%s of %d = %s, %v, %v; want %s, %v", c.name, c.n, v, ok, err, c.want, c.ok)
		}
	}
}

func BenchmarkKernels(b *testing.B) {
	alloc := memory.NewGoAllocator()
	const n = 2048
	repeatText := func(s string) []string {
		out := make([]string, n)
		for i := range out {
			out[i] = s
		}
		return out
	}
	for _, c := range []struct {
		fn   string
		args []arrow.DataType
		row  []string
	}{
		{"pg_wide", types(tText), []string{"12345.67"}}, {"pg_wide_text", types(wideType), []string{"12345.67"}},
		{"pg_numeric_add", types(wideType, wideType), []string{"12345.67", "1.5"}}, {"pg_numeric_mul", types(wideType, wideType), []string{"12345.67", "1.5"}},
		{"pg_numeric_div", types(wideType, wideType), []string{"12345.67", "7"}}, {"pg_numeric_round", types(wideType, tInt4), []string{"12345.67", "1"}},
		{"pg_numeric_ln", types(wideType), []string{"12345.67"}}, {"pg_float8_div", types(tF8, tF8), []string{"1", "3"}}, {"pg_exp", types(tF8), []string{"1.5"}},
		{"pg_upper", types(tText), []string{"cooperative"}}, {"pg_like", types(tText, tText), []string{"cooperative", "%rat%"}},
		{"pg_date_trunc", types(tText, tsType), []string{"month", "2024-05-06 07:08:09"}}, {"pg_extract", types(tText, tsType), []string{"epoch", "2024-05-06 07:08:09"}},
		{"pg_text_timestamp", types(tText), []string{"2024-05-06 07:08:09.123"}},
	} {
		f := findFunction(b, c.fn, c.args)
		args := make([]arrow.Array, len(c.args))
		for i, dt := range c.args {
			args[i] = columnOf(b, alloc, dt, repeatText(c.row[i])...)
		}
		b.Run(c.fn, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				out, err := f.Eval(alloc, args, n)
				if err != nil {
					b.Fatal(err)
				}
				out.Release()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
		})
	}
}
