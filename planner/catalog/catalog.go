// Package catalog is the planner's view of tables: the columns that the shards agree on, and where they differ.
//
// A [Catalog] is an immutable snapshot, built from what the shards themselves described.
package catalog

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/plan"
)

// Shard is what one shard told of itself. Err is set, and all else but the name unknown, where it could
// not be asked; planning a fragment for it is then impossible.
type Shard struct {
	Name   string
	Region string
	Schema string // database schema to qualify tables with, "" for none
	Caps   connectors.Capabilities
	Tables []connectors.Table
	Err    error
}

// Placement says which shards hold a table; the shard map knows.
type Placement struct {
	Table     string
	Shards    []string
	Reference bool // replicated: every shard holds all rows
	// Scheme is equal for two tables exactly if equal keys live on equal shards.
	Scheme string
	Key    []string // sharding key columns, none for reference tables
}

// Catalog is a set of reconciled tables.
type Catalog struct {
	tables map[string]*Table
	shards map[string]*Shard
}

// Table is one logical table.
type Table struct {
	Placement
	Columns []Column
	rows    map[string]int64
}

// Column is a column of a logical table. Problem is empty, or says why queries must not touch it; State is its SQLSTATE.
type Column struct {
	Name    string
	Type    plan.Type
	NotNull bool
	// Distinct estimates the column's different values at a shard, 0 if no shard does: the most that any tells.
	Distinct int64
	Problem  string
	State    string
}

// The SQLSTATEs of problems: the column is missing somewhere, is of differing types, or of one without mapping.
const (
	stateMissing  = "42703"
	stateDiffers  = "42804"
	stateUnmapped = "0A000"
)

// Build reconciles what the shards described. It never fails: differences become problems of the table or
// column concerned, shown by [Catalog.Problems] and raised by the binder for queries that touch them.
func Build(shards []Shard, placements []Placement) *Catalog {
	c := &Catalog{tables: map[string]*Table{}, shards: map[string]*Shard{}}
	for i := range shards {
		c.shards[shards[i].Name] = shards[i].clone()
	}
	for _, p := range placements {
		c.respell(p)
		c.tables[p.Table] = c.reconcile(p)
	}
	return c
}

// respell gives columns of shards that fold names the spelling of the other shards, if that is one.
func (c *Catalog) respell(p Placement) {
	spelt := map[string]string{} // "" where there are several
	for _, s := range p.Shards {
		if sh := c.shards[s]; sh != nil && !sh.Caps.FoldedNames {
			for _, col := range sh.columns(p.Table) {
				low := strings.ToLower(col.Name)
				if other, seen := spelt[low]; seen && other != col.Name {
					spelt[low] = ""
				} else {
					spelt[low] = col.Name
				}
			}
		}
	}
	for _, s := range p.Shards {
		if sh := c.shards[s]; sh != nil && sh.Caps.FoldedNames {
			cols := sh.columns(p.Table)
			for i := range cols {
				if name := spelt[cols[i].Name]; name != "" {
					cols[i].Name = name
				}
			}
		}
	}
}

// Table returns a table by name, nil if there is none.
func (c *Catalog) Table(name string) *Table { return c.tables[name] }

// Shard returns what is known of a shard, nil if it is not configured.
func (c *Catalog) Shard(name string) *Shard { return c.shards[name] }

// Tables returns all names, sorted.
func (c *Catalog) Tables() []string {
	out := make([]string, 0, len(c.tables))
	for n := range c.tables {
		out = append(out, n)
	}
	sort.Strings(out)
	return out
}

// Rows estimates the table's rows at a shard; -1 if unknown.
func (t *Table) Rows(shard string) int64 {
	if n, ok := t.rows[shard]; ok {
		return n
	}
	return -1
}

// Column returns a column by name, nil if there is none.
func (t *Table) Column(name string) *Column {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i]
		}
	}
	return nil
}

// Problem describes a difference between shards, or a column that cannot be used on any.
type Problem struct {
	Table, Column, Text string
	Unmapped            bool // not a difference: the column's type has no mapping
}

// Problems lists every difference, by table and column.
func (c *Catalog) Problems() []Problem {
	var out []Problem
	for _, name := range c.Tables() {
		for _, col := range c.tables[name].Columns {
			if col.Problem != "" {
				out = append(out, Problem{name, col.Name, col.Problem, col.State == stateUnmapped})
			}
		}
		for _, s := range c.tables[name].Shards {
			if sh := c.shards[s]; sh != nil && sh.Err == nil && describedTable(sh, name) == nil {
				out = append(out, Problem{Table: name, Text: "shard " + s + " has no such table"})
			}
		}
	}
	return out
}

