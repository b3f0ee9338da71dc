package tdstest

import (
	"fmt"
	"math"

	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// paramType is the TYPE_INFO of a parameter.
type paramType struct {
	id   byte
	size int
	coll collation
	typ  engine.Type
}

// fixedTypes are the types whose values have no length.
var fixedTypes = map[byte]struct {
	kind engine.Kind
	size int
}{
	tdsInt1: {engine.TinyInt, 1}, tdsInt2: {engine.SmallInt, 2}, tdsInt4: {engine.Int, 4}, tdsInt8: {engine.BigInt, 8},
	tdsBit: {engine.Bit, 1}, tdsReal: {engine.Real, 4}, tdsFloat: {engine.Float, 8},
	tdsMoney: {engine.Money, 8}, tdsMoney4: {engine.SmallMoney, 4},
	tdsDateTime: {engine.DateTime, 8}, tdsDateTime4: {engine.SmallDateTime, 4},
}

// sizedKinds says which kind a type of variable length is at each of its lengths.
var sizedKinds = map[byte]map[int]engine.Kind{
	tdsIntN:      {1: engine.TinyInt, 2: engine.SmallInt, 4: engine.Int, 8: engine.BigInt},
	tdsBitN:      {1: engine.Bit},
	tdsFloatN:    {4: engine.Real, 8: engine.Float},
	tdsMoneyN:    {4: engine.SmallMoney, 8: engine.Money},
	tdsDateTimeN: {4: engine.SmallDateTime, 8: engine.DateTime},
}

// stringKinds are the types with two-byte lengths, which may be MAX.
var stringKinds = map[byte]engine.Kind{
	tdsVarchar: engine.Varchar, tdsChar: engine.Char, tdsNVarchar: engine.NVarchar, tdsNChar: engine.NChar,
	tdsVarbinary: engine.Varbinary, tdsBinary: engine.Binary,
}

// paramType reads TYPE_INFO. defaultCollation is that of texts, as a parameter's is the database's.
func (r *reader) paramType(defaultCollation string) (paramType, error) {
	p := paramType{id: r.u8()}
	if f, ok := fixedTypes[p.id]; ok {
		p.typ.Kind, p.size = f.kind, f.size
		return p, r.err
	}
	if kinds, ok := sizedKinds[p.id]; ok {
		p.size = int(r.u8())
		if p.typ.Kind, ok = kinds[p.size]; !ok {
			return p, fmt.Errorf("tdstest: a parameter of type %#x and length %d", p.id, p.size)
		}
		return p, r.err
	}
	if kind, ok := stringKinds[p.id]; ok {
		r.stringType(&p, kind, defaultCollation)
		return p, r.err
	}
	switch p.id {
	case tdsNull:
		p.typ = engine.Type{Kind: engine.NVarchar, Length: 1, Collation: defaultCollation}
	case tdsDecimalN, tdsNumericN:
		p.size = int(r.u8())
		p.typ = engine.Type{Kind: engine.Decimal, Precision: int(r.u8()), Scale: int(r.u8())}
	case tdsGUID:
		p.size, p.typ.Kind = int(r.u8()), engine.UniqueIdentifier
	case tdsDate:
		p.typ.Kind = engine.Date
	case tdsTime, tdsDateTime2, tdsDateTimeOffset:
		p.typ.Kind = map[byte]engine.Kind{tdsTime: engine.Time, tdsDateTime2: engine.DateTime2, tdsDateTimeOffset: engine.DateTimeOffset}[p.id]
		if p.typ.Scale = int(r.u8()); p.typ.Scale > 7 {
			return p, fmt.Errorf("tdstest: a time parameter of scale %d", p.typ.Scale)
		}
	default:
		return p, fmt.Errorf("tdstest: parameters of data type %#x are not supported", p.id)
	}
	return p, r.err
}

func (r *reader) stringType(p *paramType, kind engine.Kind, defaultCollation string) {
	p.size = int(r.u16())
	p.typ = engine.Type{Kind: kind, Length: p.size}
	switch kind {
	case engine.NVarchar, engine.NChar:
		p.typ.Length = p.size / 2
	}
	if p.size == sizeMax {
		p.typ.Length = -1
	}
	if kind == engine.Varbinary || kind == engine.Binary {
		return
	}
	copy(p.coll[:], r.bytes(len(p.coll)))
	p.typ.Collation = defaultCollation
}

// param reads a value of type p, nil for NULL.
func (r *reader) param(p paramType) (engine.Value, error) {
	data, null := r.paramBytes(p)
	if r.err != nil || null {
		return nil, r.err
	}
	v, ok := p.decode(data)
	if !ok {
		return nil, fmt.Errorf("tdstest: a parameter of type %#x with %d bytes", p.id, len(data))
	}
	return v, nil
}

// paramBytes reads a value's bytes, or that it is NULL.
func (r *reader) paramBytes(p paramType) (data []byte, null bool) {
	if p.id == tdsNull {
		return nil, true
	}
	if f, ok := fixedTypes[p.id]; ok {
		return r.bytes(f.size), false
	}
	if _, ok := stringKinds[p.id]; !ok {
		n := int(r.u8())
		return r.bytes(n), n == 0
	}
	if p.size == sizeMax {
		return r.maxBytes()
	}
	n := int(r.u16())
	if n == sizeMax {
		return nil, true
	}
	return r.bytes(n), false
}

// maxBytes reads a value that comes in chunks.
func (r *reader) maxBytes() (data []byte, null bool) {
	if r.u64() == math.MaxUint64 {
		return nil, true
	}
	data = []byte{}
	for {
		n := int(r.u32())
		if n == 0 || r.err != nil {
			return data, false
		}
		data = append(data, r.bytes(n)...)
	}
}
