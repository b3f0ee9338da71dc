package tdstest

import (
	"database/sql"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/golang-sql/civil"
	mssql "github.com/microsoft/go-mssqldb"

	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

func dec(s string) engine.Dec {
	scale := 0
	if i := strings.IndexByte(s, '.'); i >= 0 {
		scale = len(s) - i - 1
	}
	x, ok := new(big.Int).SetString(strings.ReplaceAll(s, ".", ""), 10)
	if !ok {
		panic(s)
	}
	return engine.Dec{Unscaled: x, Scale: scale}
}

func at(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05.9999999", s)
	if err != nil {
		panic(err)
	}
	return t
}

// values lists values of every kind with what the driver makes of them, written by fmt.
var values = []struct {
	typ  engine.Type
	v    engine.Value
	want string
	name string // of the type, at the driver
}{
	{engine.Type{Kind: engine.Bit}, true, "true", "BIT"},
	{engine.Type{Kind: engine.TinyInt}, int64(255), "255", "TINYINT"},
	{engine.Type{Kind: engine.SmallInt}, int64(-32768), "-32768", "SMALLINT"},
	{engine.Type{Kind: engine.Int}, int64(math.MinInt32), "-2147483648", "INT"},
	{engine.Type{Kind: engine.BigInt}, int64(math.MinInt64), "-9223372036854775808", "BIGINT"},
	{engine.Type{Kind: engine.Decimal, Precision: 9, Scale: 2}, dec("-1234567.89"), "-1234567.89", "DECIMAL"},
	{engine.Type{Kind: engine.Decimal, Precision: 15, Scale: 4}, dec("0.5"), "0.5000", "DECIMAL"},
	{engine.Type{Kind: engine.Decimal, Precision: 28, Scale: 0}, dec("9999999999999999999999999999"), "9999999999999999999999999999", "DECIMAL"},
	{engine.Type{Kind: engine.Decimal, Precision: 38, Scale: 38}, dec("-0." + strings.Repeat("9", 38)), "-0." + strings.Repeat("9", 38), "DECIMAL"},
	{engine.Type{Kind: engine.Money}, dec("-922337203685477.5808"), "-922337203685477.5808", "MONEY"},
	{engine.Type{Kind: engine.SmallMoney}, dec("214748.3647"), "214748.3647", "SMALLMONEY"},
	{engine.Type{Kind: engine.Real}, float32(1.5), "1.5", "REAL"},
	{engine.Type{Kind: engine.Float}, -1e308, "-1e+308", "FLOAT"},
	{engine.Type{Kind: engine.Char, Length: 4}, text("ab  "), "ab  ", "CHAR"},
	{engine.Type{Kind: engine.Varchar, Length: 10}, text("€ßé"), "€ßé", "VARCHAR"},
	{engine.Type{Kind: engine.Varchar, Length: -1}, text(strings.Repeat("ÿ", 20000)), strings.Repeat("ÿ", 20000), "VARCHAR"},
	{engine.Type{Kind: engine.NChar, Length: 3}, text("日 x"), "日 x", "NCHAR"},
	{engine.Type{Kind: engine.NVarchar, Length: 40}, text("𝒳😀"), "𝒳😀", "NVARCHAR"},
	{engine.Type{Kind: engine.NVarchar, Length: 0}, text(""), "", "NVARCHAR"},
	{engine.Type{Kind: engine.NVarchar, Length: -1}, text(strings.Repeat("añb", 30000)), strings.Repeat("añb", 30000), "NVARCHAR"},
	{engine.Type{Kind: engine.NVarchar, Length: -1}, text(""), "", "NVARCHAR"},
	{engine.Type{Kind: engine.Binary, Length: 2}, []byte{0, 255}, "[0 255]", "BINARY"},
	{engine.Type{Kind: engine.Varbinary, Length: 8000}, []byte{}, "[]", "VARBINARY"},
	{engine.Type{Kind: engine.Varbinary, Length: -1}, []byte(strings.Repeat("\x01", chunkSize)), fmt.Sprint([]byte(strings.Repeat("\x01", chunkSize))), "VARBINARY"},
	{engine.Type{Kind: engine.RowVersion}, []byte{0, 0, 0, 0, 0, 0, 7, 0xd1}, "[0 0 0 0 0 0 7 209]", "BINARY"},
	{engine.Type{Kind: engine.Date}, at("0001-01-01 00:00:00"), "0001-01-01 00:00:00 +0000 UTC", "DATE"},
	{engine.Type{Kind: engine.Date}, at("9999-12-31 00:00:00"), "9999-12-31 00:00:00 +0000 UTC", "DATE"},
	{engine.Type{Kind: engine.Time, Scale: 7}, 24*time.Hour - 100, "0001-01-01 23:59:59.9999999 +0000 UTC", "TIME"},
	{engine.Type{Kind: engine.Time, Scale: 0}, 5 * time.Second, "0001-01-01 00:00:05 +0000 UTC", "TIME"},
	{engine.Type{Kind: engine.DateTime}, at("1753-01-01 00:00:00.003"), "1753-01-01 00:00:00.003 +0000 UTC", "DATETIME"},
	{engine.Type{Kind: engine.DateTime}, at("9999-12-31 23:59:59.9966667"), "9999-12-31 23:59:59.997 +0000 UTC", "DATETIME"},
	{engine.Type{Kind: engine.SmallDateTime}, at("2079-06-06 23:59:00"), "2079-06-06 23:59:00 +0000 UTC", "SMALLDATETIME"},
	{engine.Type{Kind: engine.DateTime2, Scale: 6}, at("1582-10-04 12:34:56.789012"), "1582-10-04 12:34:56.789012 +0000 UTC", "DATETIME2"},
	{engine.Type{Kind: engine.DateTime2, Scale: 3}, at("2024-02-29 23:59:59.999"), "2024-02-29 23:59:59.999 +0000 UTC", "DATETIME2"},
	{engine.Type{Kind: engine.DateTimeOffset, Scale: 7}, at("2024-06-01 10:00:00.0000001").In(time.FixedZone("", -330*60)),
		"2024-06-01 04:30:00.0000001 -0530 -0530", "DATETIMEOFFSET"},
	{engine.Type{Kind: engine.UniqueIdentifier}, engine.UUID{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 1, 2, 3, 4, 5, 6, 7, 8},
		"67452301-ab89-efcd-0102-030405060708", "UNIQUEIDENTIFIER"}, // the driver hands out the wire's order
}

// shown writes what the driver returned; zones without a name print as their offset twice.
func shown(v any, name string) string {
	switch v := v.(type) {
	case []byte:
		switch name {
		case "DECIMAL", "MONEY", "SMALLMONEY":
			return string(v)
		case "UNIQUEIDENTIFIER":
			return fmt.Sprintf("%x-%x-%x-%x-%x", v[:4], v[4:6], v[6:8], v[8:10], v[10:])
		}
	case time.Time:
		return v.String()
	}
	return fmt.Sprint(v)
}

func TestEveryTypeTravels(t *testing.T) {
	for _, nullable := range []bool{false, true} {
		columns, row, null := make([]engine.Column, len(values)), make([]engine.Value, len(values)), make([]engine.Value, len(values))
		for i, v := range values {
			columns[i] = engine.Column{Name: fmt.Sprintf("c%d é", i), Type: v.typ, Nullable: nullable}
			row[i] = v.v
		}
		s := startFake(t, returns(columns, row, null, row))
		for _, size := range []string{"512", "4096", "32767"} {
			db := open(t, s.DSNWith("packet size", size))
			rows, err := db.QueryContext(seconds(t, 20), "go now")
			if err != nil {
				t.Fatal(err)
			}
			for n := 0; rows.Next(); n++ {
				checkRow(t, rows, n == 1)
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
			rows.Close()
		}
	}
}

func checkRow(t *testing.T, rows *sql.Rows, null bool) {
	t.Helper()
	types, err := rows.ColumnTypes()
	if err != nil {
		t.Fatal(err)
	}
	got, to := make([]any, len(values)), make([]any, len(values))
	for i := range got {
		to[i] = &got[i]
	}
	if err := rows.Scan(to...); err != nil {
		t.Fatal(err)
	}
	for i, v := range values {
		if name := types[i].DatabaseTypeName(); name != v.name {
			t.Errorf("%v: type %s, want %s", v.typ, name, v.name)
		}
		if p, s, ok := types[i].DecimalSize(); v.typ.Kind == engine.Decimal && (!ok || int(p) != v.typ.Precision || int(s) != v.typ.Scale) {
			t.Errorf("%v: decimal(%d,%d)", v.typ, p, s)
		}
		if null {
			if got[i] != nil {
				t.Errorf("%v: %v, want NULL", v.typ, got[i])
			}
		} else if s := shown(got[i], v.name); s != v.want {
			t.Errorf("%v: %.80q, want %.80q", v.typ, s, v.want)
		}
	}
}

func TestParametersReturn(t *testing.T) {
	s := startFake(t, &fake{})
	db := open(t, s.DSN())
	day := civil.Date{Year: 2024, Month: 2, Day: 29}
	for _, c := range []struct{ arg, want any }{
		{int64(-1), int64(-1)}, {int32(7), int64(7)}, {int16(-7), int64(-7)}, {int8(7), int64(7)}, {uint8(255), int64(255)},
		{true, true}, {1.25, 1.25}, {float32(0.5), 0.5}, {"", ""}, {"Grüße 😀", "Grüße 😀"}, {strings.Repeat("x", 70000), strings.Repeat("x", 70000)},
		{mssql.VarChar("abc"), "abc"}, {mssql.VarCharMax(strings.Repeat("y", 9000)), strings.Repeat("y", 9000)}, {mssql.NVarCharMax("z"), "z"}, {mssql.NChar("n"), "n"},
		{[]byte{1, 2, 3}, []byte{1, 2, 3}}, {day, day.In(time.UTC)},
		{civil.DateTime{Date: day, Time: civil.Time{Hour: 1, Nanosecond: 100}}, day.In(time.UTC).Add(time.Hour + 100)},
		{civil.Time{Hour: 23, Minute: 59, Second: 59, Nanosecond: 999999900}, time.Date(1, 1, 1, 23, 59, 59, 999999900, time.UTC)},
		{mssql.DateTime1(at("2024-05-05 05:05:05.997")), at("2024-05-05 05:05:05.997")},
		{at("2024-05-05 05:05:05.1234567").In(time.FixedZone("", 3600)), at("2024-05-05 05:05:05.1234567")},
		{mssql.UniqueIdentifier{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, []byte{4, 3, 2, 1, 6, 5, 8, 7, 9, 10, 11, 12, 13, 14, 15, 16}},
		{nil, nil}, {sql.NullInt64{}, nil}, {sql.NullInt32{}, nil}, {sql.NullBool{}, nil}, {sql.NullFloat64{}, nil}, {sql.NullString{}, nil}, {sql.NullTime{}, nil},
		{mssql.NullDate{}, nil}, {mssql.NullDateTime{}, nil}, {mssql.NullTime{}, nil},
	} {
		var got any
		if err := db.QueryRowContext(seconds(t, 20), "echo;", sql.Named("p1", c.arg), sql.Named("x", 1)).Scan(&got, new(int)); err != nil {
			t.Errorf("%T: %v", c.arg, err)
			continue
		}
		if at, ok := got.(time.Time); ok {
			if !at.Equal(c.want.(time.Time)) {
				t.Errorf("%T: %v, want %v", c.arg, got, c.want)
			}
		} else if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%T: %.60v, want %.60v", c.arg, got, c.want)
		}
	}
	seen := s.Statements()[0]
	if seen.Text != "echo;" || len(seen.Params) != 2 || seen.Params[0].Name != "@p1" || seen.Params[0].Type.Kind != engine.BigInt || !seen.Done {
		t.Errorf("recorded %+v", seen)
	}
}

func TestValuesThatAreNone(t *testing.T) {
	for _, c := range []struct {
		typ engine.Type
		v   engine.Value
	}{
		{engine.Type{Kind: engine.Int}, "1"}, {engine.Type{Kind: engine.Int}, int64(1) << 40}, {engine.Type{Kind: engine.TinyInt}, int64(-1)},
		{engine.Type{Kind: engine.NVarchar, Length: 1}, text("ab")}, {engine.Type{Kind: engine.Decimal, Precision: 9, Scale: 1}, dec("1.25")},
		{engine.Type{Kind: engine.Decimal, Precision: 9}, dec("99999999999")}, {engine.Type{Kind: engine.Time, Scale: 7}, 24 * time.Hour},
		{engine.Type{Kind: engine.Unreadable, Name: "xml"}, text("x")},
	} {
		good := []engine.Value{int64(1), c.v}
		s := startFake(t, returns([]engine.Column{{Name: "a", Type: engine.Type{Kind: engine.Int}}, {Name: "bad", Type: c.typ}}, good))
		rows, err := open(t, s.DSN()).QueryContext(seconds(t, 20), "go now")
		if err == nil {
			for rows.Next() {
				t.Errorf("%v: a row", c.typ)
			}
			err = rows.Err()
			rows.Close()
		}
		if err == nil || !strings.Contains(err.Error(), `"bad"`) {
			t.Errorf("%v: error %v does not name the column", c.typ, err)
		}
	}
}

func TestCollations(t *testing.T) {
	for name, want := range map[string]string{
		"SQL_Latin1_General_CP1_CI_AS": "0904d00034", "Latin1_General_CI_AS": "0904d00000", "Latin1_General_100_BIN2": "0904002200",
		"Latin1_General_100_BIN2_UTF8": "0904002600", "Latin1_General_100_CS_AS_KS_WS": "0904002000", "Latin1_General_BIN": "0904000100",
	} {
		if c := collationOf(name); fmt.Sprintf("%x", c[:]) != want {
			t.Errorf("%s: %x, want %s", name, c[:], want)
		}
	}
	for name, want := range map[string]string{"Latin1_General_100_BIN2_UTF8": "é東😀", "Latin1_General_CI_AS": "\xe9???"} {
		c := collationOf(name)
		if got := string(c.appendVarchar(nil, text("é東😀"))); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := string(collationOf("").appendVarchar(nil, collationOf("").varchar([]byte("\x80\x9f\xff")))); got != "\x80\x9f\xff" {
		t.Errorf("%q", got)
	}
}
