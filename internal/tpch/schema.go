package tpch

import (
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

// Table is one of the eight tables.
type Table struct {
	Name    string
	Columns []Column // none may be NULL
	Primary []string
	Indexes [][]string // further indexes, on what the queries join by and bound

	fill func(g *Generator, w *writer, unit int64, keep Keep)
	unit func(g *Generator) int64 // how many units fill makes rows of
}

// Column is one column by PostgreSQL's name of its type: integer, bigint, numeric(15,2), date, or varchar(n) for the
// specification's fixed and variable text alike.
type Column struct{ Name, Type string }

// columns reads "name type, …"; money is numeric(15,2), which has a comma of its own.
func columns(list string) []Column {
	var out []Column
	for _, part := range strings.Split(list, ",") {
		name, typ, _ := strings.Cut(strings.TrimSpace(part), " ")
		if typ == "money" {
			typ = "numeric(15,2)"
		}
		out = append(out, Column{name, typ})
	}
	return out
}

// Tables lists the tables; those that others refer to come first.
var Tables = []*Table{
	{
		Name: "region", Primary: []string{"r_regionkey"}, fill: fillRegion, unit: fixed(len(regions)),
		Columns: columns("r_regionkey integer, r_name varchar(25), r_comment varchar(152)"),
	},
	{
		Name: "nation", Primary: []string{"n_nationkey"}, Indexes: [][]string{{"n_regionkey"}}, fill: fillNation, unit: fixed(len(nations)),
		Columns: columns("n_nationkey integer, n_name varchar(25), n_regionkey integer, n_comment varchar(152)"),
	},
	{
		Name: "part", Primary: []string{"p_partkey"}, fill: fillPart, unit: func(g *Generator) int64 { return g.parts },
		Columns: columns(`p_partkey integer, p_name varchar(55), p_mfgr varchar(25), p_brand varchar(10), p_type varchar(25), p_size integer,
			p_container varchar(10), p_retailprice money, p_comment varchar(23)`),
	},
	{
		Name: "supplier", Primary: []string{"s_suppkey"}, Indexes: [][]string{{"s_nationkey"}},
		fill: fillSupplier, unit: func(g *Generator) int64 { return g.suppliers },
		Columns: columns(`s_suppkey integer, s_name varchar(25), s_address varchar(40), s_nationkey integer, s_phone varchar(15),
			s_acctbal money, s_comment varchar(101)`),
	},
	{
		Name: "partsupp", Primary: []string{"ps_partkey", "ps_suppkey"}, Indexes: [][]string{{"ps_suppkey"}},
		fill: fillPartSupp, unit: func(g *Generator) int64 { return g.parts },
		Columns: columns("ps_partkey integer, ps_suppkey integer, ps_availqty integer, ps_supplycost money, ps_comment varchar(199)"),
	},
	{
		Name: "customer", Primary: []string{"c_custkey"}, Indexes: [][]string{{"c_nationkey"}},
		fill: fillCustomer, unit: func(g *Generator) int64 { return g.customers },
		Columns: columns(`c_custkey integer, c_name varchar(25), c_address varchar(40), c_nationkey integer, c_phone varchar(15),
			c_acctbal money, c_mktsegment varchar(10), c_comment varchar(117)`),
	},
	{
		Name: "orders", Primary: []string{"o_orderkey"}, Indexes: [][]string{{"o_custkey"}, {"o_orderdate"}},
		fill: fillOrders, unit: func(g *Generator) int64 { return g.orders },
		Columns: columns(`o_orderkey bigint, o_custkey integer, o_orderstatus varchar(1), o_totalprice money, o_orderdate date,
			o_orderpriority varchar(15), o_clerk varchar(15), o_shippriority integer, o_comment varchar(79), o_nationkey integer`),
	},
	{
		Name: "lineitem", Primary: []string{"l_orderkey", "l_linenumber"}, Indexes: [][]string{{"l_partkey", "l_suppkey"}, {"l_suppkey"}, {"l_shipdate"}},
		fill: fillLineItem, unit: func(g *Generator) int64 { return g.orders },
		Columns: columns(`l_orderkey bigint, l_partkey integer, l_suppkey integer, l_linenumber integer, l_quantity money, l_extendedprice money,
			l_discount money, l_tax money, l_returnflag varchar(1), l_linestatus varchar(1), l_shipdate date, l_commitdate date,
			l_receiptdate date, l_shipinstruct varchar(25), l_shipmode varchar(10), l_comment varchar(44), l_nationkey integer`),
	},
}

func fixed(n int) func(*Generator) int64 { return func(*Generator) int64 { return int64(n) } }

// Schema returns the table's Arrow schema.
func (t *Table) Schema() *arrow.Schema {
	fields := make([]arrow.Field, len(t.Columns))
	for i, c := range t.Columns {
		fields[i] = arrow.Field{Name: c.Name, Type: c.arrow()}
	}
	return arrow.NewSchema(fields, nil)
}

func (c Column) arrow() arrow.DataType {
	switch base, _, _ := strings.Cut(c.Type, "("); base {
	case "integer":
		return arrow.PrimitiveTypes.Int32
	case "bigint":
		return arrow.PrimitiveTypes.Int64
	case "date":
		return arrow.FixedWidthTypes.Date32
	case "numeric":
		return &arrow.Decimal128Type{Precision: 15, Scale: 2}
	}
	return arrow.BinaryTypes.String
}

// Create writes the CREATE TABLE statement, which PostgreSQL and DuckDB both read. With keys it declares the primary key; for
// PostgreSQL, Index adds it once the rows are there, which is faster.
func (t *Table) Create(keys bool) string {
	parts := make([]string, len(t.Columns), len(t.Columns)+1)
	for i, c := range t.Columns {
		parts[i] = c.Name + " " + c.Type + " not null"
	}
	if keys {
		parts = append(parts, "primary key ("+strings.Join(t.Primary, ", ")+")")
	}
	return "create table " + t.Name + " (" + strings.Join(parts, ", ") + ")"
}

// Index writes the statements that add the primary key and the indexes to a filled table of PostgreSQL's.
func (t *Table) Index() []string {
	out := []string{"alter table " + t.Name + " add primary key (" + strings.Join(t.Primary, ", ") + ")"}
	for _, cols := range t.Indexes {
		out = append(out, "create index on "+t.Name+" ("+strings.Join(cols, ", ")+")")
	}
	return append(out, "analyze "+t.Name)
}

// Lookup returns a table by its name, nil if there is none.
func Lookup(name string) *Table {
	if i := slices.IndexFunc(Tables, func(t *Table) bool { return t.Name == name }); i >= 0 {
		return Tables[i]
	}
	return nil
}
