package engine

import "testing"

func TestConvert(t *testing.T) {
	for _, c := range []struct {
		value, from, to string
		style           int
		want            string
	}{
		// Text to numbers.
		{"", "varchar(5)", "int", -1, "0"}, // PostgreSQL: an error
		{"  -12 ", "varchar(9)", "int", -1, "-12"},
		{"1.0", "varchar(9)", "int", -1, "error 245"},
		{"1e3", "varchar(9)", "int", -1, "error 245"},
		{"2147483648", "varchar(20)", "int", -1, "error 248"},
		{"256", "varchar(20)", "tinyint", -1, "error 244"},
		{"99999", "varchar(20)", "smallint", -1, "error 244"},
		{"x", "nvarchar(20)", "bigint", -1, "error 8114"},
		{"9223372036854775808", "nvarchar(20)", "bigint", -1, "error 8115"},
		{"", "varchar(5)", "decimal(5,2)", -1, "error 8114"},
		{"1.005", "varchar(9)", "decimal(5,2)", -1, "1.01"},
		{"-1.005", "varchar(9)", "decimal(5,2)", -1, "-1.01"},
		{"1e2", "varchar(9)", "decimal(5,2)", -1, "error 8114"},
		{"1000", "varchar(9)", "decimal(5,2)", -1, "error 8115"},
		{"1e2", "varchar(9)", "float", -1, "100"},
		{"", "varchar(9)", "float", -1, "0"},
		{"NaN", "varchar(9)", "float", -1, "error 8114"}, // there is none in SQL Server
		{"1e999", "varchar(9)", "float", -1, "error 8115"},
		{"$1,234.56789", "varchar(20)", "money", -1, "1234.5679"},
		{"TRUE", "varchar(9)", "bit", -1, "true"},
		{"yes", "varchar(9)", "bit", -1, "error 245"}, // PostgreSQL: true
		{"2", "varchar(9)", "bit", -1, "true"},
		// Numbers to numbers: decimal and float truncate to integers where PostgreSQL rounds.
		{"1.9", "decimal(5,2)", "int", -1, "1"},
		{"-1.9", "float", "int", -1, "-1"},
		{"1.5", "money", "int", -1, "2"},
		{"3000000000", "bigint", "int", -1, "error 8115"},
		{"300", "int", "tinyint", -1, "error 220"},
		{"40000", "int", "smallint", -1, "error 220"},
		{"3e9", "float", "int", -1, "error 232"},
		{"1e19", "float", "bigint", -1, "error 8115"},
		{"1.25", "decimal(5,2)", "decimal(5,1)", -1, "1.3"},
		{"123.45", "decimal(5,2)", "decimal(3,2)", -1, "error 8115"},
		{"0.1", "float", "decimal(38,20)", -1, "0.10000000000000001000"},
		{"1e39", "float", "decimal(38,0)", -1, "error 8115"},
		{"922337203685477.5808", "decimal(20,4)", "money", -1, "error 8115"},
		{"0.1", "real", "float", -1, "0.10000000149011612"},
		{"1e39", "float", "real", -1, "error 8115"},
		{"0.5", "decimal(2,1)", "bit", -1, "true"},
		// Numbers to text.
		{"123456", "int", "varchar(3)", -1, "*"},
		{"123456", "int", "nvarchar(3)", -1, "error 8115"},
		{"123456", "bigint", "varchar(3)", -1, "error 8115"},
		{"-0.50", "decimal(5,2)", "varchar(9)", -1, "-0.50"},
		{"1234.5678", "money", "varchar(20)", -1, "1234.57"},
		{"1234567.5678", "money", "varchar(20)", 1, "1,234,567.57"},
		{"1234.5678", "money", "varchar(20)", 2, "1234.5678"},
		{"1234567.8", "float", "varchar(30)", -1, "1.23457e+006"}, // six digits: PostgreSQL keeps all
		{"100000", "float", "varchar(30)", -1, "100000"},
		{"0.1", "float", "varchar(30)", 2, "1.000000000000000e-001"},
		{"0.1", "float", "varchar(30)", 3, "1.0000000000000001e-001"},
		{"0.1", "real", "varchar(30)", 3, "1.00000001e-001"},
		{"1", "bit", "nvarchar(5)", -1, "1"}, // PostgreSQL: true
		// Text to text.
		{"abcdef", "varchar(9)", "varchar(3)", -1, "abc"},
		{"ab", "varchar(9)", "char(4)", -1, "ab  "},
		{"naïve σ €", "nvarchar(9)", "varchar(20)", -1, "naïve ? €"},
		{"σ😀", "nvarchar(9)", "varchar(20) Latin1_General_100_BIN2_UTF8", -1, "σ😀"},
		{"σσσ", "nvarchar(9)", "varchar(5) Latin1_General_100_BIN2_UTF8", -1, "σσ"},
		// Bytes.
		{"258", "int", "varbinary(8)", -1, "0x00000102"},
		{"258", "int", "binary(2)", -1, "0x0102"},
		{"258", "bigint", "varbinary(max)", -1, "0x0000000000000102"},
		{"0x0102", "varbinary(8)", "int", -1, "258"},
		{"0xffffffff", "varbinary(8)", "int", -1, "-1"},
		{"0xff", "varbinary(8)", "int", -1, "255"},
		{"0x8000000000000001", "varbinary(8)", "bigint", -1, "-9223372036854775807"},
		{"ab", "nvarchar(8)", "varbinary(8)", -1, "0x61006200"},
		{"ab", "varchar(8)", "binary(4)", -1, "0x61620000"},
		{"é", "varchar(8)", "varbinary(8)", -1, "0xe9"},
		{"é", "varchar(8) Latin1_General_100_BIN2_UTF8", "varbinary(8)", -1, "0xc3a9"},
		{"0xAbCd", "varchar(8)", "varbinary(8)", 1, "0xabcd"},
		{"AbCd", "varchar(8)", "varbinary(8)", 2, "0xabcd"},
		{"AbCd", "varchar(8)", "varbinary(8)", 1, "error 8114"},
		{"ABC", "varchar(8)", "varbinary(8)", 2, "error 8114"},
		{"0xabcd", "varbinary(8)", "varchar(8)", 1, "0xABCD"},
		{"0xabcd", "varbinary(8)", "nvarchar(8)", 2, "ABCD"},
		{"123.3", "decimal(4,1)", "varbinary(20)", -1, "0x04010001d1040000"},
		{"1", "float", "varbinary(8)", -1, "0x3ff0000000000000"},
		{"0x00", "varbinary(8)", "float", -1, "error 529"},
		// uniqueidentifier.
		{"6F9619FF-8B86-D011-B42D-00C04FC964FF", "varchar(50)", "uniqueidentifier", -1, "6F9619FF-8B86-D011-B42D-00C04FC964FF"},
		{"6f9619ff-8b86-d011-b42d-00c04fc964ffwrong", "varchar(50)", "uniqueidentifier", -1, "6F9619FF-8B86-D011-B42D-00C04FC964FF"},
		{"6F9619FF-8B86-D011-B42D-00C04FC964FF", "uniqueidentifier", "varbinary(16)", -1, "0xff19966f868b11d0b42d00c04fc964ff"},
		{"6F9619FF-8B86-D011-B42D-00C04FC964FF", "uniqueidentifier", "varchar(35)", -1, "error 8170"},
		{"x", "varchar(50)", "uniqueidentifier", -1, "error 8169"},
		{"NULL", "int", "date", -1, "error 529"},
		{"1", "int", "datetime2(7)", -1, "error 529"},
		{"1", "int", "uniqueidentifier", -1, "error 529"},
		{"2020-01-01", "date", "int", -1, "error 529"},
	} {
		to := typ(t, c.to)
		from := typ(t, c.from)
		if isText(from.Kind) && isText(to.Kind) {
			from.Collation = to.Collation
		}
		v, err := Convert(val(t, c.value, c.from), from, to, c.style)
		if got := outcome(v, to, err); got != c.want {
			t.Errorf("%s %q to %s, style %d: %s, want %s", c.from, c.value, c.to, c.style, got, c.want)
		}
	}
}

