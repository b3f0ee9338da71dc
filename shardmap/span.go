package shardmap

import (
	"math"
	"slices"
)

// span is an interval; a bound without a value is open to that side. Discrete kinds always have
// inclusive bounds, so that equal sets look equal.
type span struct {
	lo, hi         Value
	loIncl, hiIncl bool
}

func (s span) kind() ValueKind {
	if s.lo.kind != NoValue {
		return s.lo.kind
	}
	return s.hi.kind
}

// size counts the span's values, or returns -1 if they cannot be enumerated.
func (s span) size() int64 {
	if s.lo.kind == NoValue || s.hi.kind == NoValue {
		return -1
	}
	if s.lo == s.hi {
		return 1
	}
	if d := uint64(s.hi.n) - uint64(s.lo.n); s.kind().discrete() && d < maxEnumerated {
		return int64(d) + 1
	}
	return -1
}

func (s span) contains(v Value) bool {
	if s.lo.kind != NoValue {
		if d := Compare(v, s.lo); d < 0 || d == 0 && !s.loIncl {
			return false
		}
	}
	if s.hi.kind != NoValue {
		if d := Compare(v, s.hi); d > 0 || d == 0 && !s.hiIncl {
			return false
		}
	}
	return true
}

func (s span) intersect(o span) span {
	out := s
	if compareLo(o, s) > 0 {
		out.lo, out.loIncl = o.lo, o.loIncl
	}
	if compareHi(o, s) < 0 {
		out.hi, out.hiIncl = o.hi, o.hiIncl
	}
	return out
}

func (s span) empty() bool {
	if s.lo.kind == NoValue || s.hi.kind == NoValue {
		return false
	}
	d := Compare(s.lo, s.hi)
	return d > 0 || d == 0 && !(s.loIncl && s.hiIncl)
}

// closed turns the exclusive bounds of a discrete kind into inclusive ones; false if nothing is left.
func (s span) closed() (span, bool) {
	if s.kind().discrete() {
		if s.lo.kind != NoValue && !s.loIncl {
			if s.lo.n == math.MaxInt64 {
				return s, false
			}
			s.lo.n, s.loIncl = s.lo.n+1, true
		}
		if s.hi.kind != NoValue && !s.hiIncl {
			if s.hi.n == math.MinInt64 {
				return s, false
			}
			s.hi.n, s.hiIncl = s.hi.n-1, true
		}
	}
	return s, !s.empty()
}

func (s span) String() string {
	if s.lo == s.hi && s.lo.kind != NoValue {
		return "{" + s.lo.String() + "}"
	}
	left, right := "(-∞", "+∞)"
	if s.lo.kind != NoValue {
		left = "(" + s.lo.String()
		if s.loIncl {
			left = "[" + s.lo.String()
		}
	}
	if s.hi.kind != NoValue {
		right = s.hi.String() + ")"
		if s.hiIncl {
			right = s.hi.String() + "]"
		}
	}
	return left + ", " + right
}

// compareLo orders spans by where they begin.
func compareLo(a, b span) int {
	if a.lo.kind == NoValue || b.lo.kind == NoValue {
		return boolInt(a.lo.kind != NoValue) - boolInt(b.lo.kind != NoValue)
	}
	if d := Compare(a.lo, b.lo); d != 0 {
		return d
	}
	return boolInt(b.loIncl) - boolInt(a.loIncl)
}

// compareHi orders spans by where they end.
func compareHi(a, b span) int {
	if a.hi.kind == NoValue || b.hi.kind == NoValue {
		return boolInt(a.hi.kind == NoValue) - boolInt(b.hi.kind == NoValue)
	}
	if d := Compare(a.hi, b.hi); d != 0 {
		return d
	}
	return boolInt(a.hiIncl) - boolInt(b.hiIncl)
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// union sorts spans of one kind (a span open to both sides does not tell which), drops empty ones and joins those that overlap. Neighbouring integers stay
// apart: a long list of points must not become an interval too wide to enumerate.
func union(kind ValueKind, spans []span) Constraint {
	c := Constraint{known: true, spans: make([]span, 0, len(spans))}
	for _, s := range spans {
		if s, ok := s.closed(); ok {
			c.spans = append(c.spans, s)
			c.kind = kind
		}
	}
	slices.SortFunc(c.spans, compareLo)
	n := 0
	for _, s := range c.spans {
		if n > 0 && c.spans[n-1].meets(s) {
			if last := &c.spans[n-1]; compareHi(s, *last) > 0 {
				last.hi, last.hiIncl = s.hi, s.hiIncl
			}
			continue
		}
		c.spans[n] = s
		n++
	}
	c.spans = c.spans[:n]
	return c
}

// meets reports whether o, which begins no earlier, leaves no value between itself and s.
func (s span) meets(o span) bool {
	if s.hi.kind == NoValue || o.lo.kind == NoValue {
		return true
	}
	d := Compare(o.lo, s.hi)
	return d < 0 || d == 0 && (s.hiIncl || o.loIncl)
}
