package engine

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// typ is the type of a name such as "decimal(10,2)", "nvarchar(max)" or "varchar(10) Latin1_General_BIN2".
func typ(t testing.TB, s string) Type {
	t.Helper()
	if s == "NULL" {
		return UntypedNull
	}
	s, collation, _ := strings.Cut(s, " ")
	name, facets, _ := strings.Cut(strings.TrimSuffix(s, ")"), "(")
	n := tsql.TypeName{Name: name}
	for _, f := range strings.FieldsFunc(facets, func(r rune) bool { return r == ',' }) {
		i := -1
		if f != "max" {
			var err error
			if i, err = strconv.Atoi(f); err != nil {
				t.Fatal(err)
			}
		}
		n.Args = append(n.Args, i)
	}
	out, err := CastType(n, Type{}, collation)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return out
}

// val is the value of type name that a text converts to; "NULL" is NULL.
func val(t testing.TB, text, name string) Value {
	t.Helper()
	if text == "NULL" {
		return nil
	}
	to := typ(t, name)
	style := -1
	if isBytes(to.Kind) {
		style = 1
	}
	v, err := Convert(NewString16(text), Type{Kind: NVarchar, Length: -1}, to, style)
	if err != nil {
		t.Fatalf("%q as %s: %v", text, name, err)
	}
	return v
}

// showValue writes a value, exactly.
func showValue(v Value, t Type) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case String16:
		return v.String()
	case []byte:
		return "0x" + hex.EncodeToString(v)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case float32:
		return strconv.FormatFloat(float64(v), 'g', -1, 32)
	case time.Time, time.Duration:
		s, err := formatTemporal(v, t, Type{Kind: NVarchar, Length: -1}, 121)
		if err != nil {
			return err.Text
		}
		return s
	case Dec:
		return v.String()
	}
	return fmt.Sprint(v)
}

// spell is a type with its facets.
func spell(t Type) string {
	name := strings.TrimSuffix(TypeName(t), "(max)")
	switch {
	case t.Kind == Decimal:
		return fmt.Sprintf("%s(%d,%d)", name, t.Precision, t.Scale)
	case t.Length == -1:
		return name + "(max)"
	case t.Length > 0 && t.Kind != RowVersion:
		return fmt.Sprintf("%s(%d)", name, t.Length)
	case t.Kind == Time || t.Kind == DateTime2 || t.Kind == DateTimeOffset:
		return fmt.Sprintf("%s(%d)", name, t.Scale)
	}
	return name
}

// outcome is a value's text, or "error n".
func outcome(v Value, t Type, err *Error) string {
	if err != nil {
		return fmt.Sprintf("error %d", err.Number)
	}
	return showValue(v, t)
}

// callOn calls a function on "type:text" arguments and returns its type and value. An argument "#3" is the constant 3.
func callOn(t testing.TB, name, part string, args ...string) string {
	t.Helper()
	call := &tsql.Call{Name: name, Part: part}
	var types []Type
	var values []Value
	for _, arg := range args {
		if n, ok := strings.CutPrefix(arg, "#"); ok {
			l := &tsql.Literal{Kind: tsql.Integer, Text: n}
			v, lt, err := LiteralOf(l)
			if err != nil {
				t.Fatal(err)
			}
			call.Args, types, values = append(call.Args, l), append(types, lt), append(values, v)
			continue
		}
		name, text, ok := strings.Cut(arg, ":")
		if !ok {
			text = "NULL"
		}
		call.Args = append(call.Args, &tsql.Column{})
		types, values = append(types, typ(t, name)), append(values, val(t, text, name))
	}
	result, err := FunctionType(call, types)
	if err != nil {
		return outcome(nil, result, err)
	}
	v, err := CallFunction(call, values, types, result)
	if err != nil {
		return outcome(nil, result, err)
	}
	return spell(result) + " " + showValue(v, result)
}
