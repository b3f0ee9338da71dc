package bind

import (
	"regexp"

	"github.com/atoll-sql/atoll/planner/ast"
)

// wholeNumber is a number that the grammar of intervals takes for a count of one unit.
var wholeNumber = regexp.MustCompile(`^[+-]?[0-9]{1,9}$`)

// countedUnit rewrites interval '3' month as interval '3 month': for a whole number of one unit both mean the same. Any other
// restriction of fields, which would also cut values off, is left as it is.
func countedUnit(e *ast.Cast) *ast.Cast {
	lit, ok := e.X.(*ast.Literal)
	if !ok || lit.Kind != ast.LitString || !wholeNumber.MatchString(lit.Text) {
		return e
	}
	switch e.Type.Fields {
	case "year", "month", "day", "hour", "minute", "second":
	default:
		return e
	}
	if len(e.Type.Mods) > 0 || e.Type.Array || e.Type.Schema != "" {
		return e
	}
	counted, typ := *lit, *e.Type
	counted.Text, typ.Fields = lit.Text+" "+typ.Fields, ""
	return &ast.Cast{Pos: e.Pos, X: &counted, Type: &typ}
}
