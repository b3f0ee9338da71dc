package engine

var arithmeticNames = map[byte]string{'+': "add", '-': "subtract", '*': "multiply", '/': "divide", '%': "modulo", '&': "'&'", '|': "'|'", '^': "'^'"}

// incompatible is the error of an operator that two types do not have: 8117 for two of one type, else 402.
func incompatible(op byte, a, b Type) *Error {
	if a.Kind == b.Kind && op != '%' {
		return badOperand(a, arithmeticNames[op])
	}
	return valueError(402, "The data types %s and %s are incompatible in the %s operator.", TypeName(a), TypeName(b), arithmeticNames[op])
}

// BinaryType is the type of a op b, of + - * / % & | ^. The operand of lower precedence converts to the other's type, and
// text to whatever it meets. Errors: 206, 257, 402, 468, 8117.
func BinaryType(op byte, a, b Type) (Type, *Error) {
	switch {
	case a.IsNull() && b.IsNull():
		return Type{Kind: Int}, nil
	case a.IsNull():
		a = b
	case b.IsNull():
		b = a
	}
	if a.Kind == Unreadable || b.Kind == Unreadable {
		return Type{}, incompatible(op, a, b)
	}
	if op == '+' && isConcat(a, b) {
		return concatType(a, b)
	}
	if op == '&' || op == '|' || op == '^' {
		return bitsType(op, a, b)
	}
	high, low := a, b
	if rank[high.Kind] < rank[low.Kind] {
		high, low = low, high
	}
	switch {
	case isOldTime(high.Kind) && (op == '+' || op == '-'):
		return oldTimeType(op, high, low, a, b)
	case isNewTime(high.Kind):
		if low.Kind == high.Kind || isTemporal(low.Kind) || isText(low.Kind) {
			return Type{}, incompatible(op, a, b)
		}
		return Type{}, clash(a, b)
	case !isNumber(high.Kind) || high.Kind == Bit:
		return Type{}, incompatible(op, a, b)
	case !Implicit(low, high):
		return Type{}, noImplicit(low, high)
	case op == '%' && isFloating(high.Kind):
		return Type{}, incompatible(op, a, b)
	case high.Kind == Decimal:
		return decimalResult(op, operandOf(a, high), operandOf(b, high)), nil
	}
	return Settle(high), nil
}

// operandOf is the decimal an operand counts as: an integer constant by its digits, a text by the other's type.
func operandOf(t, other Type) Type {
	if t.Kind == Int && t.Precision > 0 {
		return Type{Kind: Decimal, Precision: t.Precision}
	}
	if isText(t.Kind) || isBytes(t.Kind) {
		return other
	}
	p, s := exactDigits(t)
	return Type{Kind: Decimal, Precision: p, Scale: s}
}

// decimalResult follows the vendor's table of precisions and scales. Beyond 38 digits the scale gives way: of sums and
// remainders as much as the whole part needs, of products and quotients down to 6.
func decimalResult(op byte, a, b Type) Type {
	p1, s1, p2, s2 := a.Precision, a.Scale, b.Precision, b.Scale
	var p, s int
	switch op {
	case '*':
		p, s = p1+p2+1, s1+s2
	case '/':
		s = max(6, s1+p2+1)
		p = p1 - s1 + s2 + s
	case '%':
		s = max(s1, s2)
		p = min(p1-s1, p2-s2) + s
	default:
		s = max(s1, s2)
		whole := max(p1-s1, p2-s2)
		if p = s + whole + 1; p > maxDigits {
			p, s = maxDigits, min(s, maxDigits-whole)
		}
	}
	if p > maxDigits {
		s = min(s, max(maxDigits-(p-s), min(s, 6)))
		p = maxDigits
	}
	return Type{Kind: Decimal, Precision: max(p, s, 1), Scale: s}
}

// oldTimeType: datetime and smalldatetime may be added to and subtracted from numbers, texts and one another.
func oldTimeType(op byte, high, low, a, b Type) (Type, *Error) {
	switch {
	case isNewTime(low.Kind) || low.Kind == UniqueIdentifier:
		return Type{}, incompatible(op, a, b)
	case isOldTime(low.Kind) && low.Kind != high.Kind:
		return Type{Kind: DateTime}, nil
	case !Implicit(low, high):
		return Type{}, noImplicit(low, high)
	}
	return high, nil
}

func bitsType(op byte, a, b Type) (Type, *Error) {
	bits := func(k Kind) bool { return isInteger(k) || k == Bit }
	switch {
	case bits(a.Kind) && bits(b.Kind):
		if rank[a.Kind] < rank[b.Kind] {
			a = b
		}
		return Settle(a), nil
	case bits(a.Kind) && (b.Kind == Binary || b.Kind == Varbinary):
		return Settle(a), nil
	case bits(b.Kind) && (a.Kind == Binary || a.Kind == Varbinary):
		return Settle(b), nil
	}
	return Type{}, incompatible(op, a, b)
}

// UnaryType is the type of -x, +x or ~x. A minus makes a tinyint a smallint.
func UnaryType(op byte, t Type) (Type, *Error) {
	switch {
	case t.IsNull():
		return Type{Kind: Int}, nil
	case op == '~' && (isInteger(t.Kind) || t.Kind == Bit):
		return Settle(t), nil
	case op == '-' && t.Kind == TinyInt:
		return Type{Kind: SmallInt}, nil
	case op == '-' && isNumber(t.Kind) && t.Kind != Bit, op == '+' && t.Kind != Unreadable:
		return t, nil
	}
	name := map[byte]string{'-': "minus", '+': "plus", '~': "'~'"}[op]
	return Type{}, badOperand(t, name)
}
