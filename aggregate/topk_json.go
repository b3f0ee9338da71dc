package aggregate

import (
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/scalar"
)

// listed is a value in the answer of approx_top_k or approx_heavy_hitters.
type listed struct {
	entry   uint32 // of the tally
	count   int64  // it occurs at least so often
	missing int64  // and at most so often more
	certain bool   // it belongs into the list, however often it occurs between the bounds
}

// listWriter writes lists as jsonb shows them.
type listWriter struct {
	value func(dst []byte, i int) ([]byte, error)
}

func newListWriter(values arrow.Array) (*listWriter, error) {
	value, err := scalar.ColumnJSON(values)
	return &listWriter{value}, err
}

// write appends a list; its keys stand in the order that jsonb gives them, the shorter first.
func (w *listWriter) write(dst []byte, list []listed) ([]byte, error) {
	dst = append(dst, '[')
	for i, l := range list {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = strconv.AppendInt(append(dst, `{"count": `...), l.count, 10)
		dst = strconv.AppendInt(append(dst, `, "error": `...), l.missing, 10)
		var err error
		if dst, err = w.value(append(dst, `, "value": `...), int(l.entry)); err != nil {
			return nil, err
		}
		dst = strconv.AppendBool(append(dst, `, "certain": `...), l.certain)
		dst = append(dst, '}')
	}
	return append(dst, ']'), nil
}
