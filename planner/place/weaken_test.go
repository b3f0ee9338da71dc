package place

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/planner/plan"
)

var (
	weakA = &plan.Col{Column: plan.Column{ID: 1, Name: "a", Type: plan.T(plan.Int4)}}
	weakB = &plan.Col{Column: plan.Column{ID: 2, Name: "b", Type: plan.T(plan.Int4)}}
	weakT = &plan.Col{Column: plan.Column{ID: 3, Name: "t", Type: plan.T(plan.Text)}}
)

func weakInt(n int) plan.Expr     { return &plan.Const{Text: strconv.Itoa(n), T: plan.T(plan.Int4)} }
func weakText(s string) plan.Expr { return &plan.Const{Text: s, T: plan.T(plan.Text)} }

func weakCall(fn string, args ...plan.Expr) plan.Expr {
	t := plan.T(plan.Bool)
	if fn == "f" || fn == "coalesce" {
		t = plan.T(plan.Int4)
	}
	return &plan.Call{Fn: fn, Args: args, T: t}
}

// weakUnfit is a dialect without f and coalesce, _ in patterns, ILIKE of letters, and lists of three.
func weakUnfit(e plan.Expr) bool {
	ok := true
	plan.Walk(e, func(x plan.Expr) bool {
		switch x := x.(type) {
		case *plan.In:
			ok = ok && len(x.List) < 3
		case *plan.Call:
			ok = ok && x.Fn != "f" && x.Fn != "coalesce" && x.Fn != "ilike"
			if x.Fn == "like" {
				c, is := x.Args[1].(*plan.Const)
				ok = ok && is && !strings.Contains(strings.ReplaceAll(c.Text, `\_`, ""), "_")
			}
		}
		return true
	})
	return ok
}

