package report

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestShow(t *testing.T) {
	for _, c := range []struct {
		unit  string
		value float64
		want  string
	}{
		{Seconds, 1.5, "1.50 s"}, {Seconds, 0.0123, "12.3 ms"}, {Seconds, 0.000150, "150 µs"}, {Seconds, 2.5e-7, "250 ns"}, {Seconds, 1e-10, "0.100 ns"}, {Seconds, 0, "0 s"},
		{Seconds, -0.0015, "-1.50 ms"}, {Seconds, 123.4, "123 s"}, {Seconds, 90000.4, "90000 s"},
		{Bytes, 0, "0 B"}, {Bytes, 1023, "1023 B"}, {Bytes, 1536, "1.50 KiB"}, {Bytes, 1 << 20, "1 MiB"}, {Bytes, 3 << 30, "3 GiB"},
		{BytesPerS, 250 << 20, "250 MiB/s"}, {RowsPerS, 12.4e6, "12.4 M rows/s"}, {RowsPerS, 950, "950 rows/s"}, {GroupsPerS, 45e3, "45 k groups/s"}, {PerSecond, 1234, "1.23 k/s"}, {PerSecond, 12, "12 /s"},
		{Ratio, 1.0437, "1.04"}, {Ratio, 0.5, "0.500"}, {Count, 1234567, "1234567"}, {Count, 42, "42"}, {"furlongs", 2, "2 furlongs"}, {Count, 0.00001, "1.00e-05"},
	} {
		if got := show(c.unit, c.value); got != c.want {
			t.Errorf("%v of %s: %q, want %q", c.value, c.unit, got, c.want)
		}
	}
}

