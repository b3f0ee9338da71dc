package atoll

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// chainRow is a row by column; a column that is not there is NULL.
type chainRow map[string]string

// chainTable is a table of the chain: what each island holds of it.
type chainTable struct {
	name    string
	columns []string // "name type"
	// telling are the columns whose values tell where they are from: of one row, or of the few rows that share a category.
	telling []string
	entity  string // kind
	id      string // the column by which entities are told
	rows    map[string][]chainRow
}

// isle is a shard of the chain.
type isle struct{ shard, region, mark string }

var isles = []isle{{"eu-1", "eu-central-1", "e"}, {"us-1", "us-east-1", "u"}, {"ap-1", "ap-south-1", "a"}}

const chainHome = "eu-central-1"

var jurisdictions = map[string]string{"eu-central-1": "EU", "us-east-1": "US", "ap-south-1": "IN"}

func regionOf(shard string) string {
	return isles[slices.IndexFunc(isles, func(i isle) bool { return i.shard == shard })].region
}

// chain is the world: three islands with rows that can be told wherever they are met.
type chain struct {
	tables []*chainTable
	index  map[string][]chainCell // by text
}

// chainCell is where a value stands: in these rows of a table on a shard.
type chainCell struct {
	table, column, shard string
	rows                 []int
}

func (c *chain) table(name string) *chainTable {
	i := slices.IndexFunc(c.tables, func(t *chainTable) bool { return t.name == name })
	if i < 0 {
		return nil
	}
	return c.tables[i]
}

// plainChain are the tables without rows, of which random statements know the columns.
func plainChain() *chain {
	return &chain{tables: []*chainTable{
		{name: "cooperatives", columns: []string{"id integer", "name text", "country text", "founded date", "reserve numeric(12,2)"},
			telling: []string{"name", "country", "founded", "reserve"}, entity: "coop", id: "id"},
		{name: "units", columns: []string{"id bigint", "cooperative_id integer", "label text", "rooms smallint", "rent numeric(12,2)"},
			telling: []string{"id", "label", "rent"}, entity: "coop", id: "cooperative_id"},
		{name: "members", columns: []string{"id bigint", "cooperative_id integer", "name text", "email text", "born date", "joined date", "active boolean"},
			telling: []string{"id", "name", "email", "born"}, entity: "member", id: "id"},
		{name: "payments", columns: []string{"id bigint", "cooperative_id integer", "member_id bigint", "amount numeric(12,2)", "currency text", "paid_on date",
			"note text", "method smallint"}, telling: []string{"id", "member_id", "amount", "currency", "note"}, entity: "member", id: "member_id"},
		{name: "currencies", columns: []string{"code text", "name text", "minor_units smallint", "eur_rate numeric(12,4)"}, telling: []string{"code", "name"}},
	}}
}

func columnNames(t *chainTable) (out []string) {
	for _, c := range t.columns {
		name, _, _ := strings.Cut(c, " ")
		out = append(out, name)
	}
	return out
}

// newChain fills the islands. With another variant every value is another one, but for the keys by which rows are placed.
func newChain(variant int) *chain {
	c := plainChain()
	for _, t := range c.tables {
		t.rows = map[string][]chainRow{}
	}
	for i, s := range isles {
		r := rand.New(rand.NewPCG(uint64(i), uint64(variant)))
		c.fill(r, i, variant, s)
	}
	c.index = map[string][]chainCell{}
	for _, t := range c.tables {
		for _, s := range isles {
			t.note(c.index, s.shard)
		}
	}
	return c
}

// note enters a table's telling values into an index.
func (t *chainTable) note(index map[string][]chainCell, shard string) {
	for n, row := range t.rows[shard] {
		for _, col := range t.telling {
			v, ok := row[col]
			if !ok {
				continue
			}
			v = strings.ToLower(v)
			i := slices.IndexFunc(index[v], func(x chainCell) bool { return x.table == t.name && x.column == col && x.shard == shard })
			if i < 0 {
				index[v] = append(index[v], chainCell{t.name, col, shard, nil})
				i = len(index[v]) - 1
			}
			index[v][i].rows = append(index[v][i].rows, n)
		}
	}
}

func (c *chain) add(table, shard string, cells ...any) {
	t := c.table(table)
	row := chainRow{}
	for i, name := range columnNames(t) {
		if cells[i] != nil {
			row[name] = fmt.Sprint(cells[i])
		}
	}
	t.rows[shard] = append(t.rows[shard], row)
}

