package tap

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"sync"
	"testing"
)

var (
	word   = Value{Text, "Qzorvwyn-Kelthumbra-Äxtel"}
	count  = Value{Integer, "7306918273645519"}
	amount = Value{Decimal, "918273.64"}
	birth  = Value{Date, "1911-03-17"}
	key    = Value{UUID, "5f0c3e7a-91b2-4d6e-8a17-c0ffee5eed01"}
)

var all = sync.OnceValues(func() (*Finder, error) { return NewFinder(word, count, amount, birth, key) })

func finder(t *testing.T) *Finder {
	t.Helper()
	f, err := all()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestFormsAreFound writes values by hand, as protocols and functions do, between other bytes.
func TestFormsAreFound(t *testing.T) {
	f := finder(t)
	wide := func(s string) string {
		var b strings.Builder
		for _, r := range s {
			b.WriteString(string([]byte{byte(r), byte(r >> 8)}))
		}
		return b.String()
	}
	for name, c := range map[string]struct {
		value Value
		bytes string
	}{
		"text":                  {word, "Qzorvwyn-Kelthumbra-Äxtel"},
		"part of a text":        {word, "lthumbra"},
		"upper case":            {word, "QZORVWYN-KELTHUMBRA"},
		"lower case":            {word, "zorvwyn-kelthu"},
		"reversed":              {word, "arbmuhtleK-nywvrozQ"},
		"utf-16le":              {word, wide("Kelthumbra-Äx")},
		"utf-16be":              {word, "\x00" + wide("Kelthumbra")[:19]},
		"hex":                   {word, hex.EncodeToString([]byte("Kelthumbra"))},
		"HEX":                   {word, "4B656C7468756D627261"},
		"hex of utf-16le":       {word, hex.EncodeToString([]byte(wide("Kelthumbra")))},
		"hex in utf-16le":       {word, wide("4b656c7468756d627261")},
		"base64":                {word, base64.StdEncoding.EncodeToString([]byte("Qzorvwyn-Kelthumbra"))},
		"base64 after one":      {word, base64.StdEncoding.EncodeToString([]byte("_Qzorvwyn-Kelthumbra"))},
		"base64 after two":      {word, base64.StdEncoding.EncodeToString([]byte("__Qzorvwyn-Kelthumbra"))},
		"base64 in utf-16":      {word, wide(base64.StdEncoding.EncodeToString([]byte("__Qzorvwyn-Kelthumbra")))},
		"base64url":             {word, base64.RawURLEncoding.EncodeToString([]byte("Kelthumbra-Äxtel"))},
		"number in a text":      {count, "id=7306918273645519;"},
		"int8 of PostgreSQL":    {count, "\x00\x19\xf5\x9a\x7c\x1a\x7b\xcf"},
		"bigint of TDS":         {count, "\xcf\x7b\x1a\x7c\x9a\xf5\x19\x00"},
		"to_hex":                {count, "19f59a7c1a7bcf"},
		"decimal as text":       {amount, "1.918273.640"},
		"decimal in utf-16":     {amount, wide("918273.64")},
		"numeric of PostgreSQL": {amount, "\x00\x03\x00\x01\x00\x00\x00\x02\x00\x5b\x20\x51\x19\x00"},
		"decimal of TDS":        {amount, "\x01\xa4\x2c\x79\x05"},
		"float8 of PostgreSQL":  {amount, "\x41\x2c\x06\x03\x47\xae\x14\x7b"},
		"float of TDS":          {amount, "\x7b\x14\xae\x47\x03\x06\x2c\x41"},
		"cents":                 {amount, "91827364"},
		"date":                  {birth, "born 1911-03-17."},
		"date without hyphens":  {birth, "19110317"},
		"date of PostgreSQL":    {birth, "\xff\xff\x81\x50"},
		"date of TDS":           {birth, "\x03\x57\xa5\x0a"},
		"uuid":                  {key, "5F0C3E7A-91B2-4D6E-8A17-C0FFEE5EED01"},
		"uuid of PostgreSQL":    {key, "\x5f\x0c\x3e\x7a\x91\xb2\x4d\x6e\x8a\x17\xc0\xff\xee\x5e\xed\x01"},
		"uuid of SQL Server":    {key, "\x7a\x3e\x0c\x5f\xb2\x91\x6e\x4d\x8a\x17\xc0\xff\xee\x5e\xed\x01"},
	} {
		found := false
		for _, h := range f.Find([]byte("\x07 before " + c.bytes + " after \x80")) {
			found = found || h.Value == c.value
		}
		if !found {
			t.Errorf("%s of %q is not found in %q", name, c.value.Text, c.bytes)
		}
	}
}

func TestNothingIsFoundWhereNothingIs(t *testing.T) {
	var b []byte
	for i := range 1 << 18 { // every byte and many pairs
		b = append(b, byte(i*i>>7), byte(i>>3))
	}
	text := strings.Repeat("SELECT currency, sum(amount) FROM payments 1911 918273 2026-03-17 ", 100)
	if hits := finder(t).Find(append(b, text...)); len(hits) > 0 {
		t.Error(hits)
	}
}

func TestShortValuesAreRefused(t *testing.T) {
	for _, v := range []Value{{Text, "Berlin"}, {Integer, "42"}, {Integer, "-77777"}, {Decimal, "1.5"}, {Decimal, "x"}, {Date, "17.3.1911"}, {UUID, "5f0c"}, {9, "whatever"}} {
		if _, err := NewFinder(v); err == nil {
			t.Errorf("%v is accepted", v)
		}
	}
}
