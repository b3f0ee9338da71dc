package scalar

import (
	"slices"
	"strings"
)

// arrayTextFunctions lists the functions between arrays and texts, and those that put arrays together from texts.
func arrayTextFunctions() []Function {
	return []Function{
		arrayFn("pg_array_to_string", kOut, 2, arrayToString, tArr, tArr),
		arrayFn("pg_array_to_string", kOut, 2, arrayToString, tArr, tArr, tArr),
		arrayFn("pg_string_to_array", kOut, 1, stringToArray, tArr, tArr),
		arrayFn("pg_string_to_array", kOut, 1, stringToArray, tArr, tArr, tArr),
		arrayFn("pg_array_cast", kOut, 3, func(r *arrayRow) ([]byte, error) {
			a, err := r.array(0)
			if err != nil {
				return nil, err
			}
			return r.put(a.cast(r.text(1), r.text(2)))
		}, tArr, tArr, tArr),
		arrayFn("pg_array_nest", kOut, 1, func(r *arrayRow) ([]byte, error) {
			a, err := r.array(0)
			if err != nil {
				return nil, err
			}
			return r.put(nest(a.Items))
		}, tArr),
		arrayFn("pg_array_gather", kOut, 1, func(r *arrayRow) ([]byte, error) {
			a, err := r.array(0)
			if err != nil {
				return nil, err
			}
			for _, it := range a.Items {
				switch {
				case it.Null:
					return nil, fail("22004", "cannot accumulate null arrays")
				case it.Text == "{}":
					return nil, fail("2202E", "cannot accumulate empty arrays")
				}
			}
			return r.put(nest(a.Items))
		}, tArr),
	}
}

func arrayToString(r *arrayRow) ([]byte, error) {
	a, err := r.array(0)
	if err != nil {
		return nil, err
	}
	out, first := r.buf[:0], true
	for _, it := range a.Items {
		text := it.Text
		if it.Null {
			if r.null(2) {
				continue
			}
			text = r.text(2)
		}
		if !first {
			out = append(out, r.text(1)...)
		}
		out, first = append(out, text...), false
	}
	r.buf = out
	return out, nil
}

func stringToArray(r *arrayRow) ([]byte, error) {
	s := r.text(0)
	var parts []string
	switch {
	case s == "":
	case r.null(1):
		parts = strings.Split(s, "")
	case r.text(1) == "":
		parts = []string{s}
	default:
		parts = strings.Split(s, r.text(1))
	}
	items := make([]ArrayItem, len(parts))
	for i, p := range parts {
		items[i].Text = p
		if !r.null(2) && p == r.text(2) {
			items[i] = ArrayItem{Null: true}
		}
	}
	return r.put(VectorOf(items), nil)
}

// cast turns elements of one type into another's by way of their text.
func (a Array) cast(from, to string) (Array, error) {
	items := slices.Clone(a.Items)
	for i, it := range items {
		text, err := it.Text, error(nil)
		switch {
		case it.Null:
			continue
		case from == "bool" && to == "text":
			text = map[string]string{"t": "true", "f": "false"}[text]
		default:
			text, err = ItemText(to, text)
		}
		if err != nil {
			return a, err
		}
		items[i].Text = text
	}
	return Array{Dims: a.Dims, Lower: a.Lower, Items: items}, nil
}

var errArrayNest = fail("2202E", "multidimensional arrays must have array expressions with matching dimensions")

// nest makes an array with one dimension more of texts of arrays, all of the same form. NULL counts as the empty array;
// of empty arrays alone it makes one.
func nest(texts []ArrayItem) (Array, error) {
	var out Array
	empty := false
	for _, t := range texts {
		sub, err := Array{}, error(nil)
		if !t.Null {
			sub, err = ParseArray(t.Text)
		}
		switch {
		case err != nil:
			return Array{}, err
		case len(sub.Dims) == 0:
			empty = true
		case len(sub.Dims) == maxArrayDims:
			return Array{}, errArrayDims
		case len(out.Dims) == 0:
			out = Array{Dims: append([]int{1}, sub.Dims...), Lower: append([]int{1}, sub.Lower...), Items: sub.Items}
		case !slices.Equal(out.Dims[1:], sub.Dims) || !slices.Equal(out.Lower[1:], sub.Lower):
			return Array{}, errArrayNest
		default:
			out.Dims[0]++
			out.Items = append(out.Items, sub.Items...)
		}
	}
	if empty && len(out.Dims) > 0 {
		return Array{}, errArrayNest
	}
	_, err := arrayCount(out.Dims)
	return out, err
}
