package engine

import (
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

func TestFunctions(t *testing.T) {
	for _, c := range []struct {
		call string // NAME[.part] | argument | …
		want string
	}{
		// Numbers.
		{"ABS|int:-5", "int 5"},
		{"ABS|int:1|int:2", "error 174"},
		{"ABS|int:-2147483648", "error 8115"},
		{"ABS|decimal(5,2):-1.50", "decimal(38,2) 1.50"},
		{"CEILING|decimal(5,2):-1.50", "decimal(5,0) -1"},
		{"CEILING|decimal(5,2):1.01", "decimal(5,0) 2"},
		{"FLOOR|decimal(5,2):-1.50", "decimal(5,0) -2"},
		{"FLOOR|money:-1.5", "money -2.0000"},
		{"FLOOR|float:1.5", "float 1"},
		{"FLOOR|bit:1", "error 8116"},
		{"ROUND|decimal(7,4):123.9995|#3", "decimal(7,4) 124.0000"},
		{"ROUND|decimal(5,2):748.58|int:-3", "error 8115"}, // the vendor's example
		{"ROUND|decimal(6,2):748.58|int:-2", "decimal(6,2) 700.00"},
		{"ROUND|decimal(6,2):150.75|#0|#1", "decimal(6,2) 150.00"},
		{"ROUND|decimal(6,2):-150.75|#0", "decimal(6,2) -151.00"},
		{"ROUND|int:1250|int:-2", "int 1300"}, // half away from zero
		{"ROUND|float:2.5|#0", "float 3"},     // PostgreSQL: 2
		{"ROUND|real:2.25|#1", "float 2.3"},
		{"ROUND|decimal(5,2):1", "error 189"},
		{"SIGN|decimal(5,2):-3", "decimal(5,2) -1.00"},
		{"SIGN|tinyint:3", "int 1"},
		{"SQRT|int:9", "float 3"},
		{"SQRT|int:-1", "error 3623"},
		{"LOG|int:0", "error 3623"},
		{"LOG|int:8|#2", "float 3"},
		{"LOG10|int:1000", "float 3"},
		{"POWER|int:2|decimal(2,1):0.5", "int 1"}, // the first argument's type
		{"POWER|decimal(3,1):2.5|#2", "decimal(38,1) 6.3"},
		{"POWER|int:2|#31", "error 232"},
		{"POWER|float:0|int:-1", "error 8134"},
		{"EXP|int:1000", "error 8115"},
		{"DEGREES|int:1", "int 57"},
		{"PI", "float 3.141592653589793"},
		{"ATN2|#1|#1", "float 0.7853981633974483"},
		{"ACOS|#2", "error 3623"},
		// Texts.
		{"LEN|nvarchar(9):ab  ", "int 2"}, // PostgreSQL: 4
		{"LEN|nvarchar(9):a😀", "int 3"},   // PostgreSQL: 2
		{"LEN|nvarchar(9) Latin1_General_100_CI_AS_SC:a😀", "int 2"},
		{"LEN|nvarchar(max):ab", "bigint 2"},
		{"DATALENGTH|nvarchar(9):ab ", "int 6"},
		{"DATALENGTH|varchar(9):ab ", "int 3"},
		{"DATALENGTH|varchar(9) Latin1_General_100_BIN2_UTF8:aé", "int 3"},
		{"DATALENGTH|decimal(9,0):1", "int 5"},
		{"DATALENGTH|decimal(20,0):1", "int 13"},
		{"DATALENGTH|datetime2(3):2020-01-01", "int 7"},
		{"LEFT|nvarchar(9):abc|#2", "nvarchar(2) ab"},
		{"LEFT|varchar(9):abc|int:-1", "error 537"}, // PostgreSQL: all but one
		{"RIGHT|varchar(9):abc|int:2", "varchar(9) bc"},
		{"RIGHT|varchar(9):abc|int:-2", "error 536"},
		{"LEFT|int:123|#2", "varchar(2) 12"},
		{"SUBSTRING|varchar(9):abcdef|#2|#3", "varchar(3) bcd"},
		{"SUBSTRING|varchar(9):abcdef|int:-1|int:4", "varchar(9) ab"},
		{"SUBSTRING|varchar(9):abcdef|int:9|int:4", "varchar(9) "},
		{"SUBSTRING|varchar(9):abcdef|int:1|int:-1", "error 537"},
		{"SUBSTRING|varbinary(9):0x010203|#2|#1", "varbinary(1) 0x02"},
		{"SUBSTRING|int:12|#2|#1", "error 8116"},
		{"LTRIM|varchar(9):  a ", "varchar(9) a "},
		{"RTRIM|varchar(9): a\t ", "varchar(9)  a\t"},
		{"TRIM|char(5): a", "varchar(5) a"},
		{"UPPER|nvarchar(9):straße é", "nvarchar(9) STRAßE É"},
		{"UPPER|varchar(9):ÿ", "varchar(9) Ÿ"},
		{"LOWER|nvarchar(9):ÀÉ", "nvarchar(9) àé"},
		{"REPLACE|varchar(9):Abcab|varchar(9):ab|varchar(9):x", "varchar(8000) xcx"}, // whatever the case
		{"REPLACE|varchar(9) Latin1_General_BIN2:Abcab|varchar(9):ab|varchar(9):x", "varchar(8000) Abcx"},
		{"REPLACE|varchar(9):abc|varchar(9):|varchar(9):x", "varchar(8000) abc"},
		{"REPLACE|varchar(9):abc|varchar(9):NULL|varchar(9):x", "varchar(8000) NULL"},
		{"TRANSLATE|varchar(9):2*[3+4]|varchar(9):[]|varchar(9):()", "varchar(9) 2*(3+4)"},
		{"TRANSLATE|varchar(9):a|varchar(9):ab|varchar(9):c", "error 9828"},
		{"REVERSE|nvarchar(9):abc", "nvarchar(9) cba"},
		{"REPLICATE|varchar(9):ab|#3", "varchar(8000) ababab"},
		{"REPLICATE|nvarchar(9):ab|int:-1", "nvarchar(4000) NULL"},
		{"SPACE|#3", "varchar(8000)    "},
		{"CHARINDEX|varchar(9):B|varchar(9):abcb", "int 2"},
		{"CHARINDEX|varchar(9):B|varchar(9) Latin1_General_BIN2:abcb", "int 0"},
		{"CHARINDEX|varchar(9):b|varchar(9):abcb|#3", "int 4"},
		{"CHARINDEX|varchar(9):|varchar(9):abc", "int 0"}, // PostgreSQL: 1
		{"CHARINDEX|varchar(9):b|varchar(max):abcb", "bigint 2"},
		{"STUFF|varchar(9):abcdef|#2|#3|varchar(9):ijklmn", "varchar(8000) aijklmnef"},
		{"STUFF|varchar(9):abc|#0|#3|varchar(9):x", "varchar(8000) NULL"},
		{"STUFF|varchar(9):abc|#1|#1|varchar(9):NULL", "varchar(8000) bc"},
		{"CONCAT|varchar(9):a|int:NULL|int:5", "varchar(33) a5"},
		{"CONCAT|nvarchar(9):a|varchar(3):b", "nvarchar(12) ab"},
		{"CONCAT|varchar(9):a", "error 189"},
		{"CONCAT_WS|varchar(1):,|varchar(9):a|varchar(9):NULL|varchar(9):b", "varchar(8000) a,b"},
		{"NCHAR|#937", "nchar(1) Ω"},
		{"NCHAR|int:65536", "nchar(1) NULL"},
		{"CHAR|#128", "char(1) €"},
		{"UNICODE|nvarchar(9):Ωx", "int 937"},
		{"UNICODE|nvarchar(9):", "int NULL"},
		{"UNICODE|nvarchar(9):😀", "int 55357"},
		{"UNICODE|nvarchar(9) Latin1_General_100_CI_AS_SC:😀", "int 128512"},
		{"ASCII|nvarchar(9):€", "int 128"},
		{"HASHBYTES|varchar(9):md5|varchar(9):a", "varbinary(8000) 0x0cc175b9c0f1b6a831c399e269772661"},
		{"HASHBYTES|varchar(9):MD5|nvarchar(9):a", "varbinary(8000) 0x4144e195f46de78a3623da7364d04f11"}, // UTF-16LE
		{"HASHBYTES|varchar(9):SHA1|varchar(9):a", "varbinary(8000) 0x86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"},
		{"HASHBYTES|varchar(9):CRC|varchar(9):a", "varbinary(8000) NULL"},
		{"HASHBYTES|varchar(9):MD5|int:1", "error 8116"},
		// Choices.
		{"ISNULL|varchar(2):NULL|varchar(9):abcd", "varchar(2) ab"}, // cut, unlike COALESCE
		{"COALESCE|varchar(2):NULL|varchar(9):abcd", "varchar(9) abcd"},
		{"COALESCE|int:NULL|decimal(5,2):1.5", "decimal(12,2) 1.50"},
		{"COALESCE|varchar(2):a|int:1", "error 245"},
		{"COALESCE|NULL|NULL", "error 4127"},
		{"NULLIF|varchar(2):a|varchar(9):A ", "varchar(2) NULL"},
		{"NULLIF|NULL|int:1", "error 4151"},
		{"GREATEST|int:1|int:NULL|decimal(3,1):1.5", "decimal(11,1) 1.5"},
		{"LEAST|int:1|int:NULL", "int 1"},
		// What other databases have is no function here.
		{"LENGTH|varchar(2):a", "error 195"},
		{"SUBSTR|varchar(2):a|#1|#1", "error 195"},
		{"MOD|#1|#1", "error 195"},
		{"LPAD|varchar(2):a|#1", "error 195"},
		{"DATE_TRUNC|varchar(2):a|date:2020-01-01", "error 195"},
		{"NOW", "error 195"},
	} {
		if got := callText(t, c.call); got != c.want {
			t.Errorf("%s: %s, want %s", c.call, got, c.want)
		}
	}
}

func callText(t *testing.T, call string) string {
	t.Helper()
	words := strings.Split(call, "|")
	name, part, _ := strings.Cut(words[0], ".")
	args := words[1:]
	return callOn(t, name, part, args...)
}

func TestDateFunctions(t *testing.T) {
	for _, c := range []struct{ call, want string }{
		{"DATEADD.month|#1|date:2020-01-31", "date 2020-02-29"},
		{"DATEADD.month|#1|varchar(20):20240830", "datetime 2024-09-30 00:00:00.000"},
		{"DATEADD.year|#1|date:9999-01-01", "error 517"},
		{"DATEADD.hour|#1|date:2020-01-01", "error 9810"},
		{"DATEADD.day|#1|time(0):10:00", "error 9810"},
		{"DATEADD.hour|#3|time(0):22:00", "time(0) 01:00:00"},
		{"DATEADD.microsecond|#1|datetime:2020-01-01", "error 9810"},
		{"DATEADD.millisecond|#1|datetime:2020-01-01", "datetime 2020-01-01 00:00:00.000"},
		{"DATEADD.millisecond|#2|datetime:2020-01-01", "datetime 2020-01-01 00:00:00.003"},
		{"DATEADD.nanosecond|#150|datetime2(7):2020-01-01", "datetime2(7) 2020-01-01 00:00:00.0000002"},
		{"DATEADD.quarter|int:-1|datetime2(0):2020-05-31", "datetime2(0) 2020-02-29 00:00:00"},
		{"DATEADD.day|decimal(3,1):1.9|date:2020-01-01", "date 2020-01-02"},
		{"DATEADD.day|bigint:3000000000|date:2020-01-01", "error 8115"},
		{"DATEADD.second|int:-1|datetimeoffset(0):2020-01-01 00:00 +02:00", "datetimeoffset(0) 2019-12-31 23:59:59 +02:00"},
		{"DATEADD.iso_week|#1|date:2020-01-01", "error 9810"},
		// Boundaries, not whole units: the vendor's examples of one tick across the year.
		{"DATEDIFF.year|datetime2(7):2005-12-31 23:59:59.9999999|datetime2(7):2006-01-01", "int 1"},
		{"DATEDIFF.week|datetime2(7):2005-12-31 23:59:59.9999999|datetime2(7):2006-01-01", "int 1"},
		{"DATEDIFF.microsecond|datetime2(7):2005-12-31 23:59:59.9999999|datetime2(7):2006-01-01", "int 1"},
		{"DATEDIFF.month|date:2020-01-31|date:2020-02-01", "int 1"},
		{"DATEDIFF.second|date:1900-01-01|date:2020-01-01", "error 535"},
		{"DATEDIFF_BIG.nanosecond|date:1900-01-01|date:2020-01-01", "bigint 3786825600000000000"},
		{"DATEDIFF_BIG.nanosecond|date:0001-01-01|date:9999-01-01", "error 535"},
		{"DATEDIFF.day|datetimeoffset(0):2020-01-01 00:30 +02:00|datetimeoffset(0):2020-01-01 00:30 +00:00", "int 1"},
		{"DATEPART.week|date:2007-04-21", "int 16"},
		{"DATEPART.iso_week|date:2021-01-03", "int 53"},
		{"DATEPART.weekday|date:2007-04-21", "int 7"}, // Sunday is 1
		{"DATEPART.dayofyear|date:2007-10-30", "int 303"},
		{"DATEPART.nanosecond|varchar(50):2007-10-30 12:15:32.1234567 +05:10", "int 123456700"},
		{"DATEPART.tzoffset|varchar(50):2007-10-30 12:15:32.1234567 +05:10", "int 310"},
		{"DATEPART.hour|date:2020-01-01", "error 9810"},
		{"DATEPART.epoch|date:2020-01-01", "error 155"},
		{"YEAR|int:0", "int 1900"},
		{"DAY|varchar(20):2020-01-31", "int 31"},
		{"DATENAME.month|date:2020-01-31", "nvarchar(30) January"},
		{"DATENAME.weekday|date:2007-04-21", "nvarchar(30) Saturday"},
		{"DATENAME.tzoffset|varchar(50):2007-10-30 12:15 -05:30", "nvarchar(30) -05:30"},
		{"EOMONTH|date:2020-02-10", "date 2020-02-29"},
		{"EOMONTH|date:2020-02-10|int:-1", "date 2020-01-31"},
		{"DATEFROMPARTS|#2020|#2|#29", "date 2020-02-29"},
		{"DATEFROMPARTS|#2021|#2|#29", "error 289"},
		{"DATEFROMPARTS|#2021|int:NULL|#29", "date NULL"},
		{"DATETIME2FROMPARTS|#2011|#8|#15|#14|#23|#44|#50|#2", "datetime2(2) 2011-08-15 14:23:44.50"},
		{"DATETIME2FROMPARTS|#2011|#8|#15|#14|#23|#44|#500|#2", "error 289"},
		{"DATETIME2FROMPARTS|#2011|#8|#15|#14|#23|#44|#5|int:2", "error 10760"},
		{"TIMEFROMPARTS|#14|#23|#44|#5|#1", "time(1) 14:23:44.5"},
		{"TIMEFROMPARTS|#24|#0|#0|#0|#0", "error 289"},
		{"DATETIMEOFFSETFROMPARTS|#2011|#8|#15|#14|#30|#0|#500|#12|#30|#3", "datetimeoffset(3) 2011-08-15 14:30:00.500 +12:30"},
		{"DATETRUNC.month|date:2021-12-08", "date 2021-12-01"},
		{"DATETRUNC.week|datetime2(7):2021-12-08 11:30:15.1234567", "datetime2(7) 2021-12-05 00:00:00.0000000"},
		{"DATETRUNC.iso_week|datetime2(7):2021-12-08 11:30:15.1234567", "datetime2(7) 2021-12-06 00:00:00.0000000"},
		{"DATETRUNC.hour|date:2021-12-08", "error 9810"},
		{"DATETRUNC.microsecond|datetime2(3):2021-12-08", "error 9810"},
		{"DATETRUNC.minute|time(0):10:11:12", "time(0) 10:11:00"},
		{"SWITCHOFFSET|datetimeoffset(0):2020-01-01 00:00 +02:00|varchar(6):-05:00", "datetimeoffset(0) 2019-12-31 17:00:00 -05:00"},
		{"SWITCHOFFSET|datetimeoffset(0):2020-01-01 00:00 +02:00|varchar(6):UTC", "error 9812"},
		{"TODATETIMEOFFSET|datetime2(0):2020-01-01|#120", "datetimeoffset(0) 2020-01-01 00:00:00 +02:00"},
	} {
		if got := callText(t, c.call); got != c.want {
			t.Errorf("%s: %s, want %s", c.call, got, c.want)
		}
	}
}

func TestAtTimeZone(t *testing.T) {
	from := typ(t, "datetime2(3)")
	to, err := AtTimeZoneType(from)
	if err != nil {
		t.Fatal(err)
	}
	v, err := AtTimeZone(val(t, "2020-01-01 10:00", "datetime2(3)"), from, NewString16("UTC"))
	if got := spell(to) + " " + outcome(v, to, err); got != "datetimeoffset(3) 2020-01-01 10:00:00.000 +00:00" {
		t.Error(got)
	}
	if _, err := AtTimeZone(nil, from, NewString16("Europe/Berlin")); err == nil || err.Number != 9820 { // no IANA names
		t.Error(err)
	}
	if _, err := AtTimeZoneType(Type{Kind: Date}); err == nil || err.Number != 8116 {
		t.Error(err)
	}
}

func TestStarIsNoScalarFunction(t *testing.T) {
	if _, err := FunctionType(&tsql.Call{Name: "LEN", Star: true}, nil); err == nil || err.Number != 195 {
		t.Error(err)
	}
}
