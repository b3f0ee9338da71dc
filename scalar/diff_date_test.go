package scalar

import (
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
)

var (
	tDate = arrow.PrimitiveTypes.Date32
	tIv   = arrow.FixedWidthTypes.MonthDayNanoInterval
)

var dateEdges = []string{"2000-01-01", "1999-12-31", "1970-01-01", "1969-12-31", "2024-02-29", "1900-02-28", "0001-01-01", "0001-12-31 BC", "0044-03-15 BC",
	"4714-11-24 BC", "9999-12-31", "10000-01-01", "2021-01-03", "2020-12-31", "1582-10-10", "infinity", "-infinity"}

var stampEdges = []string{"2000-01-01 00:00:00", "1999-12-31 23:59:59.999999", "1970-01-01 00:00:00.000001", "1969-12-31 23:59:59.5", "2024-02-29 12:34:56.789",
	"0001-01-01 00:00:00", "0044-03-15 01:02:03 BC", "4714-11-24 00:00:00 BC", "294246-12-31 23:59:59.999999", "2020-03-31 10:00:00", "infinity", "-infinity"}

var intervalEdges = []string{"0", "1 day", "-1 day", "1 mon", "-1 mon", "1 year 2 mons 3 days 04:05:06.789", "-1 year -2 mons +3 days -04:05:06", "00:00:00.000001", "-00:00:00.5", "25:00:00",
	"100 years", "2147483647 days", "-2147483648 days", "13 mons -45 days 30:00", "1 mon -1 day", "178956970 years 7 mons"}

func (g generator) stamp() string {
	return fmt.Sprintf("%04d-%02d-%02d %02d:%02d:%02d.%06d", 1+g.IntN(4000), 1+g.IntN(12), 1+g.IntN(28), g.IntN(24), g.IntN(60), g.IntN(60), g.IntN(1000000)*g.IntN(2))
}

func (g generator) interval() string {
	return fmt.Sprintf("%d mons %d days %s%d:%02d:%02d.%06d", g.IntN(400)-200, g.IntN(200)-100, pick(g, "", "-"), g.IntN(100), g.IntN(60), g.IntN(60), g.IntN(1000000)*g.IntN(2))
}

func TestDiffDateText(t *testing.T) {
	g := newGenerator(6)
	texts := append(cross(dateEdges), cross(stampEdges)...)
	texts = append(texts, cross([]string{"", " ", "2021-13-01", "2021-02-29", "2021-00-10", "2021-01-32", "0000-01-01", "2021-1-5", "20210105", "20211301", " 2021-01-05 ", "January 8, 1999", "8 Jan 1999",
		"08-Jan-1999", "1999-Jan-08", "1999 Jan 8", "Sept 8 1999", "Jan 1999", "epoch", "EPOCH", "Infinity", "2021-01-05 24:00:00", "2021-01-05 24:00:01", "2021-01-05 23:59:60",
		"2021-01-05 10:60:00", "2021-01-05 25:00", "2021-01-05T10:11:12Z", "2021-01-05 10:11:12+02", "2021-01-05 10:11:12 -03:30", "2021-01-05 10:11+0530", "2021-01-05 10:11+05:30:15",
		"2021-01-05 10:11 UTC", "2021-01-05 10:11z", "2021-01-05 10:11+16", "2021-01-05 10:11 PM", "2021-01-05 12:11 am", "2021-01-05 13:11 pm", "10:11 pm", "2021-01-05 10:11:12.123456789",
		"2021-01-05 10:11:12.9999999", "2021-01-05 BC", "2021-01-05 10:00 BC", "0001-01-01 BC", "5874897-12-31", "5874898-01-01", "4714-11-23 BC", "294277-01-01", "foo", "2021-01-05 foo", "2021-01-05x",
		"10:11", "10:11:12.5", "10:11:12+02", "2021-02-30 10:00", "2021/01/05", "99999999999-01-01", "2021-01-05 10:00 10:00", "2021-01-05 2021-01-06", "20210105T10:11:12",
		"2021-01-05 10", "10", "a", "2021-01-05 :10", "2021-01-05 BC AD", "24:00:00", "24:00:00.1", "00:00:60", "1999-01-08 04:05:06.5-8"})...)
	monthFirst := cross([]string{"Jan-08-1999"}) // as a time, PostgreSQL takes it for a zone's name
	texts = append(texts, rows(100, func() []string { return []string{g.stamp() + pick(g, "", "+01", "-11:30", " BC", "Z")} })...)
	intervals := append(cross(intervalEdges), rows(100, func() []string { return []string{g.interval()} })...)
	intervals = append(intervals, cross([]string{"", "1", "1.5", "-1.5", "1 day ago", "@ 1 day ago", "1.5 days", "-1.5 days", "1.5 mons", "1.5 years", "0.7 year", "1.3 weeks", "1 week", "1 decade 1 century 1 millennium",
		"1.25 hours", "90 min", "1day", "1d2h", "1 2:03", "1 2:03:04", "1-2", "-1-2", "1-2 3 4:05:06", "1-12", "4:05.5", "4:60", "4:05:61", "4:05:60", "P1Y2M3DT4H5M6.7S", "PT5M", "P1W", "P0.5Y", "P", "PT", "P-1DT-1H",
		"p1y", "1 foo", "foo", "1 day 2 days", "1 day day", "ago", "1 second 5 milliseconds 3 us", "1.5 s 5 ms", "1 minute 2:03", "5 years 5 years", "2147483648 days", "99999999999 years", "1.0000005 sec",
		"0.0000005 sec", "1e3 sec", "1 month 1.5 day", "+1 day", "--1 day", "1 day 1", "1:2:3:4", "1 day -2:03", "1.5.5 days", ".5 days", "5. days", "1 timezone", "1 quarter", "1 epoch"})...)
	var cases []diffCase
	for _, name := range []string{"date", "time", "timestamp", "timestamptz"} {
		cases = append(cases, diffCase{"pg_text_" + name, types(tText), "$1::" + name, texts})
	}
	cases = append(cases, diffCase{"pg_text_date", types(tText), "$1::date", monthFirst})
	cases = append(cases, diffCase{"pg_text_interval", types(tText), "$1::interval", intervals})
	runDiff(t, cases)
}