func TestConvertDates(t *testing.T) {
	for _, c := range []struct {
		value, from, to string
		style           int
		want            string
	}{
		{"", "varchar(9)", "datetime", -1, "1900-01-01 00:00:00.000"},
		{"", "varchar(9)", "date", -1, "1900-01-01"},
		// datetime is in 1/300 s; the examples are the vendor's.
		{"2020-01-01 23:59:59.999", "varchar(30)", "datetime", -1, "2020-01-02 00:00:00.000"},
		{"2020-01-01 23:59:59.998", "varchar(30)", "datetime", -1, "2020-01-01 23:59:59.997"},
		{"2020-01-01 23:59:59.995", "varchar(30)", "datetime", -1, "2020-01-01 23:59:59.997"},
		{"2020-01-01 23:59:59.994", "varchar(30)", "datetime", -1, "2020-01-01 23:59:59.993"},
		{"2020-01-01 23:59:59.991", "varchar(30)", "datetime", -1, "2020-01-01 23:59:59.990"},
		{"2020-01-01 00:00:00.9999", "varchar(30)", "datetime", -1, "error 241"},
		{"1752-12-31", "varchar(30)", "datetime", -1, "error 242"},
		{"1752-12-31", "date", "datetime", -1, "error 242"},
		{"2021-02-30", "varchar(30)", "datetime", -1, "error 242"},
		{"2021-02-30", "varchar(30)", "date", -1, "error 241"},
		{"0001-01-01", "varchar(30)", "datetime2(7)", -1, "0001-01-01 00:00:00.0000000"},
		{"10000-01-01", "varchar(30)", "datetime2(7)", -1, "error 241"},
		{"2020-01-01 00:00:00.003", "datetime", "datetime2(7)", -1, "2020-01-01 00:00:00.0033333"},
		{"2020-01-01 00:00:00.007", "datetime", "datetime2(3)", -1, "2020-01-01 00:00:00.007"},
		{"2000-05-08 12:35:29.998", "varchar(30)", "smalldatetime", -1, "2000-05-08 12:35:00.000"},
		{"2000-05-08 12:35:29.999", "varchar(30)", "smalldatetime", -1, "2000-05-08 12:36:00.000"},
		{"2079-06-07", "varchar(30)", "smalldatetime", -1, "error 242"},
		{"x", "varchar(30)", "smalldatetime", -1, "error 295"},
		{"2020-01-01 12:00:00.1234567", "datetime2(7)", "datetime2(3)", -1, "2020-01-01 12:00:00.123"},
		{"2020-01-01 23:59:59.9999999", "datetime2(7)", "datetime2(0)", -1, "2020-01-02 00:00:00"},
		{"23:59:59.9999999", "time(7)", "time(0)", -1, "00:00:00"},
		{"24:00", "varchar(9)", "time(0)", -1, "error 241"}, // PostgreSQL has it
		{"2020-01-01 23:59:59.9999999", "datetime2(7)", "date", -1, "2020-01-01"},
		{"2020-01-01 01:00 +02:00", "varchar(40)", "datetimeoffset(0)", -1, "2020-01-01 01:00:00 +02:00"},
		{"2020-01-01 01:00 +02:00", "datetimeoffset(0)", "datetime2(0)", -1, "2020-01-01 01:00:00"}, // the offset is dropped
		{"2020-01-01 01:00", "datetime2(0)", "datetimeoffset(0)", -1, "2020-01-01 01:00:00 +00:00"},
		{"2020-01-01T01:00:00Z", "varchar(40)", "datetime", -1, "2020-01-01 01:00:00.000"},
		{"2020-01-01 01:00 +02:00", "varchar(40)", "datetime", -1, "error 241"},
		{"2020-01-01 01:00 +15:00", "varchar(40)", "datetimeoffset(0)", -1, "error 241"},
		{"01/02/2020", "varchar(40)", "date", -1, "2020-01-02"},
		{"01/02/2020", "varchar(40)", "date", 103, "2020-02-01"},
		{"2020-01-02", "varchar(40)", "date", 103, "2020-01-02"},
		{"2020-01-02", "varchar(40)", "datetime", 103, "2020-02-01 00:00:00.000"}, // the old types obey the order even so
		{"20200102", "varchar(40)", "datetime2(0)", 112, "2020-01-02 00:00:00"},
		{"Jan 2 2020 3:04PM", "varchar(40)", "datetime2(0)", -1, "2020-01-02 15:04:00"},
		{"13:14", "varchar(40)", "datetime2(0)", -1, "1900-01-01 13:14:00"},
		{"2020-01-02 03:04:05", "varchar(40)", "datetime2(0)", 126, "error 241"},
		{"2020-01-02T03:04:05.5", "varchar(40)", "datetime2(1)", 126, "2020-01-02 03:04:05.5"},
		{"infinity", "varchar(40)", "date", -1, "error 241"},
		{"2020-01-01 12:00", "datetime", "int", -1, "43830"},
		{"1.5", "float", "datetime", -1, "1900-01-02 12:00:00.000"},
		{"-1", "int", "datetime", -1, "1899-12-31 00:00:00.000"},
	} {
		to := typ(t, c.to)
		v, err := Convert(val(t, c.value, c.from), typ(t, c.from), to, c.style)
		if got := outcome(v, to, err); got != c.want {
			t.Errorf("%s %q to %s, style %d: %s, want %s", c.from, c.value, c.to, c.style, got, c.want)
		}
	}
}

