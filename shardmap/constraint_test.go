package shardmap

import (
	"math"
	"math/rand/v2"
	"testing"
)

func ints(n ...int64) []Value {
	out := make([]Value, len(n))
	for i, v := range n {
		out[i] = Int(v)
	}
	return out
}

func TestConstraintNotation(t *testing.T) {
	open := Value{}
	for _, c := range []struct {
		name string
		got  Constraint
		want string
	}{
		{"zero", Constraint{}, "all"},
		{"none", None(), "none"},
		{"points", In(ints(3, 1, 2, 1)...), "{1} ∪ {2} ∪ {3}"},
		{"null in list", In(Int(1), Value{}), "{1}"},
		{"only null", In(Value{}), "none"},
		{"mixed kinds", In(Int(1), Text("1")), "all"},
		{"open integer interval", Range(Int(1), false, Int(4), false), "[2, 3]"},
		{"text keeps its bounds", Range(Text("a"), false, Text("b"), true), "(a, b]"},
		{"at least", Range(Int(1), true, open, false), "[1, +∞)"},
		{"below", Range(open, false, Text("m"), false), "(-∞, m)"},
		{"no bounds", Range(open, false, open, false), "all"},
		{"bounds of two kinds", Range(Int(1), true, Text("b"), true), "all"},
		{"reversed", Range(Int(5), true, Int(4), true), "none"},
		{"beyond the last", Range(Int(math.MaxInt64), false, open, false), "none"},
		{"below the first", Range(open, false, Int(math.MinInt64), false), "none"},
		{"between neighbours", Range(Int(1), false, Int(2), false), "none"},
		{"and", Range(Int(1), true, Int(10), true).Intersect(In(ints(0, 5, 11)...)), "{5}"},
		{"and contradiction", In(Int(1)).Intersect(In(Int(2))), "none"},
		{"and of two kinds keeps one", In(Int(1)).Intersect(In(Text("a"))), "{1}"},
		{"and all", All().Intersect(In(Int(1))), "{1}"},
		{"or", In(Int(1)).Union(Range(Int(0), true, Int(3), true)), "[0, 3]"},
		{"or all", In(Int(1)).Union(All()), "all"},
		{"or none", None().Union(In(Int(1))), "{1}"},
		{"or of two kinds", In(Int(1)).Union(In(Text("a"))), "all"},
		{"touching text", Range(Text("a"), true, Text("b"), false).Union(Range(Text("b"), true, Text("c"), true)), "[a, c]"},
		{"hole in text", Range(Text("a"), true, Text("b"), false).Union(Range(Text("b"), false, Text("c"), true)), "[a, b) ∪ (b, c]"},
		{"not null", NotNull(IntValue), "(-∞, +∞)"},
		{"not null and points", NotNull(IntValue).Intersect(In(Int(1))), "{1}"},
		{"not null or points", In(Int(1)).Union(NotNull(IntValue)), "(-∞, +∞)"},
		{"all and not null", All().Intersect(NotNull(IntValue)), "(-∞, +∞)"},
		{"complement", Range(open, false, Int(5), false).Union(Range(Int(5), false, open, false)), "(-∞, 4] ∪ [6, +∞)"},
	} {
		if got := c.got.String(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// randomConstraint builds a tree of operations, and the predicate it stands for.
func randomConstraint(r *rand.Rand, value func() Value, depth int) (Constraint, func(Value) bool) {
	if depth > 0 && r.IntN(3) > 0 {
		a, inA := randomConstraint(r, value, depth-1)
		b, inB := randomConstraint(r, value, depth-1)
		if r.IntN(2) == 0 {
			return a.Union(b), func(v Value) bool { return inA(v) || inB(v) }
		}
		return a.Intersect(b), func(v Value) bool { return inA(v) && inB(v) }
	}
	switch r.IntN(5) {
	case 0:
		return All(), func(Value) bool { return true }
	case 1:
		a, b := value(), value()
		return In(a, b), func(v Value) bool { return v == a || v == b }
	case 2:
		a, incl := value(), r.IntN(2) == 0
		return Range(a, incl, Value{}, false), func(v Value) bool { return Compare(v, a) > 0 || incl && v == a }
	case 3:
		a, incl := value(), r.IntN(2) == 0
		return Range(Value{}, false, a, incl), func(v Value) bool { return Compare(v, a) < 0 || incl && v == a }
	}
	a, b, li, hi := value(), value(), r.IntN(2) == 0, r.IntN(2) == 0
	return Range(a, li, b, hi), func(v Value) bool {
		return (Compare(v, a) > 0 || li && v == a) && (Compare(v, b) < 0 || hi && v == b)
	}
}

func TestConstraintAgreesWithPredicate(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	domains := map[string]func() Value{
		"int":  func() Value { return Int(int64(r.IntN(12))) },
		"text": func() Value { return Text([]string{"", "a", "aa", "b", "c"}[r.IntN(5)]) },
		"date": func() Value { return Date(int32(r.IntN(8))) },
	}
	for name, value := range domains {
		for range 4000 {
			c, in := randomConstraint(r, value, 4)
			for range 8 {
				if v := value(); c.Contains(v) != in(v) {
					t.Fatalf("%s: %s contains %v = %v", name, c, v, !in(v))
				}
			}
		}
	}
}