func (c *chain) fill(r *rand.Rand, i, variant int, s isle) {
	v := []string{"", "v", "w"}[variant]
	days := 0
	day := func() string {
		days++
		return time.Date(1900+30*i+variant*8, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, days*7+r.IntN(7)).Format(time.DateOnly)
	}
	cents := func(from, to int) string { return fmt.Sprintf("%d.%d", from+r.IntN(to-from), 11+2*r.IntN(44)) }
	text := func(kind string, n int) string { return fmt.Sprintf("q%s%s%s%03dq", kind, s.mark, v, n) }
	for n := 1; n <= 5; n++ {
		c.add("cooperatives", s.shard, i*10+n, text("coop", n), []string{"DE", "BR", text("land", 1), text("land", 2), "DE"}[n-1], day(), cents(100_000, 900_000))
	}
	for n := range 20 {
		c.add("units", s.shard, 71_000_000+i*1000+n+variant*100_000, i*10+1+n%5, text("unit", n), maybe(r, 8, 1+r.IntN(4)), cents(20_000, 90_000))
	}
	id := func(n int) int { return 83_000_000 + i*1000 + n + variant*100_000 }
	for n := range 30 {
		c.add("members", s.shard, id(n), i*10+1+n%5, text("name", n), text("mail", n), day(), fmt.Sprintf("2015-01-%02d", 1+r.IntN(5)), maybe(r, 6, r.IntN(3) > 0))
	}
	for n := range 120 {
		m := r.IntN(30)
		currency := []string{"EUR", "EUR", "EUR", "USD"}[r.IntN(4)]
		amount := cents(10_000, 99_000)
		switch {
		case n < 8:
			m, currency = n%3, text("cur", 1)
		case n < 13:
			m, currency = 7, text("cur", 2)
		case n == 20:
			amount = cents(9_000_000, 9_900_000)
		}
		note := any(nil) // most have none
		if r.IntN(6) == 0 {
			note = text("note", n)
		}
		c.add("payments", s.shard, 95_000_000+i*1000+n+variant*100_000, i*10+1+m%5, maybe(r, 15, id(m)), maybe(r, 20, amount), maybe(r, 20, currency),
			fmt.Sprintf("2026-01-%02d", 1+r.IntN(6)), note, maybe(r, 10, r.IntN(4)))
	}
	c.add("currencies", s.shard, "EUR", "qeuro"+v+"q", 2, "1")
	c.add("currencies", s.shard, "USD", "qdollar"+v+"q", 2, "1.0957")
	for _, other := range isles {
		c.add("currencies", s.shard, strings.ReplaceAll(text("cur", 1), "cur"+s.mark, "cur"+other.mark), "qshell"+other.mark+v+"q", 3, "0.0131")
	}
}

// maybe is NULL once in n times.
func maybe(r *rand.Rand, n int, v any) any {
	if r.IntN(n) == 0 {
		return nil
	}
	return v
}

// statements create and fill the tables of a shard in a schema, "" for none.
func (c *chain) statements(shard, schema string) (out []string) {
	for _, t := range c.tables {
		name := strings.TrimPrefix(schema+"."+t.name, ".")
		out = append(out, fmt.Sprintf("CREATE TABLE %s (%s)", name, strings.Join(t.columns, ", ")))
		var rows []string
		for _, r := range t.rows[shard] {
			var cells []string
			for _, col := range t.columns {
				n, typ, _ := strings.Cut(col, " ")
				cells = append(cells, literalOf(r, n, typ))
			}
			rows = append(rows, "("+strings.Join(cells, ", ")+")")
		}
		if len(rows) > 0 {
			out = append(out, fmt.Sprintf("INSERT INTO %s VALUES %s", name, strings.Join(rows, ", ")))
		}
	}
	return out
}

func literalOf(r chainRow, column, typ string) string {
	v, ok := r[column]
	switch {
	case !ok:
		return "NULL"
	case typ == "text" || typ == "date":
		return "'" + v + "'"
	}
	return v
}

// literals are values that a column has, for the conditions of statements.
func (c *chain) literals(r *rand.Rand) func(table, column string) []string {
	return func(table, column string) []string {
		t := c.table(table)
		i := slices.IndexFunc(t.columns, func(x string) bool { return strings.HasPrefix(x, column+" ") })
		if i < 0 {
			return nil
		}
		_, typ, _ := strings.Cut(t.columns[i], " ")
		var out []string
		for range 4 {
			rows := t.rows[isles[r.IntN(3)].shard]
			if row := rows[r.IntN(len(rows))]; row[column] != "" {
				out = append(out, literalOf(row, column, typ))
			}
		}
		return out
	}
}
