package engine

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// openJSON binds OPENJSON … WITH. Its paths are '$' (the element itself) and chains of members and places: '$.a', '$.a.b', '$."a b"', '$[0]'.
func (b *binder) openJSON(around *scope, source *tsql.OpenJSON) (*relation, error) {
	if b.run.db.options.lacks(MissingOpenJSON) {
		return nil, newError(208, "Invalid object name 'OPENJSON'.")
	}
	arg, err := b.expr(around, source.Arg)
	if err != nil {
		return nil, err
	}
	if arg, err = convertTo(arg, Type{Kind: NVarchar, Length: -1, Collation: b.run.db.options.Collation}); err != nil {
		return nil, err
	}
	alias := source.Alias
	if alias == "" {
		alias = "OPENJSON"
	}
	n := &jsonNode{arg: arg}
	rel := &relation{node: n, tables: []scopeTable{{name: alias, aliased: true}}, reaches: !arg.constant}
	for _, c := range source.With {
		typ, _, err := b.run.declaredType(c.Type, "")
		if err != nil {
			return nil, err
		}
		path, err := jsonPath(c)
		if err != nil {
			return nil, err
		}
		n.columns = append(n.columns, jsonColumn{path: path, typ: typ})
		rel.columns = append(rel.columns, scopeColumn{table: alias, name: c.Name, typ: typ, strength: ImplicitCollation, nullable: true})
	}
	return rel, nil
}

// jsonStep leads to a member of an object or, where that is empty, to an element of an array.
type jsonStep struct {
	member string
	place  int
}

// jsonPath are the steps that lead to a column's value.
func jsonPath(c tsql.JSONColumn) ([]jsonStep, error) {
	if c.Path == "" {
		return []jsonStep{{member: c.Name}}, nil
	}
	rest, ok := strings.CutPrefix(strings.TrimPrefix(c.Path, "lax "), "$")
	var path []jsonStep
	for ok && rest != "" {
		var member string
		if in, is := strings.CutPrefix(rest, "["); is {
			var digits string
			digits, rest, ok = strings.Cut(in, "]")
			place, err := strconv.ParseUint(digits, 10, 31)
			ok = ok && err == nil
			path = append(path, jsonStep{place: int(place)})
			continue
		}
		if rest, ok = strings.CutPrefix(rest, "."); !ok {
			break
		}
		if quoted, is := strings.CutPrefix(rest, `"`); is {
			if member, rest, ok = strings.Cut(quoted, `"`); !ok {
				break
			}
		} else {
			end := strings.IndexAny(rest, ".[")
			if end < 0 {
				end = len(rest)
			}
			member, rest = rest[:end], rest[end:]
		}
		if ok = member != "" && !strings.ContainsAny(member, "[]"); ok {
			path = append(path, jsonStep{member: member})
		}
	}
	if !ok {
		return nil, newError(13607, "JSON path is not properly formatted in %q, or is one that this test server does not know.", c.Path)
	}
	return path, nil
}

// jsonNode yields a row for every element of a JSON array, or one for an object.
type jsonNode struct {
	arg     bound
	columns []jsonColumn
}

type jsonColumn struct {
	path []jsonStep
	typ  Type
}

func (n *jsonNode) open(e *env) (iterator, error) {
	v, err := n.arg.eval(e)
	if err != nil || v == nil {
		return &rowsIterator{}, err
	}
	elements, err := jsonElements([]byte(v.(String16).String()))
	if err != nil {
		return nil, err
	}
	rows := make([][]Value, len(elements))
	for i, element := range elements {
		if err := e.run.tick(); err != nil {
			return nil, err
		}
		if rows[i], err = n.row(element); err != nil {
			return nil, err
		}
	}
	return &rowsIterator{rows: rows, run: e.run}, nil
}

// jsonElements are the elements of an array, or the one object. Numbers keep their text.
func jsonElements(text []byte) ([]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var whole any
	err := decoder.Decode(&whole)
	if _, more := decoder.Token(); err == nil && more != io.EOF {
		err = more
	}
	switch whole := whole.(type) {
	case []any:
		if err == nil {
			return whole, nil
		}
	case map[string]any:
		if err == nil {
			return []any{whole}, nil
		}
	}
	return nil, newError(13609, "JSON text is not properly formatted. Unexpected character is found at position %d.", decoder.InputOffset())
}

func (n *jsonNode) row(element any) ([]Value, error) {
	row := make([]Value, len(n.columns))
	for i, c := range n.columns {
		value := element
		for _, step := range c.path {
			value = step.of(value)
		}
		text, ok := jsonText(value)
		if !ok {
			continue
		}
		if isText(c.typ.Kind) && c.typ.Length >= 0 && storedLength(NewString16(text), c.typ) > c.typ.Length {
			return nil, notServed("a text of JSON that is longer than its column: the reference does not say what becomes of it")
		}
		v, err := Convert(NewString16(text), Type{Kind: NVarchar, Length: -1, Collation: c.typ.Collation}, c.typ, -1)
		if err != nil {
			return nil, err
		}
		row[i] = v
	}
	return row, nil
}

// of is where the step leads from a value: to nothing, in the lax mode, where there is no such member or place.
func (s jsonStep) of(value any) any {
	if s.member != "" {
		object, _ := value.(map[string]any)
		return object[s.member]
	}
	if array, _ := value.([]any); s.place < len(array) {
		return array[s.place]
	}
	return nil
}

// jsonText is a scalar as text; null, arrays and objects are no scalars.
func jsonText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		if v {
			return "true", true
		}
		return "false", true
	}
	return "", false
}
