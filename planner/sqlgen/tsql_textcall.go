package sqlgen

import (
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/plan"
)

// textCalls are the functions of text that return text, by PostgreSQL's name. What they return is under the binary collation.
var textCalls = map[string]func(d tsql, g *gen, args []plan.Expr) string{
	"||": tsql.concatenation, "concat": tsql.concat, "concat_ws": tsql.concatWith,
	"upper":  func(d tsql, g *gen, a []plan.Expr) string { return d.translated(g, a[0], lowerLetters, upperLetters) },
	"lower":  func(d tsql, g *gen, a []plan.Expr) string { return d.translated(g, a[0], upperLetters, lowerLetters) },
	"substr": tsql.substr, "left": leftRight("LEFT"), "right": leftRight("RIGHT"), "lpad": tsql.lpad, "rpad": tsql.rpad,
	"ltrim": trimming("LTRIM"), "rtrim": trimming("RTRIM"), "btrim": trimming("LTRIM", "RTRIM"),
	"replace": tsql.replace, "translate": tsql.translate, "repeat": tsql.repeat, "reverse": tsql.reverse, "md5": tsql.md5,
	"pseudonym": tsql.pseudonym,
}

// textNumbers are the functions of text that return integers.
var textNumbers = map[string]func(d tsql, g *gen, args []plan.Expr) string{
	"length": tsql.length, "octet_length": tsql.octets, "strpos": tsql.strpos, "ascii": tsql.ascii,
}

// intConst returns the value of an integer constant.
func intConst(e plan.Expr) (int, bool) {
	s, ok := constText(e)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 32)
	return int(n), err == nil
}

func (d tsql) concatenation(g *gen, args []plan.Expr) string {
	var parts []string
	var add func(e plan.Expr)
	add = func(e plan.Expr) {
		if c, ok := e.(*plan.Call); ok && c.Fn == "||" {
			add(c.Args[0])
			add(c.Args[1])
		} else if len(parts) == 0 {
			parts = append(parts, d.long(g, e))
		} else {
			parts = append(parts, d.text(g, e))
		}
	}
	add(args[0])
	add(args[1])
	return "(" + strings.Join(parts, " + ") + ")"
}

// maxConcat is how many arguments CONCAT takes.
const maxConcat = 254

// concat relies on CONCAT's taking NULL for nothing.
func (d tsql) concat(g *gen, args []plan.Expr) string {
	parts := []string{"N''"}
	for i, a := range args {
		if i == 0 {
			parts = append(parts, d.long(g, a))
		} else {
			parts = append(parts, d.text(g, a))
		}
	}
	if len(parts) > maxConcat {
		return g.unsupported("concat of more than %d values", maxConcat-1)
	}
	return "CONCAT(" + strings.Join(parts, ", ") + ")"
}

// concatWith puts the separator before each value that is not NULL, and cuts off the first.
func (d tsql) concatWith(g *gen, args []plan.Expr) string {
	sep, ok := constText(args[0])
	if !ok || len(args) >= maxConcat {
		return g.unsupported("concat_ws with a computed separator, or of more than %d values", maxConcat-2)
	}
	parts := []string{"N''"}
	for _, a := range args[1:] {
		parts = append(parts, nationalLiteral(sep)+" + "+d.long(g, a))
	}
	return "SUBSTRING(CONCAT(" + strings.Join(parts, ", ") + "), " + itoa(utf16Length(sep)+1) + ", 2147483647)"
}

func (d tsql) translated(g *gen, x plan.Expr, from, to string) string {
	g.needs(connectors.FeatureTranslate, "folding letters")
	return "TRANSLATE(" + d.firmText(g, x) + ", " + nationalLiteral(from) + ", " + nationalLiteral(to) + ")"
}

// cut gives the first n characters of a text, written as sql, a type that has room for more: it may be nvarchar(n).
func cut(sql string, n int) string {
	if n < maxUnits {
		return sql
	}
	return "CAST(" + sql + " AS nvarchar(max))"
}

// substr computes the ends of the part here, where SQL Server would refuse some.
func (d tsql) substr(g *gen, args []plan.Expr) string {
	start, ok := intConst(args[1])
	if !ok {
		return g.unsupported("substr from a computed place")
	}
	if len(args) == 2 {
		if start <= 1 {
			return d.firmText(g, args[0])
		}
		return "SUBSTRING(" + d.counting(g, args[0]) + ", " + itoa(start) + ", 2147483647)"
	}
	n, ok := intConst(args[2])
	if !ok || n < 0 {
		return g.unsupported("substr of a computed or negative length")
	}
	from := max(start, 1)
	n = max(start+n-from, 0)
	return cut("SUBSTRING("+d.counting(g, args[0])+", "+itoa(from)+", "+itoa(n)+")", n)
}

func leftRight(name string) func(tsql, *gen, []plan.Expr) string {
	return func(d tsql, g *gen, args []plan.Expr) string {
		n, ok := intConst(args[1])
		if !ok || n < 0 {
			return g.unsupported("%s of a computed or negative length", strings.ToLower(name))
		}
		return cut(name+"("+d.counting(g, args[0])+", "+itoa(n)+")", n)
	}
}

// maxPadding bounds a padded text.
const maxPadding = maxUnits - 1

// padding reads the arguments of lpad and rpad: a constant length, and what fills.
func (d tsql) padding(g *gen, args []plan.Expr) (n int, fill string, ok bool) {
	fill = " "
	n, ok = intConst(args[1])
	if len(args) > 2 && ok {
		fill, ok = constText(args[2])
	}
	if !ok || n > maxPadding {
		g.unsupported("padding to a computed length or by a computed text")
	}
	n = max(n, 0)
	if fill == "" {
		return n, "N''", ok
	}
	return n, "REPLICATE(CAST(" + nationalLiteral(fill) + " AS nvarchar(max)), " + itoa(n) + ")", ok
}

