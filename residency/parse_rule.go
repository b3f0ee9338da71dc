package residency

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/atoll-sql/atoll/internal/yamldoc"
)

// The keys of rules: those of all, and those of rules that permit.
var (
	anyRuleKeys   = []string{"id", "effect", "from", "to", "tables", "columns", "purposes", "roles", "valid"}
	allowRuleKeys = []string{"form", "plain_columns", "where", "filter_columns", "join_columns", "aggregate", "sketch", "limits"}
)

// formKeys are the forms under which a key has a meaning; a key that is not here goes with all of them.
var formKeys = map[string][]string{
	"plain_columns": {"pseudonym"}, "aggregate": {"aggregate"}, "sketch": {"aggregate", "sketch"},
}

// forms are the forms as a file names them.
var forms = []string{Rows: "rows", Pseudonym: "pseudonym", Aggregate: "aggregate", Sketch: "sketch"}

func (p *parser) rules(n *yamldoc.Node) {
	if n == nil || !p.Is(n, yamldoc.List) {
		return
	}
	before := map[string]*Rule{}
	for _, c := range n.Children {
		r := p.rule(c)
		if r == nil {
			continue
		}
		if first := before[r.ID]; first != nil && r.ID != "" {
			p.sameID(first, r)
		} else {
			before[r.ID] = r
		}
		p.policy.Rules = append(p.policy.Rules, r)
	}
}

// sameID reports a rule whose id is another's already.
func (p *parser) sameID(first, r *Rule) {
	if first.Effect != r.Effect {
		p.Fail(r.Pos, "rule %s both allows and denies, see line %d: one id is one rule, so say which it is", r.ID, first.Pos.Line)
		return
	}
	p.Fail(r.Pos, "rule %s is given already at line %d: give it an id of its own", r.ID, first.Pos.Line)
}

func (p *parser) rule(n *yamldoc.Node) *Rule {
	f := p.Fields(n, slices.Concat(anyRuleKeys, allowRuleKeys)...)
	if f == nil {
		return nil
	}
	r := &Rule{Pos: n.At}
	if n := f.Need("id", "id: a name that messages and the audit log show"); n != nil {
		if r.ID = p.name(n); r.ID != "" {
			p.CheckName(r.ID, n.At, "rule")
		}
		r.Pos = n.Place()
	}
	effect := ""
	if n := f.Need("effect", "effect: allow (or deny)"); n != nil {
		effect = p.OneOf(n, "effect", "allow", "deny")
	}
	if effect == "deny" {
		r.Effect = Deny
		p.noAllowKeys(f)
	}
	if effect == "allow" {
		p.needs(f)
	}
	r.From, r.To = p.placeNames(f.Get("from"), false), p.placeNames(f.Get("to"), true)
	r.Tables = p.tables(f.Get("tables"))
	r.Columns = p.columns(f.Get("columns"), r.Tables)
	r.Purposes, r.Roles = p.names(f.Get("purposes"), nil), p.names(f.Get("roles"), nil)
	p.valid(f.Get("valid"), r)
	if effect == "allow" {
		p.terms(f, r)
		p.contradictions(f, r)
		p.effectless(f, r)
	}
	return r
}

// noAllowKeys refuses in a deny rule what would make it deny less than it seems to.
func (p *parser) noAllowKeys(f *yamldoc.Fields) {
	for _, key := range allowRuleKeys {
		if n := f.Get(key); n != nil {
			p.Fail(n.KeyAt, "a deny rule takes no %s: it forbids every use of its columns, in every form", key)
		}
	}
}

// needs reports what an allow rule lacks. A deny rule without a list means any.
func (p *parser) needs(f *yamldoc.Fields) {
	f.Need("from", "from: [eu-central-1]")
	f.Need("to", "to: [us-east-1]")
	f.Need("tables", "tables: [payments]")
	form := f.Need("form", "form: rows (or pseudonym, aggregate, sketch)")
	if form == nil || form.Text != "aggregate" { // count(*) reads no column
		f.Need("columns", "columns: [amount]")
	}
}

