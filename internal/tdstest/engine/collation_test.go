package engine

import (
	"bytes"
	"math"
	"slices"
	"testing"
)

const (
	sqlCI    = "SQL_Latin1_General_CP1_CI_AS"
	winCI    = "Latin1_General_CI_AS"
	sc       = "Latin1_General_100_CI_AS_SC"
	bin2     = "Latin1_General_100_BIN2"
	binUTF8  = "Latin1_General_100_BIN2_UTF8"
	caseful  = "Latin1_General_CS_AS"
	accentAI = "Latin1_General_CI_AI"
)

func TestKnownCollations(t *testing.T) {
	for name, ok := range map[string]bool{
		sqlCI: true, winCI: true, sc: true, bin2: true, binUTF8: true, "latin1_general_bin2": true, "Latin1_General_100_CI_AS_SC_UTF8": true,
		"C": false, "en_US": false, "Latin1_General_BIN2_UTF8": false, "Latin1_General_CI_AS_SC": false, "SQL_Latin1_General_CP1_BIN2": false,
		"Latin1_General_100_CI_AS_UTF8": false, "default": false,
	} {
		if err := KnownCollation(name); (err == nil) != ok || err != nil && err.Number != 448 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTextComparison(t *testing.T) {
	for _, c := range []struct {
		a, b      string
		collation string
		want      int
	}{
		{"abc", "ABC", sqlCI, 0}, // PostgreSQL: different
		{"abc", "ABC", caseful, -1},
		{"abc", "ABC", bin2, 1},
		{"a", "a   ", sqlCI, 0}, // PostgreSQL: different
		{"a", "a   ", bin2, 0},  // even here
		{"a", "a   ", binUTF8, 0},
		{"", "  ", sqlCI, 0},
		{"a", "a\x01", bin2, 1}, // padded with a space, which is greater
		{"a", " a", sqlCI, 1},
		{"e", "é", sqlCI, -1},
		{"e", "é", accentAI, 0},
		{"é", "f", sqlCI, -1},
		{"ez", "éa", sqlCI, 1}, // letters first, accents after
		{"é", "e\u0301", winCI, 0},
		{"é", "e\u0301", bin2, 1},
		{"É", "é", winCI, 0},
		{"ß", "ss", winCI, 0},
		{"æ", "AE", winCI, 0},
		{"Ａ", "a", winCI, 0}, // full width
		{"_", "0", sqlCI, -1},
		{"9", "a", sqlCI, -1},
		{"B", "a", sqlCI, 1}, // PostgreSQL's C: less
		{"B", "a", bin2, -1},
		{"coop", "co-op", winCI, -1},
		{"co-op", "coos", winCI, -1}, // the hyphen comes last
		{"a", "a\x00", winCI, 0},     // control characters weigh nothing
		{"a", "a\x00", bin2, 1},
		{"😀", "😁", sqlCI, 0}, // without weights in version 80: all alike
		{"😀", "", winCI, 0},
		{"😀", "😁", sc, -1},
		{"😀", "\uff5e", bin2, -1}, // UTF-16 order is not code point order
	} {
		ct := Type{Kind: NVarchar, Length: -1, Collation: c.collation}
		got, err := Compare(NewString16(c.a), NewString16(c.b), ct)
		back, _ := Compare(NewString16(c.b), NewString16(c.a), ct)
		if err != nil || got != c.want || back != -c.want {
			t.Errorf("%q with %q under %s: %d and back %d, want %d", c.a, c.b, c.collation, got, back, c.want)
		}
		same := bytes.Equal(GroupKey(nil, NewString16(c.a), ct), GroupKey(nil, NewString16(c.b), ct))
		if same != (c.want == 0) {
			t.Errorf("%q and %q group together under %s: %v", c.a, c.b, c.collation, same)
		}
	}
	ut := Type{Kind: Varchar, Length: -1, Collation: binUTF8}
	if got, _ := Compare(NewString16("😀"), NewString16("\uff5e"), ut); got != 1 {
		t.Error("varchar in UTF-8 is not in code point order")
	}
}

func TestOrder(t *testing.T) {
	// Ascending: the last group counts most, and of the first three groups the last digits.
	u := typ(t, "uniqueidentifier")
	var ids []Value
	for _, s := range []string{
		"01000000-0000-0000-0000-000000000000", "00010000-0000-0000-0000-000000000000", "00000100-0000-0000-0000-000000000000",
		"00000001-0000-0000-0000-000000000000", "00000000-0100-0000-0000-000000000000", "00000000-0001-0000-0000-000000000000",
		"00000000-0000-0100-0000-000000000000", "00000000-0000-0001-0000-000000000000", "00000000-0000-0000-0001-000000000000",
		"00000000-0000-0000-0100-000000000000", "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-010000000000",
	} {
		ids = append(ids, val(t, s, "uniqueidentifier"))
	}
	sorted := slices.Clone(ids)
	slices.Reverse(sorted)
	slices.SortFunc(sorted, func(a, b Value) int { return CompareForOrder(a, b, u) })
	for i, id := range ids {
		if sorted[i] != id {
			t.Errorf("place %d: %v, want %v", i, sorted[i], id)
		}
	}
	for _, c := range []struct {
		a, b string
		t    string
		want int
	}{
		{"NULL", "-1", "int", -1}, {"NULL", "NULL", "int", 0}, {"1.0", "1", "decimal(5,2)", 0}, {"0x0100", "0x01", "varbinary(5)", 0},
		{"2020-01-01 01:00 +01:00", "2020-01-01 00:00", "datetimeoffset(0)", 0},
	} {
		if got := CompareForOrder(val(t, c.a, c.t), val(t, c.b, c.t), typ(t, c.t)); got != c.want {
			t.Errorf("%s with %s: %d, want %d", c.a, c.b, got, c.want)
		}
	}
	if !bytes.Equal(GroupKey(nil, math.Copysign(0, -1), typ(t, "float")), GroupKey(nil, 0.0, typ(t, "float"))) {
		t.Error("-0 and 0 are two groups")
	}
	if !bytes.Equal(GroupKey(nil, NewDec(100, 2), Type{Kind: Decimal}), GroupKey(nil, NewDec(1, 0), Type{Kind: Decimal})) {
		t.Error("1.00 and 1 are two groups")
	}
}

func TestLike(t *testing.T) {
	for _, c := range []struct {
		s, pattern, escape string
		kind               Kind
		collation          string
		want               bool
	}{
		{"abc", "A%", "", NVarchar, sqlCI, true}, // PostgreSQL's LIKE minds the case
		{"abc", "A%", "", NVarchar, bin2, false},
		{"abc", "a_c", "", NVarchar, bin2, true},
		{"a[b", "a[[]b", "", NVarchar, bin2, true},
		{"axc", "a[w-y]c", "", NVarchar, bin2, true}, // sets, which PostgreSQL lacks
		{"axc", "a[^w-y]c", "", NVarchar, bin2, false},
		{"a-c", "a[b-]c", "", NVarchar, bin2, true},
		{"aBc", "a[a-z]c", "", NVarchar, sqlCI, true},
		{"a]c", "a]c", "", NVarchar, bin2, true},
		{"ac", "a[]c", "", NVarchar, bin2, false},
		{"a[c", "a[c", "", NVarchar, bin2, false}, // an open bracket matches nothing
		{"50%", "50!%", "!", NVarchar, bin2, true},
		{"505", "50!%", "!", NVarchar, bin2, false},
		{`50\%`, `50\%`, "", NVarchar, bin2, true}, // no escape character by default
		{"50!", "50!", "!", NVarchar, bin2, true},
		{"a[c", "a![c", "!", NVarchar, bin2, true},
		{"abc", "abc ", "", NVarchar, sqlCI, false},
		{"abc ", "abc", "", NVarchar, sqlCI, false}, // though = finds them equal
		{"abc ", "abc", "", Varchar, sqlCI, true},
		{"abc", "abc ", "", Varchar, sqlCI, false},
		{"", "%", "", NVarchar, bin2, true},
		{"", "_", "", NVarchar, bin2, false},
		{"😀", "_", "", NVarchar, bin2, false}, // two UTF-16 units
		{"😀", "__", "", NVarchar, bin2, true},
		{"😀", "_", "", NVarchar, sc, true},
		{"aXbXc", "%x%x%", "", NVarchar, winCI, true},
	} {
		ct := Type{Kind: c.kind, Length: -1, Collation: c.collation}
		got, err := Like(NewString16(c.s), NewString16(c.pattern), NewString16(c.escape), c.escape != "", ct)
		if err != nil || got != c.want {
			t.Errorf("%q like %q escape %q under %s: %v, %v", c.s, c.pattern, c.escape, c.collation, got, err)
		}
	}
	if _, err := Like(nil, nil, NewString16("ab"), true, Type{Kind: NVarchar}); err == nil || err.Number != 506 {
		t.Errorf("an escape of two characters: %v", err)
	}
}