func TestDateStyles(t *testing.T) {
	for _, c := range []struct {
		value, from string
		style       int
		want        string
	}{
		{"2006-12-30 00:38:54.840", "datetime", -1, "Dec 30 2006 12:38AM"},
		{"2006-01-03 15:08:04", "datetime", 100, "Jan  3 2006  3:08PM"},
		{"2006-12-30 00:38:54.843", "datetime", 121, "2006-12-30 00:38:54.843"},
		{"2006-12-30 00:38:54.843", "datetime", 120, "2006-12-30 00:38:54"},
		{"2006-12-30 00:38:54.843", "datetime", 126, "2006-12-30T00:38:54.843"},
		{"2006-12-30 00:38:54", "datetime", 126, "2006-12-30T00:38:54"},
		{"2006-12-30 00:38:54.843", "datetime", 112, "20061230"},
		{"2006-12-30 00:38:54.843", "datetime", 102, "2006.12.30"},
		{"2006-12-30 00:38:54.1234567", "datetime2(7)", -1, "2006-12-30 00:38:54.1234567"},
		{"2006-12-30 00:38:54.1234567", "datetime2(7)", 23, "2006-12-30"},
		{"2006-12-30", "date", -1, "2006-12-30"},
		{"2006-12-30", "date", 121, "2006-12-30"},
		{"12:13:14.5", "time(1)", -1, "12:13:14.5"},
		{"12:13:14.5", "time(1)", 108, "12:13:14"},
		{"12:13:14.5", "time(1)", 112, "error 281"},
		{"2006-12-30 00:38:54.12 +02:00", "datetimeoffset(2)", -1, "2006-12-30 00:38:54.12 +02:00"},
		{"2006-12-30 00:38:54.12 +02:00", "datetimeoffset(2)", 126, "2006-12-30T00:38:54.12+02:00"},
		{"2006-12-30 00:38:54.12 +02:00", "datetimeoffset(2)", 127, "2006-12-29T22:38:54.12Z"},
		{"2006-12-30", "date", 999, "error 281"},
	} {
		to := typ(t, "varchar(50)")
		v, err := Convert(val(t, c.value, c.from), typ(t, c.from), to, c.style)
		if got := outcome(v, to, err); got != c.want {
			t.Errorf("%s %q, style %d: %s, want %s", c.from, c.value, c.style, got, c.want)
		}
	}
}

