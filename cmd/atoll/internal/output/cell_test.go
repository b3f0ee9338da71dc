package output

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
)

func TestFloatsReadAsInPostgreSQL(t *testing.T) {
	for _, c := range []struct {
		v    float64
		size int
		want string
	}{
		{0, 64, "0"}, {math.Copysign(0, -1), 64, "-0"}, {0.0001, 64, "0.0001"}, {0.00001, 64, "1e-05"}, {1e14, 64, "100000000000000"},
		{1e15, 64, "1e+15"}, {123456789012345.6, 64, "123456789012345.6"}, {1e-300, 64, "1e-300"}, {math.MaxFloat64, 64, "1.7976931348623157e+308"},
		{5e-324, 64, "5e-324"}, {-1.5, 64, "-1.5"}, {1.0 / 3, 64, "0.3333333333333333"},
		{float64(float32(0.0001)), 32, "0.0001"}, {float64(float32(0.1)), 32, "0.1"}, {999999, 32, "999999"}, {1e6, 32, "1e+06"},
		{float64(math.MaxFloat32), 32, "3.4028235e+38"}, {math.Inf(-1), 32, "-Infinity"}, {math.NaN(), 64, "NaN"},
	} {
		if got := string(appendFloat(nil, c.v, c.size)); got != c.want {
			t.Errorf("%v: %s, want %s", c.v, got, c.want)
		}
	}
}

// Decimals of random length are compared with math/big.
func TestDecimalsAgainstBig(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		n := new(big.Int)
		for range 1 + rng.IntN(4) {
			n.Lsh(n, uint(rng.IntN(64))).Add(n, new(big.Int).SetUint64(rng.Uint64()>>rng.IntN(64)))
		}
		if n.BitLen() > 254 {
			n.Rsh(n, 10)
		}
		if rng.IntN(2) == 0 {
			n.Neg(n)
		}
		scale := rng.IntN(39)
		want := bigText(n, scale)
		if got := string(appendDecimal256(nil, decimal256.FromBigInt(n).Array(), scale)); got != want {
			t.Fatalf("%s scale %d: %s, want %s", n, scale, got, want)
		}
		if n.BitLen() > 126 {
			continue
		}
		hi, lo := new(big.Int).Rsh(n, 64), new(big.Int).And(n, new(big.Int).SetUint64(math.MaxUint64))
		if got := string(appendDecimal128(nil, hi.Int64(), lo.Uint64(), scale)); got != want {
			t.Fatalf("%s scale %d as decimal128: %s, want %s", n, scale, got, want)
		}
	}
}

func bigText(n *big.Int, scale int) string {
	digits := new(big.Int).Abs(n).String()
	for len(digits) <= scale {
		digits = "0" + digits
	}
	if scale > 0 {
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if n.Sign() < 0 {
		return "-" + digits
	}
	return digits
}

func TestTrimFraction(t *testing.T) {
	for in, want := range map[string]string{"1.50": "1.5", "1.00": "1", "100": "100", "0.0": "0", "-0.10": "-0.1", "0": "0"} {
		if got := string(trimFraction([]byte(in), 0)); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// Dates are compared with package time, which is proleptic Gregorian as well.
func TestDatesAgainstTime(t *testing.T) {
	epoch := time.Unix(0, 0).UTC()
	for day := int64(-719528); day < 2932897; day += 97 { // years 0000 to 9999
		if got, want := string(appendDay(nil, day)), epoch.AddDate(0, 0, int(day)).Format("2006-01-02"); got != want {
			t.Fatalf("day %d: %s, want %s", day, got, want)
		}
	}
	for day, want := range map[int64]string{-2451545: "-4743-12-03", 107016000: "+294969-10-19"} {
		y := epoch.AddDate(0, 0, int(day))
		got := string(appendDay(nil, day))
		if tail := y.Format("-01-02"); got[len(got)-6:] != tail {
			t.Errorf("day %d (year %d): %s, want %s", day, y.Year(), got, want)
		}
	}
}

func TestTimestamps(t *testing.T) {
	for ts, want := range map[arrow.Timestamp]string{
		0:                          "1970-01-01T00:00:00",
		-1:                         "1969-12-31T23:59:59.999999",
		100000:                     "1970-01-01T00:00:00.1",
		-62167219200 * usPerSecond: "0000-01-01T00:00:00",
		-62167219201 * usPerSecond: "-0001-12-31T23:59:59",
		math.MaxInt64:              "infinity",
		math.MinInt64:              "-infinity",
	} {
		if got := string(appendTimestamp(nil, ts, false)); got != want {
			t.Errorf("%d: %s, want %s", ts, got, want)
		}
	}
}

func TestIntervals(t *testing.T) {
	for want, v := range map[string]arrow.MonthDayNanoInterval{
		"PT0S":                          {},
		"P1Y":                           {Months: 12},
		"P-1Y-2M":                       {Months: -14},
		"P1M-1D":                        {Months: 1, Days: -1},
		"PT-0.5S":                       {Nanoseconds: -500_000_000},
		"PT1M":                          {Nanoseconds: 60_000_000_000},
		"PT26H0.000001S":                {Nanoseconds: 26*3600*1_000_000_000 + 1000},
		"P2DT-1H-1M-1.25S":              {Days: 2, Nanoseconds: -3661_250_000_000},
		"PT2562047H47M16.854775807S":    {Nanoseconds: math.MaxInt64},
		"PT-2562047H-47M-16.854775808S": {Nanoseconds: math.MinInt64},
	} {
		if got := string(appendInterval(nil, v)); got != want {
			t.Errorf("%+v: %s, want %s", v, got, want)
		}
	}
}

func TestEscapedTextCannotDriveATerminal(t *testing.T) {
	for in, want := range map[string]string{
		"a\nb\tc\rd":          `a\nb\tc\rd`,
		"\x1b]0;title\x07":    `\x1b]0;title\x07`,
		"\u009b31m":           `\u009b31m`,
		"bad \xff utf8":       `bad \xff utf8`,
		"rtl \u202e ltr":      `rtl \u202e ltr`,
		"tag \U000e0041":      `tag \U000e0041`,
		"line\u2028separator": `line\u2028separator`,
		"日本 é":                "日本 é",
		"👩‍👩‍👧":               "👩‍👩‍👧",
	} {
		if got := Printable(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestDisplayWidth(t *testing.T) {
	for in, want := range map[string]int{"": 0, "abc": 3, "é": 1, "e\u0301": 1, "東京": 4, "👩‍👩‍👧": 2, "São Paulo": 9} {
		if got := displayWidth([]byte(in)); got != want {
			t.Errorf("%q: %d, want %d", in, got, want)
		}
	}
}
