package atoll

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/bind"
)

// textArgs puts a caller's parameter values into a text form that PostgreSQL reads. Which type each has, and thus what
// its canonical form is, the binder finds out.
func textArgs(args []any) ([]bind.Param, error) {
	out := make([]bind.Param, len(args))
	for i, a := range args {
		text, null, err := textArg(a)
		if err != nil {
			return nil, usageError(fmt.Errorf("parameter $%d: %w", i+1, err))
		}
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return nil, &Error{Kind: KindUsage, SQLState: "22021", Pos: -1,
				Text: fmt.Sprintf("parameter $%d: a text must be UTF-8 without NUL bytes; pass other bytes as []byte", i+1)}
		}
		out[i] = bind.Param{Text: text, Null: null}
	}
	return out, nil
}

// textArg accepts nil, strings, booleans, all integers and floats, []byte, time.Time and fmt.Stringer, and slices of them.
func textArg(a any) (text string, null bool, err error) {
	switch a := a.(type) {
	case nil:
		return "", true, nil
	case string:
		return a, false, nil
	case bool:
		return strconv.FormatBool(a), false, nil
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return fmt.Sprint(a), false, nil
	case float32:
		return floatText(float64(a), 32), false, nil
	case float64:
		return floatText(a, 64), false, nil
	case []byte:
		return `\x` + hex.EncodeToString(a), false, nil
	case time.Time:
		return timeText(a.UTC()), false, nil
	case fmt.Stringer:
		return a.String(), false, nil
	}
	if text, ok, err := arrayArg(a); ok {
		return text, false, err
	}
	return "", false, fmt.Errorf("values of type %T are not supported: pass it as text", a)
}

// timeText writes a moment in UTC; a year before the first has an era in PostgreSQL, not a sign.
func timeText(t time.Time) string {
	if y := t.Year(); y <= 0 {
		return fmt.Sprintf("%04d", 1-y) + t.Format("-01-02 15:04:05.999999") + "+00 BC"
	}
	return t.Format("2006-01-02 15:04:05.999999") + "+00"
}

func floatText(f float64, bits int) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return strconv.FormatFloat(f, 'g', -1, bits)
}

func connectorArgs(params []bind.Param) []connectors.Arg {
	out := make([]connectors.Arg, len(params))
	for i, p := range params {
		out[i] = connectors.Arg{Text: p.Text, Null: p.Null, Secret: p.Secret}
	}
	return out
}

func nullable(params []bind.Param) []*string {
	out := make([]*string, len(params))
	for i := range params {
		if !params[i].Null {
			out[i] = &params[i].Text
		}
	}
	return out
}
