package catalog_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/planner/plan"
)

// table describes one as a shard does: "name type!" for each column, the mark for NOT NULL, "?" for a type without mapping.
func table(name string, rows int64, columns ...string) connectors.Table {
	t := connectors.Table{Name: name, Rows: rows, Bytes: -1}
	for _, c := range columns {
		name, typ, _ := strings.Cut(c, " ")
		col := connectors.Column{Name: name, Native: strings.Trim(typ, "!?"), NotNull: strings.HasSuffix(typ, "!")}
		if !strings.HasSuffix(typ, "?") {
			col.Type = col.Native
		}
		t.Columns = append(t.Columns, col)
	}
	return t
}

func shard(name string, tables ...connectors.Table) catalog.Shard {
	return catalog.Shard{Name: name, Tables: tables}
}

// folded is a shard to which the letter case of names does not matter.
func folded(name string, tables ...connectors.Table) catalog.Shard {
	s := shard(name, tables...)
	s.Caps.FoldedNames = true
	return s
}

func down(name string) catalog.Shard {
	return catalog.Shard{Name: name, Err: errors.New("shard " + name + ": connection refused")}
}

// TestReconcile: what the shards of one table t agree on, and what they do not.
func TestReconcile(t *testing.T) {
	base := table("t", 5, "id integer!", "name text", "n numeric(10,2)")
	tests := []struct {
		name     string
		shards   []catalog.Shard
		columns  string
		problems string
	}{
		{"the same everywhere", []catalog.Shard{shard("a", base), shard("b", base)}, "id integer!, name text, n numeric(10,2)", ""},
		{"another order of columns", []catalog.Shard{shard("a", base), shard("b", table("t", 1, "n numeric(10,2)", "id integer!", "name text"))},
			"id integer!, name text, n numeric(10,2)", ""},
		{"other names of one type", []catalog.Shard{shard("a", base), shard("b", table("t", 1, "id int4!", "name varchar(9)", "n decimal(10,2)"))},
			"id integer!, name text, n numeric(10,2)", ""},
		{"NOT NULL on one shard only", []catalog.Shard{shard("a", base), shard("b", table("t", 1, "id integer", "name text!", "n numeric(10,2)"))},
			"id integer, name text, n numeric(10,2)", ""},
		{"a column missing later", []catalog.Shard{shard("a", base), shard("b", table("t", 1, "id integer!", "name text"))},
			"id integer!, name text, n numeric(10,2)", "t.n: shard b has no such column"},
		{"a column missing first", []catalog.Shard{shard("a", table("t", 1, "id integer!")), shard("b", table("t", 1, "id integer!", "x date"))},
			"id integer!, x date", "t.x: shard a has no such column"},
		{"another type", []catalog.Shard{shard("a", base), shard("b", table("t", 1, "id bigint!", "name text", "n numeric(10,2)"))},
			"id integer!, name text, n numeric(10,2)", "t.id: it is integer on shard a, but bigint on shard b"},
		{"another scale", []catalog.Shard{shard("a", base), shard("b", table("t", 1, "id integer!", "name text", "n numeric(10,3)"))},
			"id integer!, name text, n numeric(10,2)", "t.n: it is numeric(10,2) on shard a, but numeric(10,3) on shard b"},
		{"names folded later", []catalog.Shard{shard("a", table("t", 1, "Id integer!", "FloorNo text")), folded("b", table("t", 1, "id integer!", "floorno text"))},
			"Id integer!, FloorNo text", ""},
		{"names folded first", []catalog.Shard{folded("a", table("t", 1, "id integer!", "floorno text")), shard("b", table("t", 1, "Id integer!", "FloorNo text"))},
			"Id integer!, FloorNo text", ""},
		{"names folded everywhere", []catalog.Shard{folded("a", table("t", 1, "floorno text")), folded("b", table("t", 1, "floorno text"))}, "floorno text", ""},
		{"a folded name that may be two", []catalog.Shard{shard("a", table("t", 1, "n text", "N text")), folded("b", table("t", 1, "n text"))},
			"n text, N text", "t.N: shard b has no such column"},
		{"a type without mapping", []catalog.Shard{shard("a", table("t", 1, "id integer!", "p point?"))},
			"id integer!, p unknown", "t.p: its type point on shard a has no mapping"},
		{"a type without mapping later", []catalog.Shard{shard("a", table("t", 1, "p text")), shard("b", table("t", 1, "p point?"))},
			"p text", "t.p: its type point on shard b has no mapping"},
		{"a type nobody knows", []catalog.Shard{shard("a", table("t", 1, "p hyperlog"))}, "p unknown", "t.p: its type hyperlog on shard a has no mapping"},
		{"no such table on one shard", []catalog.Shard{shard("a", base), shard("b")}, "id integer!, name text, n numeric(10,2)", "t: shard b has no such table"},
		{"one shard down", []catalog.Shard{down("a"), shard("b", base)}, "id integer!, name text, n numeric(10,2)", ""},
		{"the first difference is told", []catalog.Shard{shard("a", base), shard("b", table("t", 1, "id bigint!", "name text", "n numeric(10,2)")),
			shard("c", table("t", 1, "name text", "n numeric(10,2)"))},
			"id integer!, name text, n numeric(10,2)", "t.id: it is integer on shard a, but bigint on shard b"},
	}
	for _, tt := range tests {
		c := build(tt.shards)
		if got := columnsOf(c.Table("t")); got != tt.columns {
			t.Errorf("%s: columns %s, want %s", tt.name, got, tt.columns)
		}
		var problems []string
		for _, p := range c.Problems() {
			problems = append(problems, strings.TrimSuffix(p.Table+"."+p.Column, ".")+": "+p.Text)
		}
		if got := strings.Join(problems, "; "); got != tt.problems {
			t.Errorf("%s: problems %q, want %q", tt.name, got, tt.problems)
		}
	}
}

