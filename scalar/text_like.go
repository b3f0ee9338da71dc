package scalar

import (
	"strings"
	"unicode/utf8"
)

var (
	errLikeEnd    = fail("22025", "LIKE pattern must not end with escape character")
	errLikeEscape = fail("22025", "invalid escape string: it must be empty or one character")
)

// likeFunctions lists LIKE and ILIKE: text, pattern, and the escape character, empty for none.
func likeFunctions() []Function {
	var fs []Function
	for _, k := range []struct {
		name string
		fold bool
	}{{"pg_like", false}, {"pg_ilike", true}} {
		mk := func() func(s, pattern, escape string) (bool, error) {
			p := likePattern{fold: k.fold}
			return p.match
		}
		fs = append(fs,
			make3(k.name, kText, kText, kText, kBool, mk),
			make2(k.name, kText, kText, kBool, func() func(s, pattern string) (bool, error) {
				f := mk()
				return func(s, pattern string) (bool, error) { return f(s, pattern, `\`) }
			}))
	}
	return fs
}

func foldASCII(s string) string {
	for i := range len(s) {
		if s[i] >= 'A' && s[i] <= 'Z' {
			return string(mapASCII(nil, s, lowerASCII))
		}
	}
	return s
}

// likePattern remembers the last pattern with its escapes turned into backslashes, as patterns are mostly
// the same in every row.
type likePattern struct {
	fold            bool   // ignore the case of ASCII letters, once escapes are known
	pattern, escape string // as given
	ready           bool
	prepared        string
}

func (p *likePattern) match(s, pattern, escape string) (bool, error) {
	if !p.ready || p.pattern != pattern || p.escape != escape {
		prepared, err := prepareLike(pattern, escape)
		if err != nil {
			return false, err
		}
		if p.fold {
			prepared = foldASCII(prepared)
		}
		*p = likePattern{fold: p.fold, pattern: strings.Clone(pattern), escape: strings.Clone(escape), prepared: prepared, ready: true}
	}
	if p.fold {
		s = foldASCII(s)
	}
	r, err := matchLike(s, p.prepared)
	return r == likeTrue, err
}

// prepareLike rewrites a pattern so that backslash is its escape character.
func prepareLike(pattern, escape string) (string, error) {
	if escape == `\` {
		return strings.Clone(pattern), nil
	}
	if utf8.RuneCountInString(escape) > 1 {
		return "", errLikeEscape
	}
	var b strings.Builder
	escaped := false
	for _, r := range pattern {
		switch {
		case escape != "" && string(r) == escape && !escaped:
			b.WriteByte('\\')
			escaped = true
			continue
		case r == '\\':
			b.WriteByte('\\')
			if !escaped {
				b.WriteByte('\\')
			}
		default:
			b.WriteRune(r)
		}
		escaped = false
	}
	return b.String(), nil
}

// likeResult tells a mismatch from one that no later start can mend, because the text ran out.
type likeResult int

const (
	likeFalse likeResult = iota
	likeTrue
	likeAbort
)

// matchLike matches whole texts. A pattern's trailing escape is an error only where the match comes to it.
func matchLike(s, p string) (likeResult, error) {
	for len(s) > 0 && len(p) > 0 {
		switch p[0] {
		case '%':
			return matchAny(s, p[1:])
		case '_':
			s, p = nextChar(s), p[1:]
			continue
		case '\\':
			if p = p[1:]; p == "" {
				return likeFalse, errLikeEnd
			}
		}
		if p[0] != s[0] {
			return likeFalse, nil
		}
		s, p = s[1:], p[1:]
	}
	if len(s) > 0 {
		return likeFalse, nil
	}
	if strings.Trim(p, "%") == "" {
		return likeTrue, nil
	}
	return likeAbort, nil
}

// matchAny matches what follows a percent sign at every later place.
func matchAny(s, p string) (likeResult, error) {
	for len(p) > 0 && (p[0] == '%' || p[0] == '_') {
		if p[0] == '_' {
			if s == "" {
				return likeAbort, nil
			}
			s = nextChar(s)
		}
		p = p[1:]
	}
	if p == "" {
		return likeTrue, nil
	}
	first := p[0]
	if first == '\\' {
		if len(p) < 2 {
			return likeFalse, errLikeEnd
		}
		first = p[1]
	}
	for {
		i := strings.IndexByte(s, first)
		if i < 0 {
			return likeAbort, nil
		}
		s = s[i:]
		if r, err := matchLike(s, p); err != nil || r != likeFalse {
			return r, err
		}
		s = s[1:]
	}
}

func nextChar(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[n:]
}
