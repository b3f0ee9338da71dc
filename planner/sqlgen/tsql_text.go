package sqlgen

import (
	"strings"
	"unicode/utf16"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/plan"
)

// maxUnits is the length of the longest text that is no nvarchar(max).
const maxUnits = 4000

// nationalLiteral writes a text. A backslash at the end of a line joins it with the next one, so the two stand apart.
func nationalLiteral(s string) string {
	parts := []string{}
	for {
		i := strings.Index(s, "\\\n")
		if j := strings.Index(s, "\\\r\n"); j >= 0 && (i < 0 || j < i) {
			i = j
		}
		if i < 0 {
			break
		}
		parts = append(parts, "N"+quoteLiteral(s[:i+1]))
		s = s[i+1:]
	}
	switch {
	case len(parts) == 0 && utf16Length(s) == maxUnits: // a type that no terminator fits into
		return "CAST(N" + quoteLiteral(s) + " AS nvarchar(max))"
	case len(parts) == 0:
		return "N" + quoteLiteral(s)
	}
	// As in PostgreSQL a text has no bounds: what is put together of parts shorter than 4,000 characters would have.
	parts[0] = "CAST(" + parts[0] + " AS nvarchar(max))"
	return "(" + strings.Join(append(parts, "N"+quoteLiteral(s)), " + ") + ")"
}

// utf16Length is the length of a text as the server counts under most collations.
func utf16Length(s string) int { return len(utf16.Encode([]rune(s))) }

func collate(sql, collation string) string { return sql + " COLLATE " + collation }

// text writes a text so that it compares and combines by code unit, whatever the collation of its columns.
func (d tsql) text(g *gen, e plan.Expr) string {
	g.needs(connectors.FeatureBinaryCollation, "text that is compared")
	if c, ok := e.(*plan.Const); ok && !c.Null {
		return g.expr(e)
	}
	return byUnit(g.operand(e))
}

// byUnit gives a text, written as an operand, the binary collation unless all of it has it.
func byUnit(sql string) string {
	const end = " COLLATE " + binary
	inner := sql
	if strings.HasPrefix(sql, "(") && strings.HasSuffix(sql, ")") {
		inner = sql[1 : len(sql)-1]
	}
	if x, ok := strings.CutSuffix(inner, end); ok && isWord(x) && balanced(x) {
		return inner
	}
	return sql + end
}

// balanced reports that every parenthesis of sql is closed within it.
func balanced(sql string) bool {
	depth := 0
	for i := 0; i < len(sql); i++ {
		switch sql[i] {
		case '\'':
			i = closing(sql, i+1, '\'') - 1
		case '[':
			i = closing(sql, i+1, ']') - 1
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 {
				return false
			}
		}
	}
	return depth == 0
}

// counting writes a text whose characters are counted by code point.
func (d tsql) counting(g *gen, e plan.Expr) string {
	g.needs(connectors.FeatureSupplementary, "counting characters")
	return collate(strings.TrimSuffix(d.operandText(g, e), " COLLATE "+binary), counted)
}

// operandText is a text operand, without parentheses where it only carries a collation.
func (d tsql) operandText(g *gen, e plan.Expr) string {
	if _, ok := e.(*plan.Const); ok {
		return g.expr(e)
	}
	return d.text(g, e)
}

// long writes a text that may grow beyond 4,000 characters.
func (d tsql) long(g *gen, e plan.Expr) string {
	return collate("CAST("+g.expr(e)+" AS nvarchar(max))", binary)
}

// exactly writes a text so that comparing it tells blanks at the end apart: something that is no blank ends it.
func (d tsql) exactly(g *gen, e plan.Expr) string { return d.text(g, e) + " + NCHAR(0)" }

// firmly is exactly for an operand that gives a comparison its collation, even if it is a constant.
func (d tsql) firmly(g *gen, e plan.Expr) string {
	if _, ok := e.(*plan.Const); ok {
		g.needs(connectors.FeatureBinaryCollation, "text that is compared")
		return collate(g.expr(e), binary) + " + NCHAR(0)"
	}
	return d.exactly(g, e)
}

// codePoints writes what sorts as PostgreSQL sorts under C: by the bytes of UTF-8.
func (d tsql) codePoints(g *gen, text string) string {
	g.needs(connectors.FeatureUTF8Collation, "the order of texts")
	return "CAST(" + collate("("+text+" + NCHAR(0))", utf8) + " AS varchar(max))"
}

func (d tsql) compareText(g *gen, op string, l, r plan.Expr) string {
	switch {
	case op == "=" || op == "<>" || belowSurrogates(l) || belowSurrogates(r):
		exact := d.firmly(g, l) + " " + op + " " + d.exactly(g, r)
		if op != "=" {
			return exact
		}
		return d.withPlain(g, exact, l, r)
	}
	return d.codePoints(g, d.text(g, l)) + " " + op + " " + d.codePoints(g, d.text(g, r))
}

