package scalar

import "slices"

var (
	errDeleteScalar = fail("22023", "cannot delete from scalar")
	errDeleteIndex  = fail("22023", "cannot delete from object using integer index")
	errDeletePath   = fail("22023", "cannot delete path in scalar")
	errSetScalar    = fail("22023", "cannot set path in scalar")
	errExistingKey  = fail("22023", "cannot replace existing key")
	errPathIndex    = fail("22P02", "path element is not an integer")
	errPathNull     = fail("22004", "path element is null")
	errPathShape    = fail("2202E", "wrong number of array subscripts")
)

// concatJSONB is a || b: members of both objects, those of b before those of a; else elements, what is no array being one.
func concatJSONB(a, b jsonValue) (jsonValue, error) {
	if a.kind == jsonObject && b.kind == jsonObject {
		out := jsonValue{kind: jsonObject, keys: slices.Concat(a.keys, b.keys), items: slices.Concat(a.items, b.items)}
		sortKeys(&out)
		return out, nil
	}
	list := func(v jsonValue) []jsonValue {
		if v.kind == jsonArray {
			return v.items
		}
		return []jsonValue{v}
	}
	return jsonValue{kind: jsonArray, items: slices.Concat(list(a), list(b))}, nil
}

// withoutKeys is v - keys: an object without these members, an array without these strings.
func withoutKeys(v jsonValue, keys ...string) (jsonValue, error) {
	if v.kind < jsonArray {
		return v, errDeleteScalar
	}
	out := jsonValue{kind: v.kind}
	for i, item := range v.items {
		if v.kind == jsonObject {
			if slices.Contains(keys, v.keys[i]) {
				continue
			}
			out.keys = append(out.keys, v.keys[i])
		} else if item.kind == jsonString && slices.Contains(keys, item.text) {
			continue
		}
		out.items = append(out.items, item)
	}
	return out, nil
}

// withoutIndex is v - i: an array without one element.
func withoutIndex(v jsonValue, i int64) (jsonValue, error) {
	switch {
	case v.kind < jsonArray:
		return v, errDeleteScalar
	case v.kind == jsonObject:
		return v, errDeleteIndex
	case i < 0:
		i += int64(len(v.items))
	}
	if i < 0 || i >= int64(len(v.items)) {
		return v, nil
	}
	v.items = slices.Delete(slices.Clone(v.items), int(i), int(i)+1)
	return v, nil
}

// jsonEdit is what happens at the end of a path.
type jsonEdit int

const (
	editDelete jsonEdit = iota
	editReplace
	editCreate // replace, or add what is not there
	editBefore
	editAfter
)

// edit changes v at a path.
func edit(v jsonValue, path textList, what jsonEdit, by jsonValue) (jsonValue, error) {
	switch {
	case path.dimensions > 1:
		return v, errPathShape
	case v.kind < jsonArray && what == editDelete:
		return v, errDeletePath
	case v.kind < jsonArray:
		return v, errSetScalar
	case len(path.texts) == 0, len(v.items) == 0 && what <= editReplace:
		return v, nil
	}
	return editAt(v, path, 0, what, by)
}

func editAt(v jsonValue, path textList, level int, what jsonEdit, by jsonValue) (jsonValue, error) {
	if path.nulls[level] {
		return v, errPathNull
	}
	switch v.kind {
	case jsonObject:
		return editObject(v, path, level, what, by)
	case jsonArray:
		return editArray(v, path, level, what, by)
	}
	return v, nil
}

func editObject(v jsonValue, path textList, level int, what jsonEdit, by jsonValue) (jsonValue, error) {
	last := level == len(path.texts)-1
	at := slices.Index(v.keys, path.texts[level])
	switch {
	case at < 0 && last && what >= editCreate:
		v.keys, v.items = append(slices.Clone(v.keys), path.texts[level]), append(slices.Clone(v.items), by)
		sortKeys(&v)
	case at < 0:
	case !last:
		item, err := editAt(v.items[at], path, level+1, what, by)
		if err != nil {
			return v, err
		}
		v.items = slices.Clone(v.items)
		v.items[at] = item
	case what >= editBefore:
		return v, errExistingKey
	case what == editDelete:
		v.keys, v.items = slices.Delete(slices.Clone(v.keys), at, at+1), slices.Delete(slices.Clone(v.items), at, at+1)
	default:
		v.items = slices.Clone(v.items)
		v.items[at] = by
	}
	return v, nil
}

func editArray(v jsonValue, path textList, level int, what jsonEdit, by jsonValue) (jsonValue, error) {
	last, n := level == len(path.texts)-1, int64(len(v.items))
	i, ok := pathIndex(path.texts[level])
	if !ok {
		return v, errPathIndex
	}
	before := i < 0 && -i > n
	if i < 0 {
		i += n
	}
	inside := !before && i < n
	v.items = slices.Clone(v.items)
	switch {
	case inside && !last:
		item, err := editAt(v.items[i], path, level+1, what, by)
		if err != nil {
			return v, err
		}
		v.items[i] = item
	case !last, !inside && what <= editReplace:
	case before:
		v.items = slices.Insert(v.items, 0, by)
	case !inside:
		v.items = append(v.items, by)
	case what == editDelete:
		v.items = slices.Delete(v.items, int(i), int(i)+1)
	case what == editBefore:
		v.items = slices.Insert(v.items, int(i), by)
	case what == editAfter:
		v.items = slices.Insert(v.items, int(i)+1, by)
	default:
		v.items[i] = by
	}
	return v, nil
}
