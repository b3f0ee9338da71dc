package sqlgen

import (
	"github.com/atoll-sql/atoll/planner/plan"
)

// cast writes the casts whose result is PostgreSQL's: among exact numbers, from small exact numbers to floats, among dates
// and timestamps, and to text where the text is the same.
func (d tsql) cast(g *gen, c *plan.Cast) (string, bool) {
	from, to := c.X.Type(), c.To
	switch {
	case to.Kind == plan.Text:
		return d.castText(g, c)
	case to.Kind == plan.Numeric:
		return d.castNumeric(g, c)
	case from.Kind == plan.Numeric && to.IsInteger():
		return d.castInteger(g, c.X, to), true
	case from.IsInteger() && to.Kind == plan.Bool:
		return g.operand(c.X) + " <> 0", false
	case from.IsInteger() && to.IsInteger(), from.Kind == plan.Bool && to.Kind == plan.Int4,
		from.Kind == plan.Float4 && to.Kind == plan.Float8, d.fits(c.X, to):
		return d.castSQL(g, g.expr(c.X), to), true
	case stampKinds[from.Kind] && (stampKinds[to.Kind] || to.Kind == plan.Time && from.Kind != plan.Date):
		return d.castMoment(g, c), true
	}
	return g.unsupported("a cast from %s to %s", from, to), true
}

// fits reports an exact whole number of so few digits that a float holds it.
func (d tsql) fits(x plan.Expr, to plan.Type) bool {
	digits := plan.IntegerDigits[x.Type().Kind]
	if t, ok := known(x); ok && t.Scale == 0 {
		digits = t.Precision
	}
	switch to.Kind {
	case plan.Float8:
		return digits > 0 && digits <= 15
	case plan.Float4:
		return digits > 0 && digits <= 6
	}
	return false
}

func (d tsql) castNumeric(g *gen, c *plan.Cast) (string, bool) {
	from, to := c.X.Type(), c.To
	if _, param := c.X.(*plan.Param); param && from.Wide() && !to.Wide() && c.Mod == nil {
		return d.castSQL(g, g.expr(&plan.Param{N: c.X.(*plan.Param).N, T: plan.T(plan.Text)}), to), true // its digits were counted
	}
	if to.Wide() {
		to, _ = known(c)
	}
	if _, ok := known(c.X); !ok && !from.IsInteger() || to.Wide() {
		return g.unsupported("a cast from %s to %s", from, c.To), true
	}
	return d.castSQL(g, g.expr(c.X), to), true
}

// castInteger rounds half away from zero, with room for one digit more.
func (d tsql) castInteger(g *gen, x plan.Expr, to plan.Type) string {
	t, ok := known(x)
	switch {
	case !ok:
		return g.unsupported("a cast from %s to %s", x.Type(), to)
	case t.Scale == 0:
		return d.castSQL(g, g.expr(x), to)
	}
	return d.castSQL(g, "ROUND("+d.roomy(g, x, t)+", 0)", to)
}

func (d tsql) castText(g *gen, c *plan.Cast) (string, bool) {
	if c.Mod != nil { // varchar(n)
		x := c.X
		if x.Type().Kind != plan.Text {
			x = &plan.Cast{X: x, To: c.To}
		}
		return collate(cut("LEFT("+d.counting(g, x)+", "+itoa(c.Mod[0])+")", c.Mod[0]), binary), false
	}
	switch from := c.X.Type(); {
	case from.Kind == plan.Text || from.Kind == plan.Unknown:
		return g.write(c.X)
	case from.IsInteger():
		return "CONVERT(nvarchar(20), " + g.expr(c.X) + ")", true
	case from.Kind == plan.Numeric && displaysType(c.X):
		return "CONVERT(nvarchar(41), " + g.expr(c.X) + ")", true
	case from.Kind == plan.Bool:
		defer d.nest(g)()
		x := g.condition(c.X)
		return "CASE WHEN " + x + " THEN N'true' WHEN NOT (" + x + ") THEN N'false' END", true
	case from.Kind == plan.Date:
		return "CONVERT(nvarchar(10), " + g.expr(c.X) + ", 23)", true
	case from.Kind == plan.UUID:
		return "LOWER(CONVERT(nvarchar(36), " + g.expr(c.X) + "))", true
	case from.Kind == plan.Bpchar:
		return "RTRIM(" + g.expr(c.X) + ")", true
	default:
		return g.unsupported("the text of %s", from), true
	}
}
