package postgres

import (
	"strings"

	"github.com/pganalyze/pg_query_go/v6"
)

// Normalize returns a query's text with ? for each literal and without comments, tokens a space apart, and the literals as they are written, in order. Of
// a text that is no sequence of PostgreSQL's tokens it returns "" and the text as the one literal.
func Normalize(sql string) (text string, literals []string) {
	if guard(sql) != nil {
		return "", []string{sql}
	}
	var b strings.Builder
	err := scan(sql, func(tok pg_query.Token, pos, end int) error {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		if isLiteral(tok) {
			b.WriteByte('?')
			literals = append(literals, sql[pos:end])
		} else {
			b.WriteString(sql[pos:end])
		}
		return nil
	})
	if err != nil {
		return "", []string{sql}
	}
	return b.String(), literals
}

func isLiteral(tok pg_query.Token) bool {
	switch tok {
	case pg_query.Token_SCONST, pg_query.Token_USCONST, pg_query.Token_ICONST, pg_query.Token_FCONST, pg_query.Token_BCONST, pg_query.Token_XCONST:
		return true
	}
	return false
}