var allUnits = []string{"microseconds", "milliseconds", "second", "minute", "hour", "day", "week", "month", "quarter", "year", "decade", "century", "millennium",
	"epoch", "dow", "isodow", "doy", "isoyear", "julian", "timezone", "timezone_hour", "timezone_minute", "m", "YEAR", "mons", "foo", "", "millenniumx"}

func TestDiffDateFields(t *testing.T) {
	g := newGenerator(7)
	stamps := append(append([]string{}, stampEdges...), "2001-01-01 00:00:00", "0005-07-01 00:00:00 BC", "1000-12-31 12:00:00", "1001-01-01 12:00:00", "2020-12-31 23:59:59.999999")
	for range 30 {
		stamps = append(stamps, g.stamp())
	}
	intervals := append([]string{}, intervalEdges...)
	for range 20 {
		intervals = append(intervals, g.interval())
	}
	times := []string{"00:00:00", "23:59:59.999999", "24:00:00", "12:34:56.7"}
	kinds := []struct {
		dt     arrow.DataType
		values []string
	}{{tDate, append(dateEdges, "2001-01-01", "1000-12-31", "2019-12-30")}, {tsType, stamps}, {tzType, stamps}, {timeType, times}, {tIv, intervals}}
	var cases []diffCase
	for _, k := range kinds {
		values := cross(allUnits, k.values)
		// The field is a literal of unknown type in extract's grammar.
		cases = append(cases, diffCase{"pg_extract", types(tText, k.dt), "extract($1 from $2)", values},
			diffCase{"pg_date_part", types(tText, k.dt), "date_part($1, $2)", values})
		if k.dt != tDate && k.dt != timeType {
			cases = append(cases, diffCase{"pg_date_trunc", types(tText, k.dt), "date_trunc($1, $2)", values})
		}
	}
	for i := range cases {
		if cases[i].fn == "pg_extract" {
			cases[i].sql = "extract_any($1, $2)"
		}
	}
	runDiff(t, cases)
}

