package engine

import "fmt"

// valueError is an error of severity 16, which is what nearly all errors over values are.
func valueError(number int32, format string, args ...any) *Error {
	return &Error{Number: number, Severity: 16, State: 1, Text: fmt.Sprintf(format, args...)}
}

// clash is error 206: two types that nothing converts between without being told to.
func clash(from, to Type) *Error {
	return valueError(206, "Operand type clash: %s is incompatible with %s", TypeName(from), TypeName(to))
}

// overflow is error 8115; from is a type's name, or "expression".
func overflow(from string, to Type) *Error {
	return valueError(8115, "Arithmetic overflow error converting %s to data type %s.", from, numericName(to))
}

// notConverted is error 8114.
func notConverted(from, to Type) *Error {
	return valueError(8114, "Error converting data type %s to %s.", numericName(from), numericName(to))
}

// conversionFailed is error 245, which names the value, as the real server's does.
func conversionFailed(from, to Type, v String16) *Error {
	return valueError(245, "Conversion failed when converting the %s value '%s' to data type %s.", TypeName(from), v.String(), TypeName(to))
}

// noImplicit is error 257, and 206 for types that no cast converts either.
func noImplicit(from, to Type) *Error {
	if conversion(from.Kind, to.Kind) == forbidden {
		return clash(from, to)
	}
	return valueError(257, "Implicit conversion from data type %s to %s is not allowed. Use the CONVERT function to run this query.",
		TypeName(from), TypeName(to))
}

// badOperand is error 8117.
func badOperand(t Type, operator string) *Error {
	return valueError(8117, "Operand data type %s is invalid for %s operator.", TypeName(t), operator)
}

// badArgument is error 8116.
func badArgument(t Type, n int, function string) *Error {
	return valueError(8116, "Argument data type %s is invalid for argument %d of %s function.", TypeName(t), n, lowerASCII(function))
}

// notServed says what this test server, unlike the real one, does not do. The number is outside the vendor's range.
func notServed(format string, args ...any) *Error {
	return valueError(50001, "this test server does not do it: "+format, args...)
}

// numericName is TypeName, except that the server calls decimal "numeric" in conversion errors.
func numericName(t Type) string {
	if t.Kind == Decimal {
		return "numeric"
	}
	return TypeName(t)
}
