package atoll

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/atoll-sql/atoll/internal/querygen"
)

// chainRule is a rule as the test means it. What it says of a case is worked out here anew, without package residency.
type chainRule struct {
	id, table          string
	deny               bool
	from, to           []string
	columns            []string
	form               string
	plain              []string // of the form pseudonym
	where              *chainCondition
	purposes, roles    []string
	from1, until       string // days
	filters, joins     []string
	functions, groupBy []string
	min, largest, most int
	onSmall            string
	sketch             *chainSketch // of the form sketch, and beside aggregates; nil for none
}

// chainCondition is a condition on rows, in SQL and in Go. Columns are those that it reads.
type chainCondition struct {
	sql     string
	columns []string
	holds   func(chainRow) bool
}

func condition(sql, column string, holds func(v string) bool) *chainCondition {
	return &chainCondition{sql, []string{column}, func(r chainRow) bool { v, ok := r[column]; return ok && holds(v) }}
}

var chainConditions = map[string][]*chainCondition{
	"cooperatives": {condition("country <> 'BR'", "country", func(v string) bool { return v != "BR" }), condition("country = 'DE'", "country", func(v string) bool { return v == "DE" })},
	"units":        {condition("rooms > 1", "rooms", func(v string) bool { return v != "1" }), condition("rooms = 2", "rooms", func(v string) bool { return v == "2" })},
	"members": {condition("active = true", "active", func(v string) bool { return v == "true" }), condition("active", "active", func(v string) bool { return v == "true" }),
		condition("joined >= date '2015-01-03'", "joined", func(v string) bool { return v >= "2015-01-03" })},
	"payments": {condition("method <> 1", "method", func(v string) bool { return v != "1" }), condition("method in (0, 2)", "method", func(v string) bool { return v == "0" || v == "2" }),
		condition("currency <> 'EUR'", "currency", func(v string) bool { return v != "EUR" }), condition("paid_on < date '2026-01-04'", "paid_on", func(v string) bool { return v < "2026-01-04" })},
}

// chainPolicy is a random policy, and who asks under it.
type chainPolicy struct {
	rules      []*chainRule
	noOutput   [2]string // table and column that no rule can let out
	noCompare  [2]string
	caller     Caller
	recipients map[string]string // to their regions, those whose basis holds
}

var chainNow = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

// newChainPolicy makes a policy that lets enough out for reports to be permitted.
func newChainPolicy(r *rand.Rand, c *chain) *chainPolicy {
	p := &chainPolicy{recipients: map[string]string{"hq": chainHome}}
	one := func(n int) bool { return r.IntN(n) == 0 }
	p.caller = Caller{User: "u", Purpose: []string{"", "finance", "research"}[r.IntN(3)], ClientRegion: []string{"", "", "", "eu-central-1", "us-east-1", "ap-south-1"}[r.IntN(6)]}
	if !one(3) {
		p.caller.Roles = []string{[]string{"analyst", "clerk"}[r.IntN(2)]}
	}
	if one(4) {
		p.noOutput = p.column(r, c)
	}
	if one(5) {
		p.noCompare = p.column(r, c)
	}
	for _, t := range c.tables {
		most := map[bool]int{false: 12, true: 3}[t.name == "units"]
		if one(most) {
			continue
		}
		n := 1
		if one(4) {
			n = 2
		}
		for i := range n {
			p.rules = append(p.rules, p.allow(r, t, fmt.Sprintf("%s-%d", t.name, i)))
		}
	}
	if one(3) {
		p.rules = append(p.rules, p.refuse(r, c))
	}
	r.Shuffle(len(p.rules), func(i, j int) { p.rules[i], p.rules[j] = p.rules[j], p.rules[i] })
	return p
}

func (p *chainPolicy) column(r *rand.Rand, c *chain) [2]string {
	t := c.tables[r.IntN(len(c.tables))]
	names := columnNames(t)
	return [2]string{t.name, names[r.IntN(len(names))]}
}

func some(r *rand.Rand, list []string, percent int) []string {
	var out []string
	for _, x := range list {
		if r.IntN(100) < percent {
			out = append(out, x)
		}
	}
	return out
}

