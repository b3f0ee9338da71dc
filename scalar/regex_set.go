package scalar

import "slices"

// runeSet is a set of characters: sorted, disjoint pairs of first and last.
type runeSet []rune

const maxRune = 0x10FFFF

// normal sorts the pairs and joins those that touch.
func (s runeSet) normal() runeSet {
	pairs := make([][2]rune, 0, len(s)/2)
	for i := 0; i < len(s); i += 2 {
		pairs = append(pairs, [2]rune{s[i], s[i+1]})
	}
	slices.SortFunc(pairs, func(a, b [2]rune) int { return int(a[0] - b[0]) })
	var out runeSet
	for _, p := range pairs {
		if n := len(out); n > 0 && p[0] <= out[n-1]+1 {
			out[n-1] = max(out[n-1], p[1])
		} else {
			out = append(out, p[0], p[1])
		}
	}
	return out
}

func (s runeSet) complement() runeSet {
	var out runeSet
	next := rune(0)
	for i := 0; i < len(s); i += 2 {
		if s[i] > next {
			out = append(out, next, s[i]-1)
		}
		next = s[i+1] + 1
	}
	if next <= maxRune {
		out = append(out, next, maxRune)
	}
	return out
}

func (s runeSet) union(t runeSet) runeSet { return append(slices.Clone(s), t...).normal() }

func (s runeSet) without(r rune) runeSet { return s.complement().union(runeSet{r, r}).complement() }

func (s runeSet) contains(r rune) bool {
	for i := 0; i < len(s); i += 2 {
		if r <= s[i+1] {
			return r >= s[i]
		}
	}
	return false
}

// folded adds the other case of each letter of ASCII, the only letters of the C locale.
func (s runeSet) folded() runeSet {
	out := slices.Clone(s)
	for i := 0; i < len(s); i += 2 {
		if lo, hi := max(s[i], 'a'), min(s[i+1], 'z'); lo <= hi {
			out = append(out, lo-32, hi-32)
		}
		if lo, hi := max(s[i], 'A'), min(s[i+1], 'Z'); lo <= hi {
			out = append(out, lo+32, hi+32)
		}
	}
	return out.normal()
}

var (
	anyRune    = runeSet{0, maxRune}
	digitRunes = runeSet{'0', '9'}
	spaceRunes = runeSet{'\t', '\r', ' ', ' '}
	alphaRunes = runeSet{'A', 'Z', 'a', 'z'}
	alnumRunes = runeSet{'0', '9', 'A', 'Z', 'a', 'z'}
	wordRunes  = runeSet{'0', '9', 'A', 'Z', '_', '_', 'a', 'z'}
)

// classRunes are the classes of bracket expressions under the C locale, which knows ASCII only.
var classRunes = map[string]runeSet{
	"alnum": alnumRunes, "alpha": alphaRunes, "blank": {'\t', '\t', ' ', ' '}, "cntrl": {0, 31, 127, 127}, "digit": digitRunes,
	"graph": {33, 126}, "lower": {'a', 'z'}, "print": {32, 126}, "punct": {33, 47, 58, 64, 91, 96, 123, 126}, "space": spaceRunes,
	"upper": {'A', 'Z'}, "xdigit": {'0', '9', 'A', 'F', 'a', 'f'}, "word": wordRunes,
}
