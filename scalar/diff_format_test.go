package scalar

import (
	"strings"
	"testing"
)

func (g generator) numberTemplate() string {
	var b strings.Builder
	for range 1 + g.IntN(8) {
		b.WriteString(pick(g, "9", "9", "9", "0", "99", "00", "999", ".", ",", "D", "G", "FM", "S", "MI", "PL", "SG", "PR", "V", "L", "TH", "th", "x", " ", "$", `"a9"`, "B", "EEEE", "RN"))
	}
	return b.String()
}

func TestDiffNumberTemplates(t *testing.T) {
	g := newGenerator(41)
	templates := []string{"", "9", "99", "999", "9999", "0", "000", "FM999990.00", "999,999.99", "FM999,999.99", "999G999D99", "9.99", "0.99", ".99", "FM9.9", "FM0.9", "FM9.99", "FM.99", "9.9EEEE", "9.99999EEEE", "EEEE", "RN", "FMRN", "rn", "FMrn",
		"S999", "999S", "S99.9", "99.9S", "SG999", "999SG", "MI999", "999MI", "FM999MI", "PL999", "999PL", "FM999PL", "999PR", "FM999PR", "99.9PR", "99V9", "99V99", "V99", "999th", "999TH", "FM999th", "L999", "999L", `"Total: "999`, `\"999\"`, "9 9 9", "9-9",
		"B999", "B9.9", "00999.990", "FM09.90", "FM90.09", "9,9,9", "FM9,9,9", "S0999", "0999S", "SS9", "S9PL", "9.9.9", "9V9.9", "PR9", "EEEE9", "9EEEEFM", "FM9EEEE", "999999999999999999.99999999", "FM9999999999999999999999.9999999999999999999", "999D", "C99", "SP9", "fm99.00", "9.", "x9y9z", "é9", "0.000", "FM0.000", "FM000.99", "999.99S", "MI0.0", "FM9S", "99G999G999", "099G999", "0,000", "FM0,000", "PL9.9", "9.9MI", "9.9PL", "FM9.9MI"}
	for range 200 {
		templates = append(templates, g.numberTemplate())
	}
	ints := []string{"0", "1", "-1", "12", "-485", "12345", "2147483647", "-2147483648", "3999", "4000", "111", "21"}
	numerics := []string{"0", "1", "-1", "0.1", "-0.1", "485.8", "-485.8", "12.5", "0.005", "-0.004", "148500000", "1234567.891", "99.999", "999.95", "-999.95", "0.00000123", "12345678901234567890.123456789", "3.7", "10"}
	floats := append([]string{"NaN", "Infinity", "-Infinity", "1e20", "1e-10", "-1.5e300", "123456789.123456789", "1234567890123456", "0.3", "2.5", "3.5"}, numerics...)
	pairs := func(values []string) [][]string { return cross(values, templates) }
	inputs := []string{"", "0", "1", "-1", "12", "-485.8", "12,454.8-", "1,234,567", " 12.5", "+12", "<12>", "12-", "12+", "$12.5", "1e3", "abc", "12 34", "1.2.3", "th12", "12th", "0.001", "-.5", ".5", "x1y2z", "é5", "- 12", "12 -", "123456789012345678901234567890"}
	runDiff(t, []diffCase{
		{"pg_to_char", types(tInt4, tText), "to_char($1, $2)", pairs(ints)}, {"pg_to_char", types(tInt8, tText), "to_char($1, $2)", pairs(append(ints[:8:8], "-9223372036854775808", "9007199254740993"))},
		{"pg_to_char", types(wideType, tText), "to_char($1, $2)", pairs(numerics)}, {"pg_to_char", types(tF8, tText), "to_char($1, $2)", pairs(floats)},
		{"pg_to_char", types(tF4, tText), "to_char($1, $2)", pairs(append(numerics[:14:14], "1e20", "123456", "NaN", "-Infinity"))},
		{"pg_to_number", types(tText, tText), "to_number($1, $2)", cross(inputs, templates)},
	})
}

