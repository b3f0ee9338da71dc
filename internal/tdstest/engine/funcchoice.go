package engine

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"strings"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

var byteFunctions = map[string]function{
	"DATALENGTH": {1, 1, lengthResult, evalDataLength, false},
	"HASHBYTES":  {2, 2, hashType, evalHash, false},
}

var choiceFunctions = map[string]function{
	"ISNULL":   {2, 2, isnullType, evalIsnull, true},
	"COALESCE": {2, 254, commonOfAll, evalCoalesce, true},
	"NULLIF":   {2, 2, nullifType, evalNullif, true},
	"GREATEST": {1, 254, commonOfAll, evalExtreme, true},
	"LEAST":    {1, 254, commonOfAll, evalExtreme, true},
}

// evalDataLength is the stored size in bytes: two for each UTF-16 unit, the encoded bytes of varchar, spaces included.
func evalDataLength(c *invocation) (Value, *Error) {
	t := c.types[0]
	switch v := c.args[0].(type) {
	case String16:
		if isUnicode(t.Kind) {
			return int64(2 * len(v)), nil
		}
		return int64(byteLength(v, t.Collation)), nil
	case []byte:
		return int64(len(v)), nil
	}
	return int64(storedSize(t)), nil
}

func storedSize(t Type) int {
	fraction := 5 - max(0, (6-t.Scale)/2)
	switch t.Kind {
	case Decimal:
		return map[bool]int{true: 5, false: 9}[t.Precision <= 9] + 4*(max(t.Precision-10, 0)/9)
	case Time:
		return fraction
	case DateTime2:
		return fraction + 3
	case DateTimeOffset:
		return fraction + 5
	}
	return map[Kind]int{Bit: 1, TinyInt: 1, SmallInt: 2, Int: 4, BigInt: 8, Money: 8, SmallMoney: 4, Real: 4, Float: 8, Date: 3,
		DateTime: 8, SmallDateTime: 4, UniqueIdentifier: 16}[t.Kind]
}

func hashType(call *tsql.Call, args []Type) (Type, *Error) {
	if !isText(args[0].Kind) {
		return Type{}, badArgument(args[0], 1, call.Name)
	}
	if !isText(args[1].Kind) && !isBytes(args[1].Kind) {
		return Type{}, badArgument(args[1], 2, call.Name)
	}
	return Type{Kind: Varbinary, Length: maxBytes}, nil
}

// evalHash hashes the bytes as stored: UTF-16LE of nvarchar, the code page's or UTF-8 of varchar. An unknown algorithm is NULL.
func evalHash(c *invocation) (Value, *Error) {
	b, ok := c.args[1].([]byte)
	if !ok {
		s := c.args[1].(String16)
		if b = utf16Bytes(s); !isUnicode(c.types[1].Kind) {
			b = encode(s, c.types[1].Collation)
		}
	}
	switch strings.ToUpper(c.args[0].(String16).String()) {
	case "MD5":
		h := md5.Sum(b)
		return h[:], nil
	case "SHA", "SHA1":
		h := sha1.Sum(b)
		return h[:], nil
	case "SHA2_256":
		h := sha256.Sum256(b)
		return h[:], nil
	case "SHA2_512":
		h := sha512.Sum512(b)
		return h[:], nil
	}
	return nil, nil
}

// isnullType is the first argument's type, whatever the second is: a longer text is cut.
func isnullType(_ *tsql.Call, args []Type) (Type, *Error) {
	if args[0].IsNull() {
		return Settle(args[1]), nil
	}
	if !Implicit(args[1], args[0]) {
		return Type{}, noImplicit(args[1], args[0])
	}
	return Settle(args[0]), nil
}

func evalIsnull(c *invocation) (Value, *Error) {
	if c.args[0] != nil {
		return c.to(0, c.result)
	}
	return c.to(1, c.result)
}

func commonOfAll(call *tsql.Call, args []Type) (Type, *Error) {
	out := UntypedNull
	for _, t := range args {
		common, err := CommonType(out, t)
		if err != nil {
			return out, err
		}
		out = common
	}
	if out.IsNull() && call.Name == "COALESCE" {
		return out, valueError(4127, "At least one of the arguments to COALESCE must be an expression that is not the NULL constant.")
	}
	return Settle(out), nil
}

func evalCoalesce(c *invocation) (Value, *Error) {
	for i, v := range c.args {
		if v != nil {
			return c.to(i, c.result)
		}
	}
	return nil, nil
}

// nullifType is the first argument's type; the comparison is in the common type.
func nullifType(_ *tsql.Call, args []Type) (Type, *Error) {
	if args[0].IsNull() {
		return Type{}, valueError(4151,
			"The type of the first argument to NULLIF cannot be the NULL constant because the type of the first argument has to be known.")
	}
	if _, err := CommonType(args[0], args[1]); err != nil {
		return Type{}, err
	}
	return Settle(args[0]), nil
}

func evalNullif(c *invocation) (Value, *Error) {
	if c.args[0] == nil || c.args[1] == nil {
		return c.args[0], nil
	}
	t, err := CommonType(c.types[0], c.types[1])
	if err != nil {
		return nil, err
	}
	a, err := c.to(0, t)
	if err != nil {
		return nil, err
	}
	b, err := c.to(1, t)
	if err != nil {
		return nil, err
	}
	order, err := Compare(a, b, t)
	if err != nil || order == 0 {
		return nil, err
	}
	return c.args[0], nil
}

// evalExtreme is GREATEST and LEAST, which pass over NULLs.
func evalExtreme(c *invocation) (Value, *Error) {
	var best Value
	for i, arg := range c.args {
		if arg == nil {
			continue
		}
		v, err := c.to(i, c.result)
		if err != nil {
			return nil, err
		}
		if best == nil {
			best = v
			continue
		}
		order, err := Compare(v, best, c.result)
		if err != nil {
			return nil, err
		}
		if order > 0 == (c.call.Name == "GREATEST") && order != 0 {
			best = v
		}
	}
	return best, nil
}