func choice1[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// chainCategories are columns that make groups of more than one row.
var chainCategories = []string{"currency", "paid_on", "method", "cooperative_id", "joined", "active", "country", "rooms"}

func chainKeys(table string) []string {
	return map[string][]string{"cooperatives": {"id"}, "units": {"cooperative_id"}, "members": {"id", "cooperative_id"}, "payments": {"member_id", "cooperative_id", "currency"},
		"currencies": {"code"}}[table]
}

var everywhere = []string{"eu-central-1", "us-east-1", "ap-south-1"}

func (p *chainPolicy) allow(r *rand.Rand, t *chainTable, id string) *chainRule {
	x := &chainRule{id: id, table: t.name, form: "rows", from: everywhere, to: everywhere}
	switch {
	case r.IntN(8) == 0:
		x.from = choice1(r, []string{"us-east-1"}, []string{"IN", "EU"}, []string{"ap-south-1", "US"})
	case r.IntN(5) == 0:
		x.to = choice1(r, []string{"eu-central-1"}, []string{"EU"}, []string{"hq"}, []string{"us-east-1", "IN"}, []string{"old"}, []string{"hq", "US", "ap-south-1"})
	}
	switch n := r.IntN(10); {
	case t.entity == "member" && n < 6, t.entity == "coop" && n < 2:
		x.form = "aggregate"
	case n == 9:
		x.form = "pseudonym"
	}
	if t.entity != "" && r.IntN(4) == 0 {
		x.form = "sketch"
	}
	names := columnNames(t)
	output := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return p.noOutput == [2]string{t.name, n} })
	compare := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return p.noCompare == [2]string{t.name, n} })
	both := slices.DeleteFunc(slices.Clone(output), func(n string) bool { return !slices.Contains(compare, n) })
	x.columns, x.filters, x.joins = some(r, output, 60), some(r, compare, 45), some(r, compare, 20)
	if keys := chainKeys(t.name); r.IntN(3) > 0 { // those by which tables are joined
		x.joins = append(x.joins, slices.DeleteFunc(keys, func(k string) bool { return slices.Contains(x.joins, k) || !slices.Contains(compare, k) })...)
	}
	if len(x.columns) == 0 {
		x.columns = output[:1]
	}
	if x.form == "pseudonym" {
		x.plain = some(r, output, 25)
	}
	if r.IntN(3) == 0 && chainConditions[t.name] != nil {
		x.where = choice1(r, chainConditions[t.name]...)
	}
	if x.form == "sketch" {
		x.sketch = newChainSketch(r, some(r, both, 40))
	}
	if x.form == "aggregate" {
		x.functions = some(r, []string{"count", "count_distinct", "sum", "avg", "min", "max", "var_pop"}, 65)
		if len(x.functions) == 0 {
			x.functions = []string{"count"}
		}
		for _, name := range both {
			if r.IntN(100) < map[bool]int{true: 75, false: 20}[slices.Contains(chainCategories, name)] {
				x.groupBy = append(x.groupBy, name)
			}
		}
		x.min = 1 + r.IntN(7)
		if r.IntN(4) == 0 {
			x.largest, x.most = 1+r.IntN(2), choice1(r, 30, 60, 90)
		}
		x.onSmall = choice1(r, "drop", "drop", "drop", "remainder", "error")
		if r.IntN(4) == 0 {
			x.sketch = newChainSketch(r, nil)
		}
	}
	p.circumstances(r, x, 10)
	return x
}

// circumstances says for whom, what for and when a rule holds; now and then for nobody who asks.
func (p *chainPolicy) circumstances(r *rand.Rand, x *chainRule, n int) {
	if r.IntN(n) == 0 {
		x.purposes = choice1(r, []string{"finance"}, []string{"research", "finance"})
	}
	if r.IntN(n) == 0 {
		x.roles = choice1(r, []string{"analyst"}, []string{"clerk", "analyst"})
	}
	if r.IntN(n) == 0 {
		switch r.IntN(4) {
		case 0:
			x.until = "2026-06-14"
		case 1:
			x.until = "2026-06-15"
		case 2:
			x.from1 = "2026-06-16"
		default:
			x.from1 = "2026-06-15"
		}
	}
}

func (p *chainPolicy) refuse(r *rand.Rand, c *chain) *chainRule {
	t := c.tables[r.IntN(len(c.tables))]
	x := &chainRule{id: "no", table: t.name, deny: true, columns: some(r, columnNames(t), 25)}
	if r.IntN(2) == 0 {
		x.from = choice1(r, []string{"us-east-1"}, []string{"IN"})
	}
	if r.IntN(2) == 0 {
		x.to = choice1(r, []string{"us-east-1"}, []string{"EU"}, []string{"hq"}, []string{"old"})
	}
	p.circumstances(r, x, 3)
	return x
}

