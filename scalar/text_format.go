package scalar

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// MaxFormatArgs is the most values that pg_format takes beside the format.
const MaxFormatArgs = 16

var (
	errFormat     = fail("22023", "invalid format: a conversion that is not %s, %I or %L, or no argument for it")
	errFormatNull = fail("22004", "null values cannot be formatted as an SQL identifier")
	errFormatSize = fail("22003", "number in a format is out of range")
)

// formatFunctions lists format with every number of arguments, all of them text.
func formatFunctions() []Function {
	var fs []Function
	for n := range MaxFormatArgs + 1 {
		args := make([]arrow.DataType, n+1)
		for i := range args {
			args[i] = arrow.BinaryTypes.String
		}
		fs = append(fs, Function{Name: "pg_format", Args: args, Result: arrow.BinaryTypes.String, Eval: evalFormat})
	}
	return fs
}

func evalFormat(alloc memory.Allocator, args []arrow.Array, rows int) (arrow.Array, error) {
	cols := make([]column[string], max(len(args), 1))
	for i := range cols {
		c, err := kText.in(args, i)
		if err != nil {
			return nil, err
		}
		cols[i] = c
	}
	out := array.NewStringBuilder(alloc)
	defer out.Release()
	var buf []byte
	for row := range rows {
		if cols[0].IsNull(row) {
			out.AppendNull()
			continue
		}
		f := formatter{dst: buf[:0], values: cols[1:], row: row}
		if err := f.run(cols[0].Value(row)); err != nil {
			return nil, err
		}
		out.BinaryBuilder.Append(f.dst)
		buf = keep(buf, f.dst)
	}
	return out.NewArray(), nil
}

// formatter writes one row.
type formatter struct {
	dst    []byte
	values []column[string]
	row    int
	next   int // the value that the next conversion without a position takes, from 0
}

func (f *formatter) run(format string) error {
	for {
		at := strings.IndexByte(format, '%')
		if at < 0 {
			f.dst = append(f.dst, format...)
			return nil
		}
		f.dst = append(f.dst, format[:at]...)
		format = format[at+1:]
		if strings.HasPrefix(format, "%") {
			f.dst, format = append(f.dst, '%'), format[1:]
			continue
		}
		var err error
		if format, err = f.conversion(format); err != nil {
			return err
		}
	}
}

// conversion takes what stands behind a percent sign: [position$][-][width]type.
func (f *formatter) conversion(s string) (rest string, err error) {
	position, s, err := cutNumber(s)
	if err != nil {
		return "", err
	}
	width, left, hasWidth := 0, false, false
	switch {
	case position >= 0 && strings.HasPrefix(s, "$"):
		if position == 0 {
			return "", errFormat
		}
		s = s[1:]
	case position >= 0: // it was the width
		width, hasWidth, position = position, true, -1
	}
	if !hasWidth {
		for strings.HasPrefix(s, "-") {
			left, s = true, s[1:]
		}
		if strings.HasPrefix(s, "*") {
			if width, s, err = f.indirectWidth(s[1:]); err != nil {
				return "", err
			}
		} else {
			var n int
			if n, s, err = cutNumber(s); err != nil {
				return "", err
			}
			width = max(n, 0)
		}
	}
	if s == "" {
		return "", errFormat
	}
	if width < 0 {
		left, width = true, -width
	}
	text, null, err := f.value(position)
	if err != nil {
		return "", err
	}
	return s[1:], f.write(s[0], text, null, left, width)
}

// cutNumber takes digits from the front; without any it returns -1.
func cutNumber(s string) (int, string, error) {
	digits, rest := cutDigits(s)
	if digits == "" {
		return -1, s, nil
	}
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil {
		return 0, "", errFormatSize
	}
	return int(n), rest, nil
}

// indirectWidth takes the width from an argument: * or *n$.
func (f *formatter) indirectWidth(s string) (int, string, error) {
	position, s, err := cutNumber(s)
	if err != nil {
		return 0, "", err
	}
	if position >= 0 {
		if position == 0 || !strings.HasPrefix(s, "$") {
			return 0, "", errFormat
		}
		s = s[1:]
	}
	text, null, err := f.value(position)
	if err != nil || null {
		return 0, s, err
	}
	n, err := parseInt(text, 32)
	if err == nil && n == math.MinInt32 {
		err = errFormatSize
	}
	return int(n), s, err
}

// value returns the argument at a position, from 1, or the next one.
func (f *formatter) value(position int) (text string, null bool, err error) {
	if position < 0 {
		position = f.next + 1
	}
	f.next = position
	if position > len(f.values) {
		return "", false, errFormat
	}
	c := f.values[position-1]
	if c.IsNull(f.row) {
		return "", true, nil
	}
	return c.Value(f.row), false, nil
}

func (f *formatter) write(kind byte, text string, null, left bool, width int) error {
	var b []byte
	switch kind {
	case 's':
		b = append(b, text...)
	case 'I':
		if null {
			return errFormatNull
		}
		b = appendIdent(nil, text)
	case 'L':
		if b = []byte("NULL"); !null {
			b = appendQuoted(nil, text)
		}
	default:
		return errFormat
	}
	pad := max(width-utf8.RuneCount(b), 0)
	if len(f.dst)+len(b)+pad > maxText {
		return errTooLarge
	}
	if !left {
		f.dst = appendFill(f.dst, " ", pad)
	}
	f.dst = append(f.dst, b...)
	if left {
		f.dst = appendFill(f.dst, " ", pad)
	}
	return nil
}
