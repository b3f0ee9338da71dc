package logictest

import (
	"strings"
	"time"
)

// MSSQLStatements returns what creates and fills the tables of one shard in the shard's schema of a SQL Server database, to
// be run one by one, in order. The data set must be the one [Dataset.For] the layout gives.
func (d *Dataset) MSSQLStatements(l Layout, shard string) ([]string, error) {
	schema := "dbo"
	for _, s := range l.Shards {
		if s.Name == shard && s.Schema != "" {
			schema = s.Schema
		}
	}
	var out []string
	for _, t := range d.tablesFor(l) {
		rows, err := l.rowsOf(t, shard)
		if err != nil {
			return nil, err
		}
		name := bracketed(schema) + "." + bracketed(t.Name)
		out = append(out, "CREATE TABLE "+name+" "+t.mssqlDefinition())
		out = append(out, t.mssqlInserts(name, rows)...)
	}
	return out, nil
}

func bracketed(name string) string { return "[" + strings.ReplaceAll(name, "]", "]]") + "]" }

func (t Table) mssqlDefinition() string {
	var parts []string
	for _, c := range t.Columns {
		native, _ := mssqlType(t, c)
		if native == "" {
			continue
		}
		null := " NULL"
		if c.NotNull {
			null = " NOT NULL"
		}
		parts = append(parts, bracketed(c.Name)+" "+native+null)
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// mssqlInserts fills the columns that can be read, and leaves the others NULL.
func (t Table) mssqlInserts(name string, rows [][]Cell) []string {
	var filled []int
	var names []string
	for i, c := range t.Columns {
		if _, mapped := mssqlType(t, c); mapped {
			filled, names = append(filled, i), append(names, bracketed(c.Name))
		}
	}
	var out []string
	for len(rows) > 0 {
		n := min(rowsPerInsert, len(rows))
		tuples := make([]string, n)
		for i, row := range rows[:n] {
			values := make([]string, len(filled))
			for k, at := range filled {
				values[k] = mssqlLiteral(t, t.Columns[at], row[at], i)
			}
			tuples[i] = "(" + strings.Join(values, ", ") + ")"
		}
		out = append(out, "INSERT INTO "+name+" ("+strings.Join(names, ", ")+") VALUES "+strings.Join(tuples, ", "))
		rows = rows[n:]
	}
	return out
}

// mssqlLiteral writes a value for SQL Server from PostgreSQL's text.
func mssqlLiteral(t Table, c Column, cell Cell, row int) string {
	if cell.Null {
		return "NULL"
	}
	native, _ := MSSQLType(t.Name, c)
	switch base, _, _ := strings.Cut(c.Type, "("); base {
	case "smallint", "integer", "bigint", "numeric":
		return cell.Text
	case "boolean":
		if cell.Text == "t" || cell.Text == "true" {
			return "1"
		}
		return "0"
	case "real", "double precision":
		if strings.Contains(cell.Text, "e") {
			return cell.Text
		}
		return cell.Text + "e0"
	case "text", "varchar":
		return "N'" + strings.ReplaceAll(cell.Text, "'", "''") + "'"
	case "bytea":
		return "0x" + strings.TrimPrefix(cell.Text, `\x`)
	case "timestamp without time zone":
		return "CAST(N'" + strings.Replace(cell.Text, " ", "T", 1) + "' AS " + native + ")"
	case "timestamp with time zone":
		return "CAST(N'" + zoned(cell.Text, row) + "' AS " + native + ")"
	}
	return "CAST(N'" + cell.Text + "' AS " + native + ")"
}

// zones are the offsets under which moments are stored, in turn: equal moments then have unequal texts.
var zones = []*time.Location{time.UTC, time.FixedZone("", 5*3600+1800), time.FixedZone("", -3*3600)}

// zoned writes a moment, given in UTC, in the zone that is a row's turn. Moments in the first and last years stay in UTC.
func zoned(text string, row int) string {
	at, err := time.Parse("2006-01-02 15:04:05.999999-07", text)
	if err != nil {
		return text // the server will name what is wrong with it
	}
	zone := zones[row%len(zones)]
	if at.Year() == 1 || at.Year() == 9999 {
		zone = time.UTC
	}
	return at.In(zone).Format("2006-01-02 15:04:05.999999 -07:00")
}
