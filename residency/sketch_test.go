package residency

import (
	"errors"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/parser/postgres"
	"github.com/atoll-sql/atoll/planner/place"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/rules"
)

// sketchEnv has one rule, for sketches of members by name, and one for rows of cooperatives.
func sketchEnv(t *testing.T, w *plantest.World) (*Env, *Rule) {
	t.Helper()
	r := &Rule{ID: "sets", From: []string{"brazilsouth", "us-east-1"}, To: []string{"eu-central-1"}, Tables: []string{"members"}, Columns: []string{"email", "score"}, Form: Sketch,
		FilterColumns: []string{"born"}, JoinColumns: []string{"cooperative_id"},
		Sketch: &SketchTerms{Kinds: []string{"hll"}, GroupBy: []string{"name"}, Entity: "member", Min: 11, Precision: 14}}
	rows := &Rule{ID: "rows", From: r.From, To: r.To, Tables: []string{"cooperatives"}, Columns: []string{"id", "country"}, Form: Rows}
	return &Env{
		Policy: &Policy{Entities: map[string]*Entity{"member": {Name: "member", Columns: map[string]string{"members": "id"}}}, Rules: []*Rule{r, rows}},
		Total:  func(x plan.Expr) bool { return rules.Total(x) || place.Harmless(x) }, Jurisdiction: func(string) string { return "" }, Coordinator: "eu-central-1",
		Condition: func(table, where string) (*plan.Scan, plan.Expr, error) {
			q, err := w.Bind("SELECT 1 FROM " + table + " WHERE " + where)
			if err != nil {
				return nil, nil, err
			}
			f := q.Root.(*plan.Project).Input.(*plan.Filter)
			return f.Input.(*plan.Scan), plan.Conjunction(f.Conds), nil
		},
	}, r
}

// checked plans and judges a query.
func checked(t *testing.T, w *plantest.World, e *Env, sql string, keyed bool) (*plan.Plan, *Verdict, error) {
	t.Helper()
	tree, err := postgres.Parse(sql)
	if err != nil {
		t.Fatal(err)
	}
	q, err := bind.Bind(tree, w.Catalog, bind.Options{Now: plantest.Now, Pseudonym: plantest.PseudonymKey, KeyedSketches: keyed})
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.Place(q, nil)
	if err != nil {
		t.Fatal(err)
	}
	v, err := Check(q.Root, q.Output, p, e)
	return p, v, err
}

// TestSketchTrees: what leaves is what placement made, over the rows of groups that are large enough; and what anybody else makes of that tree is not
// proven.
func TestSketchTrees(t *testing.T) {
	w := plantest.Housing(t, plantest.Setup{})
	for _, sql := range []string{
		"SELECT approx_count_distinct(email) FROM members",
		"SELECT name, approx_count_distinct(email) FROM members GROUP BY name",
		"SELECT name, hll_sketch(score, 9) FROM members WHERE born > '1990-01-01' GROUP BY name HAVING hll_estimate(hll_sketch(score, 9)) > 5",
		"SELECT c.country, approx_count_distinct(m.email) FROM members m JOIN cooperatives c ON c.id = m.cooperative_id GROUP BY c.country",
	} {
		for _, where := range []string{"", "active"} {
			e, r := sketchEnv(t, w)
			r.Where = where
			p, v, err := checked(t, w, e, sql, false)
			if err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
			if len(v.Changes) != 2 || len(v.Crossings) != 2 || v.Crossings[0].Form != "sketch" || v.Crossings[0].Ungrouped == strings.Contains(sql, "GROUP") {
				t.Fatalf("%s: %+v", sql, v.Crossings)
			}
			final := v.Changes[0].Root
			if err := rules.Verify(final); err != nil {
				t.Errorf("%s: %v", sql, err)
			}
			f := p.Fragments[0]
			if got, want := plan.Aliases(final.Columns()), plan.Aliases(f.Root.Columns()); strings.Join(got, " ") != strings.Join(want, " ") {
				t.Errorf("%s: offers %v in place of %v", sql, got, want)
			}
			root, _ := foldSketch(f.Root)
			var chosen []choice
			for _, ref := range trace(root, root.Columns()).refs {
				chosen = append(chosen, choice{ref, e.Policy.allowing(ref.scan.Table)[0]})
			}
			for name, tamper := range sketchTamperings {
				changed := plan.Transform(final, tamper)
				if plan.Tree(changed) == plan.Tree(final) {
					t.Errorf("%s: %s changes nothing", sql, name)
				} else if err := e.prove(changed, chosen); !errors.Is(err, errUnproven) {
					t.Errorf("%s: %s: %v\n%s", sql, name, err, plan.Tree(changed))
				}
			}
			if err := e.prove(final, chosen); err != nil {
				t.Errorf("%s: %v\n%s", sql, err, plan.Tree(final))
			}
			if where != "" {
				r.Where = ""
				if err := e.prove(final, chosen); err == nil {
					t.Errorf("%s: a condition that no rule has is proven", sql)
				}
			}
		}
	}
}

