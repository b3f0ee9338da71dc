package place

import (
	"strings"
	"unicode/utf8"

	"github.com/atoll-sql/atoll/planner/plan"
)

// pattern lets more texts match: first any text where one character was asked for, then, of a pattern that
// ignores case, any text in place of a letter.
func (w weakener) pattern(c *plan.Call) plan.Expr {
	p, ok := readPattern(c)
	if !ok {
		return nil
	}
	p.widen(func(l likeItem) bool { return l.one })
	if x := p.call(c.Fn, c); !p.matchesAll() && w.fits(x) {
		return x
	}
	if c.Fn == "like" {
		return nil
	}
	p.widen(func(l likeItem) bool { return l.char|' ' >= 'a' && l.char|' ' <= 'z' }) // ILIKE folds ASCII's letters only
	if x := p.call("like", c); !p.matchesAll() && w.fits(x) {
		return x
	}
	return nil
}

// likeItem is one part of a pattern: any text, any one character, or a character.
type likeItem struct {
	any, one bool
	char     rune
}

type likePattern []likeItem

// readPattern reads a constant pattern; false if it is not constant, or an error in PostgreSQL.
func readPattern(c *plan.Call) (p likePattern, ok bool) {
	escape := `\`
	if len(c.Args) > 2 {
		x, ok := c.Args[2].(*plan.Const)
		if !ok || x.Null || utf8.RuneCountInString(x.Text) > 1 {
			return nil, false
		}
		escape = x.Text
	}
	x, ok := c.Args[1].(*plan.Const)
	if !ok || x.Null {
		return nil, false
	}
	escaped := false
	for _, r := range x.Text {
		switch {
		case !escaped && escape != "" && string(r) == escape:
			escaped = true
			continue
		case !escaped && r == '%':
			p = append(p, likeItem{any: true})
		case !escaped && r == '_':
			p = append(p, likeItem{one: true})
		default:
			p = append(p, likeItem{char: r})
		}
		escaped = false
	}
	return p, !escaped
}

// widen lets some items match any text.
func (p *likePattern) widen(which func(likeItem) bool) {
	var out likePattern
	for _, l := range *p {
		if !l.any && !which(l) {
			out = append(out, l)
		} else if n := len(out); n == 0 || !out[n-1].any {
			out = append(out, likeItem{any: true})
		}
	}
	*p = out
}

func (p likePattern) matchesAll() bool { return len(p) == 1 && p[0].any }

// call writes the pattern anew, with PostgreSQL's usual escape character.
func (p likePattern) call(fn string, c *plan.Call) plan.Expr {
	var b strings.Builder
	for _, l := range p {
		switch {
		case l.any:
			b.WriteByte('%')
		case l.one:
			b.WriteByte('_')
		default:
			if strings.ContainsRune(`%_\`, l.char) {
				b.WriteByte('\\')
			}
			b.WriteRune(l.char)
		}
	}
	return &plan.Call{Fn: fn, Args: []plan.Expr{c.Args[0], &plan.Const{Text: b.String(), T: c.Args[1].Type()}}, T: c.T}
}
