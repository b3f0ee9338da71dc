package querygen

import (
	"math/rand/v2"
	"strconv"
)

// Generator makes statements. It is not safe for concurrent use.
type Generator struct {
	*rand.Rand
	scope
	ctes    []relation
	aliases int
	budget  int  // how many more SELECTs the statement may have
	inner   bool // within the argument of an aggregate
	lacks   func(table, column string) bool
	only    []string // tables that statements may read; nil for all
}

// scope is what expressions may name.
type scope struct {
	cols    []column // qualified
	samples map[string][]string
	keys    []string // qualified names of sharding keys in reach
	unique  []string // columns that together tell every two rows apart; nil if there are none
	outer   []column // of the queries around a subquery, which its WHERE may name
	rows    int      // how many rows FROM has, roughly and at most
	room    int      // how many it may have, so that PostgreSQL is done in time
}

// relation is what FROM may name.
type relation struct {
	name string
	cols []column
	rows int
}

// New returns a generator whose statements are determined by the seed and by the columns that they must not name: those
// that lacks reports, none if it is nil.
func New(seed uint64, lacks func(table, column string) bool) *Generator {
	return &Generator{Rand: rand.New(rand.NewPCG(seed, 77)), lacks: lacks}
}

// one is true once in n times.
func (g *Generator) one(n int) bool { return g.IntN(n) == 0 }

func pick[T any](g *Generator, list ...T) T { return list[g.IntN(len(list))] }

func (g *Generator) alias() string {
	g.aliases++
	return "t" + strconv.Itoa(g.aliases)
}

// literals by kind; integers small enough that sums and products of a few stay within their type.
var literals = map[Kind][]string{
	Int2: {"0::smallint", "1::smallint", "7::smallint", "(-2)::smallint"},
	Int4: {"0", "1", "2", "3", "5", "10", "-1", "7", "100"}, Int8: {"0::bigint", "42::bigint", "3000000000", "-5::bigint"},
	Numeric: {"0.5", "1.00", "2.25", "-0.01", "10.0", "0.0", "3.333", "100::numeric", "7::numeric(6,2)", "1e3"},
	Float4:  {"0.5::real", "1.5::real", "-2::real"}, Float8: {"0.25::float8", "1e3::float8", "-1.5::float8", "0::float8", "3::float8"},
	Text:        {"'a'", "''", "'EUR'", "'rent'", "' x '", "'Ana'", "'é😀'", "'10%'", "'A_b'", "'DE'"},
	Bool:        {"true", "false"},
	Date:        {"date '2020-01-31'", "date '2024-02-29'", "date '2015-01-01'", "date '1899-12-31'", "date '2021-01-01'"},
	Timestamp:   {"timestamp '2020-02-29 12:00'", "timestamp '2021-01-01'", "timestamp '1969-12-31 23:59:59.999999'"},
	Timestamptz: {"timestamptz '2020-01-01 00:00+00'", "timestamptz '2024-06-30 23:30+02'", "timestamptz '2018-05-05 05:05:05.5Z'"},
	Interval:    {"interval '1 day'", "interval '1 mon'", "interval '-02:00'", "interval '36 hours'", "interval '1 year 2 days 03:04:05.5'", "interval '0'"},
	Time:        {"time '08:30'", "time '00:00'", "time '23:59:59.999999'"},
	UUID:        {"uuid '00000001-0000-4000-8000-000000000001'", "uuid '00000005-0000-4000-8000-000000000000'"},
}

func (g *Generator) literal(k Kind) *Expr {
	if g.one(25) {
		return leaf(k, "null::"+string(k))
	}
	if g.one(8) {
		if p := g.param(k); p != nil {
			return node(k, "%s::"+string(k), p)
		}
	}
	return leaf(k, pick(g, literals[k]...))
}

