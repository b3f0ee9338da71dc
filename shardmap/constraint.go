package shardmap

import (
	"slices"
	"strings"
)

// Constraint is what a predicate says about one key column: the value lies in a union of points and
// intervals, and is not NULL. It is immutable. The zero Constraint is [All]: nothing is known, and the
// column may be NULL.
type Constraint struct {
	known bool
	kind  ValueKind // of the spans; NoValue without spans
	spans []span    // ascending, disjoint
}

// All is the constraint that says nothing.
func All() Constraint { return Constraint{} }

// None is the constraint that no value meets: a contradiction.
func None() Constraint { return Constraint{known: true} }

// NotNull allows every value of a kind, but not NULL.
func NotNull(kind ValueKind) Constraint {
	return Constraint{known: true, kind: kind, spans: []span{{}}}
}

// In allows the listed values only. Values of different kinds say nothing together: the result is then
// All. The zero Value in the list stands for NULL, which equals nothing, and is left out.
func In(values ...Value) Constraint {
	kind := NoValue
	for i := range values {
		switch v := &values[i]; {
		case v.kind == NoValue:
		case kind == NoValue:
			kind = v.kind
		case v.kind != kind:
			return All()
		}
	}
	switch kind {
	case NoValue:
		return None()
	case TextValue, UUIDValue:
		return inValues(kind, values)
	}
	return inNumbers(kind, values)
}

// inValues is In for values of one kind, and NULLs.
func inValues(kind ValueKind, values []Value) Constraint {
	values = slices.DeleteFunc(slices.Clone(values), func(v Value) bool { return v.kind == NoValue })
	slices.SortFunc(values, Compare)
	values = slices.Compact(values)
	c := Constraint{known: true, kind: kind, spans: make([]span, len(values))}
	for i, v := range values {
		c.spans[i] = span{lo: v, hi: v, loIncl: true, hiIncl: true}
	}
	return c
}

// inNumbers is inValues for kinds that are one number, which sort faster on their own.
func inNumbers(kind ValueKind, values []Value) Constraint {
	numbers := make([]int64, 0, len(values))
	for i := range values {
		if values[i].kind != NoValue {
			numbers = append(numbers, values[i].n)
		}
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	c := Constraint{known: true, kind: kind, spans: make([]span, len(numbers))}
	for i, n := range numbers {
		s := &c.spans[i]
		s.lo.kind, s.lo.n, s.loIncl = kind, n, true
		s.hi.kind, s.hi.n, s.hiIncl = kind, n, true
	}
	return c
}

// Range allows the values between two bounds, each inclusive or not. The zero Value leaves a side open;
// two zero Values, or bounds of different kinds, give All.
func Range(lo Value, loIncl bool, hi Value, hiIncl bool) Constraint {
	s := span{lo: lo, hi: hi, loIncl: loIncl, hiIncl: hiIncl}
	if s.kind() == NoValue || lo.kind != NoValue && hi.kind != NoValue && lo.kind != hi.kind {
		return All()
	}
	return union(s.kind(), []span{s})
}

// IsAll reports whether the constraint says nothing.
func (c Constraint) IsAll() bool { return !c.known }

// IsNone reports whether no value can meet the constraint.
func (c Constraint) IsNone() bool { return c.known && len(c.spans) == 0 }

// Kind returns the kind of values the constraint speaks of; NoValue for All and None.
func (c Constraint) Kind() ValueKind { return c.kind }

// Contains reports whether a value meets the constraint. A constraint over another kind excludes nothing.
func (c Constraint) Contains(v Value) bool {
	if !c.known || len(c.spans) > 0 && c.kind != v.kind {
		return true
	}
	return slices.ContainsFunc(c.spans, func(s span) bool { return s.contains(v) })
}

// Union allows what either side allows (OR). Kinds that differ give All.
func (c Constraint) Union(d Constraint) Constraint {
	switch {
	case !c.known || !d.known:
		return All()
	case len(c.spans) == 0:
		return d
	case len(d.spans) == 0:
		return c
	case c.kind != d.kind:
		return All()
	}
	return union(c.kind, slices.Concat(c.spans, d.spans))
}

// Intersect allows what both sides allow (AND). Of kinds that differ the left side is kept, which is a
// superset of both.
func (c Constraint) Intersect(d Constraint) Constraint {
	switch {
	case !c.known:
		return d
	case !d.known || len(c.spans) == 0:
		return c
	case len(d.spans) == 0:
		return d
	case c.kind != d.kind:
		return c
	}
	var out []span
	for i, j := 0, 0; i < len(c.spans) && j < len(d.spans); {
		a, b := c.spans[i], d.spans[j]
		out = append(out, a.intersect(b))
		if compareHi(a, b) < 0 {
			i++
		} else {
			j++
		}
	}
	return union(c.kind, out)
}

// String shows the constraint in mathematical notation, for tests and EXPLAIN.
func (c Constraint) String() string {
	if !c.known {
		return "all"
	}
	if len(c.spans) == 0 {
		return "none"
	}
	parts := make([]string, len(c.spans))
	for i, s := range c.spans {
		parts[i] = s.String()
	}
	return strings.Join(parts, " ∪ ")
}

// points lists the values of the constraint if it has points and short intervals only.
func (c Constraint) points() ([]Value, bool) {
	if !c.known {
		return nil, false
	}
	out := make([]Value, 0, len(c.spans))
	for _, s := range c.spans {
		n := s.size()
		if n < 0 || n > maxEnumerated {
			return nil, false
		}
		if n == 1 {
			out = append(out, s.lo)
			continue
		}
		for i := range n {
			v := s.lo
			v.n += i
			out = append(out, v)
		}
	}
	return out, true
}

// maxEnumerated bounds the values of an interval that are tried one by one.
const maxEnumerated = 64