// terms reads what only allow rules have.
func (p *parser) terms(f *yamldoc.Fields, r *Rule) {
	form := ""
	if n := f.Get("form"); n != nil {
		form = p.OneOf(n, "form", forms...)
		r.Form = Form(max(slices.Index(forms, form), 0))
		if r.Form == Pseudonym && !p.hasKey {
			p.Fail(n.At, `form pseudonym needs a secret: add secrets: {pseudonym_key: "${VARIABLE}"}`)
		}
	}
	p.formKeys(f, form)
	r.PlainColumns = p.columns(f.Get("plain_columns"), r.Tables)
	r.FilterColumns = p.columns(f.Get("filter_columns"), r.Tables)
	r.JoinColumns = p.columns(f.Get("join_columns"), r.Tables)
	if n := f.Get("where"); n != nil {
		r.Where, r.WherePos = p.condition(n), n.Place()
	}
	if n := f.Get("aggregate"); n != nil {
		r.Aggregate = p.aggregate(n, r)
	}
	if n := f.Get("sketch"); n != nil {
		r.Sketch = p.sketch(n, r)
	}
	if n := f.Get("limits"); n != nil {
		r.Limits = p.dailyLimits(n)
	}
}

// formKeys refuses the terms of one form under another, and reports those that are missing.
func (p *parser) formKeys(f *yamldoc.Fields, form string) {
	if form == "" {
		return
	}
	for _, key := range allowRuleKeys {
		with, some := formKeys[key]
		if n := f.Get(key); n != nil && some && !slices.Contains(with, form) {
			p.Fail(n.KeyAt, "%s has no meaning under form: %s, only under %s", key, form, strings.Join(with, " and "))
		}
	}
	switch form {
	case "aggregate":
		f.Need("aggregate", "aggregate: {functions: [sum, count], entity: member, min: 11}")
	case "sketch":
		f.Need("sketch", "sketch: {kinds: [hll], entity: member, min: 1000}")
	}
}

// columns reads a list of columns of a rule's tables.
func (p *parser) columns(n *yamldoc.Node, tables []string) []string {
	return p.names(n, func(name string, at Position) { p.checkColumn(name, at, tables) })
}

// condition reads a row condition, whose meaning is for the engine to find.
func (p *parser) condition(n *yamldoc.Node) string {
	text := p.Text(n)
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' && r != '\t' }) {
		p.Fail(n.At, "%s holds characters that do not print: write plain text", n.Path)
		return ""
	}
	return strings.TrimSpace(text)
}

// valid reads the days on which a rule holds, both included.
func (p *parser) valid(n *yamldoc.Node, r *Rule) {
	if n == nil {
		return
	}
	f := p.Fields(n, "from", "until")
	if f == nil {
		return
	}
	from, until := f.Get("from"), f.Get("until")
	if from == nil && until == nil {
		p.Fail(n.KeyAt, "%s is empty: add from, until or both", n.Path)
		return
	}
	var last time.Time
	if from != nil {
		r.ValidFrom = p.day(from)
	}
	if until != nil {
		if last = p.day(until); !last.IsZero() {
			r.ValidUntil = last.AddDate(0, 0, 1)
		}
	}
	if !r.ValidFrom.IsZero() && !last.IsZero() && last.Before(r.ValidFrom) {
		p.Fail(until.At, "%s ends on %s, before it begins on %s", n.Path, until.Text, from.Text)
	}
}

// dailyLimits reads the bounds of a day.
func (p *parser) dailyLimits(n *yamldoc.Node) Limits {
	var out Limits
	f := p.Fields(n, "queries_per_day", "rows_per_day")
	if f == nil {
		return out
	}
	if len(n.Children) == 0 {
		p.Fail(n.KeyAt, "%s is empty: add queries_per_day, rows_per_day or both", n.Path)
	}
	if n := f.Get("queries_per_day"); n != nil {
		out.QueriesPerDay, _ = p.Integer(n, 1, mostCount)
	}
	if n := f.Get("rows_per_day"); n != nil {
		out.RowsPerDay, _ = p.Integer(n, 1, mostCount)
	}
	return out
}
