package atoll

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/querygen"
)

// violation is something that crossed a border, or became known beyond it, without a rule's leave.
type violation struct{ kind, text string }

func (v *violation) String() string { return v.kind + ": " + v.text }

func violated(kind, format string, args ...any) *violation {
	return &violation{kind, fmt.Sprintf(format, args...)}
}

// crossings judges what was seen by the values in it: each telling value that left a region must be one that some rule lets out.
func (c *chain) crossings(p *chainPolicy, said string, seen []*sighting) *violation {
	for _, s := range seen {
		if v := c.inbound(p, said, s); v != nil {
			return v
		}
		region := regionOf(s.shard)
		to := p.beyond(region)
		if len(to) == 0 {
			continue
		}
		for _, t := range c.tables {
			if mentions(s.sql, t.name) > 0 && len(p.standing(t.name, region, to)) == 0 {
				return violated("table", "shard %s is asked for table %s, which no rule lets out: %s", s.shard, t.name, s.sql)
			}
		}
		for _, row := range s.rows {
			if v := c.outbound(p, said, s.shard, to, row); v != nil {
				v.text += "\n" + s.sql
				return v
			}
		}
	}
	return nil
}

func mentions(sql, table string) int {
	return len(regexp.MustCompile(`\b`+table+`\b`).FindAllString(sql, -1))
}

// outbound judges one row that a shard gave.
func (c *chain) outbound(p *chainPolicy, said, shard string, to []string, row []logictest.Cell) *violation {
	region := regionOf(shard)
	together := map[string][]chainCell{} // cells of one row, by table and row
	for _, cell := range row {
		if cell.Null || strings.HasPrefix(cell.Text, `\x`) { // a sketch; see registers
			continue
		}
		var here []chainCell
		for _, x := range c.meaning(cell.Text) {
			if x.shard == shard {
				here = append(here, x)
			}
		}
		if len(here) == 0 {
			continue
		}
		if !slices.ContainsFunc(here, func(x chainCell) bool { return c.permitted(p, region, to, x) != nil }) {
			return violated("cell", "%q of %s.%s left shard %s in row %v", cell.Text, here[0].table, here[0].column, shard, row)
		}
		if x := here[0]; len(here) == 1 && len(x.rows) == 1 && mentions(said, x.table) == 1 {
			key := fmt.Sprint(x.table, x.rows[0])
			together[key] = append(together[key], x)
		}
	}
	for _, cells := range together {
		rules := c.permitted(p, region, to, cells[0])
		for _, x := range cells[1:] {
			other := c.permitted(p, region, to, x)
			rules = slices.DeleteFunc(rules, func(r *chainRule) bool { return !slices.Contains(other, r) })
		}
		if len(rules) == 0 {
			return violated("pool", "no single rule lets out %v of shard %s together", cells, shard)
		}
	}
	return nil
}

// meaning are the cells that have a text, also in other letters or with something around.
func (c *chain) meaning(text string) []chainCell {
	text = strings.ToLower(text)
	if list := c.index[text]; list != nil {
		return list
	}
	for _, token := range tellingTokens.FindAllString(text, -1) {
		if list := c.index[strings.TrimSuffix(token, "x")]; list != nil {
			return list
		}
	}
	return nil
}

var tellingTokens = regexp.MustCompile(`q[a-z]+\d*qx?|\d{4}-\d\d-\d\d|\d{5,}(\.\d+)?`)

// permitted are the rules that let a cell out as it is.
func (c *chain) permitted(p *chainPolicy, region string, to []string, x chainCell) []*chainRule {
	if p.noOutput == [2]string{x.table, x.column} || p.closed(x.table, x.column, region, to) {
		return nil
	}
	t := c.table(x.table)
	return slices.DeleteFunc(p.standing(x.table, region, to), func(r *chainRule) bool {
		entities := map[string]bool{}
		visible := false
		for _, n := range x.rows {
			row := t.rows[x.shard][n]
			if r.where == nil || r.where.holds(row) {
				visible = true
				if id, ok := row[t.id]; ok {
					entities[id] = true
				}
			}
		}
		switch {
		case !visible && r.onSmall != "remainder":
			return true
		case r.form == "rows":
			return !slices.Contains(r.columns, x.column)
		case r.form == "pseudonym":
			return !slices.Contains(r.plain, x.column)
		}
		key := r.form == "aggregate" && slices.Contains(r.groupBy, x.column) && len(entities) >= r.min ||
			r.sketch != nil && slices.Contains(r.keys(), x.column) && len(entities) >= r.sketch.min
		value := slices.Contains(r.columns, x.column) && slices.ContainsFunc(r.functions, func(f string) bool { return f != "count" && f != "count_distinct" })
		return !key && !value
	})
}

