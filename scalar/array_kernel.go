package scalar

import (
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// arrayFunctions lists the functions of arrays, which are text here. An elem is the name of the elements' type as in
// [Canonical], "text" for what has no other.
func arrayFunctions() []Function {
	return slices.Concat(arrayShapeFunctions(), arrayItemFunctions(), arrayChangeFunctions(), arrayTextFunctions(), arraySetFunctions())
}

// arrayRow is one row's arguments of a function, and the arrays that were read last: a constant, or an array of which row
// after row reads another element, is parsed once.
type arrayRow struct {
	texts [6]column[string]
	ints  [6]column[int32]
	big   [6]column[int64]
	row   int
	n     int
	buf   []byte
	read  [6]struct {
		text string
		done bool
		a    Array
		err  error
	}
}

func (r *arrayRow) null(i int) bool {
	switch {
	case i >= r.n:
		return true
	case r.texts[i] != nil:
		return r.texts[i].IsNull(r.row)
	case r.big[i] != nil:
		return r.big[i].IsNull(r.row)
	}
	return r.ints[i].IsNull(r.row)
}

func (r *arrayRow) text(i int) string { return r.texts[i].Value(r.row) }

func (r *arrayRow) int(i int) int {
	if r.big[i] != nil {
		return int(r.big[i].Value(r.row))
	}
	return int(r.ints[i].Value(r.row))
}

// array parses an argument. The result must not be changed.
func (r *arrayRow) array(i int) (Array, error) {
	s, c := r.text(i), &r.read[i]
	if !c.done || c.text != s {
		c.a, c.err = ParseArray(s)
		c.text, c.done = s, true
	}
	return c.a, c.err
}

// item is an argument as an element.
func (r *arrayRow) item(i int) ArrayItem {
	if r.null(i) {
		return ArrayItem{Null: true}
	}
	return ArrayItem{Text: r.text(i)}
}

// put writes an array as the row's result.
func (r *arrayRow) put(a Array, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	r.buf = a.Append(r.buf[:0])
	return r.buf, nil
}

var tArr, tDim, tBig = arrow.DataType(arrow.BinaryTypes.String), arrow.DataType(arrow.PrimitiveTypes.Int32), arrow.DataType(arrow.PrimitiveTypes.Int64)

// arrayFn makes a function of texts and integers that gives NULL where one of its first strict arguments is NULL.
func arrayFn[R any](name string, result kind[R], strict int, f func(*arrayRow) (R, error), args ...arrow.DataType) Function {
	return Function{Name: name, Args: args, Result: result.dt, Strict: strict == len(args),
		Eval: func(alloc memory.Allocator, in []arrow.Array, rows int) (arrow.Array, error) {
			r := &arrayRow{n: len(args)}
			for i, dt := range args {
				var err error
				switch dt.ID() {
				case arrow.STRING:
					r.texts[i], err = kText.in(in, i)
				case arrow.INT64:
					r.big[i], err = kInt8.in(in, i)
				default:
					r.ints[i], err = kInt4.in(in, i)
				}
				if err != nil {
					return nil, err
				}
			}
			null := func(row int) bool {
				r.row = row
				for i := range strict {
					if r.null(i) {
						return true
					}
				}
				return false
			}
			return collect(result, alloc, rows, null, func(row int) (R, error) { r.row = row; return f(r) })
		}}
}
