package engine

import "testing"

// operate evaluates "a op b" and returns the type and the value.
func operate(t *testing.T, op byte, a, ta, b, tb string) string {
	x, y := typ(t, ta), typ(t, tb)
	result, err := BinaryType(op, x, y)
	if err != nil {
		return outcome(nil, result, err)
	}
	v, err := BinaryOp(op, val(t, a, ta), val(t, b, tb), x, y, result)
	if err != nil {
		return outcome(nil, result, err)
	}
	return spell(result) + " " + showValue(v, result)
}

func TestBinary(t *testing.T) {
	for _, c := range []struct {
		a, ta   string
		op      byte
		b, tb   string
		want    string
		comment string
	}{
		{"7", "int", '/', "2", "int", "int 3", ""},
		{"-7", "int", '/', "2", "int", "int -3", "towards zero"},
		{"-7", "int", '%', "2", "int", "int -1", "the dividend's sign"},
		{"7", "int", '/', "0", "int", "error 8134", ""},
		{"7", "float", '/', "0", "float", "error 8134", "no infinity"},
		{"2147483647", "int", '+', "1", "int", "error 8115", ""},
		{"-2147483648", "int", '/', "-1", "int", "error 8115", ""},
		{"1", "tinyint", '-', "2", "tinyint", "error 8115", "tinyint has no sign"},
		{"200", "tinyint", '+', "100", "tinyint", "error 8115", "nothing is promoted"},
		{"200", "tinyint", '+', "100", "smallint", "smallint 300", ""},
		{"9223372036854775807", "bigint", '+', "1", "int", "error 8115", ""},
		{"1", "int", '+', "2", "varchar(5)", "int 3", "PostgreSQL: no operator"},
		{"1", "int", '+', "x", "varchar(5)", "error 245", "+ with a number never joins texts"},
		{"1", "bit", '+', "1", "bit", "error 8117", ""},
		{"1", "bit", '+', "1", "int", "int 2", ""},
		{"5", "int", '&', "3", "int", "int 1", ""},
		{"1", "bit", '^', "1", "bit", "bit false", ""},
		{"1.5", "decimal(2,1)", '&', "1", "int", "error 402", ""},
		{"5.5", "float", '%', "2", "int", "error 402", ""},
		// The vendor's table of precision and scale.
		{"1.5", "decimal(5,2)", '+', "2.25", "decimal(6,3)", "decimal(7,3) 3.750", ""},
		{"1.5", "decimal(5,2)", '*', "2.25", "decimal(6,3)", "decimal(12,5) 3.37500", ""},
		{"1", "decimal(5,0)", '/', "3", "decimal(5,0)", "decimal(11,6) 0.333333", ""},
		{"2", "decimal(5,0)", '/', "3", "decimal(5,0)", "decimal(11,6) 0.666666", "quotients are truncated"},
		{"7.5", "decimal(5,2)", '%', "2", "int", "decimal(5,2) 1.50", ""},
		{"1.67574", "decimal(38,10)", '/', "10000", "decimal(38,10)", "decimal(38,6) 0.000167", "six digits are left"},
		{"1", "decimal(38,20)", '*', "0.00000055", "decimal(38,20)", "decimal(38,6) 0.000001", "products are rounded"},
		{"1", "decimal(38,5)", '*', "1", "decimal(38,5)", "decimal(38,6) 1.000000", ""},
		{"99999999999999999999999999999999999999", "decimal(38,0)", '+', "1", "decimal(38,0)", "error 8115", ""},
		{"1.00005", "decimal(38,37)", '+', "99", "decimal(38,0)", "decimal(38,0) 100", "the fraction gives way"},
		{"10", "decimal(5,2)", '/', "0", "int", "error 8134", ""},
		{"1.5", "decimal(5,2)", '+', "2", "varchar(5)", "decimal(6,2) 3.50", ""},
		{"1.5", "decimal(5,2)", '+', "1e0", "float", "float 2.5", ""},
		{"100", "money", '/', "339", "money", "money 0.2949", "money quotients are truncated"},
		{"18.4172", "money", '*', "1.1562", "money", "money 21.2940", "and products rounded"},
		{"922337203685477.5807", "money", '+', "1", "int", "error 8115", ""},
		{"0.1", "real", '+', "0.2", "real", "real 0.3", ""},
		// Texts.
		{"ab", "varchar(5)", '+', "cd", "varchar(3)", "varchar(8) abcd", ""},
		{"ab", "varchar(5)", '+', "cd", "nvarchar(3)", "nvarchar(8) abcd", ""},
		{"ab", "char(4)", '+', "cd", "varchar(3)", "varchar(7) ab  cd", ""},
		{"ab", "varchar(8000)", '+', "cd", "varchar(8000)", "varchar(8000) abcd", ""},
		{"ab", "varchar(max)", '+', "cd", "varchar(5)", "varchar(max) abcd", ""},
		{"NULL", "varchar(5)", '+', "cd", "varchar(5)", "varchar(10) NULL", ""},
		{"a", "varchar(5)", '-', "b", "varchar(5)", "error 8117", ""},
		{"a", "varchar(5) Latin1_General_BIN2", '+', "b", "varchar(5) Latin1_General_CI_AS", "error 468", ""},
		{"0x01", "varbinary(5)", '+', "0x02", "varbinary(5)", "varbinary(10) 0x0102", ""},
		// Dates.
		{"2020-01-01", "datetime", '+', "1", "int", "datetime 2020-01-02 00:00:00.000", ""},
		{"2020-01-01", "datetime", '-', "0.5", "decimal(3,1)", "datetime 2019-12-31 12:00:00.000", ""},
		{"2020-01-03", "datetime", '-', "2020-01-01", "datetime", "datetime 1900-01-03 00:00:00.000", "no interval"},
		{"2020-01-01", "date", '+', "1", "int", "error 206", "PostgreSQL: the next day"},
		{"2020-01-01", "datetime2(7)", '+', "1", "int", "error 206", ""},
		{"2020-01-01", "date", '-', "2020-01-01", "date", "error 8117", ""},
		{"2020-01-01", "date", '+', "10:00", "time(0)", "error 402", ""},
		{"2020-01-01", "datetime", '+', "10:00", "time(0)", "error 402", ""},
		{"2020-01-01", "datetime", '*', "2", "int", "error 402", ""},
	} {
		if got := operate(t, c.op, c.a, c.ta, c.b, c.tb); got != c.want {
			t.Errorf("%s:%s %c %s:%s: %s, want %s (%s)", c.a, c.ta, c.op, c.b, c.tb, got, c.want, c.comment)
		}
	}
}

