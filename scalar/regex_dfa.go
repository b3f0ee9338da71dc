package scalar

import (
	"encoding/binary"
	"slices"
	"unicode/utf8"
)

// The kinds of character around a place, on which assertions depend.
const (
	beside  = iota // neither of the others
	word           // a letter of ASCII, a digit, or _
	newline        // the line feed
	outside        // the beginning or the end of the text
)

// reState is a state of the automaton: it reads a character of set, passes an assertion, or goes two ways.
type reState struct {
	set       runeSet // reads; nil for the others
	classes   []bool
	assert    reAssertion
	asserts   bool
	out, out1 int32 // -1 is none
}

const (
	maxStates    = 20000
	maxDFAStates = 4000
)

// automaton matches a regular expression, by sets of its states that it builds as it meets them. It is not for
// several goroutines at once.
type automaton struct {
	states []reState
	accept int32
	start  int32
	bounds []rune // where a class of characters begins
	ascii  [128]uint16
	kinds  []uint8 // of each class
	sets   map[string]*reSetOfStates
	key    []byte
	marks  []bool
}

// reSetOfStates is the states that wait for the next character, before assertions at this place are passed.
type reSetOfStates struct {
	core []int32
	prev uint8
	next []reStep // by class; the last is the end of the text
}

type reStep struct {
	to      *reSetOfStates
	known   bool
	accepts bool // the text up to this place matches, the class being what follows
}

func newAutomaton(n *reNode) (*automaton, error) {
	a := &automaton{sets: map[string]*reSetOfStates{}}
	a.accept = a.add(reState{out: -1, out1: -1})
	start, err := a.build(n, a.accept)
	if err != nil {
		return nil, err
	}
	a.start = start
	a.classify()
	a.marks = make([]bool, len(a.states))
	return a, nil
}

func (a *automaton) add(s reState) int32 {
	a.states = append(a.states, s)
	return int32(len(a.states) - 1)
}

// build adds the states of n before next and returns the first.
func (a *automaton) build(n *reNode, next int32) (int32, error) {
	if len(a.states) > maxStates {
		return 0, errRegexSize
	}
	var err error
	switch n.op {
	case reSet:
		set := n.set
		if set == nil {
			set = runeSet{}
		}
		return a.add(reState{set: set, out: next, out1: -1}), nil
	case reAssert:
		return a.add(reState{asserts: true, assert: n.assert, out: next, out1: -1}), nil
	case reConcat:
		for i := len(n.sub) - 1; i >= 0 && err == nil; i-- {
			next, err = a.build(n.sub[i], next)
		}
		return next, err
	case reAlt:
		first := int32(-1)
		for i := len(n.sub) - 1; i >= 0; i-- {
			b, err := a.build(n.sub[i], next)
			if err != nil {
				return 0, err
			}
			first = a.add(reState{out: b, out1: first})
		}
		return first, nil
	case reCapture:
		return a.build(n.sub[0], next)
	case reRepeat:
		return a.repeat(n, next)
	}
	return next, nil
}

func (a *automaton) repeat(n *reNode, next int32) (int32, error) {
	var err error
	end := next
	if n.max < 0 {
		loop := a.add(reState{out: -1, out1: end})
		body, err := a.build(n.sub[0], loop)
		if err != nil {
			return 0, err
		}
		a.states[loop].out = body
		next = loop
	}
	for i := n.min; i < n.max; i++ {
		if next, err = a.build(n.sub[0], next); err != nil {
			return 0, err
		}
		next = a.add(reState{out: next, out1: end})
	}
	for range n.min {
		if next, err = a.build(n.sub[0], next); err != nil {
			return 0, err
		}
	}
	return next, nil
}

// classify cuts all characters into classes that no state tells apart.
func (a *automaton) classify() {
	a.bounds = []rune{0, '\n', '\n' + 1}
	for i := range wordRunes {
		a.bounds = append(a.bounds, wordRunes[i]+rune(i%2))
	}
	for _, s := range a.states {
		for i, r := range s.set {
			a.bounds = append(a.bounds, r+rune(i%2))
		}
	}
	slices.Sort(a.bounds)
	a.bounds = slices.Compact(a.bounds)
	for _, b := range a.bounds {
		switch {
		case b == '\n':
			a.kinds = append(a.kinds, newline)
		case wordRunes.contains(b):
			a.kinds = append(a.kinds, word)
		default:
			a.kinds = append(a.kinds, beside)
		}
	}
	a.kinds = append(a.kinds, outside)
	for i := range a.states {
		if s := &a.states[i]; s.set != nil {
			s.classes = make([]bool, len(a.bounds))
			for c, b := range a.bounds {
				s.classes[c] = s.set.contains(b)
			}
		}
	}
	for r := range a.ascii {
		a.ascii[r] = uint16(a.classOf(rune(r)))
	}
}

