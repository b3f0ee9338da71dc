package engine

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// samples are values of every type, edges among them.
var samples = map[string][]string{
	"bit": {"0", "1"}, "tinyint": {"0", "255"}, "smallint": {"-32768", "7"}, "int": {"-2147483648", "0", "2147483647"},
	"bigint": {"-9223372036854775808", "9223372036854775807", "1"}, "decimal(38,10)": {"-9999999999999999999999999999.9999999999", "0", "1.5"},
	"decimal(5,5)": {"0.99999", "-0.00001"}, "money": {"-922337203685477.5808", "922337203685477.5807", "1.5"}, "smallmoney": {"-214748.3648", "2"},
	"real": {"3.4e38", "-1.5", "1e-37"}, "float": {"1.7e308", "-1e-300", "0"}, "char(3)": {"ab", "1"}, "varchar(20)": {"", "12", "é€", "2020-01-01"},
	"nchar(3)": {"σ", "1"}, "nvarchar(max)": {"😀", "  ", "1.5"}, "binary(3)": {"0x01"}, "varbinary(max)": {"0x", "0xffffffffffffffffff", "0x3f"},
	"date": {"0001-01-01", "9999-12-31"}, "time(7)": {"00:00", "23:59:59.9999999"}, "datetime": {"1753-01-01", "9999-12-31 23:59:59.997"},
	"smalldatetime": {"1900-01-01", "2079-06-06 23:59"}, "datetime2(7)": {"0001-01-01", "9999-12-31 23:59:59.9999999"},
	"datetimeoffset(3)": {"0001-01-02 00:00 +14:00", "9999-12-30 23:59 -14:00"}, "uniqueidentifier": {"6F9619FF-8B86-D011-B42D-00C04FC964FF"},
}

// isOf reports whether v is of the Go type that values of t have.
func isOf(v Value, t Type) bool {
	ok := true
	switch v := v.(type) {
	case nil:
	case bool:
		ok = t.Kind == Bit
	case int64:
		ok = isInteger(t.Kind) && v >= minOf[t.Kind] && v <= maxOf[t.Kind]
	case Dec:
		_, scale := exactDigits(t)
		ok = (t.Kind == Decimal && v.fits(t.Precision) || isMoney(t.Kind) && moneyFits(v, t.Kind)) && v.Scale == scale
	case float32:
		ok = t.Kind == Real
	case float64:
		ok = t.Kind == Float
	case String16:
		ok = isText(t.Kind) && (t.Length == -1 || storedLength(v, t) <= t.Length)
	case []byte:
		ok = isBytes(t.Kind) && (t.Length == -1 || len(v) <= t.Length)
	case time.Time:
		ok = isTemporal(t.Kind) && t.Kind != Time
	case time.Duration:
		ok = t.Kind == Time && v >= 0 && v < day
	case UUID:
		ok = t.Kind == UniqueIdentifier
	default:
		ok = false
	}
	return ok
}

// Every value of every type converts to every type, or is refused by an error that the table of conversions agrees with.
func TestEveryConversion(t *testing.T) {
	for from, values := range samples {
		for to := range samples {
			ft, tt := typ(t, from), typ(t, to)
			for _, s := range values {
				v, err := Convert(val(t, s, from), ft, tt, -1)
				if (err != nil && err.Number == 529) != (conversion(ft.Kind, tt.Kind) == forbidden) {
					t.Errorf("%s %q to %s: %v", from, s, to, err)
				}
				if err == nil && !isOf(v, tt) {
					t.Errorf("%s %q to %s: %T %s", from, s, to, v, showValue(v, tt))
				}
				if err != nil && len(err.Text) == 0 {
					t.Errorf("%s %q to %s: an error without a text", from, s, to)
				}
			}
		}
	}
}

// Every operator and function with arguments of every type answers by its own result type, or with an error.
func TestEveryOperation(t *testing.T) {
	for a, as := range samples {
		for b, bs := range samples {
			ta, tb := typ(t, a), typ(t, b)
			for _, op := range []byte("+-*/%&|^") {
				result, err := BinaryType(op, ta, tb)
				if err != nil {
					continue
				}
				for _, x := range as {
					v, err := BinaryOp(op, val(t, x, a), val(t, bs[0], b), ta, tb, result)
					if err == nil && !isOf(v, result) {
						t.Errorf("%s %q %c %s %q as %s: %T %s", a, x, op, b, bs[0], spell(result), v, showValue(v, result))
					}
				}
			}
			for name, f := range scalarFunctions {
				if f.min <= 2 && f.max >= 2 {
					callEvery(t, name, []string{a, b}, []string{as[len(as)-1], bs[0]})
				}
			}
		}
		for name, f := range scalarFunctions {
			if f.min <= 1 && f.max >= 1 {
				for _, x := range as {
					callEvery(t, name, []string{a}, []string{x})
				}
			}
		}
	}
}

func callEvery(t *testing.T, name string, names, texts []string) {
	t.Helper()
	parts := []string{""}
	if dateFunctions[name].eval != nil {
		parts = []string{"year", "week", "hour", "nanosecond"}
	}
	var types []Type
	var values []Value
	for i, n := range names {
		types, values = append(types, typ(t, n)), append(values, val(t, texts[i], n))
	}
	for _, part := range parts {
		call := &tsql.Call{Name: name, Part: part}
		result, err := FunctionType(call, types)
		if err != nil {
			continue
		}
		v, err := CallFunction(call, values, types, result)
		if err == nil && !isOf(v, result) {
			t.Errorf("%s.%s%v of %q as %s: %T %s", name, part, names, texts, spell(result), v, showValue(v, result))
		}
	}
}

// Compare orders totally, the fast comparison of plain texts agrees with the keys, and GroupKey with both.
func TestComparisonLaws(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	alphabet := []rune("aAbBzZ09 -'éÉe\u0301ßs_\x00😀σ")
	text := func() String16 {
		var out []rune
		for range rnd.IntN(5) {
			out = append(out, alphabet[rnd.IntN(len(alphabet))])
		}
		return utf16.Encode(out)
	}
	for _, name := range []string{sqlCI, winCI, sc, bin2, binUTF8, caseful, accentAI} {
		ct := Type{Kind: NVarchar, Length: -1, Collation: name}
		for range 3000 {
			a, b, c := text(), text(), text()
			ab, bc, ac := compareValues(a, b, ct), compareValues(b, c, ct), compareValues(a, c, ct)
			if ab <= 0 && bc <= 0 && ac > 0 {
				t.Fatalf("%s: %q <= %q <= %q, not %[2]q <= %[4]q", name, a, b, c)
			}
			if same := bytes.Equal(GroupKey(nil, a, ct), GroupKey(nil, b, ct)); same != (ab == 0) {
				t.Fatalf("%s: %q with %q is %d, one group: %v", name, a, b, ab, same)
			}
		}
	}
}