// yaml writes the policy's file.
func (p *chainPolicy) yaml(c *chain) string {
	var b strings.Builder
	b.WriteString("version: 1\nentities:\n")
	for _, kind := range []string{"coop", "member"} {
		var list []string
		for _, t := range c.tables {
			if t.entity == kind {
				list = append(list, t.name+": "+t.id)
			}
		}
		fmt.Fprintf(&b, "  %s: {%s}\n", kind, strings.Join(list, ", "))
	}
	b.WriteString("recipients:\n  hq: {region: eu-central-1, expires: 2027-01-01, basis: \"A\"}\n  old: {region: eu-central-1, expires: 2026-06-15, basis: \"B\"}\n")
	if p.noOutput[0]+p.noCompare[0] != "" {
		b.WriteString("columns:\n")
		if p.noOutput == p.noCompare {
			fmt.Fprintf(&b, "  %s.%s: {output: never, compare: never}\n", p.noOutput[0], p.noOutput[1])
		} else {
			if p.noOutput[0] != "" {
				fmt.Fprintf(&b, "  %s.%s: {output: never}\n", p.noOutput[0], p.noOutput[1])
			}
			if p.noCompare[0] != "" {
				fmt.Fprintf(&b, "  %s.%s: {compare: never}\n", p.noCompare[0], p.noCompare[1])
			}
		}
	}
	b.WriteString("secrets: {pseudonym_key: \"${PSEUDONYM_KEY}\"}\nrules:\n")
	if len(p.rules) == 0 {
		return strings.TrimSuffix(b.String(), "rules:\n") + "rules: []\n"
	}
	for _, x := range p.rules {
		x.write(c, &b)
	}
	return b.String()
}

func (x *chainRule) write(c *chain, b *strings.Builder) {
	list := func(key string, l []string) {
		if len(l) > 0 {
			fmt.Fprintf(b, "  %s: [%s]\n", key, strings.Join(l, ", "))
		}
	}
	fmt.Fprintf(b, "- id: %s\n  effect: %s\n", x.id, map[bool]string{false: "allow", true: "deny"}[x.deny])
	list("from", x.from)
	list("to", x.to)
	list("tables", []string{x.table})
	list("columns", x.columns)
	list("purposes", x.purposes)
	list("roles", x.roles)
	switch {
	case x.from1 != "":
		fmt.Fprintf(b, "  valid: {from: %s}\n", x.from1)
	case x.until != "":
		fmt.Fprintf(b, "  valid: {until: %s}\n", x.until)
	}
	if x.deny {
		return
	}
	fmt.Fprintf(b, "  form: %s\n", x.form)
	list("plain_columns", x.plain)
	list("filter_columns", x.filters)
	list("join_columns", x.joins)
	if x.where != nil {
		fmt.Fprintf(b, "  where: %q\n", x.where.sql)
	}
	if x.form == "aggregate" {
		fmt.Fprintf(b, "  aggregate: {functions: [%s], entity: %s, min: %d, on_small: %s", strings.Join(x.functions, ", "), c.table(x.table).entity, x.min, x.onSmall)
		if len(x.groupBy) > 0 {
			fmt.Fprintf(b, ", group_by: [%s]", strings.Join(x.groupBy, ", "))
		}
		if x.largest > 0 {
			fmt.Fprintf(b, ", dominance: {largest: %d, percent: %d}", x.largest, x.most)
		}
		b.WriteString("}\n")
	}
	if x.sketch != nil {
		b.WriteString("  sketch: " + x.sketch.yaml(c.table(x.table).entity) + "\n")
	}
}

func namesRegion(list []string, region string) bool {
	return slices.Contains(list, region) || slices.Contains(list, jurisdictions[region])
}

// holds reports that a rule is for who asks, today.
func (p *chainPolicy) holds(x *chainRule) bool {
	today := chainNow.Format(time.DateOnly)
	return (len(x.purposes) == 0 || slices.Contains(x.purposes, p.caller.Purpose)) &&
		(len(x.roles) == 0 || slices.ContainsFunc(p.caller.Roles, func(role string) bool { return slices.Contains(x.roles, role) })) &&
		(x.from1 == "" || today >= x.from1) && (x.until == "" || today <= x.until)
}