var dateTemplates = []string{"", "YYYY-MM-DD HH24:MI:SS", "YYYY-MM", "Y,YYY", "YYYY YYY YY Y", "IYYY IYY IY I IW ID IDDD", "FMYYYY FMMM FMDD FMDDD", "MONTH Month month|", "FMMONTH FMMonth", "TMMonth TMMON TMDay|", "MON Mon mon", "DAY Day day DY Dy dy|", "FMDay",
	"HH HH12 HH24 FMHH FMHH24", "AM PM am pm A.M. P.M. a.m. p.m.", "AD BC ad bc A.D. B.C. a.d. b.c.", "MS US FF1 FF2 FF3 FF4 FF5 FF6 ff3", "SSSS SSSSS", "TZ tz TZH TZM OF FMOF of", "Q WW W D CC FMCC J", "RM rm FMRM", "DDth DDTH FMDDth HH12th MIth MSth CCth YYYYth Jth",
	"DDSP", "FX YYYY", "\"Year:\" YYYY", "\\\"YYYY\\\"", "YYYYMMDDHH24MISSUS", "yyyy-mm-dd", "Yyyy", "Hh24", "D\"a\\\"b\"", "é YYYY ü", "FM FM", "FF7", "TM", "YYYY\"", "fmMonth", "tmMonth", "FMFMMM", "Qth", "IWth", "Y,YYYth", "TZTH", "ID-IW", "D, ID", "SS.MS", "Dyth"}

func (g generator) dateTemplate() string {
	var b strings.Builder
	for range 1 + g.IntN(6) {
		b.WriteString(pick(g, "FM", "TM", "TH", "th", " ", "-", "x", "YYYY", "YY", "MM", "DD", "HH24", "HH", "MI", "SS", "MS", "US", "Q", "Day", "MON", "month", "DDD", "D", "ID", "IW", "WW", "W", "CC", "J", "RM", "AM", "BC", "IYYY", "FF3", "SSSS", "Y,YYY", "OF", "TZ"))
	}
	return b.String()
}

func TestDiffDateTemplates(t *testing.T) {
	g := newGenerator(42)
	templates := dateTemplates
	for range 300 {
		templates = append(templates, g.dateTemplate())
	}
	stamps := append([]string{"2024-12-30 23:59:59.999999", "2021-01-03 00:00:00", "2024-02-29 12:34:56.78", "0100-01-01 00:00:00", "0101-12-31 13:00:00 BC"}, stampEdges...)
	intervals := append([]string{"-1 year -2 mons -3 days -04:05:06.789", "11 mons", "-11 mons", "2 years", "-2 years", "1500 years 100:00:00", "-00:00:01"}, intervalEdges...)
	var spans [][]string
	for _, row := range cross(intervals, templates) {
		if !strings.ContainsAny(row[1], "Ii") || strings.Contains(row[1], "MI") && !strings.Contains(row[1], "ID") && !strings.Contains(row[1], "IW") && !strings.Contains(row[1], "IY") {
			spans = append(spans, row) // keywords of ISO weeks are refused for intervals
		}
	}
	runDiff(t, []diffCase{
		{"pg_to_char", types(tsType, tText), "to_char($1, $2)", cross(stamps, templates)}, {"pg_to_char", types(tzType, tText), "to_char($1, $2)", cross(stamps, templates)},
		{"pg_to_char", types(tIv, tText), "to_char($1, $2)", spans},
	})
}

