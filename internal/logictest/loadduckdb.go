package logictest

import "strings"

// rowsPerInsert bounds the text of one INSERT.
const rowsPerInsert = 200

// DuckDBStatements returns what creates and fills the tables of one shard in an empty DuckDB database, to be run in order.
func (d *Dataset) DuckDBStatements(l Layout, shard string) ([]string, error) {
	var out []string
	for _, t := range d.tablesFor(l) {
		rows, err := l.rowsOf(t, shard)
		if err != nil {
			return nil, err
		}
		out = append(out, "create table "+quoteName(t.Name)+" "+t.definition(duckType))
		out = append(out, duckInserts(t, rows)...)
	}
	return out, nil
}

func duckType(c Column) string {
	switch base, _, _ := strings.Cut(c.Type, "("); base {
	case "bytea":
		return "blob"
	case "time without time zone":
		return "time"
	case "timestamp without time zone":
		return "timestamp"
	case "numeric":
		return strings.Replace(c.Type, "numeric", "decimal", 1)
	case "varchar":
		return "varchar"
	}
	return c.Type
}

func duckInserts(t Table, rows [][]Cell) []string {
	var out []string
	for len(rows) > 0 {
		n := min(rowsPerInsert, len(rows))
		tuples := make([]string, n)
		for i, row := range rows[:n] {
			values := make([]string, len(row))
			for c, cell := range row {
				values[c] = duckLiteral(t.Columns[c], cell)
			}
			tuples[i] = "(" + strings.Join(values, ", ") + ")"
		}
		out = append(out, "insert into "+quoteName(t.Name)+" values "+strings.Join(tuples, ", "))
		rows = rows[n:]
	}
	return out
}

// duckLiteral writes a value for DuckDB from PostgreSQL's text: bytes in hexadecimal, intervals without plus
// signs, and the years before Christ marked behind the date rather than at the end.
func duckLiteral(c Column, cell Cell) string {
	if cell.Null {
		return "null"
	}
	text := cell.Text
	switch c.Type {
	case "bytea":
		return "unhex('" + strings.TrimPrefix(text, `\x`) + "')"
	case "interval":
		text = strings.ReplaceAll(text, "+", "")
	}
	if before, bc := strings.CutSuffix(text, " BC"); bc && c.Type != "text" {
		date, rest, _ := strings.Cut(before, " ")
		text = strings.TrimSpace(date + " (BC) " + rest)
	}
	return "cast('" + strings.ReplaceAll(text, "'", "''") + "' as " + duckType(c) + ")"
}
