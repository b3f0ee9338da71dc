package scalar

import (
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
)

func TestDiffShiftAndPrecision(t *testing.T) {
	ints := []string{"0", "1", "-1", "5", "-5", "32767", "-32768"}
	distances := []string{"0", "1", "4", "15", "16", "31", "32", "33", "63", "64", "-1", "2147483647"}
	digits := []string{"0", "1", "3", "5", "6"}
	stamps := []string{"1999-12-31 23:59:59.5", "2000-01-01 00:00:00.5", "2024-05-06 10:11:12.345678", "2024-05-06 10:11:12.45", "1970-01-01 00:00:00.55", "0044-03-15 12:00:00.5 BC", "infinity", "-infinity"}
	var cases []diffCase
	for _, d := range digits {
		cases = append(cases,
			diffCase{"pg_precision", types(tsType, tInt4), "$1::timestamp(" + d + ")", cross(stamps, []string{d})},
			diffCase{"pg_precision", types(tzType, tInt4), "$1::timestamptz(" + d + ")", cross(stamps, []string{d})},
			diffCase{"pg_precision", types(timeType, tInt4), "$1::time(" + d + ")", cross([]string{"10:11:12.345678", "23:59:59.999999", "00:00:00.05"}, []string{d})},
			diffCase{"pg_precision", types(arrow.FixedWidthTypes.MonthDayNanoInterval, tInt4), "$1::interval(" + d + ")", cross([]string{"1.23456 s", "-1.55 s", "1 mon 2 days -00:00:00.5", "0.000005 s"}, []string{d})})
	}
	big := append([]string{"9223372036854775807", "-9223372036854775808", "4294967296"}, ints...)
	for name, op := range map[string]string{"pg_shift_left": "<<", "pg_shift_right": ">>"} {
		cases = append(cases, diffCase{name, types(tInt2, tInt4), "$1 " + op + " $2", cross(ints, distances)},
			diffCase{name, types(tInt4, tInt4), "$1 " + op + " $2", cross(ints, distances)}, diffCase{name, types(tInt8, tInt4), "$1 " + op + " $2", cross(big, distances)})
	}
	runDiff(t, cases)
}
