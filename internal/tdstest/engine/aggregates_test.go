package engine

import (
	"strings"
	"testing"
)

func TestAggregates(t *testing.T) {
	for _, c := range []struct{ name, t, values, want string }{
		{"SUM", "int", "1,2,NULL", "int 3"},
		{"SUM", "int", "2147483647,1", "error 8115"}, // PostgreSQL: bigint
		{"SUM", "tinyint", "200,200", "int 400"},
		{"SUM", "bigint", "9223372036854775807,1", "error 8115"}, // PostgreSQL: numeric
		{"SUM", "decimal(5,2)", "1.50,2.25", "decimal(38,2) 3.75"},
		{"SUM", "decimal(38,0)", "99999999999999999999999999999999999999,1", "error 8115"},
		{"SUM", "smallmoney", "1.5,2", "money 3.5000"},
		{"SUM", "real", "1.5,2", "float 3.5"},
		{"SUM", "float", "1e308,1e308", "error 8115"},
		{"SUM", "bit", "1", "error 8117"},
		{"SUM", "varchar(5)", "1", "error 8117"},
		{"SUM", "NULL", "", "error 8117"},
		{"SUM", "int", "", "int NULL"},
		{"SUM DISTINCT", "int", "1,1,2", "int 3"},
		{"AVG", "int", "1,2", "int 1"}, // PostgreSQL: 1.5
		{"AVG", "int", "-1,-2", "int -1"},
		{"AVG", "int", "2147483647,2147483647", "error 8115"},
		{"AVG", "decimal(5,2)", "1.00,1.00,1.01", "decimal(38,6) 1.003333"},
		{"AVG", "decimal(5,2)", "2,2,1", "decimal(38,6) 1.666666"},
		{"AVG", "decimal(12,8)", "1,2", "decimal(38,8) 1.50000000"},
		{"AVG", "money", "1,1,0", "money 0.6666"},
		{"AVG", "float", "1,2", "float 1.5"},
		{"COUNT", "varchar(5)", "a,NULL,A", "int 2"},
		{"COUNT_BIG", "int", "", "bigint 0"},
		{"COUNT DISTINCT", "varchar(5)", "a,A,a ,b", "int 2"}, // PostgreSQL: 4
		{"COUNT DISTINCT", "varchar(5) Latin1_General_BIN2", "a,A,a ", "int 2"},
		{"MIN", "varchar(5)", "b,A,NULL", "varchar(5) A"},
		{"MIN", "varchar(5) Latin1_General_BIN2", "b,a,B", "varchar(5) B"},
		{"MAX", "date", "2020-01-01,2021-01-01", "date 2021-01-01"},
		{"MAX", "bit", "1", "error 8117"},
		{"MAX", "int", "NULL", "int NULL"},
		{"VAR", "int", "1,2,3,4", "float 1.6666666666666667"},
		{"VARP", "int", "1,2,3,4", "float 1.25"},
		{"STDEV", "int", "1", "float NULL"},
		{"STDEVP", "int", "1", "float 0"},
		{"STDEV", "decimal(5,2)", "1,3", "float 1.4142135623730951"},
		{"STDEV", "bit", "1", "error 8117"},
		{"STRING_AGG DISTINCT", "varchar(5)", "1", "error 102"},
		{"MEDIAN", "int", "1", "error 195"},
	} {
		name, distinct := strings.CutSuffix(c.name, " DISTINCT")
		arg := typ(t, c.t)
		result, err := AggregateType(name, distinct, arg)
		got := outcome(nil, result, err)
		if err == nil {
			got = accumulate(t, NewAggregate(name, distinct, arg, result), c.t, c.values, result)
		}
		if got != c.want {
			t.Errorf("%s(%s) of %s: %s, want %s", c.name, c.t, c.values, got, c.want)
		}
	}
}

func accumulate(t *testing.T, a Accumulator, name, values string, result Type) string {
	t.Helper()
	for _, s := range strings.FieldsFunc(values, func(r rune) bool { return r == ',' }) {
		if err := a.Add(val(t, s, name)); err != nil {
			return outcome(nil, result, err)
		}
	}
	v, err := a.Result()
	if err != nil {
		return outcome(nil, result, err)
	}
	return spell(result) + " " + showValue(v, result)
}

func TestStringAgg(t *testing.T) {
	for _, c := range []struct{ t, values, want string }{
		{"varchar(9)", "b,NULL,a", "varchar(8000) b; a"},
		{"int", "1,2", "nvarchar(4000) 1; 2"},
		{"nvarchar(max)", "", "nvarchar(max) NULL"},
		{"varchar(9)", strings.Repeat("123456789,", 800), "error 9829"},
	} {
		result, err := AggregateType("STRING_AGG", false, typ(t, c.t))
		if err != nil {
			t.Fatal(err)
		}
		if got := accumulate(t, NewStringAgg(NewString16("; "), typ(t, c.t), result), c.t, c.values, result); got != c.want {
			t.Errorf("%s: %.40s, want %s", c.t, got, c.want)
		}
	}
}

// The naive deviation is what a server that sums squares answers: wrong where the mean is large.
func TestNaiveDeviation(t *testing.T) {
	const values = "100000000000001,100000000000002,100000000000003"
	float := typ(t, "float")
	if got := accumulate(t, NewAggregate("VARP", false, float, float), "float", values, float); got != "float 0.6666666666666666" {
		t.Error(got)
	}
	if got := accumulate(t, NewNaiveDeviation("VARP", false, float), "float", values, float); got == "float 0.6666666666666666" {
		t.Error("the naive variance is exact")
	}
}
