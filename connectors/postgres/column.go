package postgres

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// column collects the values of one result column in Arrow's own layout. The slices are views of the
// buffers, one of them per kind.
type column struct {
	kind      kind
	field     arrow.Field
	width     int // bytes per value; 0 for bits
	precision int
	scale     int
	bound     int64 // 10^precision, as far as an int64 goes

	values *memory.Buffer // fixed-width values, or the offsets of a variable-width column
	data   *memory.Buffer // bytes of a variable-width column, used of them
	used   int
	hint   int            // bytes to begin with, after the batch before
	valid  *memory.Buffer // nil as long as there is no NULL
	nulls  int

	bytes     []byte
	i16       []int16
	i32       []int32
	i64       []int64
	d128      []decimal128.Num
	d256      []decimal256.Num
	intervals []arrow.MonthDayNanoInterval
}

func newColumn(k kind, field arrow.Field) column {
	c := column{kind: k, field: field}
	switch t := field.Type.(type) {
	case *arrow.Decimal128Type:
		c.precision, c.scale = int(t.Precision), int(t.Scale)
		c.bound = int64(pow10[min(c.precision, maxShortDigits)])
	case *arrow.Decimal256Type:
		c.precision, c.scale = int(t.Precision), int(t.Scale)
	}
	switch {
	case c.variable():
		c.width = arrow.Int32SizeBytes
	case field.Type.ID() != arrow.BOOL:
		c.width = field.Type.(arrow.FixedWidthDataType).Bytes()
	}
	return c
}

func (c *column) variable() bool {
	return c.kind == kindText || c.kind == kindJSONB || c.kind == kindBytea
}

// reserve makes room for rows values; what is there stays.
func (c *column) reserve(alloc memory.Allocator, rows int) {
	if c.values == nil {
		c.values = memory.NewResizableBuffer(alloc)
		if c.variable() {
			c.data = memory.NewResizableBuffer(alloc)
			c.data.Reserve(c.hint)
		}
	}
	switch {
	case c.variable():
		c.values.ResizeNoShrink((rows + 1) * c.width)
	case c.width == 0:
		c.values.ResizeNoShrink(int(bitutil.BytesForBits(int64(rows))))
	default:
		c.values.ResizeNoShrink(rows * c.width)
	}
	if c.valid != nil {
		c.reserveValid(rows)
	}
	c.view()
}

// view points the typed slices at the buffer.
func (c *column) view() {
	c.bytes = c.values.Bytes()
	switch c.kind {
	case kindInt16:
		c.i16 = arrow.Int16Traits.CastFromBytes(c.bytes)
	case kindInt32, kindInt16To32, kindFloat32, kindDate, kindText, kindJSONB, kindBytea:
		c.i32 = arrow.Int32Traits.CastFromBytes(c.bytes)
	case kindInt64, kindInt16To64, kindInt32To64, kindFloat64, kindFloat32To64, kindTime, kindTimestamp:
		c.i64 = arrow.Int64Traits.CastFromBytes(c.bytes)
	case kindNumeric128, kindInteger128:
		c.d128 = arrow.Decimal128Traits.CastFromBytes(c.bytes)
	case kindNumeric256, kindInteger256:
		c.d256 = arrow.Decimal256Traits.CastFromBytes(c.bytes)
	case kindInterval:
		c.intervals = arrow.MonthDayNanoIntervalTraits.CastFromBytes(c.bytes)
	}
	if c.variable() {
		c.i32[0] = 0
	}
}

// reserveValid makes the validity bitmap cover rows values, new ones valid.
func (c *column) reserveValid(rows int) {
	old := c.valid.Len()
	c.valid.ResizeNoShrink(int(bitutil.BytesForBits(int64(rows))))
	memory.Set(c.valid.Bytes()[old:], 0xff)
}

// setNull notes a NULL in a row; its value slot is zero, or empty.
func (c *column) setNull(alloc memory.Allocator, row, capacity int) {
	if c.valid == nil {
		c.valid = memory.NewResizableBuffer(alloc)
		c.reserveValid(capacity)
	}
	bitutil.ClearBit(c.valid.Bytes(), row)
	c.nulls++
	switch {
	case c.variable():
		c.i32[row+1] = int32(c.used)
	case c.width == 0:
		bitutil.ClearBit(c.bytes, row)
	default:
		clear(c.bytes[row*c.width : (row+1)*c.width])
	}
}

// textStep bounds by how much room for texts grows beyond what is needed.
const textStep = 4 << 20

// setBytes appends the bytes of a variable-width value.
func (c *column) setBytes(row int, raw []byte) {
	end := c.used + len(raw)
	if end > c.data.Cap() {
		c.data.Reserve(max(end, min(2*c.data.Cap(), end+textStep), 1024))
	}
	copy(c.data.Buf()[c.used:], raw)
	c.used = end
	c.i32[row+1] = int32(end)
}

// take makes an array of the first rows values and lets go of the buffers.
func (c *column) take(rows int) arrow.Array {
	buffers := []*memory.Buffer{nil, c.values}
	switch {
	case c.variable():
		c.values.ResizeNoShrink((rows + 1) * c.width)
		c.data.ResizeNoShrink(c.used)
		c.hint = c.used + c.used/16
		buffers = append(buffers, c.data)
	case c.width == 0:
		c.values.ResizeNoShrink(int(bitutil.BytesForBits(int64(rows))))
	default:
		c.values.ResizeNoShrink(rows * c.width)
	}
	if c.valid != nil {
		c.valid.ResizeNoShrink(int(bitutil.BytesForBits(int64(rows))))
		buffers[0] = c.valid
	}
	data := array.NewData(c.field.Type, rows, buffers, nil, c.nulls, 0)
	defer data.Release()
	c.free()
	return array.MakeFromData(data)
}

// free lets go of the buffers.
func (c *column) free() {
	for _, b := range []*memory.Buffer{c.values, c.data, c.valid} {
		if b != nil {
			b.Release()
		}
	}
	c.values, c.data, c.valid, c.used, c.nulls = nil, nil, nil, 0, 0
}