// beyond are the regions other than its own that an answer of a region gets to.
func (p *chainPolicy) beyond(region string) []string {
	var out []string
	for _, to := range []string{chainHome, p.caller.ClientRegion} {
		if to != "" && to != region && !slices.Contains(out, to) {
			out = append(out, to)
		}
	}
	return out
}

// standing are the rules by which something of a table may leave a region to others.
func (p *chainPolicy) standing(table, region string, to []string) []*chainRule {
	var out []*chainRule
	for _, x := range p.rules {
		if x.table != table || !p.holds(x) {
			continue
		}
		reaches := func(names []string, dest string, holding bool) bool {
			return namesRegion(names, dest) || slices.ContainsFunc(names, func(n string) bool { return p.recipients[n] == dest || !holding && n == "old" && dest == chainHome })
		}
		if x.deny {
			if (len(x.from) == 0 || namesRegion(x.from, region)) && len(x.columns) == 0 &&
				(len(x.to) == 0 || slices.ContainsFunc(to, func(d string) bool { return reaches(x.to, d, false) })) {
				return nil
			}
			continue
		}
		if namesRegion(x.from, region) && !slices.ContainsFunc(to, func(d string) bool { return !reaches(x.to, d, true) }) {
			out = append(out, x)
		}
	}
	return out
}

// closed reports that a column may not be used on the way from a region to others, whatever a rule allows.
func (p *chainPolicy) closed(table, column, region string, to []string) bool {
	return slices.ContainsFunc(p.rules, func(x *chainRule) bool {
		return x.deny && x.table == table && slices.Contains(x.columns, column) && p.holds(x) && (len(x.from) == 0 || namesRegion(x.from, region)) &&
			(len(x.to) == 0 || slices.ContainsFunc(to, func(d string) bool {
				return namesRegion(x.to, d) || d == chainHome && (slices.Contains(x.to, "hq") || slices.Contains(x.to, "old"))
			}))
	})
}

// mayFail reports that a rule for a table of a statement ends queries that make groups which may not leave.
func (p *chainPolicy) mayFail(sql string) bool {
	return slices.ContainsFunc(p.rules, func(x *chainRule) bool { return x.onSmall == "error" && mentions(sql, x.table) > 0 })
}

// taste makes reports look like what the rules permit; with all, like what they would permit to somebody else, elsewhere, or at another time.
func (p *chainPolicy) taste(literals func(table, column string) []string, all bool) querygen.Taste {
	t := querygen.Taste{Values: map[string][]string{}, Keys: map[string][]string{}, Arguments: map[string][]string{}, Filters: map[string][]string{},
		Pseudonyms: map[string][]string{}, Functions: map[string][]string{}, Literals: literals}
	for _, x := range p.rules {
		if x.deny || !all && (!p.holds(x) || !slices.Contains(p.standing(x.table, "us-east-1", p.beyond("us-east-1")), x)) {
			continue
		}
		t.Filters[x.table] = append(t.Filters[x.table], x.filters...)
		switch x.form {
		case "rows":
			t.Values[x.table] = append(t.Values[x.table], x.columns...)
		case "pseudonym":
			t.Values[x.table] = append(t.Values[x.table], x.plain...)
			t.Pseudonyms[x.table] = append(t.Pseudonyms[x.table], x.columns...)
		case "aggregate":
			t.Keys[x.table] = append(t.Keys[x.table], x.groupBy...)
			t.Arguments[x.table] = append(t.Arguments[x.table], x.columns...)
			for _, f := range x.functions {
				if f != "avg" && f != "var_pop" || slices.Contains(x.functions, "sum") && slices.Contains(x.functions, "count") {
					t.Functions[x.table] = append(t.Functions[x.table], f)
				}
			}
		case "sketch":
			t.Keys[x.table] = append(t.Keys[x.table], x.keys()...)
			t.Arguments[x.table] = append(t.Arguments[x.table], x.columns...)
			t.Functions[x.table] = append(t.Functions[x.table], "count_distinct")
		}
	}
	return t
}

// String shows who asks.
func (p *chainPolicy) String() string {
	return fmt.Sprintf("purpose %q, roles %v, client in %q", p.caller.Purpose, p.caller.Roles, p.caller.ClientRegion)
}