// reconcile takes the columns of the first shard that has the table and holds the others against them.
func (c *Catalog) reconcile(p Placement) *Table {
	t := &Table{Placement: p, rows: map[string]int64{}}
	var from string
	for _, s := range p.Shards {
		sh := c.shards[s]
		if sh == nil || sh.Err != nil {
			continue
		}
		d := describedTable(sh, p.Table)
		if d == nil {
			continue
		}
		t.rows[s] = d.Rows
		if from == "" {
			from = s
			for _, col := range d.Columns {
				t.Columns = append(t.Columns, newColumn(s, col))
			}
		} else {
			t.compare(from, s, d)
		}
	}
	return t
}

func describedTable(s *Shard, name string) *connectors.Table {
	for i := range s.Tables {
		if s.Tables[i].Name == name {
			return &s.Tables[i]
		}
	}
	return nil
}

func newColumn(shard string, d connectors.Column) Column {
	col := Column{Name: d.Name, NotNull: d.NotNull, Distinct: d.Distinct}
	var err error
	if d.Type != "" {
		col.Type, err = plan.ParseType(d.Type)
	}
	if d.Type == "" || err != nil {
		col.Problem, col.State = fmt.Sprintf("its type %s on shard %s has no mapping", d.Native, shard), stateUnmapped
	}
	return col
}

func (t *Table) compare(from, shard string, d *connectors.Table) {
	for _, dc := range d.Columns {
		have := t.Column(dc.Name)
		if have == nil {
			col := newColumn(shard, dc)
			col.Problem, col.State = "shard "+from+" has no such column", stateMissing
			t.Columns = append(t.Columns, col)
			continue
		}
		got := newColumn(shard, dc)
		have.NotNull = have.NotNull && got.NotNull
		have.Distinct = max(have.Distinct, got.Distinct)
		switch {
		case have.Problem != "":
		case got.Problem != "":
			have.Problem, have.State = got.Problem, got.State
		case got.Type != have.Type:
			have.Problem = fmt.Sprintf("it is %s on shard %s, but %s on shard %s", have.Type, from, got.Type, shard)
			have.State = stateDiffers
		}
	}
	for i := range t.Columns {
		if c := &t.Columns[i]; c.Problem == "" && !hasColumn(d, c.Name) {
			c.Problem, c.State = "shard "+shard+" has no such column", stateMissing
		}
	}
}

func hasColumn(d *connectors.Table, name string) bool {
	for _, c := range d.Columns {
		if c.Name == name {
			return true
		}
	}
	return false
}

// Missing explains why a table has no columns, for an error message; "" if it has some. down is true where that is
// not known because no shard that holds the table could be asked.
func (c *Catalog) Missing(t *Table) (reason string, down bool) {
	if len(t.Columns) > 0 {
		return "", false
	}
	var errs []string
	for _, s := range t.Shards {
		if sh := c.shards[s]; sh != nil && sh.Err != nil {
			errs = append(errs, sh.Err.Error())
		}
	}
	if len(errs) > 0 {
		return fmt.Sprintf("no shard could be asked about table %q: %s", t.Table, strings.Join(errs, "; ")), true
	}
	return fmt.Sprintf("table %q does not exist on any of its shards (%s)", t.Table, strings.Join(t.Shards, ", ")), false
}

// Native returns the shard's own name of a column's type, "" if it has no such column.
func (s *Shard) Native(table, column string) string {
	if t := describedTable(s, table); t != nil {
		for _, c := range t.Columns {
			if c.Name == column {
				return c.Native
			}
		}
	}
	return ""
}

// ColumnNames returns the names of all columns that a table has at the shard.
func (s *Shard) ColumnNames(table string) []string {
	columns := s.columns(table)
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return names
}

// columns returns the columns of a table, for changing them in place.
func (s *Shard) columns(table string) []connectors.Column {
	if t := describedTable(s, table); t != nil {
		return t.Columns
	}
	return nil
}

func (s *Shard) clone() *Shard {
	out := *s
	out.Tables = slices.Clone(s.Tables)
	for i := range out.Tables {
		out.Tables[i].Columns = slices.Clone(out.Tables[i].Columns)
	}
	return &out
}

// HasTable reports whether the shard described the table.
func (s *Shard) HasTable(name string) bool { return describedTable(s, name) != nil }
