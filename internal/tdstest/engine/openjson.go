package engine

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// openJSON binds OPENJSON … WITH. Its paths are '$' (the element itself) and chains of members: '$.a', '$.a.b', '$."a b"'.
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

// jsonPath are the members that lead to a column's value.
func jsonPath(c tsql.JSONColumn) ([]string, error) {
	if c.Path == "" {
		return []string{c.Name}, nil
	}
	rest, ok := strings.CutPrefix(strings.TrimPrefix(c.Path, "lax "), "$")
	var path []string
	for ok && rest != "" {
		var member string
		if rest, ok = strings.CutPrefix(rest, "."); !ok {
			break
		}
		if quoted, is := strings.CutPrefix(rest, `"`); is {
			if member, rest, ok = strings.Cut(quoted, `"`); !ok {
				break
			}
		} else {
			end := strings.IndexByte(rest, '.')
			if end < 0 {
				end = len(rest)
			}
			member, rest = rest[:end], rest[end:]
		}
		if ok = member != "" && !strings.ContainsAny(member, "[]"); ok {
			path = append(path, member)
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
	path []string
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
		for _, member := range c.path {
			object, _ := value.(map[string]any)
			value = object[member]
		}
		text, ok := jsonText(value)
		if !ok {
			continue
		}
		v, err := Convert(NewString16(text), Type{Kind: NVarchar, Length: -1, Collation: c.typ.Collation}, c.typ, -1)
		if err != nil {
			return nil, err
		}
		row[i] = v
	}
	return row, nil
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