// withPlain puts a plain comparison of a column with a constant or parameter beside the exact one, which implies it: an index of the
// column's own collation serves the one but not the other.
func (d tsql) withPlain(g *gen, exact string, l, r plan.Expr) string {
	column, other := l, r
	if !given(r) {
		column, other = r, l
	}
	raw, ok := rawColumn(g.expr(column))
	if !ok || !given(other) {
		return exact
	}
	return "(" + raw + " = " + g.expr(other) + " AND " + exact + ")"
}

// given reports a constant or a parameter.
func given(e plan.Expr) bool {
	switch e := e.(type) {
	case *plan.Const:
		return !e.Null
	case *plan.Param:
		return true
	}
	return false
}

// rawColumn returns the column itself where sql is one, perhaps read as method column writes it; no other expression is a
// bare CAST to nvarchar, or ends so.
func rawColumn(sql string) (string, bool) {
	if inner, ok := strings.CutSuffix(sql, " + N'')"); ok {
		sql = strings.TrimPrefix(inner, "(")
	}
	if inner, ok := strings.CutPrefix(sql, "CAST("); ok {
		i := strings.LastIndex(inner, " AS nvarchar(")
		if i < 0 || strings.Trim(inner[i+len(" AS nvarchar("):], "0123456789max") != "))" {
			return "", false
		}
		sql = inner[:i]
	}
	return sql, strings.HasPrefix(sql, "[") && strings.HasSuffix(sql, "]") && isWord(sql)
}

// belowSurrogates reports a constant of characters that sort alike by code unit and by code point, whatever they are compared with.
func belowSurrogates(e plan.Expr) bool {
	c, ok := e.(*plan.Const)
	return ok && !c.Null && !strings.ContainsFunc(c.Text, func(r rune) bool { return r >= 0xD800 })
}

// basic reports a text of characters that are one code unit each.
func basic(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r > 0xFFFF }) }

// like writes LIKE with a constant pattern. One without wildcards is a comparison.
func (d tsql) like(g *gen, c *plan.Call) string {
	pattern, ok := constText(c.Args[1])
	escape := `\`
	if len(c.Args) > 2 && ok {
		escape, ok = constText(c.Args[2])
	}
	if !ok || len([]rune(escape)) > 1 {
		return g.unsupported("LIKE with a computed pattern or escape")
	}
	x := c.Args[0]
	if c.Fn == "ilike" {
		x, pattern, escape = &plan.Call{Fn: "lower", Args: []plan.Expr{x}, T: x.Type()}, lowerASCII(pattern), lowerASCII(escape)
	}
	p, wild, err := likePattern(pattern, escape)
	switch {
	case err != "":
		return g.unsupported("%s", err)
	case !wild:
		return d.compareText(g, "=", x, &plan.Const{Text: p, T: plan.T(plan.Text)})
	case utf16Length(p) >= maxUnits:
		return g.unsupported("LIKE with a pattern of more than %d characters", maxUnits-1)
	}
	sql := d.firmText(g, x) + " LIKE " + nationalLiteral(p)
	if strings.Contains(p, `\`) {
		sql += ` ESCAPE N'\'`
	}
	return sql
}

// firmText is text with the collation even on a constant.
func (d tsql) firmText(g *gen, e plan.Expr) string {
	return strings.TrimSuffix(d.firmly(g, e), " + NCHAR(0)")
}

func constText(e plan.Expr) (string, bool) {
	c, ok := e.(*plan.Const)
	if !ok || c.Null {
		return "", false
	}
	return c.Text, true
}

// likePattern puts a pattern of PostgreSQL into T-SQL's form, with backslash as its escape; without wildcards it is the text
// itself. The server's _ is a code unit, so that it has no exact form.
func likePattern(pattern, escape string) (out string, wild bool, problem string) {
	var special, plain strings.Builder
	esc := []rune(escape)
	escaped := false
	for _, r := range pattern {
		switch {
		case !escaped && len(esc) == 1 && r == esc[0]:
			escaped = true
			continue
		case !escaped && r == '_':
			return "", false, "_ in LIKE"
		case !escaped && r == '%':
			wild = true
			special.WriteByte('%')
			continue
		case r == '%' || r == '_' || r == '[' || r == '\\':
			special.WriteByte('\\')
		}
		special.WriteRune(r)
		plain.WriteRune(r)
		escaped = false
	}
	switch {
	case escaped:
		return "", false, "LIKE with a pattern that ends in its escape"
	case wild:
		return special.String(), true, ""
	}
	return plain.String(), false, ""
}

const upperLetters, lowerLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
