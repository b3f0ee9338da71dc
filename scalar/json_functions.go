package scalar

import (
	"slices"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// jsonFunctions lists the functions of json and jsonb, which are texts here: jsonb in the form that its output function writes. A
// function called pg_json_… serves both types where they agree.
func jsonFunctions() []Function {
	return slices.Concat(jsonCasts(), jsonReaders(), jsonbTests(), jsonbEdits(), jsonBuilders())
}

func jsonCasts() []Function {
	scalarOf := func(kind jsonKind, s string) (string, error) {
		v, err := parseJSON(s)
		if err == nil && v.kind != kind {
			err = errJSONCast
		}
		return v.text, err
	}
	return []Function{
		text1("pg_json", kText, func(dst []byte, s string) ([]byte, error) {
			_, err := readJSON(s, false)
			return append(dst, s...), err
		}),
		text1("pg_jsonb", kText, func(dst []byte, s string) ([]byte, error) {
			v, err := parseJSONB(s)
			return appendJSONB(dst, v), err
		}),
		make1("pg_jsonb_key", kText, kBin, func() func(string) ([]byte, error) {
			return func(s string) ([]byte, error) {
				v, err := parseJSONB(s)
				return jsonbKey(nil, v), err
			}
		}),
		fn1("pg_jsonb_numeric", kText, kWide, func(s string) (wide, error) {
			text, err := scalarOf(jsonNumber, s)
			if err != nil {
				return wide{}, err
			}
			d, err := ParseDecimal(text)
			if err != nil {
				return wide{}, err
			}
			return d.Wide()
		}),
		fn1("pg_jsonb_float8", kText, kF8, func(s string) (float64, error) {
			text, err := scalarOf(jsonNumber, s)
			if err != nil {
				return 0, err
			}
			f, err := parseFloat(text, 64)
			return f + 0, err // numeric has no -0
		}),
		fn1("pg_jsonb_float4", kText, kF4, func(s string) (float32, error) {
			text, err := scalarOf(jsonNumber, s)
			if err != nil {
				return 0, err
			}
			f, err := parseFloat(text, 32)
			return float32(f) + 0, err
		}),
		fn1("pg_jsonb_bool", kText, kBool, func(s string) (bool, error) {
			text, err := scalarOf(jsonBool, s)
			return text == "true", err
		}),
	}
}

var (
	errJSONCast     = fail("22023", "cannot cast this kind of jsonb value to the type")
	errJSONNotArray = fail("22023", "cannot get array length of a non-array")
)

// readValue parses JSON and applies f.
func readValue(dst []byte, s string, f func(v jsonValue) (jsonValue, error), show func([]byte, jsonValue) ([]byte, error)) ([]byte, error) {
	v, err := parseJSON(s)
	if err == nil {
		v, err = f(v)
	}
	if err != nil {
		return nil, err
	}
	return show(dst, v)
}

// jsonReaders take a part of a value, as JSON or as text.
func jsonReaders() []Function {
	var out []Function
	for suffix, show := range map[string]func([]byte, jsonValue) ([]byte, error){"": rawText, "_text": plainText} {
		out = append(out,
			text2("pg_json_get"+suffix, kText, kText, func(dst []byte, s, key string) ([]byte, error) {
				return readValue(dst, s, func(v jsonValue) (jsonValue, error) { return v.field(key) }, show)
			}),
			text2("pg_json_get"+suffix, kText, kInt4, func(dst []byte, s string, i int32) ([]byte, error) {
				return readValue(dst, s, func(v jsonValue) (jsonValue, error) { return v.elementAt(int64(i)) }, show)
			}),
			text2("pg_jsonb_get"+suffix, kText, kInt4, func(dst []byte, s string, i int32) ([]byte, error) {
				return readValue(dst, s, func(v jsonValue) (jsonValue, error) { return oneOf(v).elementAt(int64(i)) }, show)
			}),
			text2("pg_json_step"+suffix, kText, kText, func(dst []byte, s, name string) ([]byte, error) {
				return readValue(dst, s, func(v jsonValue) (jsonValue, error) { return v.step(name) }, show)
			}),
			text2("pg_json_path"+suffix, kText, kText, func(dst []byte, s, path string) ([]byte, error) {
				l, err := parseTextList(path)
				if err == nil && slices.Contains(l.nulls, true) {
					err = errNull
				}
				if err != nil {
					return nil, err
				}
				return readValue(dst, s, func(v jsonValue) (jsonValue, error) { return v.along(l.texts) }, show)
			}),
		)
	}
	slices.SortStableFunc(out, func(a, b Function) int { return len(a.Name) - len(b.Name) })
	return append(out,
		fn1("pg_json_array_length", kText, kInt4, func(s string) (int32, error) {
			v, err := readJSON(s, false)
			if err == nil && v.kind != jsonArray {
				err = errJSONNotArray
			}
			return int32(len(v.items)), err
		}),
		text1("pg_json_typeof", kText, func(dst []byte, s string) ([]byte, error) {
			v, err := readJSON(s, false)
			return append(dst, jsonKindNames[max(v.kind, jsonNull)]...), err
		}),
	)
}

// oneOf is a scalar as the array of one that it is to jsonb.
func oneOf(v jsonValue) jsonValue {
	if v.kind < jsonArray {
		return jsonValue{kind: jsonArray, items: []jsonValue{v}}
	}
	return v
}

func jsonbTests() []Function {
	both := func(f func(a, b jsonValue) bool) func(a, b string) (bool, error) {
		return func(a, b string) (bool, error) {
			va, err := parseJSONB(a)
			if err != nil {
				return false, err
			}
			vb, err := parseJSONB(b)
			return err == nil && f(va, vb), err
		}
	}
	keys := func(all bool) func(a, b string) (bool, error) {
		return func(a, b string) (bool, error) {
			v, err := parseJSON(a)
			if err != nil {
				return false, err
			}
			l, err := parseTextList(b)
			if err != nil {
				return false, err
			}
			for i, key := range l.texts {
				if !l.nulls[i] && v.hasKey(key) != all {
					return !all, nil
				}
			}
			return all, nil
		}
	}
	return []Function{
		fn2("pg_jsonb_contains", kText, kText, kBool, both(containsJSONB)),
		fn2("pg_jsonb_exists", kText, kText, kBool, func(s, key string) (bool, error) {
			v, err := parseJSON(s)
			return err == nil && v.hasKey(key), err
		}),
		fn2("pg_jsonb_exists_any", kText, kText, kBool, keys(false)),
		fn2("pg_jsonb_exists_all", kText, kText, kBool, keys(true)),
	}
}

// changed parses jsonb, applies f and writes what it gives.
func changed(dst []byte, s string, f func(v jsonValue) (jsonValue, error)) ([]byte, error) {
	v, err := parseJSONB(s)
	if err == nil {
		v, err = f(v)
	}
	if err != nil {
		return nil, err
	}
	return appendJSONB(dst, v), nil
}

func jsonbEdits() []Function {
	edits := func(name string, yes, no jsonEdit) Function {
		return make4(name, kText, kText, kText, kBool, kOut, func() func(s, path, by string, flag bool) ([]byte, error) {
			return func(s, path, by string, flag bool) ([]byte, error) {
				l, err := parseTextList(path)
				if err != nil {
					return nil, err
				}
				v, err := parseJSONB(by)
				if err != nil {
					return nil, err
				}
				what := no
				if flag {
					what = yes
				}
				return changed(nil, s, func(old jsonValue) (jsonValue, error) { return edit(old, l, what, v) })
			}
		})
	}
	return []Function{
		text2("pg_jsonb_concat", kText, kText, func(dst []byte, a, b string) ([]byte, error) {
			vb, err := parseJSONB(b)
			if err != nil {
				return nil, err
			}
			return changed(dst, a, func(va jsonValue) (jsonValue, error) { return concatJSONB(va, vb) })
		}),
		text2("pg_jsonb_delete", kText, kText, func(dst []byte, s, key string) ([]byte, error) {
			return changed(dst, s, func(v jsonValue) (jsonValue, error) { return withoutKeys(v, key) })
		}),
		text2("pg_jsonb_delete", kText, kInt4, func(dst []byte, s string, i int32) ([]byte, error) {
			return changed(dst, s, func(v jsonValue) (jsonValue, error) { return withoutIndex(v, int64(i)) })
		}),
		text2("pg_jsonb_delete_keys", kText, kText, func(dst []byte, s, keys string) ([]byte, error) {
			l, err := parseTextList(keys)
			if err != nil {
				return nil, err
			}
			return changed(dst, s, func(v jsonValue) (jsonValue, error) { return withoutKeys(v, l.notNull()...) })
		}),
		text2("pg_jsonb_delete_path", kText, kText, func(dst []byte, s, path string) ([]byte, error) {
			l, err := parseTextList(path)
			if err != nil {
				return nil, err
			}
			return changed(dst, s, func(v jsonValue) (jsonValue, error) { return edit(v, l, editDelete, v) })
		}),
		edits("pg_jsonb_set", editCreate, editReplace),
		edits("pg_jsonb_insert", editAfter, editBefore),
		text1("pg_jsonb_pretty", kText, func(dst []byte, s string) ([]byte, error) {
			v, err := parseJSONB(s)
			return appendPretty(dst, v, 0), err
		}),
		text1("pg_jsonb_strip_nulls", kText, func(dst []byte, s string) ([]byte, error) {
			return changed(dst, s, func(v jsonValue) (jsonValue, error) { return stripNulls(v), nil })
		}),
		text1("pg_json_strip_nulls", kText, func(dst []byte, s string) ([]byte, error) {
			v, err := parseJSON(s)
			return appendJSON(dst, stripNulls(v), ":", ","), err
		}),
	}
}

func (l textList) notNull() []string {
	var out []string
	for i, s := range l.texts {
		if !l.nulls[i] {
			out = append(out, s)
		}
	}
	return out
}

// jsonBuilders write values of other types as JSON, from their text.
func jsonBuilders() []Function {
	return []Function{
		jsonKeyFunction(),
		text1("pg_json_quote", kText, func(dst []byte, s string) ([]byte, error) { return appendJSONString(dst, s), nil }),
		text1("pg_json_number", kText, jsonNumberText),
		text1("pg_json_moment", kText, jsonMoment),
		text2("pg_json_array", kText, kText, jsonOfArray),
		text1("pg_json_object", kText, objectOfPairs),
		text2("pg_json_object", kText, kText, objectOfLists),
		text2("pg_json_list", kText, kText, jsonList),
	}
}

// jsonKeyFunction makes the name of a member from a value's JSON: a string as it is, anything else in quotes.
func jsonKeyFunction() Function {
	return Function{Name: "pg_json_key", Args: []arrow.DataType{kText.dt}, Result: kOut.dt,
		Eval: func(alloc memory.Allocator, args []arrow.Array, rows int) (arrow.Array, error) {
			c, err := kText.in(args, 0)
			if err != nil {
				return nil, err
			}
			return collect(kOut, alloc, rows, func(int) bool { return false }, func(i int) ([]byte, error) {
				if c.IsNull(i) {
					return nil, errNullKey
				}
				if s := c.Value(i); s != "" && s[0] == '"' {
					return []byte(s), nil
				}
				return appendJSONString(nil, c.Value(i)), nil
			})
		}}
}

var errNullKey = fail("22023", "the name of a member cannot be null")

// jsonOfArray writes the text of an array as JSON; how says what its elements are: "quote", "plain", "number" or "moment".
func jsonOfArray(dst []byte, s, how string) ([]byte, error) {
	dims, l, err := arrayShape(s)
	if err != nil {
		return nil, err
	}
	at := 0
	var write func(dst []byte, dims []int) ([]byte, error)
	write = func(dst []byte, dims []int) ([]byte, error) {
		dst = append(dst, '[')
		for i := range dims[0] {
			if i > 0 {
				dst = append(dst, ',')
			}
			if len(dims) > 1 {
				if dst, err = write(dst, dims[1:]); err != nil {
					return nil, err
				}
				continue
			}
			if dst, err = jsonElement(dst, l, at, how); err != nil {
				return nil, err
			}
			at++
		}
		return append(dst, ']'), nil
	}
	return write(dst, dims)
}

func jsonElement(dst []byte, l textList, at int, how string) ([]byte, error) {
	s := l.texts[at]
	switch {
	case l.nulls[at]:
		return append(dst, "null"...), nil
	case how == "bool":
		return strconv.AppendBool(dst, s == "t"), nil
	case how == "number":
		return jsonNumberText(dst, s)
	case how == "moment":
		return jsonMoment(dst, s)
	case how == "plain":
		return append(dst, s...), nil
	}
	return appendJSONString(dst, s), nil
}

// arrayShape gives the lengths of an array's dimensions; an empty array has one, of 0.
func arrayShape(s string) ([]int, textList, error) {
	l, err := parseTextList(s)
	if err != nil {
		return nil, l, err
	}
	switch {
	case len(l.texts) == 0:
		return []int{0}, l, nil
	case l.dimensions == 1:
		return []int{len(l.texts)}, l, nil
	case l.dimensions == 2:
		return []int{len(l.texts) / l.inner, l.inner}, l, nil
	}
	return nil, l, errArrayDepth
}

var (
	errArrayDepth = fail("0A000", "an array of more than two dimensions as JSON is not supported")
	errOddPairs   = fail("2202E", "array must have even number of elements")
	errTwoColumns = fail("2202E", "array must have two columns")
	errMismatch   = fail("2202E", "mismatched array dimensions")
	errNullName   = fail("22004", "null value not allowed for object key")
)

// objectOfPairs is json_object(text[]): names and values in turn, or in rows of two.
func objectOfPairs(dst []byte, s string) ([]byte, error) {
	l, err := parseTextList(s)
	switch {
	case err != nil:
		return nil, err
	case l.dimensions > 2:
		return nil, errMismatch
	case l.dimensions == 2 && l.inner != 2:
		return nil, errTwoColumns
	case len(l.texts)%2 == 1:
		return nil, errOddPairs
	}
	var names, values textList
	for i := range l.texts {
		to := &names
		if i%2 == 1 {
			to = &values
		}
		to.texts, to.nulls = append(to.texts, l.texts[i]), append(to.nulls, l.nulls[i])
	}
	return appendPairs(dst, names, values)
}

// objectOfLists is json_object(text[], text[]).
func objectOfLists(dst []byte, names, values string) ([]byte, error) {
	n, err := parseTextList(names)
	if err != nil {
		return nil, err
	}
	v, err := parseTextList(values)
	switch {
	case err != nil:
		return nil, err
	case n.dimensions > 1 || v.dimensions > 1:
		return nil, errPathShape
	case len(n.texts) != len(v.texts):
		return nil, errMismatch
	}
	return appendPairs(dst, n, v)
}

func appendPairs(dst []byte, names, values textList) ([]byte, error) {
	dst = append(dst, '{')
	for i, name := range names.texts {
		if names.nulls[i] {
			return nil, errNullName
		}
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(appendJSONString(dst, name), " : "...)
		if values.nulls[i] {
			dst = append(dst, "null"...)
		} else {
			dst = appendJSONString(dst, values.texts[i])
		}
	}
	return append(dst, '}'), nil
}

var errNotJSONArray, errNotJSONObject = fail("22023", "cannot extract elements from what is no array"), fail("22023", "cannot deconstruct what is no object")

// jsonList takes a value apart, into the text of a text[]: the elements of an array, or the names or members of an object.
func jsonList(dst []byte, s, what string) ([]byte, error) {
	v, err := parseJSON(s)
	if err != nil {
		return nil, err
	}
	kind, bad := jsonObject, errNotJSONObject
	if what == "elements" || what == "texts" {
		kind, bad = jsonArray, errNotJSONArray
	}
	if v.kind != kind {
		return nil, bad
	}
	dst = append(dst, '{')
	for i, item := range v.items {
		if i > 0 {
			dst = append(dst, ',')
		}
		text := item.raw
		switch what {
		case "keys":
			text = v.keys[i]
		case "texts", "member_texts":
			if item.kind == jsonNull {
				dst = append(dst, "NULL"...)
				continue
			}
			if item.kind == jsonString {
				text = item.text
			}
		}
		dst = appendArrayElement(dst, text)
	}
	return append(dst, '}'), nil
}

// appendArrayElement writes an element of a text[], always in quotes.
func appendArrayElement(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"')
}