// inbound judges what a statement brings to a shard from others.
func (c *chain) inbound(p *chainPolicy, said string, s *sighting) *violation {
	region := regionOf(s.shard)
	said = strings.ToLower(said)
	for _, token := range tellingTokens.FindAllString(strings.ToLower(s.sql+" "+strings.Join(s.args, " ")), -1) {
		from := c.index[token]
		if len(from) == 0 || strings.Contains(said, token) || slices.ContainsFunc(from, func(x chainCell) bool { return regionOf(x.shard) == region }) {
			continue
		}
		if !slices.ContainsFunc(from, func(x chainCell) bool {
			home := regionOf(x.shard)
			to := p.beyond(home)
			if !slices.Contains(to, region) {
				to = append(to, region)
			}
			return c.permitted(p, home, to, x) != nil
		}) {
			return violated("sent", "%q of %s.%s on shard %s was sent to shard %s: %s %v", token, from[0].table, from[0].column, from[0].shard, s.shard, s.sql, s.args)
		}
	}
	return nil
}

// filters judges the conditions of a statement over tables: each column must be one by which some rule lets choose, wherever shards were asked.
func (c *chain) filters(p *chainPolicy, q *querygen.Query, seen []*sighting) *violation {
	var v *violation
	var look func(e *querygen.Expr)
	look = func(e *querygen.Expr) {
		alias, name, _ := strings.Cut(e.Form, ".")
		i := slices.IndexFunc(q.From, func(s querygen.Source) bool { return s.Alias == alias })
		if e.Column && i >= 0 && c.table(q.From[i].Table) != nil {
			for _, s := range seen {
				to := p.beyond(regionOf(s.shard))
				if len(to) == 0 || mentions(s.sql, q.From[i].Table) == 0 {
					continue
				}
				if !slices.ContainsFunc(p.standing(q.From[i].Table, regionOf(s.shard), to), func(r *chainRule) bool {
					return slices.Contains(r.filters, name) || r.form == "rows" && slices.Contains(r.columns, name) || slices.Contains(r.plain, name)
				}) {
					v = violated("filter", "%s.%s decides which rows of shard %s count: %s", q.From[i].Table, name, s.shard, s.sql)
				}
			}
		}
		for _, a := range e.Args {
			look(a)
		}
	}
	for _, e := range q.Where {
		look(e)
	}
	return v
}

// twin is the chain as it might be as well, for all that the rules let out: whatever no rule shows or goes by is another value, and some rows
// that no rule shows are not there.
func (c *chain) twin(p *chainPolicy, other *chain) *chain {
	out := plainChain()
	for _, t := range out.tables {
		t.rows = map[string][]chainRow{}
		for _, s := range isles {
			before, after := c.table(t.name).rows[s.shard], other.table(t.name).rows[s.shard]
			to := p.beyond(s.region)
			rules := p.standing(t.name, s.region, to)
			switch {
			case len(to) == 0:
				t.rows[s.shard] = before
			case len(rules) == 0:
				t.rows[s.shard] = after[:2*len(after)/3]
			default:
				for n, row := range before {
					if x := p.twinRow(t, rules, n, row, after[n], s.region, to); x != nil {
						t.rows[s.shard] = append(t.rows[s.shard], x)
					}
				}
			}
		}
	}
	return out
}

func (p *chainPolicy) twinRow(t *chainTable, rules []*chainRule, n int, row, other chainRow, region string, to []string) chainRow {
	shown := slices.ContainsFunc(rules, func(r *chainRule) bool { return r.where == nil || r.where.holds(row) })
	if !shown && n%3 == 0 {
		return nil
	}
	out := chainRow{}
	for _, name := range columnNames(t) {
		open, decides := false, false
		for _, r := range rules {
			open = open || slices.Contains(slices.Concat(r.columns, r.plain, r.filters, r.joins, r.groupBy, r.keys()), name) || r.min > 0 && name == t.id || r.sketch != nil && name == t.id
			decides = decides || r.where != nil && slices.Contains(r.where.columns, name)
		}
		open = open && !p.closed(t.name, name, region, to) || p.closed(t.name, name, region, to) && name == t.id
		from := other
		if decides || shown && open {
			from = row
		}
		if v, ok := from[name]; ok {
			out[name] = v
		}
	}
	return out
}

// transcript is what was seen, in an order of its own.
func transcript(seen []*sighting) string {
	var out []string
	for _, s := range seen {
		var rows []string
		for _, r := range s.rows {
			rows = append(rows, fmt.Sprint(r))
		}
		slices.Sort(rows)
		out = append(out, fmt.Sprintf("%s: %s %v %s\n    %s", s.shard, s.sql, s.args, s.failed, strings.Join(rows, "\n    ")))
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}