func (a *automaton) classOf(r rune) int {
	i, found := slices.BinarySearch(a.bounds, r)
	if !found {
		i--
	}
	return i
}

// set returns the set of the given states, which it sorts and keeps.
func (a *automaton) set(core []int32, prev uint8) *reSetOfStates {
	slices.Sort(core)
	core = slices.Compact(core)
	a.key = append(a.key[:0], prev)
	for _, s := range core {
		a.key = binary.LittleEndian.AppendUint32(a.key, uint32(s))
	}
	if s, ok := a.sets[string(a.key)]; ok {
		return s
	}
	if len(a.sets) >= maxDFAStates {
		clear(a.sets)
	}
	s := &reSetOfStates{core: core, prev: prev, next: make([]reStep, len(a.kinds))}
	a.sets[string(a.key)] = s
	return s
}

// step reads a class in a set of states. With search, a match may begin behind the character, too.
func (a *automaton) step(s *reSetOfStates, class int, search bool) reStep {
	if st := s.next[class]; st.known {
		return st
	}
	clear(a.marks)
	st := reStep{known: true}
	var core []int32
	stack := slices.Clone(s.core)
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if i < 0 || a.marks[i] {
			continue
		}
		a.marks[i] = true
		switch x := &a.states[i]; {
		case i == a.accept:
			st.accepts = true
		case x.set != nil:
			if class < len(a.bounds) && x.classes[class] {
				core = append(core, x.out)
			}
		case x.asserts:
			if holds(x.assert, s.prev, a.kinds[class]) {
				stack = append(stack, x.out)
			}
		default:
			stack = append(stack, x.out, x.out1)
		}
	}
	if search {
		core = append(core, a.start)
	}
	if len(core) > 0 && class < len(a.bounds) {
		st.to = a.set(core, a.kinds[class])
	}
	s.next[class] = st
	return st
}

func holds(assert reAssertion, prev, next uint8) bool {
	switch assert {
	case atStart:
		return prev == outside
	case atEnd:
		return next == outside
	case atLineStart:
		return prev == outside || prev == newline
	case atLineEnd:
		return next == outside || next == newline
	case atWordStart:
		return prev != word && next == word
	case atWordEnd:
		return prev == word && next != word
	case atWordEdge:
		return (prev == word) != (next == word)
	}
	return (prev == word) == (next == word)
}

// begin is the set with which reading begins at a place of the text.
func (a *automaton) begin(s string, at int) *reSetOfStates {
	prev := uint8(outside)
	if at > 0 {
		r, _ := utf8.DecodeLastRuneInString(s[:at])
		prev = a.kinds[a.classOf(r)]
	}
	return a.set([]int32{a.start}, prev)
}

// read returns the class of what stands at a place, and its length.
func (a *automaton) read(s string, at int) (class, size int) {
	if at >= len(s) {
		return len(a.bounds), 0
	}
	if c := s[at]; c < utf8.RuneSelf {
		return int(a.ascii[c]), 1
	}
	r, n := utf8.DecodeRuneInString(s[at:])
	return a.classOf(r), n
}

// finds reports whether a match begins at from or later; a must be for searching only.
func (a *automaton) finds(s string, from int) bool {
	set := a.begin(s, from)
	for at := from; ; {
		class, n := a.read(s, at)
		st := a.step(set, class, true)
		if st.accepts {
			return true
		}
		if at >= len(s) {
			return false
		}
		set, at = st.to, at+n
	}
}

// longest returns the end of the longest match that begins at from and ends at limit or before; -1 if there is none.
func (a *automaton) longest(s string, from, limit int) int {
	end := -1
	set := a.begin(s, from)
	for at := from; set != nil && at <= limit; {
		class, n := a.read(s, at)
		st := a.step(set, class, false)
		if st.accepts {
			end = at
		}
		if at >= len(s) {
			break
		}
		set, at = st.to, at+n
	}
	return end
}

// shortest returns the end of the shortest match that begins at from and ends between least and limit; -1 if there is none.
func (a *automaton) shortest(s string, from, least, limit int) int {
	set := a.begin(s, from)
	for at := from; set != nil && at <= limit; {
		class, n := a.read(s, at)
		st := a.step(set, class, false)
		if st.accepts && at >= least {
			return at
		}
		if at >= len(s) {
			break
		}
		set, at = st.to, at+n
	}
	return -1
}
