package scalar

import "unicode/utf8"

// regex is a compiled regular expression of PostgreSQL, under the C collation. It is not for several goroutines at once.
//
// A match begins as early as possible. Of those that begin there it is the longest or the shortest as a whole, as the first
// quantifier that prefers one says; only then are the groups placed within it, each part as long or as short as the
// rest allows, from left to right.
type regex struct {
	root     *reNode
	groups   int
	search   *automaton // tells whether there is a match
	automata map[*reNode]*automaton
	text     string
	found    []int // begin and end of the match and of each group, -1 for one that took no part
	err      error
}

func compileRegex(pattern string, opts reOptions) (*regex, error) {
	root, groups, err := parseRegex(pattern, opts)
	if err != nil {
		return nil, err
	}
	r := &regex{root: root, groups: groups, automata: map[*reNode]*automaton{}, found: make([]int, 2*groups+2)}
	r.search, err = newAutomaton(root)
	return r, err
}

// RegexSupported returns the error, of type *Error and SQLSTATE 0A000, for a pattern or options that PostgreSQL may accept and
// the kernels of this package do not; nil for all others, also for those that are no regular expressions.
func RegexSupported(pattern, flags string) error {
	opts, err := regexOptions(flags, true)
	if err == nil {
		_, err = compileRegex(pattern, opts)
	}
	if err == errRegexFeature || err == errRegexSize {
		return err
	}
	return nil
}

func (r *regex) matches(s string) bool { return r.search.finds(s, 0) }

// automaton returns the automaton of a part, compiled when it is first asked for.
func (r *regex) automaton(n *reNode) *automaton {
	if a := r.automata[n]; a != nil {
		return a
	}
	a, err := newAutomaton(n)
	if err != nil { // the parts are no larger than the whole
		r.err = err
		a = r.search
	}
	r.automata[n] = a
	return a
}

// find looks for the first match at from or later and leaves it, with its groups if they are wanted, in r.found.
func (r *regex) find(s string, from int, groups bool) (bool, error) {
	if from > len(s) || !r.search.finds(s, from) {
		return false, nil
	}
	a := r.automaton(r.root)
	for at := from; at <= len(s); {
		var end int
		if r.root.pref == shorter {
			end = a.shortest(s, at, at, len(s))
		} else {
			end = a.longest(s, at, len(s))
		}
		if end >= 0 {
			for i := range r.found {
				r.found[i] = -1
			}
			r.found[0], r.found[1], r.text = at, end, s
			if groups && r.groups > 0 && !r.place(r.root, at, end) {
				return false, errRegexFeature
			}
			return true, r.err
		}
		if at == len(s) {
			break
		}
		_, n := utf8.DecodeRuneInString(s[at:])
		at += n
	}
	return false, r.err
}

// exactly reports whether n matches all of [begin, end).
func (r *regex) exactly(n *reNode, begin, end int) bool {
	return r.automaton(n).shortest(r.text, begin, end, end) == end
}

// place finds the groups of n, which matches all of [begin, end).
func (r *regex) place(n *reNode, begin, end int) bool {
	if !n.captures {
		return true
	}
	switch n.op {
	case reCapture:
		r.found[2*n.group], r.found[2*n.group+1] = begin, end
		return r.place(n.sub[0], begin, end)
	case reAlt:
		for _, b := range n.sub {
			if r.exactly(b, begin, end) {
				return r.place(b, begin, end)
			}
		}
		return false
	case reConcat:
		if len(n.sub) == 1 {
			return r.place(n.sub[0], begin, end)
		}
		return r.placeBoth(n.sub[0], n.sub[1], begin, end)
	case reRepeat:
		return r.placeRepeat(n, begin, end)
	}
	return false
}

// placeBoth divides [begin, end) between two parts, as the first of them prefers.
func (r *regex) placeBoth(left, right *reNode, begin, end int) bool {
	for mid := r.preferred(left, begin, begin, end, left.pref, -1); mid >= 0; mid = r.preferred(left, begin, begin, end, left.pref, mid) {
		if r.exactly(right, mid, end) {
			return r.place(left, begin, mid) && r.place(right, mid, end)
		}
	}
	return false
}

// preferred returns the end of n's most preferred match that begins at from, and next to last if there was one: shorter
// than it if longer ones are preferred, else longer. -1 says that there is none.
func (r *regex) preferred(n *reNode, from, least, limit int, p pref, last int) int {
	a := r.automaton(n)
	if p == shorter {
		if last >= 0 {
			least = last + 1
		}
		return a.shortest(r.text, from, least, limit)
	}
	if last >= 0 {
		limit = last - 1
	}
	if limit < least {
		return -1
	}
	if end := a.longest(r.text, from, limit); end >= least {
		return end
	}
	return -1
}

// placeRepeat finds the groups of a repetition, which are those of its last round.
func (r *regex) placeRepeat(n *reNode, begin, end int) bool {
	x := n.sub[0]
	switch {
	case n.min == 1 && n.max == 1:
		return r.place(x, begin, end)
	case n.min > 0:
		return r.placeBoth(r.allButLast(n), x, begin, end)
	case begin == end: // no round at all, unless one can be empty and is preferred
		return x.pref == shorter || !r.exactly(x, begin, end) || r.place(x, begin, end)
	}
	var ends []int
	if !r.rounds(x, begin, end, x.pref, n.max, &ends, map[[2]int]bool{}) {
		return false
	}
	if len(ends) > 1 {
		begin = ends[len(ends)-2]
	}
	return r.place(x, begin, end)
}

// rounds divides [from, end) into matches of x that are not empty, each as preferred; most is -1 for any number of them.
func (r *regex) rounds(x *reNode, from, end int, p pref, most int, ends *[]int, failed map[[2]int]bool) bool {
	if most == 0 || failed[[2]int{from, most}] {
		return false
	}
	for to := r.preferred(x, from, from+1, end, p, -1); to >= 0; to = r.preferred(x, from, from+1, end, p, to) {
		*ends = append(*ends, to)
		if to == end || r.rounds(x, to, end, p, most-1, ends, failed) {
			return true
		}
		*ends = (*ends)[:len(*ends)-1]
	}
	failed[[2]int{from, most}] = true
	return false
}

// allButLast is n with one round less. It is kept, so that it has one automaton.
func (r *regex) allButLast(n *reNode) *reNode {
	if len(n.sub) == 1 {
		less := &reNode{op: reRepeat, sub: n.sub[:1:1], min: n.min - 1, max: n.max - 1, quant: n.quant, pref: n.pref}
		if n.max < 0 {
			less.max = -1
		}
		n.sub = append(n.sub[:1:1], less)
	}
	return n.sub[1]
}