func (d tsql) rpad(g *gen, args []plan.Expr) string {
	n, fill, _ := d.padding(g, args)
	g.needs(connectors.FeatureSupplementary, "padding")
	return "LEFT(" + collate("("+d.long(g, args[0])+" + "+fill+")", counted) + ", " + itoa(n) + ")"
}

func (d tsql) lpad(g *gen, args []plan.Expr) string {
	n, fill, _ := d.padding(g, args)
	x, length := d.counting(g, args[0]), d.length(g, args)
	if fill == "N''" {
		return "LEFT(" + x + ", " + itoa(n) + ")"
	}
	defer d.nest(g)()
	return "CASE WHEN " + length + " >= " + itoa(n) + " THEN LEFT(" + x + ", " + itoa(n) + ") ELSE LEFT(" + collate(fill, counted) +
		", ABS(" + itoa(n) + " - " + length + ")) + " + x + " END"
}

func trimming(names ...string) func(tsql, *gen, []plan.Expr) string {
	return func(d tsql, g *gen, args []plan.Expr) string {
		if len(args) > 1 {
			if set, ok := constText(args[1]); !ok || strings.Trim(set, " ") != "" || set == "" {
				return g.unsupported("trimming other characters than blanks")
			}
		}
		sql := d.firmText(g, args[0])
		for _, name := range names {
			sql = name + "(" + sql + ")"
		}
		return sql
	}
}

func (d tsql) replace(g *gen, args []plan.Expr) string {
	if pattern, ok := constText(args[1]); !ok || utf16Length(pattern) >= maxUnits {
		return g.unsupported("replacing a computed or very long text") // the server refuses one of more than 8,000 bytes
	}
	return "REPLACE(" + d.long(g, args[0]) + ", " + d.text(g, args[1]) + ", " + d.text(g, args[2]) + ")"
}

// translate writes the form that both have: as many characters for as many, none of them twice.
func (d tsql) translate(g *gen, args []plan.Expr) string {
	from, ok := constText(args[1])
	to, ok2 := constText(args[2])
	if !ok || !ok2 || !basic(from) || !basic(to) || len([]rune(from)) != len([]rune(to)) || from == "" || repeats(from) {
		return g.unsupported("translate that deletes characters")
	}
	return d.translated(g, args[0], from, to)
}

func repeats(s string) bool {
	seen := map[rune]bool{}
	for _, r := range s {
		if seen[r] {
			return true
		}
		seen[r] = true
	}
	return false
}

func (d tsql) repeat(g *gen, args []plan.Expr) string {
	n, ok := intConst(args[1])
	if !ok {
		return g.unsupported("repeat a computed number of times")
	}
	return "REPLICATE(" + d.long(g, args[0]) + ", " + itoa(max(n, 0)) + ")"
}

func (d tsql) reverse(g *gen, args []plan.Expr) string {
	return "REVERSE(" + d.counting(g, args[0]) + ")"
}

// bytes writes the UTF-8 form of a text.
func (d tsql) bytes(g *gen, x plan.Expr) string {
	g.needs(connectors.FeatureUTF8Collation, "the bytes of a text")
	return "CAST(" + collate("("+d.text(g, x)+")", utf8) + " AS varchar(max))"
}

func (d tsql) md5(g *gen, args []plan.Expr) string {
	g.needs(connectors.FeatureHashBytes, "md5")
	return "LOWER(CONVERT(nvarchar(32), HASHBYTES(N'MD5', " + d.bytes(g, args[0]) + "), 2))"
}

// length counts code points; what is appended keeps blanks at the end from being left out.
func (d tsql) length(g *gen, args []plan.Expr) string {
	g.needs(connectors.FeatureSupplementary, "counting characters")
	return "CAST(LEN(" + collate("("+d.long(g, args[0])+" + N'.')", counted) + ") - 1 AS int)"
}

func (d tsql) octets(g *gen, args []plan.Expr) string {
	return "CAST(DATALENGTH(" + d.bytes(g, args[0]) + ") AS int)"
}

// strpos finds a place in code units, and counts the code points before it.
func (d tsql) strpos(g *gen, args []plan.Expr) string {
	sub, ok := constText(args[1])
	if !ok || utf16Length(sub) >= maxUnits {
		return g.unsupported("strpos of a computed or very long text")
	}
	defer d.nest(g)()
	x := d.long(g, args[0])
	if sub == "" {
		return "CASE WHEN " + x + " IS NOT NULL THEN 1 END"
	}
	g.needs(connectors.FeatureSupplementary, "counting characters")
	at := "CHARINDEX(" + nationalLiteral(sub) + ", " + x + ")"
	return "CAST(CASE WHEN " + at + " = 0 THEN 0 ELSE LEN(" + collate("(LEFT("+x+", ABS("+at+" - 1)) + N'.')", counted) + ") END AS int)"
}

func (d tsql) ascii(g *gen, args []plan.Expr) string {
	defer d.nest(g)()
	return "CASE WHEN DATALENGTH(" + d.text(g, args[0]) + ") = 0 THEN 0 ELSE UNICODE(" + d.counting(g, args[0]) + ") END"
}

// startsWith compares as many code units as the text has.
func (d tsql) startsWith(g *gen, args []plan.Expr) string {
	start, ok := constText(args[1])
	if !ok || utf16Length(start) >= maxUnits {
		return g.unsupported("starts_with of a computed or very long text")
	}
	return "LEFT(" + d.firmText(g, args[0]) + ", " + itoa(utf16Length(start)) + ") + NCHAR(0) = " + nationalLiteral(start) + " + NCHAR(0)"
}
