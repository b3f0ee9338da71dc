package scalar

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

func field(dt arrow.DataType, mark string) arrow.Field {
	f := arrow.Field{Name: "x", Type: dt, Nullable: true}
	if mark != "" {
		f.Metadata = arrow.MetadataFrom(map[string]string{typeKey: mark})
	}
	return f
}

// hashValues makes an array of a type from what its builder reads; "NULL" is one.
func hashValues(t *testing.T, dt arrow.DataType, values ...string) arrow.Array {
	t.Helper()
	b := array.NewBuilder(memory.DefaultAllocator, dt)
	defer b.Release()
	for _, v := range values {
		if v == "NULL" {
			b.AppendNull()
		} else if err := b.AppendValueFromString(v); err != nil {
			t.Fatal(err)
		}
	}
	return b.NewArray()
}

func hashAll(t *testing.T, kind HashKind, f arrow.Field, values ...string) []uint64 {
	t.Helper()
	var key []byte
	if kind == HashKeyed {
		key = make([]byte, HashKeySize)
	}
	h, err := NewHasher(kind, f, key)
	if err != nil {
		t.Fatal(err)
	}
	a := hashValues(t, f.Type, values...)
	defer a.Release()
	out, err := h.Hash(nil, a)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var decimal12 = &arrow.Decimal128Type{Precision: 12, Scale: 2}

// TestHashVectors holds the hashes to PostgreSQL 15's own answers (fast), and to those of another implementation of MD5 and HMAC (portable, keyed under the empty key): the
// vectors of docs/approx.md.
func TestHashVectors(t *testing.T) {
	for _, c := range []struct {
		kind  HashKind
		field arrow.Field
		value string
		want  int64
	}{
		{HashFast, field(arrow.PrimitiveTypes.Int64, ""), "1", 434346878670890809},
		{HashFast, field(arrow.PrimitiveTypes.Int32, ""), "0", 4154612158245552303},
		{HashFast, field(arrow.PrimitiveTypes.Int16, ""), "-1", -4140905993450701875},
		{HashFast, field(arrow.BinaryTypes.String, ""), "abc", -6747756470228489321},
		{HashFast, field(arrow.BinaryTypes.String, ""), "", -6939563903564495251},
		{HashFast, field(decimal12, ""), "1.50", 4280112058772588411},
		{HashFast, field(decimal12, ""), "-120000.00", 6506149017778241396},
		{HashFast, field(arrow.PrimitiveTypes.Float64, ""), "1.5", 6158159405676898674},
		{HashFast, field(arrow.PrimitiveTypes.Float64, ""), "NaN", 4719788943832604568},
		{HashFast, field(arrow.PrimitiveTypes.Float64, ""), "-0", 0},
		{HashPortable, field(arrow.BinaryTypes.String, ""), "abc", -8070080442485551184}, // 900150983cd24fb0…
		{HashPortable, field(arrow.BinaryTypes.String, "bpchar"), "abc  ", -8070080442485551184},
		{HashPortable, field(arrow.PrimitiveTypes.Int32, ""), "1", -4266524885998034046}, // c4ca4238a0b92382…
		{HashPortable, field(decimal12, ""), "1.00", -4266524885998034046},
	} {
		if got := hashAll(t, c.kind, c.field, c.value)[0]; int64(got) != c.want {
			t.Errorf("hash %d of %s %s: %d, want %d", c.kind, c.field.Type, c.value, int64(got), c.want)
		}
	}
}

// TestHashEquality: equal values have equal hashes in every kind, and others have not.
func TestHashEquality(t *testing.T) {
	for _, c := range []struct {
		field  arrow.Field
		values string // equal ones are joined by =, others parted by |
	}{
		{field(arrow.BinaryTypes.String, "bpchar"), "a=a =a   |A| a|"},
		{field(arrow.BinaryTypes.String, ""), "a|a |A| a||á|a\u0301"},
		{field(arrow.BinaryTypes.String, "jsonb"), `{"a": 1, "b": [1.0, -0]}={"b":[1,0],"a":1.00}|{"a":-1}|{"a":1}|[1]|1|"1"|null`},
		{field(arrow.BinaryTypes.String, "numeric[]"), "{1.0,2}={1,2.00}|{1,2,NULL}|{{1,2}}|[0:1]={1,2}"},
		{field(arrow.BinaryTypes.String, "text[]"), `{a,b}|{"a,b"}|{a}|{}|{NULL}|{"NULL"}`},
		{field(decimal12, ""), "0=-0=0.00|1=1.00|-1|10|100|10000|100000000|0.01|-0.01|12|120000"},
		{field(wideType, ""), "0=0.00|1.5|-1.5|99999999999999999999999999999999.5|10000|100000000|0.00000000000000000000000000000000000001"},
		{field(&arrow.Decimal128Type{Precision: 38, Scale: 2}, ""), "99999999999999999999999999999999.50|-99999999999999999999999999999999.5|1|-1|92233720368547758.07|92233720368547758.08"},
		{field(arrow.PrimitiveTypes.Float64, ""), "0=-0|NaN=NaN|Inf|-Inf|1|-1|5e-324"},
	} {
		for _, kind := range []HashKind{HashFast, HashPortable, HashKeyed} {
			seen := map[uint64]string{}
			for _, class := range strings.Split(c.values, "|") {
				values := []string{class}
				if mark, _ := c.field.Metadata.GetValue(typeKey); !strings.HasPrefix(class, "[0:1]") || mark == "" {
					values = strings.Split(class, "=")
				}
				sums := hashAll(t, kind, c.field, values...)
				for i, sum := range sums {
					if sum != sums[0] {
						t.Errorf("hash %d of %s: %s and %s differ", kind, c.field.Type, values[0], values[i])
					}
				}
				if other, ok := seen[sums[0]>>16]; ok { // where registers and ranks look
					t.Errorf("hash %d of %s: %s and %s are alike", kind, c.field.Type, class, other)
				}
				seen[sums[0]>>16] = class
			}
		}
	}
}

// TestHashSpread: the keys that a fold of 64 bits to 32 would make alike are counted apart.
func TestHashSpread(t *testing.T) {
	for name, key := range map[string]func(i uint64) uint64{
		"consecutive": func(i uint64) uint64 { return i }, "pairs": func(i uint64) uint64 { return i/1000<<32 | i%1000 },
		"days": func(i uint64) uint64 { return i * usPerDay }, "negative": func(i uint64) uint64 { return -i }, "high": func(i uint64) uint64 { return i << 40 },
	} {
		const n, p = 200_000, 14
		seen, registers := map[uint64]bool{}, map[uint64]int{}
		for i := range uint64(n) {
			h := mixSeed(key(i))
			seen[h] = true
			registers[h>>(64-p)]++
		}
		chi := 0.0
		mean := float64(n) / (1 << p)
		for r := range uint64(1 << p) {
			d := float64(registers[r]) - mean
			chi += d * d / mean
		}
		// Chi-squared of 2^14-1 degrees of freedom: within 5 standard deviations of sqrt(2·16383) = 181.
		if len(seen) != n || chi < 16383-905 || chi > 16383+905 {
			t.Errorf("%s: %d hashes of %d keys, chi-squared %.0f", name, len(seen), n, chi)
		}
	}
}

// TestHashKeyed: the blocks of a key are those of RFC 2104.
func TestHashKeyed(t *testing.T) {
	key := append(bytes.Repeat([]byte{0x36}, 64), bytes.Repeat([]byte{0x5c}, 64)...) // of the empty key
	h, err := NewHasher(HashKeyed, field(arrow.BinaryTypes.String, ""), key)
	if err != nil {
		t.Fatal(err)
	}
	a := hashValues(t, arrow.BinaryTypes.String, "abc")
	defer a.Release()
	if out, err := h.Hash(nil, a); err != nil || int64(out[0]) != -181591950975701120 {
		t.Errorf("%d, %v", int64(out[0]), err)
	}
}

func TestHashNull(t *testing.T) {
	out := hashAll(t, HashFast, field(arrow.PrimitiveTypes.Int64, ""), "1", "NULL", "1")
	if len(out) != 3 || out[0] != out[2] || out[1] != 0 {
		t.Errorf("%v", out)
	}
}

// TestHashRefused: what has no equality, no hash or no key is refused by name.
func TestHashRefused(t *testing.T) {
	text := arrow.BinaryTypes.String
	for _, c := range []struct {
		kind  HashKind
		field arrow.Field
		key   int
		state string
	}{
		{HashFast, field(text, "json"), 0, "42883"}, {HashPortable, field(text, "json[]"), 0, "42883"}, {HashPortable, field(arrow.PrimitiveTypes.Uint8, ""), 0, "0A000"},
		{HashKeyed, field(text, ""), 64, "22023"}, {HashKeyed, field(text, ""), 0, "22023"},
	} {
		_, err := NewHasher(c.kind, c.field, make([]byte, c.key))
		var e *Error
		if !errors.As(err, &e) || e.SQLState != c.state {
			t.Errorf("%v: %v", c, err)
		}
	}
	h, err := NewHasher(HashFast, field(text, ""), nil)
	if err != nil {
		t.Fatal(err)
	}
	a := hashValues(t, arrow.PrimitiveTypes.Int64, "1")
	defer a.Release()
	if _, err := h.Hash(nil, a); err == nil {
		t.Error("a column of another type is hashed")
	}
}

func BenchmarkHash(b *testing.B) {
	for _, kind := range []HashKind{HashFast, HashPortable, HashKeyed} {
		for _, f := range []arrow.Field{field(arrow.PrimitiveTypes.Int64, ""), field(decimal12, ""), field(arrow.BinaryTypes.String, "")} {
			b.Run(fmt.Sprint(kind, "/", f.Type), func(b *testing.B) {
				values := make([]string, 10_000)
				for i := range values {
					values[i] = fmt.Sprint(i * 7919)
				}
				builder := array.NewBuilder(memory.DefaultAllocator, f.Type)
				defer builder.Release()
				for _, v := range values {
					if err := builder.AppendValueFromString(v); err != nil {
						b.Fatal(err)
					}
				}
				a := builder.NewArray()
				defer a.Release()
				h, err := NewHasher(kind, f, make([]byte, HashKeySize))
				if err != nil {
					b.Fatal(err)
				}
				var out []uint64
				for b.Loop() {
					if out, err = h.Hash(out[:0], a); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(values)), "ns/value")
			})
		}
	}
}
