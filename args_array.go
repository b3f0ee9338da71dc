package atoll

import (
	"fmt"
	"reflect"

	"github.com/atoll-sql/atoll/scalar"
)

// arrayArg writes a slice, whose elements are what textArg accepts or slices again, as the text of an array; a nil pointer or
// interface among them is NULL. ok is false for what is no such slice: of bytes only []byte itself has a meaning.
func arrayArg(a any) (text string, ok bool, err error) {
	v := reflect.ValueOf(a)
	if !isList(v) {
		return "", false, nil
	}
	buf := []byte{'{'}
	for i := range v.Len() {
		if i > 0 {
			buf = append(buf, ',')
		}
		if buf, err = appendElement(buf, v.Index(i)); err != nil {
			return "", true, err
		}
	}
	return string(append(buf, '}')), true, nil
}

func isList(v reflect.Value) bool {
	if k := v.Kind(); k != reflect.Slice && k != reflect.Array {
		return false
	}
	_, itself := v.Interface().(fmt.Stringer)
	return !itself && v.Type().Elem().Kind() != reflect.Uint8
}

func appendElement(buf []byte, v reflect.Value) ([]byte, error) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return append(buf, "NULL"...), nil
		}
		if _, itself := v.Interface().(fmt.Stringer); itself && v.Kind() == reflect.Pointer {
			break
		}
		v = v.Elem()
	}
	text, _, err := textArg(v.Interface())
	switch {
	case err != nil:
		return nil, err
	case isList(v):
		return append(buf, text...), nil
	}
	return scalar.AppendArrayItem(buf, text), nil
}