// sketchTamperings are changes by which more would leave.
var sketchTamperings = map[string]func(plan.Node) plan.Node{
	"without the threshold": func(n plan.Node) plan.Node {
		if f, ok := n.(*plan.Filter); ok {
			if _, ok := f.Input.(*plan.Window); ok {
				return f.Input
			}
		}
		return n
	},
	"with a smaller minimum": func(n plan.Node) plan.Node {
		if f, ok := n.(*plan.Filter); ok {
			if _, ok := f.Input.(*plan.Window); ok {
				return &plan.Filter{Input: f.Input, Conds: []plan.Expr{compared(">=", f.Conds[0].(*plan.Call).Args[0], intExpr(plan.Int8, 10))}}
			}
		}
		return n
	},
	"of people who have no value": func(n plan.Node) plan.Node {
		if f, ok := n.(*plan.Filter); ok {
			if _, ok := f.Conds[0].(*plan.IsNull); ok {
				return f.Input
			}
		}
		return n
	},
	"of people who have another value": func(n plan.Node) plan.Node {
		if f, ok := n.(*plan.Filter); ok {
			if x, ok := f.Conds[0].(*plan.IsNull); ok {
				return &plan.Filter{Input: f.Input, Conds: []plan.Expr{&plan.IsNull{X: x.X}}}
			}
		}
		return n
	},
	"of entities of all groups together": func(n plan.Node) plan.Node {
		w, ok := n.(*plan.Window)
		if !ok || w.Fns[0].Col.Name != "nth" {
			return n
		}
		f := w.Fns[0]
		f.Partition = append([]plan.Expr{columnExpr(f.Col)}, f.Partition...)
		return &plan.Window{Input: w.Input, Fns: []plan.WindowFn{f}}
	},
	"of hashes, not of the least of each register": func(n plan.Node) plan.Node {
		a, ok := n.(*plan.Aggregate)
		if !ok || a.Aggs[0].Agg.Fn != "min" {
			return n
		}
		out := *a
		out.Groups = append(a.Groups[:len(a.Groups)-1:len(a.Groups)-1], plan.Assign{Col: a.Groups[len(a.Groups)-1].Col, Expr: a.Aggs[0].Agg.Args[0]})
		return &out
	},
	"of the greatest hash of each register": func(n plan.Node) plan.Node {
		a, ok := n.(*plan.Aggregate)
		if !ok || a.Aggs[0].Agg.Fn != "min" {
			return n
		}
		out := *a
		out.Aggs = []plan.AggAssign{a.Aggs[0]}
		out.Aggs[0].Agg.Fn = "max"
		return &out
	},
	"of values, not of hashes": func(n plan.Node) plan.Node {
		return plan.MapOwn(n, func(e plan.Expr) plan.Expr {
			return plan.Map(e, func(e plan.Expr) plan.Expr {
				if c, ok := e.(*plan.Call); ok && strings.HasPrefix(c.Fn, "hash_") && c.Fn != "hash_pack" {
					return c.Args[0]
				}
				return e
			})
		})
	},
}

// TestSketchRefusals: by which clause a query is refused, and what the refusal says.
func TestSketchRefusals(t *testing.T) {
	w := plantest.Housing(t, plantest.Setup{})
	for _, c := range []struct{ sql, clause, says string }{
		{"SELECT count(DISTINCT email) FROM members", clauseKinds, "permits sketches of the kind hll only, and count makes none"},
		{"SELECT email FROM members", clauseForm, "permits sketches only, and its rows are not aggregated"},
		{"SELECT approx_count_distinct(email, 15) FROM members", clausePrecision, "of a precision of 14 at most"},
		{"SELECT approx_count_distinct(born) FROM members", clauseColumns, "members.born"},
		{"SELECT approx_count_distinct(lower(email)) FROM members", clauseArgument, "sketches of columns as they are"},
		{"SELECT approx_count_distinct(email) FILTER (WHERE born > '1990-01-01') FROM members", clauseAggFilter, "FILTER"},
		{"SELECT email, approx_count_distinct(email) FROM members GROUP BY email", clauseKeys, "groups by this column"},
		{"SELECT approx_count_distinct(email) FROM members WHERE score > 1", clauseFilter, "members.score"},
		{"SELECT approx_count_distinct(email), approx_count_distinct(score) FROM members", clauseDifference, "one aggregate over a table"},
		{"SELECT approx_count_distinct(email), approx_count_distinct(email, 9) FROM members", clauseDifference, "one aggregate over a table"},
		{"SELECT approx_top_k(email, 3) FROM members", clauseKinds, "approx_top_k makes none"},
		{"SELECT approx_count_distinct(e) FROM (SELECT email AS e FROM members UNION ALL SELECT 'x') AS u", clauseArgument, "columns as they are"},
		{"SELECT approx_count_distinct(e) FROM (SELECT email AS e FROM members UNION ALL SELECT email FROM members) AS u", "", ""},
		{"SELECT approx_count_distinct(a.email) FROM members a JOIN members b ON a.cooperative_id = b.cooperative_id", clauseDifference, "one aggregate over a table"},
		{"SELECT name FROM members GROUP BY name", clauseForm, "values or groups would leave without one"},
	} {
		e, _ := sketchEnv(t, w)
		_, _, err := checked(t, w, e, c.sql, false)
		var no *Refusal
		if !errors.As(err, &no) || c.clause != "" && no.Clause != c.clause || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, %+v", c.sql, err, no)
		}
	}
}

