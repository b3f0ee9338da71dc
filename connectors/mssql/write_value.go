package mssql

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/connectors"
)

// short is the length of the texts of all types but text and binary: a bounded type spares the server large objects.
const short = "100"

// outgoing says how the values of one field become those of a column.
type outgoing struct {
	field arrow.Field
	to    targetColumn
	array arrow.Array
	// put appends the JSON of a value that is not NULL, one string for each cell, each with a comma behind it.
	put    func(b []byte, i int) ([]byte, error)
	cells  []string // lengths of the texts that one value travels as
	first  int      // place of the first of them in a row
	sql    func(cells []string) string
	beyond bool // a text of the current part has more than ASCII and its column a code page
}

// newOutgoing decides how a field is written into a column, or says that it cannot be.
func newOutgoing(field arrow.Field, to targetColumn, values arrow.Array) (*outgoing, error) {
	c := &outgoing{field: field, to: to, array: values, cells: []string{short}}
	c.sql = c.cast(to.native())
	known := false
	switch to.typ {
	case "bit":
		known = c.fromBool()
	case "tinyint", "smallint", "int", "bigint", "decimal", "numeric", "money", "smallmoney":
		known = c.fromNumber()
	case "real", "float":
		known = c.fromFloat()
	case "char", "varchar", "nchar", "nvarchar":
		known = c.fromText()
	case "binary", "varbinary":
		known = c.fromBinary()
	case "uniqueidentifier":
		known = c.fromUUID()
	default:
		known = c.fromMoment()
	}
	if !known {
		return nil, columnError(connectors.ClassSchema, "42804", fmt.Sprintf("a %s cannot be written into a column of type %s", field.Type, to.native()), field.Name)
	}
	return c, nil
}

// cast reads a text as a value of the type.
func (c *outgoing) cast(native string) func([]string) string {
	return func(cells []string) string { return "CAST(" + cells[0] + " AS " + native + ")" }
}

// append writes value i, with a comma behind it.
func (c *outgoing) append(b []byte, i int) ([]byte, error) {
	if !c.array.IsNull(i) {
		return c.put(b, i)
	}
	for range c.cells {
		b = append(b, "null,"...)
	}
	return b, nil
}

// plain appends a text that needs no escapes.
func plain(b []byte, text string) []byte {
	b = append(b, '"')
	b = append(b, text...)
	return append(b, '"', ',')
}

// refuse is the error of a value that the column cannot hold exactly.
func (c *outgoing) refuse(state, why string) error {
	return columnError(connectors.ClassData, state, connectors.DataMessage(state)+": "+why+" "+c.to.native(), c.field.Name)
}

func (c *outgoing) fromBool() bool {
	values, ok := c.array.(*array.Boolean)
	c.put = func(b []byte, i int) ([]byte, error) {
		if values.Value(i) {
			return plain(b, "1"), nil
		}
		return plain(b, "0"), nil
	}
	return ok
}

// fromFloat sends a float's digits and its bits. The server's own bits must be these, for the vendor does not say that its reading of
// digits is exact; where they are not, the statement fails over a text that is no number.
func (c *outgoing) fromFloat() bool {
	size, bytes, smallest := 64, 8, 0x1p-1022
	if c.to.typ == "real" {
		size, bytes, smallest = 32, 4, 0x1p-126
	}
	var value func(i int) float64
	switch values := c.array.(type) {
	case *array.Float32:
		value = func(i int) float64 { return float64(values.Value(i)) }
	case *array.Float64:
		value = values.Value
	default:
		return false
	}
	c.cells = []string{short, short}
	c.sql = func(cells []string) string {
		x := c.cast(c.to.typ)(cells)
		return fmt.Sprintf("CASE WHEN CAST(%s AS varbinary(%d)) = CONVERT(varbinary(%d), %s, 2) THEN %s ELSE CAST(N'x' + %s AS float) END",
			x, bytes, bytes, cells[1], x, cells[1])
	}
	c.put = func(b []byte, i int) ([]byte, error) {
		v := value(i)
		switch {
		case math.IsNaN(v), math.IsInf(v, 0):
			return b, c.refuse("22003", "NaN and the infinities are no values of")
		case v == 0 && math.Signbit(v):
			return b, c.refuse("22003", "a negative zero is no value of")
		case v != 0 && math.Abs(v) < smallest:
			return b, c.refuse("22003", "a number below the normal range is no value of")
		case size == 32 && float64(float32(v)) != v:
			return b, c.refuse("22003", "a number has more digits than, or is beyond the range of")
		}
		bits := fmt.Sprintf("%016x", math.Float64bits(v))
		if size == 32 {
			bits = fmt.Sprintf("%08x", math.Float32bits(float32(v)))
		}
		return plain(plain(b, strconv.FormatFloat(v, 'e', -1, size)), bits), nil
	}
	return true
}

