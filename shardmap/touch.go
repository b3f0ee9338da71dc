package shardmap

// MayTouch reports whether a row of a table whose key meets the constraints, one for each column of the key, may be one of the move's. It errs on the
// side of yes.
func (m *Move) MayTouch(t *Table, key []Constraint) bool {
	if len(key) != len(t.key) || len(key) == 0 {
		return true
	}
	switch low, high, interval := m.Interval(); {
	case len(m.values) > 0:
		for _, v := range m.values {
			if key[0].Contains(v) {
				return true
			}
		}
		return false
	case interval:
		return !key[0].Intersect(Range(low, true, high, false)).IsNone()
	}
	return m.touchesOne(t, key)
}

// touchesOne tries the keys that meet the constraints, if they are not too many.
func (m *Move) touchesOne(t *Table, key []Constraint) bool {
	columns, combinations := make([][]Value, len(key)), 1
	for i, c := range key {
		points, ok := c.points()
		if !ok || combinations*len(points) > maxCombinations {
			return true
		}
		columns[i], combinations = points, combinations*len(points)
	}
	tuple := make([]Value, len(key))
	for n := range combinations {
		rest := n
		for i, points := range columns {
			tuple[i], rest = points[rest%len(points)], rest/len(points)
		}
		if m.Contains(t, tuple) {
			return true
		}
	}
	return false
}
