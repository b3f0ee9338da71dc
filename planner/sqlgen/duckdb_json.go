package sqlgen

import (
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

func isJSON(k plan.Kind) bool { return k == plan.JSON || k == plan.JSONB }

// jsonPrefix stands before the names of operators of json and jsonb.
const jsonPrefix = "json."

// jsonOperators are the kernels of the operators.
var jsonOperators = map[string]string{
	"->": "pg_json_get", "->>": "pg_json_get_text", "#>": "pg_json_path", "#>>": "pg_json_path_text",
	"@>": "pg_jsonb_contains", "?": "pg_jsonb_exists", "?|": "pg_jsonb_exists_any", "?&": "pg_jsonb_exists_all",
	"||": "pg_jsonb_concat", "-": "pg_jsonb_delete", "#-": "pg_jsonb_delete_path",
}

// jsonKernels are the functions that a kernel computes.
var jsonKernels = map[string]string{
	"json_array_length": "pg_json_array_length", "jsonb_array_length": "pg_json_array_length", "json_typeof": "pg_json_typeof", "jsonb_typeof": "pg_json_typeof",
	"json_strip_nulls": "pg_json_strip_nulls", "jsonb_strip_nulls": "pg_jsonb_strip_nulls", "jsonb_pretty": "pg_jsonb_pretty",
	"jsonb_set": "pg_jsonb_set", "jsonb_insert": "pg_jsonb_insert", "jsonb.key": "pg_jsonb_key",
	"json_extract_path": "pg_json_step", "jsonb_extract_path": "pg_json_step", "json_extract_path_text": "pg_json_step_text", "jsonb_extract_path_text": "pg_json_step_text",
	"json_object": "pg_json_object",
}

// jsonCall writes a call of json or jsonb; ok is false for any other.
func (d duckdb) jsonCall(g *gen, c *plan.Call) (sql string, ok bool) {
	if op, is := strings.CutPrefix(c.Fn, jsonPrefix); is && c.Fn != RecordCall && c.Fn != "json.list" {
		name := jsonOperators[op]
		if name == "" {
			return g.unsupported("operator %s", op), true
		}
		at := c.Args[1].Type().Kind
		if c.Args[0].Type().Kind == plan.JSONB && at == plan.Int4 && strings.HasPrefix(op, "->") {
			name = strings.Replace(name, "json", "jsonb", 1)
		}
		if op == "-" && at == plan.Array {
			name += "_keys"
		}
		return name + "(" + g.list(c.Args) + ")", true
	}
	if name := jsonKernels[c.Fn]; name != "" {
		return name + "(" + g.list(c.Args) + ")", true
	}
	switch c.Fn {
	case "precision":
		return "pg_precision(" + g.list(c.Args) + ")", true
	case bytesPrefix + "||":
		return "(" + g.operand(c.Args[0]) + " || " + g.operand(c.Args[1]) + ")", true
	case "to_json":
		return d.jsonText(g, c.Args[0]), true
	case "to_jsonb":
		return "pg_jsonb(" + d.jsonText(g, c.Args[0]) + ")", true
	case "jsonb_object":
		return "pg_jsonb(pg_json_object(" + g.list(c.Args) + "))", true
	case "json_build_object", "json_build_array":
		return d.buildJSON(g, c), true
	case "jsonb_build_object", "jsonb_build_array":
		return "pg_jsonb(" + d.buildJSON(g, c) + ")", true
	case "json.list":
		return "pg_json_list(" + g.list(c.Args) + ")", true
	case RecordCall:
		return d.jsonRecord(g, c), true
	}
	return "", false
}

// buildJSON writes the text of json_build_object or json_build_array.
func (d duckdb) buildJSON(g *gen, c *plan.Call) string {
	object := strings.HasSuffix(c.Fn, "_object")
	parts := []string{quoteLiteral("["), quoteLiteral("]")}
	if object {
		parts = []string{quoteLiteral("{"), quoteLiteral("}")}
	}
	end := parts[1]
	parts = parts[:1]
	for i, x := range c.Args {
		if object && i%2 == 0 {
			if i > 0 {
				parts = append(parts, quoteLiteral(", "))
			}
			parts = append(parts, "pg_json_key("+d.jsonText(g, x)+")", quoteLiteral(" : "))
			continue
		}
		if !object && i > 0 {
			parts = append(parts, quoteLiteral(", "))
		}
		parts = append(parts, d.jsonOrNull(g, x))
	}
	return "concat(" + strings.Join(append(parts, end), ", ") + ")"
}

func (d duckdb) jsonOrNull(g *gen, x plan.Expr) string {
	return "coalesce(" + d.jsonText(g, x) + ", 'null')"
}

// RecordCall is the JSON object of a row: names, which are literals, and values in turn.
const RecordCall = "json.record"

func (d duckdb) jsonRecord(g *gen, c *plan.Call) string {
	parts := []string{"'{'"}
	for i := 0; i+1 < len(c.Args); i += 2 {
		if i > 0 {
			parts = append(parts, "','")
		}
		parts = append(parts, "pg_json_quote("+g.expr(c.Args[i])+")", "':'", d.jsonOrNull(g, c.Args[i+1]))
	}
	return "concat(" + strings.Join(append(parts, "'}'"), ", ") + ")"
}

// jsonText writes a value as the text of JSON; NULL stays NULL.
func (d duckdb) jsonText(g *gen, x plan.Expr) string {
	text := func() string { return d.castText(g, &plan.Cast{X: x, To: plan.T(plan.Text)}) }
	switch k := x.Type().Kind; {
	case isJSON(k):
		return g.expr(x)
	case k == plan.Text, k == plan.Bpchar, k == plan.Unknown:
		return "pg_json_quote(" + g.expr(x) + ")"
	case k == plan.Bool:
		return "CAST(" + g.expr(x) + " AS VARCHAR)"
	case x.Type().IsInteger(), k == plan.Numeric:
		return text()
	case x.Type().IsFloat():
		return "pg_json_number(" + text() + ")"
	case k == plan.Date, k == plan.Timestamp, k == plan.TimestampTZ:
		return "pg_json_moment(" + text() + ")"
	case k == plan.Bytea:
		return "pg_json_quote('\\x' || lower(hex(" + g.expr(x) + ")))"
	case k == plan.Array:
		return d.jsonArray(g, x)
	}
	return "pg_json_quote(" + text() + ")"
}

// jsonArray writes an array as JSON, from its text.
func (d duckdb) jsonArray(g *gen, x plan.Expr) string {
	how := "quote"
	switch t := x.Type().Element(); {
	case t.IsNumber():
		how = "number"
	case t.Kind == plan.Bool:
		how = "bool"
	case isJSON(t.Kind):
		how = "plain"
	case t.Kind == plan.Date, t.Kind == plan.Timestamp, t.Kind == plan.TimestampTZ:
		how = "moment"
	}
	return "pg_json_array(" + g.expr(x) + ", " + quoteLiteral(how) + ")"
}

// castJSON writes a cast from or to json and jsonb; ok is false for any other, and for a cast to text.
func (d duckdb) castJSON(g *gen, c *plan.Cast) (sql string, ok bool) {
	from, to := c.X.Type(), c.To
	switch {
	case to.Kind == plan.JSON && from.Kind == plan.JSONB:
		return g.expr(c.X), true
	case to.Kind == plan.JSON && from.Kind != plan.JSON:
		return "pg_json(" + g.expr(c.X) + ")", true
	case to.Kind == plan.JSONB && from.Kind != plan.JSONB:
		return "pg_jsonb(" + g.expr(c.X) + ")", true
	case from.Kind != plan.JSONB:
		return "", false
	}
	x := g.expr(c.X)
	switch {
	case to.Kind == plan.Bool:
		return "pg_jsonb_bool(" + x + ")", true
	case to.IsInteger():
		return "pg_wide_to_" + scalarNames[to.Kind] + "(pg_jsonb_numeric(" + x + "))", true
	case to.IsFloat():
		return "pg_jsonb_" + scalarNames[to.Kind] + "(" + x + ")", true
	case to.Kind == plan.Numeric:
		sql := "pg_jsonb_numeric(" + x + ")"
		if c.Mod != nil {
			sql = "pg_numeric_typmod(" + sql + ", " + itoa(c.Mod[0]) + ", " + itoa(c.Mod[1]) + ")"
		}
		return d.narrow(sql, to), true
	}
	return "", false
}
