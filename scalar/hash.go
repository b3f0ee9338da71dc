package scalar

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// HashKind names a 64-bit hash of values. The numbers are those of plan.HashKind, and stand in stored sketches.
type HashKind uint8

// The hashes. Equal values, as PostgreSQL compares them, have equal hashes within a kind; exact numbers across their types, too. docs/approx.md
// defines them byte by byte.
const (
	HashFast     HashKind = iota // lookup3, which PostgreSQL's own hash functions compute
	HashPortable                 // the first 8 bytes of MD5 over the canonical bytes
	HashKeyed                    // the first 8 bytes of HMAC-SHA-256 over the canonical bytes
)

// HashKeySize is the length of a key of [HashKeyed]: the inner and the outer block of RFC 2104, each 64 bytes, one after the other.
const HashKeySize = 2 * blockSize

// Hasher hashes columns of one type as the shards' SQL does. It keeps scratch space: one goroutine uses it at a time.
type Hasher struct {
	field arrow.Field
	open  func(arrow.Array) (func(row int) (uint64, error), error)
}

// typeKey is the metadata key that names what an Arrow type alone does not, as package connectors has it.
const typeKey = "atoll.type"

// NewHasher makes the hasher of a column, whose type is as plan.Type's Field gives it, metadata included. The key, of [HashKeySize] bytes, is of
// HashKeyed alone, and is not changed later. What has no equality (json) or no hash is error 42883 or 0A000.
func NewHasher(kind HashKind, f arrow.Field, key []byte) (*Hasher, error) {
	d, err := newDigest(kind, key)
	if err != nil {
		return nil, err
	}
	open, err := opener(d, f)
	if err != nil {
		return nil, err
	}
	return &Hasher{field: f, open: open}, nil
}

// Hash appends the hash of every row of a to dst. Whether a row has one says a's own validity: what is appended for a NULL is 0 and means nothing.
func (h *Hasher) Hash(dst []uint64, a arrow.Array) ([]uint64, error) {
	if !arrow.TypeEqual(a.DataType(), h.field.Type) {
		return dst, fmt.Errorf("scalar: a column of %s was given to the hasher of %s", a.DataType(), h.field.Type)
	}
	hash, err := h.open(a)
	if err != nil {
		return dst, err
	}
	for i := range a.Len() {
		sum := uint64(0)
		if a.IsValid(i) {
			if sum, err = hash(i); err != nil {
				return dst, err
			}
		}
		dst = append(dst, sum)
	}
	return dst, nil
}

type rowHash = func(arrow.Array) (func(row int) (uint64, error), error)

// opener finds what hashes columns of a type.
func opener(d *digest, f arrow.Field) (rowHash, error) {
	mark, _ := f.Metadata.GetValue(typeKey)
	elem, isArray := strings.CutSuffix(mark, "[]")
	switch {
	case isArray:
		return arrayHash(d, elem)
	case mark == "json":
		return nil, fail("42883", "json has no equality, so that its values cannot be counted as distinct: cast them to jsonb")
	case mark == "jsonb":
		return rowsOf(d, jsonbForm), nil
	case mark == "bpchar":
		return rowsOf(d, bpcharForm), nil
	}
	switch t := f.Type.(type) {
	case *arrow.Decimal128Type:
		return rowsOf(d, decimalForm(narrowText(int(t.Scale)))), nil
	case *arrow.Decimal256Type:
		if t.Scale == wideType.Scale {
			return rowsOf(d, decimalForm(wholeText)), nil
		}
	case *arrow.FixedSizeBinaryType:
		if t.ByteWidth == 16 {
			return rowsOf(d, uuidForm), nil
		}
	case *arrow.TimestampType:
		if t.Unit == arrow.Microsecond {
			return rowsOf(d, stampForm), nil
		}
	case *arrow.Time64Type:
		if t.Unit == arrow.Microsecond {
			return rowsOf(d, timeForm), nil
		}
	}
	if open, ok := plainHashes(d)[f.Type.ID()]; ok {
		return open, nil
	}
	return nil, fail("0A000", fmt.Sprintf("there is no hash of %s", f.Type))
}

func plainHashes(d *digest) map[arrow.Type]rowHash {
	return map[arrow.Type]rowHash{
		arrow.BOOL: rowsOf(d, boolForm), arrow.INT16: rowsOf(d, intForm[int16]()), arrow.INT32: rowsOf(d, intForm[int32]()), arrow.INT64: rowsOf(d, intForm[int64]()),
		arrow.FLOAT32: rowsOf(d, floatForm[float32]()), arrow.FLOAT64: rowsOf(d, floatForm[float64]()), arrow.STRING: rowsOf(d, textForm), arrow.BINARY: rowsOf(d, byteaForm),
		arrow.DATE32: rowsOf(d, dateForm), arrow.INTERVAL_MONTH_DAY_NANO: rowsOf(d, intervalForm),
	}
}

// rowsOf hashes the rows of columns whose values are of a form.
func rowsOf[T any](d *digest, f form[T]) rowHash {
	return func(a arrow.Array) (func(int) (uint64, error), error) {
		c, ok := a.(column[T])
		if !ok {
			return nil, fmt.Errorf("scalar: a column of %s cannot be hashed so", a.DataType())
		}
		return func(i int) (uint64, error) { return hashOf(d, f, c.Value(i)) }, nil
	}
}

// arrayHash hashes arrays, which are text, by the bytes that they are compared by.
func arrayHash(d *digest, elem string) (rowHash, error) {
	name, ok := itemNames[elem]
	if !ok {
		return nil, fail("42883", fmt.Sprintf("arrays of %s have no equality, or no hash", elem))
	}
	f := form[string]{canonical: func(dst []byte, s string) ([]byte, error) {
		a, err := ParseArray(s)
		if err != nil {
			return dst, err
		}
		return arrayKey(dst, name, a)
	}, fast: hexHash[string]}
	return func(a arrow.Array) (func(int) (uint64, error), error) {
		c, ok := a.(*array.String)
		if !ok {
			return nil, fmt.Errorf("scalar: a column of %s holds no arrays", a.DataType())
		}
		return func(i int) (uint64, error) { return hashOf(d, f, c.Value(i)) }, nil
	}, nil
}

// itemNames are the short names of the types of elements whose order is that of arrays of them.
var itemNames = map[string]string{
	"boolean": "bool", "smallint": "int2", "integer": "int4", "bigint": "int8", "numeric": "numeric", "real": "float4", "double precision": "float8", "text": "text",
	"bytea": "bytea", "date": "date", "time without time zone": "time", "timestamp without time zone": "timestamp",
	"timestamp with time zone": "timestamptz", "interval": "interval", "uuid": "uuid",
}
