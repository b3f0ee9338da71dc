package tdstest

import (
	"fmt"

	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// Data types, [MS-TDS] 2.2.5.4.
const (
	tdsNull           = 0x1f
	tdsGUID           = 0x24
	tdsIntN           = 0x26
	tdsDate           = 0x28
	tdsTime           = 0x29
	tdsDateTime2      = 0x2a
	tdsDateTimeOffset = 0x2b
	tdsInt1           = 0x30
	tdsBit            = 0x32
	tdsInt2           = 0x34
	tdsInt4           = 0x38
	tdsDateTime4      = 0x3a
	tdsReal           = 0x3b
	tdsMoney          = 0x3c
	tdsDateTime       = 0x3d
	tdsFloat          = 0x3e
	tdsBitN           = 0x68
	tdsDecimalN       = 0x6a
	tdsNumericN       = 0x6c
	tdsFloatN         = 0x6d
	tdsMoneyN         = 0x6e
	tdsDateTimeN      = 0x6f
	tdsMoney4         = 0x7a
	tdsInt8           = 0x7f
	tdsVarbinary      = 0xa5
	tdsVarchar        = 0xa7
	tdsBinary         = 0xad
	tdsChar           = 0xaf
	tdsNVarchar       = 0xe7
	tdsNChar          = 0xef
)

const (
	maxShort      = 8000 // bytes of a value that is not MAX
	sizeMax       = 0xffff
	flagNullable  = 0x0001
	flagUpdatable = 0x0008 // unknown
	userTimestamp = 0x50
)

// column is how one column of a result travels.
type column struct {
	name   string
	typ    engine.Type
	coll   collation
	fixed  bool // a fixed-length type, whose values have no length
	max    bool // a MAX type, whose values come in chunks
	size   int  // bytes: of the value, or of the longest
	encode encoder
}

// plainType is a type with a fixed-length form for NOT NULL columns and a form with lengths for others.
type plainType struct {
	fixed, nullable byte
	size            int
	encode          encoder
}

var plainTypes = map[engine.Kind]plainType{
	engine.Bit:           {tdsBit, tdsBitN, 1, encodeBit},
	engine.TinyInt:       {tdsInt1, tdsIntN, 1, encodeInt},
	engine.SmallInt:      {tdsInt2, tdsIntN, 2, encodeInt},
	engine.Int:           {tdsInt4, tdsIntN, 4, encodeInt},
	engine.BigInt:        {tdsInt8, tdsIntN, 8, encodeInt},
	engine.Real:          {tdsReal, tdsFloatN, 4, encodeReal},
	engine.Float:         {tdsFloat, tdsFloatN, 8, encodeFloat},
	engine.SmallMoney:    {tdsMoney4, tdsMoneyN, 4, encodeMoney},
	engine.Money:         {tdsMoney, tdsMoneyN, 8, encodeMoney},
	engine.SmallDateTime: {tdsDateTime4, tdsDateTimeN, 4, encodeSmallDateTime},
	engine.DateTime:      {tdsDateTime, tdsDateTimeN, 8, encodeDateTime},
}

// metadata appends COLMETADATA and returns how the rows that follow travel.
func (p *packetWriter) metadata(columns []engine.Column) ([]column, error) {
	p.buf = append(p.buf, tokenColMetadata)
	p.u16(uint16(len(columns)))
	out := make([]column, len(columns))
	for i, c := range columns {
		out[i] = column{name: c.Name, typ: c.Type, coll: collationOf(c.Type.Collation)}
		var user uint32
		if c.Type.Kind == engine.RowVersion {
			user = userTimestamp
		}
		p.u32(user)
		flags := uint16(flagUpdatable)
		if c.Nullable {
			flags |= flagNullable
		}
		p.u16(flags)
		if err := p.typeInfo(&out[i], c.Nullable); err != nil {
			return nil, err
		}
		p.buf = appendBVarchar(p.buf, c.Name)
	}
	return out, nil
}

// typeInfo appends TYPE_INFO of c's type and completes c.
func (p *packetWriter) typeInfo(c *column, nullable bool) error {
	t := c.typ
	if plain, ok := plainTypes[t.Kind]; ok {
		c.size, c.encode, c.fixed = plain.size, plain.encode, !nullable
		if c.fixed {
			p.buf = append(p.buf, plain.fixed)
		} else {
			p.buf = append(p.buf, plain.nullable, byte(plain.size))
		}
		return nil
	}
	switch t.Kind {
	case engine.Decimal:
		c.size, c.encode = decimalSize(t.Precision), encodeDecimal
		p.buf = append(p.buf, tdsDecimalN, byte(c.size), byte(t.Precision), byte(t.Scale))
	case engine.Date:
		c.size, c.encode = 3, encodeDate
		p.buf = append(p.buf, tdsDate)
	case engine.Time:
		c.size, c.encode = timeSize(t.Scale), encodeTime
		p.buf = append(p.buf, tdsTime, byte(t.Scale))
	case engine.DateTime2:
		c.size, c.encode = timeSize(t.Scale)+3, encodeDateTime2
		p.buf = append(p.buf, tdsDateTime2, byte(t.Scale))
	case engine.DateTimeOffset:
		c.size, c.encode = timeSize(t.Scale)+5, encodeDateTimeOffset
		p.buf = append(p.buf, tdsDateTimeOffset, byte(t.Scale))
	case engine.UniqueIdentifier:
		c.size, c.encode = 16, encodeGUID
		p.buf = append(p.buf, tdsGUID, 16)
	default:
		return p.stringInfo(c)
	}
	return nil
}

// stringInfo is typeInfo of the types whose values have a length of their own.
func (p *packetWriter) stringInfo(c *column) error {
	var id byte
	wide, text := 1, true
	switch c.typ.Kind {
	case engine.Char:
		id, c.encode = tdsChar, encodeVarchar
	case engine.Varchar:
		id, c.encode = tdsVarchar, encodeVarchar
	case engine.NChar:
		id, c.encode, wide = tdsNChar, encodeNVarchar, 2
	case engine.NVarchar:
		id, c.encode, wide = tdsNVarchar, encodeNVarchar, 2
	case engine.Binary, engine.RowVersion:
		id, c.encode, text = tdsBinary, encodeBinary, false
	case engine.Varbinary:
		id, c.encode, text = tdsVarbinary, encodeBinary, false
	default:
		return fmt.Errorf("tdstest: column %q has type %s, which this server does not send; cast it", c.name, c.typ.Name)
	}
	c.size = max(1, c.typ.Length) * wide
	if c.typ.Kind == engine.RowVersion {
		c.size = 8
	}
	c.max = c.typ.Length < 0 || c.size > maxShort
	if c.max {
		c.size = sizeMax
	}
	p.buf = append(p.buf, id)
	p.u16(uint16(c.size))
	if text {
		p.buf = append(p.buf, c.coll[:]...)
	}
	return nil
}

// decimalSize is the length of a decimal of some precision, with its sign.
func decimalSize(precision int) int {
	switch {
	case precision <= 9:
		return 5
	case precision <= 19:
		return 9
	case precision <= 28:
		return 13
	}
	return 17
}

// timeSize is the length of a time of day of some scale.
func timeSize(scale int) int {
	switch {
	case scale <= 2:
		return 3
	case scale <= 4:
		return 4
	}
	return 5
}