// fromText sends texts as they are. What is shorter than a column of fixed length comes back with blanks, which say nothing in a
// character(n) but something in a text.
func (c *outgoing) fromText() bool {
	values, ok := c.array.(*array.String)
	fixed := c.to.typ == "char" || c.to.typ == "nchar"
	wide := c.to.typ == "nchar" || c.to.typ == "nvarchar"
	padding := fieldMark(c.field) == "bpchar"
	limit := c.to.units()
	c.cells = []string{"max"}
	c.sql = func(cells []string) string { return cells[0] }
	c.put = func(b []byte, i int) ([]byte, error) {
		text := values.Value(i)
		ascii, units, valid := measure(text)
		bytes := len(text)
		if wide {
			bytes = units
		}
		counted := wide || ascii || c.to.utf8() // otherwise the code page knows
		switch {
		case !valid:
			return b, c.refuse("22021", "a text is no valid UTF-8, or has U+0000, and cannot be written into")
		case counted && limit >= 0 && bytes > limit:
			return b, c.refuse("22001", "a text does not fit")
		case fixed && !padding && (!counted || bytes < limit):
			return b, c.refuse("22001", "a text would get blanks at its end in")
		case !c.to.padded && !padding && strings.HasSuffix(text, " "):
			return b, c.refuse("22001", "a text would lose the blanks at its end (ANSI_PADDING is off) in")
		}
		c.beyond = c.beyond || !counted
		return quote(b, text), nil
	}
	return ok
}

// fieldMark is the PostgreSQL type that a field's metadata names.
func fieldMark(f arrow.Field) string {
	if i := f.Metadata.FindKey(connectors.TypeKey); i >= 0 {
		return f.Metadata.Values()[i]
	}
	return ""
}

// measure counts the UTF-16 units of a text. It is not valid if it is no UTF-8, or has a NUL, of which JSON's readers make different things.
func measure(text string) (ascii bool, units int, valid bool) {
	ascii = true
	for i := range len(text) {
		if text[i] == 0 {
			return false, 0, false
		}
		ascii = ascii && text[i] < utf8.RuneSelf
	}
	if ascii {
		return true, len(text), true
	}
	for _, r := range text {
		if units++; r > 0xffff {
			units++
		}
	}
	return false, units, utf8.ValidString(text)
}

// quote appends a JSON string and a comma.
func quote(b []byte, text string) []byte {
	b = append(b, '"')
	for i := range len(text) {
		switch ch := text[i]; {
		case ch == '"' || ch == '\\':
			b = append(b, '\\', ch)
		case ch < ' ':
			b = append(b, fmt.Sprintf(`\u%04x`, ch)...)
		default:
			b = append(b, ch)
		}
	}
	return append(b, '"', ',')
}

func (c *outgoing) fromBinary() bool {
	values, ok := c.array.(*array.Binary)
	c.cells = []string{"max"}
	c.sql = func(cells []string) string { return "CONVERT(varbinary(max), " + cells[0] + ", 2)" }
	c.put = func(b []byte, i int) ([]byte, error) {
		v := values.Value(i)
		switch {
		case c.to.length >= 0 && len(v) > c.to.length:
			return b, c.refuse("22001", "a value does not fit")
		case c.to.typ == "binary" && len(v) < c.to.length:
			return b, c.refuse("22001", "a value would get zero bytes at its end in")
		case !c.to.padded && len(v) > 0 && v[len(v)-1] == 0:
			return b, c.refuse("22001", "a value would lose the zero bytes at its end (ANSI_PADDING is off) in")
		}
		b = append(b, '"')
		b = hex.AppendEncode(b, v)
		return append(b, '"', ','), nil
	}
	return ok
}

func (c *outgoing) fromUUID() bool {
	values, ok := c.array.(*array.FixedSizeBinary)
	c.put = func(b []byte, i int) ([]byte, error) {
		v := values.Value(i)
		return plain(b, fmt.Sprintf("%x-%x-%x-%x-%x", v[:4], v[4:6], v[6:8], v[8:10], v[10:])), nil
	}
	return ok && c.field.Type.(*arrow.FixedSizeBinaryType).ByteWidth == 16
}
