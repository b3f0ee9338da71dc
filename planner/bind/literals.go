package bind

import (
	"math/big"
	"strconv"
	"strings"
	"time"

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

// relativeDate gives the date literals that name the present their value, so that all shards mean the same moment.
func (b *binder) relativeDate(s string, t plan.Type) (plan.Expr, bool) {
	if t.Kind != plan.Date && t.Kind != plan.Timestamp && t.Kind != plan.TimestampTZ {
		return nil, false
	}
	now := b.opts.Now.UTC()
	day := now.Truncate(24 * time.Hour)
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "now":
	case "today":
		now = day
	case "tomorrow":
		now = day.AddDate(0, 0, 1)
	case "yesterday":
		now = day.AddDate(0, 0, -1)
	default:
		return nil, false
	}
	return moment(now, t), true
}

// moment is a literal of a date or timestamp type.
func moment(at time.Time, t plan.Type) plan.Expr {
	switch t.Kind {
	case plan.Date:
		return &plan.Const{Text: at.Format(time.DateOnly), T: t}
	case plan.TimestampTZ:
		return &plan.Const{Text: at.Format(stampLayout) + "+00", T: t}
	}
	return &plan.Const{Text: at.Format(stampLayout), T: t}
}

const stampLayout = "2006-01-02 15:04:05.000000"
