package peers

import (
	"fmt"
	"strings"

	"github.com/atoll-sql/atoll/internal/logictest"
)

// duckTypes and trinoTypes give PostgreSQL's names for theirs, which are without their parameters here.
var (
	duckTypes = map[string]string{
		"BOOLEAN": "boolean", "TINYINT": "smallint", "UTINYINT": "smallint", "SMALLINT": "smallint", "USMALLINT": "integer", "INTEGER": "integer",
		"UINTEGER": "bigint", "BIGINT": "bigint", "UBIGINT": "numeric", "HUGEINT": "numeric", "UHUGEINT": "numeric", "DECIMAL": "numeric",
		"FLOAT": "real", "DOUBLE": "double precision", "VARCHAR": "text", "DATE": "date", "TIME": "time without time zone", "UUID": "uuid",
		"TIMESTAMP": "timestamp without time zone", "TIMESTAMP WITH TIME ZONE": "timestamp with time zone", "BLOB": "bytea",
	}
	trinoTypes = map[string]string{
		"boolean": "boolean", "tinyint": "smallint", "smallint": "smallint", "integer": "integer", "bigint": "bigint", "decimal": "numeric",
		"real": "real", "double": "double precision", "varchar": "text", "char": "character", "date": "date", "time": "time without time zone",
		"timestamp": "timestamp without time zone", "uuid": "uuid",
	}
)

// answerOf makes an answer of texts, nil for NULL, whose columns have a peer's types.
func answerOf(columns, types []string, known map[string]string, rows [][]*string) (logictest.Answer, error) {
	out := logictest.Answer{Columns: columns, Types: make([]string, len(types)), Rows: make([][]logictest.Cell, len(rows))}
	if len(columns) != len(types) {
		return out, fmt.Errorf("the answer has %d columns and %d types", len(columns), len(types))
	}
	for i, t := range types {
		if out.Types[i] = known[withoutParameters(t)]; out.Types[i] == "" {
			return out, fmt.Errorf("column %q has the type %s, which cannot be compared with PostgreSQL's: cast it", columns[i], t)
		}
	}
	for r, row := range rows {
		if len(row) != len(columns) {
			return out, fmt.Errorf("row %d has %d values for %d columns", r+1, len(row), len(columns))
		}
		cells := make([]logictest.Cell, len(row))
		for i, v := range row {
			if v == nil {
				cells[i].Null = true
				continue
			}
			text := *v
			if strings.HasPrefix(out.Types[i], "time") {
				text = shortFraction(text)
			}
			text, err := logictest.Canonical(out.Types[i], text)
			if err != nil {
				return out, fmt.Errorf("column %q: %w", columns[i], err)
			}
			cells[i].Text = text
		}
		out.Rows[r] = cells
	}
	return out, nil
}

// withoutParameters takes "(15,2)" from "decimal(15,2)", and "(6)" from "timestamp(6) with time zone".
func withoutParameters(t string) string {
	before, rest, found := strings.Cut(t, "(")
	if !found {
		return t
	}
	_, after, _ := strings.Cut(rest, ")")
	return before + after
}

// shortFraction writes seconds as PostgreSQL does, without zeros at the end of their fraction.
func shortFraction(text string) string {
	at := strings.IndexByte(text, '.')
	if at < 0 {
		return text
	}
	end := at + 1
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	return text[:at] + strings.TrimRight(strings.TrimRight(text[at:end], "0"), ".") + text[end:]
}