// TestShowKeepsTheValue reads back what is shown, for values of all sizes.
func TestShowKeepsTheValue(t *testing.T) {
	for _, unit := range []string{Seconds, Bytes, RowsPerS, Ratio} {
		for value := 1e-9; value < 1e15; value *= 1.37 {
			s := scaleOf(unit, value)
			back, err := strconv.ParseFloat(digits(value/s.of), 64)
			if err != nil || math.Abs(back*s.of/value-1) > 0.006 {
				t.Errorf("%v of %s is shown as %s", value, unit, show(unit, value))
			}
		}
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1000: "-1,000", -999: "-999", 1234567: "1,234,567", math.MinInt64: "-9,223,372,036,854,775,808"} {
		if got := thousands(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}

// TestGoalsAreNotRounded holds that what misses its bound is not shown as if it kept it.
func TestGoalsAreNotRounded(t *testing.T) {
	g := Goal{Unit: Ratio, Seen: 1.104, Bound: 1.10}
	if g.Met() || g.seen() != "1.104" || g.wanted() != "≤ 1.100" || g.verdict() != "missed" {
		t.Errorf("%s %s %s", g.verdict(), g.seen(), g.wanted())
	}
}

func TestHistogram(t *testing.T) {
	h := NewHistogram()
	var values []float64
	for i := range 10_000 {
		v := int64(1e6 + 1e3*float64(i*i%7919))
		values = append(values, float64(v)/1e9)
		if err := h.RecordValue(v); err != nil {
			t.Fatal(err)
		}
	}
	text, err := Encode(h)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	if cookie := binary.BigEndian.Uint32(raw); cookie != 0x1c849314 { // V2 compressed, of words of 64 bits: HdrHistogram's format
		t.Errorf("cookie %x", cookie)
	}
	back, err := Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range percentiles {
		want := Percentile(values, p)
		if got := quantile(back, p); math.Abs(got/want-1) > 0.001 {
			t.Errorf("p%v is %v, and of the values %v", p, got, want)
		}
	}
	l := curve(back)
	if !slices.IsSorted(l.X) || !slices.IsSorted(l.Y) || l.X[0] != 1 || l.X[len(l.X)-1] != 10_000 {
		t.Errorf("the curve is no curve: %v", l)
	}
	for i, x := range l.X {
		if want := Percentile(values, 100*(1-1/x)); math.Abs(l.Y[i]/want-1) > 0.002 {
			t.Errorf("at 1/(1-p) = %v the curve is %v, and the values' percentile %v", x, l.Y[i], want)
		}
	}
}

// TestRarePercentiles holds that a percentile is shown only if at least one latency was longer: of 100, the 99th is known, and the 99.9th is not.
func TestRarePercentiles(t *testing.T) {
	for n, want := range map[int64]string{1: "–, –, –, –, 1.00 ms, 1", 9: "1.00 ms, –, –, –, 1.00 ms, 9", 10: "1.00 ms, 1.00 ms, –, –, 1.00 ms, 10", 100: "1.00 ms, 1.00 ms, 1.00 ms, –, 1.00 ms, 100",
		999: "1.00 ms, 1.00 ms, 1.00 ms, –, 1.00 ms, 999", 1000: "1.00 ms, 1.00 ms, 1.00 ms, 1.00 ms, 1.00 ms, 1,000", 0: ", , , , , 0"} {
		h := NewHistogram()
		if err := h.RecordValues(1e6, n); err != nil {
			t.Fatal(err)
		}
		text, err := Encode(h)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join((&Series{Histogram: text}).curve(), ", "); got != want {
			t.Errorf("%d latencies: %s, want %s", n, got, want)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, text := range []string{"", "x", "AAAA", "HISTFAAAAAA=", strings.Repeat("HISTFAAA", 100)} {
		if _, err := Decode(text); err == nil {
			t.Errorf("%q was decoded", text)
		}
	}
}

func TestAxis(t *testing.T) {
	for _, c := range []struct {
		title  string
		log    bool
		values []float64
		want   string // the marks
		name   string
	}{
		{"latency, s", false, []float64{0.001, 0.042}, "0 s, 10 ms, 20 ms, 30 ms, 40 ms", "latency"},
		{"latency (s)", true, []float64{0.0005, 5}, "1 ms, 10 ms, 100 ms, 1 s", "latency"},
		{"shards", true, []float64{1, 2, 4, 8, 16, 32, 64}, "1, 2, 4, 8, 16, 32, 64", "shards"},
		{"ms", false, []float64{0, 30}, "0, 10, 20, 30", "ms"},
		{"rows", false, []float64{2e6}, "0, 500k, 1M, 1.5M, 2M", "rows"},
		{"sent, B", true, []float64{900, 2e7, 3e5, 1e6, 5e6, 1e3, 2e3, 4e3, 5e3}, "1 kB, 10 kB, 100 kB, 1 MB, 10 MB", "sent"},
		{"speed, rows/s", false, []float64{4e6}, "0 rows/s, 1 M rows/s, 2 M rows/s, 3 M rows/s, 4 M rows/s", "speed"},
		{"difference", false, []float64{-10, 10}, "-10, -5, 0, 5, 10", "difference"},
		{"time, s", true, []float64{0.011, 0.012, 0.013}, "11 ms, 13 ms", "time"},
	} {
		a := newAxis(c.title, c.log)
		a.include(c.values...)
		a.fit()
		var marks []string
		for _, tick := range a.ticks() {
			if tick.Label != "" {
				marks = append(marks, tick.Label)
			}
		}
		if got := strings.Join(marks, ", "); got != c.want || a.title != c.name {
			t.Errorf("%s of %v: %q with %s, want %s", c.title, c.values, a.title, got, c.want)
		}
	}
}

func TestAxisCountsWhatItHides(t *testing.T) {
	a := newAxis("x", true)
	a.include(0, -1, 5)
	if a.hidden != 2 || len(a.values) != 1 {
		t.Errorf("%d hidden, %v shown", a.hidden, a.values)
	}
}

func TestPictured(t *testing.T) {
	var list []*Series
	for _, shards := range []string{"1", "2", "4"} {
		for _, profile := range []string{"a", "b", "c", "d", "e"} {
			list = append(list, &Series{Labels: []Label{{"shards", shards}, {"profile", profile}}})
		}
	}
	if got := pictured(list); len(got) != 3 || len(got[0]) != 5 {
		t.Errorf("%d pictures, want one for each number of shards", len(got))
	}
	if got := pictured(list[:8]); len(got) != 1 {
		t.Errorf("%d pictures of eight", len(got))
	}
	for _, s := range list {
		s.Labels = nil
	}
	if got := pictured(list); len(got) != 2 || len(got[0]) != 8 || len(got[1]) != 7 {
		t.Errorf("%d pictures of series without conditions", len(got))
	}
}

// TestPercentile: the 7th of 1 to 100 is the 7th percentile, whatever 7 percent are in binary.
func TestPercentile(t *testing.T) {
	for _, n := range []int{1, 3, 100, 1000} {
		values := make([]float64, n)
		for i := range values {
			values[i] = float64(i + 1)
		}
		for tenths := range 1001 {
			want := float64(max((tenths*n+999)/1000, 1))
			if got := Percentile(values, float64(tenths)/10); got != want {
				t.Errorf("p%g of 1 to %d: %g, want %g", float64(tenths)/10, n, got, want)
			}
		}
	}
}