func TestImplicit(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"varchar(5)", "varbinary(5)", false}, {"varbinary(5)", "varchar(5)", true}, {"money", "varchar(5)", false},
		{"int", "datetime", true}, {"datetime", "int", false}, {"int", "date", false}, {"date", "datetime", true},
		{"datetime", "varchar(5)", true}, {"float", "decimal(5,2)", true}, {"varchar(5)", "uniqueidentifier", true},
		{"bit", "int", true}, {"int", "bit", true}, {"varchar(5)", "bit", true}, {"date", "time(0)", false}, {"NULL", "xml", true},
		{"float", "varbinary(8)", true}, {"varbinary(8)", "datetime2(7)", false}, {"nvarchar(5)", "timestamp", false},
	} {
		if got := Implicit(typ(t, c.from), typ(t, c.to)); got != c.want {
			t.Errorf("%s to %s: %v", c.from, c.to, got)
		}
	}
}

func TestAssign(t *testing.T) {
	for _, c := range []struct{ value, from, to, want string }{
		{"abc", "varchar(9)", "varchar(2)", "error 2628"},
		{"ab  ", "varchar(9)", "varchar(2)", "ab"},
		{"0x0102", "varbinary(9)", "varbinary(1)", "error 2628"},
		{"σ", "nvarchar(9)", "varchar(2)", "?"},
		{"0x01", "varbinary(9)", "varchar(9)", "\x01"},
		{"ab", "varchar(9)", "varbinary(2)", "error 257"},
		{"1", "int", "date", "error 206"},
		{"1", "money", "varchar(9)", "error 257"},
	} {
		to := typ(t, c.to)
		v, err := Assign(val(t, c.value, c.from), typ(t, c.from), to, "c")
		if got := outcome(v, to, err); got != c.want {
			t.Errorf("%s %q into %s: %s, want %s", c.from, c.value, c.to, got, c.want)
		}
	}
}
