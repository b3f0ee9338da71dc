package plan

import "testing"

var (
	colA = &Col{Column{ID: 1, Name: "a", Type: T(Int4)}}
	colB = &Col{Column{ID: 2, Name: "b", Type: T(Bool)}}
	one  = &Const{Text: "1", T: T(Int4)}
)

// exprs is one of every kind of expression, with its text.
var exprs = []struct {
	e    Expr
	want string
}{
	{colA, "a#1"},
	{one, "'1'::integer"},
	{&Const{Text: "o'clock", T: T(Text)}, "'o''clock'::text"},
	{&Const{Null: true, T: T(Int4)}, "NULL::integer"},
	{&Param{N: 3, T: T(Date)}, "$3::date"},
	{&Call{Fn: "+", Args: []Expr{colA, one}, T: T(Int4)}, "+(a#1, '1'::integer)"},
	{&Cast{X: colA, To: T(Int8)}, "cast(a#1 as bigint)"},
	{&Cast{X: colA, To: NumericType(5, 2), Mod: []int{5, 2}}, "cast(a#1 as numeric(5,2)[5 2])"},
	{&And{[]Expr{colB, &Not{colB}}}, "(b#2 AND NOT b#2)"},
	{&Or{[]Expr{colB, &IsNull{X: colA, Not: true}}}, "(b#2 OR a#1 IS NOT NULL)"},
	{&IsBool{X: colB, Value: true}, "b#2 IS TRUE"},
	{&IsBool{X: colB, Not: true}, "b#2 IS NOT FALSE"},
	{&In{X: colA, List: []Expr{one, one}, Not: true}, "a#1 NOT IN ('1'::integer, '1'::integer)"},
	{&Case{Whens: []When{{colB, one}}, Else: colA, T: T(Int4)}, "CASE WHEN b#2 THEN '1'::integer ELSE a#1 END"},
	{&Case{Whens: []When{{colB, one}}, T: T(Int4)}, "CASE WHEN b#2 THEN '1'::integer END"},
}

// TestExpressions: every kind prints, keeps itself under a mapping that changes nothing, and takes new columns.
func TestExpressions(t *testing.T) {
	seen := map[string]bool{}
	for _, tt := range exprs {
		if got := Format(tt.e); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
		if seen[tt.want] {
			t.Errorf("two expressions print as %s", tt.want)
		}
		seen[tt.want] = true
		if got := Map(tt.e, func(x Expr) Expr { return x }); got != tt.e {
			t.Errorf("%s: a mapping that does nothing made a new expression", tt.want)
		}
		subst := Substitute(tt.e, map[int]Expr{1: one})
		read := map[int]bool{}
		if ColumnsOf(subst, read); read[1] {
			t.Errorf("%s: column 1 is still read after its substitution: %s", tt.want, Format(subst))
		}
		if subst.Type() != tt.e.Type() {
			t.Errorf("%s: the type changed with a column of the same type", tt.want)
		}
		if got := Format(tt.e); got != tt.want {
			t.Errorf("the substitution changed its input to %s", got)
		}
	}
}

func TestConjuncts(t *testing.T) {
	nested := &And{[]Expr{colB, &And{[]Expr{&Not{colB}, colB}}}}
	list := Conjuncts(nested)
	if len(list) != 3 || Format(Conjunction(list)) != "(b#2 AND NOT b#2 AND b#2)" {
		t.Errorf("got %v", Format(Conjunction(list)))
	}
	if Conjuncts(nil) != nil || Conjunction(nil) != nil || Conjunction(list[:1]) != Expr(colB) {
		t.Error("none and one are not kept")
	}
}

func TestFormatAgg(t *testing.T) {
	tests := []struct {
		agg  Agg
		want string
	}{
		{Agg{Fn: "count", Star: true}, "count(*)"},
		{Agg{Fn: "count", Args: []Expr{colA}, Distinct: true}, "count(DISTINCT(a#1))"},
		{Agg{Fn: "sum", Args: []Expr{colA}, Filter: colB}, "sum(a#1) FILTER b#2"},
	}
	for _, tt := range tests {
		if got := FormatAgg(tt.agg); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}