// build makes the catalog of one table t that all shards should hold.
func build(shards []catalog.Shard) *catalog.Catalog {
	p := catalog.Placement{Table: "t", Scheme: "s", Key: []string{"id"}}
	for _, s := range shards {
		p.Shards = append(p.Shards, s.Name)
	}
	return catalog.Build(shards, []catalog.Placement{p})
}

func columnsOf(t *catalog.Table) string {
	var out []string
	for _, c := range t.Columns {
		s := c.Name + " " + c.Type.String()
		if c.NotNull {
			s += "!"
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

// TestProblemStates: a column with a problem says with which SQLSTATE a query that touches it fails.
func TestProblemStates(t *testing.T) {
	c := build([]catalog.Shard{
		shard("a", table("t", 1, "missing text", "differs text", "unmapped point?", "fine text")),
		shard("b", table("t", 1, "differs date", "unmapped point?", "fine text")),
	})
	for name, want := range map[string]string{"missing": "42703", "differs": "42804", "unmapped": "0A000", "fine": ""} {
		col := c.Table("t").Column(name)
		if col == nil || col.State != want || (col.Problem == "") != (want == "") {
			t.Errorf("column %s: %+v, want state %q", name, col, want)
		}
	}
}

func TestMissing(t *testing.T) {
	tests := []struct {
		name   string
		shards []catalog.Shard
		want   string
		down   bool
	}{
		{"there", []catalog.Shard{shard("a", table("t", 1, "id integer"))}, "", false},
		{"on no shard", []catalog.Shard{shard("a"), shard("b")}, `table "t" does not exist on any of its shards (a, b)`, false},
		{"all down", []catalog.Shard{down("a"), down("b")},
			`no shard could be asked about table "t": shard a: connection refused; shard b: connection refused`, true},
		{"the one that might have it is down", []catalog.Shard{shard("a"), down("b")},
			`no shard could be asked about table "t": shard b: connection refused`, true},
	}
	for _, tt := range tests {
		c := build(tt.shards)
		if got, down := c.Missing(c.Table("t")); got != tt.want || down != tt.down {
			t.Errorf("%s: got %q, %v; want %q, %v", tt.name, got, down, tt.want, tt.down)
		}
	}
}

func TestLookup(t *testing.T) {
	c := catalog.Build([]catalog.Shard{shard("a", table("u", 7, "id integer!"), table("t", -1, "id integer!")), down("b")},
		[]catalog.Placement{{Table: "u", Shards: []string{"a", "b"}}, {Table: "t", Shards: []string{"a"}, Reference: true}})
	if got := strings.Join(c.Tables(), " "); got != "t u" {
		t.Errorf("tables %s", got)
	}
	if c.Table("x") != nil || c.Table("u").Column("x") != nil || c.Shard("x") != nil {
		t.Error("what does not exist was found")
	}
	if u := c.Table("u"); u.Rows("a") != 7 || u.Rows("b") != -1 || c.Table("t").Rows("a") != -1 {
		t.Error("rows are not as described")
	}
	if col := c.Table("u").Column("id"); col.Type != plan.T(plan.Int4) || !col.NotNull {
		t.Errorf("column %+v", col)
	}
	if a := c.Shard("a"); !a.HasTable("t") || a.HasTable("x") || c.Shard("b").Err == nil {
		t.Error("shards are not as described")
	}
}