func TestDiffDateReading(t *testing.T) {
	g := newGenerator(43)
	pairs := [][]string{}
	for _, p := range []string{"2024-02-29|YYYY-MM-DD", "20240229|YYYYMMDD", "2024-02-30|YYYY-MM-DD", "2024-13-01|YYYY-MM-DD", "2024-2-9|YYYY-MM-DD", "2024/02/09|YYYY-MM-DD", "2024 02 09|YYYYMMDD", " 2024-02-29|YYYY-MM-DD", "2024-02-29 13:14:15.678|YYYY-MM-DD HH24:MI:SS.MS",
		"2024-02-29 01:14:15 PM|YYYY-MM-DD HH:MI:SS AM", "2024-02-29 13:14|YYYY-MM-DD HH12:MI", "2024-02-29 12:00 am|YYYY-MM-DD HH12:MI pm", "12 P.M.|HH P.M.", "05 Dec 2000|DD Mon YYYY", "5 december 2000|DD Month YYYY", "05December2000|DDMonthYYYY", "Thu 29 Feb 2024|Dy DD Mon YYYY",
		"Thursday, 29 Feb 2024|Day, DD Mon YYYY", "29.II.2024|DD.RM.YYYY", "2024060|YYYYDDD", "2024-060|YYYY-DDD", "060|DDD", "2024 9|YYYY WW", "2024-09-4|IYYY-IW-ID", "2024-060|IYYY-IDDD", "2024-09|IYYY-IW", "2460370|J", "21 24|CC YY", "20|CC", "24|YY", "69|YY", "70|YY", "124|YYY", "520|YYY", "4|Y",
		"2,024-02|Y,YYY-MM", "2024 BC|YYYY BC", "0044-03-15 BC|YYYY-MM-DD BC", "-44-03-15|YYYY-MM-DD", "44 B.C.|YYYY B.C.", "2024-02-29 86399|YYYY-MM-DD SSSSS", "12.5|SS.MS", "12.05|SS.MS", "12.005|SS.MS", "12.5|SS.US", "12.123456|SS.FF6", "12.123456|SS.FF3", "12.12|SS.FF4", "12.5555|SS.FF3", "12.99996|SS.FF4", "2024 12.5555|YYYY SS.FF3", "2024-02-29 10:00+02|YYYY-MM-DD HH24:MITZH",
		"2024-02-29 10:00 -03:30|YYYY-MM-DD HH24:MI TZH:TZM", "2024-02-29 10:00-03|YYYY-MM-DD HH24:MI TZH", "x|TZ", "+01|OF", "2024 13|YYYY IW", "2024 2023|YYYY YYYY", "2024 2024|YYYY YYYY", "1st Jan 2024|DDth Mon YYYY", "2024-02-29junk|YYYY-MM-DD", "2024|YYYY-MM-DD", "|YYYY", "2024|", "abc|YYYY", "2024-xx|YYYY-MM",
		"2024--02|YYYY-MM", "2024  -  02|YYYY-MM", "2024:02|YYYY MM", "2024x02|YYYYxMM", "2024 x02|YYYYxMM", "2024-02|FXYYYY-MM", "2024 -02|FXYYYY-MM", "2024-2|FXYYYY-MM", "20240229|FXYYYYMMDD", "2024 2 9|FMYYYYFMMMFMDD", "123|HH24MI", "1234|HH24MI", "25:00|HH24:MI", "10:60|HH24:MI", "10:59:60|HH24:MI:SS", "00:30|HH12:MI",
		"2024 Q1 02|YYYY \"Q\"Q MM", "2 2024|W YYYY", "3 02 2024|W MM YYYY", "99999999999|YYYY", "294277-01-01|YYYY-MM-DD", "20240101|YYYY-MM-DD", "2024-Feb-29|YYYY-MON-DD", "2024-Febr-29|YYYY-MON-DD", "éa 2024|éa YYYY", "2024é02|YYYY-MM", "2024\t02|YYYY MM", "+2024|YYYY", "5|D", "2024 5|YYYY D", "7 2024 09|ID IYYY IW", "366 2023|DDD YYYY", "00 21|YY CC", "0|YYYY", "2024-00-10|YYYY-MM-DD", "2024-01-00|YYYY-MM-DD"} {
		s, f, _ := strings.Cut(p, "|")
		pairs = append(pairs, []string{s, f})
	}
	keys := []string{"FF1", "FF3", "FF6", "YYYY", "YYY", "YY", "Y", "MM", "DD", "DDD", "HH24", "HH12", "MI", "SS", "MS", "US", "Mon", "Month", "CC", "AM", "BC", "D", "Dy", "FX", "J", "WW", "W", "Q", "SSSS", "TZH", "TZM", "RM", "FMMM", "DDth", "IW", "IYYY", "ID"}
	texts := []string{"2024", "24", "2", "02", "12", "29", "060", "13", "Feb", "february", "21", "PM", "bc", "AD", "4", "Thu", "2460370", "9", "86399", "+02", "-3", "ii", "1st", "2023"}
	for range 1500 {
		var s, f strings.Builder
		for range 1 + g.IntN(4) {
			f.WriteString(pick(g, keys...) + pick(g, "", "-", " ", "/", ":", "x", "  ", "T"))
			s.WriteString(pick(g, texts...) + pick(g, "", "-", " ", "/", ":", "x", "  ", " -"))
		}
		pairs = append(pairs, []string{s.String(), f.String()})
	}
	runDiff(t, []diffCase{{"pg_to_date", types(tText, tText), "to_date($1, $2)", pairs}, {"pg_to_timestamp", types(tText, tText), "to_timestamp($1, $2)", pairs}})
}
