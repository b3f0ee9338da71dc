package sqlgen

import (
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/scalar"
)

// bytesPrefix stands before the names of functions of bytea that share theirs with one of text.
const bytesPrefix = "bytea."

// kernelCalls are the functions that package scalar computes under PostgreSQL's name, with what a numeric becomes.
var kernelCalls = func() map[string]bool {
	m := map[string]bool{}
	for _, name := range strings.Fields(`
		encode decode convert_from convert_to sha224 sha256 sha384 sha512 get_byte set_byte get_bit set_bit bit_count
		bytea.length bytea.octet_length bytea.md5 bytea.substr bytea.btrim bytea.ltrim bytea.rtrim bytea.overlay
		quote_ident quote_literal unistr overlay format
		gcd lcm factorial min_scale trim_scale width_bucket sind cosd tand cotd asind acosd atand atan2d asinh acosh atanh
		to_char to_number to_date to_timestamp make_time make_timestamp make_timestamptz make_interval date_bin overlaps
		regex iregex similar regexp_like regexp_count regexp_substr regexp_instr regexp_replace substring
		hll_estimate hll_error`) {
		m[name] = true
	}
	return m
}()

// kernelCall writes a call of package scalar's function of the same name.
func (d duckdb) kernelCall(g *gen, c *plan.Call) string {
	name := c.Fn
	switch {
	case name == "bytea.strpos":
		name = "position"
	case name == "scale":
		return d.displayScale(g, c.Args[0])
	case !kernelCalls[name]:
		return g.unsupported("function %s", name)
	}
	if what := unsupportedPattern(c); what != "" {
		return g.unsupported("%s", what)
	}
	args := make([]string, len(c.Args))
	for i, a := range c.Args {
		if a.Type().Kind == plan.Numeric {
			args[i] = d.wide(g, a)
		} else {
			args[i] = g.expr(a)
		}
	}
	sql := "pg_" + strings.TrimPrefix(name, bytesPrefix) + "(" + strings.Join(args, ", ") + ")"
	if c.T.Kind == plan.Numeric {
		return d.narrow(sql, c.T)
	}
	return sql
}

// pseudonym hands the key's blocks over as the texts that they come as, since a call that reads them would be made for each row.
func (d duckdb) pseudonym(g *gen, c *plan.Call) string {
	args := []string{g.expr(c.Args[0])}
	for _, a := range c.Args[1:] {
		block, ok := a.(*plan.Param)
		if !ok {
			return g.unsupported("pseudonym under a computed key")
		}
		args = append(args, g.expr(&plan.Param{N: block.N, T: plan.T(plan.Text)}))
	}
	return "pg_pseudonym(" + strings.Join(args, ", ") + ")"
}

// displayScale writes scale(x), where every value of x displays the digits of its type.
func (d duckdb) displayScale(g *gen, x plan.Expr) string {
	if !displaysType(x) {
		return g.unsupported("the scale of a numeric that displays more than one")
	}
	return "CASE WHEN " + g.operand(x) + " IS NOT NULL THEN " + itoa(x.Type().Scale) + " END"
}

// patternFlags gives for each function of regular expressions the place of its options, 0 for none.
var patternFlags = map[string]int{
	"regex": 0, "iregex": 0, "substring": 0, "regexp_like": 2, "regexp_count": 3, "regexp_substr": 4, "regexp_instr": 5, "regexp_replace": 5,
}

// unsupportedPattern names what a constant regular expression has that the kernels lack; "" if there is nothing of the kind.
func unsupportedPattern(c *plan.Call) string {
	at, ok := patternFlags[c.Fn]
	if !ok || c.Fn == "substring" && len(c.Args) > 2 {
		return ""
	}
	if c.Fn == "regexp_replace" && len(c.Args) == 4 && c.Args[3].Type().Kind == plan.Text {
		at = 3
	}
	flags := ""
	if at > 0 && at < len(c.Args) {
		if f, ok := c.Args[at].(*plan.Const); ok {
			flags = f.Text
		}
	}
	if p, ok := c.Args[1].(*plan.Const); ok && !p.Null && scalar.RegexSupported(p.Text, flags) != nil {
		return "a regular expression with back references, lookaround, or of another kind than PostgreSQL's advanced ones"
	}
	return ""
}
