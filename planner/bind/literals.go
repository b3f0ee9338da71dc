package bind

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// parseBool reads PostgreSQL's spellings of a boolean: unique prefixes of true, false, yes, no, and on,
// off, 1, 0.
func parseBool(s string) (string, bool) {
	s = strings.ToLower(s)
	switch {
	case s == "":
		return "", false
	case s == "1", s == "on", strings.HasPrefix("true", s), strings.HasPrefix("yes", s):
		return "true", true
	case s == "0", s == "off", s == "of", strings.HasPrefix("false", s), strings.HasPrefix("no", s):
		return "false", true
	}
	return "", false
}

func validInteger(s string, k plan.Kind) bool {
	bits := map[plan.Kind]int{plan.Int2: 16, plan.Int4: 32, plan.Int8: 64}[k]
	_, err := strconv.ParseInt(s, 10, bits)
	return err == nil
}

// looksNumeric accepts what PostgreSQL's numeric does, but for NaN and infinities, which no decimal holds.
func looksNumeric(s string) bool {
	if strings.ContainsAny(s, "xX_/pPiInN") {
		return false
	}
	_, ok := new(big.Rat).SetString(s)
	return ok
}
