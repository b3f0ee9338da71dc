package mysql

import "strings"

// Normalize returns a query's text with ? for each literal and parameter and without comments, tokens a space apart, and the literals as they are written, in
// order. Of a text that is no sequence of MySQL's tokens it returns "" and the text as the one literal.
func Normalize(sql string) (text string, literals []string) {
	if guardText(sql) != nil {
		return "", []string{sql}
	}
	tokens, err := scan(sql)
	if err != nil {
		return "", []string{sql}
	}
	var b strings.Builder
	for i := range tokens {
		t := &tokens[i]
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		switch t.kind {
		case kindString, kindTemporal, kindNumber:
			b.WriteByte('?')
			literals = append(literals, sql[t.pos:t.end])
		default:
			b.WriteString(sql[t.pos:t.end])
		}
	}
	return b.String(), literals
}
