package engine

// isConcat reports whether a + b joins texts or bytes: both are one or the other.
func isConcat(a, b Type) bool {
	joins := func(t Type) bool { return isText(t.Kind) || t.Kind == Binary || t.Kind == Varbinary }
	return joins(a) && joins(b)
}

// concatType is the type of a + b of texts: the sum of the lengths, at most 8,000 bytes unless one of them is MAX.
func concatType(a, b Type) (Type, *Error) {
	if isText(a.Kind) != isText(b.Kind) {
		return Type{}, incompatible('+', a, b)
	}
	t := Type{Kind: Varbinary}
	most := maxBytes
	switch {
	case !isText(a.Kind):
		if a.Kind == Binary && b.Kind == Binary {
			t.Kind = Binary
		}
	case !sameCollation(a.Collation, b.Collation):
		return Type{}, collationConflict(a.Collation, b.Collation, "add")
	default:
		common, err := commonText(a, b)
		if err != nil {
			return Type{}, err
		}
		if t = common; isUnicode(t.Kind) {
			most = maxUnits
		}
	}
	if a.Length == -1 || b.Length == -1 {
		t.Length = -1
		return t, nil
	}
	t.Length = min(a.Length+b.Length, most)
	return t, nil
}

// concat joins; what a bounded result does not hold is cut off without an error.
func concat(a, b Value, ta, tb, result Type) (Value, *Error) {
	if result.Kind == Binary || result.Kind == Varbinary {
		joined := append(append([]byte(nil), a.([]byte)...), b.([]byte)...)
		return fitBytes(joined, Type{Kind: Varbinary, Length: result.Length}, false), nil
	}
	open := unbounded(result)
	x, err := Convert(a, ta, open, -1)
	if err != nil {
		return nil, err
	}
	y, err := Convert(b, tb, open, -1)
	if err != nil {
		return nil, err
	}
	joined := append(append(String16(nil), x.(String16)...), y.(String16)...)
	return FitText(joined, result), nil
}