func TestDiffDateArithmetic(t *testing.T) {
	g := newGenerator(8)
	// Beyond 292,000 years PostgreSQL's differences wrap around, and Arrow's timestamps end in the year 294247.
	var edges, finite []string
	for _, s := range stampEdges {
		s = strings.Replace(s, "294246", "250000", 1)
		if edges = append(edges, s); !strings.Contains(s, "infinity") {
			finite = append(finite, s)
		}
	}
	pairs := append(cross(edges, edges), rows(300, func() []string { return []string{g.stamp(), g.stamp()} })...)
	added := append(cross(edges, intervalEdges), rows(300, func() []string { return []string{g.stamp(), g.interval()} })...)
	intervals := append(cross(intervalEdges, intervalEdges), rows(100, func() []string { return []string{g.interval(), g.interval()} })...)
	factors := append(cross(intervalEdges, []string{"0", "1", "-1", "0.5", "1.5", "3", "0.1", "7", "-0.333", "1e20", "NaN", "1e-9"}),
		rows(300, func() []string { return []string{g.interval(), g.numeric(2, 3)} })...)
	var singles [][]string
	for _, r := range intervals {
		singles = append(singles, r[:1])
	}
	ints := []string{"0", "1", "-1", "2", "12", "13", "28", "29", "30", "31", "1999", "-44", "5874897", "5874898", "-4714", "2147483647", "-2147483648"}
	cases := []diffCase{
		{"pg_timestamp_add", types(tDate, tIv), "$1 + $2", cross(dateEdges, intervalEdges)},
		{"pg_date_add", types(tDate, tInt4), "$1 + $2", cross(dateEdges, ints)},
		{"pg_date_sub", types(tDate, tDate), "$1 - $2", cross(dateEdges, dateEdges)},
		{"pg_make_date", types(tInt4, tInt4, tInt4), "make_date($1, $2, $3)", cross(ints, []string{"0", "1", "2", "12", "13"}, []string{"0", "1", "24", "29", "31", "32"})},
		{"pg_date_to_timestamp", types(tDate), "$1::timestamp", cross(dateEdges)}, {"pg_timestamp_to_date", types(tsType), "$1::date", cross(stampEdges)},
		{"pg_interval_add", types(tIv, tIv), "$1 + $2", intervals}, {"pg_interval_sub", types(tIv, tIv), "$1 - $2", intervals}, {"pg_interval_neg", types(tIv), "- $1", singles},
		{"pg_interval_mul", types(tIv, tF8), "$1 * $2", factors}, {"pg_interval_div", types(tIv, tF8), "$1 / $2", factors},
		{"pg_justify_hours", types(tIv), "justify_hours($1)", singles}, {"pg_justify_days", types(tIv), "justify_days($1)", singles}, {"pg_justify_interval", types(tIv), "justify_interval($1)", singles},
		{"pg_time_add", types(timeType, tIv), "$1 + $2", cross([]string{"00:00:00", "23:59:59.5", "24:00:00"}, intervalEdges)},
		{"pg_time_sub", types(timeType, timeType), "$1 - $2", cross([]string{"00:00:00", "23:59:59.5", "24:00:00"}, []string{"00:00:00", "23:59:59.5", "24:00:00"})},
	}
	for _, dt := range []arrow.DataType{tsType, tzType} {
		cases = append(cases, diffCase{"pg_timestamp_add", types(dt, tIv), "$1 + $2", added},
			diffCase{"pg_timestamp_sub", types(dt, dt), "$1 - $2", pairs},
			// Infinite arguments, an error here, give PostgreSQL 15 an age of some 292,000 years.
			diffCase{"pg_age", types(dt, dt), "age($1, $2)", append(cross(finite, finite), pairs[len(pairs)-300:]...)})
	}
	runDiff(t, cases)
}

// TestDiffTimeZones moves timestamps into zones and back, above all around their changes.
func TestDiffTimeZones(t *testing.T) {
	g := newGenerator(9)
	zones := []string{"Europe/Berlin", "America/Sao_Paulo", "america/new_york", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca", "Pacific/Apia",
		"UTC", "Europe/Dublin", "America/Argentina/Buenos_Aires", "Asia/Tehran", "Etc/GMT+5", "utc", "GMT", "Pacific/Kiritimati", "America/St_Johns", "america/port-au-prince"}
	stamps := []string{"2024-03-31 01:59:59.999999", "2024-03-31 02:00:00", "2024-03-31 02:30:00", "2024-03-31 03:00:00", "2024-10-27 01:30:00", "2024-10-27 02:30:00", "2024-10-27 03:00:00",
		"2018-11-04 00:30:00", "2018-02-17 23:30:00", "2011-12-30 12:00:00", "2011-12-29 23:59:59", "2024-03-10 02:30:00", "2024-11-03 01:30:00", "2024-04-07 01:45:00", "2024-10-06 02:15:00",
		"1900-01-01 00:00:00", "1883-11-18 12:03:00", "1945-05-24 02:30:00", "2060-07-01 12:00:00", "2060-03-28 02:30:00", "2500-01-01 00:00:00", "0001-01-01 00:00:00", "infinity", "-infinity",
		"1970-01-01 00:00:00", "1999-12-31 23:59:59.5", "1847-12-01 00:00:30"}
	for range 60 {
		stamps = append(stamps, g.stamp())
	}
	offsets := []string{"00:00:00", "02:00:00", "-03:30:00", "15:00:00", "00:00:01.5", "-00:00:00.5", "1 day", "1 mon", "100:00:00"}
	runDiff(t, []diffCase{
		{"pg_timezone", types(tText, tzType), "timezone($1, $2)", cross(zones, stamps)},
		{"pg_timezone", types(tText, tsType), "timezone($1, $2)", cross(zones, stamps)},
		{"pg_timezone", types(tIv, tzType), "timezone($1, $2)", cross(offsets, stamps)},
		{"pg_timezone", types(tIv, tsType), "timezone($1, $2)", cross(offsets, stamps)},
		{"pg_timezone", types(tText, tsType), "timezone($1, $2)", [][]string{{"Nowhere/Land", "2024-01-01 00:00:00"}}},
	})
}
