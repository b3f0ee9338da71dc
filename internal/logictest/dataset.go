package logictest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Dataset holds every table with its rows. It is not changed once made.
type Dataset struct {
	Tables []Table
}

// NewDataset reads the hand-written rows of testdata/logic/data and generates the others, always the same.
func NewDataset() (*Dataset, error) {
	dir, err := dataDir()
	if err != nil {
		return nil, err
	}
	d := &Dataset{Tables: schema()}
	generate(d)
	for i := range d.Tables {
		t := &d.Tables[i]
		text, err := os.ReadFile(filepath.Join(dir, "data", t.Name+".tsv"))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		rows, err := parseRows(*t, string(text))
		if err != nil {
			return nil, fmt.Errorf("%s.tsv: %w", t.Name, err)
		}
		t.Rows = append(t.Rows, rows...)
	}
	return d, nil
}

// Reversed returns the data set with the rows of every table in the opposite order: an answer that changes
// with it is not determined by its statement.
func (d *Dataset) Reversed() *Dataset {
	out := &Dataset{Tables: slices.Clone(d.Tables)}
	for i := range out.Tables {
		out.Tables[i].Rows = slices.Clone(out.Tables[i].Rows)
		slices.Reverse(out.Tables[i].Rows)
	}
	return out
}

func (d *Dataset) table(name string) *Table {
	for i := range d.Tables {
		if d.Tables[i].Name == name {
			return &d.Tables[i]
		}
	}
	return nil
}

// tablesFor leaves out what not every shard of the layout can hold.
func (d *Dataset) tablesFor(l Layout) []Table {
	pure := !l.has("duckdb") && !l.has(sqlServer)
	var out []Table
	for _, t := range d.Tables {
		if !t.PostgresOnly || pure {
			out = append(out, t)
		}
	}
	return out
}

// rowsOf returns those rows of a table that a layout places on a shard.
func (l Layout) rowsOf(t Table, shard string) ([][]Cell, error) {
	var out [][]Cell
	for _, row := range t.Rows {
		names, err := l.Place(t, row)
		if err != nil {
			return nil, err
		}
		if slices.Contains(names, shard) {
			out = append(out, row)
		}
	}
	return out, nil
}

// parseRows reads tab-separated rows in PostgreSQL's COPY text: \N is NULL, \t, \n, \r and \\ are escapes. The
// first line names the columns, lines that begin with # are comments.
func parseRows(t Table, text string) ([][]Cell, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	var names []string
	for _, c := range t.Columns {
		names = append(names, c.Name)
	}
	if lines[0] != strings.Join(names, "\t") {
		return nil, fmt.Errorf("the first line must name the columns %v", names)
	}
	var rows [][]Cell
	for n, line := range lines[1:] {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) != len(names) {
			return nil, fmt.Errorf("line %d has %d fields, want %d", n+2, len(fields), len(names))
		}
		row := make([]Cell, len(fields))
		for i, field := range fields {
			row[i] = Cell{Text: unescape.Replace(field)}
			if field == `\N` {
				row[i] = Cell{Null: true}
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

var (
	unescape = strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\r`, "\r")
	escape   = strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)
)
