package postgres

import (
	"slices"
	"testing"
)

func TestNormalize(t *testing.T) {
	for _, c := range []struct {
		sql, text string
		literals  []string
	}{
		{"SELECT 1", "SELECT ?", []string{"1"}},
		{"select a,b from t -- secret\nwhere x='it''s' and y = $1 /* more */ and z>1.5e3", "select a , b from t where x = ? and y = $1 and z > ?", []string{"'it''s'", "1.5e3"}},
		{"SELECT E'a\\'b', U&'\\0041', B'01', X'ff', $q$text$q$, \"Name\"", "SELECT ? , ? , ? , ? , ? , \"Name\"", []string{"E'a\\'b'", "U&'\\0041'", "B'01'", "X'ff'", "$q$text$q$"}},
		{"SELECT 'ä', 2", "SELECT ? , ?", []string{"'ä'", "2"}},
		{"SELECT 'open", "", []string{"SELECT 'open"}},
		{"", "", nil},
	} {
		text, literals := Normalize(c.sql)
		if text != c.text || !slices.Equal(literals, c.literals) {
			t.Errorf("%s\n  gives %q %q\n  not   %q %q", c.sql, text, literals, c.text, c.literals)
		}
	}
}