// TestSketchKey: under a rule with a key, hashes are keyed and the purpose is stated.
func TestSketchKey(t *testing.T) {
	w := plantest.Housing(t, plantest.Setup{})
	for _, c := range []struct {
		purpose, secret string
		keyed           bool
		says            string
	}{
		{"census", "s", true, ""},
		{"census", "s", false, "this one has none"},
		{"", "s", true, "the query states no purpose"},
		{"census", "", true, "no secrets.pseudonym_key"},
	} {
		for _, sql := range []string{"SELECT approx_count_distinct(email) FROM members", "SELECT hll_sketch(email) FROM members"} {
			e, r := sketchEnv(t, w)
			r.Sketch.Key, e.Purpose = perPurpose, c.purpose
			e.Policy.PseudonymKey = []byte(c.secret)
			_, v, err := checked(t, w, e, sql, c.keyed)
			var no *Refusal
			switch {
			case c.says == "" && (err != nil || !strings.Contains(plan.Tree(v.Changes[0].Root), "hash_keyed(")):
				t.Errorf("%s: %v", sql, err)
			case c.says != "" && (!errors.As(err, &no) || no.Clause != clauseSketchKey || !strings.Contains(no.Text, c.says)):
				t.Errorf("%s: %v", sql, err)
			}
		}
	}
}

// TestSketchBesideAggregates: a rule may permit both, each by its own terms, and a count that it does not permit may be one that it permits to estimate.
func TestSketchBesideAggregates(t *testing.T) {
	w := plantest.Housing(t, plantest.Setup{})
	e, r := sketchEnv(t, w)
	r.Form, r.Aggregate = Aggregate, &AggregateTerms{Functions: []string{"count"}, GroupBy: []string{"name"}, Entity: "member", Min: 5}
	for sql, least := range map[string]int64{"SELECT name, count(*) FROM members GROUP BY name": 5, "SELECT name, approx_count_distinct(email) FROM members GROUP BY name": 11} {
		_, v, err := checked(t, w, e, sql, false)
		if err != nil || v.Crossings[0].Tables[0].Min != least || len(v.Rules) != 1 {
			t.Errorf("%s: %v, %+v", sql, err, v)
		}
	}
	_, _, err := checked(t, w, e, "SELECT name, count(DISTINCT email) FROM members GROUP BY name", false)
	var no *Refusal
	if !errors.As(err, &no) || !strings.Contains(no.Hint, "--approx") || !strings.Contains(no.Hint, "approx_count_distinct(email)") {
		t.Errorf("%v, %+v", err, no)
	}
	if _, _, err = checked(t, w, e, "SELECT name, count(*), approx_count_distinct(email) FROM members GROUP BY name", false); err == nil {
		t.Error("an aggregate and a sketch of one table are permitted in one query")
	}
}

// TestSketchWarnings: terms under which no sketch leaves.
func TestSketchWarnings(t *testing.T) {
	const columns = "  columns: [amount, currency, paid_on]\n"
	for _, c := range []struct{ old, new, warning string }{
		{`secrets: {pseudonym_key: "${KEY}"}` + "\n", "", "no sketch leaves: key: per_purpose needs a secret"},
		{columns, "", "no sketch leaves: rules[0].sketch is of no column"},
	} {
		text := strings.Replace(base, c.old, c.new, 1)
		text = strings.Replace(text, "- {id: tokens, effect: allow, from: [EU], to: [BR], tables: [members], columns: [id], plain_columns: [country], form: pseudonym}\n", "", 1)
		p, err := parse(text)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, w := range p.Warnings(today) {
			found = found || strings.Contains(w.Text, c.warning)
		}
		if !found {
			t.Errorf("%q: %v", c.warning, p.Warnings(today))
		}
		if c.old == columns && p.PerPurpose("payments") {
			t.Error("a rule without columns permits sketches")
		}
	}
	if _, err := parse(strings.Replace(strings.Replace(base, `secrets: {pseudonym_key: "${KEY}"}`+"\n", "", 1), "[hll], entity: member", "[hll], key: per_purpose, entity: member", 1)); err == nil ||
		!strings.Contains(err.Error(), "key: per_purpose needs a secret") {
		t.Errorf("a rule of sketches alone: %v", err)
	}
}