func TestWeaken(t *testing.T) {
	not := func(x plan.Expr) plan.Expr { return &plan.Not{X: x} }
	and := func(x ...plan.Expr) plan.Expr { return &plan.And{Args: x} }
	or := func(x ...plan.Expr) plan.Expr { return &plan.Or{Args: x} }
	is := func(x plan.Expr, v, not bool) plan.Expr { return &plan.IsBool{X: x, Value: v, Not: not} }
	in := func(not bool, list ...plan.Expr) plan.Expr { return &plan.In{X: weakA, List: list, Not: not} }
	fa1, a1, b2 := weakCall("=", weakCall("f", weakA), weakInt(1)), weakCall("=", weakA, weakInt(1)), weakCall("=", weakB, weakInt(2))
	like := func(p string, more ...plan.Expr) plan.Expr {
		return weakCall("like", append([]plan.Expr{weakT, weakText(p)}, more...)...)
	}
	for name, c := range map[string]struct {
		from plan.Expr
		want string
	}{
		"fits":                    {a1, "=(a#1, '1'::integer)"},
		"and drops":               {and(a1, weakCall("=", weakCall("coalesce", weakA, weakB), weakInt(1))), "=(a#1, '1'::integer)"},
		"strict":                  {fa1, "a#1 IS NOT NULL"},
		"strict, negated":         {not(fa1), "a#1 IS NOT NULL"},
		"not strict":              {weakCall("=", weakCall("coalesce", weakA, weakInt(0)), weakInt(1)), ""},
		"two columns":             {weakCall("=", weakCall("f", weakA), weakB), ""},
		"never null":              {weakCall("=", weakCall("f", weakB), weakInt(1)), ""},
		"or":                      {or(like("a_"), b2), "(like(t#3, 'a%'::text) OR =(b#2, '2'::integer))"},
		"or with an arm of all":   {or(fa1, b2), ""},
		"or of ands":              {or(and(fa1, a1), b2), "(=(a#1, '1'::integer) OR =(b#2, '2'::integer))"},
		"not or":                  {not(or(fa1, b2)), "NOT =(b#2, '2'::integer)"},
		"not and":                 {not(and(not(like("_b")), b2)), "(like(t#3, '%b'::text) OR NOT =(b#2, '2'::integer))"},
		"not like":                {not(like("a_")), "t#3 IS NOT NULL"},
		"is true":                 {is(like("a_"), true, false), "like(t#3, 'a%'::text)"},
		"is false":                {is(not(like("a_")), false, false), "like(t#3, 'a%'::text)"},
		"is not false":            {is(like("a_"), false, true), ""},
		"like":                    {like("a_%_b"), "like(t#3, 'a%b'::text)"},
		"like, escaped":           {like(`a\__\%`), `like(t#3, 'a\_%\%'::text)`},
		"like, other escape":      {like(`a!__\`, weakText("!")), `like(t#3, 'a\_%\\'::text)`},
		"like, no escape":         {like(`a_\`, weakText("")), `like(t#3, 'a%\\'::text)`},
		"like, escape is _":       {like(`a__b`, weakText("_")), `like(t#3, 'a\_b'::text)`},
		"like, ends in an escape": {like(`a_\`), `t#3 IS NOT NULL`},
		"like, all":               {like(`__`), `t#3 IS NOT NULL`},
		"like, computed":          {weakCall("like", weakT, weakCall("f", weakT)), "t#3 IS NOT NULL"},
		"ilike":                   {weakCall("ilike", weakT, weakText("A_2024-ü_%")), "like(t#3, '%2024-ü%'::text)"},
		"ilike, letters":          {weakCall("ilike", weakT, weakText("abc")), "t#3 IS NOT NULL"},
		"list": {in(false, weakInt(7), weakInt(10), &plan.Const{Null: true, T: plan.T(plan.Int4)}, weakInt(-3)),
			"(>=(a#1, '-3'::integer) AND <=(a#1, '10'::integer))"},
		"list, computed": {in(false, weakInt(7), weakB, weakInt(1)), ""},
		"list, negated":  {in(true, weakInt(7), weakInt(8), weakInt(9)), "a#1 IS NOT NULL"},
	} {
		w := weakener{fits: weakUnfit, nullable: func(id int) bool { return id != 2 }}
		got := ""
		if x := w.weaken(c.from); x != nil {
			got = plan.Format(x)
		}
		if got != c.want {
			t.Errorf("%s: %s becomes %q, want %q", name, plan.Format(c.from), got, c.want)
		}
	}
}

// TestWeakenedIsImplied: whatever a dialect may lack, no row for which a condition is true is lost by what it becomes.
func TestWeakenedIsImplied(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 5))
	weakened := 0
	for range 20000 {
		g := weakGen{rng}
		e, salt, share := g.cond(4), rng.Uint32(), rng.Uint32N(10)
		w := weakener{
			fits: func(x plan.Expr) bool {
				h := fnv.New32a()
				fmt.Fprint(h, salt, plan.Format(x))
				return h.Sum32()%10 < share
			},
			nullable: func(int) bool { return true },
		}
		x := w.weaken(e)
		if x == nil {
			continue
		}
		weakened++
		for range 30 {
			r := g.row()
			if r.eval(e) == true && r.eval(x) != true {
				t.Fatalf("a row %v fulfils\n%s\nbut not\n%s", r, plan.Format(e), plan.Format(x))
			}
		}
	}
	if weakened < 1000 {
		t.Errorf("only %d conditions were weakened", weakened)
	}
}

type weakGen struct{ *rand.Rand }

func (g weakGen) row() weakRow {
	r := weakRow{}
	for id := 1; id <= 2; id++ {
		if g.IntN(5) > 0 {
			r[id] = g.IntN(6)
		}
	}
	if g.IntN(5) > 0 {
		r[3] = g.word("aAb_%")
	}
	return r
}

func (g weakGen) word(letters string) string {
	s := ""
	for range g.IntN(4) {
		s += string(letters[g.IntN(len(letters))])
	}
	return s
}

func (g weakGen) number() plan.Expr {
	switch g.IntN(6) {
	case 0:
		return weakCall("f", weakA)
	case 1:
		return weakCall("coalesce", weakA, weakB)
	case 2:
		return weakB
	case 3:
		return &plan.Const{Null: true, T: plan.T(plan.Int4)}
	}
	return weakA
}

func (g weakGen) cond(depth int) plan.Expr {
	kind := g.IntN(10)
	if depth == 0 {
		kind = 5 + g.IntN(5)
	}
	some := func() []plan.Expr { return []plan.Expr{g.cond(depth - 1), g.cond(depth - 1)} }
	flip := g.IntN(2) == 0
	switch kind {
	case 0, 1:
		return &plan.And{Args: some()}
	case 2:
		return &plan.Or{Args: some()}
	case 3:
		return &plan.Not{X: g.cond(depth - 1)}
	case 4:
		return &plan.IsBool{X: g.cond(depth - 1), Value: flip, Not: g.IntN(2) == 0}
	case 5:
		return &plan.IsNull{X: g.number(), Not: flip}
	case 6:
		return &plan.In{X: g.number(), Not: flip, List: []plan.Expr{weakInt(g.IntN(6)), g.number(), weakInt(g.IntN(6))}}
	case 7, 8:
		args := []plan.Expr{weakT, weakText(g.word(`aAb_%`))}
		if flip {
			args = append(args, weakText("b"))
			args[1] = weakText(g.word("a_%") + "b_")
		}
		return weakCall([]string{"like", "ilike"}[g.IntN(2)], args...)
	}
	return weakCall([]string{"=", "<", "is_distinct", "<>", ">="}[g.IntN(5)], g.number(), weakInt(g.IntN(6)))
}

// weakRow holds the columns' values by ID; one that it has not is NULL.
type weakRow map[int]any

// eval computes in SQL's logic; nil is NULL.
func (r weakRow) eval(e plan.Expr) any {
	switch e := e.(type) {
	case *plan.Col:
		return r[e.Column.ID]
	case *plan.Const:
		if e.Null {
			return nil
		}
		if n, err := strconv.Atoi(e.Text); err == nil && e.T.Kind == plan.Int4 {
			return n
		}
		return e.Text
	case *plan.And:
		return r.logic(e.Args, false)
	case *plan.Or:
		return r.logic(e.Args, true)
	case *plan.Not:
		if v := r.eval(e.X); v != nil {
			return !v.(bool)
		}
		return nil
	case *plan.IsNull:
		return (r.eval(e.X) == nil) != e.Not
	case *plan.IsBool:
		return (r.eval(e.X) == e.Value) != e.Not
	case *plan.In:
		var arms []plan.Expr
		for _, x := range e.List {
			arms = append(arms, weakCall("=", e.X, x))
		}
		if e.Not {
			return r.eval(&plan.Not{X: &plan.Or{Args: arms}})
		}
		return r.logic(arms, true)
	case *plan.Call:
		return r.call(e)
	}
	panic("unknown expression")
}

// logic is OR for end true, AND for end false.
func (r weakRow) logic(args []plan.Expr, end bool) any {
	var out any = !end
	for _, a := range args {
		switch r.eval(a) {
		case end:
			return end
		case nil:
			out = nil
		}
	}
	return out
}

func (r weakRow) call(e *plan.Call) any {
	args := make([]any, len(e.Args))
	null := false
	for i, a := range e.Args {
		args[i] = r.eval(a)
		null = null || args[i] == nil
	}
	switch {
	case e.Fn == "coalesce" && args[0] == nil:
		return args[1]
	case e.Fn == "coalesce":
		return args[0]
	case e.Fn == "is_distinct":
		return args[0] != args[1]
	case e.Fn == "is_not_distinct":
		return args[0] == args[1]
	case null:
		return nil
	}
	switch e.Fn {
	case "f":
		return args[0].(int)*7%5 + 1
	case "=":
		return args[0] == args[1]
	case "<>":
		return args[0] != args[1]
	case "<":
		return args[0].(int) < args[1].(int)
	case "<=":
		return args[0].(int) <= args[1].(int)
	case ">=":
		return args[0].(int) >= args[1].(int)
	case ">":
		return args[0].(int) > args[1].(int)
	}
	return matchPattern(args, e.Fn == "ilike")
}

// matchPattern is LIKE by way of a regular expression.
func matchPattern(args []any, fold bool) any {
	escape := '\\'
	if len(args) > 2 {
		escape = rune(args[2].(string)[0])
	}
	re, escaped := "(?s)^", false
	if fold {
		re = "(?si)^"
	}
	for _, c := range args[1].(string) {
		switch {
		case c == escape && !escaped:
			escaped = true
			continue
		case c == '%' && !escaped:
			re += ".*"
		case c == '_' && !escaped:
			re += "."
		default:
			re += regexp.QuoteMeta(string(c))
		}
		escaped = false
	}
	return regexp.MustCompile(re + "$").MatchString(args[0].(string))
}
