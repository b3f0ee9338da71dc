package plantest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/shardmap"
)

// Region is the coordinator's.
const Region = "eu-central-1"

// World is what planning depends on: a shard map, and a catalog of what the shards told. It is not changed once made.
type World struct {
	Map     *shardmap.Map
	Catalog *catalog.Catalog
	without map[string]bool
}

// Setup says how the shards of a world differ from the usual ones. Its zero value is the housing world as
// testdata/plan/README.md describes it.
type Setup struct {
	// Dialects of eu-1, br-1 and us-1; nil means postgres, duckdb, postgres.
	Dialects []string
	// Missing lists features that the shards with the dialect tsql lack.
	Missing []string
	// Binary makes text compare bytewise on every shard; otherwise us-1, if it runs PostgreSQL, does not.
	Binary bool
	// Down lists shards that could not be asked.
	Down []string
	// Without lists shards that the plan leaves out.
	Without []string
	// Class lists columns, as table.column, of tables whose rows live together where these agree: a colocation class.
	Class []string
	// Change may alter what a shard describes, before the catalog is built.
	Change func(s *catalog.Shard)
}

// Table is a table of the housing world.
type Table struct {
	Name    string
	Columns []connectors.Column
}

// shards of the housing world. Their order is the map's.
var shards = []shardmap.Shard{
	{Name: "eu-1", Region: "eu-central-1"},
	{Name: "br-1", Region: "brazilsouth"},
	{Name: "us-1", Region: "us-east-1"},
}

// rowsPerShard is what every shard estimates for each of its tables, but for the currencies.
const rowsPerShard = 9000

// Housing returns the housing world.
func Housing(tb testing.TB, s Setup) *World {
	tb.Helper()
	m, err := shardmap.New(shardmap.Spec{Version: 1, Regions: []shardmap.Region{
		{Name: "eu-central-1", Jurisdiction: "EU"}, {Name: "brazilsouth", Jurisdiction: "BR"}, {Name: "us-east-1", Jurisdiction: "US"},
	}, Shards: shards, Tables: housingSharding(), Classes: s.classes()})
	if err != nil {
		tb.Fatal(err)
	}
	w := &World{Map: m, Catalog: catalog.Build(s.shards(m, Tables()), Placements(m)), without: map[string]bool{}}
	for _, name := range s.Without {
		w.without[name] = true
	}
	return w
}

func (s Setup) classes() []shardmap.ClassSpec {
	if len(s.Class) == 0 {
		return nil
	}
	c := shardmap.ClassSpec{Name: "declared"}
	for _, name := range s.Class {
		table, column, _ := strings.Cut(name, ".")
		c.Members = append(c.Members, shardmap.ClassMember{Table: table, Columns: []string{column}})
	}
	return []shardmap.ClassSpec{c}
}

// shards describes every shard, each with the tables that the map puts there.
func (s Setup) shards(m *shardmap.Map, tables []Table) []catalog.Shard {
	dialects := s.Dialects
	if dialects == nil {
		dialects = []string{"postgres", "duckdb", "postgres"}
	}
	var out []catalog.Shard
	for i, sh := range m.Shards() {
		c := catalog.Shard{Name: sh.Name, Region: sh.Region, Caps: connectors.Capabilities{Dialect: dialects[i], BinaryCollation: true}}
		switch dialects[i] {
		case "postgres":
			c.Schema = "public"
			c.Caps.BinaryCollation = s.Binary || sh.Name != "us-1"
		case "tsql":
			c.Schema = "dbo"
			c.Caps.BinaryCollation, c.Caps.Missing = false, s.Missing
		}
		for _, t := range tables {
			if mt, ok := m.Table(t.Name); ok && holds(mt, i) {
				cols := t.Columns
				if dialects[i] == "tsql" {
					cols = onSQLServer(t)
				}
				c.Tables = append(c.Tables, connectors.Table{Name: t.Name, Columns: cols, Rows: rows(t.Name), Bytes: -1})
			}
		}
		if s.Change != nil {
			s.Change(&c)
		}
		for _, name := range s.Down {
			if name == sh.Name {
				c = catalog.Shard{Name: sh.Name, Region: sh.Region,
					Err: connectors.NewError(sh.Name, connectors.ClassUnavailable, "08001", "connection refused", nil)}
			}
		}
		out = append(out, c)
	}
	return out
}

func holds(t *shardmap.Table, shard int) bool {
	for _, i := range t.Shards() {
		if i == shard {
			return true
		}
	}
	return false
}

func rows(table string) int64 {
	if table == "currencies" {
		return 30
	}
	return rowsPerShard
}

// Placements tells the catalog what the map knows of each table.
func Placements(m *shardmap.Map) []catalog.Placement {
	var out []catalog.Placement
	for _, name := range m.Tables() {
		t, _ := m.Table(name)
		s := t.Scheme()
		p := catalog.Placement{Table: name, Reference: t.Replicated(), Scheme: s.ID, Key: s.Key}
		for _, i := range s.Shards {
			p.Shards = append(p.Shards, m.Shard(i).Name)
		}
		out = append(out, p)
	}
	return out
}

// columns reads "name type; name type! ~20": the exclamation mark means NOT NULL, the number is what every shard estimates of
// the different values.
func columns(text string) []connectors.Column {
	var out []connectors.Column
	for _, part := range strings.Split(text, "; ") {
		part, estimate, _ := strings.Cut(part, " ~")
		values, err := strconv.ParseInt("0"+estimate, 10, 64)
		if err != nil {
			panic(fmt.Sprintf("column %q: %v", part, err))
		}
		name, typ, ok := strings.Cut(part, " ")
		if !ok {
			panic(fmt.Sprintf("column %q has no type", part))
		}
		t := strings.TrimSuffix(typ, "!")
		out = append(out, connectors.Column{Name: name, Type: t, Native: t, NotNull: t != typ, Distinct: values})
	}
	return out
}

// WithoutTable is a change that makes one shard lack a table.
func WithoutTable(shard, table string) func(*catalog.Shard) {
	return func(s *catalog.Shard) {
		if s.Name == shard {
			s.Tables = slices.DeleteFunc(s.Tables, func(t connectors.Table) bool { return t.Name == table })
		}
	}
}