// param returns a parameter whose text is of a kind; nil for kinds without one.
func (g *Generator) param(k Kind) *Expr {
	p := &Expr{Kind: "parameter", Param: true}
	switch k {
	case Int2, Int4, Int8:
		p.Value = pick[any](g, int64(3), int64(0), int64(-1), int64(11), "7", nil)
	case Numeric, Float8:
		p.Value = pick[any](g, "1.50", "-0.25", int64(100), "1e2", nil)
	case Text:
		p.Value = pick[any](g, "a", "", "EUR", "rent", "DE", nil)
	case Bool:
		p.Value = pick[any](g, true, false, nil)
	case Date:
		p.Value = pick[any](g, "2020-02-29", "2015-01-01", "1970-01-01", nil)
	case Timestamp, Timestamptz:
		p.Value = pick[any](g, "2020-02-29 12:30:00", "2021-01-01", nil)
	case Interval:
		p.Value = pick[any](g, "1 day", "01:30:00", nil)
	default:
		return nil
	}
	return p
}

// column returns a column of a kind that passes, or nil.
func (g *Generator) column(pass func(column) bool) *column {
	var fit []int
	for i := range g.cols {
		if pass(g.cols[i]) {
			fit = append(fit, i)
		}
	}
	if len(fit) == 0 {
		return nil
	}
	return &g.cols[pick(g, fit...)]
}

func (c *column) expr() *Expr {
	e := leaf(c.kind, c.name)
	e.Loose, e.Column = c.loose, true
	return e
}

// atom is a column or a literal of a kind. tame leaves out the wild columns.
func (g *Generator) atom(k Kind, tame bool) *Expr {
	if !g.one(5) {
		if c := g.column(func(c column) bool { return c.kind == k && !(tame && c.wild) && !c.loose }); c != nil {
			return c.expr()
		}
	}
	return g.literal(k)
}

var allKinds = []Kind{Int2, Int4, Int8, Numeric, Float4, Float8, Text, Text, Bool, Date, Timestamp, Timestamptz, Interval, Time, UUID}

// kind picks a kind, one that columns have most of the time.
func (g *Generator) kind() Kind {
	if c := g.column(func(c column) bool { return !c.loose }); c != nil && !g.one(4) {
		return c.kind
	}
	return pick(g, allKinds...)
}

// Expr returns an exact expression of a kind, at most depth levels deep, that cannot fail on the tests' rows.
func (g *Generator) expr(k Kind, depth int) *Expr {
	if depth <= 0 || g.one(4) {
		return g.atom(k, false)
	}
	if g.one(6) {
		return g.conditional(k, depth)
	}
	if depth > 1 && g.one(9) {
		if e := g.scalar(k); e != nil {
			return e
		}
	}
	switch k {
	case Int2, Int4, Int8:
		return g.integer(k, depth)
	case Numeric:
		return g.numeric(depth)
	case Float4, Float8:
		return g.float(k, depth)
	case Text:
		return g.text(depth)
	case Bool:
		return g.predicate(depth)
	case Date, Timestamp, Timestamptz, Interval:
		return g.moment(k, depth)
	}
	return g.atom(k, false)
}

// conditional is CASE, COALESCE and their relatives, which work on every kind.
func (g *Generator) conditional(k Kind, depth int) *Expr {
	a, b := g.expr(k, depth-1), g.expr(k, depth-1)
	comparable := k != Bool && k != UUID
	switch g.IntN(6) {
	case 0:
		return node(k, "case when %s then %s else %s end", g.predicate(depth-1), a, b)
	case 1:
		return node(k, "case when %s then %s when %s then %s end", g.predicate(depth-1), a, g.predicate(depth-1), b)
	case 2:
		return node(k, "coalesce(%s, %s)", a, b)
	case 3:
		return node(k, "nullif(%s, %s)", a, b)
	case 4:
		if comparable {
			return node(k, pick(g, "greatest", "least")+"(%s, %s)", a, b)
		}
	}
	c := g.kind()
	return node(k, "case %s when %s then %s else %s end", g.atom(c, false), g.atom(c, false), a, b)
}
