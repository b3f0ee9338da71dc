package engine

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// walk visits every node below and including n; visit returns whether to go on below it.
func walk(n any, visit func(any) bool) {
	walkValue(reflect.ValueOf(n), visit)
}

func walkValue(v reflect.Value, visit func(any) bool) {
	switch v.Kind() {
	case reflect.Interface:
		walkValue(v.Elem(), visit)
	case reflect.Pointer:
		if v.IsNil() || !visit(v.Interface()) {
			return
		}
		walkValue(v.Elem(), visit)
	case reflect.Struct:
		for i := range v.NumField() {
			walkValue(v.Field(i), visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walkValue(v.Index(i), visit)
		}
	}
}

// hasAggregate reports whether a part of a query calls an aggregate of that query, not of one nested in it.
func hasAggregate(n any) bool {
	found := false
	walk(n, func(n any) bool {
		switch n := n.(type) {
		case *tsql.Query:
			return false
		case *tsql.Call:
			found = found || IsAggregate(n.Name) && n.Over == nil
		}
		return !found
	})
	return found
}

func hasSubquery(n any) bool {
	found := false
	walk(n, func(n any) bool {
		_, query := n.(*tsql.Query)
		found = found || query
		return !found
	})
	return found
}

func hasVariable(n any) bool {
	found := false
	walk(n, func(n any) bool {
		_, variable := n.(*tsql.Variable)
		found = found || variable
		return !found
	})
	return found
}

// key is a text that two expressions share exactly if they are the same expression over the same columns. Names that do
// not resolve are written as they are: binding will refuse them.
func (b *binder) key(s *scope, e tsql.Expr) string {
	var text strings.Builder
	b.writeKey(s, &text, reflect.ValueOf(e))
	return text.String()
}

func columnKey(index, depth int) string { return "#" + strconv.Itoa(index) + "^" + strconv.Itoa(depth) }

func (b *binder) writeKey(s *scope, text *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			text.WriteByte('-')
			return
		}
		switch n := v.Interface().(type) {
		case *tsql.Column:
			if index, depth, _, err := b.resolve(s, n); err == nil {
				text.WriteString(columnKey(index, depth))
				return
			}
		case *tsql.Query:
			fmt.Fprintf(text, "query %p", n)
			return
		}
		b.writeKey(s, text, v.Elem())
	case reflect.Struct:
		text.WriteString(v.Type().Name() + "(")
		for i := range v.NumField() {
			if v.Type().Field(i).Name != "Pos" {
				b.writeKey(s, text, v.Field(i))
				text.WriteByte(' ')
			}
		}
		text.WriteByte(')')
	case reflect.Slice:
		text.WriteByte('[')
		for i := range v.Len() {
			b.writeKey(s, text, v.Index(i))
			text.WriteByte(' ')
		}
		text.WriteByte(']')
	case reflect.String:
		text.WriteString(strconv.Quote(v.String()))
	default:
		fmt.Fprint(text, v.Interface())
	}
}
