package engine

// convertible says how one type becomes another.
type convertible uint8

const (
	forbidden convertible = iota
	explicit              // by CAST or CONVERT only
	implicit
)

// conversion is the vendor's table of conversions, by families.
func conversion(from, to Kind) convertible {
	switch {
	case from == Unreadable || to == Unreadable:
		return forbidden
	case from == to:
		return implicit
	case isText(from):
		return fromText(from, to)
	case from == RowVersion:
		return fromRowVersion(to)
	case isBytes(from):
		return fromBytes(to)
	case from == UniqueIdentifier:
		return allow(isText(to) || to == Binary || to == Varbinary, implicit)
	case isOldTime(from):
		return fromOldTime(to)
	case isNewTime(from):
		return fromNewTime(from, to)
	}
	return fromNumber(from, to)
}

func allow(ok bool, how convertible) convertible {
	if ok {
		return how
	}
	return forbidden
}

func fromText(from, to Kind) convertible {
	switch {
	case to == Binary || to == Varbinary:
		return explicit
	case to == RowVersion:
		return allow(!isUnicode(from), explicit)
	}
	return implicit
}

func fromRowVersion(to Kind) convertible {
	return allow(!isNewTime(to) && !isFloating(to) && !isUnicode(to) && to != UniqueIdentifier, implicit)
}

func fromBytes(to Kind) convertible {
	if isNewTime(to) {
		return explicit
	}
	return allow(!isFloating(to), implicit)
}

func fromOldTime(to Kind) convertible {
	switch {
	case isText(to) || isTemporal(to):
		return implicit
	case to == UniqueIdentifier:
		return forbidden
	}
	return explicit // numbers and bytes
}

func fromNewTime(from, to Kind) convertible {
	switch {
	case isText(to):
		return implicit
	case isTemporal(to):
		return allow(!(from == Date && to == Time || from == Time && to == Date), implicit)
	}
	return allow(to == Binary || to == Varbinary, explicit)
}

func fromNumber(from, to Kind) convertible {
	switch {
	case isNewTime(to) || to == UniqueIdentifier:
		return forbidden
	case to == RowVersion:
		return allow(!isFloating(from), implicit)
	case isMoney(from) && isText(to):
		return explicit
	}
	return implicit
}

// Implicit reports whether SQL Server converts from one type to the other unasked.
func Implicit(from, to Type) bool { return from.IsNull() || conversion(from.Kind, to.Kind) == implicit }

// CommonType is the type two expressions meet in: in CASE, COALESCE, IN, UNION and comparisons. It is the type of higher
// precedence, wide enough for both. Errors: 206 where the other does not convert, 257 where it does so only by CAST,
// 468 for texts of different collations, 402 for types that cannot be compared at all. UntypedNull takes the other's type.
func CommonType(a, b Type) (Type, *Error) {
	switch {
	case a.IsNull():
		return b, nil
	case b.IsNull():
		return a, nil
	case a.Kind == Unreadable || b.Kind == Unreadable:
		return Type{}, valueError(402, "The data types %s and %s are incompatible in the equal to operator.", TypeName(a), TypeName(b))
	}
	high, low := Settle(a), Settle(b)
	if rank[high.Kind] < rank[low.Kind] {
		high, low = low, high
	}
	if !Implicit(low, high) {
		return Type{}, noImplicit(low, high)
	}
	switch {
	case isText(high.Kind) && isText(low.Kind):
		return commonText(high, low)
	case high.Kind == Decimal && isNumber(low.Kind):
		return commonDecimal(high, low), nil
	case high.Kind == Time || high.Kind == DateTime2 || high.Kind == DateTimeOffset:
		high.Scale = max(high.Scale, fractionDigits(low))
	case high.Kind == Binary || high.Kind == Varbinary:
		high.Length = commonLength(high, low)
	case isText(high.Kind):
		if low.Length == -1 {
			high = unbounded(high)
		}
		if high.Length != -1 {
			high.Length = min(max(high.Length, textLength(low)), widest(high).Length)
		}
	}
	return high, nil
}

// commonText is the type of two texts: Unicode if either is, of varying length if either is.
func commonText(a, b Type) (Type, *Error) {
	t := Type{Kind: Char}
	switch unicode, varying := isUnicode(a.Kind) || isUnicode(b.Kind), isVarying(a.Kind) || isVarying(b.Kind) || a.Kind != b.Kind; {
	case unicode && varying:
		t.Kind = NVarchar
	case unicode:
		t.Kind = NChar
	case varying:
		t.Kind = Varchar
	}
	t.Length = commonLength(a, b)
	if t.Kind == NVarchar && t.Length > maxUnits {
		t.Length = maxUnits
	}
	if sameCollation(a.Collation, b.Collation) {
		if t.Collation = a.Collation; t.Collation == "" {
			t.Collation = b.Collation
		}
		return t, nil
	}
	return t, collationConflict(a.Collation, b.Collation, "equal to")
}

func isVarying(k Kind) bool { return k == Varchar || k == NVarchar }

func commonLength(a, b Type) int {
	if a.Length == -1 || b.Length == -1 {
		return -1
	}
	return max(a.Length, b.Length)
}

// unbounded is the MAX type of a text's family.
func unbounded(t Type) Type {
	if isUnicode(t.Kind) {
		t.Kind = NVarchar
	} else {
		t.Kind = Varchar
	}
	t.Length = -1
	return t
}

// commonDecimal holds both; beyond 38 digits it is the fraction that gives way.
func commonDecimal(a, b Type) Type {
	p1, s1 := exactDigits(a)
	p2, s2 := exactDigits(b)
	scale, whole := max(s1, s2), max(p1-s1, p2-s2)
	if scale+whole > maxDigits {
		scale = maxDigits - whole
	}
	return Type{Kind: Decimal, Precision: scale + whole, Scale: scale}
}

// textLength is how many characters a value of another type may need as text.
func textLength(t Type) int {
	switch {
	case isText(t.Kind) || t.Kind == Binary || t.Kind == Varbinary:
		return t.Length
	case t.Kind == UniqueIdentifier:
		return 36
	case t.Kind == Decimal:
		return t.Precision + 3
	}
	return map[Kind]int{Bit: 1, TinyInt: 3, SmallInt: 6, Int: 12, BigInt: 24, Real: 23, Float: 23, Money: 23, SmallMoney: 12, Date: 10,
		Time: 16, DateTime: 26, SmallDateTime: 26, DateTime2: 27, DateTimeOffset: 34, RowVersion: 8}[t.Kind]
}
