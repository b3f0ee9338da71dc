package plan

import (
	"fmt"
	"strings"
)

// ArrayOf returns the type of arrays of elem, which is no array itself: PostgreSQL's type of an array of arrays is
// that of the array.
func ArrayOf(elem Type) Type {
	if elem.Kind == Array {
		return elem
	}
	return Type{Kind: Array, Elem: elem.Kind, Precision: elem.Precision, Scale: elem.Scale}
}

// Element returns the type of an array's elements.
func (t Type) Element() Type {
	return Type{Kind: t.Elem, Precision: t.Precision, Scale: t.Scale}
}

// Bare returns the type without digits.
func (t Type) Bare() Type { return Type{Kind: t.Kind, Elem: t.Elem} }

// parseArrayType reads the element's name of an array type; "integer[][]" is "integer[]". Arrays of character(n) are not
// modelled: how many trailing spaces count is lost in their text.
func parseArrayType(name, elem string) (Type, error) {
	elem = strings.TrimSpace(elem)
	t, err := ParseType(elem)
	if err != nil || t.Kind == Bpchar {
		return Type{}, fmt.Errorf("type %q is not supported", name)
	}
	return ArrayOf(t), nil
}
