package sqlgen

import (
	"strings"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/plan"
)

// pseudonym writes the HMAC of the bytes of a text's UTF-8. HASHBYTES takes the algorithm's name in any letter case, and varbinary of any
// length since SQL Server 2016, below which no text longer than a number's is written: that takes a UTF-8 collation.
func (d tsql) pseudonym(g *gen, args []plan.Expr) string {
	g.needs(connectors.FeatureSHA256, "pseudonym")
	message := "CAST(CAST(" + g.expr(args[0]) + " AS varchar(40)) AS varbinary(max))"
	if !asciiText(args[0]) {
		g.needs(connectors.FeatureHashBytes, "pseudonym of a text")
		message = "CAST(" + d.bytes(g, args[0]) + " AS varbinary(max))"
	}
	hash := "HASHBYTES(N'SHA2_256', " + g.expr(args[1]) + " + " + message + ")"
	return "LOWER(CONVERT(nvarchar(64), HASHBYTES(N'SHA2_256', " + g.expr(args[2]) + " + " + hash + "), 2))"
}

// maxASCIIText is the most characters of a text that asciiText accepts.
const maxASCIIText = 40

// asciiText reports a short text of characters that every code page has at the same place, as those of numbers and dates are.
func asciiText(e plan.Expr) bool {
	switch e := e.(type) {
	case *plan.Const:
		odd := func(r rune) bool { return r < ' ' || r > '~' || r == '\\' }
		return e.Null || len(e.Text) <= maxASCIIText && !strings.ContainsFunc(e.Text, odd)
	case *plan.Cast:
		from := e.X.Type()
		return e.Mod == nil && (from.IsInteger() || from.Kind == plan.UUID || from.Kind == plan.Date || from.Kind == plan.Bool)
	}
	return false
}