// A constant counts by the digits written, so that 2.0/3 has six digits and not twelve.
func TestConstantOperands(t *testing.T) {
	two, three := Type{Kind: Decimal, Precision: 2, Scale: 1}, Type{Kind: Int, Precision: 1}
	result, err := BinaryType('/', two, three)
	if err != nil || spell(result) != "decimal(7,6)" {
		t.Fatalf("%s, %v", spell(result), err)
	}
	v, err := BinaryOp('/', NewDec(20, 1), int64(3), two, three, result)
	if outcome(v, result, err) != "0.666666" {
		t.Error(outcome(v, result, err))
	}
}

func TestConcatCutsBounded(t *testing.T) {
	long := make(String16, 8000)
	for i := range long {
		long[i] = 'x'
	}
	bounded := Type{Kind: Varchar, Length: 8000}
	for _, c := range []struct {
		a    Type
		want int
	}{{bounded, 8000}, {Type{Kind: Varchar, Length: -1}, 16000}} {
		result, err := BinaryType('+', c.a, bounded)
		if err != nil {
			t.Fatal(err)
		}
		v, err := BinaryOp('+', long, long, c.a, bounded, result)
		if err != nil || len(v.(String16)) != c.want {
			t.Errorf("%s: %d, %v", spell(c.a), len(v.(String16)), err)
		}
	}
}

func TestUnary(t *testing.T) {
	for _, c := range []struct {
		op          byte
		v, t1, want string
	}{
		{'-', "5", "tinyint", "smallint -5"},
		{'-', "-2147483648", "int", "error 8115"},
		{'-', "1.50", "decimal(5,2)", "decimal(5,2) -1.50"},
		{'~', "5", "int", "int -6"},
		{'~', "5", "tinyint", "tinyint 250"},
		{'~', "1", "bit", "bit false"},
		{'-', "1", "bit", "error 8117"},
		{'-', "x", "varchar(5)", "error 8117"},
		{'-', "0", "float", "float 0"},
	} {
		result, err := UnaryType(c.op, typ(t, c.t1))
		got := outcome(nil, result, err)
		if err == nil {
			v, err := UnaryOp(c.op, val(t, c.v, c.t1), typ(t, c.t1), result)
			if got = outcome(v, result, err); err == nil {
				got = spell(result) + " " + got
			}
		}
		if got != c.want {
			t.Errorf("%c%s:%s: %s, want %s", c.op, c.v, c.t1, got, c.want)
		}
	}
}
