package engine

import (
	"fmt"
	"testing"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

func TestParseType(t *testing.T) {
	for _, c := range []struct {
		name     string
		args     []int
		declared string
		cast     string
	}{
		{"decimal", nil, "decimal(18,0)", "decimal(18,0)"},
		{"numeric", []int{38, 38}, "decimal(38,38)", "decimal(38,38)"},
		{"decimal", []int{39}, "error 2750", "error 2750"},
		{"decimal", []int{5, 6}, "error 192", "error 192"},
		{"decimal", []int{0}, "error 1001", "error 1001"},
		{"varchar", nil, "varchar(1)", "varchar(30)"},
		{"nvarchar", nil, "nvarchar(1)", "nvarchar(30)"},
		{"binary", nil, "binary(1)", "binary(30)"},
		{"nvarchar", []int{-1}, "nvarchar(max)", "nvarchar(max)"},
		{"nvarchar", []int{4001}, "error 2717", "error 2717"},
		{"varchar", []int{8001}, "error 131", "error 131"},
		{"char", []int{-1}, "error 1001", "error 1001"},
		{"varchar", []int{0}, "error 1001", "error 1001"},
		{"float", []int{24}, "real", "real"},
		{"float", []int{25}, "float", "float"},
		{"float", []int{54}, "error 2750", "error 2750"},
		{"datetime2", nil, "datetime2(7)", "datetime2(7)"},
		{"time", []int{0}, "time(0)", "time(0)"},
		{"datetimeoffset", []int{8}, "error 1002", "error 1002"},
		{"sysname", nil, "nvarchar(128)", "nvarchar(128)"},
		{"int", []int{4}, "error 2716", "error 2716"},
		{"date", []int{3}, "error 2716", "error 2716"},
		{"boolean", nil, "error 2715", "error 2715"}, // PostgreSQL's
		{"timestamptz", nil, "error 2715", "error 2715"},
		{"xml", nil, "xml", "xml"},
		{"timestamp", nil, "timestamp", "timestamp"}, // rowversion, not a date
	} {
		n := tsql.TypeName{Name: c.name, Args: c.args}
		for i, parse := range []func(tsql.TypeName) (Type, *Error){
			func(n tsql.TypeName) (Type, *Error) { return ParseType(n, "") },
			func(n tsql.TypeName) (Type, *Error) { return CastType(n, Type{Kind: Int}, "") },
		} {
			got, err := parse(n)
			s := spell(got)
			if err != nil {
				s = fmt.Sprintf("error %d", err.Number)
			}
			if want := []string{c.declared, c.cast}[i]; s != want {
				t.Errorf("%s%v (cast %d): %s, want %s", c.name, c.args, i, s, want)
			}
		}
	}
}

func TestLiterals(t *testing.T) {
	for _, c := range []struct {
		kind       tsql.LiteralKind
		text, want string
	}{
		{tsql.Integer, "42", "int 42"},
		{tsql.Integer, "2147483647", "int 2147483647"},
		{tsql.Integer, "2147483648", "decimal(10,0) 2147483648"}, // PostgreSQL: bigint
		{tsql.Decimal, "1.50", "decimal(3,2) 1.50"},
		{tsql.Decimal, "0.5", "decimal(1,1) 0.5"},
		{tsql.Float, "1e3", "float 1000"},
		{tsql.Varchar, "", "varchar(1) "},
		{tsql.Varchar, "aσ", "varchar(2) a?"}, // a constant without N is in the code page
		{tsql.Nvarchar, "aσ", "nvarchar(2) aσ"},
		{tsql.Nvarchar, "😀", "nvarchar(2) 😀"},
		{tsql.Binary, "0aff", "varbinary(2) 0x0aff"},
		{tsql.Binary, "abc", "varbinary(2) 0x0abc"},
		{tsql.Null, "", "NULL NULL"},
	} {
		v, lt, err := LiteralOf(&tsql.Literal{Kind: c.kind, Text: c.text})
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got := spell(lt) + " " + showValue(v, lt); got != c.want {
			t.Errorf("%s: %s, want %s", c.text, got, c.want)
		}
	}
}

func TestCommonType(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"int", "varchar(10)", "int"},
		{"int", "decimal(5,2)", "decimal(12,2)"},
		{"bigint", "decimal(38,10)", "decimal(38,10)"},
		{"decimal(38,0)", "decimal(38,20)", "decimal(38,0)"},
		{"decimal(10,2)", "float", "float"},
		{"decimal(10,2)", "money", "decimal(19,4)"},
		{"varchar(10)", "nvarchar(5)", "nvarchar(10)"},
		{"varchar(8000)", "nvarchar(5)", "nvarchar(4000)"},
		{"varchar(max)", "nvarchar(5)", "nvarchar(max)"},
		{"char(3)", "char(5)", "char(5)"},
		{"char(3)", "varchar(5)", "varchar(5)"},
		{"date", "datetime2(3)", "datetime2(3)"},
		{"datetime", "datetime2(0)", "datetime2(3)"},
		{"datetime2(7)", "datetimeoffset(0)", "datetimeoffset(7)"},
		{"date", "varchar(10)", "date"},
		{"date", "int", "error 206"},
		{"date", "time(0)", "error 206"},
		{"uniqueidentifier", "varchar(36)", "uniqueidentifier"},
		{"uniqueidentifier", "int", "error 206"},
		{"varbinary(10)", "varchar(10)", "varchar(10)"},
		{"bit", "int", "int"},
		{"xml", "int", "error 402"},
		{"NULL", "date", "date"},
		{"NULL", "NULL", "NULL"},
		{"varchar(5) Latin1_General_BIN2", "varchar(5) Latin1_General_CI_AS", "error 468"},
		{"money", "varchar(5)", "money"},
	} {
		for _, pair := range [][2]string{{c.a, c.b}, {c.b, c.a}} {
			got, err := CommonType(typ(t, pair[0]), typ(t, pair[1]))
			s := spell(got)
			if err != nil {
				s = fmt.Sprintf("error %d", err.Number)
			}
			if s != c.want {
				t.Errorf("%s with %s: %s, want %s", pair[0], pair[1], s, c.want)
			}
		}
	}
}

func TestResolveCollation(t *testing.T) {
	const a, b = "Latin1_General_BIN2", "Latin1_General_CI_AS"
	for _, c := range []struct {
		as, bs Strength
		want   string
		label  Strength
		err    bool
	}{
		{CoercibleDefault, ImplicitCollation, b, ImplicitCollation, false},
		{ImplicitCollation, ImplicitCollation, a, NoCollation, false},
		{ExplicitCollation, ImplicitCollation, a, ExplicitCollation, false},
		{NoCollation, ExplicitCollation, b, ExplicitCollation, false},
		{NoCollation, CoercibleDefault, a, NoCollation, false},
		{ExplicitCollation, ExplicitCollation, a, ExplicitCollation, true},
	} {
		got, label, err := ResolveCollation(a, c.as, b, c.bs)
		if got != c.want || label != c.label || (err != nil) != c.err {
			t.Errorf("%d with %d: %s, %d, %v", c.as, c.bs, got, label, err)
		}
	}
}
