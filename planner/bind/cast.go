package bind

import (
	"fmt"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// castExpr binds an explicit cast.
func (b *binder) castExpr(e *ast.Cast, v *env) (plan.Expr, error) {
	e = countedUnit(e)
	to, mod, err := castTarget(e.Type)
	if err != nil {
		return nil, err
	}
	if items, ok := e.X.(*ast.Array); ok && to.Kind == plan.Array && mod == nil {
		return b.array(items, v, to.Element())
	}
	if mod != nil && timed(to.Kind) {
		plain, typ := *e, *e.Type
		typ.Mods = nil
		plain.Type = &typ
		x, err := b.castExpr(&plain, v)
		if err != nil {
			return nil, err
		}
		return precise(x, mod), nil
	}
	x, err := b.expr(e.X, v)
	if err != nil {
		return nil, err
	}
	if x.Type().Kind == plan.Unknown {
		return b.castUnknown(e, x, to, mod)
	}
	if x.Type().Kind == plan.Array || to.Kind == plan.Array {
		return b.castArray(e, x, to, mod)
	}
	if from := x.Type().Kind; from == plan.Bytea && to.Kind == plan.Text || from == plan.Text && to.Kind == plan.Bytea {
		return nil, unsupported(e, fmt.Sprintf("a cast from %s to %s", from, to.Kind))
	}
	if !castable(x.Type().Kind, to.Kind) {
		return nil, errorAt(e, "42846", "cannot cast type %s to %s", x.Type().Kind, to.Kind)
	}
	if to.Kind == plan.Numeric && mod == nil {
		if x.Type().Kind == plan.Numeric {
			return x, nil
		}
		if c, ok := x.(*plan.Const); ok && c.T.IsInteger() && !c.Null {
			return &plan.Const{Text: c.Text, T: numericTypeOf(c.Text)}, nil
		}
		to = asNumeric(x.Type())
	}
	if x.Type() == to && mod == nil {
		return x, nil
	}
	return &plan.Cast{X: x, To: to, Mod: mod}, nil
}

func (b *binder) castUnknown(e *ast.Cast, x plan.Expr, to plan.Type, mod []int) (plan.Expr, error) {
	x, err := b.coerce(e, x, to.Bare())
	if err != nil || mod == nil {
		return x, err
	}
	return &plan.Cast{X: x, To: to, Mod: mod}, nil
}

// castTarget reads the type of a cast and the modifiers that change values.
func castTarget(t *ast.TypeName) (plan.Type, []int, error) {
	if t.Array {
		elem := *t
		elem.Array = false
		to, mod, err := castTarget(&elem)
		if mod != nil && timed(to.Kind) {
			err = unsupported(t, "a precision for type "+to.Kind.String()+"[]")
		}
		return plan.ArrayOf(to), mod, err
	}
	if t.Schema != "" {
		return plan.Type{}, nil, unsupported(t, "a type qualified by a schema")
	}
	to, err := plan.ParseType(t.Name)
	if err != nil {
		if knownType(t.Name) {
			return plan.Type{}, nil, unsupported(t, "type "+t.Name)
		}
		return plan.Type{}, nil, errorAt(t, "42704", "type %q does not exist", t.Name)
	}
	if t.Fields != "" {
		return plan.Type{}, nil, unsupported(t, "an interval restricted to fields")
	}
	switch {
	case len(t.Mods) == 0:
		return to, nil, nil
	case to.Kind == plan.Numeric:
		return numericTarget(t, to)
	case (to.Kind == plan.Text && t.Name != "text" || to.Kind == plan.Bpchar) && t.Mods[0] < 1:
		return to, nil, errorAt(t, "22023", "length for type %s must be at least 1", t.Name)
	case to.Kind == plan.Bpchar || to.Kind == plan.Text && t.Name != "text":
		return to, t.Mods, nil
	case timed(to.Kind) && t.Mods[0] >= 6:
		return to, nil, nil
	case timed(to.Kind) && !t.Array:
		return to, t.Mods[:1], nil
	}
	return plan.Type{}, nil, unsupported(t, fmt.Sprintf("a precision for type %s", to.Kind))
}

func numericTarget(t *ast.TypeName, to plan.Type) (plan.Type, []int, error) {
	p, s := t.Mods[0], 0
	if len(t.Mods) > 1 {
		s = t.Mods[1]
	}
	if p < 1 || p > 1000 {
		return to, nil, errorAt(t, "22023", "NUMERIC precision %d must be between 1 and 1000", p)
	}
	if s < 0 || s > p || s > plan.WideScale {
		return to, nil, unsupported(t, fmt.Sprintf("scale %d of numeric(%d,%d)", s, p, s))
	}
	return plan.NumericType(p, s), []int{p, s}, nil
}

func knownType(name string) bool {
	switch name {
	case "timetz", "bit", "varbit", "money", "inet", "cidr", "macaddr", "xml", "point", "oid", "name", "regclass",
		"tsvector", "tsquery", "int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange", `"char"`, "box", "line", "lseg", "path", "polygon", "circle", "macaddr8", "xid", "xid8", "tid", "cid",
		"int4multirange", "int8multirange", "nummultirange", "datemultirange", "tsmultirange", "tstzmultirange", "jsonpath", "pg_lsn", "regtype", "regproc",
		"regprocedure", "regoper", "regnamespace", "regrole", "txid_snapshot", "pg_snapshot", "refcursor", "record":
		return true
	}
	return false
}

// castable tells which explicit casts exist (pg_cast of PostgreSQL 15, and through text).
func castable(from, to plan.Kind) bool {
	if from == to || to == plan.Text || to == plan.Bpchar || from == plan.Text && to != plan.Bytea {
		return from != plan.Bytea || to == plan.Bytea
	}
	isNumber := func(k plan.Kind) bool { return k >= plan.Int2 && k <= plan.Float8 }
	switch {
	case isNumber(from) && isNumber(to):
		return true
	case from == plan.JSONB && (isNumber(to) || to == plan.Bool):
		return true
	case from == plan.Bpchar:
		return to != plan.Bytea
	case from == plan.Bool:
		return to == plan.Int4
	case to == plan.Bool:
		return from == plan.Int4
	}
	dates := map[plan.Kind][]plan.Kind{
		plan.Date:        {plan.Timestamp, plan.TimestampTZ},
		plan.Timestamp:   {plan.Date, plan.Time, plan.TimestampTZ},
		plan.TimestampTZ: {plan.Date, plan.Time, plan.Timestamp},
		plan.Time:        {plan.Interval},
		plan.Interval:    {plan.Time},
		plan.JSON:        {plan.JSONB},
		plan.JSONB:       {plan.JSON},
	}
	for _, k := range dates[from] {
		if k == to {
			return true
		}
	}
	return false
}
